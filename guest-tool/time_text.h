/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TIME_TEXT_H
#define TIME_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* Cycles as a time, in that of ns, us, ms and s that suits it. */

/* Room for any number of seconds that 64 bits of cycles are */
#define TIME_TEXT_MAX 32

/*
 * As one word, such as "12.34us", with so many significant digits, 1 to 9, or more where
 * seconds have more before the point.  Returns text.
 */
const char *time_text(double cycles, uint32_t tsc_khz, int digits, char text[TIME_TEXT_MAX]);

/* For sentences: with three decimals, as "12.345 us". */
void time_print(FILE *out, double cycles, uint32_t tsc_khz);

#endif
