// SPDX-License-Identifier: GPL-2.0
/* stat: the exits while a command runs. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>

#include "baseline.h"
#include "builtin.h"
#include "command.h"
#include "exit_names.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "plan_options.h"
#include "table_print.h"
#include "util.h"

static const char args_doc[] = "-- COMMAND...\n-p PID\n--from FILE";
static const char doc[] =
	"Run COMMAND, or wait for process PID, and show the VM exits by reason meanwhile, on "
	"stderr.\v"
	"The command's output is left alone; its exit status is passed on, and so are "
	"signals to this program.  SIGHUP, SIGINT, SIGQUIT and SIGTERM also end -r; the run "
	"in progress is discarded.  With -r or -w the command has no input.  The exits "
	"that the reading itself causes are left out, those that other programs and the "
	"kernel cause meanwhile are counted.\n\n"
	"Cycles are ticks of the host's TSC from an exit to the next entry.  KVM, VMM and "
	"off-CPU split them, in percent.  p50 and p99 are the median and the 99th "
	"percentile of the cycles of an exit, as a range: k is 1024, M and G its powers. "
	"The hypervisor tax is the share that work of the host and the VMM took of the "
	"time in which vCPUs were not halted; where the host does not count steal, that "
	"which KVM and the VMM took of the time in which vCPUs were not in HLT or MWAIT.  "
	"The baseline is not subtracted from it.\n\n"
	"With -p PID, it ends when that process ends, or by a signal, such as ^C, with status "
	"0.  User and system time are of that process without its children; they are not "
	"known if its parent has already waited for it.  With -I, a table of each interval "
	"comes first, on a line for each reason: seconds since the start, then exits.  In "
	"JSON these are documents of one line, in CSV an empty line ends them.  With -A "
	"there are rows for each vCPU, and the total of all.\n\n"
	"--from FILE without a COMMAND shows what stat -o has written to FILE.  With a "
	"COMMAND, FILE is KVM's table of a VM on its host.\n\n"
	"Exit status: that of COMMAND, 127 if it was not found, 126 if it could not be "
	"executed, 128 plus the signal that ended it.  Before it was started: 1 usage "
	"error, 2 no statistics on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "Wait for process PID to end, in place of a COMMAND", 0 },
	{ "interval", 'I', "MS", 0, "Also print each interval of MS milliseconds, 10 or more", 0 },
	{ "output", 'o', "FILE", 0, "Also write JSON to FILE", 0 },
	{ 0 }
};

struct arguments {
	struct plan_options plan;
	pid_t pid;
	/* Has any interval been printed? */
	bool printed;
	const char *output;
	char **command;
	struct common_options common;
};

/* What needs something to run, and does nothing with what was recorded; or NULL */
static const char *needs_command(const struct arguments *args)
{
	if (args->output)
		return "--output";
	if (args->plan.plan.interval)
		return "--interval";
	return args->common.per_vcpu ? "--per-vcpu" : args->plan.given;
}

static void check_arguments(struct argp_state *state, const struct arguments *args)
{
	const struct measure_plan *plan = &args->plan.plan;

	if (args->pid && (args->command || args->plan.given))
		argp_error(state, "-p excludes a COMMAND, -r, -w and --baseline");
	if (plan->interval && (plan->repeat > 1 || plan->warmup || plan->baseline))
		argp_error(state, "-I excludes -r, -w and --baseline");
	if (args->command || args->pid)
		return;
	if (!args->common.from)
		argp_error(state, "a COMMAND to run is missing, or -p PID, or --from FILE "
			   "written by stat -o");
	if (needs_command(args))
		argp_error(state, "%s needs a COMMAND to run; --from alone shows a "
			   "recording", needs_command(args));
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->plan;
		state->child_inputs[1] = state->child_inputs[2] = &args->common;
		state->child_inputs[3] = &args->common;
		break;
	case 'p':
		args->pid = option_number(state, "-p", arg, 1, INT32_MAX);
		break;
	case 'I':
		args->plan.plan.interval = option_number(state, "-I", arg, 10,
							 24 * 60 * 60 * 1000) / 1000.0;
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

static const struct argp_child children[] = {
	{ &plan_argp, 0, NULL, 0 },
	{ &source_argp, 0, NULL, 0 },
	{ &per_vcpu_argp, 0, NULL, 0 },
	{ &format_argp, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = {
	options, parse_option, args_doc, doc, children, NULL, NULL,
};

static void print_titles(FILE *out, const struct meters *meters)
{
	fprintf(out, "#%11s", "seconds");
	if (meters->by_vcpu)
		fprintf(out, "  %4s", "vCPU");
	fprintf(out, "  %5s  %-*s  %9s  %10s  %12s  %11s", "exit",
		exit_name_width(meters->info.encoding), "name", "exits", "exits/s", "cycles",
		"cycles/exit");
	if (exit_info_has(&meters->info, KVM_EXIT_STATS_FEATURE_SPLIT))
		table_print_split_titles(out, false);
	fputc('\n', out);
}

static void print_row(FILE *out, const struct interval *interval, const struct meter *meter,
		      const struct exit_row *row)
{
	const struct exit_info *info = &interval->meters->info;
	const struct exit_counts *counts = &row->counts;
	const struct exit_parts parts = exit_counts_parts(counts);
	char name[EXIT_NAME_MAX];

	fprintf(out, "%12.6f", interval->at);
	if (interval->meters->by_vcpu)
		fprintf(out, "  %4ld", meter->source.cpu);
	fprintf(out, "  %5" PRIu32 "  %-*s  %9" PRIu64 "  %10.1f  %12" PRIu64 "  %11" PRIu64,
		row->number, exit_name_width(info->encoding),
		exit_name(info->encoding, row->number, name), counts->exits,
		counts->exits / interval->seconds, counts->cycles, exit_cycles_per_exit(counts));
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		table_print_split(out, &parts, false);
	fputc('\n', out);
}

static void print_text(FILE *out, const struct interval *interval, bool first)
{
	const struct meters *meters = interval->meters;
	size_t i, k;

	if (first)
		print_titles(out, meters);
	for (i = 0; i < meters->nr; i++) {
		for (k = 0; k < meters->of[i].between.nr; k++)
			print_row(out, interval, &meters->of[i],
				  &meters->of[i].between.rows[k]);
	}
}

static void print_json(FILE *out, const struct interval *interval, bool first)
{
	(void)first;
	interval_print_json(out, "interval", interval);
}

static void print_csv(FILE *out, const struct interval *interval, bool first)
{
	if (first)
		interval_print_csv_names(out, interval->meters);
	interval_print_csv(out, interval);
}

static void print_interval(const struct interval *interval, void *data)
{
	static void (*const printers[])(FILE *, const struct interval *, bool) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv,
	};
	struct arguments *args = data;

	printers[args->common.format](stderr, interval, !args->printed);
	args->printed = true;
}

static int print(const struct arguments *args, FILE *out, const struct exit_result *result)
{
	static int (*const printers[])(FILE *, const struct exit_result *) = {
		[FORMAT_TEXT] = result_print, [FORMAT_JSON] = result_print_json,
		[FORMAT_CSV] = result_print_csv,
	};

	baseline_check(result);
	if (args->printed && args->common.format != FORMAT_JSON)
		fputc('\n', out);
	return printers[args->common.format](out, result);
}

/* Returns a status, which of what is not good is that. */
static int write_output(struct outfile *out, const struct exit_result *result, int status)
{
	bool good = !status && !result_print_json(out->file, result);
	int failed = outfile_close(out, good);

	return good ? failed : STATUS_FAILURE;
}

static int measure_and_print(const struct arguments *args, struct meters *meters,
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
	failed = measure(meters, &args->plan.plan, program, 1);
	if (!failed && !result->measured.nr)
		failed = STATUS_FAILURE;
	/* First, for it may be that nobody reads the table. */
	if (args->output)
		unwritten = write_output(&out, result, failed);
	if (!failed && print(args, stderr, result))
		failed = STATUS_FAILURE;
	return failed ? failed : unwritten;
}

static int run(const struct arguments *args, struct meters *meters)
{
	struct measured program = { .argv = args->command };
	struct exit_runs *runs = &program.result.measured;
	int failed;

	runs->pid = args->pid;
	if (args->command)
		runs->command = command_text(args->command);
	if (args->command && !runs->command)
		return fail(STATUS_FAILURE, "not enough memory");
	failed = measure_and_print(args, meters, &program);
	result_free(&program.result);
	return program.status ? program.status : failed;
}

static int show_recorded(const struct arguments *args)
{
	struct exit_result result;
	int status = result_read(args->common.from, &result);

	if (status)
		return status;
	status = print(args, stdout, &result) ? STATUS_FAILURE : STATUS_OK;
	result_free(&result);
	return status;
}

int builtin_stat(int argc, char **argv)
{
	struct arguments args = { .plan.plan.repeat = 1, .common = COMMON_OPTIONS };
	struct exit_source source = { .hists = true, .steal = true, .again = true };
	struct meters meters;
	int status;

	options_parse(&argp, argc, argv, &args);
	if (!args.command && !args.pid)
		return show_recorded(&args);

	source.file = args.common.from;
	source.cpu = args.common.cpu;
	args.plan.plan.show = print_interval;
	args.plan.plan.data = &args;
	status = meters_open(&meters, &source, args.common.per_vcpu);
	if (!status)
		status = run(&args, &meters);
	meters_free(&meters);
	return status;
}
