/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpuid.h"
#include "leaves.h"

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
	/* Of those, not on a CPU, and in the VMM's userspace; the rest is KVM's. */
	uint64_t off_cpu;
	uint64_t vmm;
	/* Cycles of the longest exit */
	uint64_t longest;
	/* Exits taken while the guest ran a guest of its own */
	uint64_t nested;
};

/* Exits of 2^n to 2^(n+1)-1 cycles; the last bucket has all that are longer. */
struct exit_hist {
	uint64_t buckets[KVM_EXIT_STATS_NR_BUCKETS];
	/* Cycles of the longest exit */
	uint64_t longest;
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
	/* Read exits and cycles only: one CPUID for an exit number, in place of three. */
	bool brief;
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
 * Look for the statistics and read their description, DESIGN section 2.  guess is
 * the encoding that the host is expected to use: it decides which exit number is
 * taken as CPUID's first.  If that was wrong, CPUID's cycles are not without ours.
 * Returns false if there are no statistics.
 */
bool exit_stats_open(struct exit_stats *stats, cpuid_fn *cpuid, uint32_t scope,
		     enum exit_stats_first first, unsigned int guess);

/* Does this host have a feature, KVM_EXIT_STATS_FEATURE_*, and are its values read? */
bool exit_stats_has(const struct exit_stats *stats, uint32_t feature);

/*
 * Read one exit number.  Returns false if the vendor's manual does not define
 * it.  The cycles are without our own only after FIRST_CPUID.  The parts of the
 * cycles never exceed them, DESIGN section 3.
 */
bool exit_stats_read(struct exit_stats *stats, uint32_t number,
		     struct exit_counts *counts);

/* The exits in all buckets. */
uint64_t exit_hist_sum(const struct exit_hist *hist);

/* The bucket that an exit of so many cycles is in. */
unsigned int exit_bucket(uint64_t cycles);

/*
 * Read the histogram of an exit number, which costs 17 CPUIDs, and two more for
 * CPUID's own, which is without ours only after FIRST_CPUID.  Our own are all
 * taken from the bucket of a typical one.
 */
void exit_stats_read_hist(struct exit_stats *stats, uint32_t number,
			  struct exit_hist *hist);

/*
 * The occupancy blocks, of 128 exit numbers each, that the encoding uses, DESIGN
 * section 2.  Returns how many there are.
 */
size_t exit_stats_blocks(const struct exit_stats *stats, const uint32_t **blocks);

/*
 * Read all exit numbers that have happened, sorted by exits, the most first.
 * With what exit_stats_open() took that is a CPUID for each row, or three if not
 * brief, and four; on SVM two more.  The total is the sum of the rows, and the
 * longest of all.
 */
void exit_stats_read_table(struct exit_stats *stats, struct exit_table *table);

#endif
