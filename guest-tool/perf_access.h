/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PERF_ACCESS_H
#define PERF_ACCESS_H

#include <stdbool.h>

#include "cpuid.h"
#include "exit_table.h"

/* Whether the guest's kernel, and its perf, can count VM exits here. */

struct perf_access {
	/* All processes are to be watched. */
	bool system_wide;
	/* This process may do what root may. */
	bool privileged;
	/* The guest's PMU and the kernel's parameter, in /sys and /proc */
	const char *pmu, *paranoid;
	/* $PATH, if the program perf is needed; otherwise NULL */
	const char *search;
	/* Answered: only exits of code in user mode can be counted. */
	bool user_only;
};

/*
 * Check all that it takes, on a host whose statistics info describes.  Returns a status,
 * having said in a line what is missing if that is not STATUS_OK.
 */
int perf_access_check(struct perf_access *wanted, const struct exit_info *info);

/*
 * The same here, for all processes or not, that there are statistics included.  Where only
 * exits of code in user mode can be counted, says so and sets *user_only.
 */
int perf_access_open(bool system_wide, bool *user_only);

/* The same for perf_event_open(2) of processes: the program perf is not needed. */
int perf_access_open_counters(bool *user_only);

/* Say in a line if a host does not offer the events. */
void perf_access_note(cpuid_fn *cpuid);

#endif
