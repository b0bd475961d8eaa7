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

#include "builtin.h"
#include "columns.h"
#include "ending.h"
#include "interval.h"
#include "meters.h"
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
	{ "interval", 'i', "MS", 0, "The interval in milliseconds, 100 or more; 2000 by default", 0 },
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

struct top {
	struct arguments args;
	bool live;
	/* By a key, or nobody sees it any more. */
	bool ended;

	struct meters meters;
	/* Of the VM, even when its vCPUs are read */
	struct exit_info info;

	/* When the first interval began, and the present one: when the last one ended */
	double begun, started;
	/* How many have ended */
	unsigned int intervals;
	/* Has any been printed? */
	bool printed;

	/* The last interval */
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

static int open_meters(struct top *top, bool by_vcpu)
{
	const struct exit_source source = {
		.file = top->args.common.from,
		.again = true,
		.cpu = top->args.common.cpu,
		/* CSV and JSON have room for them. */
		.hists = top->args.common.format != FORMAT_TEXT,
		.steal = top->args.common.format != FORMAT_TEXT,
	};

	top->started = now();
	return meters_open(&top->meters, &source, by_vcpu);
}

static int open_vm(struct top *top)
{
	int status = open_meters(top, false);

	if (status)
		return status;
	top->info = top->meters.info;
	top->all.vcpus = top->by_vcpu.vcpus = source_vcpus(&top->meters.of->source);
	top->begun = top->started;
	if (top->args.view.order == ORDER_DEFAULT)
		top->args.view.order = default_order(&top->info);
	return exit_view_choose(&top->args.view, top->info.encoding);
}

/*
 * From now on read each vCPU.  That the VM is read no more keeps the exits of reading
 * its vCPUs out of what is shown of it: it is their sum.
 */
static int read_vcpus(struct top *top)
{
	meters_free(&top->meters);
	return open_meters(top, true);
}

/* Returns a status. */
static int add_rates(struct top *top)
{
	const struct meter *meter, *end = top->meters.of + top->meters.nr;

	for (meter = top->meters.of; meter < end; meter++) {
		if (!rates_add(&top->all, -1, &meter->between) ||
		    !rates_add(&top->by_vcpu, meter->source.cpu, &meter->between))
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

static struct interval last_interval(const struct top *top)
{
	return interval_now(&top->meters, top->started - top->begun, top->all.seconds);
}

static void print_csv(struct top *top)
{
	const struct interval interval = last_interval(top);

	if (!top->printed)
		interval_print_csv_names(stdout, &top->meters);
	interval_print_csv(stdout, &interval, &top->args.view);
}

static void print_json(struct top *top)
{
	const struct interval interval = last_interval(top);

	interval_print_json(stdout, "top", &interval, &top->args.view);
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
	bool migrated;
	int status;

	rates_begin(&top->all, time - top->started);
	rates_begin(&top->by_vcpu, top->meters.by_vcpu ? time - top->started : 0);
	top->started = time;
	top->intervals++;
	top->message = NULL;
	status = meters_read(&top->meters, &migrated);
	if (!status && !migrated)
		status = add_rates(top);
	if (status)
		return status;
	if (!migrated) {
		if (!top->live)
			print(top);
		return STATUS_OK;
	}
	rates_begin(&top->all, 0);
	rates_begin(&top->by_vcpu, 0);
	top->message = "The VM was migrated or restored: the interval is left out";
	if (!top->live)
		fail(0, "%s", top->message);
	top->started = now();
	top->info.features = top->meters.info.features;
	top->info.identity = top->meters.info.identity;
	top->info.tsc_khz = top->meters.info.tsc_khz;
	return STATUS_OK;
}

static bool has_vcpu_files(const char *file)
{
	glob_t found;

	if (!source_vcpu_folders(file, &found))
		return false;
	globfree(&found);
	return true;
}

static int toggle_vcpus(struct top *top)
{
	if (top->args.common.from && !has_vcpu_files(top->args.common.from))
		top->message = "There are no vcpuN/exit_stats beside this file";
	else if (top->args.common.cpu >= 0)
		top->message = "Only one vCPU is shown (-v)";
	else if (!top->args.common.from &&
		 !exit_info_has(&top->info, KVM_EXIT_STATS_FEATURE_VCPU))
		top->message = "This KVM has no statistics per vCPU";
	else
		top->vcpus = !top->vcpus;
	if (!top->vcpus || top->meters.by_vcpu)
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
	status = open_vm(&top);
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
	meters_free(&top.meters);
	exit_view_free(&top.args.view);
	return status;
}
