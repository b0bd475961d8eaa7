// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "perf_events.h"
#include "util.h"

#define PREFIX "exit_"
#define ALL "all"

int perf_event_umask(unsigned int encoding, int number)
{
	char name[EXIT_NAME_MAX];
	int least = 0, umask = number;

	if (number == EXIT_ALL)
		return KVM_EXIT_STATS_UMASK_ALL;
	if (encoding == KVM_EXIT_STATS_ENCODING_SVM) {
		if (number >= KVM_EXIT_STATS_SVM_HIGH_CODES) {
			least = KVM_EXIT_STATS_SVM_HIGH_UMASK;
			umask = number - KVM_EXIT_STATS_SVM_HIGH_CODES + least;
		} else if (number >= KVM_EXIT_STATS_SVM_HIGH_UMASK) {
			return -1;
		}
	}
	if (umask < least || umask >= KVM_EXIT_STATS_UMASK_ALL ||
	    !strcmp(exit_name(encoding, number, name), "?"))
		return -1;
	return umask;
}

int perf_event_next(unsigned int encoding, int after)
{
	int number = after;

	if (after == EXIT_ALL)
		return -1;
	do {
		number = exit_next(encoding, number);
	} while (number >= 0 && perf_event_umask(encoding, number) < 0);
	return number < 0 ? EXIT_ALL : number;
}

const char *perf_event_reason(unsigned int encoding, int number, char name[EXIT_NAME_MAX])
{
	if (number == EXIT_ALL)
		return strcpy(name, ALL);
	return exit_name(encoding, number, name);
}

const char *perf_event_name(unsigned int encoding, int number, char text[PERF_EVENT_MAX])
{
	char reason[EXIT_NAME_MAX], *c;

	snprintf(text, PERF_EVENT_MAX, PREFIX "%s",
		 perf_event_reason(encoding, number, reason));
	for (c = text; *c; c++)
		*c = isalnum((unsigned char)*c) ? tolower((unsigned char)*c) : '_';
	return text;
}

static int event_select(unsigned int encoding)
{
	return encoding == KVM_EXIT_STATS_ENCODING_SVM ? KVM_EXIT_STATS_SVM_EVENT :
							  KVM_EXIT_STATS_VMX_EVENT;
}

uint64_t perf_event_config(unsigned int encoding, int number)
{
	uint64_t select = event_select(encoding), umask = perf_event_umask(encoding, number);

	/* AMD's has four bits more, above the lower half. */
	return (select & 0xff) | (select & 0xf00) << 24 | umask << 8;
}

const char *perf_event_text(unsigned int encoding, int number, char text[PERF_EVENT_MAX])
{
	char name[PERF_EVENT_MAX];

	snprintf(text, PERF_EVENT_MAX, "cpu/event=0x%x,umask=0x%02x,name=%.40s/",
		 event_select(encoding), perf_event_umask(encoding, number),
		 perf_event_name(encoding, number, name));
	return text;
}

/* Of an event as perf calls it that has no name of its own: cpu/event=0xf5,umask=10/ */
static int number_of_raw(unsigned int encoding, const char *event)
{
	int select, umask, number;
	char end;

	if (sscanf(event, "cpu/event=%i,umask=%i%c", &select, &umask, &end) != 3 ||
	    end != '/' || select != event_select(encoding))
		return -1;
	for (number = perf_event_next(encoding, -1); number >= 0;
	     number = perf_event_next(encoding, number)) {
		if (perf_event_umask(encoding, number) == umask)
			return number;
	}
	return -1;
}

int perf_event_number(unsigned int encoding, const char *name)
{
	char reason[EXIT_NAME_MAX];
	int number;

	if (strncasecmp(name, PREFIX, strlen(PREFIX)))
		return number_of_raw(encoding, name);
	name += strlen(PREFIX);
	if (snprintf(reason, sizeof(reason), "%.*s", (int)strcspn(name, ":"), name) >=
	    EXIT_NAME_MAX)
		return -1;
	if (!strcasecmp(reason, ALL))
		return EXIT_ALL;
	number = exit_number(encoding, reason);
	return perf_event_umask(encoding, number) < 0 ? -1 : number;
}

int perf_event_find(unsigned int encoding, const char *word)
{
	uint32_t parsed;
	int number;

	if (!strcasecmp(word, ALL))
		return EXIT_ALL;
	number = parse_u32(word, &parsed) && parsed <= KVM_EXIT_STATS_NUMBER_MASK ?
		 (int)parsed : exit_number(encoding, word);
	if (number < 0)
		number = perf_event_number(encoding, word);
	if (number == KVM_EXIT_STATS_OTHER)
		fail(0, "no event counts the exits '%s'; 'events' lists those that there are",
		     word);
	else if (perf_event_umask(encoding, number) < 0)
		exit_unknown(encoding, 0, word);
	else
		return number;
	return -1;
}

static void add(struct perf_events *events, int number)
{
	size_t i;

	for (i = 0; i < events->nr; i++) {
		if (events->numbers[i] == number)
			return;
	}
	if (events->nr < ARRAY_SIZE(events->numbers))
		events->numbers[events->nr++] = number;
}

int perf_events_add(struct perf_events *events, const char *word)
{
	int number = perf_event_find(events->encoding, word);

	if (number < 0)
		return STATUS_USAGE;
	add(events, number);
	return STATUS_OK;
}

void perf_events_add_number(struct perf_events *events, int number)
{
	if (perf_event_umask(events->encoding, number) >= 0)
		add(events, number);
}

void perf_events_add_all(struct perf_events *events)
{
	int number;

	for (number = perf_event_next(events->encoding, -1); number >= 0;
	     number = perf_event_next(events->encoding, number))
		add(events, number);
}
