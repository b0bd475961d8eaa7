/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TABLE_PRINT_H
#define TABLE_PRINT_H

#include <stdio.h>

#include "exit_table.h"
#include "meters.h"

/* What was counted, where, and the unit of cycles: one line. */
void table_print_heading(FILE *out, const struct exit_info *info);

/*
 * The totals: exits, cycles, the time that is, cycles per exit.  Where info has steal, here
 * and below, it and halted stand in place of off-CPU, and work in place of KVM.
 */
void table_print_totals(FILE *out, const struct exit_info *info,
			const struct exit_counts *total);

/* A row for each exit number, and the total. */
void table_print(FILE *out, const struct exit_info *info,
		 const struct exit_table *table);

/* The same of each vCPU, with shares of the total of all. */
void table_print_meters(FILE *out, const struct meters *meters);

/*
 * The columns that say whose time cycles were, in percent: KVM's, the VMM's, nobody's; or
 * with steal work, the VMM's, steal and halted.  Of any table of exits, each after two blanks.
 */
void table_print_split_titles(FILE *out, bool steal);
void table_print_split(FILE *out, const struct exit_parts *parts, bool steal);

/* The row of a single exit number, with its shares of the total of all. */
void table_print_one(FILE *out, const struct exit_info *info,
		     const struct exit_row *row, const struct exit_counts *total);

#endif
