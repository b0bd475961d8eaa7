/* SPDX-License-Identifier: GPL-2.0 */
#ifndef METRICS_READ_H
#define METRICS_READ_H

#include "metrics.h"
#include "metrics_options.h"

/*
 * Read the metrics of what options say, for the caller to metrics_free() whatever is returned.
 * Returns STATUS_OK even if single VMs could not be read: those have an error.  Otherwise
 * metrics->error, or the only VM's, says why, or a message has; there are metrics all the same.
 */
int metrics_read(const struct metrics_options *options, struct metrics *metrics);

/* Say on standard error what metrics_read() has found wrong, a line each. */
void metrics_complain(const struct metrics *metrics);

/* Of where it may be read from: for metrics_read().  They return a status as that does. */
int metrics_read_guest(const struct metrics_options *options, struct metrics *metrics);
int metrics_read_host(const struct metrics_options *options, struct metrics *metrics);
int metrics_read_qmp(const struct metrics_options *options, struct metrics *metrics);

#endif
