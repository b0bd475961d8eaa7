/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdbool.h>
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

struct ratio {
	double value;
	/* Its standard error, if that is known */
	double error;
	bool has_error;
};

/*
 * The ratio of the means, of / to, with its standard error by the delta method, that is to
 * first order: (error / ratio)^2 is the sum of (standard error / mean)^2 of both (Casella
 * and Berger, Statistical Inference, 5.5.4).  The error is known if both have at least two
 * values.  Returns false if there is no ratio: to is not above 0, or of below.
 */
bool sample_ratio(const struct sample *to, const struct sample *of, struct ratio *ratio);

/*
 * Student's distribution: the probability of a value not within -t and t, with so many
 * degrees of freedom.
 */
double student_outside(double t, double freedom);

#endif
