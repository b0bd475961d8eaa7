// SPDX-License-Identifier: GPL-2.0
#include <math.h>

#include "sample.h"

/* Welford's way, which loses no digits to a large mean */
void sample_add(struct sample *sample, double value)
{
	double from_old = value - sample->mean;

	sample->nr++;
	sample->mean += from_old / sample->nr;
	sample->squares += from_old * (value - sample->mean);
}

double sample_deviation(const struct sample *sample)
{
	return sample->nr < 2 ? 0 : sqrt(sample->squares / (sample->nr - 1));
}

/*
 * The continued fraction of the incomplete beta function, by Lentz's method.  It
 * converges fast for x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double x, double a, double b)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 / fmax(1 - (a + b) * x / (a + 1), tiny), result = d, term;
	int i, k;

	for (i = 1; i < 500; i++) {
		for (k = 0; k < 2; k++) {
			double m = i;

			if (k == 0)
				term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
			else
				term = -(a + m) * (a + b + m) * x /
				       ((a + 2 * m) * (a + 2 * m + 1));
			d = 1 + term * d;
			d = 1 / (fabs(d) < tiny ? tiny : d);
			c = 1 + term / c;
			c = fabs(c) < tiny ? tiny : c;
			result *= c * d;
		}
		if (fabs(c * d - 1) < 1e-12)
			break;
	}
	return result;
}

/* The regularized incomplete beta function */
static double incomplete_beta(double x, double a, double b)
{
	double front;

	if (x <= 0 || x >= 1)
		return x >= 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(x, a, b) / a;
	return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double student_outside(double t, double freedom)
{
	return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

static double variance_of_mean(const struct sample *sample)
{
	return sample->squares / (sample->nr - 1) / sample->nr;
}

bool sample_ratio(const struct sample *to, const struct sample *of, struct ratio *ratio)
{
	if (to->mean <= 0 || of->mean < 0)
		return false;
	ratio->value = of->mean / to->mean;
	ratio->has_error = to->nr > 1 && of->nr > 1;
	ratio->error = 0;
	if (ratio->has_error)
		ratio->error = sqrt(variance_of_mean(of) + ratio->value * ratio->value *
				    variance_of_mean(to)) / to->mean;
	return true;
}
