/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HIST_H
#define HIST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "exit_table.h"

/* Cycles, from and to; to is UINT64_MAX where no end is known. */
struct hist_range {
	uint64_t least;
	uint64_t most;
};

/*
 * A percentile of the cycles of an exit, as the range of its bucket, which is all that a
 * histogram knows of it, cut down to the longest exit.  The ends are
 * within a factor of two but for the first bucket, which begins with 0, and the last.
 * Returns false if the histogram has no exits.
 */
bool hist_percentile(const struct exit_hist *hist, unsigned int percent,
		     struct hist_range *range);

/* Room for ">=" and a time */
#define HIST_LIMIT_MAX 36

/*
 * What a percentile is below, in few characters: the end of its bucket, which begins at half
 * of that, as "<20.5us"; without a frequency in cycles, as "<2k", with k = 1024, M and G for
 * its powers.  The last bucket has no end but a beginning, as ">=2G"; "-" if the histogram
 * has no exits.  Returns text.
 */
const char *hist_limit_text(const struct exit_hist *hist, unsigned int percent,
			    uint32_t tsc_khz, char text[HIST_LIMIT_MAX]);

/*
 * A percentile in cycles, as text for a column of comma-separated values: the upper end of
 * its bucket, empty where there is none.  Returns text.
 */
const char *hist_most_text(const struct exit_hist *hist, unsigned int percent, char text[24]);

/* Exits, percentiles in cycles and time, and a bar for each bucket. */
void hist_print(FILE *out, const struct exit_info *info, uint32_t number,
		const struct exit_hist *hist);

#endif
