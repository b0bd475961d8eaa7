// SPDX-License-Identifier: GPL-2.0
/* Dumps of CPUID and KVM's tables, and what is printed of those that are good. */
#include "csv.h"
#include "exit_names.h"
#include "fuzz.h"
#include "hist.h"
#include "json.h"
#include "meters.h"
#include "recording.h"
#include "table_print.h"

static char *json_text(const struct exit_info *info, const struct exit_table *table)
{
	json_t *document = json_document("table", info);
	char *text;

	json_object_set_new(document, "reasons", json_reasons(info, table, &view));
	text = json_dumps(document, 0);
	json_decref(document);
	EXPECT(text);
	return text;
}

/* What was read of JSON is what was written. */
static void write_and_read(const struct exit_info *info, const struct exit_table *table)
{
	static struct exit_table again;
	char *text = json_text(info, table), *text_again;
	struct recording_error error;
	struct exit_info info_again;

	EXPECT(json_parse_table(text, strlen(text), &info_again, &again, &error));
	text_again = json_text(&info_again, &again);
	EXPECT(!strcmp(text, text_again));
	free(text);
	free(text_again);
}

static void print_csv(FILE *out, const struct exit_info *info, const struct exit_table *table)
{
	static struct meter meter;
	const struct meters meters = { .info = *info, .nr = 1, .of = &meter };

	meter.between = *table;
	csv_print_names(out, &meters, "", "");
	csv_print_rows(out, &meters, &view, "", "");
}

static void print(const struct exit_info *info, const struct exit_table *table)
{
	FILE *out = fuzz_nowhere();
	size_t i;

	table_print_heading(out, info);
	table_print_totals(out, info, &table->total);
	table_print(out, info, table, &view, true);
	print_csv(out, info, table);
	for (i = 0; i < table->nr; i++)
		hist_print(out, info, table->rows[i].number, &table->rows[i].hist);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exit_table table, between;
	char *text = fuzz_text(data, size);
	struct recording_error error;
	struct exit_info info = { 0 };

	if (recording_parse(text, size, &info, &table, &error)) {
		print(&info, &table);
		EXPECT(exit_table_subtract(&info, &table, &table, &between));
		EXPECT(!between.nr);
		/* A host newer than this may have numbers that JSON has no word for. */
		if (exit_encoding(exit_encoding_name(info.encoding)))
			write_and_read(&info, &table);
	}
	free(text);
	return 0;
}
