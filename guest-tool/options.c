// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "measure.h"
#include "options.h"
#include "util.h"

enum {
	OPTION_JSON = 0x100,
	OPTION_CSV,
	OPTION_FROM,
	OPTION_BASELINE,
};

static const struct argp_option options[] = {
	{ "vcpu", 'v', "N", 0, "Only vCPU N, that is CPU N of the virtual machine", 50 },
	{ "from", OPTION_FROM, "FILE", 0,
	  "Read FILE in place of CPUID: a recording, or on the host "
	  "/sys/kernel/debug/kvm/*/exit_stats", 50 },
	{ "json", OPTION_JSON, NULL, 0, "Print JSON, see cpuid-query(1)", 50 },
	{ "csv", OPTION_CSV, NULL, 0, "Print comma-separated values", 50 },
	{ 0 }
};

unsigned int option_number(struct argp_state *state, const char *arg, const char *what,
			   unsigned int least, unsigned int most)
{
	uint32_t number;

	if (!parse_u32(arg, &number) || number < least || number > most)
		argp_error(state, "'%s' is not %s", arg, what);
	return number;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct common_options *common = state->input;

	switch (key) {
	case 'v':
		common->cpu = option_number(state, arg, "a CPU number", 0, CPU_MAX);
		break;
	case OPTION_FROM:
		common->from = arg;
		break;
	case OPTION_JSON:
		common->format = FORMAT_JSON;
		break;
	case OPTION_CSV:
		common->format = FORMAT_CSV;
		break;
	case ARGP_KEY_END:
		if (common->from && common->cpu >= 0)
			argp_error(state, "a file has its own vCPUs, -v is for CPUID");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp common_argp = { options, parse_option, NULL, NULL, NULL, NULL, NULL };

const struct argp_child common_options[] = {
	{ &common_argp, 0, NULL, 0 },
	{ 0 }
};

static const struct argp_option plan_argp_options[] = {
	{ "repeat", 'r', "N", 0, "Run each command N times, and show means", 0 },
	{ "warmup", 'w', "N", 0, "Run each N times before that, which does not count", 0 },
	{ "baseline", OPTION_BASELINE, "'CMD'", 0,
	  "Run CMD as many times and leave out what that causes; --baseline -- leaves out "
	  "that of 'true'", 0 },
	{ 0 }
};

static error_t parse_plan_option(int key, char *arg, struct argp_state *state)
{
	struct measure_plan *plan = state->input;

	switch (key) {
	case 'r':
		plan->repeat = option_number(state, arg, "a number of runs", 1, RUNS_MAX);
		break;
	case 'w':
		plan->warmup = option_number(state, arg, "a number of runs", 0, RUNS_MAX);
		break;
	case OPTION_BASELINE:
		plan->commands_follow = !strcmp(arg, "--");
		plan->baseline = plan->commands_follow ? "true" : arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp plan_argp = {
	plan_argp_options, parse_plan_option, NULL, NULL, NULL, NULL, NULL,
};

const struct argp_child plan_options[] = {
	{ &plan_argp, 0, NULL, 0 },
	{ &common_argp, 0, NULL, 0 },
	{ 0 }
};

void options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	char name[64];

	if (argv[0] != program_invocation_name) {
		snprintf(name, sizeof(name), "%s %s", program_invocation_short_name, argv[0]);
		argv[0] = name;
	}
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(argp, argc, argv, ARGP_IN_ORDER, NULL, input);
}
