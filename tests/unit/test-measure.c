// SPDX-License-Identifier: GPL-2.0
/* Unit tests of what is made of the numbers: differences, means, files. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before cmocka, whose fail() is a macro */
#include "util.h"

#include <cmocka.h>

#include "command.h"
#include "dump.h"
#include "groups.h"
#include "printed.h"
#include "json.h"
#include "recording.h"
#include "result.h"
#include "exit_leaves.h"

/* All reasons, in the order and the unit that they have by themselves */
static const struct exit_view view;

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define ALL_FEATURES (KVM_EXIT_STATS_FEATURE_SPLIT | KVM_EXIT_STATS_FEATURE_LONGEST | \
		      KVM_EXIT_STATS_FEATURE_HISTOGRAM)

static const struct exit_info vmx_info = {
	.version = 1, .encoding = VMX, .features = ALL_FEATURES, .tsc_khz = 50000, .vcpus = 1,
};

static void parse(const char *text, bool good, const char *expected,
		  struct exit_table *table)
{
	struct recording_error error = { "" };
	struct exit_info info;
	bool parsed;

	if (*text == '{')
		parsed = json_parse_table(text, strlen(text), &info, table, &error);
	else
		parsed = recording_parse(text, strlen(text), &info, table, &error);
	if (parsed != good || (!good && !strstr(error.text, expected)))
		fail_msg("'%.60s': '%s', expected '%s'", text, error.text, expected);
}

static void test_host_table(void **state)
{
	char *text = dump_text("../recordings/host-vmx");
	const struct exit_row *row;
	struct recording_error error;
	struct exit_table table;
	struct exit_info info;

	(void)state;
	assert_true(recording_parse(text, strlen(text), &info, &table, &error));
	assert_int_equal(info.encoding, VMX);
	assert_int_equal(info.tsc_khz, 50000);
	assert_int_equal(info.features, ALL_FEATURES);
	assert_int_equal(table.nr, 5);
	assert_int_equal(table.total.exits, 1138);
	assert_int_equal(table.total.vmm, 6000000);
	row = &table.rows[0];
	assert_int_equal(row->number, 30);
	assert_int_equal(row->counts.off_cpu, 100000);
	assert_int_equal(row->counts.nested, 3);
	assert_int_equal(row->hist.buckets[13], 599);
	assert_int_equal(exit_hist_sum(&row->hist), 1000);
	free(text);
}

/* Nothing that is cut off is taken for the whole. */
static void assert_cuts_are_refused(char *text)
{
	struct exit_table table;
	size_t size = strlen(text), i;
	struct recording_error error;
	struct exit_info info;

	for (i = 0; i < size; i++) {
		char *cut = strndup(text, i);

		if (recording_parse(cut, i, &info, &table, &error))
			fail_msg("cut at %zu", i);
		free(cut);
	}
	free(text);
}

static void test_cut_recordings(void **state)
{
	(void)state;
	assert_cuts_are_refused(dump_text("../recordings/host-vmx"));
	assert_cuts_are_refused(dump_text("kvm-vmx"));
}

static void test_bad_recordings(void **state)
{
	struct exit_table table;

	(void)state;
	parse("", false, "empty", &table);
	parse("hello\n", false, "neither", &table);
	parse("# hello\n", false, "first line", &table);
	parse("# ARM, 1 kHz\n", false, "first line", &table);
	parse("# VMX, 1 kHz\nrubbish\n", false, "not a line", &table);
	parse("# VMX, 1 kHz\n", false, "ends before its total", &table);
	parse("# VMX, 1 kHz\n 10 CPUID 1 5 6 0 0 0\n", false, "not a line", &table);
	parse("# VMX, 1 kHz\n 10 CPUID 1 -5 0 0 0 0\n", false, "not a line", &table);
	parse("# VMX, 1 kHz\n 10 CPUID 1 5 0 0 0 0\n 10 CPUID 1 5 0 0 0 0\n", false,
	      "not a line", &table);
	parse("# VMX, 1 kHz\n 70000 CPUID 1 5 0 0 0 0\n", false, "not a line", &table);
	parse("# VMX, 1 kHz\n 10 CPUID 1 5 0 0 0 0\n total 1 5 0 0 0 0\n 10 CPUID 40:1\n",
	      false, "not a line", &table);
	parse("CPU:\n", false, "no exit statistics", &table);
	parse("{", false, "line 1", &table);
	parse("{}", false, "not written by cpuid-query", &table);
	parse("{\"format\":\"cpuid-query\"}", false, "no version", &table);
	parse("{\"format\":\"cpuid-query\",\"version\":2,\"kind\":\"table\"}", false, "newer",
	      &table);
	parse("{\"format\":\"cpuid-query\",\"version\":1,\"kind\":\"log\"}", false, "'log'",
	      &table);
	parse("{\"format\":\"cpuid-query\",\"version\":1,\"kind\":\"table\","
	      "\"vendor\":\"VMX\"}", false, "'tsc_khz'", &table);
}

static void test_recorded_dump(void **state)
{
	char *text = dump_text("kvm-vmx"), *negative;
	struct exit_table table;
	size_t i;

	(void)state;
	parse(text, true, NULL, &table);
	assert_int_equal(table.nr, 13);
	for (i = 0; i < table.nr; i++)
		assert_int_equal(table.rows[i].counts.longest, table.rows[i].hist.longest);

	assert_true(asprintf(&negative, "%s 0x4ffffffd 0x0c: eax=0x1 ebx=0xffffffff "
			     "ecx=0xfffffffb edx=0x0\n", text) > 0);
	parse(negative, false, "impossible", &table);
	free(negative);
	free(text);
}

static json_t *table_document(const struct exit_table *table)
{
	json_t *document = json_document("table", &vmx_info);

	json_object_set_new(document, "reasons", json_reasons(&vmx_info, table, &view));
	return document;
}

static void test_json_of_table(void **state)
{
	char *text = dump_text("../recordings/host-vmx"), *json;
	struct exit_table table, again;
	json_t *document;

	(void)state;
	parse(text, true, NULL, &table);
	document = table_document(&table);
	json = json_dumps(document, 0);
	parse(json, true, NULL, &again);
	assert_memory_equal(&table, &again, sizeof(table));
	free(json);

	json_object_set_new(json_array_get(json_object_get(document, "reasons"), 0), "exits",
			    json_integer(-1));
	json = json_dumps(document, 0);
	parse(json, false, "no count 'exits'", &again);
	free(json);
	json_decref(document);
	free(text);
}

static struct exit_table one_row(uint32_t number, uint64_t exits, uint64_t cycles,
				 uint64_t longest)
{
	const struct exit_row row = {
		.number = number,
		.counts = { .exits = exits, .cycles = cycles, .longest = longest },
		.hist = { .buckets = { [10] = exits }, .longest = longest },
	};
	struct exit_table table = { 0 };

	exit_table_add(&table, &row);
	return table;
}

static void test_subtract(void **state)
{
	struct exit_table before = one_row(12, 5, 5000, 2000), after, between;
	const struct exit_row more = { .number = 30, .counts = { .exits = 1, .cycles = 9 } };

	(void)state;
	after = one_row(12, 8, 9000, 2000);
	exit_table_add(&after, &more);
	assert_true(exit_table_subtract(&vmx_info, &after, &before, &between));
	assert_int_equal(between.nr, 2);
	assert_int_equal(between.rows[0].number, 12);
	assert_int_equal(between.rows[0].counts.exits, 3);
	assert_int_equal(between.rows[0].counts.cycles, 4000);
	assert_int_equal(between.rows[0].hist.buckets[10], 3);
	/* The longest was there before. */
	assert_int_equal(between.rows[0].counts.longest, 0);
	assert_int_equal(between.rows[1].counts.exits, 1);
	assert_int_equal(between.total.exits, 4);

	assert_false(exit_table_subtract(&vmx_info, &before, &after, &between));
	after = one_row(12, 4, 9000, 2000);
	assert_false(exit_table_subtract(&vmx_info, &after, &before, &between));
	after = one_row(30, 100, 9000, 2000);
	assert_false(exit_table_subtract(&vmx_info, &after, &before, &between));
}

/* Parts that grew by more than the whole did, from one reading to the next */
static void test_subtract_keeps_parts_in_the_whole(void **state)
{
	struct exit_table before = one_row(12, 5, 5000, 0), after = one_row(12, 6, 6000, 0);
	struct exit_table between;

	(void)state;
	after.rows[0].counts.off_cpu = 800;
	after.rows[0].counts.vmm = 700;
	assert_true(exit_table_subtract(&vmx_info, &after, &before, &between));
	assert_int_equal(between.rows[0].counts.off_cpu, 800);
	assert_int_equal(between.rows[0].counts.vmm, 200);
}

/*
 * A machine on which CPUID is an exit of 1500 cycles, 3000 if it is the guest's own,
 * and nothing else is one.
 */
static uint64_t machine_exits, machine_cycles, machine_buckets[KVM_EXIT_STATS_NR_BUCKETS];

static void machine_cpuid(uint64_t cycles)
{
	machine_exits++;
	machine_cycles += cycles;
	machine_buckets[exit_bucket(cycles)]++;
}

static struct cpuid_regs pair_regs(uint64_t a, uint64_t b)
{
	return (struct cpuid_regs) {
		.eax = a, .edx = a >> 32, .ecx = b, .ebx = b >> 32,
	};
}

static struct cpuid_regs machine(uint32_t leaf, uint32_t index)
{
	uint32_t view = index >> KVM_EXIT_STATS_VIEW_SHIFT;
	struct cpuid_regs regs = dump_cpuid(leaf, index);

	/* Its own count is in what it returns, its cycles are not. */
	if (leaf == KVM_EXIT_STATS_CPUID_REASON && index == 10)
		regs = pair_regs(machine_exits + 1, machine_cycles);
	else if (leaf == KVM_EXIT_STATS_CPUID_REASON && (index & 0xffff) == 10 &&
		 view >= KVM_EXIT_STATS_VIEW_HISTOGRAM)
		regs = pair_regs(machine_buckets[2 * (view - 0x10)],
				 machine_buckets[2 * (view - 0x10) + 1]);
	else if (leaf == KVM_EXIT_STATS_CPUID_TOTALS && index == KVM_EXIT_STATS_OCCUPANCY)
		regs = (struct cpuid_regs) { .eax = 1 << 10 };
	else if (leaf == KVM_EXIT_STATS_CPUID_REASON)
		regs = (struct cpuid_regs) { 0 };
	machine_cpuid(1500);
	return regs;
}

static void read_machine(struct exit_leaves *leaves, struct exit_table *table)
{
	exit_leaves_read_table(leaves, NULL, table);
	table->own_cycles = exit_leaves_settle(leaves);
}

/* What is between two readings has none of their exits, nor the cycles of those. */
static void test_interval_leaves_own_exits_out(void **state)
{
	struct exit_table before, after, between;
	struct exit_leaves leaves;
	int i;

	(void)state;
	dump_load("kvm-vmx");
	for (i = 0; i < 20; i++)
		machine_cpuid(3000);
	assert_true(exit_leaves_open(&leaves, machine, 0, FIRST_CPUID, VMX));
	read_machine(&leaves, &before);
	assert_int_equal(before.rows[0].counts.exits, 20);
	assert_int_equal(before.rows[0].counts.cycles, 60000);

	for (i = 0; i < 7; i++)
		machine_cpuid(3000);
	exit_leaves_begin(&leaves);
	read_machine(&leaves, &after);
	assert_int_equal(after.own_cycles, 1500);
	assert_true(exit_table_subtract(&vmx_info, &after, &before, &between));
	assert_int_equal(between.nr, 1);
	assert_int_equal(between.rows[0].counts.exits, 7);
	assert_int_equal(between.rows[0].counts.cycles, 21000);
	assert_int_equal(between.rows[0].hist.buckets[11], 7);
	assert_int_equal(exit_hist_sum(&between.rows[0].hist), 7);

	exit_leaves_begin(&leaves);
	read_machine(&leaves, &before);
	assert_true(exit_table_subtract(&vmx_info, &before, &after, &between));
	assert_int_equal(between.nr, 0);
}

static struct sample sample_of(const double *values, size_t nr)
{
	struct sample sample = { 0 };

	while (nr--)
		sample_add(&sample, *values++);
	return sample;
}

static void assert_near(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		fail_msg("%.9g, expected %.9g", value, expected);
}

static void test_sample(void **state)
{
	static const double values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
	struct sample sample = sample_of(values, 8), one = sample_of(values, 1);

	(void)state;
	assert_near(sample.mean, 5, 1e-12);
	assert_near(sample_deviation(&sample), sqrt(32 / 7.0), 1e-12);
	assert_near(sample_deviation(&one), 0, 0);
}

/* The two-sided values in the tables of Student's distribution */
static void test_student(void **state)
{
	(void)state;
	assert_near(student_outside(0, 5), 1, 1e-9);
	assert_near(student_outside(1, 1), 0.5, 1e-9);
	assert_near(student_outside(12.706, 1), 0.05, 1e-5);
	assert_near(student_outside(-4.303, 2), 0.05, 1e-5);
	assert_near(student_outside(2.228, 10), 0.05, 5e-5);
	assert_near(student_outside(3.169, 10), 0.01, 1e-5);
	assert_near(student_outside(2.750, 30), 0.01, 1e-5);
	assert_near(student_outside(1.960, 1e6), 0.05, 1e-5);
	assert_in_range(student_outside(1e9, 4) * 1e9, 0, 1);
}

static void add_run(struct exit_runs *runs, const struct exit_table *table, double elapsed)
{
	struct exit_run *run = result_add_run(runs);

	*run = (struct exit_run) {
		.elapsed = elapsed, .user = 0.25, .system = 0.125, .vcpus = 1, .table = *table,
	};
}

/* Runs of a second at 50 MHz, with so many exits of 1000 cycles each */
static struct exit_result result_of(const char *command, uint32_t number,
				    const uint64_t *exits, size_t nr)
{
	struct exit_result result = { .info = vmx_info };
	struct exit_table table;

	result.measured.command = strdup(command);
	while (nr--) {
		table = one_row(number, *exits, 1000 * *exits, 1500);
		add_run(&result.measured, &table, 1);
		exits++;
	}
	return result;
}

static void test_summary(void **state)
{
	static const uint64_t exits[] = { 1040, 1060 };
	struct exit_result result = result_of("a", 10, exits, 2);
	struct exit_summary *summary = malloc(sizeof(*summary));
	const struct exit_mean *mean;
	struct exit_table start = one_row(10, 50, 50000, 1500);
	struct exit_row halt = { .number = 12, .counts = { .exits = 1, .cycles = 25000000 } };

	(void)state;
	halt.counts.off_cpu = 20000000;
	exit_table_add(&result.measured.runs[0]->table, &halt);
	exit_table_add(&result.measured.runs[1]->table, &halt);
	result.measured.runs[0]->idle = result.measured.runs[1]->idle = 25000000;
	result.measured.runs[0]->table.rows[0].counts.vmm = 100000;
	result.measured.runs[1]->table.rows[0].counts.vmm = 300000;
	result.baseline.command = strdup("b");
	add_run(&result.baseline, &start, 0.25);
	add_run(&result.baseline, &start, 0.25);

	result_summarize(&result, summary);
	assert_int_equal(summary->nr, 2);
	mean = summary_find(summary, 10);
	assert_near(mean->exits.mean, 1000, 1e-9);
	assert_near(sample_deviation(&mean->exits), sqrt(200), 1e-9);
	assert_near(mean->cycles.mean, 1000000, 1e-9);
	assert_near(mean->parts.vmm, 200000, 1e-9);
	assert_int_equal(exit_hist_sum(&mean->hist), 2000);
	assert_near(summary->elapsed.mean, 0.75, 1e-9);
	/* Half of the second was idle; 850000 cycles are 17 ms, the baseline's with them. */
	assert_near(summary->tax.busy, 0.5, 1e-9);
	assert_near(summary->tax.host, 0.017 / 0.5, 1e-9);
	assert_near(summary->tax.vmm, 0.004 / 0.5, 1e-9);
	free(summary);
	result_free(&result);
}

/* What the baseline has, too, has no row. */
static void test_summary_of_nothing(void **state)
{
	static const uint64_t exits[] = { 50, 50 };
	struct exit_result result = result_of("a", 10, exits, 2);
	struct exit_summary *summary = malloc(sizeof(*summary));
	struct exit_table start = one_row(10, 50, 50000, 1500);

	(void)state;
	result.baseline.command = strdup("b");
	add_run(&result.baseline, &start, 1);
	add_run(&result.baseline, &start, 1);
	result_summarize(&result, summary);
	assert_int_equal(summary->nr, 0);
	free(summary);
	result_free(&result);
}

static void test_result_printed(void **state)
{
	static const uint64_t exits[] = { 1000, 1010 };
	struct exit_result result = result_of("a b", 10, exits, 2);
	char *text = PRINTED(assert_int_equal(result_print(out, &result, &view), 0));

	(void)state;
	assert_string_equal(text,
		"VM exits of this VM while 'a b' ran, the mean of 2 runs\n"
		"1 vCPU, VMX, host TSC 50.000 MHz\n"
		"\n"
		"exit  name    exits   +-  exits/s     time  time/exit    KVM    VMM  off-CPU      p50      p99\n"
		"  10  CPUID  1005.0  7.1   1005.0  20.10ms    20.00us   100%   0.0%     0.0%  <41.0us  <41.0us\n"
		"      total  1005.0  7.1   1005.0  20.10ms    20.00us   100%   0.0%     0.0%\n"
		"\n"
		"    1.000000 s elapsed +- 0.000000, 0.250000 s user, 0.125000 s system\n"
		"         2.0 % hypervisor tax of 1.000000 vCPU seconds not in HLT or MWAIT: KVM 2.0 %, VMM 0.0 %\n");
	free(text);
	result_free(&result);
}

static void test_result_json(void **state)
{
	static const uint64_t exits[] = { 1000, 1010, 1020 };
	struct exit_result result = result_of("a \"b\"", 10, exits, 3), again;
	struct recording_error error;
	char *json, *text, *text_again;

	(void)state;
	result.baseline.command = strdup("true");
	add_run(&result.baseline, &result.measured.runs[0]->table, 0.5);
	json = PRINTED(assert_int_equal(result_print_json(out, &result, &view), 0));
	assert_true(result_parse(json, strlen(json), &again, &error));
	text = PRINTED(assert_int_equal(result_print(out, &result, &view), 0));
	text_again = PRINTED(assert_int_equal(result_print(out, &again, &view), 0));
	assert_string_equal(text, text_again);
	result_free(&again);

	/* Cut anywhere, it is not taken for the whole. */
	json[strlen(json) / 2] = '\0';
	assert_false(result_parse(json, strlen(json), &again, &error));
	assert_null(again.measured.runs);
	free(json);
	free(text);
	free(text_again);
	result_free(&result);
}

/* Each run of a file would take far more memory than it does in the file. */
static void test_too_many_runs(void **state)
{
	static const uint64_t exits[] = { 1 };
	struct exit_result result = result_of("a", 10, exits, 1), again;
	char *json = PRINTED(assert_int_equal(result_print_json(out, &result, &view), 0)), *text;
	json_t *document = json_loads(json, 0, NULL), *runs = json_object_get(document, "runs");
	struct recording_error error;

	(void)state;
	while (json_array_size(runs) <= RUNS_MAX)
		json_array_append(runs, json_array_get(runs, 0));
	text = json_dumps(document, 0);
	assert_false(result_parse(text, strlen(text), &again, &error));
	assert_string_equal(error.text, "there are more than 1000 runs");
	free(text);
	json_array_remove(runs, 0);
	text = json_dumps(document, 0);
	assert_true(result_parse(text, strlen(text), &again, &error));
	assert_int_equal(again.measured.nr, RUNS_MAX);
	result_free(&again);
	free(text);
	free(json);
	json_decref(document);
	result_free(&result);
}

/* As long as stat -r 1000 -o makes them, but not without end */
static void test_file_read(void **state)
{
	char path[] = "/tmp/unit-tests-XXXXXX", *text;
	int fd = mkstemp(path);
	size_t size;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "{", 1, 0), 1);
	text = file_read(path, &size);
	assert_string_equal(text, "{");
	free(text);

	assert_int_equal(pwrite(fd, "}", 1, 20000000), 1);
	text = file_read(path, &size);
	assert_non_null(text);
	assert_int_equal(size, 20000001);
	assert_int_equal(text[size - 1], '}');
	assert_int_equal(text[size], '\0');
	free(text);

	close(fd);
	unlink(path);
	assert_null(file_read("/dev/zero", &size));
	assert_int_equal(errno, EFBIG);
	assert_null(file_read(path, &size));
	assert_int_equal(errno, ENOENT);
}

static void test_split(void **state)
{
	char **argv = command_split("  ls -l\t/tmp ");

	(void)state;
	assert_string_equal(argv[0], "ls");
	assert_string_equal(argv[1], "-l");
	assert_string_equal(argv[2], "/tmp");
	assert_null(argv[3]);
	free(argv);

	argv = command_split("");
	assert_null(argv[0]);
	free(argv);

	argv = command_split("echo 'a  b'");
	assert_string_equal(argv[0], "/bin/sh");
	assert_string_equal(argv[2], "echo 'a  b'");
	assert_null(argv[3]);
	free(argv);

	argv = command_split("A=1 dd of=x");
	assert_string_equal(argv[0], "/bin/sh");
	free(argv);

	argv = command_split("dd of=x");
	assert_string_equal(argv[0], "dd");
	free(argv);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_host_table),
	cmocka_unit_test(test_cut_recordings),
	cmocka_unit_test(test_bad_recordings),
	cmocka_unit_test(test_recorded_dump),
	cmocka_unit_test(test_json_of_table),
	cmocka_unit_test(test_subtract),
	cmocka_unit_test(test_subtract_keeps_parts_in_the_whole),
	cmocka_unit_test(test_interval_leaves_own_exits_out),
	cmocka_unit_test(test_sample),
	cmocka_unit_test(test_student),
	cmocka_unit_test(test_summary),
	cmocka_unit_test(test_summary_of_nothing),
	cmocka_unit_test(test_result_printed),
	cmocka_unit_test(test_result_json),
	cmocka_unit_test(test_too_many_runs),
	cmocka_unit_test(test_file_read),
	cmocka_unit_test(test_split),
};

int run_measure_tests(void)
{
	return cmocka_run_group_tests_name("measuring", tests, NULL, NULL);
}
