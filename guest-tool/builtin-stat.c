// SPDX-License-Identifier: GPL-2.0
/* stat: the exits while a command runs. */
#include <argp.h>
#include <stdlib.h>

#include "baseline.h"
#include "builtin.h"
#include "command.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "plan_options.h"
#include "util.h"

static const char args_doc[] = "-- COMMAND...\n--from FILE";
static const char doc[] =
	"Run COMMAND and show the VM exits by reason while it ran, on stderr.\v"
	"The command's output is left alone; its exit status is passed on, and so are "
	"signals to this program.  SIGHUP, SIGINT, SIGQUIT and SIGTERM also end -r; the run "
	"in progress is discarded.  With -r or -w the command has no input.  The exits "
	"that the reading itself causes are left out, those that other programs and the "
	"kernel cause meanwhile are counted.\n\n"
	"Cycles are ticks of the host's TSC from an exit to the next entry.  Tables show "
	"them as time if the frequency of the TSC is known.  KVM, VMM and off-CPU split "
	"them, in percent.  p50 and p99 are upper limits of the median and the 99th "
	"percentile of the cycles of an exit, at most twice the value; in cycles k is 1024, "
	"M and G its powers.  Rows are sorted by busy, the cycles not off-CPU, by default, "
	"or by exits on a host that does not count off-CPU.  Columns that do not fit are left "
	"out. "
	"The hypervisor tax is the share that work of the host and the VMM took of the "
	"time in which vCPUs were not halted; where the host does not count steal, that "
	"which KVM and the VMM took of the time in which vCPUs were not in HLT or MWAIT.  "
	"The baseline is not subtracted from it.\n\n"
	"--from FILE without a COMMAND shows what stat -o has written to FILE.  With a "
	"COMMAND, FILE is KVM's table of a VM on its host.\n\n"
	"Exit status: that of COMMAND, 127 if it was not found, 126 if it could not be "
	"executed, 128 plus the signal that ended it.  Before it was started: 1 usage "
	"error, 2 no statistics on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Also write JSON to FILE", 0 },
	{ 0 }
};

struct arguments {
	struct plan_options plan;
	const char *output;
	char **command;
	struct common_options common;
	struct exit_view view;
};

static void check_arguments(struct argp_state *state, const struct arguments *args)
{
	const char *given = args->output ? "--output" : args->plan.given;

	if (args->command)
		return;
	if (!args->common.from)
		argp_error(state, "a COMMAND to run is missing, or --from FILE written by "
			   "stat -o");
	if (given)
		argp_error(state, "%s needs a COMMAND to run; --from alone shows a "
			   "recording", given);
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
	case 'o':
		args->output = arg;
		break;
	case ARGP_KEY_ARG:
		args->command = &state->argv[state->next - 1];
		state->next = state->argc;
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

static int print(const struct arguments *args, FILE *out, const struct exit_result *result)
{
	static int (*const printers[])(FILE *, const struct exit_result *,
				       const struct exit_view *) = {
		[FORMAT_TEXT] = result_print, [FORMAT_JSON] = result_print_json,
		[FORMAT_CSV] = result_print_csv,
	};

	baseline_check(result);
	return printers[args->common.format](out, result, &args->view);
}

/* Returns a status, which of what is not good is that. */
static int write_output(struct outfile *out, const struct exit_result *result, int status)
{
	/* With all reasons: which are shown may be another choice each time. */
	static const struct exit_view all;
	bool good = !status && !result_print_json(out->file, result, &all);
	int failed = outfile_close(out, good);

	return good ? failed : STATUS_FAILURE;
}

static int measure_and_print(const struct arguments *args, struct exit_source *source,
			     struct measured *program)
{
	const struct exit_result *result = &program->result;
	struct outfile out;
	int failed = STATUS_OK, unwritten = STATUS_OK;

	/* Before it runs for hours */
	if (args->output)
		failed = outfile_open(&out, args->output);
	if (failed)
		return failed;
	failed = measure(source, &args->plan.plan, program, 1);
	if (!failed && !result->measured.nr)
		failed = STATUS_FAILURE;
	/* First, for it may be that nobody reads the table. */
	if (args->output)
		unwritten = write_output(&out, result, failed);
	if (!failed && print(args, stderr, result))
		failed = STATUS_FAILURE;
	return failed ? failed : unwritten;
}

static int run(const struct arguments *args, struct exit_source *source)
{
	struct measured program = { .argv = args->command };
	int failed;

	program.result.measured.command = command_text(args->command);
	if (!program.result.measured.command)
		return fail(STATUS_FAILURE, "not enough memory");
	failed = measure_and_print(args, source, &program);
	result_free(&program.result);
	return program.status ? program.status : failed;
}

static int show_recorded(struct arguments *args)
{
	struct exit_result result;
	int status = result_read(args->common.from, &result);

	if (status)
		return status;
	status = exit_view_choose(&args->view, result.info.encoding);
	if (!status && print(args, stdout, &result))
		status = STATUS_FAILURE;
	result_free(&result);
	return status;
}

static int open_and_run(struct arguments *args)
{
	struct exit_source source = {
		.file = args->common.from, .cpu = args->common.cpu, .hists = true, .steal = true,
		.again = true,
	};
	int status = source_open(&source);

	if (!status)
		status = exit_view_choose(&args->view, source.info.encoding);
	return status ? status : run(args, &source);
}

int builtin_stat(int argc, char **argv)
{
	struct arguments args = { .plan.plan.repeat = 1, .common = COMMON_OPTIONS };
	int status;

	options_parse(&argp, argc, argv, &args);
	status = args.command ? open_and_run(&args) : show_recorded(&args);
	exit_view_free(&args.view);
	return status;
}
