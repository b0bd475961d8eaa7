// SPDX-License-Identifier: GPL-2.0
#include <argz.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpuid.h"
#include "options.h"
#include "perf_record.h"
#include "util.h"

#define COUNT_USUAL	100
#define COUNT_MAX	1000000000
/* Beyond any that a kernel lets through by default */
#define FREQUENCY_MAX	100000
#define SECONDS_MAX	1000000

static const struct argp_option options[] = {
	{ "event", 'e', "REASON,...", 0,
	  "Exits of these reasons, numbers or names; by default all exits together", 0 },
	{ "count", 'c', "N", 0, "Take a sample each N exits of a reason; 100 by default", 0 },
	{ "freq", 'F', "HZ", 0, "Take about HZ samples a second in place of that", 0 },
	{ "pid", 'p', "PID", 0, "Exits of process PID, for SECONDS or until a signal", 0 },
	{ "all-cpus", 'a', NULL, 0, "Exits of all processes, for SECONDS or until a signal", 0 },
	{ 0 }
};

static void add_reasons(struct argp_state *state, struct perf_events *events, char *words)
{
	char *word;
	size_t i;

	events->encoding = cpuid_encoding();
	while ((word = strsep(&words, ","))) {
		if (perf_events_add(events, word))
			exit(STATUS_USAGE);
	}
	for (i = 0; i < events->nr; i++) {
		if (events->numbers[i] == EXIT_ALL && events->nr > 1)
			argp_error(state, "'all' excludes other reasons: it has them in it");
	}
}

/* A command, or where there is something else to record the seconds */
static void take_word(struct argp_state *state, struct perf_record *record, char *word)
{
	if (!record->pid && !record->all) {
		record->given = "a COMMAND";
		record->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return;
	}
	if (record->seconds)
		argp_error(state, "-p and -a take SECONDS alone, not '%s'", word);
	option_number(state, record->pid ? "-p PID" : "-a", word, 1, SECONDS_MAX);
	record->seconds = word;
}

static void check(struct argp_state *state, const struct perf_record *record)
{
	if (record->count && record->frequency)
		argp_error(state, "-c and -F exclude each other");
	if (record->pid && record->all)
		argp_error(state, "-p and -a exclude each other");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct perf_record *record = state->input;

	switch (key) {
	case 'e':
		record->given = "--event";
		add_reasons(state, &record->events, arg);
		break;
	case 'c':
		record->given = "--count";
		record->count = option_number(state, "-c", arg, 1, COUNT_MAX);
		break;
	case 'F':
		record->given = "--freq";
		record->frequency = option_number(state, "-F", arg, 1, FREQUENCY_MAX);
		break;
	case 'p':
		record->given = "--pid";
		option_number(state, "-p", arg, 1, INT32_MAX);
		record->pid = arg;
		break;
	case 'a':
		record->given = "--all-cpus";
		record->all = true;
		break;
	case ARGP_KEY_ARG:
		take_word(state, record, arg);
		break;
	case ARGP_KEY_END:
		check(state, record);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp perf_record_argp = { options, parse_option, NULL, NULL, NULL, NULL, NULL };

void perf_record_check_target(struct argp_state *state, const struct perf_record *record)
{
	if (!record->command && !record->pid && !record->all)
		argp_error(state, "what to record is missing: a COMMAND, -p PID or -a");
}

/* The words are as <argz.h> has them: each ends with a NUL. */
static void put(FILE *out, const char *word)
{
	fwrite(word, 1, strlen(word) + 1, out);
}

static void put_number(FILE *out, const char *option, unsigned int number)
{
	put(out, option);
	fprintf(out, "%u%c", number, '\0');
}

static void put_events(FILE *out, const struct perf_record *record)
{
	char event[PERF_EVENT_MAX];
	size_t i;

	for (i = 0; i < record->events.nr; i++) {
		put(out, "-e");
		perf_event_text(record->events.encoding, record->events.numbers[i], event);
		fprintf(out, "%s%s%c", event, record->user_only ? "u" : "", '\0');
	}
}

static void put_target(FILE *out, const struct perf_record *record)
{
	char *const *word;

	if (record->all)
		put(out, "-a");
	if (record->pid) {
		put(out, "-p");
		put(out, record->pid);
	}
	/* perf ends with the command that it runs. */
	if (record->command || record->seconds)
		put(out, "--");
	if (record->seconds) {
		put(out, "sleep");
		put(out, record->seconds);
	}
	for (word = record->command; word && *word; word++)
		put(out, *word);
}

static void put_words(FILE *out, const struct perf_record *record)
{
	put(out, "perf");
	put(out, "record");
	if (record->temporary) {
		put(out, "-q");
		put(out, "-N");
	}
	if (record->graph)
		put(out, "-g");
	if (record->output) {
		put(out, "-o");
		put(out, record->output);
	}
	/* The exits that each sample stands for */
	put(out, "-P");
	if (record->frequency)
		put_number(out, "-F", record->frequency);
	else
		put_number(out, "-c", record->count ? record->count : COUNT_USUAL);
	put_events(out, record);
	put_target(out, record);
}

/* Pointers to the words, and a copy of them behind, or NULL */
static char **point_to_words(const char *text, size_t size)
{
	size_t words = argz_count(text, size);
	char **argv;

	argv = malloc((words + 1) * sizeof(*argv) + size);
	if (!argv)
		return NULL;
	argz_extract(memcpy(argv + words + 1, text, size), size, argv);
	return argv;
}

char **perf_record_argv(const struct perf_record *record)
{
	struct perf_record whole = *record;
	char **argv = NULL, *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!whole.events.nr) {
		whole.events.encoding = cpuid_encoding();
		whole.events.nr = 1;
		whole.events.numbers[0] = EXIT_ALL;
	}
	if (out) {
		put_words(out, &whole);
		if (!fclose(out))
			argv = point_to_words(text, size);
	}
	free(text);
	if (!argv)
		fail(0, "not enough memory");
	return argv;
}
