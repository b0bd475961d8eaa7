/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>

#include "interval.h"
#include "meters.h"
#include "perf_counters.h"
#include "result.h"

struct measure_plan {
	unsigned int repeat;
	/* Runs before those that count */
	unsigned int warmup;
	/* A command that is measured as often, to be subtracted, or NULL */
	const char *baseline;
	/* Seconds of an interval, or 0; with it, what shows each that is over, and its data */
	double interval;
	void (*show)(const struct interval *interval, void *data);
	void *data;
	/* What counts the exits of the program or process alone, or NULL */
	struct perf_counters *process;
	/* Discard what the programs write. */
	bool quiet;
	/* Advice to print if a program fails, which then ends it all; NULL: go on. */
	const char *at_failure;
};

struct measured {
	char **argv;
	/*
	 * measured.command is its text, and the caller's to set; or there is no argv, and
	 * measured.pid is that of a process that is there.
	 */
	struct exit_result result;
	/* The program's last that was not 0, as a shell has it, or that of what ended it all */
	int status;
};

/*
 * Run programs, taking turns, and fill in their results: what happened while they ran,
 * without the exits of the reading and those of making the process up to the start
 * of the program.  Says what goes wrong, once; a run in which the VM was migrated
 * is said to be left out, and is.  Ends early when a program cannot be started, by
 * a signal, or as the plan says; says how many runs there are then, if that is not all.  A
 * run that a signal cut short does not count, unless it was to be the only one.  If there
 * are several, they have no input.  A process, one alone, is waited for until it ends or a
 * signal comes.  Meters by vCPU make results of each vCPU, too.  Returns a status, which is
 * not that of a program.
 */
int measure(struct meters *meters, const struct measure_plan *plan,
	    struct measured *programs, size_t nr);

#endif
