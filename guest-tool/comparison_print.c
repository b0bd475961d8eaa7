// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>

#include "comparison.h"
#include "exit_names.h"
#include "json.h"
#include "text.h"

#define WIDTH 12

/* A, B, ..., then numbers */
static const char *column_name(size_t column, char name[8])
{
	if (column < 26)
		snprintf(name, 8, "%c", (char)('A' + column));
	else
		snprintf(name, 8, "%u", (unsigned int)column % 100000 + 1);
	return name;
}

static void print_heading(FILE *out, const struct comparison *comparison)
{
	const struct exit_runs *runs;
	char name[8];
	size_t i;

	fprintf(out, "%s per run\n", comparison->by_cycles ? "Cycles in VM exits" :
		"VM exits");
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

/* After a column; no line ends with blanks. */
static void print_mark(FILE *out, const struct comparison *comparison, size_t column,
		       bool differs)
{
	if (differs)
		fputs(" *", out);
	else if (column + 1 < comparison->nr_results)
		fputs("  ", out);
}

static void print_titles(FILE *out, const struct comparison *comparison, int name_width)
{
	char name[8], text[16];
	size_t i;

	fprintf(out, "%5s  %-*s  %*s", "exit", name_width, "name", WIDTH, "A");
	for (i = 1; i < comparison->nr_results; i++) {
		column_name(i, name);
		fprintf(out, "  %*s", WIDTH, name);
		snprintf(text, sizeof(text), "%s - A", name);
		fprintf(out, "  %*s", WIDTH, text);
		snprintf(text, sizeof(text), "%s / A", name);
		fprintf(out, "  %7s  %6s", text, "+-");
		print_mark(out, comparison, i, false);
	}
	fputc('\n', out);
}

static void print_cells(FILE *out, const struct sample *first, const struct sample *other,
			int decimals)
{
	struct ratio ratio = { 0 };

	fprintf(out, "  %*.*f", WIDTH, decimals, other->mean);
	fprintf(out, "  %+*.*f", WIDTH, decimals, other->mean - first->mean);
	if (!sample_ratio(first, other, &ratio))
		fprintf(out, "  %7s  %6s", "-", "-");
	else if (!ratio.has_error)
		fprintf(out, "  %7.2f  %6s", ratio.value, "-");
	else
		fprintf(out, "  %7.2f  %6.2f", ratio.value, ratio.error);
}

static void print_row(FILE *out, const struct comparison *comparison,
		      const struct compared *of, int decimals)
{
	size_t i;

	fprintf(out, "  %*.*f", WIDTH, decimals, of[0].sample.mean);
	for (i = 1; i < comparison->nr_results; i++) {
		print_cells(out, &of[0].sample, &of[i].sample, decimals);
		print_mark(out, comparison, i, of[i].differs);
	}
	fputc('\n', out);
}

/* The spread of the seconds or the tax, below their means */
static void print_deviations(FILE *out, const struct comparison *comparison,
			     const struct compared *of, int decimals, int name_width)
{
	/* Of B - A, B / A and +-, with the blanks before them, and of the mark */
	int others = 2 + WIDTH + 2 + 7 + 2 + 6 + 2, between = 0;
	size_t i;

	fprintf(out, "%5s  %-*s", "", name_width, "+-");
	for (i = 0; i < comparison->nr_results; i++) {
		fprintf(out, "%*s", between, "");
		if (of[i].sample.nr > 1)
			fprintf(out, "  %*.*f", WIDTH, decimals, sample_deviation(&of[i].sample));
		else
			fprintf(out, "  %*s", WIDTH, "-");
		between = i ? others : 0;
	}
	fputc('\n', out);
}

static void print_whole_runs(FILE *out, const struct comparison *comparison, const char *title,
			     const struct compared *of, int decimals, int name_width)
{
	fprintf(out, "%5s  %-*s", "", name_width, title);
	print_row(out, comparison, of, decimals);
	print_deviations(out, comparison, of, decimals, name_width);
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
	unsigned int encoding = comparison->results[0].info.encoding;
	int name_width = exit_name_width(encoding);
	char name[EXIT_NAME_MAX];
	size_t i;

	print_heading(out, comparison);
	print_titles(out, comparison, name_width);
	for (i = 0; i < comparison->nr; i++) {
		fprintf(out, "%5" PRIu32 "  %-*s", comparison->rows[i].number, name_width,
			exit_name(encoding, comparison->rows[i].number, name));
		print_row(out, comparison, comparison->rows[i].of, 1);
	}
	print_whole_runs(out, comparison, "seconds", comparison->elapsed, 6, name_width);
	if (comparison->tax)
		print_whole_runs(out, comparison, "tax %", comparison->tax, 2, name_width);
	print_verdict(out, comparison);
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

int comparison_print_csv(FILE *out, const struct comparison *comparison)
{
	unsigned int encoding = comparison->results[0].info.encoding;
	const struct comparison_row *row;
	char name[EXIT_NAME_MAX];
	size_t i, k;

	print_csv_titles(out, comparison);
	for (i = 0; i < comparison->nr; i++) {
		row = &comparison->rows[i];
		fprintf(out, "%" PRIu32 ",%s", row->number,
			exit_name(encoding, row->number, name));
		for (k = 0; k < comparison->nr_results; k++)
			print_csv_p(out, comparison, row->of, k);
		for (k = 1; k < comparison->nr_results; k++)
			print_csv_more(out, comparison, row->of, k);
		fputc('\n', out);
	}
	return ferror(out) ? -1 : 0;
}
