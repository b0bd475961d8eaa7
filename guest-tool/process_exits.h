/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROCESS_EXITS_H
#define PROCESS_EXITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exit_table.h"

/* Exits of a process and of what it has started, alone: as the guest's kernel counted them. */

/* What a counter says of one task: exits, and nanoseconds, see perf_event_open(2). */
struct counter_value {
	uint64_t exits;
	/* That the event was wanted while the task ran, and that it had a counter */
	uint64_t enabled, running;
};

struct process_count {
	/* An exit number, or EXIT_ALL of perf_events.h */
	int number;
	/* False if it never had a counter while the process ran: exits is 0 then. */
	bool counted;
	/* It had one for a part of the time, and exits is what that makes of the whole. */
	bool estimated;
	double exits;
};

struct process_exits {
	size_t nr;
	struct process_count of[EXIT_TABLE_MAX + 1];
};

/* What the values of some tasks make together, each of them scaled by its own times. */
struct process_count process_count(int number, const struct counter_value *values, size_t nr);

/* The count of an exit number or of EXIT_ALL, or NULL. */
const struct process_count *process_exits_find(const struct process_exits *exits, int number);

/* What is estimated is no more than the VM had of it meanwhile. */
void process_exits_limit(struct process_exits *exits, const struct exit_table *of_vm);

/* Is any of them an estimate or not counted, for want of counters? */
bool process_exits_lack_counters(const struct process_exits *exits);

#endif
