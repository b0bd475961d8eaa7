// SPDX-License-Identifier: GPL-2.0
/* stat: the exits while a command runs. */
#include <argp.h>
#include <stdlib.h>

#include "baseline.h"
#include "builtin.h"
#include "columns.h"
#include "command.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "perf_access.h"
#include "perf_counters.h"
#include "plan_options.h"
#include "table_print.h"
#include "util.h"

enum {
	OPTION_PROCESS = 0x200,
};

static const char args_doc[] = "-- COMMAND...\n-p PID\n--from FILE";
static const char doc[] =
	"Run COMMAND, or wait for process PID, and show the VM exits by reason meanwhile, on "
	"standard error.\v"
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
	"out.\n\n"
	"The hypervisor tax is the share that work of the host and the VMM took of the "
	"time in which vCPUs were not halted; where the host does not count steal, the "
	"share that KVM and the VMM took of the time in which vCPUs were not in HLT or MWAIT.  "
	"The baseline is not subtracted from it.\n\n"
	"With -p PID, it ends when that process ends, or by a signal, such as ^C, with status "
	"0.  User and system time are of that process without its children; they are not "
	"known if its parent has already waited for it.  With -I, the exits of each "
	"interval come first, a line for each reason, which begins with the seconds since the "
	"start.  In JSON these are documents of one line, in CSV an empty line ends them.  With -A "
	"there are rows for each vCPU, and the total of all.\n\n"
	"With --process, the column process has the exits of the process and of those that it "
	"starts, alone: counted by this VM's kernel, on a host that offers VM exits as events, see "
	"'events'.  Of the reasons it counts those chosen by -e, otherwise all that the VM has had "
	"before the start.  A VM has few counters, often 4, of which the event of all exits, the "
	"total, has one.  The reasons share the others; where these are too few, numbers are "
	"estimates, marked ~, and a reason that never had one is not counted, -.\n\n"
	"--from FILE without a COMMAND shows what stat -o has written to FILE, with -A that of "
	"each vCPU if it was measured so.  With a COMMAND, FILE is KVM's table of a VM on its host.\n\n"
	"Exit status: that of COMMAND, 127 if it was not found, 126 if it could not be "
	"executed, 128 plus the signal that ended it.  Before it was started: 1 usage "
	"error, 2 no statistics, or with --process no events, on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "Wait for process PID to end, in place of a COMMAND", 0 },
	{ "interval", 'I', "MS", 0, "Also print each interval of MS milliseconds, 10 or more", 0 },
	{ "output", 'o', "FILE", 0, "Also write JSON to FILE", 0 },
	{ "process", OPTION_PROCESS, NULL, 0, "Also count the exits of the process alone", 0 },
	{ 0 }
};

struct arguments {
	struct plan_options plan;
	pid_t pid;
	/* Has any interval been printed?  If as text, in which columns, and of what they were */
	bool printed;
	struct columns columns;
	uint32_t features, tsc_khz;
	const char *output;
	bool process;
	struct perf_counters counters;
	char **command;
	struct common_options common;
	struct exit_view view;
};

/* What needs something to run, and does nothing with what was recorded; or NULL */
static const char *needs_command(const struct arguments *args)
{
	if (args->output)
		return "--output";
	if (args->plan.plan.interval)
		return "--interval";
	if (args->process)
		return "--process";
	return args->plan.given;
}

static void check_arguments(struct argp_state *state, const struct arguments *args)
{
	const struct measure_plan *plan = &args->plan.plan;

	if (args->pid && (args->command || args->plan.given))
		argp_error(state, "-p excludes a COMMAND, -r, -w and --baseline");
	if (args->process && (plan->interval || args->common.per_vcpu || args->common.cpu >= 0))
		argp_error(state, "--process excludes -I, -A and -v");
	if (plan->interval && (plan->repeat > 1 || plan->warmup || plan->baseline))
		argp_error(state, "-I excludes -r, -w and --baseline");
	if (args->process && args->common.from && (args->command || args->pid))
		argp_error(state, "--process counts in this VM, and excludes --from");
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
		state->child_inputs[4] = state->child_inputs[5] = &args->view;
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
	case OPTION_PROCESS:
		args->process = true;
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
	{ &row_argp, 0, NULL, 0 },
	{ &unit_argp, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = {
	options, parse_option, args_doc, doc, children, NULL, NULL,
};

/* Another host, after a migration, may count other things. */
static void keep_columns(struct arguments *args, const struct exit_info *info)
{
	if (args->features != info->features || args->tsc_khz != info->tsc_khz)
		columns_free(&args->columns);
	args->features = info->features;
	args->tsc_khz = info->tsc_khz;
}

static void print_text(FILE *out, struct arguments *args, const struct interval *interval)
{
	struct line_table table = {
		.view = &args->view, .series = &args->columns,
		.columns = 1U << COLUMN_AT | 1U << COLUMN_EXIT | 1U << COLUMN_NAME |
			   1U << COLUMN_EXITS | 1U << COLUMN_RATE_TOO | 1U << COLUMN_CYCLES |
			   1U << COLUMN_MEAN | 1U << COLUMN_KVM | 1U << COLUMN_VMM |
			   1U << COLUMN_OFF_CPU,
		.at = interval->at, .seconds = interval->seconds, .name_width = NAME_WIDTH,
	};

	keep_columns(args, &interval->meters->info);
	if (!line_table_of_meters(&table, interval->meters) ||
	    !line_table_print(out, &table, line_width(out)))
		fail(0, "not enough memory");
	free(table.lines);
}

static void print_json(FILE *out, struct arguments *args, const struct interval *interval)
{
	interval_print_json(out, "interval", interval, &args->view);
}

static void print_csv(FILE *out, struct arguments *args, const struct interval *interval)
{
	if (!args->printed)
		interval_print_csv_names(out, interval->meters);
	interval_print_csv(out, interval, &args->view);
}

static void print_interval(const struct interval *interval, void *data)
{
	static void (*const printers[])(FILE *, struct arguments *, const struct interval *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv,
	};
	struct arguments *args = data;

	printers[args->common.format](stderr, args, interval);
	args->printed = true;
}

static int print(const struct arguments *args, FILE *out, const struct exit_result *result)
{
	static int (*const printers[])(FILE *, const struct exit_result *,
				       const struct exit_view *) = {
		[FORMAT_TEXT] = result_print, [FORMAT_JSON] = result_print_json,
		[FORMAT_CSV] = result_print_csv,
	};

	baseline_check(result);
	if (args->printed && args->common.format != FORMAT_JSON)
		fputc('\n', out);
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

static int show_recorded(struct arguments *args)
{
	struct exit_result result;
	int status = args->common.per_vcpu ? result_read_vcpus(args->common.from, &result) :
					     result_read(args->common.from, &result);

	if (status)
		return status;
	status = exit_view_choose(&args->view, result.info.encoding);
	if (!status && print(args, stdout, &result))
		status = STATUS_FAILURE;
	result_free(&result);
	return status;
}

/* Of the process: all exits, and those of the reasons that are shown as far as they are known. */
static void choose_events(struct arguments *args, const struct meters *meters)
{
	const struct exit_table *seen = &meters->of->last;
	struct perf_events *events = &args->counters.events;
	size_t i;

	events->encoding = meters->info.encoding;
	perf_events_add_number(events, EXIT_ALL);
	for (i = 0; i < args->view.nr_chosen; i++)
		perf_events_add_number(events, args->view.chosen[i]);
	for (i = 0; i < seen->nr && !args->view.nr_chosen; i++)
		perf_events_add_number(events, seen->rows[i].number);
	args->plan.plan.process = &args->counters;
}

static int open_and_run(struct arguments *args)
{
	const struct exit_source source = {
		.file = args->common.from, .cpu = args->common.cpu, .hists = true, .steal = true,
		.again = true,
	};
	struct meters meters = { 0 };
	int status = STATUS_OK;

	if (args->process)
		status = perf_access_open_counters(&args->counters.user_only);
	if (!status)
		status = meters_open(&meters, &source, args->common.per_vcpu);
	if (!status)
		status = exit_view_choose(&args->view, meters.info.encoding);
	if (!status && args->process)
		choose_events(args, &meters);
	if (!status)
		status = run(args, &meters);
	meters_free(&meters);
	columns_free(&args->columns);
	return status;
}

int builtin_stat(int argc, char **argv)
{
	struct arguments args = { .plan.plan.repeat = 1, .common = COMMON_OPTIONS };
	int status;

	options_parse(&argp, argc, argv, &args);
	args.plan.plan.show = print_interval;
	args.plan.plan.data = &args;
	status = args.command || args.pid ? open_and_run(&args) : show_recorded(&args);
	exit_view_free(&args.view);
	return status;
}
