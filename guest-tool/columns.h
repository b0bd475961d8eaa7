/* SPDX-License-Identifier: GPL-2.0 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * A table of words that is laid out when all of it is there: a column is as wide as what is in
 * it, and no line longer than asked for.
 */

/* Room for a title and for what is in a cell */
#define TITLE_SIZE 16
#define CELL_SIZE 48

struct column {
	char title[TITLE_SIZE];
	bool left;
	/* Characters that it has at least */
	int least;
	/* Where there is no room those of the highest are left out first; 0: it stays. */
	unsigned int rank;
	/* What stays together on a line; 0: on each, where all groups do not fit on one */
	unsigned int group;
};

/* All zeros: an empty one */
struct columns {
	size_t nr;
	struct column *list;
	/* Row by row, and how many there is room for */
	size_t nr_cells, room;
	char (*cells)[CELL_SIZE];
	bool no_memory;
	/* By columns_print_more() */
	bool printed;
};

/* Add a column, before any cell.  A title that is too long is cut. */
void columns_add(struct columns *columns, const struct column *column);

/* Write the next cell of a row, or the first of the next row. */
void __attribute__((format(printf, 2, 3)))
columns_cell(struct columns *columns, const char *format, ...);

/* The same, for a number: what is too long for a cell with five digits and an exponent. */
void columns_number(struct columns *columns, long double value, int decimals, bool sign);

/*
 * Print it, in lines of at most so many characters, as far as what stays fits in them.
 * Returns false if there was no memory for it, with nothing printed.
 */
bool columns_print(FILE *out, const struct columns *columns, int width);

/*
 * The same for rows that were added since the last time, below those, in columns of the same
 * widths: the titles come again only if one had to become wider.
 */
bool columns_print_more(FILE *out, struct columns *columns, int width);

void columns_free(struct columns *columns);

/*
 * The characters of a line: those of the terminal, or COLUMNS of the environment in their
 * place, or 100 if out is none.
 */
int line_width(FILE *out);

#endif
