// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "options.h"
#include "plan_options.h"
#include "result.h"

enum {
	OPTION_BASELINE = 0x180,
};

static const struct argp_option options[] = {
	{ "repeat", 'r', "N", 0, "Run each command N times and show means", 0 },
	{ "warmup", 'w', "N", 0, "Run each N times first, without measuring", 0 },
	{ "baseline", OPTION_BASELINE, "'CMD'", 0,
	  "Run CMD as many times and subtract its means; --baseline -- subtracts those of "
	  "'true'", 0 },
	{ 0 }
};

static void set_baseline(struct argp_state *state, struct plan_options *options, char *arg)
{
	options->commands_follow = !strcmp(arg, "--");
	options->plan.baseline = options->commands_follow ? "true" : arg;
	if (!arg[strspn(arg, " \t\n")])
		argp_error(state, "--baseline takes a command, not '%s'", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct plan_options *options = state->input;

	switch (key) {
	case 'r':
		options->given = "--repeat";
		options->plan.repeat = option_number(state, "-r", arg, 1, RUNS_MAX);
		break;
	case 'w':
		options->given = "--warmup";
		options->plan.warmup = option_number(state, "-w", arg, 0, RUNS_MAX);
		break;
	case OPTION_BASELINE:
		options->given = "--baseline";
		set_baseline(state, options, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp plan_argp = { options, parse_option, NULL, NULL, NULL, NULL, NULL };

const struct argp_child plan_options[] = {
	{ &plan_argp, 0, NULL, 0 },
	{ &source_argp, 0, NULL, 0 },
	{ &format_argp, 0, NULL, 0 },
	{ &row_argp, 0, NULL, 0 },
	{ &unit_argp, 0, NULL, 0 },
	{ 0 }
};
