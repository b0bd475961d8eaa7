// SPDX-License-Identifier: GPL-2.0
#include "perf_events.h"
#include "process_exits.h"

struct process_count process_count(int number, const struct counter_value *values, size_t nr)
{
	struct process_count count = { .number = number };
	double enabled = 0, known = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		enabled += values[i].enabled;
		if (values[i].running < values[i].enabled)
			count.estimated = true;
		if (!values[i].running)
			continue;
		known += values[i].enabled;
		count.exits += values[i].exits * ((double)values[i].enabled / values[i].running);
	}
	/* What has not run has had no exits. */
	count.counted = known > 0 || !(enabled > 0);
	/* Tasks of which nothing is known are taken to be like the others. */
	if (known > 0)
		count.exits *= enabled / known;
	else
		count.estimated = false;
	return count;
}

const struct process_count *process_exits_find(const struct process_exits *exits, int number)
{
	size_t i;

	for (i = 0; i < exits->nr; i++) {
		if (exits->of[i].number == number)
			return &exits->of[i];
	}
	return NULL;
}

void process_exits_limit(struct process_exits *exits, const struct exit_table *of_vm)
{
	const struct exit_row *row;
	uint64_t most;
	size_t i;

	for (i = 0; i < exits->nr; i++) {
		row = exit_table_find(of_vm, exits->of[i].number);
		most = exits->of[i].number == EXIT_ALL ? of_vm->total.exits :
		       row ? row->counts.exits : 0;
		if (exits->of[i].estimated && exits->of[i].exits > most)
			exits->of[i].exits = most;
	}
}

bool process_exits_lack_counters(const struct process_exits *exits)
{
	size_t i;

	for (i = 0; i < exits->nr; i++) {
		if (exits->of[i].estimated || !exits->of[i].counted)
			return true;
	}
	return false;
}
