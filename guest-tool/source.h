/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOURCE_H
#define SOURCE_H

#include <glob.h>

#include "exit_table.h"
#include "exit_leaves.h"

/*
 * Where the numbers come from: CPUID, or a file, which is read again each time, so
 * that KVM's exit_stats in debugfs is as good as CPUID.  What is no regular file is read by
 * source_open() only, for one source_read().
 */
struct exit_source {
	/* NULL: CPUID; "-": standard input */
	const char *file;
	/* A vCPU alone, or -1; a file has what it has, whatever this says. */
	long cpu;
	/* Read the histograms, too? */
	bool hists;
	/* And how much of the time was steal and halted? */
	bool steal;
	bool brief;
	/* Is it to be read more than once?  Pipes and the like cannot be. */
	bool again;
	/* What was read of one, until source_read() takes it; NULL otherwise */
	char *text;
	size_t size;

	struct exit_info info;
	struct exit_leaves leaves;
};

/*
 * Find the statistics and their description; file, cpu, hists, steal, brief and again are set.
 * Returns STATUS_OK, or another status after having said why.
 */
int source_open(struct exit_source *source);

/*
 * Read all reasons that have happened, sorted.  What two readings differ in is what
 * happened between them, without the exits of the reading.  Returns a status as
 * source_open() does.
 */
int source_read(struct exit_source *source, struct exit_table *table);

/*
 * The same with an earlier reading of this source at hand, or NULL, which saves the CPUIDs
 * of what has not changed since.  A vCPU whose CPU has gone offline meanwhile has not changed.
 */
int source_read_again(struct exit_source *source, const struct exit_table *before,
		      struct exit_table *table);

/*
 * What has happened between two readings, as exit_table_subtract() says.  Returns false if
 * the VM is no longer the one that was opened: source_open() is then due, since the new
 * counts do not have the exits of our readings, and only readings from then on go together.
 */
bool source_between(const struct exit_source *source, const struct exit_table *after,
		    const struct exit_table *before, struct exit_table *between);

/*
 * The same, but opens the source anew and sets *migrated if it is another VM.  Returns a
 * status as source_open() does.
 */
int source_subtract(struct exit_source *source, const struct exit_table *after,
		    const struct exit_table *before, struct exit_table *between,
		    bool *migrated);

/*
 * The folders vcpuN beside a file, as KVM has them in debugfs, for the caller to globfree()
 * in any order.  Returns false, and nothing to free, if there are none.
 */
bool source_vcpu_folders(const char *file, glob_t *found);

/* How many vCPUs there are whose time counts: of a guest those it uses.  0: not known. */
unsigned int source_vcpus(const struct exit_source *source);

/*
 * For callers that read CPUID themselves: stay on vCPU cpu unless that is -1; find the
 * statistics of it or of the VM; and check that their version is known.  Each returns a
 * status as source_open() does.
 */
int source_pin(long cpu);
int source_open_cpuid(struct exit_leaves *leaves, long cpu, enum exit_leaves_first first);
int source_check_version(const struct exit_info *info);

#endif
