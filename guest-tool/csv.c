// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "csv.h"
#include "exit_names.h"
#include "hist.h"
#include "perf_events.h"

void csv_print_names(FILE *out, const struct meters *meters, const char *before,
		     const char *after)
{
	fprintf(out, "%sexit,name,exits,cycles,off_cpu,vmm,longest,nested,p50,p99,"
		"steal,halted%s%s\n", before, after, meters->by_vcpu ? ",vcpu" : "");
}

static void print_values(FILE *out, const struct exit_counts *counts,
			 const struct exit_hist *hist)
{
	char p50[24], p99[24];

	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		",%s,%s,%" PRIu64 ",%" PRIu64, counts->exits, counts->cycles,
		counts->off_cpu, counts->vmm, counts->longest, counts->nested,
		hist_most_text(hist, 50, p50), hist_most_text(hist, 99, p99),
		counts->steal, counts->halted);
}

static void print_process(FILE *out, const struct process_exits *process, int number)
{
	const struct process_count *count = process_exits_find(process, number);

	if (count && count->counted)
		fprintf(out, ",%.0f,%d", count->exits, count->estimated);
	else
		fputs(",,", out);
}

static void print_all(FILE *out, const struct exit_counts *total, const char *before,
		      const char *after, const struct process_exits *process)
{
	static const struct exit_hist none;

	fprintf(out, "%s,all", before);
	print_values(out, total, &none);
	fputs(after, out);
	print_process(out, process, EXIT_ALL);
	fputc('\n', out);
}

void csv_print_rows(FILE *out, const struct meters *meters, const struct exit_view *view,
		    const char *before, const char *after, const struct process_exits *process)
{
	const struct exit_row *row, *end;
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < meters->nr; i++) {
		row = meters->of[i].between.rows;
		for (end = row + meters->of[i].between.nr; row < end; row++) {
			if (!exit_view_has(view, row->number))
				continue;
			fprintf(out, "%s%" PRIu32 ",%s", before, row->number,
				exit_name(meters->info.encoding, row->number, name));
			print_values(out, &row->counts, &row->hist);
			fputs(after, out);
			if (process)
				print_process(out, process, row->number);
			if (meters->by_vcpu)
				fprintf(out, ",%ld", meters->of[i].source.cpu);
			fputc('\n', out);
		}
	}
	if (process)
		print_all(out, &meters->of->between.total, before, after, process);
}

void csv_print_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}
