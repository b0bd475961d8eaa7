// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "permutation.h"

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
	uint32_t number;
	size_t column, i;

	for (column = 0; column < comparison->nr_results; column++) {
		result_summarize(&comparison->results[column], &summaries[column]);
		comparison->elapsed[column].sample = summaries[column].elapsed;
		for (i = 0; i < summaries[column].nr; i++) {
			number = summaries[column].rows[i].number;
			if (exit_view_has(comparison->view, number) &&
			    !has_row(comparison, number) && !add_row(comparison, number))
				return false;
		}
	}
	for (column = 0; column < comparison->nr_results; column++)
		fill_column(comparison, column, &summaries[column]);
	return true;
}

/* Returns false if the tax of any run is not known, or not by the same way. */
static bool add_taxes(const struct exit_result *result, uint32_t features, struct sample *sample)
{
	struct exit_tax tax;
	size_t i;

	if ((result->info.features ^ features) & KVM_EXIT_STATS_FEATURE_STEAL)
		return false;
	for (i = 0; i < result->measured.nr; i++) {
		if (!result_tax(&result->info, &result->measured.runs[i], 1, &tax))
			return false;
		sample_add(sample, 100 * tax.tax);
	}
	return true;
}

static bool fill_tax(struct comparison *comparison)
{
	const struct exit_result *results = comparison->results;
	size_t column;

	comparison->tax = calloc(comparison->nr_results, sizeof(*comparison->tax));
	if (!comparison->tax)
		return false;
	for (column = 0; column < comparison->nr_results; column++) {
		if (add_taxes(&results[column], results[0].info.features,
			      &comparison->tax[column].sample))
			continue;
		free(comparison->tax);
		comparison->tax = NULL;
		break;
	}
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	const struct comparison_row *ra = a, *rb = b;

	if (ra->of[0].sample.mean != rb->of[0].sample.mean)
		return ra->of[0].sample.mean < rb->of[0].sample.mean ? 1 : -1;
	return ra->number < rb->number ? -1 : ra->number > rb->number;
}

/* Of two commands: each can be dealt out in far more ways than alpha asks for. */
static size_t ways_of(size_t comparisons)
{
	return comparisons > 10 ? 200 * comparisons : 2000;
}

/* Each run of a baseline is left out of one. */
static size_t runs_of(const struct exit_result *result)
{
	size_t nr = result->measured.nr;

	return result->baseline.command && result->baseline.nr < nr ? result->baseline.nr : nr;
}

size_t comparison_runs_needed(size_t nr_results)
{
	size_t comparisons = nr_results - 1, nr = 2;

	while (permutation_least(nr, nr, ways_of(comparisons)) * comparisons > COMPARISON_ALPHA)
		nr++;
	return nr;
}

/* What is tested: a row, or without one the seconds, or the tax */
struct quantity {
	const struct comparison_row *row;
	bool tax;
	bool by_cycles;
	/* Sums over all runs and baselines' runs, without sign */
	double exits, cycles;
};

static double value_of(struct quantity *quantity, const struct exit_info *info,
		       struct exit_run *const *runs, size_t nr)
{
	const struct exit_run *run = runs[nr];
	const struct exit_row *row;
	struct exit_tax tax;

	if (quantity->tax) {
		result_tax(info, &runs[nr], 1, &tax);
		return 100 * tax.tax;
	}
	if (!quantity->row)
		return run->elapsed;
	row = exit_table_find(&run->table, quantity->row->number);
	if (!row)
		return 0;
	quantity->exits += row->counts.exits;
	quantity->cycles += row->counts.cycles;
	return quantity->by_cycles ? row->counts.cycles : row->counts.exits;
}

static void take_values(struct quantity *quantity, const struct exit_result *result,
			double *values)
{
	size_t i;

	for (i = 0; i < runs_of(result); i++) {
		values[i] = value_of(quantity, &result->info, result->measured.runs, i);
		if (result->baseline.command && !quantity->tax)
			values[i] -= value_of(quantity, &result->info, result->baseline.runs, i);
	}
}

/* A number of exits that is Poisson's, times the cycles of one, varies by their square. */
static double least_variance(const struct quantity *quantity, size_t runs)
{
	double cycles_per_exit;

	if (!quantity->exits)
		return 0;
	cycles_per_exit = quantity->by_cycles ? quantity->cycles / quantity->exits : 1;
	return quantity->exits * cycles_per_exit * cycles_per_exit / runs;
}

/* The rows, then the seconds, then the tax if there is that */
static size_t nr_quantities(const struct comparison *comparison)
{
	return comparison->nr + 1 + (comparison->tax != NULL);
}

static struct compared *compared_at(const struct comparison *comparison, size_t i, size_t column)
{
	if (i < comparison->nr)
		return &comparison->rows[i].of[column];
	return i == comparison->nr ? &comparison->elapsed[column] : &comparison->tax[column];
}

/* Counts are whole; a clock is no better than a microsecond, and so is the tax in percent. */
static double resolution_of(const struct quantity *quantity)
{
	return quantity->row ? 1 / 12.0 : quantity->tax ? 1e-8 : 1e-12;
}

static struct permuted quantity_at(const struct comparison *comparison, size_t i, size_t column,
				   double *values)
{
	const struct exit_result *first = &comparison->results[0];
	const struct exit_result *other = &comparison->results[column];
	struct quantity quantity = {
		.row = i < comparison->nr ? &comparison->rows[i] : NULL,
		.tax = i > comparison->nr,
		.by_cycles = comparison->by_cycles,
	};

	take_values(&quantity, first, values);
	take_values(&quantity, other, values + runs_of(first));
	return (struct permuted) {
		.values = values,
		.variance = least_variance(&quantity, runs_of(first) + runs_of(other)),
		.resolution = resolution_of(&quantity),
	};
}

/*
 * With two commands of five runs each, p comes in steps of 1/126, and of alpha the first
 * step leaves a fifth, 0.2 %.  A t test gets that, for means that differ beyond doubt though
 * one run of each is on the other's side, as a mean of 20 that doubles has one time in ten.
 * It is asked in the second step only, where of noise, Poisson's or bursts, it finds 0.042 %
 * of comparisons at a level of alpha / 3, and 0.010 % at 0.0019: less by more than the square
 * of the level, so that for more reasons its root will do.  Higher it may not be: counts that
 * are either high or low by the toss of a coin have a t of 4 in that step.
 */
static double second_step(const struct permuted *tested, size_t nr_reasons, double least)
{
	double level = COMPARISON_ALPHA / 3 * fmin(1, 2 / sqrt(nr_reasons));
	double share = tested->p_student / level;

	if (least < COMPARISON_ALPHA / 2 || tested->as_large != 2 || !tested->variance ||
	    share > 1)
		return 1;
	return least + share * (COMPARISON_ALPHA - least);
}

static void judge(const struct comparison *comparison, const struct permuted *tested,
		  double least, struct compared *compared)
{
	size_t comparisons = comparison->nr_results - 1;

	compared->p = tested->p;
	compared->p_adjusted = fmin(tested->p_adjusted * comparisons, 1);
	if (comparisons == 1 && runs_of(comparison->results) == runs_of(comparison->results + 1))
		compared->p_adjusted = fmin(compared->p_adjusted,
					    second_step(tested, comparison->nr, least));
	compared->differs = compared->p_adjusted <= COMPARISON_ALPHA;
}

static bool test_column(struct comparison *comparison, size_t column)
{
	size_t first = runs_of(&comparison->results[0]), nr = nr_quantities(comparison), i;
	size_t other = runs_of(&comparison->results[column]);
	size_t comparisons = comparison->nr_results - 1, ways = ways_of(comparisons);
	struct permuted *tested = calloc(nr, sizeof(*tested));
	double *values = calloc(nr * (first + other) + 1, sizeof(*values)), least;
	struct comparison_pair *pair = &comparison->pairs[column];
	bool good = tested && values;

	pair->p_known = first > 1 && other > 1;
	for (i = 0; i < nr && good; i++)
		tested[i] = quantity_at(comparison, i, column, values + i * (first + other));
	if (good && pair->p_known) {
		least = permutation_least(first, other, ways);
		pair->tested = least * comparisons <= COMPARISON_ALPHA;
		good = permutation_test(tested, nr, first, other, ways);
		for (i = 0; i < nr && good; i++)
			judge(comparison, &tested[i], least, compared_at(comparison, i, column));
	}
	free(tested);
	free(values);
	return good;
}

static bool test(struct comparison *comparison)
{
	size_t column;

	for (column = 1; column < comparison->nr_results; column++) {
		if (!test_column(comparison, column))
			return false;
	}
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
		     size_t nr, bool by_cycles, const struct exit_view *view)
{
	struct exit_summary *summaries = calloc(nr, sizeof(*summaries));
	bool good;

	*comparison = (struct comparison) {
		.nr_results = nr, .results = results, .by_cycles = by_cycles, .view = view,
		.rows = calloc(nr * EXIT_TABLE_MAX, sizeof(*comparison->rows)),
		.elapsed = calloc(nr, sizeof(*comparison->elapsed)),
		.pairs = calloc(nr, sizeof(*comparison->pairs)),
	};
	good = summaries && comparison->rows && comparison->elapsed && comparison->pairs &&
	       fill(comparison, summaries) && fill_tax(comparison);
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
	free(comparison->tax);
	free(comparison->pairs);
	comparison->rows = NULL;
	comparison->elapsed = NULL;
	comparison->tax = NULL;
	comparison->pairs = NULL;
}

static const char *named(const struct exit_result *result)
{
	return result->measured.command;
}

bool comparison_unlike(const struct exit_result *first, const struct exit_result *other,
		       char *text, size_t size)
{
	const char *base = first->baseline.command, *other_base = other->baseline.command;

	if (first->info.tsc_khz != other->info.tsc_khz)
		snprintf(text, size, "'%s' ran with a host TSC of %.3f MHz, '%s' with %.3f MHz: "
			 "cycles cannot be compared, and exits of timers only with care",
			 named(first), first->info.tsc_khz / 1000.0, named(other),
			 other->info.tsc_khz / 1000.0);
	else if (!base != !other_base)
		snprintf(text, size, "a baseline is subtracted from '%s', none from '%s'",
			 named(base ? first : other), named(base ? other : first));
	else if (base && strcmp(base, other_base))
		snprintf(text, size, "the baseline of '%s' is '%s', that of '%s' is '%s'",
			 named(first), base, named(other), other_base);
	else
		return false;
	return true;
}
