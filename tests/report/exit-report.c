// SPDX-License-Identifier: GPL-2.0
/*
 * exit-report DIR: from what was measured in the inner VM, the *.json and boot.log in DIR,
 * write the matrix of workloads and reasons, the data of the pictures, and a page.
 */
#include <err.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_names.h"
#include "json.h"
#include "page.h"
#include "result.h"
#include "util.h"

#define WORKLOADS_MAX 64
/*
 * A reason has one colour on the whole page: Paul Tol's "muted", which differ for the
 * colour-blind, too.  All other reasons are one, in grey.
 */
static const char *const colours[] = {
	"#332288", "#cc6677", "#88ccee", "#117733", "#ddcc77", "#882255", "#44aa99", "#999933",
	"#aa4499",
};
#define OTHERS_COLOUR "#bbbbbb"

struct workload {
	char name[32];
	struct exit_result result;
	struct exit_summary summary;
};

static struct workload *workloads;
static size_t nr_workloads;

struct reason {
	uint32_t number;
	/* The greatest, in percent */
	double share;
};

struct reasons {
	size_t nr;
	struct reason rows[EXIT_TABLE_MAX];
};

/* All reasons of the workloads, by their share of the workload that each takes most of */
static struct reasons reasons;

/* Those with a colour: of the workloads and the boot, by the share in what each is most of */
static struct reasons shown;

/* An interval of the boot */
static struct interval {
	double at, seconds;
	struct exit_table table;
} *boot;
static size_t nr_boot;
static struct exit_info boot_info;

/* Of the boot, by exits, the most first */
static struct exit_table boot_sum;

static unsigned int encoding(void)
{
	return workloads[0].result.info.encoding;
}

static const char *name_of(uint32_t number)
{
	static char name[EXIT_NAME_MAX];

	return exit_name(encoding(), number, name);
}

/* In percent.  Without the time off-CPU: what is halted is not at work. */
static double share_of_run(const struct workload *workload, uint32_t number)
{
	const struct exit_mean *mean = summary_find(&workload->summary, number);
	double all = workload->summary.elapsed.mean * workload->result.info.tsc_khz * 1000.0 *
		     workload->result.measured.runs[0]->vcpus;

	if (!mean || mean->parts.busy <= 0)
		return 0;
	return percent(mean->parts.busy, all);
}

static void add_reason(struct reasons *list, uint32_t number, double share)
{
	size_t i;

	for (i = 0; i < list->nr && list->rows[i].number != number; i++)
		;
	if (i == list->nr && list->nr < EXIT_TABLE_MAX)
		list->rows[list->nr++] = (struct reason) { .number = number };
	if (i < list->nr && share > list->rows[i].share)
		list->rows[i].share = share;
}

static int compare_reasons(const void *a, const void *b)
{
	const struct reason *ra = a, *rb = b;

	return ra->share < rb->share ? 1 : ra->share > rb->share ? -1 : 0;
}

static void sort_reasons(struct reasons *list)
{
	qsort(list->rows, list->nr, sizeof(list->rows[0]), compare_reasons);
}

static void read_workload(const char *path)
{
	struct workload *workload = &workloads[nr_workloads];
	struct recording_error error;
	uint32_t number;
	size_t size, i;
	char *text = read_text(path, &size);

	if (!result_parse(text, size, &workload->result, &error))
		errx(1, "%s: %s", path, error.text);
	free(text);
	snprintf(workload->name, sizeof(workload->name), "%.*s",
		 (int)strcspn(path, "."), path);
	result_summarize(&workload->result, &workload->summary);
	for (i = 0; i < workload->summary.nr; i++) {
		number = workload->summary.rows[i].number;
		add_reason(&reasons, number, share_of_run(workload, number));
	}
	nr_workloads++;
}

static void read_workloads(void)
{
	glob_t found;
	size_t i;

	workloads = calloc(WORKLOADS_MAX, sizeof(*workloads));
	if (!workloads || glob("*.json", 0, NULL, &found))
		errx(1, "there are no results");
	for (i = 0; i < found.gl_pathc && nr_workloads < WORKLOADS_MAX; i++) {
		if (strcmp(found.gl_pathv[i], "bench.json"))
			read_workload(found.gl_pathv[i]);
	}
	if (!nr_workloads)
		errx(1, "there are no results");
	globfree(&found);
	sort_reasons(&reasons);
}

static void read_interval(const char *line, size_t size, struct interval *interval)
{
	struct recording_error error;
	json_t *document = json_parse(line, size, "log", &boot_info, &error);

	if (!document || !json_read_number(document, "at_s", &interval->at, &error) ||
	    !json_read_number(document, "interval_s", &interval->seconds, &error) ||
	    !json_read_reasons(json_object_get(document, "reasons"), &boot_info,
			       &interval->table, &error))
		errx(1, "boot.log: %s", error.text);
	json_decref(document);
}

static void read_boot(void)
{
	size_t size, length, i, k;
	char *text = read_text("boot.log", &size), *line;

	for (line = text; *line; line += length + 1) {
		length = strcspn(line, "\n");
		boot = reallocarray(boot, nr_boot + 1, sizeof(*boot));
		if (!boot)
			err(1, "boot.log");
		read_interval(line, length, &boot[nr_boot++]);
	}
	free(text);
	if (nr_boot < 3)
		errx(1, "boot.log: too few intervals");
	for (i = 0; i < nr_boot; i++) {
		for (k = 0; k < boot[i].table.nr; k++)
			exit_table_accumulate(&boot_sum, &boot[i].table.rows[k]);
	}
	exit_table_sort(&boot_sum);
}

/* Once the workloads and the boot are read */
static void choose_shown(void)
{
	const struct exit_row *row;
	size_t i;

	shown = reasons;
	for (i = 0; i < boot_sum.nr; i++) {
		row = &boot_sum.rows[i];
		add_reason(&shown, row->number,
			   percent(row->counts.exits, boot_sum.total.exits));
	}
	sort_reasons(&shown);
	if (shown.nr > ARRAY_SIZE(colours))
		shown.nr = ARRAY_SIZE(colours);
}

/* The place of a reason in the legend, or shown.nr for the others */
static size_t place_of(uint32_t number)
{
	size_t i;

	for (i = 0; i < shown.nr && shown.rows[i].number != number; i++)
		;
	return i;
}

static const char *colour_of(uint32_t number)
{
	size_t place = place_of(number);

	return place < shown.nr ? colours[place] : OTHERS_COLOUR;
}

/* For gnuplot: the legend of all pictures, and its colours as linetypes from 1 on */
static void write_legend(void)
{
	FILE *out = create("legend.gp");
	size_t i;

	fputs("legend = \"", out);
	for (i = 0; i < shown.nr; i++)
		fprintf(out, "%s ", name_of(shown.rows[i].number));
	fputs("others\"\n", out);
	for (i = 0; i < shown.nr; i++)
		fprintf(out, "set linetype %zu linecolor \"%s\"\n", i + 1, colours[i]);
	fprintf(out, "set linetype %zu linecolor \"%s\"\n", i + 1, OTHERS_COLOUR);
	finish(out, "legend.gp");
}

/* The mean exits of a run of each workload */
static void write_matrix(FILE *out, const char *first, const char *text_format,
			 const char *separator, int name_width, int width)
{
	const struct exit_mean *mean;
	size_t i, k;

	fprintf(out, text_format, name_width, first);
	for (k = 0; k < nr_workloads; k++)
		fprintf(out, "%s%*s", separator, width, workloads[k].name);
	fputc('\n', out);
	for (i = 0; i < reasons.nr; i++) {
		fprintf(out, text_format, name_width, name_of(reasons.rows[i].number));
		for (k = 0; k < nr_workloads; k++) {
			mean = summary_find(&workloads[k].summary, reasons.rows[i].number);
			fprintf(out, "%s%*.1f", separator, width, mean ? mean->exits.mean : 0);
		}
		fputc('\n', out);
	}
}

static void write_matrix_files(void)
{
	FILE *out = create("matrix.txt");

	fprintf(out, "VM exits of a run by reason, what starting a process takes left out\n\n");
	write_matrix(out, "", "%-*s", "  ", exit_name_width(encoding()), 8);
	finish(out, "matrix.txt");

	out = create("matrix.csv");
	write_matrix(out, "reason", "%-*s", ",", 0, 0);
	finish(out, "matrix.csv");
}

/* A line of data: at, and what each reason that is shown has, and all others */
static void write_values(FILE *out, const char *at, const double *values)
{
	size_t i;

	fputs(at, out);
	for (i = 0; i <= shown.nr; i++)
		fprintf(out, " %.4f", values[i]);
	fputc('\n', out);
}

static void write_workload_data(void)
{
	FILE *out = create("workloads.dat");
	double values[ARRAY_SIZE(colours) + 1];
	uint32_t number;
	size_t i, k;

	for (k = 0; k < nr_workloads; k++) {
		memset(values, 0, sizeof(values));
		for (i = 0; i < reasons.nr; i++) {
			number = reasons.rows[i].number;
			values[place_of(number)] += share_of_run(&workloads[k], number);
		}
		write_values(out, workloads[k].name, values);
	}
	finish(out, "workloads.dat");
}

/* The first line of the log is of no length: it was started before the vCPUs. */
static void write_boot_data(void)
{
	FILE *out = create("boot.dat");
	double values[ARRAY_SIZE(colours) + 1];
	const struct exit_row *row;
	char at[32];
	size_t i, k;

	for (k = 1; k < nr_boot; k++) {
		memset(values, 0, sizeof(values));
		for (i = 0; i < boot[k].table.nr; i++) {
			row = &boot[k].table.rows[i];
			values[place_of(row->number)] += row->counts.exits / boot[k].seconds;
		}
		snprintf(at, sizeof(at), "%.3f", boot[k].at);
		write_values(out, at, values);
	}
	finish(out, "boot.dat");
}

static json_t *read_bench(void)
{
	struct recording_error error;
	struct exit_info info;
	size_t size;
	char *text = read_text("bench.json", &size);
	json_t *bench = json_parse(text, size, "bench", &info, &error);

	if (!bench)
		errx(1, "bench.json: %s", error.text);
	free(text);
	return bench;
}

static json_int_t cycles_of(const json_t *cost, const char *name)
{
	return json_integer_value(json_object_get(cost, name));
}

static const char *string_of(const json_t *cost, const char *name)
{
	return json_string_value(json_object_get(cost, name)) ?: "";
}

/* The reason of an operation's exit, or -1 */
static json_int_t reason_of(const json_t *cost)
{
	const json_t *number = json_object_get(cost, "exit");

	return number ? json_integer_value(number) : -1;
}

/* At the end of a line: the linetype, which is one more than others' if there is no exit */
static void write_bench_data(const json_t *bench)
{
	FILE *out = create("bench.dat");
	const json_t *cost;
	json_int_t number;
	size_t i;

	json_array_foreach(json_object_get(bench, "costs"), i, cost) {
		if (!json_object_get(cost, "median"))
			continue;
		number = reason_of(cost);
		fprintf(out, "%s %" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT
			" %" JSON_INTEGER_FORMAT " %zu\n", string_of(cost, "operation"),
			cycles_of(cost, "least"), cycles_of(cost, "median"),
			cycles_of(cost, "p99"),
			number < 0 ? shown.nr + 2 : place_of(number) + 1);
	}
	finish(out, "bench.dat");
}

/* What people ask of the statistics, answered by the boot's */
static void write_words(FILE *out, const char *begin, const char *end)
{
	const struct exit_row *most = &boot_sum.rows[0];
	const struct exit_row *least = &boot_sum.rows[boot_sum.nr - 1];
	struct sample rates = { 0 };
	double seconds = boot[nr_boot - 1].at, average = boot_sum.total.exits / seconds;
	double slowest = 0, fastest = 0, r;
	size_t i;

	for (i = 1; i < nr_boot; i++) {
		r = boot[i].table.total.exits / boot[i].seconds;
		sample_add(&rates, r);
		slowest = i == 1 || r < slowest ? r : slowest;
		fastest = r > fastest ? r : fastest;
	}
	fprintf(out, "%sA full boot, firmware included, took %" PRIu64 " exits in %.1f s, "
		"until the first program of the virtual machine ran.%s\n", begin,
		boot_sum.total.exits, seconds, end);
	fprintf(out, "%sThey %s at a steady rate: %.0f a second on average, with a "
		"deviation of %.0f, from %.0f to %.0f in intervals of %.0f ms.%s\n", begin,
		sample_deviation(&rates) < average / 4 ? "came" : "did not come", average,
		sample_deviation(&rates), slowest, fastest, 1000 * boot[1].seconds, end);
	fprintf(out, "%sThe most frequent reason was %s, ", begin, name_of(most->number));
	fprintf(out, "%.1f %% of the exits; the least frequent of the %zu that happened was "
		"%s, with %" PRIu64 ".%s\n", percent(most->counts.exits, boot_sum.total.exits),
		boot_sum.nr, name_of(least->number), least->counts.exits, end);
}

/* The name of a reason, behind a square of its colour */
static void write_html_reason(FILE *out, uint32_t number)
{
	fprintf(out, "<td><b style=\"color:%s\">&#9632;</b> %s</td>", colour_of(number),
		name_of(number));
}

static void write_html_matrix(FILE *out)
{
	const struct exit_mean *mean;
	size_t i, k;

	fputs("<table><tr><th>reason</th>", out);
	for (k = 0; k < nr_workloads; k++)
		fprintf(out, "<th>%s</th>", workloads[k].name);
	fputs("</tr>\n", out);
	for (i = 0; i < reasons.nr; i++) {
		fputs("<tr>", out);
		write_html_reason(out, reasons.rows[i].number);
		for (k = 0; k < nr_workloads; k++) {
			mean = summary_find(&workloads[k].summary, reasons.rows[i].number);
			fprintf(out, "<td>%.1f</td>", mean ? mean->exits.mean : 0);
		}
		fputs("</tr>\n", out);
	}
	fputs("<tr><td>seconds</td>", out);
	for (k = 0; k < nr_workloads; k++)
		fprintf(out, "<td>%.3f</td>", workloads[k].summary.elapsed.mean);
	fputs("</tr>\n<tr><td>hypervisor tax</td>", out);
	for (k = 0; k < nr_workloads; k++)
		fprintf(out, "<td>%.1f %%</td>", 100 * workloads[k].summary.tax.tax);
	fputs("</tr></table>\n", out);
}

static void write_html_cost(FILE *out, const json_t *cost)
{
	fprintf(out, "<td>%" JSON_INTEGER_FORMAT "</td><td>%" JSON_INTEGER_FORMAT
		"</td><td>%" JSON_INTEGER_FORMAT "</td>", cycles_of(cost, "least"),
		cycles_of(cost, "median"), cycles_of(cost, "p99"));
	if (reason_of(cost) < 0) {
		fputs("<td>none</td><td></td></tr>\n", out);
		return;
	}
	write_html_reason(out, reason_of(cost));
	fprintf(out, "<td>%.2f</td></tr>\n",
		json_number_value(json_object_get(cost, "exits_per_operation")));
}

static void write_html_bench(FILE *out, const json_t *bench)
{
	const json_t *cost;
	size_t i;

	fputs("<table class=bench><tr><th>operation</th><th>what</th><th>least</th><th>median</th>"
	      "<th>p99</th><th>exit</th><th>exits/op</th></tr>\n", out);
	json_array_foreach(json_object_get(bench, "costs"), i, cost) {
		fprintf(out, "<tr><td>%s</td><td>%s</td>", string_of(cost, "operation"),
			string_of(cost, "what"));
		if (json_object_get(cost, "not_measured"))
			fprintf(out, "<td colspan=5>not measured: %s</td></tr>\n",
				string_of(cost, "not_measured"));
		else
			write_html_cost(out, cost);
	}
	fputs("</table>\n", out);
}

static void write_page(const json_t *bench)
{
	const struct exit_info *info = &workloads[0].result.info;
	FILE *out = page_begin("index.html", "VM exits", "VM exits, seen from inside");

	fprintf(out, "<p>Measured by cpuid-query " VERSION " in a virtual machine with %" PRIu32
		" vCPU%s, %s, on a host with a TSC of %.3f MHz.</p>\n", info->vcpus,
		info->vcpus == 1 ? "" : "s", exit_encoding_name(info->encoding),
		info->tsc_khz / 1000.0);
	fputs("<h2>The boot</h2>\n<ul>\n", out);
	write_words(out, "<li>", "</li>");
	fputs("</ul>\n<p><img src=\"boot.svg\" alt=\"exits of the boot over time\"></p>\n"
	      "<h2>Workloads</h2>\n"
	      "<p><img src=\"workloads.svg\" alt=\"cycles by reason\"></p>\n"
	      "<p>Time off-CPU, i.e. halted or preempted, is left out of the picture. "
	      "Exits of a run, the mean of some runs, without what starting a process "
	      "takes:</p>\n<div>\n", out);
	write_html_matrix(out);
	fputs("</div>\n<p>The same as <a href=\"matrix.txt\">text</a> and as "
	      "<a href=\"matrix.csv\">CSV</a>.</p>\n<h2>What an exit costs</h2>\n"
	      "<p><img src=\"bench.svg\" alt=\"cycles of an operation\"></p>\n"
	      "<p>The boxes are medians, the bars reach from the least cycles to p99.  The "
	      "colour is that of the exit which an operation has.</p>\n<div>\n", out);
	write_html_bench(out, bench);
	fputs("</div>\n", out);
	page_end(out, "index.html");
}

int main(int argc, char **argv)
{
	json_t *bench;

	if (argc != 2)
		errx(1, "usage: exit-report DIR");
	if (chdir(argv[1]))
		err(1, "%s", argv[1]);
	read_workloads();
	read_boot();
	bench = read_bench();
	choose_shown();
	write_legend();
	write_matrix_files();
	write_workload_data();
	write_boot_data();
	write_bench_data(bench);
	write_page(bench);
	json_decref(bench);
	write_words(stdout, "", "");
	return 0;
}
