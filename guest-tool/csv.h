/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CSV_H
#define CSV_H

#include <stdio.h>

#include "exit_view.h"
#include "meters.h"
#include "process_exits.h"

/*
 * A line with the names of the columns of reasons, and a line for each reason that the view has
 * of what is between in all meters.  By vCPU there is one more column, the last.  before and
 * after are the caller's own columns on both sides of the others, with the commas between, or
 * "".  With process, unless that is NULL, its exits and whether they are an estimate follow, and
 * a last line has all exits.
 */
void csv_print_names(FILE *out, const struct meters *meters, const char *before,
		     const char *after);
void csv_print_rows(FILE *out, const struct meters *meters, const struct exit_view *view,
		    const char *before, const char *after, const struct process_exits *process);

/* A text of any bytes as a column, in quotation marks. */
void csv_print_text(FILE *out, const char *text);

#endif
