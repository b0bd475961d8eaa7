/* SPDX-License-Identifier: GPL-2.0 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include <stdio.h>

#include "result.h"

/* How the exits of several commands differ from those of the first of them. */

/* The family-wise error: the probability of marking anything where nothing differs */
#define COMPARISON_ALPHA 0.01

struct compared {
	/* Means of a run: exits, cycles or seconds */
	struct sample sample;
	/*
	 * Against the first: the probability of such a difference by chance, in this
	 * alone, and of any such in all that is compared, from 0 to 1; see permutation.h.
	 * Not set in the first, and where comparison_pair says that they are not known.
	 */
	double p, p_adjusted;
	/* It is significant: p_adjusted is at most COMPARISON_ALPHA. */
	bool differs;
};

struct comparison_row {
	uint32_t number;
	/* One for each result */
	struct compared *of;
};

/* A result and the first one */
struct comparison_pair {
	/* Both have at least two runs. */
	bool p_known;
	/* They have as many as it takes for anything to be marked. */
	bool tested;
};

struct comparison {
	size_t nr_results;
	const struct exit_result *results;
	bool by_cycles;
	/* How it is shown, and which of the reasons are compared at all */
	const struct exit_view *view;
	/* One for each result; the first is not used */
	struct comparison_pair *pairs;
	/* Seconds of a run, one for each result */
	struct compared *elapsed;
	/*
	 * The hypervisor tax in percent, of whole runs, the baseline included; NULL unless it is
	 * known of all runs, and in the same way, see struct exit_tax
	 */
	struct compared *tax;
	size_t nr;
	struct comparison_row *rows;
	/* Rows that differ in any of them */
	size_t nr_differ;
};

/*
 * Compare results, at least one and all of the same encoding, by exits or by cycles, for
 * the reasons that the view has: no others count in the family-wise error.
 * All that is marked as different, reasons, seconds and tax, keeps to COMPARISON_ALPHA
 * together, by Westfall and Young's method, whatever the distribution: see permutation.h.
 * Only two commands of five runs each leave a fifth of it to Student's t test, of which
 * simulation shows for Poisson's and bursty counts that it keeps to that.  For more
 * commands alpha is divided by the number of those compared with the first (Bonferroni).
 * Where there is a baseline, each run is taken less the baseline's of the same turn, but for
 * the tax, and runs without such are not tested.  Returns false if there is no memory;
 * comparison_free() frees what it holds.
 */
bool comparison_make(struct comparison *comparison, const struct exit_result *results,
		     size_t nr, bool by_cycles, const struct exit_view *view);
void comparison_free(struct comparison *comparison);

/*
 * The runs that each of nr_results commands, at least two, needs for anything to be
 * marked: 5 for two, then more, for five runs each can be dealt out in 126 ways only.
 */
size_t comparison_runs_needed(size_t nr_results);

/*
 * Say in text, of so many bytes, why two results are not of the same kind: the host's
 * TSC, or what their baselines are.  Returns whether there is anything to be said.
 */
bool comparison_unlike(const struct exit_result *first, const struct exit_result *other,
		       char *text, size_t size);

/*
 * As a table, as JSON and as comma-separated values.  Returns 0, or -1 if out failed or
 * there is no memory.
 */
int comparison_print(FILE *out, const struct comparison *comparison);
int comparison_print_json(FILE *out, const struct comparison *comparison);
int comparison_print_csv(FILE *out, const struct comparison *comparison);

#endif
