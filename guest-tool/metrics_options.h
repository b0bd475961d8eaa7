/* SPDX-License-Identifier: GPL-2.0 */
#ifndef METRICS_OPTIONS_H
#define METRICS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "metrics.h"

/* From where metrics are read, and which: what cpuid-query metrics and the exporter share. */
struct metrics_options {
	/* A file to read from in place of CPUID, or NULL */
	const char *from;
	/* All VMs of this host, by debugfs? */
	bool host;
	/* Sockets of QEMU's QMP, as of <argz.h>; none: not by QMP */
	char *sockets;
	size_t sockets_size;
	/* Each vCPU by itself? */
	bool per_vcpu;
	enum metrics_histograms histograms;
	/* Where debugfs, /proc and /sys are */
	const char *debugfs, *procfs, *sysfs;
};

/* The options before any was parsed. */
#define METRICS_OPTIONS { .debugfs = "/sys/kernel/debug", .procfs = "/proc", .sysfs = "/sys" }

/* As a child of a program's argp; its input is a struct metrics_options. */
extern const struct argp metrics_argp;

/* Free what they hold. */
void metrics_options_free(struct metrics_options *options);

#endif
