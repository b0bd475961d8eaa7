// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "rates.h"
#include "table_print.h"
#include "util.h"

void rates_begin(struct rates *rates, double seconds)
{
	rates->seconds = seconds;
	rates->total = (struct exit_counts) { 0 };
	rates->nr = 0;
}

/* The row of an exit, a new one if there was none, or NULL. */
static struct rate *find_row(struct rates *rates, long vcpu, uint32_t number)
{
	struct rate *rows = rates->rows;
	size_t i;

	for (i = 0; i < rates->nr; i++) {
		if (rows[i].number == number && rows[i].vcpu == vcpu)
			return &rows[i];
	}
	if (rates->nr == rates->room) {
		rows = reallocarray(rows, rates->room + EXIT_TABLE_MAX, sizeof(*rows));
		if (!rows)
			return NULL;
		rates->rows = rows;
		rates->room += EXIT_TABLE_MAX;
	}
	rows[rates->nr] = (struct rate) { .number = number, .vcpu = vcpu };
	return &rows[rates->nr++];
}

bool rates_add(struct rates *rates, long vcpu, const struct exit_table *between)
{
	struct rate *row;
	size_t i;

	for (i = 0; i < between->nr; i++) {
		row = find_row(rates, rates->by_vcpu ? vcpu : -1, between->rows[i].number);
		if (!row)
			return false;
		exit_counts_add(&row->counts, &between->rows[i].counts);
	}
	exit_counts_add(&rates->total, &between->total);
	return true;
}

static double per_second(uint64_t exits, const struct rates *rates)
{
	return rates->seconds > 0 ? exits / rates->seconds : 0;
}

/* The cycles that one vCPU had. */
static double cycles_of_vcpu(const struct exit_info *info, const struct rates *rates)
{
	return rates->seconds * info->tsc_khz * 1000;
}

static double cycles_of_all(const struct exit_info *info, const struct rates *rates)
{
	return cycles_of_vcpu(info, rates) * (rates->vcpus ? rates->vcpus : 1);
}

void rates_print_summary(FILE *out, const struct exit_info *info, const struct rates *rates)
{
	const struct exit_counts *total = &rates->total;
	struct exit_parts parts = exit_counts_parts(total);
	double all = cycles_of_all(info, rates);

	fprintf(out, "%.1f exits/s in %.2f s; of %s time ", per_second(total->exits, rates),
		rates->seconds, rates->vcpus ? "the" : "one vCPU's");
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		fprintf(out, "KVM %.1f%%, VMM %.1f%%, off-CPU %.1f%%\n",
			percent(parts.kvm, all), percent(parts.vmm, all),
			percent(parts.off_cpu, all));
	else
		fprintf(out, "%.1f%% in exits\n", percent(parts.busy, all));
}

static struct exit_line line_of(const struct rate *row)
{
	struct exit_line line = exit_line_of(row->number, &row->counts);

	line.vcpu = row->vcpu;
	return line;
}

bool rates_print(FILE *out, const struct exit_info *info, const struct rates *rates,
		 const struct exit_view *view, int width)
{
	struct line_table table = {
		.info = info, .view = view, .nr = rates->nr,
		.columns = 1U << COLUMN_EXIT | 1U << COLUMN_NAME | 1U << COLUMN_RATE |
			   1U << COLUMN_SHARE | 1U << COLUMN_LOAD | 1U << COLUMN_MEAN |
			   1U << COLUMN_KVM | 1U << COLUMN_VMM | 1U << COLUMN_OFF_CPU,
		.lines = calloc(rates->nr + 1, sizeof(*table.lines)),
		.total = exit_line_of(0, &rates->total), .seconds = rates->seconds,
		.cycles_had = rates->by_vcpu ? cycles_of_vcpu(info, rates) :
					       cycles_of_all(info, rates),
		.name_width = NAME_WIDTH,
	};
	bool good = table.lines;
	size_t i;

	if (rates->by_vcpu)
		table.columns |= 1U << COLUMN_VCPU;
	for (i = 0; good && i < rates->nr; i++)
		table.lines[i] = line_of(&rates->rows[i]);
	good = good && line_table_print(out, &table, width);
	free(table.lines);
	return good;
}

void rates_free(struct rates *rates)
{
	free(rates->rows);
	*rates = (struct rates) { 0 };
}
