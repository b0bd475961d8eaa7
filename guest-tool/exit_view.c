// SPDX-License-Identifier: GPL-2.0
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "exit_names.h"
#include "exit_view.h"
#include "util.h"

static const struct {
	const char *name;
	enum exit_order order;
	const char *text;
} orders[] = {
	{ "exits", ORDER_EXITS, "exits" },
	{ "busy", ORDER_BUSY, "busy time" },
	{ "cycles", ORDER_CYCLES, "cycles" },
	{ "mean", ORDER_MEAN, "cycles per exit" },
	{ "longest", ORDER_LONGEST, "the longest exit" },
	{ "name", ORDER_NAME, "name" },
};

const char *exit_order_name(size_t i)
{
	return i < ARRAY_SIZE(orders) ? orders[i].name : NULL;
}

enum exit_order exit_order(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		if (!strcmp(name, orders[i].name))
			return orders[i].order;
	}
	return ORDER_DEFAULT;
}

const char *exit_order_text(enum exit_order order)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(orders) && orders[i].order != order)
		i++;
	return orders[i].text;
}

int exit_view_choose(struct exit_view *view, unsigned int encoding)
{
	const char *name = NULL;
	int number;

	view->nr_chosen = 0;
	while ((name = argz_next(view->names, view->names_size, name))) {
		number = exit_parse(encoding, name);
		if (number < 0)
			return exit_unknown(encoding, 0, name);
		if (view->nr_chosen == EXIT_TABLE_MAX)
			return fail(STATUS_USAGE, "at most %d exit reasons", EXIT_TABLE_MAX);
		view->chosen[view->nr_chosen++] = number;
	}
	return STATUS_OK;
}

bool exit_view_has(const struct exit_view *view, uint32_t number)
{
	size_t i;

	for (i = 0; i < view->nr_chosen; i++) {
		if (view->chosen[i] == number)
			return true;
	}
	return !view->nr_chosen;
}

bool exit_view_in_time(const struct exit_view *view, const struct exit_info *info)
{
	return !view->in_cycles && info->tsc_khz;
}

void exit_view_free(struct exit_view *view)
{
	free(view->names);
	*view = (struct exit_view) { 0 };
}
