// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "columns.h"
#include "exit_names.h"
#include "hist.h"
#include "result.h"
#include "table_print.h"
#include "text.h"

static void print_heading(FILE *out, const struct exit_result *result)
{
	const struct exit_info *info = &result->info;

	fputs("VM exits ", out);
	fputs(info->file ? "in " : info->one_vcpu ? "of this vCPU" : "of this VM", out);
	text_print(out, info->file ? info->file : "");
	text_print_quoted(out, " while", result->measured.command);
	fputs(" ran", out);
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

static void print_times(FILE *out, const struct exit_result *result,
			const struct exit_summary *summary)
{
	fprintf(out, "\n%12.6f s elapsed", summary->elapsed.mean);
	if (result->measured.nr > 1)
		fprintf(out, " +- %.6f", sample_deviation(&summary->elapsed));
	fprintf(out, ", %.6f s user, %.6f s system\n", summary->user, summary->system);
	if (summary->tax.busy)
		print_tax(out, result, &summary->tax);
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

struct exit_line exit_line_of_mean(const struct exit_mean *mean)
{
	return (struct exit_line) {
		.number = mean->number, .vcpu = -1, .exits = mean->exits.mean,
		.cycles = mean->cycles.mean, .parts = mean->parts, .busy = mean->parts.busy,
		.longest = mean->hist.longest, .deviation = sample_deviation(&mean->exits),
		.hist = &mean->hist,
	};
}

static bool print_lines(FILE *out, const struct exit_result *result,
			const struct exit_summary *summary, const struct exit_view *view)
{
	struct line_table table = {
		.info = &result->info, .view = view, .nr = summary->nr,
		.columns = 1U << COLUMN_EXIT | 1U << COLUMN_NAME | 1U << COLUMN_EXITS |
			   1U << COLUMN_RATE_TOO | 1U << COLUMN_CYCLES | 1U << COLUMN_MEAN |
			   1U << COLUMN_KVM | 1U << COLUMN_VMM | 1U << COLUMN_OFF_CPU |
			   1U << COLUMN_P50 | 1U << COLUMN_P99,
		.lines = calloc(summary->nr + 1, sizeof(*table.lines)),
		.total = exit_line_of_mean(&summary->total), .print_total = true,
		.means = result->measured.nr > 1, .seconds = summary->elapsed.mean,
	};
	bool good = table.lines;
	size_t i;

	table.total.hist = NULL;
	if (table.means)
		table.columns |= 1U << COLUMN_DEVIATION;
	for (i = 0; good && i < summary->nr; i++)
		table.lines[i] = exit_line_of_mean(&summary->rows[i]);
	good = good && line_table_print(out, &table, line_width(out));
	free(table.lines);
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

int result_print_csv(FILE *out, const struct exit_result *result, const struct exit_view *view)
{
	struct exit_summary *summary = malloc(sizeof(*summary));
	char name[EXIT_NAME_MAX], p50[24], p99[24];
	size_t i;

	if (!summary)
		return -1;
	result_summarize(result, summary);
	fputs("exit,name,exits,exits_deviation,exits_per_s,cycles,cycles_deviation,"
	      "off_cpu,vmm,p50,p99,steal,halted\n", out);
	for (i = 0; i < summary->nr; i++) {
		const struct exit_mean *mean = &summary->rows[i];

		if (!exit_view_has(view, mean->number))
			continue;
		fprintf(out, "%" PRIu32 ",%s,%g,%g,%g,%.15g,%g,%.15g,%.15g,%s,%s,%.15g,%.15g\n",
			mean->number,
			exit_name(result->info.encoding, mean->number, name), mean->exits.mean,
			sample_deviation(&mean->exits),
			summary->elapsed.mean > 0 ? mean->exits.mean / summary->elapsed.mean : 0,
			mean->cycles.mean, sample_deviation(&mean->cycles), mean->parts.off_cpu,
			mean->parts.vmm, hist_most_text(&mean->hist, 50, p50),
			hist_most_text(&mean->hist, 99, p99), mean->parts.steal,
			mean->parts.halted);
	}
	free(summary);
	return ferror(out) ? -1 : 0;
}
