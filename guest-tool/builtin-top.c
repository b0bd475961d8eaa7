// SPDX-License-Identifier: GPL-2.0
/* top: a live table of the exits in each interval. */
#include <argp.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "affinity.h"
#include "builtin.h"
#include "columns.h"
#include "csv.h"
#include "ending.h"
#include "json.h"
#include "options.h"
#include "rates.h"
#include "screen.h"
#include "source.h"
#include "table_print.h"
#include "util.h"

/* Seconds */
#define DELAY		2
#define DELAY_MIN	0.1
#define DELAY_MAX	86400

static const char doc[] =
	"Show the VM exits by reason of each interval, live.\v"
	"Share is a row's share of all exits, time the cycles in KVM and the VMM in percent "
	"of the time of all vCPUs.  KVM, VMM and off-CPU split a row's cycles, in percent; "
	"those off-CPU, halted or preempted, are not in its time.  A host's file does not "
	"say how many vCPUs there are: time is then in percent of one vCPU.  An exit's "
	"cycles are in the interval in which it ended, those of a long halt in the one in "
	"which the vCPU woke.  The exits that the reading itself causes are left out.\n\n"
	"Rows are sorted by time (busy) by default, or by exits on a host that does not "
	"count off-CPU.\n\n"
	"On a terminal, h shows the keys.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other "
	"failure.";

static const char help[] =
	"Keys of cpuid-query top\n"
	"\n"
	"  e     sort by exits\n"
	"  t     sort by busy time: cycles that were not off-CPU\n"
	"  c     sort by cycles per exit\n"
	"  a     sort by all cycles, with those off-CPU\n"
	"  l     sort by the longest exit, if that was in the interval\n"
	"  n     sort by name\n"
	"  v     each vCPU by itself (wakes it once an interval) or all together\n"
	"  + -   double or halve the interval\n"
	"  h ?   this help\n"
	"  q     quit\n"
	"\n"
	"Any key goes back to the table.\n";

enum {
	OPTION_ITERATIONS = 0x400,
};

static const struct argp_option options[] = {
	{ "interval", 'i', "MS", 0, "Milliseconds of an interval (2000)", 0 },
	{ "batch", 'b', NULL, 0,
	  "Print a table for each interval, the default if stdout is no terminal", 0 },
	{ "count", 'n', "N", 0, "End after N intervals", 0 },
	/* What these were called before */
	{ "delay", 'd', "SEC", OPTION_HIDDEN, NULL, 0 },
	{ "iterations", OPTION_ITERATIONS, "N", OPTION_HIDDEN, NULL, 0 },
	{ 0 }
};

struct arguments {
	double delay;
	bool batch;
	unsigned int iterations;
	struct common_options common;
	struct exit_view view;
};

static double parse_delay(struct argp_state *state, const char *arg)
{
	char *end;
	double delay = strtod(arg, &end);

	/* It would take hexadecimal ones, too. */
	if (arg[strspn(arg, "0123456789.")] || end == arg || *end ||
	    !(delay >= DELAY_MIN && delay <= DELAY_MAX))
		argp_error(state, "-d takes seconds from %g to %d, not '%s'", DELAY_MIN,
			   DELAY_MAX, arg);
	return delay;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &args->common;
		state->child_inputs[2] = state->child_inputs[3] = &args->view;
		break;
	case 'd':
		args->delay = parse_delay(state, arg);
		break;
	case 'i':
		args->delay = option_number(state, "-i", arg, DELAY_MIN * 1000,
					    DELAY_MAX * 1000) / 1000.0;
		break;
	case 'b':
		args->batch = true;
		break;
	case 'n':
	case OPTION_ITERATIONS:
		args->iterations = option_number(state, "-n", arg, 1, UINT32_MAX);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, NULL, doc, table_options, NULL, NULL,
};

/* The VM, or one of its vCPUs */
struct meter {
	struct exit_source source;
	struct exit_table before;
};

struct top {
	struct arguments args;
	bool live;
	/* By a key, or nobody sees it any more. */
	bool ended;

	struct meter *meters;
	size_t nr_meters;
	/* Of the VM, even when its vCPUs are read */
	struct exit_info info;

	/* When the first interval began, and the present one: when the last one ended */
	double begun, started;
	/* How many have ended */
	unsigned int intervals;
	/* Has any been printed? */
	bool printed;

	/* The last interval */
	struct exit_table after, between;
	struct rates all, by_vcpu;

	/* What else the keys have chosen, and something to say until the next key or interval */
	bool vcpus, help;
	const char *message;
};

/*
 * The terminal's new size is let in with mask only, while wait_for_something() waits, for
 * curses to be asked at once.
 */
static void block_resizing(sigset_t *mask)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGWINCH);
	sigprocmask(SIG_BLOCK, &blocked, mask);
}

/*
 * Until a key, a signal, the end of the interval, or nobody reads what we write.  Returns a
 * status.
 */
static int wait_for_something(struct top *top, const sigset_t *mask)
{
	struct pollfd fd = {
		.fd = top->live ? STDIN_FILENO : STDOUT_FILENO,
		.events = top->live ? POLLIN : 0,
	};
	double left = fmax(top->started + top->args.delay - now(), 0);

	if (ending_wait(&fd, left, mask) <= 0 || !(fd.revents & (POLLERR | POLLHUP | POLLNVAL)))
		return STATUS_OK;
	top->ended = true;
	return top->live ? STATUS_OK : ending_unread();
}

/* Begin the first interval of all meters. */
static int begin(struct top *top)
{
	struct meter *meter;
	int status;

	top->started = now();
	for (meter = top->meters; meter < top->meters + top->nr_meters; meter++) {
		status = source_open(&meter->source);
		if (!status)
			status = source_read(&meter->source, &meter->before);
		if (status)
			return status;
	}
	return STATUS_OK;
}

static int open_source(struct top *top)
{
	int status;

	top->meters = calloc(1, sizeof(*top->meters));
	if (!top->meters)
		return fail(STATUS_FAILURE, "not enough memory");
	top->nr_meters = 1;
	top->meters->source = (struct exit_source) {
		.file = top->args.common.from,
		.again = true,
		.cpu = top->args.common.cpu,
		/* CSV and JSON have room for them. */
		.hists = top->args.common.format != FORMAT_TEXT,
		.steal = top->args.common.format != FORMAT_TEXT,
	};
	status = begin(top);
	top->info = top->meters->source.info;
	top->all.vcpus = top->by_vcpu.vcpus = source_vcpus(&top->meters->source);
	top->begun = top->started;
	if (top->args.view.order == ORDER_DEFAULT)
		top->args.view.order = default_order(&top->info);
	return status ? status : exit_view_choose(&top->args.view, top->info.encoding);
}

/*
 * From now on read each vCPU.  That the VM is read no more keeps the exits of reading
 * its vCPUs out of what is shown of it: it is their sum.
 */
static int read_vcpus(struct top *top)
{
	long cpu, nr = sysconf(_SC_NPROCESSORS_CONF);
	struct meter *meters = calloc(nr, sizeof(*meters));
	size_t nr_meters = 0;

	if (!meters)
		return fail(STATUS_FAILURE, "not enough memory");
	for (cpu = 0; cpu < nr; cpu++) {
		if (!affinity_pin(cpu))
			meters[nr_meters++].source.cpu = cpu;
	}
	affinity_restore();
	free(top->meters);
	top->meters = meters;
	top->nr_meters = nr_meters;
	return begin(top);
}

static bool reads_vcpus(const struct top *top)
{
	return top->meters->source.cpu >= 0;
}

/* Read all meters.  *good is set unless the VM was migrated. */
static int read_meters(struct top *top, bool *good)
{
	struct meter *meter;
	int status;

	*good = true;
	for (meter = top->meters; meter < top->meters + top->nr_meters; meter++) {
		status = source_read_again(&meter->source, &meter->before, &top->after);
		if (status)
			return status;
		if (!source_between(&meter->source, &top->after, &meter->before, &top->between))
			*good = false;
		meter->before = top->after;
		exit_view_keep(&top->args.view, &top->between);
		if (!rates_add(&top->all, -1, &top->between) ||
		    !rates_add(&top->by_vcpu, meter->source.cpu, &top->between))
			return fail(STATUS_FAILURE, "not enough memory");
	}
	return STATUS_OK;
}

static const struct rates *rates_shown(const struct top *top)
{
	/* Those of the vCPUs are there when the first interval of them has ended. */
	return top->vcpus && top->by_vcpu.seconds ? &top->by_vcpu : &top->all;
}

static void print_message(FILE *out, const struct top *top)
{
	if (top->message)
		fprintf(out, "%s\n", top->message);
	else if (!top->all.seconds)
		fprintf(out, "The first interval of %g s is not over.\n", top->args.delay);
	else
		fprintf(out, "Every %g s, sorted by %s; h: help\n", top->args.delay,
			exit_order_text(top->args.view.order));
}

/* Lines before the titles */
#define HEADING 4

static int show_screen(struct top *top)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	bool good;

	if (top->help) {
		screen_show(help, 0);
		return STATUS_OK;
	}
	out = open_memstream(&text, &size);
	if (!out)
		return fail(STATUS_FAILURE, "not enough memory");
	table_print_heading(out, &top->info);
	rates_print_summary(out, &top->info, &top->all);
	print_message(out, top);
	good = rates_print(out, &top->info, rates_shown(top), &top->args.view, screen_width());
	fclose(out);
	if (good)
		screen_show(text, HEADING);
	free(text);
	return good ? STATUS_OK : fail(STATUS_FAILURE, "not enough memory");
}

static void print_csv(struct top *top)
{
	size_t i;

	if (!top->printed) {
		fputs("at_s,interval_s,", stdout);
		csv_print_names(stdout);
		putchar('\n');
	}
	for (i = 0; i < top->between.nr; i++) {
		printf("%.3f,%.3f,", top->started - top->begun, top->all.seconds);
		csv_print_row(stdout, &top->info, &top->between.rows[i]);
		putchar('\n');
	}
}

static void print_json(struct top *top)
{
	json_print(stdout, json_interval("top", &top->info, top->started - top->begun,
					 top->all.seconds, &top->between), true);
}

static void print_text(struct top *top)
{
	if (top->printed)
		putchar('\n');
	table_print_heading(stdout, &top->info);
	rates_print_summary(stdout, &top->info, &top->all);
	putchar('\n');
	if (!rates_print(stdout, &top->info, rates_shown(top), &top->args.view,
			 line_width(stdout)))
		top->ended = fail(STATUS_FAILURE, "not enough memory");
}

/* An interval without live screen */
static void print(struct top *top)
{
	static void (*const printers[])(struct top *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv,
	};

	printers[top->args.common.format](top);
	top->printed = true;
	/* What could not be written, main() says. */
	if (fflush(stdout))
		top->ended = true;
}

static int end_interval(struct top *top)
{
	double time = now();
	bool good;
	int status;

	rates_begin(&top->all, time - top->started);
	rates_begin(&top->by_vcpu, reads_vcpus(top) ? time - top->started : 0);
	top->started = time;
	top->intervals++;
	top->message = NULL;
	status = read_meters(top, &good);
	if (status)
		return status;
	if (good) {
		if (!top->live)
			print(top);
		return STATUS_OK;
	}
	rates_begin(&top->all, 0);
	rates_begin(&top->by_vcpu, 0);
	top->message = "The VM was migrated or restored: the interval is left out";
	if (!top->live)
		fail(0, "%s", top->message);
	/* Our own exits are not in the new counts either. */
	status = begin(top);
	top->info.identity = top->meters->source.info.identity;
	top->info.tsc_khz = top->meters->source.info.tsc_khz;
	return status;
}

static int toggle_vcpus(struct top *top)
{
	if (top->args.common.from)
		top->message = "A file has only its sum: use --from .../vcpuN/exit_stats";
	else if (top->args.common.cpu >= 0)
		top->message = "Only one vCPU is shown (-v)";
	else if (!exit_info_has(&top->info, KVM_EXIT_STATS_FEATURE_VCPU))
		top->message = "This KVM has no statistics per vCPU";
	else
		top->vcpus = !top->vcpus;
	if (!top->vcpus || reads_vcpus(top))
		return STATUS_OK;
	top->message = "Each vCPU from the next interval on";
	return read_vcpus(top);
}

static int press(struct top *top, int key)
{
	/* Such as that of another size */
	if (key > UCHAR_MAX)
		return STATUS_OK;
	top->message = NULL;
	top->help = !top->help && (key == 'h' || key == '?');
	switch (key) {
	case 'q':
		top->ended = true;
		break;
	case 'e':
		top->args.view.order = ORDER_EXITS;
		break;
	case 't':
		top->args.view.order = ORDER_BUSY;
		break;
	case 'c':
		top->args.view.order = ORDER_MEAN;
		break;
	case 'a':
		top->args.view.order = ORDER_CYCLES;
		break;
	case 'l':
		top->args.view.order = ORDER_LONGEST;
		break;
	case 'n':
		top->args.view.order = ORDER_NAME;
		break;
	case 'v':
		return toggle_vcpus(top);
	case '+':
		top->args.delay = fmin(2 * top->args.delay, DELAY_MAX);
		break;
	case '-':
		top->args.delay = fmax(top->args.delay / 2, DELAY_MIN);
		break;
	}
	return STATUS_OK;
}

static int press_keys(struct top *top)
{
	int status = STATUS_OK, key;

	while (!status && (key = screen_key()) >= 0)
		status = press(top, key);
	return status;
}

static bool has_ended(const struct top *top)
{
	return top->ended || ending_signal();
}

static bool done(const struct top *top)
{
	return has_ended(top) || (top->args.iterations && top->intervals >= top->args.iterations);
}

static int run(struct top *top, const sigset_t *mask)
{
	int status = STATUS_OK;

	if (top->live)
		status = show_screen(top);
	while (!status && !done(top)) {
		status = wait_for_something(top, mask);
		if (!status && top->live)
			status = press_keys(top);
		if (!status && !has_ended(top) && now() >= top->started + top->args.delay)
			status = end_interval(top);
		if (!status && top->live)
			status = show_screen(top);
	}
	return status;
}

static bool wants_screen(const struct arguments *args)
{
	return !args->batch && args->common.format == FORMAT_TEXT && isatty(STDIN_FILENO) &&
	       isatty(STDOUT_FILENO);
}

int builtin_top(int argc, char **argv)
{
	struct top top = {
		.args = { .delay = DELAY, .common = COMMON_OPTIONS },
		.by_vcpu.by_vcpu = true,
	};
	sigset_t mask;
	int status;

	options_parse(&argp, argc, argv, &top.args);
	status = open_source(&top);
	if (!status) {
		ending_begin();
		block_resizing(&mask);
		top.live = wants_screen(&top.args) && screen_open();
		status = run(&top, &mask);
		if (top.live)
			screen_close();
	}
	rates_free(&top.all);
	rates_free(&top.by_vcpu);
	free(top.meters);
	exit_view_free(&top.args.view);
	return status;
}
