// SPDX-License-Identifier: GPL-2.0
#include <asm/svm.h>
#include <asm/vmx.h>
#include <stdlib.h>
#include <string.h>

#include "leaves.h"
#include "stats.h"
#include "util.h"

static struct cpuid_regs query(struct exit_stats *stats, uint32_t leaf, uint32_t index)
{
	stats->own_exits++;
	return stats->cpuid(leaf, index | stats->scope);
}

/* Two 64-bit values in one CPUID */
struct pair {
	uint64_t a, b;
};

static struct pair decode(const struct cpuid_regs *regs)
{
	return (struct pair) {
		.a = (uint64_t)regs->edx << 32 | regs->eax,
		.b = (uint64_t)regs->ebx << 32 | regs->ecx,
	};
}

static struct pair query_pair(struct exit_stats *stats, uint32_t leaf, uint32_t index)
{
	struct cpuid_regs regs = query(stats, leaf, index);

	return decode(&regs);
}

static struct pair query_view(struct exit_stats *stats, uint32_t number, uint32_t view)
{
	return query_pair(stats, KVM_EXIT_STATS_CPUID_REASON,
			  view << KVM_EXIT_STATS_VIEW_SHIFT | number);
}

static bool has_signature(struct exit_stats *stats)
{
	struct cpuid_regs regs = query(stats, KVM_EXIT_STATS_CPUID_SIGNATURE, 0);

	return regs.eax >= KVM_EXIT_STATS_CPUID_MAX &&
	       !memcmp(&regs.ebx, KVM_EXIT_STATS_SIGNATURE, 4) &&
	       !memcmp(&regs.ecx, KVM_EXIT_STATS_SIGNATURE + 4, 4) &&
	       !memcmp(&regs.edx, KVM_EXIT_STATS_SIGNATURE + 8, 4);
}

static void read_description(struct exit_stats *stats)
{
	struct cpuid_regs regs = query(stats, KVM_EXIT_STATS_CPUID_TOTALS,
				       KVM_EXIT_STATS_DESCRIPTION);

	stats->version = regs.eax & 0xffff;
	stats->encoding = regs.eax >> KVM_EXIT_STATS_ENCODING_SHIFT &
			  KVM_EXIT_STATS_ENCODING_MASK;
	stats->features = regs.ebx;
	stats->tsc_khz = regs.ecx;
	stats->vcpus = regs.edx;
}

/* The exit that a CPUID of the guest causes. */
static uint32_t cpuid_exit_of(unsigned int encoding)
{
	return encoding == KVM_EXIT_STATS_ENCODING_SVM ? SVM_EXIT_CPUID : EXIT_REASON_CPUID;
}

static uint32_t cpuid_exit(const struct exit_stats *stats)
{
	return cpuid_exit_of(stats->encoding);
}

/* A count from before all that this has read. */
static struct exit_counts before_own(const struct exit_stats *stats, struct pair pair)
{
	return (struct exit_counts) {
		.exits = pair.a - stats->own_exits,
		.cycles = pair.b,
	};
}

bool exit_stats_open(struct exit_stats *stats, cpuid_fn *cpuid, uint32_t scope,
		     enum exit_stats_first first, unsigned int guess)
{
	struct exit_counts before;
	uint32_t number = cpuid_exit_of(guess);

	*stats = (struct exit_stats) {
		.cpuid = cpuid,
		.scope = scope,
	};

	/* Not knowing yet whether this leaf exists, which does no harm. */
	if (first == FIRST_TOTAL)
		before = before_own(stats, query_pair(stats, KVM_EXIT_STATS_CPUID_TOTALS,
						      KVM_EXIT_STATS_SUM));
	else
		before = before_own(stats, query_view(stats, number,
						      KVM_EXIT_STATS_VIEW_COUNT));
	if (!has_signature(stats))
		return false;
	read_description(stats);

	if (first == FIRST_TOTAL) {
		stats->total_before = before;
		return true;
	}
	if (number != cpuid_exit(stats))
		before = before_own(stats, query_view(stats, cpuid_exit(stats),
						      KVM_EXIT_STATS_VIEW_COUNT));
	stats->cpuid_before = before;
	return true;
}

bool exit_stats_has(const struct exit_stats *stats, uint32_t feature)
{
	return !stats->brief && stats->features & feature;
}

static void read_parts(struct exit_stats *stats, uint32_t number,
		       struct exit_counts *counts)
{
	struct pair pair;

	if (exit_stats_has(stats, KVM_EXIT_STATS_FEATURE_SPLIT)) {
		pair = query_view(stats, number, KVM_EXIT_STATS_VIEW_SPLIT);
		counts->off_cpu = pair.a;
		counts->vmm = pair.b;
	}
	if (exit_stats_has(stats, KVM_EXIT_STATS_FEATURE_LONGEST)) {
		pair = query_view(stats, number, KVM_EXIT_STATS_VIEW_LONGEST);
		counts->longest = pair.a;
		counts->nested = pair.b;
	}
}

/* CPUID's cycles were read before its parts: those may have grown meanwhile. */
static void read_cpuid(struct exit_stats *stats, uint32_t number,
		       struct exit_counts *counts)
{
	*counts = stats->cpuid_before;
	read_parts(stats, number, counts);
	if (counts->off_cpu > counts->cycles)
		counts->off_cpu = counts->cycles;
	if (counts->vmm > counts->cycles - counts->off_cpu)
		counts->vmm = counts->cycles - counts->off_cpu;
	if (counts->longest > counts->cycles)
		counts->longest = counts->cycles;
}

bool exit_stats_read(struct exit_stats *stats, uint32_t number,
		     struct exit_counts *counts)
{
	struct cpuid_regs regs;
	struct pair pair;

	if (number == cpuid_exit(stats)) {
		read_cpuid(stats, number, counts);
		return true;
	}

	memset(counts, 0, sizeof(*counts));
	read_parts(stats, number, counts);
	regs = query(stats, KVM_EXIT_STATS_CPUID_REASON, number);
	pair = decode(&regs);
	counts->exits = pair.a;
	counts->cycles = pair.b;
	return regs.edx != KVM_EXIT_STATS_UNDEFINED;
}

uint64_t exit_hist_sum(const struct exit_hist *hist)
{
	uint64_t exits = 0;
	int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++)
		exits += hist->buckets[i];
	return exits;
}

/*
 * Of CPUID's histogram, take out what reading it has added: how many that is, the
 * count from before says, and one of them is measured to know its bucket.
 */
static void leave_out_own(struct exit_stats *stats, struct exit_hist *hist)
{
	uint64_t sum = exit_hist_sum(hist), own, cycles, *bucket;

	if (sum <= stats->cpuid_before.exits)
		return;
	own = sum - stats->cpuid_before.exits;

	cycles = query_view(stats, cpuid_exit(stats), KVM_EXIT_STATS_VIEW_COUNT).b;
	cycles = query_view(stats, cpuid_exit(stats), KVM_EXIT_STATS_VIEW_COUNT).b - cycles;
	bucket = &hist->buckets[exit_bucket(cycles)];
	*bucket -= *bucket < own ? *bucket : own;
}

unsigned int exit_bucket(uint64_t cycles)
{
	unsigned int bucket = 63 - __builtin_clzll(cycles | 1);

	return bucket < KVM_EXIT_STATS_NR_BUCKETS ? bucket : KVM_EXIT_STATS_NR_BUCKETS - 1;
}

void exit_stats_read_hist(struct exit_stats *stats, uint32_t number,
			  struct exit_hist *hist)
{
	struct pair pair;
	int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS / 2; i++) {
		pair = query_view(stats, number, KVM_EXIT_STATS_VIEW_HISTOGRAM + i);
		hist->buckets[2 * i] = pair.a;
		hist->buckets[2 * i + 1] = pair.b;
	}
	if (number == cpuid_exit(stats))
		leave_out_own(stats, hist);
	hist->longest = query_view(stats, number, KVM_EXIT_STATS_VIEW_LONGEST).a;
}

static void add_row(struct exit_table *table, uint32_t number,
		    const struct exit_counts *counts)
{
	if (!counts->exits || table->nr == EXIT_TABLE_MAX)
		return;

	table->rows[table->nr++] = (struct exit_row) {
		.number = number,
		.counts = *counts,
	};
	table->total.exits += counts->exits;
	table->total.cycles += counts->cycles;
	table->total.off_cpu += counts->off_cpu;
	table->total.vmm += counts->vmm;
	table->total.nested += counts->nested;
	if (table->total.longest < counts->longest)
		table->total.longest = counts->longest;
}

static int compare_rows(const void *a, const void *b)
{
	const struct exit_row *ra = a, *rb = b;

	if (ra->counts.exits != rb->counts.exits)
		return ra->counts.exits < rb->counts.exits ? 1 : -1;
	return ra->number < rb->number ? -1 : ra->number > rb->number;
}

static void read_block(struct exit_stats *stats, struct exit_table *table,
		       uint32_t block)
{
	struct cpuid_regs regs = query(stats, KVM_EXIT_STATS_CPUID_TOTALS,
				       KVM_EXIT_STATS_OCCUPANCY + block);
	const uint32_t bits[] = { regs.eax, regs.ebx, regs.ecx, regs.edx };
	struct exit_counts counts;
	uint32_t i;

	for (i = 0; i < 128; i++) {
		if (bits[i / 32] & 1U << i % 32 &&
		    exit_stats_read(stats, 128 * block + i, &counts))
			add_row(table, 128 * block + i, &counts);
	}
}

size_t exit_stats_blocks(const struct exit_stats *stats, const uint32_t **blocks)
{
	static const uint32_t vmx[] = { 0 };
	static const uint32_t svm[] = { 0, 1, KVM_EXIT_STATS_SVM_HIGH_CODES / 128 };

	if (stats->encoding == KVM_EXIT_STATS_ENCODING_SVM) {
		*blocks = svm;
		return ARRAY_SIZE(svm);
	}
	*blocks = vmx;
	return ARRAY_SIZE(vmx);
}

void exit_stats_read_table(struct exit_stats *stats, struct exit_table *table)
{
	const uint32_t other = KVM_EXIT_STATS_OTHER;
	const uint32_t *blocks;
	struct exit_counts counts;
	size_t i;

	memset(table, 0, sizeof(*table));
	for (i = 0; i < exit_stats_blocks(stats, &blocks); i++)
		read_block(stats, table, blocks[i]);
	/* Hardly ever, so that its parts are not worth their CPUIDs. */
	if (query_view(stats, other, KVM_EXIT_STATS_VIEW_COUNT).a &&
	    exit_stats_read(stats, other, &counts))
		add_row(table, other, &counts);

	qsort(table->rows, table->nr, sizeof(table->rows[0]), compare_rows);
}
