/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PERF_EVENTS_H
#define PERF_EVENTS_H

#include <stdint.h>

#include "exit_names.h"
#include "exit_table.h"
#include "leaves.h"

/*
 * VM exits as events of the guest's perf, for an encoding of exit numbers,
 * KVM_EXIT_STATS_ENCODING_*: see KVM_EXIT_STATS_VMX_EVENT in leaves.h.
 */

/* All exits together: more than any exit number */
#define EXIT_ALL (KVM_EXIT_STATS_NUMBER_MASK + 1)

/* Longer than any event, and than any name of one */
#define PERF_EVENT_MAX 96

/* The unit mask for an exit number, or -1 if it has no event, or no name. */
int perf_event_umask(unsigned int encoding, int number);

/* The same as the config of perf_event_open(2), of PERF_TYPE_RAW, if it has one. */
uint64_t perf_event_config(unsigned int encoding, int number);

/*
 * The lowest number above after, which may be -1, that has an event; EXIT_ALL is the last,
 * -1 is behind it.
 */
int perf_event_next(unsigned int encoding, int after);

/* What the exits of a number are called in tables: "all" for EXIT_ALL.  Returns name. */
const char *perf_event_reason(unsigned int encoding, int number, char name[EXIT_NAME_MAX]);

/*
 * The name of the event, such as exit_cpuid, of which no two of an encoding have the same;
 * and the event with its name as perf -e takes it.  For numbers that have one.  Return
 * text.
 */
const char *perf_event_name(unsigned int encoding, int number, char text[PERF_EVENT_MAX]);
const char *perf_event_text(unsigned int encoding, int number, char text[PERF_EVENT_MAX]);

/*
 * The number whose event perf calls so, with or without modifiers, or -1.  Without a name
 * from us that is the event itself.
 */
int perf_event_number(unsigned int encoding, const char *name);

/*
 * The number that a word of a user means: one that has an event, the name of an exit or of an
 * event, in any case, or "all".  Returns -1, having said so, if it means none.
 */
int perf_event_find(unsigned int encoding, const char *word);

/* Some of them, in the order of the user, each once */
struct perf_events {
	unsigned int encoding;
	size_t nr;
	int numbers[EXIT_TABLE_MAX];
};

/* Add what a word means, see perf_event_find().  Returns STATUS_OK or STATUS_USAGE. */
int perf_events_add(struct perf_events *events, const char *word);

/* Add a number, or EXIT_ALL, if it has an event. */
void perf_events_add_number(struct perf_events *events, int number);

/* Add all that there are, that of all exits last. */
void perf_events_add_all(struct perf_events *events);

#endif
