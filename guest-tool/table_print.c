// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "exit_names.h"
#include "hist.h"
#include "leaves.h"
#include "table_print.h"
#include "text.h"
#include "time_text.h"
#include "util.h"

#define SPLIT KVM_EXIT_STATS_FEATURE_SPLIT
#define LONGEST KVM_EXIT_STATS_FEATURE_LONGEST
#define STEAL KVM_EXIT_STATS_FEATURE_STEAL
#define HISTOGRAM KVM_EXIT_STATS_FEATURE_HISTOGRAM

void table_print_heading(FILE *out, const struct exit_info *info)
{
	fprintf(out, "VM exits %s ", info->file ? "in" : "of this");
	text_print(out, info->file ? info->file : info->one_vcpu ? "vCPU" : "VM");
	if (info->vcpus && !info->one_vcpu)
		fprintf(out, ", %" PRIu32 " vCPU%s", info->vcpus, info->vcpus == 1 ? "" : "s");
	fprintf(out, ", %s, host TSC %.3f MHz\n\n", exit_encoding_name(info->encoding),
		info->tsc_khz / 1000.0);
}

static bool has_steal(const struct exit_info *info)
{
	return exit_info_has(info, KVM_EXIT_STATS_FEATURE_STEAL);
}

static void print_part(FILE *out, const char *name, double part, double cycles)
{
	fprintf(out, "  %-12s%20.0f  %5.1f%%\n", name, part, percent(part, cycles));
}

static void print_parts(FILE *out, const struct exit_parts *parts, bool steal)
{
	print_part(out, steal ? "work" : "KVM", steal ? parts->work : parts->kvm, parts->cycles);
	print_part(out, "VMM", parts->vmm, parts->cycles);
	if (steal) {
		print_part(out, "steal", parts->steal, parts->cycles);
		print_part(out, "halted", parts->halted, parts->cycles);
	} else {
		print_part(out, "off-CPU", parts->off_cpu, parts->cycles);
	}
}

void table_print_totals(FILE *out, const struct exit_info *info,
			const struct exit_counts *total)
{
	struct exit_parts parts = exit_counts_parts(total);

	fprintf(out, "exits         %20" PRIu64 "\n", total->exits);
	fprintf(out, "cycles        %20" PRIu64 "\n", total->cycles);
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		print_parts(out, &parts, has_steal(info));
	if (info->tsc_khz)
		fprintf(out, "seconds       %20.6f\n",
			total->cycles / (info->tsc_khz * 1000.0));
	fprintf(out, "cycles/exit   %20" PRIu64 "\n", exit_cycles_per_exit(total));
}

struct exit_line exit_line_of(uint32_t number, const struct exit_counts *counts)
{
	struct exit_parts parts = exit_counts_parts(counts);

	return (struct exit_line) {
		.number = number, .vcpu = -1, .exits = counts->exits, .cycles = counts->cycles,
		.parts = parts, .busy = parts.busy, .longest = counts->longest,
		.nested = counts->nested,
	};
}

static void print_percent(struct columns *columns, double part, double whole)
{
	double value = percent(part, whole);

	/* So that a column is no wider than "99.9%" */
	if (value >= 99.95 && value < 100.05)
		columns_cell(columns, "100%%");
	else
		columns_cell(columns, "%.1f%%", value);
}

static void print_cycles(struct columns *columns, const struct line_table *table,
			 long double cycles)
{
	char text[TIME_TEXT_MAX];

	if (exit_view_in_time(table->view, table->info))
		columns_cell(columns, "%s", time_text(cycles, table->info->tsc_khz, 4, text));
	else
		columns_cell(columns, "%.0Lf", cycles);
}

static void print_at(struct columns *columns, const struct line_table *table,
		     const struct exit_line *line)
{
	(void)line;
	columns_cell(columns, "%.6f", table->at);
}

static void print_vcpu(struct columns *columns, const struct line_table *table,
		       const struct exit_line *line)
{
	if (line == &table->total)
		columns_cell(columns, "%s", "");
	else
		columns_cell(columns, "%ld", line->vcpu);
}

static void print_number(struct columns *columns, const struct line_table *table,
			 const struct exit_line *line)
{
	if (line == &table->total)
		columns_cell(columns, "%s", "");
	else
		columns_cell(columns, "%" PRIu32, line->number);
}

static void print_name(struct columns *columns, const struct line_table *table,
		       const struct exit_line *line)
{
	char name[EXIT_NAME_MAX];

	if (line == &table->total)
		columns_cell(columns, "total");
	else
		columns_cell(columns, "%s",
			     exit_name(table->info->encoding, line->number, name));
}

static void print_exits(struct columns *columns, const struct line_table *table,
			const struct exit_line *line)
{
	columns_number(columns, line->exits, table->means, false);
}

static void print_deviation(struct columns *columns, const struct line_table *table,
			    const struct exit_line *line)
{
	(void)table;
	columns_number(columns, line->deviation, 1, false);
}

static void print_process(struct columns *columns, const struct line_table *table,
			  const struct exit_line *line)
{
	if (line->process_known)
		columns_cell(columns, "%s%.*Lf", line->process_estimated ? "~" : "",
			     table->means, line->process);
	else
		columns_cell(columns, "-");
}

static void print_rate(struct columns *columns, const struct line_table *table,
		       const struct exit_line *line)
{
	if (table->seconds > 0)
		columns_number(columns, line->exits / table->seconds, 1, false);
	else
		columns_cell(columns, "-");
}

static void print_share(struct columns *columns, const struct line_table *table,
			const struct exit_line *line)
{
	print_percent(columns, line->exits, table->total.exits);
}

static void print_all_cycles(struct columns *columns, const struct line_table *table,
			     const struct exit_line *line)
{
	print_cycles(columns, table, line->cycles);
}

static void print_busy(struct columns *columns, const struct line_table *table,
		       const struct exit_line *line)
{
	print_percent(columns, line->busy, table->total.busy);
}

static void print_load(struct columns *columns, const struct line_table *table,
		       const struct exit_line *line)
{
	print_percent(columns, line->busy, table->cycles_had);
}

static void print_mean(struct columns *columns, const struct line_table *table,
		       const struct exit_line *line)
{
	if (line->exits > 0)
		print_cycles(columns, table, floorl(line->cycles / line->exits));
	else
		columns_cell(columns, "-");
}

/* The share that a part has of the cycles */
#define PRINT_PART(part)							\
static void print_##part(struct columns *columns, const struct line_table *table, \
			 const struct exit_line *line)				\
{										\
	(void)table;								\
	print_percent(columns, line->parts.part, line->parts.cycles);		\
}

PRINT_PART(kvm)
PRINT_PART(vmm)
PRINT_PART(off_cpu)
PRINT_PART(work)
PRINT_PART(steal)
PRINT_PART(halted)

static void print_longest(struct columns *columns, const struct line_table *table,
			  const struct exit_line *line)
{
	print_cycles(columns, table, line->longest);
}

static void print_nested(struct columns *columns, const struct line_table *table,
			 const struct exit_line *line)
{
	(void)table;
	columns_cell(columns, "%.0Lf", line->nested);
}

static void print_percentile(struct columns *columns, const struct line_table *table,
			     const struct exit_line *line, unsigned int of_100)
{
	uint32_t tsc_khz = exit_view_in_time(table->view, table->info) ?
			   table->info->tsc_khz : 0;
	char text[HIST_LIMIT_MAX];

	columns_cell(columns, "%s", line->hist ?
		     hist_limit_text(line->hist, of_100, tsc_khz, text) : "");
}

static void print_p50(struct columns *columns, const struct line_table *table,
		      const struct exit_line *line)
{
	print_percentile(columns, table, line, 50);
}

static void print_p99(struct columns *columns, const struct line_table *table,
		      const struct exit_line *line)
{
	print_percentile(columns, table, line, 99);
}

static const struct definition {
	const char *title;
	/* If cycles are shown as such; NULL: the same */
	const char *title_in_cycles;
	void (*print)(struct columns *columns, const struct line_table *table,
		      const struct exit_line *line);
	/* What the host has to have for it, or 0 */
	uint32_t feature;
	bool left;
	/* Characters that it has at least, so that a live table keeps its columns */
	int least;
	/* See struct column: first goes what other columns tell, too. */
	unsigned int rank;
	/* As least, in a series of tables */
	int in_series;
} definitions[NR_TABLE_COLUMNS] = {
	[COLUMN_AT] = { "#   seconds", NULL, print_at, 0, false, 0, 0, 0 },
	[COLUMN_VCPU] = { "vCPU", NULL, print_vcpu, 0, false, 0, 0, 0 },
	[COLUMN_EXIT] = { "exit", NULL, print_number, 0, false, 0, 0, 0 },
	[COLUMN_NAME] = { "name", NULL, print_name, 0, true, 0, 0, 0 },
	[COLUMN_EXITS] = { "exits", NULL, print_exits, 0, false, 0, 0, 7 },
	[COLUMN_DEVIATION] = { "+-", NULL, print_deviation, 0, false, 0, 7, 0 },
	[COLUMN_PROCESS] = { "process", NULL, print_process, 0, false, 0, 0, 0 },
	[COLUMN_RATE] = { "exits/s", NULL, print_rate, 0, false, 8, 0, 0 },
	[COLUMN_RATE_TOO] = { "exits/s", NULL, print_rate, 0, false, 0, 13, 9 },
	[COLUMN_SHARE] = { "share", NULL, print_share, 0, false, 5, 12, 0 },
	[COLUMN_CYCLES] = { "time", "cycles", print_all_cycles, 0, false, 0, 1, 7 },
	[COLUMN_BUSY] = { "busy", NULL, print_busy, SPLIT, false, 5, 2, 0 },
	[COLUMN_BUSY_OF_ALL] = { "share", NULL, print_busy, 0, false, 5, 2, 0 },
	[COLUMN_LOAD] = { "time", NULL, print_load, 0, false, 5, 2, 0 },
	[COLUMN_MEAN] = { "time/exit", "cycles/exit", print_mean, 0, false, 0, 3, 0 },
	[COLUMN_KVM] = { "KVM", NULL, print_kvm, SPLIT, false, 5, 4, 0 },
	[COLUMN_WORK] = { "work", NULL, print_work, STEAL, false, 5, 4, 0 },
	[COLUMN_VMM] = { "VMM", NULL, print_vmm, SPLIT, false, 5, 5, 0 },
	[COLUMN_OFF_CPU] = { "off-CPU", NULL, print_off_cpu, SPLIT, false, 5, 6, 0 },
	[COLUMN_STEAL] = { "steal", NULL, print_steal, STEAL, false, 5, 6, 0 },
	[COLUMN_HALTED] = { "halted", NULL, print_halted, STEAL, false, 5, 6, 0 },
	[COLUMN_LONGEST] = { "longest", NULL, print_longest, LONGEST, false, 0, 10, 0 },
	[COLUMN_NESTED] = { "nested", NULL, print_nested, 0, false, 0, 11, 0 },
	[COLUMN_P50] = { "p50", NULL, print_p50, HISTOGRAM, false, 0, 8, 0 },
	[COLUMN_P99] = { "p99", NULL, print_p99, HISTOGRAM, false, 0, 9, 0 },
};

static bool is_wanted(const struct line_table *table, enum table_column column)
{
	uint32_t feature = definitions[column].feature;

	if (!(table->columns & 1U << column))
		return false;
	return !feature || exit_info_has(table->info, feature);
}

static int least_width(const struct line_table *table, enum table_column column)
{
	const struct definition *definition = &definitions[column];

	if (column == COLUMN_NAME)
		return table->name_width;
	return table->series && definition->in_series ? definition->in_series : definition->least;
}

static const char *column_title(const struct line_table *table, enum table_column column)
{
	const struct definition *definition = &definitions[column];

	/* As perf calls an event in user mode */
	if (column == COLUMN_PROCESS && table->user_only)
		return "process:u";
	if (definition->title_in_cycles && !exit_view_in_time(table->view, table->info))
		return definition->title_in_cycles;
	return definition->title;
}

static void add_columns(struct columns *columns, const struct line_table *table)
{
	const struct definition *definition;
	struct column column;
	unsigned int i;

	for (i = 0; i < NR_TABLE_COLUMNS; i++) {
		if (!is_wanted(table, i))
			continue;
		definition = &definitions[i];
		column = (struct column) {
			.left = definition->left, .rank = definition->rank,
			.least = least_width(table, i),
		};
		snprintf(column.title, sizeof(column.title), "%s", column_title(table, i));
		columns_add(columns, &column);
	}
}

static void add_line(struct columns *columns, const struct line_table *table,
		     const struct exit_line *line)
{
	unsigned int i;

	for (i = 0; i < NR_TABLE_COLUMNS; i++) {
		if (is_wanted(table, i))
			definitions[i].print(columns, table, line);
	}
}

enum exit_order default_order(const struct exit_info *info)
{
	return exit_info_has(info, SPLIT) ? ORDER_BUSY : ORDER_EXITS;
}

static long double sort_key(const struct exit_line *line, enum exit_order order)
{
	switch (order) {
	case ORDER_BUSY:
		return line->busy;
	case ORDER_CYCLES:
		return line->cycles;
	case ORDER_MEAN:
		return line->exits > 0 ? line->cycles / line->exits : 0;
	case ORDER_LONGEST:
		return line->longest;
	case ORDER_NAME:
		return 0;
	default:
		return line->exits;
	}
}

struct sorting {
	bool by_vcpu;
	enum exit_order order;
	unsigned int encoding;
};

static int compare_names(const struct exit_line *a, const struct exit_line *b,
			 unsigned int encoding)
{
	char name_a[EXIT_NAME_MAX], name_b[EXIT_NAME_MAX];

	return strcasecmp(exit_name(encoding, a->number, name_a),
			  exit_name(encoding, b->number, name_b));
}

static int compare_lines(const void *a, const void *b, void *data)
{
	const struct exit_line *la = a, *lb = b;
	const struct sorting *sorting = data;
	long double ka = sort_key(la, sorting->order), kb = sort_key(lb, sorting->order);
	int names = sorting->order == ORDER_NAME ?
		    compare_names(la, lb, sorting->encoding) : 0;

	if (sorting->by_vcpu && la->vcpu != lb->vcpu)
		return la->vcpu < lb->vcpu ? -1 : 1;
	if (names)
		return names;
	if (ka != kb)
		return ka < kb ? 1 : -1;
	if (la->exits != lb->exits)
		return la->exits < lb->exits ? 1 : -1;
	if (la->number != lb->number)
		return la->number < lb->number ? -1 : 1;
	return la->vcpu < lb->vcpu ? -1 : la->vcpu > lb->vcpu;
}

static void sort(struct exit_line *lines, size_t nr, const struct sorting *sorting)
{
	if (nr)
		qsort_r(lines, nr, sizeof(*lines), compare_lines, (void *)sorting);
}

void lines_sort(struct exit_line *lines, size_t nr, enum exit_order order,
		const struct exit_info *info)
{
	const struct sorting sorting = { .order = order, .encoding = info->encoding };

	sort(lines, nr, &sorting);
}

static void sort_table(struct line_table *table)
{
	enum exit_order order = table->view->order;
	const struct sorting sorting = {
		.by_vcpu = table->by_vcpu, .encoding = table->info->encoding,
		.order = order == ORDER_DEFAULT ? default_order(table->info) : order,
	};

	sort(table->lines, table->nr, &sorting);
}

static void add_lines(struct columns *columns, const struct line_table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++) {
		if (exit_view_has(table->view, table->lines[i].number))
			add_line(columns, table, &table->lines[i]);
	}
	if (table->print_total)
		add_line(columns, table, &table->total);
}

bool line_table_print(FILE *out, struct line_table *table, int width)
{
	struct columns alone = { 0 };
	struct columns *columns = table->series ? table->series : &alone;
	bool good;

	sort_table(table);
	if (!columns->nr)
		add_columns(columns, table);
	add_lines(columns, table);
	good = table->series ? columns_print_more(out, columns, width) :
			       columns_print(out, columns, width);
	columns_free(&alone);
	return good;
}

/* There has to be room for them. */
static void append(struct line_table *table, const struct exit_table *counted, long vcpu)
{
	struct exit_line *line;
	size_t i;

	for (i = 0; i < counted->nr; i++) {
		line = &table->lines[table->nr++];
		*line = exit_line_of(counted->rows[i].number, &counted->rows[i].counts);
		line->vcpu = vcpu;
	}
}

bool line_table_of_meters(struct line_table *table, const struct meters *meters)
{
	const struct exit_counts total = meters_total(meters);
	size_t i, nr = 0;

	for (i = 0; i < meters->nr; i++)
		nr += meters->of[i].between.nr;
	table->lines = calloc(nr + 1, sizeof(*table->lines));
	if (!table->lines)
		return false;
	table->info = &meters->info;
	table->by_vcpu = meters->by_vcpu;
	if (meters->by_vcpu)
		table->columns |= 1U << COLUMN_VCPU;
	table->total = exit_line_of(0, &total);
	for (i = 0; i < meters->nr; i++)
		append(table, &meters->of[i].between, meters->of[i].source.cpu);
	return true;
}

static unsigned int columns_of(const struct exit_info *info, bool nested)
{
	unsigned int columns = 1U << COLUMN_EXIT | 1U << COLUMN_NAME | 1U << COLUMN_EXITS |
		1U << COLUMN_SHARE | 1U << COLUMN_CYCLES | 1U << COLUMN_MEAN | 1U << COLUMN_VMM |
		1U << COLUMN_LONGEST;

	columns |= exit_info_has(info, SPLIT) ? 1U << COLUMN_BUSY : 1U << COLUMN_BUSY_OF_ALL;
	columns |= has_steal(info) ?
		   1U << COLUMN_WORK | 1U << COLUMN_STEAL | 1U << COLUMN_HALTED :
		   1U << COLUMN_KVM | 1U << COLUMN_OFF_CPU;
	if (nested)
		columns |= 1U << COLUMN_NESTED;
	return columns;
}

/* With steal the time off-CPU is known better: busy is what KVM and the VMM worked. */
static void set_busy(const struct exit_info *info, struct exit_line *line)
{
	if (has_steal(info))
		line->busy = line->parts.vmm + line->parts.work;
}

static bool print_counted(FILE *out, struct line_table *table)
{
	size_t i;

	table->columns |= columns_of(table->info, table->total.nested > 0);
	set_busy(table->info, &table->total);
	for (i = 0; i < table->nr; i++)
		set_busy(table->info, &table->lines[i]);
	return line_table_print(out, table, line_width(out));
}

bool table_print(FILE *out, const struct exit_info *info, const struct exit_table *table,
		 const struct exit_view *view, bool print_total)
{
	struct line_table lines = {
		.info = info, .view = view, .lines = calloc(table->nr + 1, sizeof(*lines.lines)),
		.total = exit_line_of(0, &table->total), .print_total = print_total,
	};
	bool good = lines.lines;

	if (good) {
		append(&lines, table, -1);
		good = print_counted(out, &lines);
	}
	free(lines.lines);
	return good;
}

bool table_print_meters(FILE *out, const struct meters *meters, const struct exit_view *view)
{
	struct line_table lines = { .view = view, .print_total = true };
	bool good = line_table_of_meters(&lines, meters) && print_counted(out, &lines);

	free(lines.lines);
	return good;
}
