// SPDX-License-Identifier: GPL-2.0
/* What perf script prints, and what is printed of that. */
#include "fuzz.h"
#include "perf_script.h"

static void print(const struct code_table *table)
{
	uint64_t samples = 0;
	size_t i;

	for (i = 0; i < table->nr; i++)
		samples += table->rows[i]->samples;
	EXPECT(samples == table->samples);
	code_table_print(fuzz_nowhere(), table);
	code_table_print_csv(fuzz_nowhere(), table);
	EXPECT(!code_table_print_json(fuzz_nowhere(), table));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct code_table table;
	FILE *in = size ? fmemopen((void *)data, size, "r") : NULL;

	if (!in)
		return 0;
	table = (struct code_table) { .lines = *data % 2, .stacks = *data / 2 % 2 };
	EXPECT(perf_script_read(in, &table));
	print(&table);
	code_table_free(&table);
	fclose(in);
	return 0;
}
