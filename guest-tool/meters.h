/* SPDX-License-Identifier: GPL-2.0 */
#ifndef METERS_H
#define METERS_H

#include <stdbool.h>
#include <stddef.h>

#include "exit_table.h"
#include "source.h"

/* What is read again and again: the VM, or each of its vCPUs by itself. */

struct meter {
	/* cpu is the vCPU, of a file, too; -1 of the VM. */
	struct exit_source source;
	/* The file of a vCPU, or NULL */
	char *path;
	/* The last reading */
	struct exit_table last;
	/* What happened from the one before to that, or, of the first, since the start */
	struct exit_table between;
};

struct meters {
	bool by_vcpu;
	/* What like has in meters_open(): of vCPUs, that of the VM */
	const char *file;
	/* Of all of them together */
	struct exit_info info;
	size_t nr;
	struct meter *of;
};

/*
 * Find what is to be read, and read it for the first time.  like says from where and what,
 * as for source_open().  By vCPU, those are left out on which this thread may not run; they
 * are read one after the other, which wakes each.  The exits of reading a vCPU are its own,
 * and left out.  Of a file, the vCPUs are in the folders beside it, as in KVM's debugfs.
 * Returns a status, having said why if that is not STATUS_OK.
 */
int meters_open(struct meters *meters, const struct exit_source *like, bool by_vcpu);

/*
 * Read all again.  If the VM is no longer the one that was opened, *migrated is set, nothing
 * was between, and all have been opened anew.  Returns a status as meters_open() does.
 */
int meters_read(struct meters *meters, bool *migrated);

/* Open all anew, and read them for the first time.  Returns a status as meters_open() does. */
int meters_begin(struct meters *meters);

/* How many vCPUs there are whose time counts, as source_vcpus() has it. */
unsigned int meters_vcpus(const struct meters *meters);

/* What was between in all of them together: the sum, and the longest exit. */
struct exit_counts meters_total(const struct meters *meters);

/* Free what they hold, after meters_open() even if that failed, or when all is 0. */
void meters_free(struct meters *meters);

#endif
