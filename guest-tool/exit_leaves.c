// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "leaves.h"
#include "exit_leaves.h"
#include "util.h"

static struct cpuid_regs query(struct exit_leaves *leaves, uint32_t leaf, uint32_t index)
{
	leaves->own_exits++;
	return leaves->cpuid(leaf, index | leaves->scope);
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

static struct pair query_pair(struct exit_leaves *leaves, uint32_t leaf, uint32_t index)
{
	struct cpuid_regs regs = query(leaves, leaf, index);

	return decode(&regs);
}

static struct pair query_view(struct exit_leaves *leaves, uint32_t number, uint32_t view)
{
	return query_pair(leaves, KVM_EXIT_STATS_CPUID_REASON,
			  view << KVM_EXIT_STATS_VIEW_SHIFT | number);
}

static bool is_signature(struct cpuid_regs regs)
{
	return regs.eax >= KVM_EXIT_STATS_CPUID_MAX &&
	       !memcmp(&regs.ebx, KVM_EXIT_STATS_SIGNATURE, 4) &&
	       !memcmp(&regs.ecx, KVM_EXIT_STATS_SIGNATURE + 4, 4) &&
	       !memcmp(&regs.edx, KVM_EXIT_STATS_SIGNATURE + 8, 4);
}

bool exit_leaves_signature(cpuid_fn *cpuid)
{
	return is_signature(cpuid(KVM_EXIT_STATS_CPUID_SIGNATURE, 0));
}

static void read_description(struct exit_leaves *leaves)
{
	struct cpuid_regs regs = query(leaves, KVM_EXIT_STATS_CPUID_TOTALS,
				       KVM_EXIT_STATS_DESCRIPTION);

	leaves->info = (struct exit_info) {
		.version = regs.eax & 0xffff,
		.encoding = regs.eax >> KVM_EXIT_STATS_ENCODING_SHIFT &
			    KVM_EXIT_STATS_ENCODING_MASK,
		.features = regs.ebx,
		.tsc_khz = regs.ecx,
		.vcpus = regs.edx,
		.one_vcpu = leaves->scope & KVM_EXIT_STATS_SCOPE_VCPU,
	};
}

static uint32_t cpuid_exit(const struct exit_leaves *leaves)
{
	return exit_of_cpuid(leaves->info.encoding);
}

/* A count from before all that this has read. */
static struct exit_counts before_own(const struct exit_leaves *leaves, struct pair pair)
{
	return (struct exit_counts) {
		.exits = pair.a - leaves->own_exits,
		.cycles = pair.b > leaves->own_cycles ? pair.b - leaves->own_cycles : 0,
	};
}

static void read_cpuid_first(struct exit_leaves *leaves, uint32_t number)
{
	struct pair pair = query_view(leaves, number, KVM_EXIT_STATS_VIEW_COUNT);

	leaves->cpuid_before = before_own(leaves, pair);
	leaves->first_exits = pair.a;
	leaves->first_cycles = pair.b;
	leaves->first_own = leaves->own_exits;
}

static bool describe(struct exit_leaves *leaves)
{
	if (!is_signature(query(leaves, KVM_EXIT_STATS_CPUID_SIGNATURE, 0)))
		return false;
	read_description(leaves);
	/* The signature may be the VMM's alone, with nothing behind it. */
	return leaves->info.version &&
	       (leaves->info.encoding == KVM_EXIT_STATS_ENCODING_VMX ||
		leaves->info.encoding == KVM_EXIT_STATS_ENCODING_SVM);
}

static bool open_recorded(struct exit_leaves *leaves)
{
	struct pair pair;

	if (!describe(leaves))
		return false;
	leaves->recorded = true;
	pair = query_view(leaves, cpuid_exit(leaves), KVM_EXIT_STATS_VIEW_COUNT);
	leaves->cpuid_before = (struct exit_counts) { .exits = pair.a, .cycles = pair.b };
	return true;
}

bool exit_leaves_open(struct exit_leaves *leaves, cpuid_fn *cpuid, uint32_t scope,
		     enum exit_leaves_first first, unsigned int guess)
{
	uint32_t number = exit_of_cpuid(guess);

	*leaves = (struct exit_leaves) {
		.cpuid = cpuid,
		.scope = scope,
	};
	if (first == FIRST_RECORDED)
		return open_recorded(leaves);

	/* Not knowing yet whether this leaf exists, which does no harm. */
	if (first == FIRST_TOTAL)
		leaves->total_before = before_own(leaves, query_pair(leaves,
				KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM));
	else
		read_cpuid_first(leaves, number);
	if (!describe(leaves))
		return false;
	if (first == FIRST_CPUID && number != cpuid_exit(leaves))
		read_cpuid_first(leaves, cpuid_exit(leaves));
	return true;
}

void exit_leaves_begin(struct exit_leaves *leaves)
{
	read_cpuid_first(leaves, cpuid_exit(leaves));
}

uint64_t exit_leaves_settle(struct exit_leaves *leaves)
{
	struct pair last = query_view(leaves, cpuid_exit(leaves), KVM_EXIT_STATS_VIEW_COUNT);
	uint64_t mean;

	/* Switched off meanwhile */
	if (last.a <= leaves->first_exits)
		return 0;
	mean = (last.b - leaves->first_cycles) / (last.a - leaves->first_exits);
	/* The last has read those of all before it, but not its own. */
	leaves->own_cycles += mean * (leaves->own_exits - leaves->first_own + 1);
	return mean;
}

void exit_leaves_leave_out(struct exit_leaves *leaves, uint32_t features)
{
	leaves->info.features &= ~features;
}

void exit_leaves_be_brief(struct exit_leaves *leaves)
{
	exit_leaves_leave_out(leaves, ~(KVM_EXIT_STATS_FEATURE_VCPU |
					KVM_EXIT_STATS_FEATURE_IDENTITY));
}

/*
 * The count comes first of an exit number: what is added to the parts after it makes a
 * later count another one, so that parts of the same count are the same.
 */
static bool read_count(struct exit_leaves *leaves, uint32_t number, struct exit_counts *counts)
{
	struct cpuid_regs regs;
	struct pair pair;

	*counts = leaves->cpuid_before;
	if (number == cpuid_exit(leaves))
		return true;
	regs = query(leaves, KVM_EXIT_STATS_CPUID_REASON, number);
	pair = decode(&regs);
	*counts = (struct exit_counts) { .exits = pair.a, .cycles = pair.b };
	return regs.edx != KVM_EXIT_STATS_UNDEFINED;
}

static void read_parts(struct exit_leaves *leaves, uint32_t number,
		       struct exit_counts *counts)
{
	struct pair pair;

	if (exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_SPLIT)) {
		pair = query_view(leaves, number, KVM_EXIT_STATS_VIEW_SPLIT);
		counts->off_cpu = pair.a;
		counts->vmm = pair.b;
	}
	if (exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_STEAL)) {
		pair = query_view(leaves, number, KVM_EXIT_STATS_VIEW_STEAL);
		counts->steal = pair.a;
		counts->halted = pair.b;
	}
	if (exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_LONGEST)) {
		pair = query_view(leaves, number, KVM_EXIT_STATS_VIEW_LONGEST);
		counts->longest = pair.a;
		counts->nested = pair.b;
	}
}

/* Parts are read after the cycles and may have grown meanwhile. */
static void keep_parts_in_the_whole(struct exit_counts *counts)
{
	exit_counts_limit_parts(counts);
	if (counts->longest > counts->cycles)
		counts->longest = counts->cycles;
}

bool exit_leaves_read(struct exit_leaves *leaves, uint32_t number,
		     struct exit_counts *counts)
{
	if (!read_count(leaves, number, counts))
		return false;
	read_parts(leaves, number, counts);
	keep_parts_in_the_whole(counts);
	return true;
}

/*
 * Of CPUID's histogram, take out what reading it has added: how many that is, the
 * count from before says, and one of them is measured to know its bucket.
 */
static void leave_out_own(struct exit_leaves *leaves, struct exit_hist *hist)
{
	uint64_t sum = exit_hist_sum(hist), cycles;

	if (sum <= leaves->cpuid_before.exits)
		return;

	cycles = query_view(leaves, cpuid_exit(leaves), KVM_EXIT_STATS_VIEW_COUNT).b;
	cycles = query_view(leaves, cpuid_exit(leaves), KVM_EXIT_STATS_VIEW_COUNT).b - cycles;
	exit_hist_leave_out(hist, sum - leaves->cpuid_before.exits, cycles);
}

/*
 * From the highest bucket that may have exits downwards, until so many are found, and at least
 * to the bucket lowest.  If more are found than had been counted, some have ended meanwhile,
 * and below there may be as many that had been: then all are read.
 */
static void read_buckets(struct exit_leaves *leaves, uint32_t number, unsigned int highest,
			 unsigned int lowest, uint64_t exits, struct exit_hist *hist)
{
	uint64_t found = 0;
	struct pair pair;
	int i;

	for (i = highest / 2; i >= 0 && (found != exits || i >= (int)lowest / 2); i--) {
		pair = query_view(leaves, number, KVM_EXIT_STATS_VIEW_HISTOGRAM + i);
		hist->buckets[2 * i] = pair.a;
		hist->buckets[2 * i + 1] = pair.b;
		found += pair.a + pair.b;
	}
}

static void read_all_buckets(struct exit_leaves *leaves, uint32_t number,
			     struct exit_hist *hist)
{
	read_buckets(leaves, number, KVM_EXIT_STATS_NR_BUCKETS - 1, 0, UINT64_MAX, hist);
}

/* Of an earlier reading, the lowest bucket with exits: they are there still. */
static unsigned int lowest_bucket(const struct exit_table *before, uint32_t number)
{
	const struct exit_row *row = before ? exit_table_find(before, number) : NULL;
	unsigned int i = 0;

	while (row && i < KVM_EXIT_STATS_NR_BUCKETS && !row->hist.buckets[i])
		i++;
	return row ? i : KVM_EXIT_STATS_NR_BUCKETS;
}

void exit_leaves_read_hist(struct exit_leaves *leaves, uint32_t number,
			  struct exit_hist *hist)
{
	read_all_buckets(leaves, number, hist);
	if (number == cpuid_exit(leaves))
		leave_out_own(leaves, hist);
	hist->longest = query_view(leaves, number, KVM_EXIT_STATS_VIEW_LONGEST).a;
}

/* Of a row with its count and parts.  None is longer than the longest. */
static void read_hist_of(struct exit_leaves *leaves, const struct exit_table *before,
			 struct exit_row *row)
{
	if (!exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_HISTOGRAM))
		return;
	/* CPUID's has our own, too, which the count does not have. */
	if (leaves->recorded || row->number == cpuid_exit(leaves) ||
	    !exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_LONGEST))
		read_all_buckets(leaves, row->number, &row->hist);
	else
		read_buckets(leaves, row->number, exit_bucket(row->counts.longest),
			     lowest_bucket(before, row->number), row->counts.exits, &row->hist);
}

/* CPUID's other values change with our own. */
static const struct exit_row *unchanged_since(const struct exit_leaves *leaves,
					      const struct exit_table *before,
					      const struct exit_row *row)
{
	const struct exit_row *then;

	if (!before || row->number == cpuid_exit(leaves))
		return NULL;
	then = exit_table_find(before, row->number);
	return then && then->counts.exits == row->counts.exits &&
	       then->counts.cycles == row->counts.cycles ? then : NULL;
}

/* Read an exit number, if it is defined, into the table. */
static void read_row(struct exit_leaves *leaves, const struct exit_table *before,
		     struct exit_table *table, uint32_t number)
{
	struct exit_row row = { .number = number };
	const struct exit_row *then;

	if (!read_count(leaves, number, &row.counts))
		return;
	then = unchanged_since(leaves, before, &row);
	if (then) {
		exit_table_add(table, then);
		return;
	}
	read_parts(leaves, number, &row.counts);
	read_hist_of(leaves, before, &row);
	keep_parts_in_the_whole(&row.counts);
	row.hist.longest = row.counts.longest;
	exit_table_add(table, &row);
}

static void read_block(struct exit_leaves *leaves, const struct exit_table *before,
		       struct exit_table *table, uint32_t block)
{
	struct cpuid_regs regs = query(leaves, KVM_EXIT_STATS_CPUID_TOTALS,
				       KVM_EXIT_STATS_OCCUPANCY + block);
	const uint32_t bits[] = { regs.eax, regs.ebx, regs.ecx, regs.edx };
	uint32_t i;

	for (i = 0; i < 128; i++) {
		if (bits[i / 32] & 1U << i % 32)
			read_row(leaves, before, table, 128 * block + i);
	}
}

size_t exit_leaves_blocks(const struct exit_leaves *leaves, const uint32_t **blocks)
{
	static const uint32_t vmx[] = { 0 };
	static const uint32_t svm[] = { 0, 1, KVM_EXIT_STATS_SVM_HIGH_CODES / 128 };

	if (leaves->info.encoding == KVM_EXIT_STATS_ENCODING_SVM) {
		*blocks = svm;
		return ARRAY_SIZE(svm);
	}
	*blocks = vmx;
	return ARRAY_SIZE(vmx);
}

uint64_t exit_leaves_identity(struct exit_leaves *leaves)
{
	if (!exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_IDENTITY))
		return 0;
	return query_pair(leaves, KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY).a;
}

uint64_t exit_leaves_age(struct exit_leaves *leaves)
{
	if (!exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_IDENTITY))
		return 0;
	return query_pair(leaves, KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY).b;
}

void exit_leaves_read_table(struct exit_leaves *leaves, const struct exit_table *before,
			    struct exit_table *table)
{
	const uint32_t other = KVM_EXIT_STATS_OTHER;
	const uint32_t *blocks;
	size_t i;

	memset(table, 0, sizeof(*table));
	for (i = 0; i < exit_leaves_blocks(leaves, &blocks); i++)
		read_block(leaves, before, table, blocks[i]);
	/* Hardly ever, so that its parts are not worth their CPUIDs. */
	if (query_view(leaves, other, KVM_EXIT_STATS_VIEW_COUNT).a)
		read_row(leaves, before, table, other);
	exit_table_sort(table);
	/* Last, so that a migration meanwhile shows in it */
	table->identity = exit_leaves_identity(leaves);
}
