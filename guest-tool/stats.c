// SPDX-License-Identifier: GPL-2.0
#include <asm/vmx.h>
#include <stdlib.h>
#include <string.h>

#include "leaves.h"
#include "stats.h"

static struct cpuid_regs query(struct exit_stats *stats, uint32_t leaf, uint32_t index)
{
	stats->own_exits++;
	return stats->cpuid(leaf, index | stats->scope);
}

static struct exit_counts decode(const struct cpuid_regs *regs)
{
	return (struct exit_counts) {
		.exits = (uint64_t)regs->edx << 32 | regs->eax,
		.cycles = (uint64_t)regs->ebx << 32 | regs->ecx,
	};
}

static struct exit_counts query_counts(struct exit_stats *stats, uint32_t leaf,
				       uint32_t index)
{
	struct cpuid_regs regs = query(stats, leaf, index);

	return decode(&regs);
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
static uint32_t cpuid_exit(const struct exit_stats *stats)
{
	return stats->encoding == KVM_EXIT_STATS_ENCODING_VMX ? EXIT_REASON_CPUID :
							       KVM_EXIT_STATS_OTHER;
}

bool exit_stats_open(struct exit_stats *stats, cpuid_fn *cpuid, uint32_t scope,
		     enum exit_stats_first first)
{
	struct exit_counts before;

	*stats = (struct exit_stats) {
		.cpuid = cpuid,
		.scope = scope,
	};

	/* Not knowing yet whether this leaf exists, which does no harm. */
	if (first == FIRST_TOTAL)
		before = query_counts(stats, KVM_EXIT_STATS_CPUID_TOTALS,
				      KVM_EXIT_STATS_SUM);
	else
		before = query_counts(stats, KVM_EXIT_STATS_CPUID_REASON,
				      EXIT_REASON_CPUID);
	before.exits -= stats->own_exits;

	if (!has_signature(stats))
		return false;
	read_description(stats);

	if (first == FIRST_TOTAL)
		stats->total_before = before;
	else
		stats->cpuid_before = before;
	return true;
}

bool exit_stats_read(struct exit_stats *stats, uint32_t number,
		     struct exit_counts *counts)
{
	struct cpuid_regs regs;

	if (number == cpuid_exit(stats)) {
		*counts = stats->cpuid_before;
		return true;
	}

	regs = query(stats, KVM_EXIT_STATS_CPUID_REASON, number);
	*counts = decode(&regs);
	return regs.edx != KVM_EXIT_STATS_UNDEFINED;
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

void exit_stats_read_table(struct exit_stats *stats, struct exit_table *table)
{
	struct exit_counts other;

	memset(table, 0, sizeof(*table));
	read_block(stats, table, 0);
	if (exit_stats_read(stats, KVM_EXIT_STATS_OTHER, &other))
		add_row(table, KVM_EXIT_STATS_OTHER, &other);

	qsort(table->rows, table->nr, sizeof(table->rows[0]), compare_rows);
}
