/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXIT_VIEW_H
#define EXIT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exit_table.h"

/* How a table of exits is wanted: its order, the unit of cycles, and which of the reasons. */

enum exit_order {
	/* That which the table has by itself */
	ORDER_DEFAULT,
	ORDER_EXITS,
	/* Cycles that were not off-CPU */
	ORDER_BUSY,
	ORDER_CYCLES,
	/* Cycles of an exit */
	ORDER_MEAN,
	ORDER_LONGEST,
	ORDER_NAME,
};

struct exit_view {
	enum exit_order order;
	/* Cycles as such, not as a time */
	bool in_cycles;
	/* Names and numbers of the reasons to be shown, as of <argz.h>; none: all */
	char *names;
	size_t names_size;
	/* The same, for an encoding, when exit_view_choose() has been called */
	size_t nr_chosen;
	uint32_t chosen[EXIT_TABLE_MAX];
};

/* The order that is called so, or ORDER_DEFAULT if none is. */
enum exit_order exit_order(const char *name);

/* The name of the i-th order that may be chosen, from 0 on, or NULL behind the last. */
const char *exit_order_name(size_t i);

/* What an order that is not ORDER_DEFAULT sorts by, in words. */
const char *exit_order_text(enum exit_order order);

/*
 * Look up the names in an encoding, KVM_EXIT_STATS_ENCODING_*.  Returns a status, having
 * said why if that is not STATUS_OK.
 */
int exit_view_choose(struct exit_view *view, unsigned int encoding);

/* Is this reason to be shown? */
bool exit_view_has(const struct exit_view *view, uint32_t number);

/* Are cycles shown as a time?  If it is not known how long one is they are not. */
bool exit_view_in_time(const struct exit_view *view, const struct exit_info *info);

/* Free what it holds. */
void exit_view_free(struct exit_view *view);

#endif
