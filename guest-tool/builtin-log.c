// SPDX-License-Identifier: GPL-2.0
/* log: a line for each interval. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "ending.h"
#include "exit_names.h"
#include "interval.h"
#include "meters.h"
#include "options.h"
#include "source.h"
#include "table_print.h"
#include "util.h"

static const char doc[] =
	"Print a line for each interval: the VM exits in it, by reason.\v"
	"The first line has all exits since the VM was started.  KVM, VMM and off-CPU are in "
	"percent of the time of all vCPUs in the interval.  The cycles of an exit are in the "
	"interval in which it ended: those of a long halt, in the one in which the vCPU "
	"woke.  Reasons are sorted by exits by default.  The time is the local one, of the end "
	"of the interval.  With -A each vCPU has a line, in percent of its own time.\n\n"
	"JSON is one document for each interval, on a line of its own; CSV is a line for "
	"each interval and reason.  It ends after N intervals, or by a signal.  "
	"With -o, SIGHUP does not end it but reopens FILE, as logrotate expects: a file that "
	"is still there is appended to.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "interval", 'i', "MS", 0, "The interval in milliseconds; 1000 by default", 0 },
	{ "count", 'n', "N", 0, "End after N intervals", 0 },
	{ "omit-first", 'y', NULL, 0, "Leave out the first line", 0 },
	{ "output", 'o', "FILE", 0, "Write to FILE in place of standard output", 0 },
	{ 0 }
};

struct arguments {
	unsigned int interval;
	/* 0: no end */
	unsigned int count;
	const char *output;
	bool omit_first;
	struct common_options common;
	struct exit_view view;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &args->common;
		state->child_inputs[2] = &args->common;
		state->child_inputs[3] = &args->view;
		break;
	case 'i':
		args->interval = option_number(state, "-i", arg, 1, 24 * 60 * 60 * 1000);
		break;
	case 'n':
		args->count = option_number(state, "-n", arg, 1, UINT32_MAX);
		break;
	case 'y':
		args->omit_first = true;
		break;
	case 'o':
		args->output = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, NULL, doc, vcpu_options, NULL, NULL,
};

struct log {
	struct arguments *args;
	struct meters meters;
	FILE *out;
	/* Where the last whole line ends */
	off_t end;
	/* CLOCK_MONOTONIC of the first and of the last reading */
	double begun, last;
};

/* The cycles that the vCPUs of a meter had, or 0 if that is not known */
static double cycles_of(const struct meter *meter, const struct interval *interval)
{
	return interval->seconds * meter->source.info.tsc_khz * 1000.0 *
	       source_vcpus(&meter->source);
}

static void print_shares(FILE *out, const struct meter *meter, const struct interval *interval)
{
	struct exit_parts parts = exit_counts_parts(&meter->between.total);
	double all = cycles_of(meter, interval);

	if (all > 0)
		fprintf(out, "  %5.1f%%  %5.1f%%  %6.1f%% ",
			100 * parts.kvm / all, 100 * parts.vmm / all, 100 * parts.off_cpu / all);
	else
		fprintf(out, "  %6s  %6s  %7s ", "-", "-", "-");
}

static void print_text_heading(FILE *out, const struct meters *meters)
{
	fprintf(out, "#%12s  %12s", "time", "seconds");
	if (meters->by_vcpu)
		fprintf(out, "  %4s", "vCPU");
	fprintf(out, "  %9s  %10s  %6s  %6s  %7s  %s\n", "exits", "exits/s", "KVM", "VMM",
		"off-CPU", "by reason");
}

/* They are shown as numbers of exits, and so that is their order unless another was chosen. */
static void print_reasons(FILE *out, const struct meter *meter, const struct exit_view *view)
{
	const struct exit_info *info = &meter->source.info;
	const struct exit_table *table = &meter->between;
	struct exit_line lines[EXIT_TABLE_MAX];
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < table->nr; i++)
		lines[i] = exit_line_of(table->rows[i].number, &table->rows[i].counts);
	lines_sort(lines, table->nr, view->order, info);
	for (i = 0; i < table->nr; i++) {
		if (exit_view_has(view, lines[i].number))
			fprintf(out, " %s:%.0Lf",
				exit_name(info->encoding, lines[i].number, name), lines[i].exits);
	}
}

/* With -e, exits and shares stay those of all. */
static void print_meter(FILE *out, const struct meter *meter, const struct interval *interval,
			const struct exit_view *view)
{
	const struct exit_table *table = &meter->between;

	fprintf(out, "  %9" PRIu64, table->total.exits);
	if (interval->seconds)
		fprintf(out, "  %10.1f", table->total.exits / interval->seconds);
	else
		fprintf(out, "  %10s", "-");
	print_shares(out, meter, interval);
	print_reasons(out, meter, view);
	fputc('\n', out);
}

static void print_text(FILE *out, const struct interval *interval, const struct exit_view *view)
{
	const struct meters *meters = interval->meters;
	char time[CLOCK_TEXT_MAX];
	size_t i;

	for (i = 0; i < meters->nr; i++) {
		fprintf(out, " %s  %12.3f", interval_clock(interval, time), interval->at);
		if (meters->by_vcpu)
			fprintf(out, "  %4ld", meters->of[i].source.cpu);
		print_meter(out, &meters->of[i], interval, view);
	}
}

static void print_json(FILE *out, const struct interval *interval, const struct exit_view *view)
{
	interval_print_json(out, "log", interval, view);
}

static const struct {
	void (*heading)(FILE *out, const struct meters *meters);
	void (*print)(FILE *out, const struct interval *interval, const struct exit_view *view);
} printers[] = {
	[FORMAT_TEXT] = { print_text_heading, print_text },
	[FORMAT_JSON] = { NULL, print_json },
	[FORMAT_CSV] = { interval_print_csv_names, interval_print_csv },
};

static void print_heading(struct log *log)
{
	if (printers[log->args->common.format].heading)
		printers[log->args->common.format].heading(log->out, &log->meters);
}

/* Of a line that could not be written, nothing stays in the file. */
static int flush(struct log *log)
{
	if (!fflush(log->out) && !ferror(log->out)) {
		log->end = log->args->output ? ftello(log->out) : 0;
		return STATUS_OK;
	}
	/* Of stdout, main() says it. */
	if (!log->args->output)
		return STATUS_FAILURE;
	fail(0, "cannot write %s: %s", log->args->output, strerror(errno));
	(void)!ftruncate(fileno(log->out), log->end);
	return STATUS_FAILURE;
}

static int print(struct log *log, double seconds)
{
	const struct interval interval = interval_now(&log->meters, log->last - log->begun,
						      seconds);

	printers[log->args->common.format].print(log->out, &interval, &log->args->view);
	return flush(log);
}

static int first_line(struct log *log)
{
	print_heading(log);
	return log->args->omit_first ? flush(log) : print(log, 0);
}

static int next_line(struct log *log)
{
	double last = log->last;
	bool migrated;
	int status = meters_read(&log->meters, &migrated);

	log->last = now();
	if (status)
		return status;
	if (!migrated)
		return print(log, log->last - last);
	fail(0, "the VM was migrated or restored after %.3f s: this interval is left out",
	     last - log->begun);
	return STATUS_OK;
}

static int open_output(struct log *log, const char *mode)
{
	const char *output = log->args->output;

	log->out = output ? fopen(output, mode) : stdout;
	if (!log->out)
		return fail(STATUS_FAILURE, "cannot write %s: %s", output, strerror(errno));
	return STATUS_OK;
}

static void close_output(struct log *log)
{
	if (log->args->output && log->out)
		fclose(log->out);
	log->out = NULL;
}

/*
 * A file that nobody has moved away goes on where it was.  The old one is closed last, for who
 * reads a pipe ends when nobody has it open for writing.
 */
static int reopen_output(struct log *log)
{
	FILE *old = log->out;
	int status = open_output(log, "ae");

	fclose(old);
	if (status)
		return status;
	fseeko(log->out, 0, SEEK_END);
	if (!ftello(log->out))
		print_heading(log);
	return flush(log);
}

/* Until a time that does not depend on how long printing took; a signal ends it. */
static int sleep_until(struct log *log, double time)
{
	int status = STATUS_OK;

	do {
		ending_wait(NULL, fmax(time - now(), 0), NULL);
		if (ending_hup())
			status = reopen_output(log);
	} while (!status && !ending_signal() && now() < time);
	return status;
}

static bool is_last(const struct log *log, unsigned int intervals)
{
	return log->args->count && intervals >= log->args->count;
}

static int run(struct log *log)
{
	double time = now();
	unsigned int i;
	int status;

	ending_begin();
	if (log->args->output)
		ending_without_hup();
	status = first_line(log);
	for (i = 0; !status && !ending_signal() && !is_last(log, i); i++) {
		time = interval_next(time, log->args->interval / 1000.0, now());
		status = sleep_until(log, time);
		if (!status && !ending_signal())
			status = next_line(log);
	}
	return status;
}

static int open_and_run(struct log *log)
{
	struct arguments *args = log->args;
	const struct exit_source source = {
		.file = args->common.from,
		.again = true,
		.cpu = args->common.cpu,
		.hists = args->common.format != FORMAT_TEXT,
		.steal = args->common.format != FORMAT_TEXT,
	};
	int status = meters_open(&log->meters, &source, args->common.per_vcpu);

	log->begun = log->last = now();
	if (!status)
		status = exit_view_choose(&args->view, log->meters.info.encoding);
	if (!status)
		status = open_output(log, "we");
	if (!status)
		status = run(log);
	close_output(log);
	meters_free(&log->meters);
	return status;
}

int builtin_log(int argc, char **argv)
{
	struct arguments args = { .interval = 1000, .common = COMMON_OPTIONS };
	struct log log = { .args = &args };
	int status;

	options_parse(&argp, argc, argv, &args);
	status = open_and_run(&log);
	exit_view_free(&args.view);
	return status;
}
