// SPDX-License-Identifier: GPL-2.0
#include <asm/svm.h>
#include <asm/vmx.h>
#include <stdlib.h>

#include "exit_table.h"

uint32_t exit_of_cpuid(unsigned int encoding)
{
	return encoding == KVM_EXIT_STATS_ENCODING_SVM ? SVM_EXIT_CPUID : EXIT_REASON_CPUID;
}

bool exit_counts_possible(const struct exit_counts *counts)
{
	const uint64_t cycles = counts->cycles, vmm = counts->vmm;

	return (counts->exits | cycles | counts->longest | counts->nested) <= INT64_MAX &&
	       counts->off_cpu <= cycles && vmm <= cycles - counts->off_cpu &&
	       counts->steal <= cycles - vmm && counts->halted <= cycles - vmm - counts->steal;
}

bool exit_info_has(const struct exit_info *info, uint32_t feature)
{
	return info->features & feature;
}

uint64_t exit_cycles_per_exit(const struct exit_counts *counts)
{
	return counts->exits ? counts->cycles / counts->exits : 0;
}

void exit_counts_add(struct exit_counts *sum, const struct exit_counts *counts)
{
	sum->exits += counts->exits;
	sum->cycles += counts->cycles;
	sum->off_cpu += counts->off_cpu;
	sum->vmm += counts->vmm;
	sum->nested += counts->nested;
	sum->steal += counts->steal;
	sum->halted += counts->halted;
	if (sum->longest < counts->longest)
		sum->longest = counts->longest;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

void exit_counts_limit_parts(struct exit_counts *counts)
{
	counts->off_cpu = at_most(counts->off_cpu, counts->cycles);
	counts->vmm = at_most(counts->vmm, counts->cycles - counts->off_cpu);
	counts->steal = at_most(counts->steal, counts->cycles - counts->vmm);
	counts->halted = at_most(counts->halted,
				 counts->cycles - counts->vmm - counts->steal);
}

void exit_parts_complete(struct exit_parts *parts)
{
	parts->kvm = parts->cycles - parts->vmm - parts->off_cpu;
	parts->busy = parts->cycles - parts->off_cpu;
	parts->work = parts->cycles - parts->vmm - parts->steal - parts->halted;
}

struct exit_parts exit_counts_parts(const struct exit_counts *counts)
{
	struct exit_parts parts = {
		.cycles = counts->cycles, .vmm = counts->vmm, .off_cpu = counts->off_cpu,
		.steal = counts->steal, .halted = counts->halted,
	};

	exit_parts_complete(&parts);
	return parts;
}

void exit_hist_add(struct exit_hist *sum, const struct exit_hist *hist)
{
	int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++)
		sum->buckets[i] += hist->buckets[i];
	if (sum->longest < hist->longest)
		sum->longest = hist->longest;
}

uint64_t exit_hist_sum(const struct exit_hist *hist)
{
	uint64_t exits = 0;
	int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++)
		exits += hist->buckets[i];
	return exits;
}

unsigned int exit_bucket(uint64_t cycles)
{
	unsigned int bucket = 63 - __builtin_clzll(cycles | 1);

	return bucket < KVM_EXIT_STATS_NR_BUCKETS ? bucket : KVM_EXIT_STATS_NR_BUCKETS - 1;
}

/* The bucket at a distance of one that is not empty, or -1: the nearer first. */
static int bucket_near(const struct exit_hist *hist, int bucket)
{
	int distance;

	for (distance = 0; distance < KVM_EXIT_STATS_NR_BUCKETS; distance++) {
		if (bucket + distance < KVM_EXIT_STATS_NR_BUCKETS &&
		    hist->buckets[bucket + distance])
			return bucket + distance;
		if (bucket - distance >= 0 && hist->buckets[bucket - distance])
			return bucket - distance;
	}
	return -1;
}

void exit_hist_leave_out(struct exit_hist *hist, uint64_t exits, uint64_t cycles)
{
	uint64_t *bucket, n;
	int near;

	while (exits && (near = bucket_near(hist, exit_bucket(cycles))) >= 0) {
		bucket = &hist->buckets[near];
		n = *bucket < exits ? *bucket : exits;
		*bucket -= n;
		exits -= n;
	}
}

void exit_table_leave_out_own(const struct exit_info *info, struct exit_table *table)
{
	struct exit_row *row;
	uint64_t in_buckets;
	size_t i;

	for (i = 0; table->own_cycles && i < table->nr; i++) {
		row = &table->rows[i];
		in_buckets = exit_hist_sum(&row->hist);
		if (row->number == exit_of_cpuid(info->encoding) &&
		    in_buckets > row->counts.exits)
			exit_hist_leave_out(&row->hist, in_buckets - row->counts.exits,
					    table->own_cycles);
	}
	table->own_cycles = 0;
}

void exit_table_add(struct exit_table *table, const struct exit_row *row)
{
	if (!row->counts.exits || table->nr == EXIT_TABLE_MAX)
		return;

	table->rows[table->nr++] = *row;
	exit_counts_add(&table->total, &row->counts);
}

void exit_table_accumulate(struct exit_table *table, const struct exit_row *row)
{
	size_t i;

	for (i = 0; i < table->nr; i++) {
		if (table->rows[i].number != row->number)
			continue;
		exit_counts_add(&table->rows[i].counts, &row->counts);
		exit_hist_add(&table->rows[i].hist, &row->hist);
		exit_counts_add(&table->total, &row->counts);
		return;
	}
	exit_table_add(table, row);
}

const struct exit_row *exit_table_find(const struct exit_table *table, uint32_t number)
{
	size_t i;

	for (i = 0; i < table->nr; i++) {
		if (table->rows[i].number == number)
			return &table->rows[i];
	}
	return NULL;
}

static int compare_rows(const void *a, const void *b)
{
	const struct exit_row *ra = a, *rb = b;

	if (ra->counts.exits != rb->counts.exits)
		return ra->counts.exits < rb->counts.exits ? 1 : -1;
	return ra->number < rb->number ? -1 : ra->number > rb->number;
}

void exit_table_sort(struct exit_table *table)
{
	qsort(table->rows, table->nr, sizeof(table->rows[0]), compare_rows);
}

/* a - b, or nothing where b is more, for values that were not read at one moment */
static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void subtract_row(const struct exit_row *after, const struct exit_row *before,
			 struct exit_row *between)
{
	const struct exit_counts *a = &after->counts, *b = &before->counts;
	struct exit_counts *counts = &between->counts;
	int i;

	*between = (struct exit_row) { .number = after->number };
	counts->exits = a->exits - b->exits;
	counts->cycles = less(a->cycles, b->cycles);
	counts->off_cpu = less(a->off_cpu, b->off_cpu);
	counts->vmm = less(a->vmm, b->vmm);
	counts->steal = less(a->steal, b->steal);
	counts->halted = less(a->halted, b->halted);
	/* They were not read together with the whole. */
	exit_counts_limit_parts(counts);
	counts->longest = a->longest > b->longest ? a->longest : 0;
	counts->nested = less(a->nested, b->nested);
	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++)
		between->hist.buckets[i] = less(after->hist.buckets[i],
						before->hist.buckets[i]);
	between->hist.longest = counts->longest;
}

bool exit_table_subtract(const struct exit_info *info, const struct exit_table *after,
			 const struct exit_table *before, struct exit_table *between)
{
	static const struct exit_row none;
	const struct exit_row *then;
	struct exit_row row;
	size_t i;

	between->nr = 0;
	between->total = (struct exit_counts) { 0 };
	between->own_cycles = after->own_cycles;
	between->identity = after->identity;
	if (after->identity != before->identity)
		return false;
	for (i = 0; i < before->nr; i++) {
		then = exit_table_find(after, before->rows[i].number);
		if (!then || then->counts.exits < before->rows[i].counts.exits)
			return false;
	}
	for (i = 0; i < after->nr; i++) {
		then = exit_table_find(before, after->rows[i].number);
		subtract_row(&after->rows[i], then ? then : &none, &row);
		exit_table_add(between, &row);
	}
	exit_table_leave_out_own(info, between);
	exit_table_sort(between);
	return true;
}
