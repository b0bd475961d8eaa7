/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TABLE_PRINT_H
#define TABLE_PRINT_H

#include <stdio.h>

#include "columns.h"
#include "exit_table.h"
#include "exit_view.h"
#include "meters.h"

/* What was counted, where, and the unit of cycles: one line. */
void table_print_heading(FILE *out, const struct exit_info *info);

/*
 * The totals: exits, cycles, the time that is, cycles per exit.  Where info has steal, here
 * and below, it and halted stand in place of off-CPU, and work in place of KVM.
 */
void table_print_totals(FILE *out, const struct exit_info *info,
			const struct exit_counts *total);

/* A line of any table of exits: one reason, or all; counts, or means of a run. */
struct exit_line {
	uint32_t number;
	/* -1: of all vCPUs */
	long vcpu;
	/* Of a type that has all digits of 64 bits; all but exits and nested are cycles */
	long double exits, cycles, longest, nested;
	/* Whose time the cycles were, and what of it counts as busy, in cycles */
	struct exit_parts parts;
	double busy;
	/* Standard deviation of exits between runs */
	double deviation;
	/* Exits of the process alone; whether they are known, and whether that is an estimate */
	long double process;
	bool process_known, process_estimated;
	/* NULL: there is none */
	const struct exit_hist *hist;
};

/* A line of counts, of all vCPUs and without a histogram. */
struct exit_line exit_line_of(uint32_t number, const struct exit_counts *counts);

/*
 * The columns that there are, in the order in which they are printed.  Those for what the
 * host does not count, or that would be empty, are left out of any table.
 */
enum table_column {
	/* The end of an interval */
	COLUMN_AT,
	COLUMN_VCPU,
	COLUMN_EXIT,
	COLUMN_NAME,
	COLUMN_EXITS,
	COLUMN_DEVIATION,
	/* Exits of the process alone */
	COLUMN_PROCESS,
	/* Exits per second: alone, and beside exits */
	COLUMN_RATE,
	COLUMN_RATE_TOO,
	/* Of all exits */
	COLUMN_SHARE,
	COLUMN_CYCLES,
	/* The share of all busy cycles, under two titles */
	COLUMN_BUSY,
	COLUMN_BUSY_OF_ALL,
	/* The share of the time that vCPUs had */
	COLUMN_LOAD,
	COLUMN_MEAN,
	COLUMN_KVM,
	/* In place of KVM and off-CPU, with steal and halted */
	COLUMN_WORK,
	COLUMN_VMM,
	COLUMN_OFF_CPU,
	COLUMN_STEAL,
	COLUMN_HALTED,
	COLUMN_LONGEST,
	COLUMN_NESTED,
	COLUMN_P50,
	COLUMN_P99,
	NR_TABLE_COLUMNS,
};

struct line_table {
	const struct exit_info *info;
	const struct exit_view *view;
	/* A bit, 1 << COLUMN_, for each column that it is to have */
	unsigned int columns;
	/* NULL, or the columns of a series of tables, see columns_print_more(), empty at first */
	struct columns *series;
	size_t nr;
	struct exit_line *lines;
	/* vCPU by vCPU: the order is that of the rows of each. */
	bool by_vcpu;
	/* Of the VM: what shares are of; it is the last line if print_total says so. */
	struct exit_line total;
	bool print_total;
	/* Seconds from the start to the end of the interval */
	double at;
	/* Are exits means, with a decimal? */
	bool means;
	/* Are those of the process only those in user mode? */
	bool user_only;
	/* What exits per second are of; 0: not known */
	double seconds;
	/* Cycles that the vCPUs of a line had in that, for COLUMN_LOAD */
	double cycles_had;
	/* Characters of the names at least, so that they stay where they are */
	int name_width;
};

/* For it, so that a new reason seldom moves the columns: EXTERNAL_INTERRUPT */
#define NAME_WIDTH 18

/* Sort lines, the most first, or by name. */
void lines_sort(struct exit_line *lines, size_t nr, enum exit_order order,
		const struct exit_info *info);

/* What the order is if none was chosen: by time, where the host knows what was off-CPU. */
enum exit_order default_order(const struct exit_info *info);

/*
 * Sort the lines as the view says, and print those that it has, in at most so many
 * characters a line, see columns_print().  Returns false if there is no memory.
 */
bool line_table_print(FILE *out, struct line_table *table, int width);

/*
 * What a table is of: what is between in all meters.  Fills in info, nr, lines, which the caller
 * frees, by_vcpu, and total, and if by vCPU adds that column.  Returns false if there is no
 * memory.
 */
bool line_table_of_meters(struct line_table *table, const struct meters *meters);

/* The rows of a table that the view has, and if so the total.  Returns false likewise. */
bool table_print(FILE *out, const struct exit_info *info, const struct exit_table *table,
		 const struct exit_view *view, bool print_total);

/* The same of all meters, with the total. */
bool table_print_meters(FILE *out, const struct meters *meters, const struct exit_view *view);

#endif
