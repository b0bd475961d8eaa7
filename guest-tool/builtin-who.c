// SPDX-License-Identifier: GPL-2.0
/* who: which code causes VM exits, by the guest's perf. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "command.h"
#include "ending.h"
#include "options.h"
#include "perf_access.h"
#include "perf_record.h"
#include "perf_script.h"
#include "util.h"

enum {
	OPTION_SCRIPT = 0x200,
	OPTION_LINES,
	OPTION_STACKS,
};

static const char args_doc[] =
	"-- COMMAND...\n-p PID [SECONDS]\n-a [SECONDS]\n-i FILE\n--script FILE";
static const char doc[] =
	"Show which code causes VM exits: reason, process and function, the most exits first.  "
	"Beside a COMMAND the table is on standard error.\v"
	"perf record samples them in this VM, and perf script finds the functions; 'record' says "
	"what that takes.  Exits are as many as the samples stand for: those of a sample each "
	"100 exits are right within about 100 / sqrt(samples) percent.  In parentheses "
	"stands the program or library that the function is in; if that has no symbols, it stands "
	"alone, in brackets.\n\n"
	"Exit status: that of COMMAND, as perf record passes it on.  Otherwise 0 done, 1 usage "
	"error, 2 no statistics or no events on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "input", 'i', "FILE", 0, "Show FILE, which perf record or 'record' has written", 0 },
	{ "script", OPTION_SCRIPT, "FILE", 0,
	  "Show FILE, which perf script has printed; - is standard input", 0 },
	{ "lines", OPTION_LINES, NULL, 0, "By line of the source, too, which takes long", 0 },
	{ "stacks", OPTION_STACKS, NULL, 0,
	  "A line for each call graph, as tools that draw flame graphs take it", 0 },
	{ 0 }
};

struct arguments {
	struct perf_record record;
	const char *input, *script;
	bool lines, stacks;
	struct common_options common;
};

static void check_arguments(struct argp_state *state, const struct arguments *args)
{
	if (args->input && args->script)
		argp_error(state, "-i and --script exclude each other");
	if (args->stacks && (args->lines || args->common.format != FORMAT_TEXT))
		argp_error(state, "--stacks excludes --lines, --json and --csv");
	if (!args->input && !args->script)
		perf_record_check_target(state, &args->record);
	else if (args->record.given)
		argp_error(state, "%s is for what is to be recorded, not for a FILE",
			   args->record.given);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->record;
		state->child_inputs[1] = &args->common;
		break;
	case 'i':
		args->input = arg;
		break;
	case OPTION_SCRIPT:
		args->script = arg;
		break;
	case OPTION_LINES:
		args->lines = true;
		break;
	case OPTION_STACKS:
		args->stacks = args->record.graph = true;
		break;
	case ARGP_KEY_END:
		check_arguments(state, args);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &perf_record_argp, 0, NULL, 0 },
	{ &format_argp, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = {
	options, parse_option, args_doc, doc, children, NULL, NULL,
};

static int print(const struct arguments *args, const struct code_table *table)
{
	static int (*const printers[])(FILE *, const struct code_table *) = {
		[FORMAT_TEXT] = code_table_print, [FORMAT_JSON] = code_table_print_json,
		[FORMAT_CSV] = code_table_print_csv,
	};
	FILE *out = args->record.command ? stderr : stdout;
	int failed = table->stacks ? code_table_print_stacks(out, table) :
				     printers[args->common.format](out, table);

	return failed ? STATUS_FAILURE : STATUS_OK;
}

/* name is what in is called in messages. */
static int read_samples(FILE *in, const char *name, struct code_table *table)
{
	if (!perf_script_read(in, table))
		return fail(STATUS_FAILURE, "not enough memory");
	if (ferror(in))
		return fail(STATUS_FAILURE, "cannot read %s: %s", name, strerror(errno));
	if (!table->samples && table->skipped)
		return fail(STATUS_FAILURE, "this is not what perf script -F %s prints",
			    PERF_SCRIPT_FIELDS);
	if (table->skipped)
		fail(0, "lines of perf script that were not understood: %" PRIu64,
		     table->skipped);
	return STATUS_OK;
}

static int read_script(const struct arguments *args, struct code_table *table)
{
	bool standard = !strcmp(args->script, "-");
	FILE *in = standard ? stdin : fopen(args->script, "re");
	int status;

	if (!in)
		return fail(STATUS_FAILURE, "cannot read %s: %s", args->script, strerror(errno));
	status = read_samples(in, standard ? "standard input" : args->script, table);
	if (!standard)
		fclose(in);
	return status;
}

/* Returns a status, having said why if perf does not run; command_wait() is to follow. */
static int start_perf(struct command *perf)
{
	int error = command_prepare(perf);

	if (error)
		return fail(STATUS_FAILURE, "cannot start a process: %s", strerror(error));
	error = command_go(perf);
	if (!error)
		return STATUS_OK;
	command_wait(perf);
	return fail(STATUS_FAILURE, "cannot run perf: %s", strerror(error));
}

static int read_from_perf(struct command *perf, int fd, struct code_table *table)
{
	FILE *in = fdopen(fd, "r");
	int status;

	status = in ? read_samples(in, "what perf script prints", table) :
		      fail(STATUS_FAILURE, "not enough memory");
	/* perf ends by SIGPIPE if this is not all. */
	if (in)
		fclose(in);
	else
		close(fd);
	command_wait(perf);
	if (!status && perf->status && !perf->quiet)
		status = fail(STATUS_FAILURE, "perf script failed with status %d", perf->status);
	return status;
}

/* Of a file of perf record, which ended with that status: if it failed there may be nothing. */
static int read_data(const struct arguments *args, const char *path, int ended,
		     struct code_table *table)
{
	const char *fields = args->lines ? PERF_SCRIPT_LINES : PERF_SCRIPT_FIELDS;
	char *argv[] = { "perf", "script", "-F", (char *)fields, "-i", (char *)path,
			 args->stacks ? NULL : "-G", NULL };
	struct command perf = { .argv = argv, .no_input = true, .quiet = ended };
	int ends[2], status;

	if (pipe2(ends, O_CLOEXEC))
		return fail(STATUS_FAILURE, "cannot make a pipe: %s", strerror(errno));
	perf.output = ends[1];
	status = start_perf(&perf);
	close(ends[1]);
	if (!status)
		return read_from_perf(&perf, ends[0], table);
	close(ends[0]);
	return status;
}

/* A file that goes when it is closed, whatever ends this.  Returns -1, having said why. */
static int open_temporary(void)
{
	const char *folder = getenv("TMPDIR");
	char *path;
	int fd;

	if (asprintf(&path, "%s/cpuid-query-XXXXXX", folder && *folder ? folder : "/tmp") < 0) {
		fail(0, "not enough memory");
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		fail(0, "cannot make %s: %s", path, strerror(errno));
	else
		unlink(path);
	free(path);
	return fd;
}

/* Returns a status, which is not that of perf record, *ended. */
static int run_perf_record(struct perf_record *record, int *ended)
{
	struct command perf = { .argv = perf_record_argv(record) };
	int status = perf.argv ? start_perf(&perf) : STATUS_FAILURE;

	if (!status)
		command_wait(&perf);
	free(perf.argv);
	/* Why it was not started was said, and is a failure of ours. */
	*ended = status ? 0 : perf.status;
	/* What has no other end is to be ended so. */
	if (!record->command && ending_signal())
		*ended = 0;
	return status;
}

static int record_and_read(struct arguments *args, struct code_table *table, int *ended)
{
	int status = perf_access_open(args->record.all, &args->record.user_only), fd;
	char path[64];

	if (status)
		return status;
	fd = open_temporary();
	if (fd < 0)
		return STATUS_FAILURE;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	args->record.output = path;
	args->record.temporary = true;
	status = run_perf_record(&args->record, ended);
	if (!status)
		status = read_data(args, path, *ended, table);
	close(fd);
	return status;
}

static int read_all(struct arguments *args, struct code_table *table, int *ended)
{
	if (args->script)
		return read_script(args, table);
	if (args->input)
		return read_data(args, args->input, 0, table);
	return record_and_read(args, table, ended);
}

int builtin_who(int argc, char **argv)
{
	struct arguments args = { .common = COMMON_OPTIONS };
	struct code_table table = { 0 };
	int status, ended = 0;

	options_parse(&argp, argc, argv, &args);
	table.lines = args.lines;
	table.stacks = args.stacks;
	ending_begin();
	status = read_all(&args, &table, &ended);
	ending_end();
	if (!status && !table.samples && ended)
		fail(0, "perf record ended with status %d and no samples; 'record' shows what "
		     "it says", ended);
	else if (!status && !table.samples)
		fail(0, "there are no samples: -c 1 takes one of each exit");
	if (!status)
		status = print(&args, &table);
	code_table_free(&table);
	return ended ? ended : status;
}
