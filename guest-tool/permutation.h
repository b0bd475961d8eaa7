/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PERMUTATION_H
#define PERMUTATION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Do the runs of two commands differ, in any of several quantities?
 *
 * If they do not, which runs are called those of the first is arbitrary.  So the runs are
 * dealt out to the two commands in every way, or in many ways at random, and p is the
 * share of the ways in which the difference of means is at least as large: the
 * permutation test of Fisher (1935) and Pitman (1937).  It holds whatever the
 * distribution, be that constant, Poisson's or one of rare bursts.
 *
 * For all quantities together p is adjusted by the step-down maxT method of Westfall and
 * Young (Resampling-Based Multiple Testing, 1993): in each way the largest difference of
 * all quantities counts.  The family-wise error is kept whichever quantities differ, as
 * with Holm's method (1979).  But Holm divides alpha by the number of quantities, and
 * five runs each can be dealt out in 126 ways: 1/126 is 0.8 %, and 1 % cannot be divided.
 */

/* One quantity.  The first three are the caller's. */
struct permuted {
	/* Of each run: those of the first command, then those of the second */
	const double *values;
	/*
	 * The variance that runs have at least if exits come independently of each
	 * other, that is Poisson's, or 0 if nothing is known.
	 */
	double variance;
	/* Variance that the way of measuring makes, as rounding does: more than 0 */
	double resolution;
	/* From 0 to 1: for this quantity alone, and for all together */
	double p, p_adjusted;
	/*
	 * For this alone, by Student's t test with the pooled variance, taken as at
	 * least those above.  Not for heavy tails with unequal numbers of runs.
	 */
	double p_student;
	/* How far it stands out, 0 or more; about normal if nothing differs */
	double score;
	/* Ways in which it stands out as far, and in which any of the rest does */
	size_t as_large, any_as_large;
	/* While it is tested: the values less a constant, their sum, squares from the mean */
	const double *centred;
	double sum, squares;
};

/*
 * Test quantities of nr_first runs of one command and nr_second of another, both at
 * least 1, and fill in the rest.  All ways are tried, or as many as the last argument
 * says, at least 1, if there are more; always the same.  Returns false if there is no
 * memory.
 */
bool permutation_test(struct permuted *quantities, size_t nr, size_t nr_first,
		      size_t nr_second, size_t ways);

/* The least p, from 0 to 1, that permutation_test() may find for these arguments. */
double permutation_least(size_t nr_first, size_t nr_second, size_t ways);

#endif
