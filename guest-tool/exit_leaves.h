/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXIT_LEAVES_H
#define EXIT_LEAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpuid.h"
#include "exit_table.h"

/*
 * Reading the statistics leaves.  The format is in leaves.h.
 *
 * Each CPUID is itself an exit of the VM.  What these functions return leaves
 * out those that they made: their number exactly, and their cycles where it
 * says so.
 */

struct exit_leaves {
	cpuid_fn *cpuid;
	/* The answers were recorded: all of them are wanted, and none is ours. */
	bool recorded;
	/* KVM_EXIT_STATS_SCOPE_VCPU or 0 */
	uint32_t scope;
	struct exit_info info;
	/* CPUIDs executed through this so far, and their cycles as far as known */
	uint64_t own_exits;
	uint64_t own_cycles;
	/* What had been counted without them when the present table was begun */
	struct exit_counts total_before;
	struct exit_counts cpuid_before;
	/* CPUIDs and their cycles as the first of the table has read them, and own ones */
	uint64_t first_exits;
	uint64_t first_cycles;
	uint64_t first_own;
};

/* What to take before anything else, so that no CPUID of our own is in it. */
enum exit_leaves_first {
	FIRST_TOTAL,
	FIRST_CPUID,
	/* Leave nothing out: the answers were recorded. */
	FIRST_RECORDED,
};

/*
 * Is the signature of the statistics there?  A VMM can have put it there while KVM shows
 * this VM no statistics, see host-patch/exit-stats.rst.
 */
bool exit_leaves_signature(cpuid_fn *cpuid);

/*
 * Look for the statistics and read their description, see leaves.h.  guess is
 * the encoding that the host is expected to use: it decides which exit number is
 * taken as CPUID's first.  If that was wrong, our own CPUIDs are not left out of its
 * cycles.  Returns false if there are no statistics, even where there is a signature.
 */
bool exit_leaves_open(struct exit_leaves *leaves, cpuid_fn *cpuid, uint32_t scope,
		     enum exit_leaves_first first, unsigned int guess);

/*
 * From now on do not read the values of these features, KVM_EXIT_STATS_FEATURE_*, nor is it
 * known that they are there.  Of each exit number SPLIT, LONGEST and STEAL cost a CPUID, and
 * HISTOGRAM up to 16.  All but exits and cycles: exit_leaves_be_brief().
 */
void exit_leaves_leave_out(struct exit_leaves *leaves, uint32_t features);
void exit_leaves_be_brief(struct exit_leaves *leaves);

/*
 * For another table through the same reader: read CPUID's count anew.  One CPUID.
 * The tables then differ in just what happened between them, without our own,
 * if exit_leaves_settle() came after each.
 */
void exit_leaves_begin(struct exit_leaves *leaves);

/*
 * After a table: take the cycles of our own CPUIDs from CPUID's.  Where other
 * vCPUs execute CPUID meanwhile this is their mean.  One CPUID.  Returns the
 * cycles of one of them.
 */
uint64_t exit_leaves_settle(struct exit_leaves *leaves);

/*
 * Read one exit number.  Returns false if the vendor's manual does not define
 * it.  The cycles are without our own only after FIRST_CPUID.  The parts of the
 * cycles never exceed them.
 */
bool exit_leaves_read(struct exit_leaves *leaves, uint32_t number,
		     struct exit_counts *counts);

/*
 * Read the histogram of an exit number, which costs 17 CPUIDs, and two more for
 * CPUID's own, which is without ours only after FIRST_CPUID.  Our own are all
 * taken from the bucket of a typical one.
 */
void exit_leaves_read_hist(struct exit_leaves *leaves, uint32_t number,
			  struct exit_hist *hist);

/*
 * The occupancy blocks, of 128 exit numbers each, that the encoding uses, see
 * OCCUPANCY in leaves.h.  Returns how many there are.
 */
size_t exit_leaves_blocks(const struct exit_leaves *leaves, const uint32_t **blocks);

/* Random bits of the VM, see IDENTITY in leaves.h.  One CPUID; 0 if the host has none. */
uint64_t exit_leaves_identity(struct exit_leaves *leaves);

/* Cycles since the VM was created.  One CPUID; 0 if the host does not say. */
uint64_t exit_leaves_age(struct exit_leaves *leaves);

/*
 * Read all exit numbers that have happened, sorted by exits, the most first, with the
 * values of all features; and the identity, last.  A number costs what
 * exit_leaves_leave_out() says, but one CPUID if its exits and cycles are those of before,
 * an earlier table through this reader, or NULL: all its values are then.  In addition to
 * what exit_leaves_open() took that is three CPUIDs, on SVM five.  The total is the sum of
 * the rows, and the longest of all.  The histogram of CPUID has our own in it, all that
 * were made through this reader: see exit_table_subtract().
 */
void exit_leaves_read_table(struct exit_leaves *leaves, const struct exit_table *before,
			    struct exit_table *table);

#endif
