// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "code_table.h"
#include "cpuid.h"
#include "csv.h"
#include "exit_names.h"
#include "json.h"
#include "perf_events.h"
#include "text.h"
#include "util.h"

/* Rows with less, in percent of all exits, are added up. */
#define SHARE_LEAST 0.05

/* The longest name that Linux has for one */
#define PROCESS_WIDTH 15

/* The number of an event's exits or -1, and what they are called. */
static int reason_of(const char *event, const char **name, char room[EXIT_NAME_MAX])
{
	static const unsigned int vendors[] = {
		0, KVM_EXIT_STATS_ENCODING_VMX, KVM_EXIT_STATS_ENCODING_SVM,
	};
	unsigned int encoding;
	int number = -1;
	size_t i;

	/* This machine's names first, for both have such as exit_cpuid */
	for (i = 0; i < ARRAY_SIZE(vendors) && number < 0; i++) {
		encoding = vendors[i] ? vendors[i] : cpuid_encoding();
		number = perf_event_number(encoding, event);
	}
	*name = number < 0 ? event : perf_event_reason(encoding, number, room);
	return number;
}

/* As perf has it; the object alone in brackets where that is all that is known. */
static void print_place(FILE *out, const struct code_sample *code)
{
	const char *object = code_object(code);

	if (code->function) {
		text_print(out, code->function);
		fputs(" (", out);
	} else if (*object != '[') {
		fputc('[', out);
	}
	text_print(out, *object ? object : "unknown");
	if (code->function)
		fputc(')', out);
	else if (*object != '[')
		fputc(']', out);
	if (*code->line) {
		fputs("  ", out);
		text_print(out, code->line);
	}
	fputc('\n', out);
}

/* Any text, in so many columns of the screen at least */
static void print_text(FILE *out, const char *text, int width)
{
	int length = text_columns(text);

	text_print(out, text);
	fprintf(out, "%*s", width > length ? width - length + 2 : 2, "");
}

static int reason_width(const struct code_table *table)
{
	int width = strlen("reason");
	char room[EXIT_NAME_MAX];
	const char *name;
	size_t i;

	for (i = 0; i < table->nr; i++) {
		reason_of(table->rows[i]->code.event, &name, room);
		if (width < text_columns(name))
			width = text_columns(name);
	}
	return width;
}

static void print_row(FILE *out, const struct code_table *table, const struct code_row *row,
		      int width)
{
	char room[EXIT_NAME_MAX];
	const char *name;

	reason_of(row->code.event, &name, room);
	fprintf(out, "%12" PRIu64 "  %5.1f%%  %7" PRIu64 "  ", row->code.exits,
		percent(row->code.exits, table->exits), row->samples);
	print_text(out, name, width);
	print_text(out, row->code.process, PROCESS_WIDTH);
	print_place(out, &row->code);
}

static void print_rest(FILE *out, const struct code_table *table, size_t from)
{
	uint64_t exits = 0, samples = 0;
	size_t i;

	for (i = from; i < table->nr; i++) {
		exits += table->rows[i]->code.exits;
		samples += table->rows[i]->samples;
	}
	if (samples)
		fprintf(out, "%12" PRIu64 "  %5.1f%%  %7" PRIu64 "  %zu others\n", exits,
			percent(exits, table->exits), samples, table->nr - from);
}

int code_table_print(FILE *out, const struct code_table *table)
{
	int width = reason_width(table);
	size_t i;

	if (!table->nr)
		return 0;
	fprintf(out, "%12s  %6s  %7s  %-*s  %-*s  %s\n", "exits", "share", "samples", width,
		"reason", PROCESS_WIDTH, "process", table->lines ? "function  line" : "function");
	for (i = 0; i < table->nr; i++) {
		if (percent(table->rows[i]->code.exits, table->exits) < SHARE_LEAST)
			break;
		print_row(out, table, table->rows[i], width);
	}
	print_rest(out, table, i);
	return ferror(out) ? -1 : 0;
}

static void print_stack(FILE *out, const struct code_row *row)
{
	const struct code_sample *code = &row->code;
	char room[EXIT_NAME_MAX];
	const char *name;

	text_print(out, code->process);
	if (code->function) {
		fputc(';', out);
		text_print(out, code->function);
	}
	if (reason_of(code->event, &name, room) != EXIT_ALL) {
		fputc(';', out);
		text_print(out, name);
	}
	fprintf(out, " %" PRIu64 "\n", code->exits);
}

int code_table_print_stacks(FILE *out, const struct code_table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		print_stack(out, table->rows[i]);
	return ferror(out) ? -1 : 0;
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_bytes(text) : json_null();
}

static json_t *row_object(const struct code_row *row)
{
	const struct code_sample *code = &row->code;
	char room[EXIT_NAME_MAX];
	const char *name;
	int number = reason_of(code->event, &name, room);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "exit", json_exit(number),
			 "name", json_bytes(name), "exits", json_count(code->exits),
			 "samples", json_count(row->samples),
			 "process", json_bytes(code->process),
			 "function", text_or_null(code->function),
			 "object", text_or_null(code->object), "line", text_or_null(code->line));
}

int code_table_print_json(FILE *out, const struct code_table *table)
{
	json_t *document = json_document("who", NULL), *code = json_array();
	size_t i;

	for (i = 0; i < table->nr; i++)
		json_array_append_new(code, row_object(table->rows[i]));
	json_object_set_new(document, "code", code);
	return json_print(out, document, false);
}

static void print_csv_row(FILE *out, const struct code_row *row)
{
	const struct code_sample *code = &row->code;
	const char *const texts[] = { code->process, code->function, code->object, code->line };
	char room[EXIT_NAME_MAX];
	const char *name;
	int number = reason_of(code->event, &name, room);
	size_t i;

	if (number >= 0 && number != EXIT_ALL)
		fprintf(out, "%d", number);
	fputc(',', out);
	csv_print_text(out, name);
	fprintf(out, ",%" PRIu64 ",%" PRIu64, code->exits, row->samples);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		fputc(',', out);
		csv_print_text(out, texts[i] ? texts[i] : "");
	}
	fputc('\n', out);
}

int code_table_print_csv(FILE *out, const struct code_table *table)
{
	size_t i;

	fputs("exit,name,exits,samples,process,function,object,line\n", out);
	for (i = 0; i < table->nr; i++)
		print_csv_row(out, table->rows[i]);
	return ferror(out) ? -1 : 0;
}
