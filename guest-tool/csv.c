// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "csv.h"
#include "exit_names.h"
#include "hist.h"

void csv_print_names(FILE *out, const struct meters *meters, const char *before,
		     const char *after)
{
	fprintf(out, "%sexit,name,exits,cycles,off_cpu,vmm,longest,nested,p50,p99,"
		"steal,halted%s%s\n", before, after, meters->by_vcpu ? ",vcpu" : "");
}

static void print_row(FILE *out, const struct exit_info *info, const struct exit_row *row)
{
	const struct exit_counts *counts = &row->counts;
	char name[EXIT_NAME_MAX], p50[24], p99[24];

	fprintf(out, "%" PRIu32 ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		",%" PRIu64 ",%" PRIu64 ",%s,%s,%" PRIu64 ",%" PRIu64, row->number,
		exit_name(info->encoding, row->number, name), counts->exits, counts->cycles,
		counts->off_cpu, counts->vmm, counts->longest, counts->nested,
		hist_most_text(&row->hist, 50, p50), hist_most_text(&row->hist, 99, p99),
		counts->steal, counts->halted);
}

void csv_print_rows(FILE *out, const struct meters *meters, const struct exit_view *view,
		    const char *before, const char *after)
{
	const struct exit_row *row, *end;
	size_t i;

	for (i = 0; i < meters->nr; i++) {
		row = meters->of[i].between.rows;
		for (end = row + meters->of[i].between.nr; row < end; row++) {
			if (!exit_view_has(view, row->number))
				continue;
			fputs(before, out);
			print_row(out, &meters->info, row);
			fputs(after, out);
			if (meters->by_vcpu)
				fprintf(out, ",%ld", meters->of[i].source.cpu);
			fputc('\n', out);
		}
	}
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
