// SPDX-License-Identifier: GPL-2.0
/* record: the guest's perf record, of VM exits. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "options.h"
#include "perf_access.h"
#include "perf_record.h"
#include "util.h"

static const char args_doc[] = "-- COMMAND...\n-p PID [SECONDS]\n-a [SECONDS]";
static const char doc[] =
	"Run perf record in this VM with VM exits as its events, for perf report and the like.\v"
	"It first checks that the host offers the events, that there are a virtual PMU and perf, "
	"and that perf may count; and says what is missing.  A VM has few counters, often 4: if "
	"there are more reasons, perf counts them in turns, and misses exits.\n\n"
	"Exit status: that of perf record, which is COMMAND's.  Before it was started: 1 usage "
	"error, 2 no statistics or no events on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "call-graph", 'g', NULL, 0, "With call graphs, by frame pointers", 0 },
	{ "output", 'o', "FILE", 0, "Write to FILE in place of perf.data", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct perf_record *record = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = record;
		break;
	case 'g':
		record->graph = true;
		break;
	case 'o':
		record->output = arg;
		break;
	case ARGP_KEY_END:
		perf_record_check_target(state, record);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &perf_record_argp, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = {
	options, parse_option, args_doc, doc, children, NULL, NULL,
};

int builtin_record(int argc, char **argv)
{
	struct perf_record record = { 0 };
	char **perf;
	int status;

	options_parse(&argp, argc, argv, &record);
	status = perf_access_open(record.all, &record.user_only);
	if (status)
		return status;
	perf = perf_record_argv(&record);
	if (!perf)
		return STATUS_FAILURE;
	execvp(perf[0], perf);
	free(perf);
	return fail(STATUS_FAILURE, "cannot run perf: %s", strerror(errno));
}
