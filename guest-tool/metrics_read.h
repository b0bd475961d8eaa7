/* SPDX-License-Identifier: GPL-2.0 */
#ifndef METRICS_READ_H
#define METRICS_READ_H

#include "metrics.h"
#include "metrics_options.h"

/*
 * Read the metrics of what options say, for the caller to metrics_free() whatever is returned.
 * Returns STATUS_OK even if single VMs of a host could not be read: those have an error, and so has
 * the VM of a guest.  If VMs could not even be looked for, metrics->error says why, or a message
 * has; there are no metrics then.
 */
int metrics_read(const struct metrics_options *options, struct metrics *metrics);

/*
 * What metrics_read() has found wrong, as lines, for the caller to free; an empty text if that is
 * nothing, NULL if there is no memory.
 */
char *metrics_complaints(const struct metrics *metrics);

/* Of where it may be read from: for metrics_read().  They return a status as that does. */
int metrics_read_guest(const struct metrics_options *options, struct metrics *metrics);
int metrics_read_host(const struct metrics_options *options, struct metrics *metrics);
int metrics_read_qmp(const struct metrics_options *options, struct metrics *metrics);

#endif
