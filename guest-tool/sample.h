/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>

/* What repeated measurements of one value say. */
struct sample {
	size_t nr;
	double mean;
	/* Sum of the squares of the differences from the mean */
	double squares;
};

/* Take in one more value. */
void sample_add(struct sample *sample, double value);

/* The standard deviation of the values, with n - 1; 0 for less than two. */
double sample_deviation(const struct sample *sample);

/*
 * The probability of means as different as these if both were samples of the same:
 * Welch's t test, two-sided.  The values are whole numbers, or were: a deviation is
 * taken as no less than what rounding makes, 1/12 of variance.  1 if one of them has
 * less than two values.
 */
double sample_welch(const struct sample *a, const struct sample *b);

/*
 * Student's distribution: the probability of a value not within -t and t, with so many
 * degrees of freedom.
 */
double student_outside(double t, double freedom);

#endif
