// SPDX-License-Identifier: GPL-2.0
/* bench: what an exit of each kind costs here. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "builtin.h"
#include "causes.h"
#include "exit_names.h"
#include "json.h"
#include "options.h"
#include "progress.h"
#include "similar.h"
#include "source.h"
#include "util.h"

/* That CPUID's page, the branch predictor and the like are warm */
#define WARMUP 10

static const char args_doc[] = "[NAME...]";
static const char doc[] =
	"Measure what operations that cause VM exits cost on this host: all that a "
	"program can cause, some of them only as root, or those NAMEd.\v"
	"Cycles are ticks of the guest's TSC around one operation, with the guest's own "
	"part of it.  The other columns are the exit that the operation caused, how many "
	"of it, and the cycles of one as KVM counted them.  \"none\": this host lets the "
	"guest do the operation without an exit.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other failure.";

static const struct argp_option options[] = {
	{ "repeat", 'r', "N", 0, "Do each operation N times; 1000 by default", 0 },
	/* What it was called before */
	{ "count", 'n', "N", OPTION_HIDDEN, NULL, 0 },
	{ 0 }
};

/* Each may be asked for more than once, within reason. */
#define CAUSES_MAX 64

struct arguments {
	unsigned int count;
	const struct exit_cause *causes[CAUSES_MAX];
	size_t nr;
	struct common_options common;
};

static const char *name_of_operation(size_t i)
{
	return i < nr_exit_causes ? exit_causes[i].name : NULL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->common;
		break;
	case 'n':
	case 'r':
		args->count = option_number(state, "-r", arg, 10, 1000000);
		break;
	case ARGP_KEY_ARG:
		if (args->nr == CAUSES_MAX)
			argp_error(state, "at most %d operations", CAUSES_MAX);
		args->causes[args->nr] = cause_find(arg);
		if (!args->causes[args->nr++])
			similar_error(state, "operation", arg, name_of_operation);
		break;
	case ARGP_KEY_NO_ARGS:
		for (args->nr = 0; args->nr < nr_exit_causes; args->nr++)
			args->causes[args->nr] = &exit_causes[args->nr];
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t i, size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC || !(out = open_memstream(&help, &size)))
		return (char *)text;
	for (i = 0; i < nr_exit_causes; i++)
		fprintf(out, "  %-8s %s\n", exit_causes[i].name, exit_causes[i].what);
	fprintf(out, "\n%s", text);
	fclose(out);
	return help;
}

static const struct argp argp = {
	options, parse_option, args_doc, doc, format_only, help_filter, NULL,
};

/* What one cause came to */
struct cost {
	const struct exit_cause *cause;
	/* Why not, if that is not empty; the rest is 0 then. */
	char why[128];
	/* Cycles of the guest's TSC */
	uint64_t least, median, p99;
	/* The exit that it was, -1 if none */
	int number;
	double exits, cycles_per_exit;
};

static uint64_t tsc(void)
{
	uint64_t ticks;

	_mm_lfence();
	ticks = __rdtsc();
	_mm_lfence();
	return ticks;
}

struct timing {
	const struct exit_cause *cause;
	struct cause_state *state;
	uint64_t *cycles;
	unsigned int count;
};

static int time_each(void *data)
{
	const struct timing *timing = data;
	int error = 0;
	unsigned int i;
	uint64_t start;

	for (i = 0; i < timing->count && !error; i++) {
		start = tsc();
		error = timing->cause->once(timing->state);
		timing->cycles[i] = tsc() - start;
	}
	return error;
}

/* Returns 0, or an error and state->why. */
static int time_operations(const struct exit_cause *cause, struct cause_state *state,
			   uint64_t *cycles, unsigned int count)
{
	struct timing timing = { cause, state, cycles, count };
	int error = cause_guard(state, time_each, &timing);

	if (error && !*state->why)
		snprintf(state->why, sizeof(state->why), "%s", strerror(-error));
	return error;
}

static int compare_cycles(const void *a, const void *b)
{
	uint64_t ca = *(const uint64_t *)a, cb = *(const uint64_t *)b;

	return ca < cb ? -1 : ca > cb;
}

/*
 * The exit that each operation had: the one that is meant to be, otherwise the one
 * that happened most often.
 */
static void find_exit(struct cost *cost, const struct exit_info *info,
		      const struct exit_table *table, unsigned int count)
{
	int meant = cause_number(cost->cause, info->encoding);
	const struct exit_row *row = exit_table_find(table, meant);

	if (!row || row->counts.exits < count / 2)
		row = table->nr ? &table->rows[0] : NULL;
	cost->number = -1;
	if (!row || row->counts.exits < count / 2)
		return;
	cost->number = row->number;
	cost->exits = (double)row->counts.exits / count;
	cost->cycles_per_exit = (double)row->counts.cycles / row->counts.exits;
}

struct bench {
	unsigned int count;
	struct exit_source source;
	struct exit_table before, after, between;
	uint64_t *cycles;
};

static int measure_open(struct bench *bench, struct cost *cost, struct cause_state *state)
{
	int status, error = time_operations(cost->cause, state, bench->cycles, WARMUP);
	bool migrated;

	status = source_read(&bench->source, &bench->before);
	if (!error)
		error = time_operations(cost->cause, state, bench->cycles, bench->count);
	if (!status)
		status = source_read_again(&bench->source, &bench->before, &bench->after);
	if (status)
		return status;
	if (error) {
		memcpy(cost->why, state->why, sizeof(cost->why));
		return STATUS_OK;
	}
	status = source_subtract(&bench->source, &bench->after, &bench->before,
				 &bench->between, &migrated);
	if (migrated) {
		snprintf(cost->why, sizeof(cost->why), "the VM was migrated or restored");
		return status;
	}
	qsort(bench->cycles, bench->count, sizeof(*bench->cycles), compare_cycles);
	cost->least = bench->cycles[0];
	cost->median = bench->cycles[bench->count / 2];
	cost->p99 = bench->cycles[bench->count * 99ULL / 100];
	find_exit(cost, &bench->source.info, &bench->between, bench->count);
	return STATUS_OK;
}

static int measure(struct bench *bench, const struct exit_cause *cause, struct cost *cost)
{
	struct cause_state state;
	int status;

	*cost = (struct cost) { .cause = cause, .number = -1 };
	progress("%s: %s", cause->name, cause->what);
	if (cause_open(cause, &state, WARMUP + bench->count)) {
		memcpy(cost->why, state.why, sizeof(cost->why));
		return STATUS_OK;
	}
	status = measure_open(bench, cost, &state);
	cause_close(cause, &state);
	return status;
}

static void print_text(const struct bench *bench, const struct cost *costs, size_t nr)
{
	unsigned int encoding = bench->source.info.encoding;
	char name[EXIT_NAME_MAX];
	size_t i;

	printf("Cycles of an operation, %u of each, host TSC %.3f MHz\n\n", bench->count,
	       bench->source.info.tsc_khz / 1000.0);
	printf("%-8s  %10s  %10s  %10s  %5s  %-*s  %8s  %11s\n", "name", "least", "median",
	       "p99", "exit", exit_name_width(encoding), "name", "exits/op", "cycles/exit");
	for (i = 0; i < nr; i++) {
		const struct cost *cost = &costs[i];

		if (*cost->why) {
			printf("%-8s  not measured: %s\n", cost->cause->name, cost->why);
			continue;
		}
		printf("%-8s  %10" PRIu64 "  %10" PRIu64 "  %10" PRIu64, cost->cause->name,
		       cost->least, cost->median, cost->p99);
		if (cost->number < 0)
			printf("  %5s  none\n", "-");
		else
			printf("  %5d  %-*s  %8.2f  %11.0f\n", cost->number,
			       exit_name_width(encoding),
			       exit_name(encoding, cost->number, name), cost->exits,
			       cost->cycles_per_exit);
	}
}

static void print_csv(const struct bench *bench, const struct cost *costs, size_t nr)
{
	char name[EXIT_NAME_MAX];
	size_t i;

	puts("operation,least,median,p99,exit,name,exits_per_operation,cycles_per_exit");
	for (i = 0; i < nr; i++) {
		const struct cost *cost = &costs[i];

		if (*cost->why)
			continue;
		printf("%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64, cost->cause->name, cost->least,
		       cost->median, cost->p99);
		if (cost->number < 0)
			puts(",,,,");
		else
			printf(",%d,%s,%g,%g\n", cost->number,
			       exit_name(bench->source.info.encoding, cost->number, name),
			       cost->exits, cost->cycles_per_exit);
	}
}

/*
 * A document of kind "bench": count, of operations; costs, an array of objects with
 * operation and what; either not_measured, why, or least, median and p99, in cycles of
 * the guest's TSC, and if there was an exit, exit, name, exits_per_operation and
 * cycles_per_exit.
 */
static json_t *cost_object(const struct exit_info *info, const struct cost *cost)
{
	json_t *object = json_pack("{s:s, s:s}", "operation", cost->cause->name, "what",
				   cost->cause->what);
	char name[EXIT_NAME_MAX];

	if (*cost->why) {
		json_object_set_new(object, "not_measured", json_string(cost->why));
		return object;
	}
	json_object_update_new(object, json_pack("{s:I, s:I, s:I}", "least",
			       (json_int_t)cost->least, "median", (json_int_t)cost->median,
			       "p99", (json_int_t)cost->p99));
	if (cost->number >= 0)
		json_object_update_new(object, json_pack("{s:i, s:s, s:f, s:f}", "exit",
				       cost->number, "name",
				       exit_name(info->encoding, cost->number, name),
				       "exits_per_operation", cost->exits,
				       "cycles_per_exit", cost->cycles_per_exit));
	return object;
}

static void print_json(const struct bench *bench, const struct cost *costs, size_t nr)
{
	json_t *document = json_document("bench", &bench->source.info), *array = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(array, cost_object(&bench->source.info, &costs[i]));
	json_object_set_new(document, "count", json_integer(bench->count));
	json_object_set_new(document, "costs", array);
	json_print(stdout, document, false);
}

static int run(struct bench *bench, const struct arguments *args, struct cost *costs)
{
	static void (*const printers[])(const struct bench *, const struct cost *, size_t) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv,
	};
	int status = source_open(&bench->source);
	size_t i;

	for (i = 0; i < args->nr && !status; i++)
		status = measure(bench, args->causes[i], &costs[i]);
	progress_end();
	if (!status)
		printers[args->common.format](bench, costs, args->nr);
	return status;
}

int builtin_bench(int argc, char **argv)
{
	struct arguments args = { .count = 1000, .common = COMMON_OPTIONS };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct cost *costs;
	int status;

	options_parse(&argp, argc, argv, &args);
	costs = calloc(args.nr, sizeof(*costs));
	if (bench)
		bench->cycles = calloc(args.count, sizeof(*bench->cycles));
	if (!bench || !bench->cycles || !costs) {
		status = fail(STATUS_FAILURE, "not enough memory");
	} else {
		bench->count = args.count;
		bench->source.cpu = -1;
		status = run(bench, &args, costs);
	}
	if (bench)
		free(bench->cycles);
	free(bench);
	free(costs);
	return status;
}
