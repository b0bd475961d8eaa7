/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RATES_H
#define RATES_H

#include <stdbool.h>
#include <stdio.h>

#include "exit_table.h"
#include "exit_view.h"

/* What happened in an interval, as rates and shares. */

struct rate {
	uint32_t number;
	/* -1 if of all vCPUs */
	long vcpu;
	struct exit_counts counts;
};

struct rates {
	/* A row for each vCPU and reason? */
	bool by_vcpu;
	/* How many vCPUs had time; 0: not known */
	unsigned int vcpus;
	/* 0 if there was no interval yet */
	double seconds;
	struct exit_counts total;
	size_t nr;
	size_t room;
	struct rate *rows;
};

/* Begin anew, for an interval of so many seconds. */
void rates_begin(struct rates *rates, double seconds);

/*
 * Add what happened in the interval, on one vCPU or, with -1, on all.  Returns false
 * if there is no memory for it.
 */
bool rates_add(struct rates *rates, long vcpu, const struct exit_table *between);

/* One line: exits per second of all, and their shares of the vCPUs' time. */
void rates_print_summary(FILE *out, const struct exit_info *info, const struct rates *rates);

/*
 * A line with the titles, and the rows, sorted, in at most so many characters a line.  The
 * time of a row is KVM's and the VMM's, in percent of the time that its vCPUs had, or one
 * vCPU where their number is not known.  Returns false if there is no memory for it.
 */
bool rates_print(FILE *out, const struct exit_info *info, const struct rates *rates,
		 const struct exit_view *view, int width);

/* Free the rows. */
void rates_free(struct rates *rates);

#endif
