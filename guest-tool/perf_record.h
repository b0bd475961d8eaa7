/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PERF_RECORD_H
#define PERF_RECORD_H

#include <argp.h>
#include <stdbool.h>

#include "perf_events.h"

/* What perf record is to record, and where it stops. */
struct perf_record {
	struct perf_events events;
	/* A sample each so many exits; or so many samples a second, or 0 */
	unsigned int count, frequency;
	/* Of a process, of all, or of a command; seconds is text, or NULL: until a signal */
	const char *pid;
	bool all;
	const char *seconds;
	char **command;
	/* The long option or argument of these that was given last, or NULL */
	const char *given;

	/* With call graphs; for this program alone: no messages, nothing kept in ~/.debug */
	bool graph, temporary;
	/* NULL: perf's own */
	const char *output;
	/* See perf_access.h */
	bool user_only;
};

/*
 * -e, -c, -F, -p and -a, and the words of a command, as a child of the command's argp.  The
 * input is a struct perf_record of zeros.  What does not go together ends the program with a
 * usage error.
 */
extern const struct argp perf_record_argp;

/* End the program with a usage error unless it is said what to record. */
void perf_record_check_target(struct argp_state *state, const struct perf_record *record);

/*
 * The arguments of perf, itself the first, for execvp(): one allocation for the caller to
 * free.  Returns NULL, having said so, if there is no memory.
 */
char **perf_record_argv(const struct perf_record *record);

#endif
