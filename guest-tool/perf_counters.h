/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PERF_COUNTERS_H
#define PERF_COUNTERS_H

#include <sys/types.h>

#include "perf_events.h"
#include "process_exits.h"

/*
 * Counters of the guest's kernel for VM exits of a process, without the program perf.  They
 * count for what the process starts, too, be it threads or processes.
 */
struct perf_counters {
	/* Set by the caller: the events, and whether those in user mode alone can be counted */
	struct perf_events events;
	bool user_only;
	/* A counter for each task of each event, event by event; -1: the task has ended. */
	size_t nr_tasks;
	int *fds;
};

/*
 * For a process that is to execute a program: count from then on.  Returns a status, having
 * said why if it is not STATUS_OK.
 */
int perf_counters_of_command(struct perf_counters *counters, pid_t pid);

/*
 * For the threads that a process has, from perf_counters_start() on.  Its children that are
 * there already are not counted.  Returns a status likewise.
 */
int perf_counters_of_process(struct perf_counters *counters, pid_t pid);
void perf_counters_start(struct perf_counters *counters);

/* What they have counted so far. */
void perf_counters_read(const struct perf_counters *counters, struct process_exits *exits);

/* Give them back.  The events stay. */
void perf_counters_close(struct perf_counters *counters);

#endif
