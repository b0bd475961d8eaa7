/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CAUSES_H
#define CAUSES_H

#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>

/* Operations that each cause VM exits of one kind, wherever it is intercepted. */

/* Of a cause whose exits are of several numbers, or of none that is known. */
#define NO_EXIT_NUMBER -1

/* An open cause.  For all but causes.c only why means something. */
struct cause_state {
	/* If it cannot be opened, or has faulted: why, without a newline */
	char why[128];
	unsigned long times;
	cpu_set_t cpus_before;
	int cpu;
	int fd;
	/* What was in the MSR */
	uint64_t value;
	volatile char *memory;
	size_t size, used;
	pthread_t partner;
	/* Whose turn it is, the opener's or the partner's */
	uint32_t turn;
};

/* open, once and close return 0 or -errno; call the first two within cause_guard(). */
struct exit_cause {
	const char *name;
	/* One operation, for people */
	const char *what;
	/* The exit that it causes, on Intel and on AMD, or NO_EXIT_NUMBER */
	int vmx, svm;
	int (*open)(struct cause_state *state);
	int (*once)(struct cause_state *state);
	void (*close)(struct cause_state *state);
};

extern const struct exit_cause exit_causes[];
extern const size_t nr_exit_causes;

/* The cause with this name, or NULL. */
const struct exit_cause *cause_find(const char *name);

/* The number of its exit in an encoding, KVM_EXIT_STATS_ENCODING_*, or NO_EXIT_NUMBER. */
int cause_number(const struct exit_cause *cause, unsigned int encoding);

/*
 * Prepare for so many calls of once().  Until cause_close() the thread stays on the CPU
 * that it is on.  Returns 0, or -errno and state->why.
 */
int cause_open(const struct exit_cause *cause, struct cause_state *state,
	       unsigned long times);

/*
 * Run a function that calls once() on state, any number of times.  If that faults, which
 * nothing else tells of some operations beforehand, it is left at once.  Returns what it
 * returns, or -EFAULT and state->why.
 */
int cause_guard(struct cause_state *state, int (*run)(void *data), void *data);

/* For a cause that was opened. */
void cause_close(const struct exit_cause *cause, struct cause_state *state);

/* Compute until a timer of so many microseconds expires.  Returns 0 or -errno. */
int spin_until_timer(uint64_t microseconds);

#endif
