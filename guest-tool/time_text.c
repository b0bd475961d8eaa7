// SPDX-License-Identifier: GPL-2.0
#include <math.h>

#include "time_text.h"

static const char *const units[] = { "ns", "us", "ms", "s" };

/* The unit whose number is below 1000, and not by rounding: limit is what rounds up to that. */
static unsigned int scale(double *time, double limit)
{
	unsigned int unit = 0;

	while (fabs(*time) >= limit && unit < 3) {
		*time /= 1000;
		unit++;
	}
	return unit;
}

static double nanoseconds(double cycles, uint32_t tsc_khz)
{
	return cycles * 1e6 / tsc_khz;
}

/* What is rounded to 10^power when it has so many digits */
static double rounds_to(int power, int digits)
{
	return pow(10, power) - pow(10, power - digits) / 2;
}

const char *time_text(double cycles, uint32_t tsc_khz, int digits, char text[TIME_TEXT_MAX])
{
	double time = nanoseconds(cycles, tsc_khz);
	unsigned int unit = scale(&time, rounds_to(3, digits));
	int before = 1;

	while (before < digits && fabs(time) >= rounds_to(before, digits))
		before++;
	snprintf(text, TIME_TEXT_MAX, "%.*f%s", time ? digits - before : 0, time, units[unit]);
	return text;
}

void time_print(FILE *out, double cycles, uint32_t tsc_khz)
{
	double time = nanoseconds(cycles, tsc_khz);
	unsigned int unit = scale(&time, 1000);

	fprintf(out, "%.3f %s", time, units[unit]);
}
