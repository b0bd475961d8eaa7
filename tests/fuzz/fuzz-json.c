// SPDX-License-Identifier: GPL-2.0
/* JSON of all kinds that are read, and what is made of those that are good. */
#include <float.h>

#include "comparison.h"
#include "fuzz.h"
#include "hist.h"
#include "json.h"
#include "result.h"
#include "table_print.h"
#include "util.h"

static void read_table(const char *text, size_t size)
{
	static struct exit_table table;
	struct recording_error error;
	struct exit_info info = { 0 };
	size_t i;

	if (!json_parse_table(text, size, &info, &table, &error))
		return;
	table_print(fuzz_nowhere(), &info, &table, &view, true);
	for (i = 0; i < table.nr; i++)
		hist_print(fuzz_nowhere(), &info, table.rows[i].number, &table.rows[i].hist);
}

static char *json_text(const struct exit_result *result)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	EXPECT(out && !result_print_json(out, result, &view));
	fclose(out);
	return text;
}

/* Write it, and read that in its place.  Returns what was written. */
static char *write_and_read(struct exit_result *result)
{
	char *text = json_text(result);
	struct recording_error error;

	result_free(result);
	EXPECT(result_parse(text, strlen(text), result, &error));
	return text;
}

static void print(const struct exit_result *result)
{
	result_print(fuzz_nowhere(), result, &view);
	result_print_csv(fuzz_nowhere(), result, &view);
}

/* A result does not differ from itself; its baseline may. */
static void compare(const struct exit_result *result, bool by_cycles)
{
	const struct exit_result results[] = {
		*result, *result, { .info = result->info, .measured = result->baseline },
	};
	struct comparison comparison;
	size_t i, k, nr = result->baseline.nr ? 3 : 2;
	double p;

	EXPECT(comparison_make(&comparison, results, nr, by_cycles, &view));
	for (i = 0; i < comparison.nr; i++) {
		EXPECT(!comparison.rows[i].of[1].differs);
		for (k = 1; k < nr; k++) {
			p = comparison.rows[i].of[k].p;
			EXPECT(p >= 0 && p < 1.001);
		}
	}
	comparison_print(fuzz_nowhere(), &comparison);
	comparison_print_csv(fuzz_nowhere(), &comparison);
	EXPECT(!comparison_print_json(fuzz_nowhere(), &comparison));
	comparison_free(&comparison);
}

static void read_result(const char *text, size_t size)
{
	struct recording_error error;
	struct exit_result result;
	char *first, *second;

	if (result_parse_vcpus(text, size, &result, &error)) {
		print(&result);
		result_free(&result);
	}
	if (!result_parse(text, size, &result, &error))
		return;
	print(&result);
	compare(&result, false);
	compare(&result, true);

	/* What has more digits than we write loses them once. */
	free(write_and_read(&result));
	first = write_and_read(&result);
	second = write_and_read(&result);
	EXPECT(!strcmp(first, second));
	free(first);
	free(second);
	result_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	read_table(text, size);
	read_result(text, size);
	free(text);
	return 0;
}

/* Replace the n-th number, if there is a new one.  Returns n less those that there are. */
static long replace_number(json_t *in, long n, json_t *number)
{
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach(in, name, value) {
		if (json_is_number(value) && !n--)
			json_object_set(in, name, number);
		else
			n = replace_number(value, n, number);
	}
	json_array_foreach(in, i, value)
		n = replace_number(value, n, number);
	return n;
}

static json_t *some_number(unsigned int seed)
{
	static const json_int_t integers[] = {
		-1, 0, 1, 2, 10, 255, 256, 65535, 65536, UINT32_MAX, UINT32_MAX + 1LL,
		(1LL << 53) + 1, INT64_MAX - 1, INT64_MAX,
	};
	static const double reals[] = { -1, 0, DBL_TRUE_MIN, 1e-9, 0.1, 1e9, 1e20, DBL_MAX };

	if (seed % 2)
		return json_integer(integers[seed / 2 % ARRAY_SIZE(integers)]);
	return json_real(reals[seed / 2 % ARRAY_SIZE(reals)]);
}

/* Returns the new size, or 0 if this is no JSON with numbers, or too long. */
static size_t mutate_numbers(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	json_t *document = json_loadb((char *)data, size, 0, NULL);
	long numbers = -replace_number(document, 0, NULL);
	json_t *number;

	size = 0;
	if (numbers) {
		number = some_number(seed / numbers);
		replace_number(document, seed % numbers, number);
		json_decref(number);
		size = json_dumpb(document, (char *)data, max_size, JSON_COMPACT);
	}
	json_decref(document);
	return size <= max_size ? size : 0;
}

/*
 * Bytes changed by chance are hardly ever another number in JSON that is good, so half
 * of the time it is numbers that change.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t new_size = seed % 2 ? mutate_numbers(data, size, max_size, seed / 2) : 0;

	return new_size ? new_size : LLVMFuzzerMutate(data, size, max_size);
}
