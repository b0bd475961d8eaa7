// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

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

	fprintf(out, "%s of a run of\n", comparison->by_cycles ? "Cycles in VM exits" :
		"VM exits");
	for (i = 0; i < comparison->nr_results; i++) {
		runs = &comparison->results[i].measured;
		fprintf(out, "  %s  ", column_name(i, name));
		text_print(out, runs->command);
		fprintf(out, ", %zu run%s", runs->nr, runs->nr == 1 ? "" : "s");
		if (comparison->results[i].baseline.command) {
			fputs(", without those of '", out);
			text_print(out, comparison->results[i].baseline.command);
			fputc('\'', out);
		}
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
		fprintf(out, "  %7s", text);
		print_mark(out, comparison, i, false);
	}
	fputc('\n', out);
}

static void print_cells(FILE *out, double mean, double first, int decimals)
{
	fprintf(out, "  %*.*f", WIDTH, decimals, mean);
	fprintf(out, "  %+*.*f", WIDTH, decimals, mean - first);
	if (first > 0 && mean >= 0)
		fprintf(out, "  %7.2f", mean / first);
	else
		fprintf(out, "  %7s", "-");
}

static void print_row(FILE *out, const struct comparison *comparison,
		      const struct compared *of)
{
	size_t i;

	fprintf(out, "  %*.1f", WIDTH, of[0].sample.mean);
	for (i = 1; i < comparison->nr_results; i++) {
		print_cells(out, of[i].sample.mean, of[0].sample.mean, 1);
		print_mark(out, comparison, i, of[i].differs);
	}
	fputc('\n', out);
}

/* Not tested: what takes longer has more of what time brings, such as timers. */
static void print_elapsed(FILE *out, const struct comparison *comparison, int name_width)
{
	size_t i;

	fprintf(out, "%5s  %-*s  %*.6f", "", name_width, "seconds", WIDTH,
		comparison->elapsed[0].mean);
	for (i = 1; i < comparison->nr_results; i++) {
		print_cells(out, comparison->elapsed[i].mean, comparison->elapsed[0].mean, 6);
		print_mark(out, comparison, i, false);
	}
	fputc('\n', out);
}

static void print_names(FILE *out, const struct comparison *comparison)
{
	unsigned int encoding = comparison->results[0].info.encoding;
	const char *separator = ": ";
	char name[EXIT_NAME_MAX];
	size_t i, k;

	for (i = 0; i < comparison->nr; i++) {
		for (k = 1; k < comparison->nr_results; k++) {
			if (comparison->rows[i].of[k].differs)
				break;
		}
		if (k == comparison->nr_results)
			continue;
		fprintf(out, "%s%s", separator,
			exit_name(encoding, comparison->rows[i].number, name));
		separator = ", ";
	}
}

static void print_verdict(FILE *out, const struct comparison *comparison)
{
	if (!comparison->tested) {
		fputs("\nWhat is noise is not known: run each at least twice (stat -r, compare -r)\n",
		      out);
		return;
	}
	if (comparison->nr_differ)
		fprintf(out, "\n* %zu of %zu reasons differ%s", comparison->nr_differ,
			comparison->nr, comparison->nr_differ == 1 ? "s" : "");
	else
		fprintf(out, "\nNone of %zu reasons differs", comparison->nr);
	print_names(out, comparison);
	fprintf(out, " (Welch's t test, p <= %g for all together, after Holm)\n",
		COMPARISON_ALPHA);
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
		print_row(out, comparison, comparison->rows[i].of);
	}
	print_elapsed(out, comparison, name_width);
	print_verdict(out, comparison);
	return ferror(out) ? -1 : 0;
}

/*
 * A document of kind "compare": by, "exits" or "cycles"; workloads, an array of
 * objects with command, runs and elapsed_s; reasons, of objects with exit, name and of, an
 * object for each workload: mean and deviation; from the second on p, the
 * probability of such a difference from the first by chance, and differs.
 */
static json_t *cell_object(const struct compared *compared, bool first)
{
	json_t *object = json_pack("{s:f, s:f}", "mean", compared->sample.mean, "deviation",
				   sample_deviation(&compared->sample));

	if (!first)
		json_object_update_new(object, json_pack("{s:f, s:b}", "p", compared->p,
							 "differs", compared->differs));
	return object;
}

static json_t *workload_array(const struct comparison *comparison)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < comparison->nr_results; i++)
		json_array_append_new(array, json_pack("{s:o, s:i, s:f}",
				"command", json_bytes(comparison->results[i].measured.command),
				"runs", (int)comparison->results[i].measured.nr,
				"elapsed_s", comparison->elapsed[i].mean));
	return array;
}

static json_t *row_object(const struct comparison *comparison,
			  const struct comparison_row *row)
{
	unsigned int encoding = comparison->results[0].info.encoding;
	json_t *of = json_array();
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < comparison->nr_results; i++)
		json_array_append_new(of, cell_object(&row->of[i], !i));
	return json_pack("{s:i, s:s, s:o}", "exit", (int)row->number, "name",
			 exit_name(encoding, row->number, name), "of", of);
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

int comparison_print_csv(FILE *out, const struct comparison *comparison)
{
	unsigned int encoding = comparison->results[0].info.encoding;
	char name[EXIT_NAME_MAX], column[8];
	size_t i, k;

	fputs("exit,name", out);
	for (k = 0; k < comparison->nr_results; k++) {
		column_name(k, column);
		fprintf(out, ",%s,%s_deviation,%s_p,%s_differs", column, column, column, column);
	}
	fputc('\n', out);
	for (i = 0; i < comparison->nr; i++) {
		const struct comparison_row *row = &comparison->rows[i];

		fprintf(out, "%" PRIu32 ",%s", row->number,
			exit_name(encoding, row->number, name));
		for (k = 0; k < comparison->nr_results; k++)
			fprintf(out, ",%.15g,%g,%g,%d", row->of[k].sample.mean,
				sample_deviation(&row->of[k].sample), k ? row->of[k].p : 1,
				row->of[k].differs);
		fputc('\n', out);
	}
	return ferror(out) ? -1 : 0;
}
