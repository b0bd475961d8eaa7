// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "columns.h"
#include "util.h"

#define LINE_WIDTH 100
#define BETWEEN 2

void columns_add(struct columns *columns, const struct column *column)
{
	struct column *list = reallocarray(columns->list, columns->nr + 1, sizeof(*list));

	if (!list) {
		columns->no_memory = true;
		return;
	}
	columns->list = list;
	list[columns->nr++] = *column;
}

static bool make_room(struct columns *columns)
{
	size_t room = columns->room ? 2 * columns->room : 256;
	void *cells;

	if (columns->nr_cells < columns->room)
		return true;
	cells = reallocarray(columns->cells, room, sizeof(*columns->cells));
	if (!cells) {
		columns->no_memory = true;
		return false;
	}
	columns->cells = cells;
	columns->room = room;
	return true;
}

void columns_cell(struct columns *columns, const char *format, ...)
{
	va_list args;

	if (!make_room(columns))
		return;
	va_start(args, format);
	vsnprintf(columns->cells[columns->nr_cells++], CELL_SIZE, format, args);
	va_end(args);
}

void columns_number(struct columns *columns, long double value, int decimals, bool sign)
{
	const char *plus = sign && value >= 0 ? "+" : "";

	if (fabsl(value) >= 1e20)
		columns_cell(columns, "%s%.5Lg", plus, value);
	else
		columns_cell(columns, "%s%.*Lf", plus, decimals, value);
}

void columns_free(struct columns *columns)
{
	free(columns->list);
	free(columns->cells);
	*columns = (struct columns) { 0 };
}

/* How the columns are laid out */
struct layout {
	const struct columns *columns;
	int *widths;
	/* Columns of this rank and above are left out. */
	unsigned int limit;
};

static void widen(int *width, const char *text)
{
	int length = strlen(text);

	if (*width < length)
		*width = length;
}

static void measure_columns(struct layout *layout)
{
	const struct columns *columns = layout->columns;
	size_t i;

	for (i = 0; i < columns->nr; i++) {
		layout->widths[i] = columns->list[i].least;
		widen(&layout->widths[i], columns->list[i].title);
	}
	for (i = 0; i < columns->nr_cells; i++)
		widen(&layout->widths[i % columns->nr], columns->cells[i]);
}

static bool is_shown(const struct layout *layout, const struct column *column)
{
	return !column->rank || column->rank < layout->limit;
}

/* Of the columns of a group, each with the blanks before it */
static int group_width(const struct layout *layout, unsigned int group)
{
	int width = 0;
	size_t i;

	for (i = 0; i < layout->columns->nr; i++) {
		const struct column *column = &layout->columns->list[i];

		if (column->group == group && is_shown(layout, column))
			width += layout->widths[i] + BETWEEN;
	}
	return width;
}

static unsigned int last_group(const struct columns *columns)
{
	return columns->nr ? columns->list[columns->nr - 1].group : 0;
}

static bool fits(const struct layout *layout, int width)
{
	int common = group_width(layout, 0) - BETWEEN;
	unsigned int group;

	for (group = 1; group <= last_group(layout->columns); group++) {
		if (common + group_width(layout, group) > width)
			return false;
	}
	return common <= width;
}

static void leave_out(struct layout *layout, int width)
{
	size_t i;

	layout->limit = 1;
	for (i = 0; i < layout->columns->nr; i++) {
		if (layout->limit <= layout->columns->list[i].rank)
			layout->limit = layout->columns->list[i].rank + 1;
	}
	while (layout->limit > 1 && !fits(layout, width))
		layout->limit--;
}

/* The groups from first on that a line has room for: the first that it has not, at least 1 more */
static unsigned int groups_end(const struct layout *layout, unsigned int first, int width)
{
	int used = group_width(layout, 0) - BETWEEN + group_width(layout, first);
	unsigned int end = first + 1;

	while (end <= last_group(layout->columns) &&
	       (used += group_width(layout, end)) <= width)
		end++;
	return end;
}

/* cells is NULL: the titles.  No line ends with blanks. */
static void print_line(FILE *out, const struct layout *layout, unsigned int first,
		       unsigned int end, char (*cells)[CELL_SIZE])
{
	int blanks = 0;
	size_t i;

	for (i = 0; i < layout->columns->nr; i++) {
		const struct column *column = &layout->columns->list[i];
		const char *text = cells ? cells[i] : column->title;
		int pad = layout->widths[i] - strlen(text);

		if (!is_shown(layout, column) ||
		    (column->group && (column->group < first || column->group >= end)))
			continue;
		if (*text) {
			fprintf(out, "%*s%s", blanks + (column->left ? 0 : pad), "", text);
			blanks = column->left ? pad : 0;
		} else {
			blanks += pad;
		}
		blanks += BETWEEN;
	}
	fputc('\n', out);
}

static void print_rows(FILE *out, const struct layout *layout, unsigned int first,
		       unsigned int end)
{
	const struct columns *columns = layout->columns;
	size_t i;

	for (i = 0; i + columns->nr <= columns->nr_cells; i += columns->nr)
		print_line(out, layout, first, end, &columns->cells[i]);
}

/* Returns false if there is no memory.  The caller frees the widths. */
static bool lay_out(struct layout *layout, const struct columns *columns, int width)
{
	*layout = (struct layout) { .columns = columns };
	if (columns->no_memory)
		return false;
	layout->widths = calloc(columns->nr + 1, sizeof(*layout->widths));
	if (!layout->widths)
		return false;
	measure_columns(layout);
	leave_out(layout, width);
	return true;
}

bool columns_print(FILE *out, const struct columns *columns, int width)
{
	unsigned int first, end;
	struct layout layout;

	if (!lay_out(&layout, columns, width))
		return false;
	for (first = 1; first == 1 || first <= last_group(columns); first = end) {
		end = groups_end(&layout, first, width);
		if (first > 1)
			fputc('\n', out);
		print_line(out, &layout, first, end, NULL);
		print_rows(out, &layout, first, end);
	}
	free(layout.widths);
	return true;
}

/* Returns whether one has become wider, and is to stay so. */
static bool keep_widths(struct columns *columns, const struct layout *layout)
{
	bool wider = false;
	size_t i;

	for (i = 0; i < columns->nr; i++) {
		wider |= layout->widths[i] > columns->list[i].least;
		columns->list[i].least = layout->widths[i];
	}
	return wider;
}

bool columns_print_more(FILE *out, struct columns *columns, int width)
{
	struct layout layout;

	if (!lay_out(&layout, columns, width))
		return false;
	if (keep_widths(columns, &layout) || !columns->printed)
		print_line(out, &layout, 0, 0, NULL);
	print_rows(out, &layout, 0, 0);
	columns->printed = true;
	columns->nr_cells = 0;
	free(layout.widths);
	return true;
}

int line_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint32_t width;

	if (!isatty(fileno(out)))
		return LINE_WIDTH;
	if (columns && parse_decimal(columns, &width) && width && width <= INT16_MAX)
		return width;
	return !ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : LINE_WIDTH;
}
