/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXIT_TABLE_H
#define EXIT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leaves.h"

/* What has been counted, wherever that was read. */

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
	/* Of the cycles, waiting for a CPU, and idle; the rest but for the VMM's is work. */
	uint64_t steal;
	uint64_t halted;
};

/*
 * Whose time cycles were.  They are divided in two ways, each of which has the VMM's part:
 * VMM, off-CPU and KVM, or VMM, steal, halted and work, see host-patch/exit-stats.rst.
 */
struct exit_parts {
	double cycles;
	double vmm;
	/* Not on a CPU, and the rest */
	double off_cpu, kvm;
	/* What was not off-CPU */
	double busy;
	/* Waiting for a CPU, idle, and the rest: what the host did */
	double steal, halted, work;
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
	/* Empty where it was not read */
	struct exit_hist hist;
};

/* Room for every bit that the occupancy of the known encodings has. */
#define EXIT_TABLE_MAX 256

struct exit_table {
	size_t nr;
	struct exit_row rows[EXIT_TABLE_MAX];
	struct exit_counts total;
	/* Cycles of a CPUID of the reading, which the histogram of CPUID has, or 0 */
	uint64_t own_cycles;
	/* As in exit_info, when it was read */
	uint64_t identity;
};

/*
 * Can these have been counted?  The parts of the cycles are no more than the whole, and
 * nothing is as much as a negative number would be.
 */
bool exit_counts_possible(const struct exit_counts *counts);

/* What the numbers mean. */
struct exit_info {
	unsigned int version;
	unsigned int encoding;
	/* The values that there are, KVM_EXIT_STATS_FEATURE_* */
	uint32_t features;
	uint32_t tsc_khz;
	/* 0 if not known */
	uint32_t vcpus;
	/* Random bits of the VM, see IDENTITY in leaves.h; 0 if not known */
	uint64_t identity;
	/* Of one vCPU alone */
	bool one_vcpu;
	/* Where they were read from, or NULL: from CPUID */
	const char *file;
};

/* Are there the values of a feature, KVM_EXIT_STATS_FEATURE_*? */
bool exit_info_has(const struct exit_info *info, uint32_t feature);

/* The exit that a CPUID of the guest causes, as an encoding numbers it. */
uint32_t exit_of_cpuid(unsigned int encoding);

/* Cycles of an exit on average, rounded down; 0 if there are none. */
uint64_t exit_cycles_per_exit(const struct exit_counts *counts);

/* Add counts; the longest is that of both. */
void exit_counts_add(struct exit_counts *sum, const struct exit_counts *counts);

/*
 * Where cycles were read before their parts, those may have grown meanwhile: cut
 * them down to the whole.
 */
void exit_counts_limit_parts(struct exit_counts *counts);

/* Fill in kvm, busy and work from the others.  They are negative if cycles are. */
void exit_parts_complete(struct exit_parts *parts);

/* The parts of counts, complete. */
struct exit_parts exit_counts_parts(const struct exit_counts *counts);

/* Add histograms; the longest is that of both. */
void exit_hist_add(struct exit_hist *sum, const struct exit_hist *hist);

/* The exits in all buckets. */
uint64_t exit_hist_sum(const struct exit_hist *hist);

/* The bucket that an exit of so many cycles is in. */
unsigned int exit_bucket(uint64_t cycles);

/* Take those of the reading from the histogram of CPUID, if it has them. */
void exit_table_leave_out_own(const struct exit_info *info, struct exit_table *table);

/* Take some exits of about so many cycles from a histogram, from near buckets first. */
void exit_hist_leave_out(struct exit_hist *hist, uint64_t exits, uint64_t cycles);

/* Add a row, if it has exits and there is room, and add it to the total. */
void exit_table_add(struct exit_table *table, const struct exit_row *row);

/* The same, but if the exit number has a row add to that. */
void exit_table_accumulate(struct exit_table *table, const struct exit_row *row);

/* The row of an exit number, or NULL. */
const struct exit_row *exit_table_find(const struct exit_table *table, uint32_t number);

/* Sort the rows by exits, the most first. */
void exit_table_sort(struct exit_table *table);

/*
 * What has happened from one reading of the same source to another, sorted.  The
 * longest exit is 0 where it was not in between; own ones are taken out of the
 * histogram of CPUID.  Returns false if the identities differ or a count has gone
 * backwards: the VM was migrated or started anew in between.
 */
bool exit_table_subtract(const struct exit_info *info, const struct exit_table *after,
			 const struct exit_table *before, struct exit_table *between);

#endif
