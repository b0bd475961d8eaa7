// SPDX-License-Identifier: GPL-2.0
/* compare: how the exits of several commands differ. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "builtin.h"
#include "command.h"
#include "comparison.h"
#include "ending.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "plan_options.h"
#include "util.h"

enum {
	OPTION_CYCLES = 0x200,
	OPTION_IGNORE_FAILURE,
	OPTION_SHOW_OUTPUT,
};

static const char args_doc[] = "FILE FILE...\n-- 'COMMAND' 'COMMAND'...";
static const char doc[] =
	"Show how the VM exits of several commands differ from those of the first: of "
	"FILEs that cpuid-query stat -o has written, or of COMMANDs that are run.\v"
	"Each COMMAND is one argument, as in -- 'sleep 1' 'sleep 2'.  It has no input, and "
	"its output is discarded.  After a warm-up run the commands run in turns, so that a "
	"drift of the machine affects all of them: 5 times, more often if there are more "
	"than two.  A COMMAND that fails ends the comparison.\n\n"
	"A * marks a significant difference, by a permutation test: if nothing differs, "
	"the probability that anything is marked is at most 1 %, for all reasons, the "
	"seconds and the hypervisor tax together.  Two commands need at least 5 runs each "
	"for that.  With -e only these reasons count in that, beside the seconds and the "
	"tax.  Rows are sorted by the exits of the first command by default, with --cycles "
	"by its cycles.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other "
	"failure; if a COMMAND fails, its status, or 128 plus the signal that ended it.";

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Also write JSON to FILE", 0 },
	{ "cycles", OPTION_CYCLES, NULL, 0, "Compare cycles in place of exits", 0 },
	{ "ignore-failure", OPTION_IGNORE_FAILURE, NULL, 0, "Go on when a COMMAND fails", 0 },
	{ "show-output", OPTION_SHOW_OUTPUT, NULL, 0, "Do not discard the output of COMMANDs", 0 },
	{ 0 }
};

struct arguments {
	struct plan_options plan;
	bool by_cycles;
	const char *output;
	/* Files, or commands to be run; room for as many as there are arguments */
	char **what;
	size_t nr;
	bool run;
	struct common_options common;
	struct exit_view view;
};

static void add_operand(struct argp_state *state, struct arguments *args, char *arg)
{
	bool run = state->quoted > 0 || args->plan.commands_follow;

	if (args->nr && run != args->run)
		argp_error(state, "FILEs cannot be compared with COMMANDs");
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
		state->child_inputs[3] = state->child_inputs[4] = &args->view;
		break;
	case OPTION_CYCLES:
		args->by_cycles = true;
		break;
	case 'o':
		args->output = arg;
		break;
	case OPTION_IGNORE_FAILURE:
		args->plan.plan.at_failure = NULL;
		break;
	case OPTION_SHOW_OUTPUT:
		args->plan.plan.quiet = false;
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

static int read_files(struct arguments *args, struct exit_result *results)
{
	int status;
	size_t i;

	for (i = 0; i < args->nr; i++) {
		status = result_read(args->what[i], &results[i]);
		if (status)
			return status;
		if (results[i].info.encoding != results[0].info.encoding)
			return fail(STATUS_FAILURE, "%s has another encoding of exits than %s",
				    args->what[i], args->what[0]);
	}
	return exit_view_choose(&args->view, results[0].info.encoding);
}

/* Runs all, and hands their results over, and the status of the first that failed. */
static int run_programs(struct arguments *args, struct measured *programs,
			struct exit_result *results, int *failure)
{
	const struct exit_source source = {
		.file = args->common.from, .cpu = args->common.cpu, .again = true,
		/* For the hypervisor tax */
		.steal = true,
	};
	struct meters meters;
	int status = meters_open(&meters, &source, false);
	size_t i;

	if (!status)
		status = exit_view_choose(&args->view, meters.info.encoding);
	for (i = 0; i < args->nr && !status; i++) {
		programs[i].argv = command_split(args->what[i]);
		programs[i].result.measured.command = strdup(args->what[i]);
		if (!programs[i].argv || !programs[i].result.measured.command)
			status = fail(STATUS_FAILURE, "not enough memory");
		else if (!programs[i].argv[0])
			status = fail(STATUS_USAGE, "'%s' is not a command", args->what[i]);
	}
	if (!status)
		status = measure(&meters, &args->plan.plan, programs, args->nr);
	meters_free(&meters);
	for (i = 0; i < args->nr; i++) {
		free(programs[i].argv);
		results[i] = programs[i].result;
		if (!*failure)
			*failure = programs[i].status;
	}
	return status;
}

static int run_commands(struct arguments *args, struct exit_result *results,
			int *failure)
{
	struct measured *programs = calloc(args->nr, sizeof(*programs));
	int status;

	if (!programs)
		return fail(STATUS_FAILURE, "not enough memory");
	status = run_programs(args, programs, results, failure);
	free(programs);
	return status;
}

/* What a signal ended early, or failed, is enough if each has run. */
static bool all_have_run(const struct arguments *args, const struct exit_result *results)
{
	size_t i;

	for (i = 0; i < args->nr && results[i].measured.nr; i++)
		;
	return i == args->nr;
}

/* What makes a comparison one of apples and oranges */
static void warn(const struct exit_result *results, size_t nr)
{
	char text[512];
	size_t i;

	for (i = 0; i < nr; i++) {
		if (comparison_unlike(&results[0], &results[i], text, sizeof(text)))
			fail(0, "%s", text);
		baseline_check(&results[i]);
	}
}

/* Of stdout, main() says what could not be written. */
static int print(const struct arguments *args, const struct comparison *comparison)
{
	static int (*const printers[])(FILE *, const struct comparison *) = {
		[FORMAT_TEXT] = comparison_print, [FORMAT_JSON] = comparison_print_json,
		[FORMAT_CSV] = comparison_print_csv,
	};

	return printers[args->common.format](stdout, comparison) ? STATUS_FAILURE : STATUS_OK;
}

static int make(const struct arguments *args, const struct exit_result *results,
		struct comparison *comparison)
{
	size_t i;

	for (i = 0; i < args->nr; i++) {
		if (!results[i].measured.nr)
			return fail(STATUS_FAILURE, "there is no complete run of '%s'",
				    results[i].measured.command);
	}
	warn(results, args->nr);
	if (!comparison_make(comparison, results, args->nr, args->by_cycles, &args->view))
		return fail(STATUS_FAILURE, "not enough memory");
	return STATUS_OK;
}

/* Returns a status: that of a command that has failed, if that ends it. */
static int get_results(struct arguments *args, struct exit_result *results, int *failure)
{
	int status = args->run ? run_commands(args, results, failure) :
				 read_files(args, results);
	bool complete = all_have_run(args, results);

	if (!args->plan.plan.at_failure && !ending_signal() && complete)
		*failure = 0;
	if (status || !*failure || (ending_signal() && complete))
		return status;
	return *failure;
}

static int compare(struct arguments *args, struct exit_result *results, int *failure)
{
	int status = STATUS_OK, unwritten = STATUS_OK;
	struct comparison comparison;
	struct outfile out;

	/* Before it runs for hours */
	if (args->output)
		status = outfile_open(&out, args->output);
	if (status)
		return status;
	status = get_results(args, results, failure);
	if (!status)
		status = make(args, results, &comparison);
	if (args->output && !status)
		comparison_print_json(out.file, &comparison);
	/* First, for it may be that nobody reads the table. */
	if (args->output)
		unwritten = outfile_close(&out, !status);
	if (status)
		return status;
	status = print(args, &comparison);
	comparison_free(&comparison);
	return status ? status : unwritten;
}

int builtin_compare(int argc, char **argv)
{
	struct arguments args = {
		.plan.plan = {
			.warmup = 1, .quiet = true,
			.at_failure = "--show-output shows why, --ignore-failure goes on",
		},
		.what = calloc(argc, sizeof(*args.what)),
		.common = COMMON_OPTIONS,
	};
	struct exit_result *results;
	int status, failure = 0;
	size_t i;

	if (!args.what)
		return fail(STATUS_FAILURE, "not enough memory");
	options_parse(&argp, argc, argv, &args);
	if (!args.plan.plan.repeat)
		args.plan.plan.repeat = comparison_runs_needed(args.nr);
	results = calloc(args.nr, sizeof(*results));
	if (!results)
		return fail(STATUS_FAILURE, "not enough memory");
	status = compare(&args, results, &failure);
	for (i = 0; i < args.nr; i++)
		result_free(&results[i]);
	free(results);
	free(args.what);
	exit_view_free(&args.view);
	return status ? status : failure;
}
