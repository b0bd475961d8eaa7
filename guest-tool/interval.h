/* SPDX-License-Identifier: GPL-2.0 */
#ifndef INTERVAL_H
#define INTERVAL_H

#include <stdio.h>
#include <time.h>

#include "exit_view.h"
#include "meters.h"
#include "process_exits.h"

/* What happened in an interval, as all print it that print one after the other. */

struct interval {
	/* Seconds from the beginning to its end, and its length; 0 if it is all before that */
	double at, seconds;
	/* CLOCK_REALTIME of its end */
	struct timespec time;
	const struct meters *meters;
	/* Of the process alone, or NULL; of code in user mode only? */
	const struct process_exits *process;
	bool user_only;
};

/*
 * The interval that ends now, of so many seconds and so long after the beginning.  It has
 * what is between in meters, for as long as that stays.
 */
struct interval interval_now(const struct meters *meters, double at, double seconds);

/*
 * When the interval after the one that was to end at end is to end, in seconds as now() has
 * them, as is time, that of now.  Those that were missed, as when the program was stopped, are
 * part of it.
 */
double interval_next(double end, double seconds, double time);

/* Room for the local time as text */
#define CLOCK_TEXT_MAX 40

/* HH:MM:SS.mmm, for people.  Returns text, where it was written. */
char *interval_clock(const struct interval *interval, char text[CLOCK_TEXT_MAX]);

/* A document of a kind on one line, of what the view has.  Returns 0, or -1 if out failed. */
int interval_print_json(FILE *out, const char *kind, const struct interval *interval,
			const struct exit_view *view);

/*
 * The line with the names of the columns, be it with those of the process, and one for each
 * reason that the view has, and vCPU if by that.
 */
void interval_print_csv_names(FILE *out, const struct meters *meters);
void interval_print_csv_process_names(FILE *out, const struct meters *meters);
void interval_print_csv(FILE *out, const struct interval *interval,
			const struct exit_view *view);

#endif
