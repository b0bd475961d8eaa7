/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TABLE_PRINT_H
#define TABLE_PRINT_H

#include <stdio.h>

#include "exit_table.h"
#include "meters.h"

/* What was counted, where, and the unit of cycles: one line. */
void table_print_heading(FILE *out, const struct exit_info *info);

/* The totals: exits, cycles, the time that is, cycles per exit. */
void table_print_totals(FILE *out, const struct exit_info *info,
			const struct exit_counts *total);

/* A row for each exit number, and the total. */
void table_print(FILE *out, const struct exit_info *info,
		 const struct exit_table *table);

/* The same of each vCPU, with shares of the total of all. */
void table_print_meters(FILE *out, const struct meters *meters);

/*
 * The columns that say whose time cycles were, in percent: KVM's, the VMM's, nobody's.
 * Of any table of exits, each after two blanks.
 */
void table_print_split_titles(FILE *out);
void table_print_split(FILE *out, double cycles, double vmm, double off_cpu);

/* The row of a single exit number, with its shares of the total of all. */
void table_print_one(FILE *out, const struct exit_info *info,
		     const struct exit_row *row, const struct exit_counts *total);

#endif
