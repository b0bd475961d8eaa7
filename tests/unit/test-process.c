// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the exits of a process alone: counters, estimates, tables, files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "groups.h"
#include "perf_counters.h"
#include "perf_events.h"
#include "printed.h"
#include "process_exits.h"
#include "result.h"

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define SVM KVM_EXIT_STATS_ENCODING_SVM

static const struct exit_view view;

static void test_configs(void **state)
{
	(void)state;
	assert_int_equal(perf_event_config(VMX, 10), 0x0af5);
	assert_int_equal(perf_event_config(VMX, EXIT_ALL), 0xfff5);
	assert_int_equal(perf_event_config(SVM, 0x72), 0x7000072da);
	assert_int_equal(perf_event_config(SVM, 0x400), 0x70000f0da);
	assert_int_equal(perf_event_config(SVM, EXIT_ALL), 0x70000ffda);
}

static void expect_count(const struct counter_value *values, size_t nr, bool counted,
			 bool estimated, double exits)
{
	struct process_count count = process_count(10, values, nr);

	assert_int_equal(count.number, 10);
	assert_int_equal(count.counted, counted);
	assert_int_equal(count.estimated, estimated);
	assert_true(fabs(count.exits - exits) < 1e-9);
}

static void test_scaling(void **state)
{
	(void)state;
	/* All of the time, of two tasks */
	expect_count((struct counter_value[]) { { 1000, 50, 50 }, { 7, 9, 9 } }, 2, true, false,
		     1007);
	/* A quarter of it: what the other three had is not known. */
	expect_count((struct counter_value[]) { { 10, 400, 100 } }, 1, true, true, 40);
	/* Each by its own times */
	expect_count((struct counter_value[]) { { 0, 100, 100 }, { 1000, 100, 10 } }, 2, true,
		     true, 10000);
	/* Half of the time belongs to a task that never had a counter. */
	expect_count((struct counter_value[]) { { 10, 100, 100 }, { 0, 100, 0 } }, 2, true, true,
		     20);
	expect_count((struct counter_value[]) { { 0, 100, 0 }, { 0, 5, 0 } }, 2, false, false, 0);
	/* What has not run at all, or is gone, has no exits: that is certain. */
	expect_count((struct counter_value[]) { { 0, 0, 0 } }, 1, true, false, 0);
	expect_count(NULL, 0, true, false, 0);
}

static void test_estimates_are_limited(void **state)
{
	struct process_exits exits = {
		4, { { EXIT_ALL, true, true, 900 }, { 10, true, true, 700 },
		     { 12, true, true, 20 }, { 30, true, false, 5 } },
	};
	struct exit_table table = { 0 };

	(void)state;
	exit_table_add(&table, &(struct exit_row) { .number = 10, .counts.exits = 500 });
	exit_table_add(&table, &(struct exit_row) { .number = 30, .counts.exits = 4 });
	process_exits_limit(&exits, &table);
	assert_true(exits.of[0].exits == 504);
	assert_true(exits.of[1].exits == 500);
	assert_true(exits.of[2].exits == 0);
	/* What was counted was counted. */
	assert_true(exits.of[3].exits == 5);
}

/* A file that a counter's value can be read from once, or -1 with nothing in it */
static int file_with(const struct counter_value *value)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	if (value)
		assert_int_equal(write(ends[1], value, sizeof(*value)), sizeof(*value));
	close(ends[1]);
	return ends[0];
}

static void test_counters_are_read(void **state)
{
	static const struct counter_value all = { 40, 8, 8 }, more = { 2, 5, 5 },
					  part = { 3, 8, 4 };
	struct perf_counters counters = { .events = { .encoding = VMX }, .nr_tasks = 2 };
	struct process_exits exits;

	(void)state;
	perf_events_add_number(&counters.events, EXIT_ALL);
	perf_events_add_number(&counters.events, 10);
	/* Without an event */
	perf_events_add_number(&counters.events, KVM_EXIT_STATS_OTHER);
	perf_events_add_number(&counters.events, 12);
	perf_events_add_number(&counters.events, 10);
	assert_int_equal(counters.events.nr, 3);
	counters.fds = malloc(6 * sizeof(*counters.fds));
	memcpy(counters.fds, ((int []) { file_with(&all), file_with(&more), file_with(&part), -1,
					 file_with(&all), file_with(NULL) }), 6 * sizeof(int));
	perf_counters_read(&counters, &exits);
	perf_counters_close(&counters);
	assert_int_equal(exits.nr, 3);
	assert_true(process_exits_find(&exits, EXIT_ALL)->exits == 42);
	assert_false(process_exits_find(&exits, EXIT_ALL)->estimated);
	assert_true(process_exits_find(&exits, 10)->exits == 6);
	assert_true(process_exits_find(&exits, 10)->estimated);
	/* The kernel gives nothing for an event that it could not keep on a counter. */
	assert_false(process_exits_find(&exits, 12)->counted);
	assert_null(process_exits_find(&exits, 48));
	assert_true(process_exits_lack_counters(&exits));
}

static void add_row(struct exit_table *table, uint32_t number, uint64_t exits)
{
	exit_table_add(table, &(struct exit_row) { .number = number, .counts.exits = exits });
}

static void add_run(struct exit_runs *runs, const struct process_exits *process)
{
	struct exit_run *run = result_add_run(runs);

	run->elapsed = 1;
	run->process = *process;
	add_row(&run->table, 12, 3000);
	add_row(&run->table, 10, 1500);
	add_row(&run->table, 30, 50);
	add_row(&run->table, 1, 7);
}

/* All exits are certain, those of CPUID an estimate, HLT was not counted, 1 came later. */
static const struct process_exits some = {
	4, { { EXIT_ALL, true, false, 1100 }, { 10, true, true, 1000.25 },
	     { 12, false, false, 0 }, { 30, true, false, 0 } },
};

static struct exit_result result_of(const struct process_exits *process)
{
	struct exit_result result = {
		.info = { .version = 1, .encoding = VMX, .tsc_khz = 50000, .vcpus = 1 },
		.process = true,
	};

	result.measured.command = strdup("a");
	add_run(&result.measured, process);
	return result;
}

static void test_process_printed(void **state)
{
	struct exit_result result = result_of(&some);
	char *text;

	(void)state;
	EXPECT_PRINTED(assert_int_equal(result_print(out, &result, &view), 0),
		"VM exits of this VM while 'a' ran\n"
		"1 vCPU, VMX, host TSC 50.000 MHz\n"
		"\n"
		"exit  name                exits  process  exits/s  time  time/exit\n"
		"  12  HLT                  3000        -   3000.0   0ns        0ns\n"
		"  10  CPUID                1500    ~1000   1500.0   0ns        0ns\n"
		"  30  IO_INSTRUCTION         50        0     50.0   0ns        0ns\n"
		"   1  EXTERNAL_INTERRUPT      7        -      7.0   0ns        0ns\n"
		"      total                4557     1100   4557.0   0ns        0ns\n"
		"\n"
		"    1.000000 s elapsed, 0.000000 s user, 0.000000 s system\n"
		"           ~ is an estimate, - not counted: there are more reasons than counters; -e chooses fewer\n");
	result.user_only = true;
	text = PRINTED(result_print(out, &result, &view));
	expect_in(text, "  process:u  ");
	free(text);
	result_free(&result);
}

static void test_process_csv(void **state)
{
	struct exit_result result = result_of(&some);

	(void)state;
	EXPECT_PRINTED(assert_int_equal(result_print_csv(out, &result, &view), 0),
		"exit,name,exits,exits_deviation,exits_per_s,cycles,cycles_deviation,"
		"off_cpu,vmm,p50,p99,steal,halted,process,process_deviation,process_estimated\n"
		"12,HLT,3000,0,3000,0,0,0,0,,,0,0,,,\n"
		"10,CPUID,1500,0,1500,0,0,0,0,,,0,0,1000.25,0,1\n"
		"30,IO_INSTRUCTION,50,0,50,0,0,0,0,,,0,0,0,0,0\n"
		"1,EXTERNAL_INTERRUPT,7,0,7,0,0,0,0,,,0,0,,,\n"
		",all,4557,0,4557,0,0,0,0,,,0,0,1100,0,0\n");
	result_free(&result);
}

static void test_process_kept_in_a_file(void **state)
{
	struct exit_result result = result_of(&some), again;
	struct recording_error error;
	char *json, *text;

	(void)state;
	result.user_only = true;
	json = PRINTED(assert_int_equal(result_print_json(out, &result, &view), 0));
	expect_in(json, "\"process_modes\": \"user\"");
	expect_in(json, "\"exit\": null");
	expect_in(json, "\"exits\": 1000,");
	assert_true(result_parse(json, strlen(json), &again, &error));
	assert_true(again.user_only);
	text = PRINTED(result_print(out, &result, &view));
	EXPECT_PRINTED(result_print(out, &again, &view), text);
	free(text);
	result_free(&again);

	/* A number that is none, and one twice */
	text = strstr(json, "\"exit\": null");
	memcpy(text, "\"exit\":   -1", 12);
	assert_false(result_parse(json, strlen(json), &again, &error));
	assert_string_equal(error.text, "invalid exit number of the process");
	memcpy(text, "\"exit\":   10", 12);
	assert_false(result_parse(json, strlen(json), &again, &error));
	assert_string_equal(error.text, "an exit number of the process is there twice");
	free(json);
	result_free(&result);
}

/* The mean of the runs that have it, without the baseline's */
static void test_process_of_several_runs(void **state)
{
	static const struct process_exits exact = {
		2, { { EXIT_ALL, true, false, 1300 }, { 10, true, false, 1100.25 } },
	}, base = { 2, { { EXIT_ALL, true, false, 200 }, { 10, true, false, 50 } } };
	struct exit_summary *summary = malloc(sizeof(*summary));
	struct exit_result result = result_of(&some);
	const struct exit_mean *mean;

	(void)state;
	add_run(&result.measured, &exact);
	result_summarize(&result, summary);
	assert_true(summary->total.process.mean == 1200);
	assert_false(summary->total.estimated);
	mean = summary_find(summary, 10);
	assert_true(mean->process.mean == 1050.25);
	assert_true(mean->estimated);
	/* In one of the two */
	mean = summary_find(summary, 30);
	assert_int_equal(mean->process.nr, 1);
	assert_true(mean->estimated);
	assert_int_equal(summary_find(summary, 12)->process.nr, 0);

	result.baseline.command = strdup("b");
	add_run(&result.baseline, &base);
	result.baseline.runs[0]->table.nr = 0;
	result_summarize(&result, summary);
	assert_true(summary->total.process.mean == 1000);
	assert_true(summary_find(summary, 10)->process.mean == 1000.25);
	/* What the baseline has of it is not known. */
	assert_int_equal(summary_find(summary, 30)->process.nr, 0);
	free(summary);
	result_free(&result);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_configs),
	cmocka_unit_test(test_scaling),
	cmocka_unit_test(test_estimates_are_limited),
	cmocka_unit_test(test_counters_are_read),
	cmocka_unit_test(test_process_printed),
	cmocka_unit_test(test_process_csv),
	cmocka_unit_test(test_process_kept_in_a_file),
	cmocka_unit_test(test_process_of_several_runs),
};

int run_process_tests(void)
{
	return cmocka_run_group_tests_name("a process alone", tests, NULL, NULL);
}
