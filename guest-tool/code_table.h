/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CODE_TABLE_H
#define CODE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Which code causes VM exits: samples, those of the same code together. */

struct code_sample {
	/* perf's name of the event, and the process's name */
	const char *event, *process;
	/* NULL: not known */
	const char *function;
	/* Its program, library or module: a path, or a name in brackets; "" if not known */
	const char *object;
	/* Of the source, as file:number; "" if not known, or not asked for */
	const char *line;
	/* The exits that it stands for */
	uint64_t exits;
};

struct code_row {
	struct code_sample code;
	uint64_t samples;
};

struct code_table {
	size_t nr;
	struct code_row **rows;
	uint64_t exits, samples;
	/* Lines that were read and not understood */
	uint64_t skipped;
	/* With lines of the source; with all callers in place of a function, see below */
	bool lines, stacks;
	/* For code_table_add() to find rows */
	void *tree;
};

/* The object without the folders that a path begins with */
const char *code_object(const struct code_sample *code);

/* Add a sample, of which texts are copied.  Returns false if there is no memory. */
bool code_table_add(struct code_table *table, const struct code_sample *sample);

/* Sort the rows, the most exits first, and what has as many by name. */
void code_table_sort(struct code_table *table);

/* Free what the table holds. */
void code_table_free(struct code_table *table);

/*
 * A line for each call graph, as flame graphs are made of: "process;caller;...;function;REASON
 * exits".  For tables with stacks, in which a function is "caller;...;function".  Returns 0, or
 * -1 if out failed.
 */
int code_table_print_stacks(FILE *out, const struct code_table *table);

/* As a table, as JSON and as comma-separated values, sorted.  Returns 0, or -1 if out failed. */
int code_table_print(FILE *out, const struct code_table *table);
int code_table_print_json(FILE *out, const struct code_table *table);
int code_table_print_csv(FILE *out, const struct code_table *table);

#endif
