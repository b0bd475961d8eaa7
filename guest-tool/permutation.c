// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "permutation.h"
#include "sample.h"

/* Sums of the same values in another order are not quite the same. */
#define TOLERANCE 1e-6

/* Of the least variance: so little have ten runs of Poisson's once in 20000 times */
#define NOT_POISSON 0.05

struct deal {
	size_t nr, nr_first, nr_second;
	/* The quantities, later that which differs most first */
	struct permuted **quantities;
	/* A permutation of the runs: the first nr_first are dealt to the first command. */
	size_t *runs;
	uint64_t random;
};

/*
 * The ways to deal out, or a number above the limit.  With as many runs each, to swap
 * the commands makes no other difference: the last run always stays with the second.
 */
static double number_of_ways(size_t nr_first, size_t nr_second, double limit)
{
	size_t all = nr_first + nr_second - (nr_first == nr_second), i;
	size_t fewer = nr_first < all - nr_first ? nr_first : all - nr_first;
	double ways = 1;

	for (i = 1; i <= fewer && ways <= limit; i++)
		ways = ways * (all - fewer + i) / i;
	return ways;
}

double permutation_least(size_t nr_first, size_t nr_second, size_t ways)
{
	return 1 / fmin(number_of_ways(nr_first, nr_second, ways), ways);
}

/* Whole numbers stay whole, so that equal differences are equal. */
static void centre(struct permuted *quantity, double *centred, size_t runs)
{
	double mean = 0;
	size_t i;

	for (i = 0; i < runs; i++)
		mean += quantity->values[i] / runs;
	mean = round(mean);
	quantity->centred = centred;
	quantity->sum = quantity->squares = 0;
	for (i = 0; i < runs; i++) {
		centred[i] = quantity->values[i] - mean;
		quantity->sum += centred[i];
		quantity->squares += centred[i] * centred[i];
	}
	quantity->squares -= quantity->sum * quantity->sum / runs;
}

/* The runs' variance within the commands, if the means differ so, and its least */
struct spread {
	double seen, least;
};

static struct spread spread_of(const struct deal *deal, const struct permuted *quantity,
			       double square)
{
	double freedom = fmax(deal->nr_first + deal->nr_second - 2.0, 1);

	/* A billionth of the squares is less than what rounding leaves. */
	return (struct spread) {
		.seen = fmax(quantity->squares * (1 - 1e-9) - square, 0) / freedom,
		.least = fmax(quantity->squares * 1e-9 / freedom, quantity->resolution),
	};
}

/* The difference, of which the square is that of a standard normal times the variance */
static double difference(const struct deal *deal, const struct permuted *quantity)
{
	double per_run = 1.0 / deal->nr_first + 1.0 / deal->nr_second, sum = 0;
	size_t i;

	for (i = 0; i < deal->nr_first; i++)
		sum += quantity->centred[deal->runs[i]];
	return (sum * per_run - quantity->sum / deal->nr_second) / sqrt(per_run);
}

/*
 * Mostly by the least variance, if that is more than what is seen: noise of the other
 * quantities, dealt out at its most extreme, looks as if it had none.  But what varies far
 * less than that from run to run does not come by chance at all, and a small difference
 * counts: then by Student's t, made about normal by Wallace (1959).
 */
static double score_of(const struct deal *deal, const struct permuted *quantity)
{
	double root = difference(deal, quantity), square = root * root;
	double freedom = fmax(deal->nr_first + deal->nr_second - 2.0, 1), student;
	struct spread spread = spread_of(deal, quantity, square);
	double poisson = square / fmax(fmax(spread.seen, spread.least), quantity->variance);

	if (quantity->variance && spread.seen >= quantity->variance * NOT_POISSON)
		return sqrt(poisson);
	student = log1p(square / fmax(spread.seen, spread.least) / freedom) * freedom;
	student *= pow((8 * freedom + 1) / (8 * freedom + 3), 2);
	return sqrt(quantity->variance ? fmax(poisson, student) : student);
}

static double student_of(const struct deal *deal, const struct permuted *quantity)
{
	double root = difference(deal, quantity);
	struct spread spread = spread_of(deal, quantity, root * root);
	double variance = fmax(fmax(spread.seen, spread.least), quantity->variance);

	return student_outside(root / sqrt(variance),
			       fmax(deal->nr_first + deal->nr_second - 2.0, 1));
}

/*
 * Count this way for each quantity.  From that which differs least on, any of those up to
 * there may exceed it: the step-down.
 * Values that are no numbers, as files may have, differ from nothing.
 */
static void count(const struct deal *deal)
{
	struct permuted *quantity;
	double score, largest = 0;
	size_t i;

	for (i = deal->nr; i-- > 0;) {
		quantity = deal->quantities[i];
		score = score_of(deal, quantity);
		largest = fmax(largest, score);
		quantity->as_large += !(score < quantity->score * (1 - TOLERANCE));
		quantity->any_as_large += !(largest < quantity->score * (1 - TOLERANCE));
	}
}

/* All combinations of nr_first of the runs in lexicographic order, that as run first */
static double count_all(const struct deal *deal)
{
	size_t nr = deal->nr_first, i;
	size_t all = nr + deal->nr_second - (nr == deal->nr_second);
	double ways = 0;

	for (;;) {
		count(deal);
		ways++;
		for (i = nr; i > 0 && deal->runs[i - 1] == all - nr + i - 1; i--)
			;
		if (!i)
			return ways;
		deal->runs[i - 1]++;
		for (; i < nr; i++)
			deal->runs[i] = deal->runs[i - 1] + 1;
	}
}

/* Xorshift, of Marsaglia (2003) */
static size_t random_below(struct deal *deal, size_t limit)
{
	deal->random ^= deal->random << 13;
	deal->random ^= deal->random >> 7;
	deal->random ^= deal->random << 17;
	return (deal->random >> 11) % limit;
}

/* That as run is one of them, or p could be 0: Phipson and Smyth (2010). */
static double count_random(struct deal *deal, size_t ways)
{
	size_t runs = deal->nr_first + deal->nr_second, i, k, other, run;

	count(deal);
	for (i = 1; i < ways; i++) {
		for (k = 0; k < deal->nr_first; k++) {
			other = k + random_below(deal, runs - k);
			run = deal->runs[k];
			deal->runs[k] = deal->runs[other];
			deal->runs[other] = run;
		}
		count(deal);
	}
	return ways;
}

static int compare_scores(const void *a, const void *b)
{
	const struct permuted *const *pa = a, *const *pb = b;

	return (*pa)->score > (*pb)->score ? -1 : (*pa)->score < (*pb)->score;
}

static void test(struct deal *deal, size_t ways)
{
	double tried, before = 0;
	size_t i;

	for (i = 0; i < deal->nr; i++) {
		deal->quantities[i]->score = score_of(deal, deal->quantities[i]);
		deal->quantities[i]->p_student = student_of(deal, deal->quantities[i]);
	}
	qsort(deal->quantities, deal->nr, sizeof(*deal->quantities), compare_scores);
	tried = number_of_ways(deal->nr_first, deal->nr_second, ways);
	tried = tried <= ways ? count_all(deal) : count_random(deal, ways);
	for (i = 0; i < deal->nr; i++) {
		struct permuted *quantity = deal->quantities[i];

		quantity->p = quantity->as_large / tried;
		before = fmax(before, quantity->any_as_large / tried);
		quantity->p_adjusted = before;
	}
}

bool permutation_test(struct permuted *quantities, size_t nr, size_t nr_first,
		      size_t nr_second, size_t ways)
{
	size_t runs = nr_first + nr_second, i;
	struct deal deal = {
		.nr = nr, .nr_first = nr_first, .nr_second = nr_second,
		.quantities = calloc(nr + 1, sizeof(*deal.quantities)),
		.runs = calloc(runs, sizeof(*deal.runs)),
		.random = 88172645463325252,
	};
	double *centred = calloc(nr * runs + 1, sizeof(*centred));
	bool good = deal.quantities && deal.runs && centred;

	for (i = 0; i < runs && good; i++)
		deal.runs[i] = i;
	for (i = 0; i < nr && good; i++) {
		quantities[i].as_large = quantities[i].any_as_large = 0;
		centre(&quantities[i], centred + i * runs, runs);
		deal.quantities[i] = &quantities[i];
	}
	if (good)
		test(&deal, ways);
	free(deal.quantities);
	free(deal.runs);
	free(centred);
	return good;
}
