// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "columns.h"
#include "exit_names.h"
#include "hist.h"
#include "result.h"
#include "table_print.h"
#include "text.h"

static void print_command(FILE *out, const struct exit_runs *runs)
{
	if (runs->pid) {
		fprintf(out, " while process %d (", runs->pid);
		text_print(out, runs->command);
		fputs(") ran", out);
	} else {
		text_print_quoted(out, " while", runs->command);
		fputs(" ran", out);
	}
}

static void print_heading(FILE *out, const struct exit_result *result)
{
	const struct exit_info *info = &result->info;

	fputs("VM exits ", out);
	fputs(info->file ? "in " : info->one_vcpu ? "of this vCPU" : "of this VM", out);
	text_print(out, info->file ? info->file : "");
	print_command(out, &result->measured);
	if (result->measured.nr > 1)
		fprintf(out, ", the mean of %zu runs", result->measured.nr);
	if (result->baseline.command)
		text_print_quoted(out, ", minus baseline", result->baseline.command);
	fputc('\n', out);
	if (info->vcpus && !info->one_vcpu)
		fprintf(out, "%" PRIu32 " vCPU%s, ", info->vcpus, info->vcpus == 1 ? "" : "s");
	fprintf(out, "%s, host TSC %.3f MHz\n\n", exit_encoding_name(info->encoding),
		info->tsc_khz / 1000.0);
}

/* "not halted" and "work" say that steal was counted, see struct exit_tax. */
static void print_tax(FILE *out, const struct exit_result *result, const struct exit_tax *tax)
{
	bool steal = exit_info_has(&result->info, KVM_EXIT_STATS_FEATURE_STEAL);

	if (result->baseline.command)
		fprintf(out, "\nOf whole runs, the baseline included\n%12.6f s elapsed\n",
			tax->elapsed);
	fprintf(out, "%12.1f %% hypervisor tax of %.6f vCPU seconds not %s: %s %.1f %%, "
		"VMM %.1f %%\n", 100 * tax->tax, tax->busy, steal ? "halted" : "in HLT or MWAIT",
		steal ? "work" : "KVM", 100 * tax->host, 100 * tax->vmm);
	if (steal)
		fprintf(out, "%12.1f %% steal, of the same time\n", 100 * tax->steal);
}

static bool lacks_counters(const struct exit_runs *runs)
{
	size_t i;

	for (i = 0; i < runs->nr; i++) {
		if (process_exits_lack_counters(&runs->runs[i]->process))
			return true;
	}
	return false;
}

static void print_times(FILE *out, const struct exit_result *result,
			const struct exit_summary *summary)
{
	fprintf(out, "\n%12.6f s elapsed", summary->elapsed.mean);
	if (result->measured.nr > 1)
		fprintf(out, " +- %.6f", sample_deviation(&summary->elapsed));
	if (isnan(summary->user))
		fputs(", - s user, - s system\n", out);
	else
		fprintf(out, ", %.6f s user, %.6f s system\n", summary->user, summary->system);
	if (summary->tax.busy)
		print_tax(out, result, &summary->tax);
	if (lacks_counters(&result->measured) || lacks_counters(&result->baseline))
		fprintf(out, "%12s is an estimate, - not counted: there are more reasons than "
			"counters; -e chooses fewer\n", "~");
}

static bool print_wrapped_times(FILE *out, const struct exit_result *result,
				const struct exit_summary *summary)
{
	char *times = NULL;
	size_t size;
	FILE *text = open_memstream(&times, &size);

	if (!text)
		return false;
	print_times(text, result, summary);
	fclose(text);
	text_wrap(out, times, line_width(out), 15);
	free(times);
	return true;
}

/* What has rows: the result, or those of its vCPUs */
static const struct exit_result *parts_of(const struct exit_result *result, size_t *nr)
{
	*nr = result->nr_vcpus ? result->nr_vcpus : 1;
	return result->nr_vcpus ? result->of_vcpus : result;
}

struct exit_line exit_line_of_mean(const struct exit_mean *mean)
{
	return (struct exit_line) {
		.number = mean->number, .vcpu = -1, .exits = mean->exits.mean,
		.cycles = mean->cycles.mean, .parts = mean->parts, .busy = mean->parts.busy,
		.longest = mean->hist.longest, .deviation = sample_deviation(&mean->exits),
		.process = mean->process.mean, .process_known = mean->process.nr,
		.process_estimated = mean->estimated, .hist = &mean->hist,
	};
}

/* Of the parts of a result, by vCPU or of all */
static void add_lines(struct line_table *table, const struct exit_result *parts, size_t nr,
		      struct exit_summary *summaries)
{
	struct exit_line *line;
	size_t i, k;

	for (i = 0; i < nr; i++) {
		result_summarize(&parts[i], &summaries[i]);
		for (k = 0; k < summaries[i].nr; k++) {
			line = &table->lines[table->nr++];
			*line = exit_line_of_mean(&summaries[i].rows[k]);
			if (table->by_vcpu)
				line->vcpu = parts[i].vcpu;
		}
	}
}

static bool print_lines(FILE *out, const struct exit_result *result,
			const struct exit_summary *summary, const struct exit_view *view)
{
	struct line_table table = {
		.info = &result->info, .view = view, .by_vcpu = result->nr_vcpus,
		.columns = 1U << COLUMN_EXIT | 1U << COLUMN_NAME | 1U << COLUMN_EXITS |
			   1U << COLUMN_RATE_TOO | 1U << COLUMN_CYCLES | 1U << COLUMN_MEAN |
			   1U << COLUMN_KVM | 1U << COLUMN_VMM | 1U << COLUMN_OFF_CPU |
			   1U << COLUMN_P50 | 1U << COLUMN_P99,
		.total = exit_line_of_mean(&summary->total), .print_total = true,
		.means = result->measured.nr > 1, .seconds = summary->elapsed.mean,
		.user_only = result->user_only,
	};
	size_t nr;
	const struct exit_result *parts = parts_of(result, &nr);
	/* They have the histograms of the lines. */
	struct exit_summary *summaries = calloc(nr, sizeof(*summaries));
	bool good;

	table.total.hist = NULL;
	if (table.by_vcpu)
		table.columns |= 1U << COLUMN_VCPU;
	if (table.means)
		table.columns |= 1U << COLUMN_DEVIATION;
	if (result->process)
		table.columns |= 1U << COLUMN_PROCESS;
	table.lines = calloc(nr * EXIT_TABLE_MAX, sizeof(*table.lines));
	good = summaries && table.lines;
	if (good) {
		add_lines(&table, parts, nr, summaries);
		good = line_table_print(out, &table, line_width(out));
	}
	free(table.lines);
	free(summaries);
	return good;
}

int result_print(FILE *out, const struct exit_result *result, const struct exit_view *view)
{
	struct exit_summary *summary = malloc(sizeof(*summary));
	bool good;

	if (!summary)
		return -1;
	result_summarize(result, summary);
	print_heading(out, result);
	good = print_lines(out, result, summary, view);
	good = good && print_wrapped_times(out, result, summary);
	free(summary);
	return !good || ferror(out) ? -1 : 0;
}

static void print_csv_process(FILE *out, const struct exit_mean *mean)
{
	if (mean->process.nr)
		fprintf(out, ",%.15g,%g,%d", mean->process.mean,
			sample_deviation(&mean->process), mean->estimated);
	else
		fputs(",,,", out);
}

static void print_csv_values(FILE *out, const struct exit_mean *mean, double elapsed)
{
	char p50[24], p99[24];

	fprintf(out, ",%.15g,%g,%g,%.15g,%g,%.15g,%.15g,%s,%s,%.15g,%.15g", mean->exits.mean,
		sample_deviation(&mean->exits), elapsed > 0 ? mean->exits.mean / elapsed : 0,
		mean->cycles.mean, sample_deviation(&mean->cycles), mean->parts.off_cpu,
		mean->parts.vmm, hist_most_text(&mean->hist, 50, p50),
		hist_most_text(&mean->hist, 99, p99), mean->parts.steal, mean->parts.halted);
}

static void print_csv_rows(FILE *out, const struct exit_result *part,
			   const struct exit_summary *summary, const struct exit_view *view,
			   bool by_vcpu)
{
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < summary->nr; i++) {
		if (!exit_view_has(view, summary->rows[i].number))
			continue;
		fprintf(out, "%" PRIu32 ",%s", summary->rows[i].number,
			exit_name(part->info.encoding, summary->rows[i].number, name));
		print_csv_values(out, &summary->rows[i], summary->elapsed.mean);
		if (part->process)
			print_csv_process(out, &summary->rows[i]);
		if (by_vcpu)
			fprintf(out, ",%ld", part->vcpu);
		fputc('\n', out);
	}
}

/* The process has an event of all exits, which is more than the sum of its rows. */
static void print_csv_all(FILE *out, const struct exit_summary *summary)
{
	fputs(",all", out);
	print_csv_values(out, &summary->total, summary->elapsed.mean);
	print_csv_process(out, &summary->total);
	fputc('\n', out);
}

int result_print_csv(FILE *out, const struct exit_result *result, const struct exit_view *view)
{
	struct exit_summary *summary = malloc(sizeof(*summary));
	const struct exit_result *parts;
	size_t i, nr;

	if (!summary)
		return -1;
	fprintf(out, "exit,name,exits,exits_deviation,exits_per_s,cycles,cycles_deviation,"
		"off_cpu,vmm,p50,p99,steal,halted%s%s\n",
		result->process ? ",process,process_deviation,process_estimated" : "",
		result->nr_vcpus ? ",vcpu" : "");
	parts = parts_of(result, &nr);
	for (i = 0; i < nr; i++) {
		result_summarize(&parts[i], summary);
		print_csv_rows(out, &parts[i], summary, view, result->nr_vcpus);
	}
	if (result->process)
		print_csv_all(out, summary);
	free(summary);
	return ferror(out) ? -1 : 0;
}
