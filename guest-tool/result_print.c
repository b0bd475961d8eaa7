// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "exit_names.h"
#include "hist.h"
#include "result.h"
#include "table_print.h"
#include "text.h"

/* How a column of a table is printed */
struct layout {
	bool by_vcpu, deviation, split, percentiles;
	int name, exits, cycles;
};

static int width_of(double largest, int decimals, int least)
{
	int width = snprintf(NULL, 0, "%.*f", decimals, largest);

	return width > least ? width : least;
}

static void print_mean(FILE *out, const struct layout *layout, const struct exit_mean *mean,
		       double elapsed)
{
	double cycles = mean->cycles.mean;

	/* A count is whole unless it is a mean. */
	fprintf(out, "  %*.*f", layout->exits, layout->deviation, mean->exits.mean);
	if (layout->deviation)
		fprintf(out, "  %8.1f", sample_deviation(&mean->exits));
	if (elapsed > 0)
		fprintf(out, "  %10.1f", mean->exits.mean / elapsed);
	else
		fprintf(out, "  %10s", "-");
	fprintf(out, "  %*.0f", layout->cycles, cycles);
	if (mean->exits.mean > 0)
		fprintf(out, "  %11.0f", cycles / mean->exits.mean);
	else
		fprintf(out, "  %11s", "-");
	if (layout->split)
		table_print_split(out, &mean->parts, false);
}

static void print_row(FILE *out, const struct exit_info *info, const struct layout *layout,
		      const struct exit_mean *mean, double elapsed)
{
	char name[EXIT_NAME_MAX], p50[HIST_RANGE_MAX], p99[HIST_RANGE_MAX];

	fprintf(out, "%5" PRIu32 "  %-*s", mean->number, layout->name,
		exit_name(info->encoding, mean->number, name));
	print_mean(out, layout, mean, elapsed);
	if (layout->percentiles)
		fprintf(out, "  %9s  %9s", hist_range_text(&mean->hist, 50, p50),
			hist_range_text(&mean->hist, 99, p99));
	fputc('\n', out);
}

/* What has rows, by number: the result, or those of its vCPUs; NULL behind the last */
static const struct exit_result *part(const struct exit_result *result, size_t i)
{
	if (result->nr_vcpus)
		return i < result->nr_vcpus ? &result->of_vcpus[i] : NULL;
	return i ? NULL : result;
}

static void print_rows(FILE *out, const struct exit_result *rows, const struct layout *layout,
		       const struct exit_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->nr; i++) {
		if (layout->by_vcpu)
			fprintf(out, "%4ld  ", rows->vcpu);
		print_row(out, &rows->info, layout, &summary->rows[i], summary->elapsed.mean);
	}
}

static void print_titles(FILE *out, const struct layout *layout)
{
	if (layout->by_vcpu)
		fprintf(out, "%4s  ", "vCPU");
	fprintf(out, "%5s  %-*s  %*s", "exit", layout->name, "name", layout->exits, "exits");
	if (layout->deviation)
		fprintf(out, "  %8s", "+-");
	fprintf(out, "  %10s  %*s  %11s", "exits/s", layout->cycles, "cycles", "cycles/exit");
	if (layout->split)
		table_print_split_titles(out, false);
	if (layout->percentiles)
		fprintf(out, "  %9s  %9s", "p50", "p99");
	fputc('\n', out);
}

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

/* "work" and "not halted" say that steal was counted, see struct exit_tax. */
static void print_tax(FILE *out, const struct exit_result *result, const struct exit_tax *tax)
{
	bool steal = exit_info_has(&result->info, KVM_EXIT_STATS_FEATURE_STEAL);

	if (result->baseline.command)
		fprintf(out, "\nOf whole runs, the baseline included\n%12.6f s elapsed\n",
			tax->elapsed);
	fprintf(out, "%12.1f %% hypervisor tax, %s %.1f %% and VMM %.1f %%, of the %.6f s in which "
		"vCPUs were not %s\n", 100 * tax->tax, steal ? "work" : "KVM", 100 * tax->host,
		100 * tax->vmm, tax->busy, steal ? "halted" : "in HLT or MWAIT");
	if (steal)
		fprintf(out, "%12.1f %% steal, of the same time\n", 100 * tax->steal);
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
}

static struct layout layout_of(const struct exit_result *result,
			       const struct exit_summary *summary)
{
	const struct exit_info *info = &result->info;

	return (struct layout) {
		.by_vcpu = result->nr_vcpus,
		.deviation = result->measured.nr > 1,
		.split = exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT),
		.percentiles = exit_info_has(info, KVM_EXIT_STATS_FEATURE_HISTOGRAM),
		.name = exit_name_width(info->encoding),
		.exits = width_of(summary->total.exits.mean, result->measured.nr > 1, 5),
		.cycles = width_of(summary->total.cycles.mean, 0, 6),
	};
}

int result_print(FILE *out, const struct exit_result *result)
{
	struct exit_summary *summary = malloc(sizeof(*summary));
	const struct exit_result *rows;
	struct layout layout;
	size_t i;

	if (!summary)
		return -1;
	result_summarize(result, summary);
	layout = layout_of(result, summary);
	print_heading(out, result);
	print_titles(out, &layout);
	for (i = 0; (rows = part(result, i)); i++) {
		result_summarize(rows, summary);
		print_rows(out, rows, &layout, summary);
	}
	result_summarize(result, summary);
	fprintf(out, "%*s  %-*s", layout.by_vcpu ? 11 : 5, "", layout.name, "total");
	print_mean(out, &layout, &summary->total, summary->elapsed.mean);
	fputc('\n', out);
	print_times(out, result, summary);
	free(summary);
	return ferror(out) ? -1 : 0;
}

static void print_csv_row(FILE *out, const struct exit_info *info, const struct exit_mean *mean,
			  double elapsed)
{
	char name[EXIT_NAME_MAX], p50[24], p99[24];

	fprintf(out, "%" PRIu32 ",%s,%g,%g,%g,%.15g,%g,%.15g,%.15g,%s,%s,%.15g,%.15g",
		mean->number,
		exit_name(info->encoding, mean->number, name), mean->exits.mean,
		sample_deviation(&mean->exits), elapsed > 0 ? mean->exits.mean / elapsed : 0,
		mean->cycles.mean, sample_deviation(&mean->cycles), mean->parts.off_cpu,
		mean->parts.vmm, hist_most_text(&mean->hist, 50, p50),
		hist_most_text(&mean->hist, 99, p99), mean->parts.steal, mean->parts.halted);
}

int result_print_csv(FILE *out, const struct exit_result *result)
{
	struct exit_summary *summary = malloc(sizeof(*summary));
	const struct exit_result *rows;
	size_t i, k;

	if (!summary)
		return -1;
	fprintf(out, "exit,name,exits,exits_deviation,exits_per_s,cycles,cycles_deviation,"
		"off_cpu,vmm,p50,p99,steal,halted%s\n", result->nr_vcpus ? ",vcpu" : "");
	for (i = 0; (rows = part(result, i)); i++) {
		result_summarize(rows, summary);
		for (k = 0; k < summary->nr; k++) {
			print_csv_row(out, &result->info, &summary->rows[k],
				      summary->elapsed.mean);
			if (result->nr_vcpus)
				fprintf(out, ",%ld", rows->vcpu);
			fputc('\n', out);
		}
	}
	free(summary);
	return ferror(out) ? -1 : 0;
}
