/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HIST_H
#define HIST_H

#include <stdio.h>

#include "exit_table.h"

/*
 * The cycles that so many percent of the exits do not exceed.  Within a bucket
 * exits are taken as spread evenly, so that this is exact to a factor of two at
 * worst; it is never more than the longest exit.  0 if there are no exits.
 */
uint64_t hist_percentile(const struct exit_hist *hist, unsigned int percent);

/* Exits, percentiles in cycles and time, and a bar for each bucket. */
void hist_print(FILE *out, const struct exit_info *info, uint32_t number,
		const struct exit_hist *hist);

#endif
