// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "comparison.h"

static bool has_row(const struct comparison *comparison, uint32_t number)
{
	size_t i;

	for (i = 0; i < comparison->nr; i++) {
		if (comparison->rows[i].number == number)
			return true;
	}
	return false;
}

static bool add_row(struct comparison *comparison, uint32_t number)
{
	struct comparison_row *row = &comparison->rows[comparison->nr];

	row->number = number;
	row->of = calloc(comparison->nr_results, sizeof(*row->of));
	if (!row->of)
		return false;
	comparison->nr++;
	return true;
}

/* A result in which a reason does not occur has none of it, in each run. */
static void fill_column(struct comparison *comparison, size_t column,
			const struct exit_summary *summary)
{
	const struct exit_mean *mean;
	struct comparison_row *row;
	size_t i;

	for (i = 0; i < comparison->nr; i++) {
		row = &comparison->rows[i];
		mean = summary_find(summary, row->number);
		row->of[column].sample.nr = comparison->results[column].measured.nr;
		if (mean)
			row->of[column].sample = comparison->by_cycles ? mean->cycles :
							 mean->exits;
	}
}

static bool fill(struct comparison *comparison, struct exit_summary *summaries)
{
	size_t column, i;

	for (column = 0; column < comparison->nr_results; column++) {
		result_summarize(&comparison->results[column], &summaries[column]);
		comparison->elapsed[column] = summaries[column].elapsed;
		for (i = 0; i < summaries[column].nr; i++) {
			if (!has_row(comparison, summaries[column].rows[i].number) &&
			    !add_row(comparison, summaries[column].rows[i].number))
				return false;
		}
	}
	for (column = 0; column < comparison->nr_results; column++)
		fill_column(comparison, column, &summaries[column]);
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	const struct comparison_row *ra = a, *rb = b;

	if (ra->of[0].sample.mean != rb->of[0].sample.mean)
		return ra->of[0].sample.mean < rb->of[0].sample.mean ? 1 : -1;
	return ra->number < rb->number ? -1 : ra->number > rb->number;
}

static int compare_p(const void *a, const void *b)
{
	const struct compared *const *ca = a, *const *cb = b;

	return (*ca)->p < (*cb)->p ? -1 : (*ca)->p > (*cb)->p;
}

/*
 * Holm: from the least p on, each is held against the share of alpha that is left for
 * it and those after it.
 */
static bool test(struct comparison *comparison)
{
	size_t columns = comparison->nr_results, nr = 0, i, k;
	struct compared **tests = calloc(comparison->nr * columns + 1, sizeof(*tests));

	if (!tests)
		return false;
	for (i = 0; i < comparison->nr; i++) {
		struct compared *of = comparison->rows[i].of;

		for (k = 1; k < columns; k++) {
			of[k].p = sample_welch(&of[0].sample, &of[k].sample);
			tests[nr++] = &of[k];
		}
	}
	qsort(tests, nr, sizeof(*tests), compare_p);
	for (i = 0; i < nr && tests[i]->p <= COMPARISON_ALPHA / (nr - i); i++)
		tests[i]->differs = true;
	free(tests);
	return true;
}

static void count_differences(struct comparison *comparison)
{
	bool differs;
	size_t i, k;

	for (i = 0; i < comparison->nr; i++) {
		differs = false;
		for (k = 1; k < comparison->nr_results; k++)
			differs |= comparison->rows[i].of[k].differs;
		comparison->nr_differ += differs;
	}
}

bool comparison_make(struct comparison *comparison, const struct exit_result *results,
		     size_t nr, bool by_cycles)
{
	struct exit_summary *summaries = calloc(nr, sizeof(*summaries));
	bool good;
	size_t i;

	*comparison = (struct comparison) {
		.nr_results = nr, .results = results, .by_cycles = by_cycles, .tested = true,
		.rows = calloc(nr * EXIT_TABLE_MAX, sizeof(*comparison->rows)),
		.elapsed = calloc(nr, sizeof(*comparison->elapsed)),
	};
	for (i = 0; i < nr; i++)
		comparison->tested &= results[i].measured.nr > 1;
	good = summaries && comparison->rows && comparison->elapsed &&
	       fill(comparison, summaries);
	free(summaries);
	if (!good || !test(comparison)) {
		comparison_free(comparison);
		return false;
	}
	qsort(comparison->rows, comparison->nr, sizeof(*comparison->rows), compare_rows);
	count_differences(comparison);
	return true;
}

void comparison_free(struct comparison *comparison)
{
	while (comparison->nr)
		free(comparison->rows[--comparison->nr].of);
	free(comparison->rows);
	free(comparison->elapsed);
	comparison->rows = NULL;
	comparison->elapsed = NULL;
}
