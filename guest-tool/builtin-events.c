// SPDX-License-Identifier: GPL-2.0
/* events: VM exits as events of the guest's perf. */
#include <argp.h>

#include "builtin.h"
#include "cpuid.h"
#include "csv.h"
#include "json.h"
#include "options.h"
#include "perf_access.h"
#include "perf_events.h"
#include "util.h"
#include "vendor_options.h"

static const char args_doc[] = "[REASON...]";
static const char doc[] =
	"Print the events with which perf in this VM counts VM exits: of all reasons, or of "
	"each REASON, a number, a name or 'all', which is all exits together.\v"
	"The last column is for perf stat -e and perf record -e; 'record' and 'who' call perf "
	"with it.  Where the host does not offer the events, a line on standard error says so.\n\n"
	"Exit status: 0 done, 1 usage error, 3 other failure.";

struct arguments {
	/* 0: this machine's */
	unsigned int encoding;
	size_t nr_words;
	const char *words[EXIT_TABLE_MAX];
	struct common_options common;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->encoding;
		state->child_inputs[1] = &args->common;
		break;
	case ARGP_KEY_ARG:
		if (args->nr_words == ARRAY_SIZE(args->words))
			argp_error(state, "at most %zu reasons", ARRAY_SIZE(args->words));
		args->words[args->nr_words++] = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	NULL, parse_option, args_doc, doc, vendor_options, NULL, NULL,
};

static void print_text(const struct perf_events *events)
{
	int width = exit_name_width(events->encoding), number;
	char name[EXIT_NAME_MAX], event[PERF_EVENT_MAX];
	size_t i;

	printf(" exit  %-*s  event\n", width, "name");
	for (i = 0; i < events->nr; i++) {
		number = events->numbers[i];
		if (number == EXIT_ALL)
			printf("%5s", "");
		else
			printf("%5d", number);
		printf("  %-*s  %s\n", width, perf_event_reason(events->encoding, number, name),
		       perf_event_text(events->encoding, number, event));
	}
}

/* A document of kind "events": vendor, and events with exit, name and event. */
static void print_json(const struct perf_events *events)
{
	json_t *document = json_document("events", NULL), *array = json_array();
	char name[EXIT_NAME_MAX], event[PERF_EVENT_MAX];
	int number;
	size_t i;

	for (i = 0; i < events->nr; i++) {
		number = events->numbers[i];
		json_array_append_new(array, json_pack("{s:o, s:s, s:s}",
				      "exit", json_exit(number), "name",
				      perf_event_reason(events->encoding, number, name),
				      "event",
				      perf_event_text(events->encoding, number, event)));
	}
	json_object_set_new(document, "vendor",
			    json_string(exit_encoding_name(events->encoding)));
	json_object_set_new(document, "events", array);
	json_print(stdout, document, false);
}

static void print_csv(const struct perf_events *events)
{
	char name[EXIT_NAME_MAX], event[PERF_EVENT_MAX];
	int number;
	size_t i;

	puts("exit,name,event");
	for (i = 0; i < events->nr; i++) {
		number = events->numbers[i];
		if (number != EXIT_ALL)
			printf("%d", number);
		printf(",%s,\"%s\"\n", perf_event_reason(events->encoding, number, name),
		       perf_event_text(events->encoding, number, event));
	}
}

int builtin_events(int argc, char **argv)
{
	static void (*const printers[])(const struct perf_events *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv,
	};
	struct arguments args = { .common = COMMON_OPTIONS };
	struct perf_events events = { 0 };
	int status = STATUS_OK;
	size_t i;

	options_parse(&argp, argc, argv, &args);
	events.encoding = args.encoding ? args.encoding : cpuid_encoding();
	for (i = 0; i < args.nr_words && !status; i++)
		status = perf_events_add(&events, args.words[i]);
	if (status)
		return status;
	if (!args.nr_words)
		perf_events_add_all(&events);
	printers[args.common.format](&events);
	perf_access_note(cpuid_instruction);
	return STATUS_OK;
}
