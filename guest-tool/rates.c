// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit_names.h"
#include "rates.h"
#include "table_print.h"
#include "util.h"

/* So that a new reason seldom moves the columns: EXTERNAL_INTERRUPT */
#define NAME_WIDTH 18

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

static double key(const struct rate *row, enum rates_order order)
{
	switch (order) {
	case BY_TIME:
		return exit_counts_parts(&row->counts).busy;
	case BY_CYCLES:
		return exit_cycles_per_exit(&row->counts);
	default:
		return row->counts.exits;
	}
}

static int compare(const void *a, const void *b, void *order)
{
	const struct rate *ra = a, *rb = b;
	double ka = key(ra, *(enum rates_order *)order);
	double kb = key(rb, *(enum rates_order *)order);

	if (ka != kb)
		return ka < kb ? 1 : -1;
	if (ra->number != rb->number)
		return ra->number < rb->number ? -1 : 1;
	return ra->vcpu < rb->vcpu ? -1 : ra->vcpu > rb->vcpu;
}

void rates_sort(struct rates *rates, enum rates_order order)
{
	if (rates->nr)
		qsort_r(rates->rows, rates->nr, sizeof(*rates->rows), compare, &order);
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

static int name_width(const struct exit_info *info, const struct rates *rates)
{
	char name[EXIT_NAME_MAX];
	size_t i, width = NAME_WIDTH;

	for (i = 0; i < rates->nr; i++) {
		exit_name(info->encoding, rates->rows[i].number, name);
		if (width < strlen(name))
			width = strlen(name);
	}
	return width;
}

/* What is of least use comes last: a narrow terminal cuts it. */
static void print_titles(FILE *out, const struct exit_info *info, const struct rates *rates,
			 int width)
{
	if (rates->by_vcpu)
		fprintf(out, "%4s  ", "vCPU");
	fprintf(out, "%5s  %-*s  %8s  %6s  %6s  %11s", "exit", width, "name", "exits/s",
		"share", "time", "cycles/exit");
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		table_print_split_titles(out, false);
	fputc('\n', out);
}

static void print_row(FILE *out, const struct exit_info *info, const struct rates *rates,
		      const struct rate *row, int width)
{
	const struct exit_counts *counts = &row->counts;
	struct exit_parts parts = exit_counts_parts(counts);
	char name[EXIT_NAME_MAX];

	if (rates->by_vcpu)
		fprintf(out, "%4ld  ", row->vcpu);
	fprintf(out, "%5" PRIu32 "  %-*s  %8.1f  %5.1f%%  %5.1f%%  %11" PRIu64, row->number,
		width, exit_name(info->encoding, row->number, name),
		per_second(counts->exits, rates), percent(counts->exits, rates->total.exits),
		percent(parts.busy, rates->by_vcpu ? cycles_of_vcpu(info, rates) :
					       cycles_of_all(info, rates)),
		exit_cycles_per_exit(counts));
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		table_print_split(out, &parts, false);
	fputc('\n', out);
}

void rates_print(FILE *out, const struct exit_info *info, const struct rates *rates)
{
	int width = name_width(info, rates);
	size_t i;

	print_titles(out, info, rates, width);
	for (i = 0; i < rates->nr; i++)
		print_row(out, info, rates, &rates->rows[i], width);
}

void rates_free(struct rates *rates)
{
	free(rates->rows);
	*rates = (struct rates) { 0 };
}
