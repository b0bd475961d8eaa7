// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "comparison.h"
#include "exit_names.h"
#include "json.h"
#include "table_print.h"
#include "text.h"
#include "time_text.h"

/* A, B, ..., then numbers */
static const char *column_name(size_t column, char name[8])
{
	if (column < 26)
		snprintf(name, 8, "%c", (char)('A' + column));
	else
		snprintf(name, 8, "%u", (unsigned int)column % 100000 + 1);
	return name;
}

/* Are cycles of all of them shown as a time? */
static bool in_time(const struct comparison *comparison)
{
	const struct exit_info *first = &comparison->results[0].info;
	size_t i;

	for (i = 0; i < comparison->nr_results; i++) {
		if (comparison->results[i].info.tsc_khz != first->tsc_khz)
			return false;
	}
	return comparison->by_cycles && exit_view_in_time(comparison->view, first);
}

static void print_heading(FILE *out, const struct comparison *comparison)
{
	const struct exit_runs *runs;
	char name[8];
	size_t i;

	fprintf(out, "%s per run\n", !comparison->by_cycles ? "VM exits" :
		in_time(comparison) ? "Time in VM exits" : "Cycles in VM exits");
	for (i = 0; i < comparison->nr_results; i++) {
		runs = &comparison->results[i].measured;
		fprintf(out, "  %s  ", column_name(i, name));
		text_print(out, runs->command);
		fprintf(out, ", %zu run%s", runs->nr, runs->nr == 1 ? "" : "s");
		if (comparison->results[i].baseline.command)
			text_print_quoted(out, ", minus baseline",
					  comparison->results[i].baseline.command);
		fputc('\n', out);
	}
	fputc('\n', out);
}

/*
 * Columns of the groups from 1 on, one group for each result but the first.  Where there is
 * no room it is the difference that goes: B and B / A say it, too.
 */
static void add_columns(struct columns *columns, const struct comparison *comparison)
{
	struct column column = { .rank = 0 };
	char name[8];
	size_t i;

	columns_add(columns, &(struct column) { .title = "exit" });
	columns_add(columns, &(struct column) { .title = "name", .left = true });
	columns_add(columns, &(struct column) { .title = "A" });
	for (i = 1; i < comparison->nr_results; i++) {
		column.group = i;
		strcpy(column.title, column_name(i, name));
		columns_add(columns, &column);
		column.rank = 1;
		snprintf(column.title, sizeof(column.title), "%s - A", name);
		columns_add(columns, &column);
		column.rank = 0;
		snprintf(column.title, sizeof(column.title), "%s / A", name);
		columns_add(columns, &column);
		strcpy(column.title, "+-");
		columns_add(columns, &column);
		strcpy(column.title, "");
		columns_add(columns, &column);
	}
}

/* Print a value of a run, or with a sign the difference of two. */
typedef void print_fn(struct columns *columns, const struct comparison *comparison, double value,
		      bool sign);

/* Exits or cycles */
static void print_value(struct columns *columns, const struct comparison *comparison,
			double value, bool sign)
{
	char text[TIME_TEXT_MAX];

	if (in_time(comparison))
		columns_cell(columns, "%s%s", sign && value >= 0 ? "+" : "",
			     time_text(value, comparison->results[0].info.tsc_khz, 4, text));
	else
		columns_number(columns, value, 1, sign);
}

static void print_seconds(struct columns *columns, const struct comparison *comparison,
			  double value, bool sign)
{
	(void)comparison;
	columns_number(columns, value, 6, sign);
}

static void print_tax(struct columns *columns, const struct comparison *comparison,
		      double value, bool sign)
{
	(void)comparison;
	columns_number(columns, value, 2, sign);
}

static void print_ratio(struct columns *columns, const struct compared *first,
			const struct compared *other)
{
	struct ratio ratio = { 0 };

	if (sample_ratio(&first->sample, &other->sample, &ratio))
		columns_number(columns, ratio.value, 2, false);
	else
		columns_cell(columns, "-");
	if (ratio.has_error)
		columns_number(columns, ratio.error, 2, false);
	else
		columns_cell(columns, "-");
	columns_cell(columns, "%s", other->differs ? "*" : "");
}

static void print_cells(struct columns *columns, const struct comparison *comparison,
			const struct compared *of,
			print_fn *print)
{
	size_t i;

	print(columns, comparison, of[0].sample.mean, false);
	for (i = 1; i < comparison->nr_results; i++) {
		print(columns, comparison, of[i].sample.mean, false);
		print(columns, comparison, of[i].sample.mean - of[0].sample.mean, true);
		print_ratio(columns, &of[0], &of[i]);
	}
}

/* The spread of the seconds or the tax, below their means */
static void print_deviations(struct columns *columns, const struct comparison *comparison,
			     const struct compared *of, int decimals)
{
	size_t i, k;

	columns_cell(columns, "%s", "");
	columns_cell(columns, "+-");
	for (i = 0; i < comparison->nr_results; i++) {
		if (of[i].sample.nr > 1)
			columns_number(columns, sample_deviation(&of[i].sample), decimals, false);
		else
			columns_cell(columns, "-");
		for (k = 0; i && k < 4; k++)
			columns_cell(columns, "%s", "");
	}
}

static const struct comparison_row *find_row(const struct comparison *comparison,
					     uint32_t number)
{
	size_t i;

	for (i = 0; comparison->rows[i].number != number; i++)
		;
	return &comparison->rows[i];
}

/* The reasons as they are in the first, as they are sorted */
static void sorted_lines(const struct comparison *comparison, struct exit_line *lines,
			 const struct exit_summary *first)
{
	enum exit_order order = comparison->view->order;
	const struct exit_mean *mean;
	size_t i;

	if (order == ORDER_DEFAULT)
		order = comparison->by_cycles ? ORDER_CYCLES : ORDER_EXITS;
	for (i = 0; i < comparison->nr; i++) {
		mean = summary_find(first, comparison->rows[i].number);
		lines[i] = mean ? exit_line_of_mean(mean) : (struct exit_line) { .vcpu = -1 };
		lines[i].number = comparison->rows[i].number;
	}
	lines_sort(lines, comparison->nr, order, &comparison->results[0].info);
}

static bool add_rows(struct columns *columns, const struct comparison *comparison)
{
	struct exit_line *lines = calloc(comparison->nr + 1, sizeof(*lines));
	struct exit_summary *first = malloc(sizeof(*first));
	unsigned int encoding = comparison->results[0].info.encoding;
	bool good = lines && first;
	char name[EXIT_NAME_MAX];
	size_t i;

	if (good) {
		result_summarize(&comparison->results[0], first);
		sorted_lines(comparison, lines, first);
	}
	for (i = 0; good && i < comparison->nr; i++) {
		columns_cell(columns, "%" PRIu32, lines[i].number);
		columns_cell(columns, "%s", exit_name(encoding, lines[i].number, name));
		print_cells(columns, comparison, find_row(comparison, lines[i].number)->of,
			    print_value);
	}
	free(lines);
	free(first);
	return good;
}

static void add_whole_runs(struct columns *columns, const struct comparison *comparison,
			   const char *title, const struct compared *of, print_fn *print,
			   int decimals)
{
	columns_cell(columns, "%s", "");
	columns_cell(columns, "%s", title);
	print_cells(columns, comparison, of, print);
	print_deviations(columns, comparison, of, decimals);
}

static bool print_table(FILE *out, const struct comparison *comparison)
{
	struct columns columns = { 0 };
	bool good;

	add_columns(&columns, comparison);
	good = add_rows(&columns, comparison);
	add_whole_runs(&columns, comparison, "seconds", comparison->elapsed, print_seconds, 6);
	if (comparison->tax)
		add_whole_runs(&columns, comparison, "tax %", comparison->tax, print_tax, 2);
	good = good && columns_print(out, &columns, line_width(out));
	columns_free(&columns);
	return good;
}

static bool any_differs(const struct comparison *comparison, const struct compared *of)
{
	size_t i;

	for (i = 1; i < comparison->nr_results; i++) {
		if (of[i].differs)
			return true;
	}
	return false;
}

static void print_names(FILE *out, const struct comparison *comparison)
{
	unsigned int encoding = comparison->results[0].info.encoding;
	const char *separator = ": ";
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < comparison->nr; i++) {
		if (!any_differs(comparison, comparison->rows[i].of))
			continue;
		fprintf(out, "%s%s", separator,
			exit_name(encoding, comparison->rows[i].number, name));
		separator = ", ";
	}
}

static void print_marked(FILE *out, const struct comparison *comparison)
{
	if (comparison->nr_differ)
		fprintf(out, "\n* %zu of %zu reasons differ%s", comparison->nr_differ,
			comparison->nr, comparison->nr_differ == 1 ? "s" : "");
	else
		fprintf(out, "\nNone of %zu reasons differs", comparison->nr);
	print_names(out, comparison);
	fprintf(out, " (permutation test, family-wise error %g %%, Westfall-Young)\n",
		100 * COMPARISON_ALPHA);
	if (any_differs(comparison, comparison->elapsed))
		fputs("* The seconds differ.\n", out);
	if (comparison->tax && any_differs(comparison, comparison->tax))
		fputs("* The hypervisor tax differs.\n", out);
}

static void print_verdict(FILE *out, const struct comparison *comparison)
{
	size_t needed = comparison_runs_needed(comparison->nr_results), untested = 0, i;
	char name[8];

	for (i = 1; i < comparison->nr_results; i++)
		untested += !comparison->pairs[i].tested;
	if (untested + 1 < comparison->nr_results)
		print_marked(out, comparison);
	if (!untested)
		return;
	fputs(untested + 1 < comparison->nr_results ? "Not tested:" : "\nNot tested:", out);
	for (i = 1; i < comparison->nr_results; i++) {
		if (!comparison->pairs[i].tested)
			fprintf(out, " %s", column_name(i, name));
	}
	fprintf(out, "; each command needs at least %zu runs to test, and as many of a baseline "
		"(stat -r, compare -r)\n", needed);
}

int comparison_print(FILE *out, const struct comparison *comparison)
{
	char *verdict = NULL;
	size_t size;
	FILE *text;

	print_heading(out, comparison);
	text = print_table(out, comparison) ? open_memstream(&verdict, &size) : NULL;
	if (!text)
		return -1;
	print_verdict(text, comparison);
	fclose(text);
	text_wrap(out, verdict, line_width(out), 2);
	free(verdict);
	return ferror(out) ? -1 : 0;
}

/*
 * A document of kind "compare": by, "exits" or "cycles"; workloads, an array of
 * objects with command, runs, elapsed_s and elapsed_deviation_s, and, if it is known,
 * tax_percent and tax_deviation_percent; reasons, of objects with
 * exit, name and of, an object for each workload: mean and deviation.  From the second
 * on, both have against the first p, p_adjusted, differs, ratio and ratio_error (with
 * elapsed_ or tax_ before these names in workloads); what is not known is null.
 */
static void set_real(json_t *object, const char *prefix, const char *name, bool known,
		     double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%s", prefix, name);
	json_object_set_new(object, text, known && isfinite(value) ? json_real(value) :
			    json_null());
}

static void set_difference(json_t *object, const char *prefix,
			   const struct comparison *comparison, const struct compared *of,
			   size_t column)
{
	bool p_known = comparison->pairs[column].p_known, has_ratio;
	struct ratio ratio = { 0 };
	char text[32];

	has_ratio = sample_ratio(&of[0].sample, &of[column].sample, &ratio);
	set_real(object, prefix, "p", p_known, of[column].p);
	set_real(object, prefix, "p_adjusted", p_known, of[column].p_adjusted);
	snprintf(text, sizeof(text), "%sdiffers", prefix);
	json_object_set_new(object, text, json_boolean(of[column].differs));
	set_real(object, prefix, "ratio", has_ratio, ratio.value);
	set_real(object, prefix, "ratio_error", has_ratio && ratio.has_error, ratio.error);
}

static void set_tax(json_t *object, const struct comparison *comparison, size_t column)
{
	const struct sample *sample = &comparison->tax[column].sample;

	set_real(object, "tax_", "percent", true, sample->mean);
	set_real(object, "tax_", "deviation_percent", sample->nr > 1, sample_deviation(sample));
	if (column)
		set_difference(object, "tax_", comparison, comparison->tax, column);
}

static json_t *workload_array(const struct comparison *comparison)
{
	const struct compared *elapsed = comparison->elapsed;
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < comparison->nr_results; i++) {
		object = json_pack("{s:o, s:i, s:f}",
				"command", json_bytes(comparison->results[i].measured.command),
				"runs", (int)comparison->results[i].measured.nr,
				"elapsed_s", elapsed[i].sample.mean);
		set_real(object, "elapsed_", "deviation_s", elapsed[i].sample.nr > 1,
			 sample_deviation(&elapsed[i].sample));
		if (i)
			set_difference(object, "elapsed_", comparison, elapsed, i);
		if (comparison->tax)
			set_tax(object, comparison, i);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *row_object(const struct comparison *comparison,
			  const struct comparison_row *row)
{
	unsigned int encoding = comparison->results[0].info.encoding;
	json_t *array = json_array(), *object;
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < comparison->nr_results; i++) {
		object = json_pack("{s:f, s:f}", "mean", row->of[i].sample.mean, "deviation",
				   sample_deviation(&row->of[i].sample));
		if (i)
			set_difference(object, "", comparison, row->of, i);
		json_array_append_new(array, object);
	}
	return json_pack("{s:i, s:s, s:o}", "exit", (int)row->number, "name",
			 exit_name(encoding, row->number, name), "of", array);
}

int comparison_print_json(FILE *out, const struct comparison *comparison)
{
	json_t *document = json_document("compare", &comparison->results[0].info);
	json_t *reasons = json_array();
	size_t i;

	for (i = 0; i < comparison->nr; i++)
		json_array_append_new(reasons, row_object(comparison, &comparison->rows[i]));
	json_object_set_new(document, "by",
			    json_string(comparison->by_cycles ? "cycles" : "exits"));
	json_object_set_new(document, "workloads", workload_array(comparison));
	json_object_set_new(document, "reasons", reasons);
	return json_print(out, document, false);
}

/* A number that is not known is left empty. */
static void print_csv_p(FILE *out, const struct comparison *comparison,
			const struct compared *of, size_t column)
{
	bool known = column && comparison->pairs[column].p_known;

	fprintf(out, ",%.15g,%g,", of[column].sample.mean, sample_deviation(&of[column].sample));
	if (known)
		fprintf(out, "%g", of[column].p);
	else if (!column)
		fputc('1', out);
	fprintf(out, ",%d", of[column].differs);
}

/* Behind the columns that there always were, so that those keep their places */
static void print_csv_more(FILE *out, const struct comparison *comparison,
			   const struct compared *of, size_t column)
{
	struct ratio ratio = { 0 };
	bool has_ratio = sample_ratio(&of[0].sample, &of[column].sample, &ratio);

	fputc(',', out);
	if (comparison->pairs[column].p_known)
		fprintf(out, "%g", of[column].p_adjusted);
	fputc(',', out);
	if (has_ratio)
		fprintf(out, "%g", ratio.value);
	fputc(',', out);
	if (has_ratio && ratio.has_error)
		fprintf(out, "%g", ratio.error);
}

static void print_csv_titles(FILE *out, const struct comparison *comparison)
{
	char column[8];
	size_t k;

	fputs("exit,name", out);
	for (k = 0; k < comparison->nr_results; k++) {
		column_name(k, column);
		fprintf(out, ",%s,%s_deviation,%s_p,%s_differs", column, column, column, column);
	}
	for (k = 1; k < comparison->nr_results; k++) {
		column_name(k, column);
		fprintf(out, ",%s_p_adjusted,%s_ratio,%s_ratio_error", column, column, column);
	}
	fputc('\n', out);
}

static void print_csv_values(FILE *out, const struct comparison *comparison,
			     const struct compared *of)
{
	size_t k;

	for (k = 0; k < comparison->nr_results; k++)
		print_csv_p(out, comparison, of, k);
	for (k = 1; k < comparison->nr_results; k++)
		print_csv_more(out, comparison, of, k);
	fputc('\n', out);
}

/* Seconds and tax have no number, and are called as in JSON. */
int comparison_print_csv(FILE *out, const struct comparison *comparison)
{
	unsigned int encoding = comparison->results[0].info.encoding;
	const struct comparison_row *row;
	char name[EXIT_NAME_MAX];
	size_t i;

	print_csv_titles(out, comparison);
	for (i = 0; i < comparison->nr; i++) {
		row = &comparison->rows[i];
		fprintf(out, "%" PRIu32 ",%s", row->number,
			exit_name(encoding, row->number, name));
		print_csv_values(out, comparison, row->of);
	}
	fputs(",elapsed_s", out);
	print_csv_values(out, comparison, comparison->elapsed);
	if (comparison->tax) {
		fputs(",tax_percent", out);
		print_csv_values(out, comparison, comparison->tax);
	}
	return ferror(out) ? -1 : 0;
}
