// SPDX-License-Identifier: GPL-2.0
/* compare: how the exits of several commands differ. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "builtin.h"
#include "command.h"
#include "comparison.h"
#include "measure.h"
#include "options.h"
#include "plan_options.h"
#include "util.h"

enum {
	OPTION_CYCLES = 0x200,
};

static const char args_doc[] = "FILE FILE...\n-- 'COMMAND' 'COMMAND'...";
static const char doc[] =
	"Show how the VM exits of several commands differ from those of the first: of "
	"FILEs that cpuid-query stat -o has written, or of COMMANDs that are run.\v"
	"Each COMMAND is one argument, as in -- 'sleep 1' 'sleep 2', and what it writes to "
	"stdout goes nowhere.  They take turns, 5 times after a warm-up unless -r and -w say "
	"otherwise, so that a drift of the machine is in all of them.\n\n"
	"A * marks what stands out of the noise: a difference of means that is less "
	"likely than 0.01 by chance, by Welch's t test; the 0.01 is for all reasons "
	"together, after Holm.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other "
	"failure; if a COMMAND fails, its status.";

static const struct argp_option options[] = {
	{ "cycles", OPTION_CYCLES, NULL, 0, "Compare cycles in place of exits", 0 },
	{ 0 }
};

struct arguments {
	struct plan_options plan;
	bool by_cycles;
	/* Files, or commands to be run; room for as many as there are arguments */
	char **what;
	size_t nr;
	bool run;
	struct common_options common;
};

static void add_operand(struct argp_state *state, struct arguments *args, char *arg)
{
	bool run = state->quoted > 0 || args->plan.commands_follow;

	if (args->nr && run != args->run)
		argp_error(state, "FILEs and COMMANDs are not compared with each other");
	args->run = run;
	args->what[args->nr++] = arg;
}

static void check_arguments(struct argp_state *state, const struct arguments *args)
{
	if (args->nr < 2)
		argp_error(state, "there is nothing to compare: two files, or -- and two "
			   "commands");
	if (args->run)
		return;
	if (args->plan.given)
		argp_error(state, "%s is for COMMANDs, which come after --, not for FILEs",
			   args->plan.given);
	if (args->common.from || args->common.cpu >= 0)
		argp_error(state, "%s is for COMMANDs, which come after --, not for FILEs",
			   args->common.from ? "--from" : "-v");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->plan;
		state->child_inputs[1] = state->child_inputs[2] = &args->common;
		break;
	case OPTION_CYCLES:
		args->by_cycles = true;
		break;
	case ARGP_KEY_ARG:
		add_operand(state, args, arg);
		break;
	case ARGP_KEY_END:
		check_arguments(state, args);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, args_doc, doc, plan_options, NULL, NULL,
};

static int read_files(const struct arguments *args, struct exit_result *results)
{
	int status;
	size_t i;

	for (i = 0; i < args->nr; i++) {
		status = result_read(args->what[i], &results[i]);
		if (status)
			return status;
		if (results[i].info.encoding != results[0].info.encoding)
			return fail(STATUS_FAILURE, "%s has exits of another vendor than %s",
				    args->what[i], args->what[0]);
	}
	return STATUS_OK;
}

/* Runs all, and hands their results over. */
static int run_programs(const struct arguments *args, struct measured *programs,
			struct exit_result *results)
{
	struct exit_source source = {
		.file = args->common.from, .cpu = args->common.cpu,
	};
	int status = source_open(&source);
	size_t i;

	for (i = 0; i < args->nr && !status; i++) {
		programs[i].argv = command_split(args->what[i]);
		programs[i].result.measured.command = strdup(args->what[i]);
		if (!programs[i].argv || !programs[i].result.measured.command)
			status = fail(STATUS_FAILURE, "not enough memory");
		else if (!programs[i].argv[0])
			status = fail(STATUS_USAGE, "'%s' is not a command", args->what[i]);
	}
	if (!status)
		status = measure(&source, &args->plan.plan, programs, args->nr);
	for (i = 0; i < args->nr; i++) {
		free(programs[i].argv);
		results[i] = programs[i].result;
		if (!status)
			status = programs[i].status;
	}
	return status;
}

static int run_commands(const struct arguments *args, struct exit_result *results)
{
	struct measured *programs = calloc(args->nr, sizeof(*programs));
	int status;

	if (!programs)
		return fail(STATUS_FAILURE, "not enough memory");
	status = run_programs(args, programs, results);
	free(programs);
	return status;
}

static int compare(const struct arguments *args, const struct exit_result *results)
{
	struct comparison comparison;
	size_t i;

	for (i = 0; i < args->nr; i++) {
		if (!results[i].measured.nr)
			return fail(STATUS_FAILURE, "no run of '%s' is left",
				    results[i].measured.command);
	}
	if (!comparison_make(&comparison, results, args->nr, args->by_cycles))
		return fail(STATUS_FAILURE, "not enough memory");
	/* What could not be written, main() says. */
	if (args->common.format == FORMAT_JSON)
		comparison_print_json(stdout, &comparison);
	else if (args->common.format == FORMAT_CSV)
		comparison_print_csv(stdout, &comparison);
	else
		comparison_print(stdout, &comparison);
	comparison_free(&comparison);
	return STATUS_OK;
}

int builtin_compare(int argc, char **argv)
{
	struct arguments args = {
		.plan.plan = { .repeat = 5, .warmup = 1, .quiet = true },
		.what = calloc(argc, sizeof(*args.what)),
		.common = COMMON_OPTIONS,
	};
	struct exit_result *results;
	int status;
	size_t i;

	if (!args.what)
		return fail(STATUS_FAILURE, "not enough memory");
	options_parse(&argp, argc, argv, &args);
	results = calloc(args.nr, sizeof(*results));
	if (!results)
		return fail(STATUS_FAILURE, "not enough memory");
	status = args.run ? run_commands(&args, results) : read_files(&args, results);
	if (!status)
		status = compare(&args, results);
	for (i = 0; i < args.nr; i++)
		result_free(&results[i]);
	free(results);
	free(args.what);
	return status;
}
