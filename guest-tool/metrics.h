/* SPDX-License-Identifier: GPL-2.0 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "exit_table.h"

/* The statistics of VMs as metrics for Prometheus, see cpuid-query-metrics(1). */

/* What has been counted of a VM, or of one of its vCPUs */
struct metrics_table {
	/* -1: the VM */
	long vcpu;
	size_t nr;
	struct exit_row *rows;
	/* Of all reasons together, where cycles are not known by reason */
	uint64_t cycles;
};

struct metrics_vm {
	/* What it is called, for people and by itself; NULL in a guest, and where not known */
	char *name, *uuid;
	/* The folder in debugfs, or NULL */
	char *id;
	/* Were the statistics read?  If not, error says why, and the rest is all zeros. */
	bool up;
	char error[192];
	struct exit_info info;
	/* Are cycles known for all reasons together only? */
	bool cycles_of_all;
	/* When the VM was created, in seconds since 1970; 0 if not known */
	double start_time;
	size_t nr;
	struct metrics_table *tables;
};

/* All zeros: none were read */
struct metrics {
	/* Of a host, not of the VM that this runs in? */
	bool host;
	/* Of a host: how many VMs there are */
	size_t found;
	/* Has the host's kvm the statistics, and are they on?  -1: not known */
	int modules, enabled;
	size_t nr;
	struct metrics_vm *vms;
	/* How long reading took, in seconds */
	double took;
	/* Why VMs could not be looked for, or empty */
	char error[192];
};

/*
 * Add a VM of which nothing is known, or a table to a VM, with a copy of the rows.  They return
 * NULL or false, with a message, if there is no memory.
 */
struct metrics_vm *metrics_add_vm(struct metrics *metrics);
bool metrics_add_table(struct metrics_vm *vm, long vcpu, const struct exit_table *table);

/* Say why a VM's statistics could not be read. */
void __attribute__((format(printf, 2, 3)))
metrics_vm_failed(struct metrics_vm *vm, const char *format, ...);

/* Forget the VM that was added last. */
void metrics_drop_vm(struct metrics *metrics);

/*
 * Sort the VMs of a host by name.  Of those that have name and UUID in common all but the one
 * that was started first get another name, with the folder's behind it.
 */
void metrics_sort(struct metrics *metrics);

void metrics_free(struct metrics *metrics);

/*
 * Take the second of two readings, with parts of the cycles and histograms that belong to its
 * counts.  A reading goes on while the VM does: parts that were the same before and after the
 * cycles were read are parts of those.  Without that, cycles less their parts would at times be
 * less than before, and pass for a counter that begins anew.  Returns false if there are parts
 * that have changed.
 */
bool metrics_settle(const struct exit_table *first, struct exit_table *second);

/* How many readings are made at most for that */
#define METRICS_READINGS 4

enum metrics_histograms {
	/* Of each VM */
	HISTOGRAMS_VM,
	/* Of each reason of each VM */
	HISTOGRAMS_REASON,
	HISTOGRAMS_NONE,
};

/* Print them in Prometheus' text format, or as OpenMetrics. */
void metrics_print(FILE *out, const struct metrics *metrics, enum metrics_histograms histograms,
		   bool openmetrics);

#endif
