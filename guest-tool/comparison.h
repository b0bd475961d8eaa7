/* SPDX-License-Identifier: GPL-2.0 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include <stdio.h>

#include "result.h"

/* How the exits of several commands differ from those of the first of them. */

/* The probability of saying that anything differs where nothing does */
#define COMPARISON_ALPHA 0.01

struct compared {
	/* Means of a run, exits or cycles */
	struct sample sample;
	/* Against the first: Welch's t test, see sample.h */
	double p;
	/* It stands out of the noise. */
	bool differs;
};

struct comparison_row {
	uint32_t number;
	/* One for each result */
	struct compared *of;
};

struct comparison {
	size_t nr_results;
	const struct exit_result *results;
	bool by_cycles;
	/* Each result has been run at least twice, so that noise is known. */
	bool tested;
	/* Seconds of a run, one for each result */
	struct sample *elapsed;
	size_t nr;
	struct comparison_row *rows;
	/* Rows that differ in any of them */
	size_t nr_differ;
};

/*
 * Compare results, of the same vendor's exits, by exits or by cycles.  All tests
 * together keep to COMPARISON_ALPHA, after Holm.  Returns false if there is no memory;
 * comparison_free() frees what it holds.
 */
bool comparison_make(struct comparison *comparison, const struct exit_result *results,
		     size_t nr, bool by_cycles);
void comparison_free(struct comparison *comparison);

/* As a table, as JSON and as comma-separated values.  Returns 0, or -1 if out failed. */
int comparison_print(FILE *out, const struct comparison *comparison);
int comparison_print_json(FILE *out, const struct comparison *comparison);
int comparison_print_csv(FILE *out, const struct comparison *comparison);

#endif
