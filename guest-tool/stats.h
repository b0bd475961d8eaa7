/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpuid.h"

/*
 * Reading the statistics leaves.  The format is in leaves.h.
 *
 * Each CPUID is itself an exit of the VM.  What these functions return leaves
 * out those that they made: their number exactly, and their cycles where it
 * says so.
 */

struct exit_counts {
	uint64_t exits;
	/* Host TSC ticks from the exits to the entries that followed. */
	uint64_t cycles;
};

struct exit_row {
	uint32_t number;
	struct exit_counts counts;
};

/* Room for every bit that the occupancy of the known encodings has. */
#define EXIT_TABLE_MAX 256

struct exit_table {
	size_t nr;
	struct exit_row rows[EXIT_TABLE_MAX];
	struct exit_counts total;
};

struct exit_stats {
	cpuid_fn *cpuid;
	/* KVM_EXIT_STATS_SCOPE_VCPU or 0 */
	uint32_t scope;
	/* CPUIDs executed through this so far */
	uint64_t own_exits;
	/* What had been counted before the first of them */
	struct exit_counts total_before;
	struct exit_counts cpuid_before;

	unsigned int version;
	unsigned int encoding;
	uint32_t features;
	uint32_t tsc_khz;
	uint32_t vcpus;
};

/* What to take before anything else, so that no CPUID of our own is in it. */
enum exit_stats_first {
	FIRST_TOTAL,
	FIRST_CPUID,
};

/*
 * Look for the statistics and read their description, DESIGN section 2.
 * Returns false if there are none.
 */
bool exit_stats_open(struct exit_stats *stats, cpuid_fn *cpuid, uint32_t scope,
		     enum exit_stats_first first);

/*
 * Read one exit number.  Returns false if the vendor's manual does not define
 * it.  The cycles are without our own only after FIRST_CPUID.
 */
bool exit_stats_read(struct exit_stats *stats, uint32_t number,
		     struct exit_counts *counts);

/*
 * Read all exit numbers that have happened, sorted by exits, the most first.
 * Costs as many CPUIDs as there are rows, and two.  The total is the sum of
 * the rows.
 */
void exit_stats_read_table(struct exit_stats *stats, struct exit_table *table);

#endif
