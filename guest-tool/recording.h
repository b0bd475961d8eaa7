/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RECORDING_H
#define RECORDING_H

#include <stddef.h>

#include "exit_table.h"

/*
 * What had been counted, from a file: a dump of CPUID as --raw prints it, or the
 * table of KVM's exit_stats in debugfs, see host-patch/exit-stats.rst.
 */

/* What is wrong with a file, in words */
struct recording_error {
	char text[128];
};

/*
 * Parse text, of size bytes and a NUL.  Returns false, with error filled in, if it is
 * neither of them or incomplete.
 */
bool recording_parse(const char *text, size_t size, struct exit_info *info,
		     struct exit_table *table, struct recording_error *error);

#endif
