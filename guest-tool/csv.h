/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CSV_H
#define CSV_H

#include <stdio.h>

#include "exit_table.h"

/* A line with the names of the columns, and one for each reason. */
void csv_print_table(FILE *out, const struct exit_info *info, const struct exit_table *table);

/*
 * The columns of a reason, as the part of a line that begins and ends without a
 * comma: their names, and their values.
 */
void csv_print_names(FILE *out);
void csv_print_row(FILE *out, const struct exit_info *info, const struct exit_row *row);

/* A text of any bytes as a column, in quotation marks. */
void csv_print_text(FILE *out, const char *text);

#endif
