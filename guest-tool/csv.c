// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "csv.h"
#include "exit_names.h"
#include "hist.h"

void csv_print_names(FILE *out)
{
	fputs("exit,name,exits,cycles,off_cpu,vmm,longest,nested,p50,p99,steal,halted", out);
}

void csv_print_row(FILE *out, const struct exit_info *info, const struct exit_row *row)
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

void csv_print_table(FILE *out, const struct exit_info *info, const struct exit_table *table)
{
	size_t i;

	csv_print_names(out);
	for (i = 0; i < table->nr; i++) {
		fputc('\n', out);
		csv_print_row(out, info, &table->rows[i]);
	}
	fputc('\n', out);
}
