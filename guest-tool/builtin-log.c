// SPDX-License-Identifier: GPL-2.0
/* log: a line for each interval. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "csv.h"
#include "ending.h"
#include "exit_names.h"
#include "json.h"
#include "options.h"
#include "source.h"
#include "table_print.h"
#include "util.h"

static const char doc[] =
	"Print a line for each interval: the VM exits in it, by reason.\v"
	"The first line has all exits since the VM was started.  KVM, VMM and off-CPU are in "
	"percent of the time of all vCPUs in the interval.  The cycles of an exit are in the "
	"interval in which it ended: those of a long halt, in the one in which the vCPU "
	"woke.  Reasons are sorted by exits by default.\n\n"
	"JSON is one document for each interval, on a line of its own; CSV is a line for "
	"each interval and reason.  Ends after N intervals, or by a signal.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "interval", 'i', "MS", 0, "Milliseconds of an interval (1000)", 0 },
	{ "count", 'n', "N", 0, "End after N intervals", 0 },
	{ "output", 'o', "FILE", 0, "Write to FILE in place of stdout", 0 },
	{ 0 }
};

struct arguments {
	unsigned int interval;
	/* 0: no end */
	unsigned int count;
	const char *output;
	struct common_options common;
	struct exit_view view;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &args->common;
		state->child_inputs[2] = &args->view;
		break;
	case 'i':
		args->interval = option_number(state, "-i", arg, 1, 24 * 60 * 60 * 1000);
		break;
	case 'n':
		args->count = option_number(state, "-n", arg, 1, UINT32_MAX);
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
	options, parse_option, NULL, doc, common_options, NULL, NULL,
};

struct log {
	struct arguments *args;
	struct exit_source source;
	FILE *out;
	/* Where the last whole line ends */
	off_t end;
	/* CLOCK_MONOTONIC of the first and of the last reading */
	double begun, last;
	struct exit_table before, after, between;
};

/* An interval; the first has no length. */
struct interval {
	double at, seconds;
	const struct exit_table *table;
};

/* The cycles that all vCPUs had, or 0 if that is not known */
static double cycles_of(const struct log *log, const struct interval *interval)
{
	return interval->seconds * log->source.info.tsc_khz * 1000.0 *
	       source_vcpus(&log->source);
}

static void print_shares(struct log *log, const struct interval *interval)
{
	struct exit_parts parts = exit_counts_parts(&interval->table->total);
	double all = cycles_of(log, interval);

	if (all > 0)
		fprintf(log->out, "  %5.1f%%  %5.1f%%  %6.1f%% ",
			100 * parts.kvm / all, 100 * parts.vmm / all, 100 * parts.off_cpu / all);
	else
		fprintf(log->out, "  %6s  %6s  %7s ", "-", "-", "-");
}

static void print_text_heading(struct log *log)
{
	fprintf(log->out, "#%11s  %9s  %10s  %6s  %6s  %7s  %s\n", "seconds", "exits",
		"exits/s", "KVM", "VMM", "off-CPU", "by reason");
}

/* They are shown as numbers of exits, and so that is their order unless another was chosen. */
static void print_reasons(struct log *log, const struct exit_table *table)
{
	const struct exit_info *info = &log->source.info;
	struct exit_line lines[EXIT_TABLE_MAX];
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < table->nr; i++)
		lines[i] = exit_line_of(table->rows[i].number, &table->rows[i].counts);
	lines_sort(lines, table->nr, log->args->view.order, info);
	for (i = 0; i < table->nr; i++)
		fprintf(log->out, " %s:%.0Lf", exit_name(info->encoding, lines[i].number, name),
			lines[i].exits);
}

static void print_text(struct log *log, const struct interval *interval)
{
	const struct exit_counts *total = &interval->table->total;

	fprintf(log->out, "%12.3f  %9" PRIu64, interval->at, total->exits);
	if (interval->seconds)
		fprintf(log->out, "  %10.1f", total->exits / interval->seconds);
	else
		fprintf(log->out, "  %10s", "-");
	print_shares(log, interval);
	print_reasons(log, interval->table);
	fputc('\n', log->out);
}

static void print_json(struct log *log, const struct interval *interval)
{
	json_print(log->out, json_interval("log", &log->source.info, interval->at,
					   interval->seconds, interval->table), true);
}

static void print_csv_heading(struct log *log)
{
	fputs("at_s,interval_s,", log->out);
	csv_print_names(log->out);
	fputc('\n', log->out);
}

static void print_csv(struct log *log, const struct interval *interval)
{
	size_t i;

	for (i = 0; i < interval->table->nr; i++) {
		fprintf(log->out, "%.6f,%.6f,", interval->at, interval->seconds);
		csv_print_row(log->out, &log->source.info, &interval->table->rows[i]);
		fputc('\n', log->out);
	}
}

static const struct {
	void (*heading)(struct log *log);
	void (*print)(struct log *log, const struct interval *interval);
} printers[] = {
	[FORMAT_TEXT] = { print_text_heading, print_text },
	[FORMAT_JSON] = { NULL, print_json },
	[FORMAT_CSV] = { print_csv_heading, print_csv },
};

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

/* Exits and shares of all stay what they are. */
static int print(struct log *log, const struct interval *interval)
{
	exit_view_keep(&log->args->view, &log->between);
	printers[log->args->common.format].print(log, interval);
	return flush(log);
}

static int first_line(struct log *log)
{
	const struct interval interval = { .table = &log->between };
	int status = source_read(&log->source, &log->before);

	if (status)
		return status;
	log->begun = log->last = now();
	log->between = log->before;
	exit_table_leave_out_own(&log->source.info, &log->between);
	if (printers[log->args->common.format].heading)
		printers[log->args->common.format].heading(log);
	return print(log, &interval);
}

static int next_line(struct log *log)
{
	struct interval interval = { .table = &log->between };
	int status = source_read_again(&log->source, &log->before, &log->after);
	double last = log->last;
	bool migrated;

	if (status)
		return status;
	log->last = now();
	interval.at = log->last - log->begun;
	interval.seconds = log->last - last;
	status = source_subtract(&log->source, &log->after, &log->before, &log->between,
				 &migrated);
	if (migrated) {
		fail(0, "the VM was migrated or restored after %.3f s: this interval is left out",
		     last - log->begun);
		return status ? status : source_read(&log->source, &log->before);
	}
	log->before = log->after;
	return print(log, &interval);
}

/* Until a time that does not depend on how long printing took; a signal ends it. */
static void sleep_until(double time)
{
	ending_wait(NULL, fmax(time - now(), 0), NULL);
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
	status = first_line(log);
	for (i = 0; !status && !ending_signal() && !is_last(log, i); i++) {
		time += log->args->interval / 1000.0;
		sleep_until(time);
		if (!ending_signal())
			status = next_line(log);
	}
	return status;
}

static int open_and_run(struct log *log)
{
	const char *output = log->args->output;
	int status = source_open(&log->source);

	if (!status)
		status = exit_view_choose(&log->args->view, log->source.info.encoding);
	if (status)
		return status;
	log->out = output ? fopen(output, "we") : stdout;
	if (!log->out)
		return fail(STATUS_FAILURE, "cannot write %s: %s", output, strerror(errno));
	status = run(log);
	if (output)
		fclose(log->out);
	return status;
}

int builtin_log(int argc, char **argv)
{
	struct arguments args = { .interval = 1000, .common = COMMON_OPTIONS };
	struct log *log;
	int status;

	options_parse(&argp, argc, argv, &args);
	log = calloc(1, sizeof(*log));
	if (!log)
		return fail(STATUS_FAILURE, "not enough memory");
	log->args = &args;
	log->source.file = args.common.from;
	log->source.again = true;
	log->source.cpu = args.common.cpu;
	log->source.hists = log->source.steal = args.common.format != FORMAT_TEXT;
	status = open_and_run(log);
	free(log);
	exit_view_free(&args.view);
	return status;
}
