// SPDX-License-Identifier: GPL-2.0
/* Unit tests of how tables are laid out: widths, units, orders, and what is left out. */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <argz.h>
#include <cmocka.h>

#include "columns.h"
#include "comparison.h"
#include "dump.h"
#include "groups.h"
#include "printed.h"
#include "rates.h"
#include "result.h"
#include "table_print.h"
#include "text.h"
#include "time_text.h"

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define HUGE ((uint64_t)INT64_MAX)

static const struct exit_info info = {
	.version = 1, .encoding = VMX, .tsc_khz = 50000, .vcpus = 1,
	.features = KVM_EXIT_STATS_FEATURE_SPLIT | KVM_EXIT_STATS_FEATURE_LONGEST |
		    KVM_EXIT_STATS_FEATURE_HISTOGRAM,
};

static void expect_time(double cycles, uint32_t tsc_khz, const char *expected)
{
	char text[TIME_TEXT_MAX];

	assert_string_equal(time_text(cycles, tsc_khz, 4, text), expected);
}

static void test_times(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	expect_time(0, 50000, "0ns");
	expect_time(1, 3000000, "0.333ns");
	expect_time(1, 50000, "20.00ns");
	expect_time(12345, 1000000, "12.35us");
	expect_time(123456789, 1000000, "123.5ms");
	expect_time(5e9, 1000000, "5.000s");
	expect_time(12345e9, 1000000, "12345s");
	expect_time(-123456, 1000000, "-123.5us");
	/* Rounding does not make five digits, nor 1000 of a unit. */
	expect_time(9999.6, 1000000, "10.00us");
	expect_time(99996, 1000000, "100.0us");
	expect_time(999949, 1000000, "999.9us");
	expect_time(999960, 1000000, "1.000ms");
	assert_string_equal(time_text(2048, 50000, 3, text), "41.0us");
	assert_string_equal(time_text(999600, 1000000, 3, text), "1.00ms");
}

static void add_column(struct columns *columns, const char *title, unsigned int rank,
		       unsigned int group)
{
	struct column column = { .rank = rank, .group = group, .left = !columns->nr };

	strcpy(column.title, title);
	columns_add(columns, &column);
}

/* What is of least use is left out, as much as has to be, and numbers stay whole. */
static void test_columns_left_out(void **state)
{
	struct columns columns = { 0 };

	(void)state;
	add_column(&columns, "name", 0, 0);
	add_column(&columns, "a", 2, 0);
	add_column(&columns, "b", 0, 0);
	add_column(&columns, "c", 1, 0);
	columns_cell(&columns, "x");
	columns_cell(&columns, "123");
	columns_cell(&columns, "%d", 45678);
	columns_cell(&columns, "%s", "");
	EXPECT_PRINTED(assert_true(columns_print(out, &columns, 19)),
		       "name    a      b  c\n"
		       "x     123  45678\n");
	EXPECT_PRINTED(assert_true(columns_print(out, &columns, 18)),
		       "name      b  c\n"
		       "x     45678\n");
	EXPECT_PRINTED(assert_true(columns_print(out, &columns, 5)),
		       "name      b\n"
		       "x     45678\n");
	columns_free(&columns);
}

/* Groups for which there is no room follow below, with what all of them have. */
static void test_column_groups(void **state)
{
	struct columns columns = { 0 };

	(void)state;
	add_column(&columns, "name", 0, 0);
	add_column(&columns, "B", 0, 1);
	add_column(&columns, "+-", 0, 1);
	add_column(&columns, "C", 0, 2);
	add_column(&columns, "+-", 0, 2);
	columns_cell(&columns, "x");
	columns_cell(&columns, "1");
	columns_cell(&columns, "2");
	columns_cell(&columns, "3");
	columns_cell(&columns, "4");
	EXPECT_PRINTED(assert_true(columns_print(out, &columns, 18)),
		       "name  B  +-  C  +-\n"
		       "x     1   2  3   4\n");
	EXPECT_PRINTED(assert_true(columns_print(out, &columns, 17)),
		       "name  B  +-\n"
		       "x     1   2\n"
		       "\n"
		       "name  C  +-\n"
		       "x     3   4\n");
	columns_free(&columns);
}

/* What comes later is below what was, and has titles only where a column became wider. */
static void test_series_of_rows(void **state)
{
	struct columns columns = { 0 };

	(void)state;
	add_column(&columns, "name", 0, 0);
	add_column(&columns, "n", 0, 0);
	columns_cell(&columns, "a");
	columns_cell(&columns, "123");
	EXPECT_PRINTED(assert_true(columns_print_more(out, &columns, 80)),
		       "name    n\n"
		       "a     123\n");
	columns_cell(&columns, "b");
	columns_cell(&columns, "4");
	EXPECT_PRINTED(assert_true(columns_print_more(out, &columns, 80)),
		       "b       4\n");
	columns_cell(&columns, "longer");
	columns_cell(&columns, "5");
	EXPECT_PRINTED(assert_true(columns_print_more(out, &columns, 80)),
		       "name      n\n"
		       "longer    5\n");
	columns_free(&columns);
}

static void test_huge_numbers(void **state)
{
	struct columns columns = { 0 };

	(void)state;
	add_column(&columns, "n", 0, 0);
	columns_number(&columns, 1e300, 6, true);
	columns_number(&columns, UINT64_MAX, 0, false);
	EXPECT_PRINTED(assert_true(columns_print(out, &columns, 80)),
		       "n\n"
		       "+1e+300\n"
		       "18446744073709551615\n");
	columns_free(&columns);
}

static void test_line_width(void **state)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 132 };
	FILE *file = tmpfile(), *terminal;
	int master, slave;

	(void)state;
	unsetenv("COLUMNS");
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	terminal = fdopen(slave, "w");
	assert_int_equal(line_width(file), 100);
	assert_int_equal(line_width(terminal), 132);
	setenv("COLUMNS", "77", 1);
	assert_int_equal(line_width(file), 100);
	assert_int_equal(line_width(terminal), 77);
	setenv("COLUMNS", "wide", 1);
	assert_int_equal(line_width(terminal), 132);
	unsetenv("COLUMNS");
	fclose(terminal);
	fclose(file);
	close(master);
}

static void test_wrapped_text(void **state)
{
	(void)state;
	EXPECT_PRINTED(text_wrap(out, "  one two three\nfour\n", 11, 4),
		       "  one two\n    three\nfour\n");
	EXPECT_PRINTED(text_wrap(out, "a longerthanaline b", 6, 1), "a\n longerthanaline\n b\n");
	EXPECT_PRINTED(text_wrap(out, "12345 789", 9, 2), "12345 789\n");
	EXPECT_PRINTED(text_wrap(out, "", 9, 2), "");
}

/* CPUID is first by exits, EPT_VIOLATION by busy, HLT by cycles and longest. */
static const struct exit_table table = {
	.nr = 3,
	.rows = {
		{ .number = 10, .counts = { .exits = 1000, .cycles = 10000, .longest = 20 } },
		{ .number = 12, .counts = {
			.exits = 10, .cycles = 90000, .off_cpu = 89000, .longest = 9000 } },
		{ .number = 48, .counts = {
			.exits = 20, .cycles = 40000, .vmm = 1000, .longest = 3000 } },
	},
	.total = {
		.exits = 1030, .cycles = 140000, .off_cpu = 89000, .vmm = 1000, .longest = 9000 },
};

static void expect_order(const struct exit_info *about, enum exit_order order, uint32_t first,
			 uint32_t second, uint32_t third)
{
	struct exit_view view = { .order = order };
	char *text = PRINTED(assert_true(table_print(out, about, &table, &view, true)));
	uint32_t numbers[3];

	assert_int_equal(sscanf(text, "%*[^\n]%u%*[^\n]%u%*[^\n]%u", &numbers[0], &numbers[1],
				&numbers[2]), 3);
	assert_int_equal(numbers[0], first);
	assert_int_equal(numbers[1], second);
	assert_int_equal(numbers[2], third);
	free(text);
}

static void test_orders(void **state)
{
	const struct exit_info less = { .encoding = VMX };

	(void)state;
	expect_order(&info, ORDER_DEFAULT, 48, 10, 12);
	expect_order(&less, ORDER_DEFAULT, 10, 48, 12);
	expect_order(&info, ORDER_EXITS, 10, 48, 12);
	expect_order(&info, ORDER_BUSY, 48, 10, 12);
	expect_order(&info, ORDER_CYCLES, 12, 48, 10);
	expect_order(&info, ORDER_MEAN, 12, 48, 10);
	expect_order(&info, ORDER_LONGEST, 12, 48, 10);
	expect_order(&info, ORDER_NAME, 10, 48, 12);
}

static void choose(struct exit_view *view, const char *names)
{
	argz_add_sep(&view->names, &view->names_size, names, ',');
	assert_int_equal(exit_view_choose(view, VMX), 0);
}

/* The total is that of all. */
static void test_chosen_reasons(void **state)
{
	struct exit_view view = { .in_cycles = true };

	(void)state;
	choose(&view, "hlt,0x30");
	EXPECT_PRINTED(assert_true(table_print(out, &info, &table, &view, true)),
		"exit  name           exits  share  cycles   busy  cycles/exit    KVM    VMM  off-CPU  longest\n"
		"  48  EPT_VIOLATION     20   1.9%   40000  78.4%         2000  97.5%   2.5%     0.0%     3000\n"
		"  12  HLT               10   1.0%   90000   2.0%         9000   1.1%   0.0%    98.9%     9000\n"
		"      total           1030   100%  140000   100%          135  35.7%   0.7%    63.6%     9000\n");
	assert_false(exit_view_has(&view, 10));
	exit_view_free(&view);
	assert_true(exit_view_has(&view, 10));
}

/* Each vCPU has its own order, and shares are of all. */
static void test_vcpus(void **state)
{
	struct meter vcpus[] = {
		{ .source.cpu = 2, .between = table }, { .source.cpu = 10, .between = table },
	};
	struct meters meters = { .by_vcpu = true, .info = info, .nr = 2, .of = vcpus };
	struct exit_view view = { .in_cycles = true, .order = ORDER_NAME };

	(void)state;
	meters.info.features = 0;
	vcpus[1].between.rows[0].counts.exits = 970;
	vcpus[1].between.total.exits = 1000;
	choose(&view, "hlt,cpuid");
	EXPECT_PRINTED(assert_true(table_print_meters(out, &meters, &view)),
		"vCPU  exit  name   exits  share  cycles  share  cycles/exit\n"
		"   2    10  CPUID   1000  49.3%   10000   9.8%           10\n"
		"   2    12  HLT       10   0.5%   90000   1.0%         9000\n"
		"  10    10  CPUID    970  47.8%   10000   9.8%           10\n"
		"  10    12  HLT       10   0.5%   90000   1.0%         9000\n"
		"            total   2030   100%  280000   100%          137\n");
	exit_view_free(&view);
}

/* How long a cycle is is not known. */
static void test_unknown_frequency(void **state)
{
	static const struct exit_view view;
	const struct exit_info unknown = { .encoding = VMX };
	char *text = PRINTED(assert_true(table_print(out, &unknown, &table, &view, true)));

	(void)state;
	assert_non_null(strstr(text, "  cycles/exit\n"));
	free(text);
}

static void expect_narrow(char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		if (strlen(line) > 100)
			fail_msg("%zu characters: %s", strlen(line), line);
	}
	free(text);
}

/* All there is, as large as it may be */
static struct exit_table huge_table(void)
{
	struct exit_row row = { .counts = {
		.exits = HUGE, .cycles = HUGE, .off_cpu = HUGE / 2, .vmm = HUGE / 2,
		.longest = HUGE, .nested = HUGE, .halted = HUGE / 2,
	} };
	struct exit_table huge = { 0 };

	row.hist.buckets[31] = HUGE;
	row.number = 1;
	exit_table_add(&huge, &row);
	row.number = KVM_EXIT_STATS_OTHER;
	row.counts = (struct exit_counts) { .exits = 1, .cycles = 1, .longest = 1 };
	exit_table_add(&huge, &row);
	return huge;
}

static void test_tables_are_narrow(void **state)
{
	struct exit_table huge = huge_table();
	struct meter meter = { .source.cpu = 65535, .between = huge };
	const struct meters meters = { .by_vcpu = true, .info = info, .nr = 1, .of = &meter };
	struct rates rates = { .by_vcpu = true };
	bool in_cycles;

	(void)state;
	rates_begin(&rates, 1e-9);
	assert_true(rates_add(&rates, 65535, &huge));
	for (in_cycles = false; ; in_cycles = true) {
		const struct exit_view view = { .in_cycles = in_cycles };

		expect_narrow(PRINTED(table_print(out, &info, &huge, &view, true)));
		expect_narrow(PRINTED(rates_print(out, &info, &rates, &view, 100)));
		expect_narrow(PRINTED(table_print_meters(out, &meters, &view)));
		if (in_cycles)
			break;
	}
	rates_free(&rates);
}

/* Runs of a command that has all there is */
static struct exit_result huge_result(size_t runs)
{
	struct exit_result result = { .info = info };
	struct exit_run *run;

	result.measured.command = strdup("a");
	while (result.measured.nr < runs) {
		run = result_add_run(&result.measured);
		*run = (struct exit_run) { .elapsed = 1e9, .vcpus = 1, .table = huge_table() };
		run->table.rows[0].counts.exits -= run->table.rows[0].counts.exits /
						   result.measured.nr;
	}
	return result;
}

static void test_results_are_narrow(void **state)
{
	struct exit_result results[] = { huge_result(5), huge_result(5), huge_result(4) };
	static const struct exit_view views[] = { { .in_cycles = false }, { .in_cycles = true } };
	struct comparison comparison;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		expect_narrow(PRINTED(result_print(out, &results[0], &views[i % 2])));
		assert_true(comparison_make(&comparison, results, 3, i / 2, &views[i % 2]));
		expect_narrow(PRINTED(comparison_print(out, &comparison)));
		comparison_free(&comparison);
	}
	for (i = 0; i < 3; i++)
		result_free(&results[i]);
}

static void test_recordings_are_narrow(void **state)
{
	char *text = dump_text("../recordings/host-vmx");
	struct recording_error error;
	struct exit_info read_info;
	static const struct exit_view views[] = { { .in_cycles = false }, { .in_cycles = true } };
	struct exit_table *read = malloc(sizeof(*read));
	size_t i;

	(void)state;
	assert_true(recording_parse(text, strlen(text), &read_info, read, &error));
	for (i = 0; i < 2; i++)
		expect_narrow(PRINTED(table_print(out, &read_info, read, &views[i], true)));
	free(read);
	free(text);
}

int run_table_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_columns_left_out),
		cmocka_unit_test(test_column_groups),
		cmocka_unit_test(test_series_of_rows),
		cmocka_unit_test(test_huge_numbers),
		cmocka_unit_test(test_line_width),
		cmocka_unit_test(test_wrapped_text),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_chosen_reasons),
		cmocka_unit_test(test_vcpus),
		cmocka_unit_test(test_unknown_frequency),
		cmocka_unit_test(test_tables_are_narrow),
		cmocka_unit_test(test_results_are_narrow),
		cmocka_unit_test(test_recordings_are_narrow),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
