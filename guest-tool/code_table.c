// SPDX-License-Identifier: GPL-2.0
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "code_table.h"

const char *code_object(const struct code_sample *code)
{
	const char *slash = strrchr(code->object, '/');

	return slash && slash[1] && *code->object == '/' ? slash + 1 : code->object;
}

static int compare_texts(const char *a, const char *b)
{
	/* What is not known comes last. */
	if (!a || !b)
		return !a - !b;
	return strcmp(a, b);
}

static int compare_code(const void *a, const void *b)
{
	const struct code_sample *x = &((const struct code_row *)a)->code;
	const struct code_sample *y = &((const struct code_row *)b)->code;
	int order = compare_texts(x->event, y->event);

	if (!order)
		order = compare_texts(x->process, y->process);
	if (!order)
		order = compare_texts(x->function, y->function);
	if (!order)
		order = compare_texts(x->object, y->object);
	return order ? order : compare_texts(x->line, y->line);
}

static const char *copy_text(char **to, const char *text)
{
	const char *copy = *to;

	if (!text)
		return NULL;
	*to = stpcpy(*to, text) + 1;
	return copy;
}

static size_t room(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* One allocation */
static struct code_row *copy_row(const struct code_sample *code)
{
	size_t size = room(code->event) + room(code->process) + room(code->function) +
		      room(code->object) + room(code->line);
	struct code_row *row = calloc(1, sizeof(*row) + size);
	char *text = (char *)(row + 1);

	if (row)
		row->code = (struct code_sample) {
			.event = copy_text(&text, code->event),
			.process = copy_text(&text, code->process),
			.function = copy_text(&text, code->function),
			.object = copy_text(&text, code->object),
			.line = copy_text(&text, code->line),
		};
	return row;
}

/* The room doubles when it is full, i.e. at powers of two. */
static bool append(struct code_table *table, struct code_row *row)
{
	size_t nr = table->nr;
	struct code_row **more;

	if (!(nr & (nr - 1))) {
		more = realloc(table->rows, (nr ? 2 * nr : 1) * sizeof(*more));
		if (!more)
			return false;
		table->rows = more;
	}
	table->rows[table->nr++] = row;
	return true;
}

/* The row of the code, new if there is none yet; NULL if there is no memory. */
static struct code_row *find_row(struct code_table *table, const struct code_sample *code)
{
	const struct code_row key = { .code = *code };
	struct code_row **found = tfind(&key, &table->tree, compare_code), *row;

	if (found)
		return *found;
	row = copy_row(code);
	if (!row || !append(table, row)) {
		free(row);
		return NULL;
	}
	return tsearch(row, &table->tree, compare_code) ? row : NULL;
}

bool code_table_add(struct code_table *table, const struct code_sample *sample)
{
	struct code_row *row = find_row(table, sample);

	if (!row)
		return false;
	row->code.exits += sample->exits;
	row->samples++;
	table->exits += sample->exits;
	table->samples++;
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	const struct code_row *x = *(struct code_row *const *)a;
	const struct code_row *y = *(struct code_row *const *)b;

	if (x->code.exits != y->code.exits)
		return x->code.exits < y->code.exits ? 1 : -1;
	return compare_code(x, y);
}

void code_table_sort(struct code_table *table)
{
	if (table->nr)
		qsort(table->rows, table->nr, sizeof(*table->rows), compare_rows);
}

static void keep(void *row)
{
	(void)row;
}

void code_table_free(struct code_table *table)
{
	size_t i;

	tdestroy(table->tree, keep);
	for (i = 0; i < table->nr; i++)
		free(table->rows[i]);
	free(table->rows);
}
