/* SPDX-License-Identifier: GPL-2.0 */
#ifndef METRICS_QMP_H
#define METRICS_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "exit_table.h"
#include "qmp.h"

/*
 * Add what QEMU's query-stats says of a vCPU, its array "stats", to a table and to the cycles of
 * all reasons.  Returns false if it has no exit statistics.
 */
bool metrics_parse_stats(const json_t *stats, unsigned int encoding, struct exit_table *table,
			 uint64_t *cycles);

#endif
