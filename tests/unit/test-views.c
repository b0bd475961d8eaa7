// SPDX-License-Identifier: GPL-2.0
/* Unit tests of steal and halted, of the VM's identity, and of what reading costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dump.h"
#include "exit_leaves.h"
#include "groups.h"
#include "printed.h"
#include "json.h"
#include "recording.h"
#include "result.h"
#include "source.h"
#include "table_print.h"

/* All reasons, in the unit and the order that they have by themselves */
static const struct exit_view view;

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define FEATURES 0x3f
#define CPUID 10
#define HLT 12
#define EPT_VIOLATION 48
#define IDENTITY 0x123456789abcdef0

static void put_pair(uint32_t leaf, uint32_t index, uint64_t a, uint64_t b)
{
	dump_set(leaf, index, (struct cpuid_regs) {
		.eax = a, .edx = a >> 32, .ecx = b, .ebx = b >> 32,
	});
}

static void put_view(uint32_t number, uint32_t view, uint64_t a, uint64_t b)
{
	put_pair(KVM_EXIT_STATS_CPUID_REASON, view << KVM_EXIT_STATS_VIEW_SHIFT | number, a, b);
}

/* A VM that has had 13 reasons, on a host that has all features */
static void load_vm(void)
{
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION, (struct cpuid_regs) {
		.eax = 0x10001, .ebx = FEATURES, .ecx = 50000, .edx = 1 });
	put_pair(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY, IDENTITY, 1);
	put_view(HLT, KVM_EXIT_STATS_VIEW_STEAL, 1000, 600000000);
}

static void open_vm(struct exit_leaves *leaves)
{
	load_vm();
	assert_true(exit_leaves_open(leaves, dump_cpuid, 0, FIRST_CPUID, VMX));
}

/* Returns how many CPUIDs that took. */
static unsigned int read_again(struct exit_leaves *leaves, const struct exit_table *before,
			       struct exit_table *table)
{
	unsigned int calls = dump_calls();

	exit_leaves_begin(leaves);
	exit_leaves_read_table(leaves, before, table);
	exit_leaves_settle(leaves);
	return dump_calls() - calls;
}

static void test_steal_is_read(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;
	struct exit_parts parts;

	(void)state;
	open_vm(&leaves);
	assert_true(exit_leaves_read(&leaves, HLT, &counts));
	assert_int_equal(counts.steal, 1000);
	assert_int_equal(counts.halted, 600000000);

	put_view(HLT, KVM_EXIT_STATS_VIEW_COUNT, 5, 5000);
	put_view(HLT, KVM_EXIT_STATS_VIEW_SPLIT, 3000, 500);
	put_view(HLT, KVM_EXIT_STATS_VIEW_STEAL, 700, 2900);
	assert_true(exit_leaves_read(&leaves, HLT, &counts));
	parts = exit_counts_parts(&counts);
	assert_true(parts.kvm == 1500 && parts.busy == 2000 && parts.work == 900);

	/* No more than the whole, that of the VMM included */
	put_view(HLT, KVM_EXIT_STATS_VIEW_STEAL, 700, 9000);
	assert_true(exit_leaves_read(&leaves, HLT, &counts));
	assert_int_equal(counts.steal, 700);
	assert_int_equal(counts.halted, 3800);
	assert_true(exit_counts_possible(&counts));
	counts.halted++;
	assert_false(exit_counts_possible(&counts));
}

static void test_steal_between(void **state)
{
	struct exit_table before = { 0 }, after = { 0 }, between;
	const struct exit_info info = { .encoding = VMX };
	struct exit_row row = { .number = HLT, .counts = { .exits = 1, .cycles = 1000 } };

	(void)state;
	row.counts.halted = 100;
	exit_table_add(&before, &row);
	row.counts = (struct exit_counts) {
		.exits = 3, .cycles = 3000, .vmm = 200, .steal = 300, .halted = 2000,
	};
	exit_table_add(&after, &row);
	assert_int_equal(after.total.halted, 2000);
	assert_true(exit_table_subtract(&info, &after, &before, &between));
	assert_int_equal(between.total.steal, 300);
	/* 1900, but there are 2000 cycles, and others have 500 of them. */
	assert_int_equal(between.total.halted, 1500);
	after.rows[0].counts.halted = 1000;
	assert_true(exit_table_subtract(&info, &after, &before, &between));
	assert_int_equal(between.total.halted, 900);
}

/* A host on which exits end while the histogram is read: at each reading of its highest bucket */
static uint64_t ended_meanwhile;

static struct cpuid_regs busy_vm(uint32_t leaf, uint32_t index)
{
	const uint32_t high = HLT | (KVM_EXIT_STATS_VIEW_HISTOGRAM + 10) <<
			      KVM_EXIT_STATS_VIEW_SHIFT;

	if (leaf == KVM_EXIT_STATS_CPUID_REASON && index == high)
		put_view(HLT, KVM_EXIT_STATS_VIEW_HISTOGRAM + 10, 90 + ended_meanwhile, 0);
	return dump_cpuid(leaf, index);
}

/* 90 long halts and 10 short ones */
static void open_busy_vm(struct exit_leaves *leaves)
{
	int i;

	load_vm();
	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS / 2; i++)
		put_view(HLT, KVM_EXIT_STATS_VIEW_HISTOGRAM + i, 0, 0);
	put_view(HLT, KVM_EXIT_STATS_VIEW_HISTOGRAM + 2, 10, 0);
	put_view(HLT, KVM_EXIT_STATS_VIEW_COUNT, 100, 1ULL << 28);
	put_view(HLT, KVM_EXIT_STATS_VIEW_LONGEST, 1 << 20, 0);
	ended_meanwhile = 0;
	assert_true(exit_leaves_open(leaves, busy_vm, 0, FIRST_CPUID, VMX));
}

static void test_exits_that_end_meanwhile(void **state)
{
	struct exit_table before, table;
	struct exit_leaves leaves;
	unsigned int calls;

	(void)state;
	/* More than were counted: the lower buckets are looked at even so. */
	open_busy_vm(&leaves);
	ended_meanwhile = 11;
	exit_leaves_read_table(&leaves, NULL, &table);
	assert_int_equal(exit_table_find(&table, HLT)->hist.buckets[4], 10);

	/* Just as many: what was there before is there still. */
	open_busy_vm(&leaves);
	exit_leaves_read_table(&leaves, NULL, &before);
	calls = dump_calls();
	put_view(HLT, KVM_EXIT_STATS_VIEW_COUNT, 101, 1ULL << 29);
	ended_meanwhile = 11;
	exit_leaves_read_table(&leaves, &before, &table);
	assert_int_equal(exit_table_find(&table, HLT)->hist.buckets[4], 10);

	/* Otherwise it ends with the lowest that there is: from 10 down to 2. */
	open_busy_vm(&leaves);
	exit_leaves_read_table(&leaves, NULL, &before);
	calls = read_again(&leaves, &before, &table);
	put_view(HLT, KVM_EXIT_STATS_VIEW_COUNT, 101, 1ULL << 29);
	ended_meanwhile = 1;
	assert_int_equal(read_again(&leaves, &before, &table), calls + 3 + 9);
}

/* No more than before there was the view with steal: 43 and 250 for this VM */
static void test_cost_of_a_reading(void **state)
{
	struct exit_leaves leaves;
	struct exit_table table;

	(void)state;
	open_vm(&leaves);
	exit_leaves_leave_out(&leaves, KVM_EXIT_STATS_FEATURE_HISTOGRAM |
			      KVM_EXIT_STATS_FEATURE_STEAL | KVM_EXIT_STATS_FEATURE_IDENTITY);
	exit_leaves_read_table(&leaves, NULL, &table);
	assert_int_equal(table.nr, 13);
	assert_int_equal(dump_calls(), 43);

	open_vm(&leaves);
	assert_in_range(read_again(&leaves, NULL, &table), 13 * 4, 250);
	print_message("a reading with histograms takes %u CPUIDs\n",
		      read_again(&leaves, NULL, &table));
}

/* What has not changed is read no further than its count. */
static void test_cost_of_a_second_reading(void **state)
{
	/* Of CPUID three parts and the buckets, a block, others, the identity, and around it */
	const unsigned int always = 3 + 16 + 3 + 2;
	struct exit_table first, second, whole;
	struct exit_leaves leaves;
	size_t i;

	(void)state;
	open_vm(&leaves);
	read_again(&leaves, NULL, &first);
	assert_int_equal(read_again(&leaves, &first, &second), 12 + always);
	read_again(&leaves, NULL, &whole);
	for (i = 0; i < 13; i++) {
		if (second.rows[i].number != CPUID)
			assert_memory_equal(&second.rows[i],
					    exit_table_find(&whole, second.rows[i].number),
					    sizeof(second.rows[i]));
	}

	/* As many exits, of which the last has ended, 400000 cycles of another bucket */
	put_view(EPT_VIOLATION, KVM_EXIT_STATS_VIEW_COUNT, 308, 4000000);
	put_view(EPT_VIOLATION, KVM_EXIT_STATS_VIEW_STEAL, 7, 0);
	put_view(EPT_VIOLATION, KVM_EXIT_STATS_VIEW_HISTOGRAM + 9, 1, 3);
	assert_true(read_again(&leaves, &first, &second) > 12 + always);
	assert_int_equal(exit_table_find(&second, EPT_VIOLATION)->counts.steal, 7);
	assert_int_equal(exit_table_find(&second, EPT_VIOLATION)->hist.buckets[18], 1);
}

/* Those that are not read have no exits. */
static void test_all_buckets_are_found(void **state)
{
	struct exit_table recorded, table;
	struct exit_leaves leaves;
	size_t i;

	(void)state;
	load_vm();
	assert_true(exit_leaves_open(&leaves, dump_cpuid, 0, FIRST_RECORDED, VMX));
	exit_leaves_read_table(&leaves, NULL, &recorded);
	open_vm(&leaves);
	read_again(&leaves, NULL, &table);
	for (i = 0; i < table.nr; i++) {
		const struct exit_row *row = &table.rows[i];

		assert_memory_equal(&row->hist,
				    &exit_table_find(&recorded, row->number)->hist,
				    sizeof(row->hist));
	}
}

/* Another VM is told from this one though all its counts are higher. */
static void test_identity(void **state)
{
	struct exit_source source = { .info = { .encoding = VMX, .identity = IDENTITY } };
	struct exit_table before, after, between;
	struct exit_leaves leaves;

	(void)state;
	open_vm(&leaves);
	assert_true(exit_leaves_identity(&leaves) == IDENTITY);
	read_again(&leaves, NULL, &before);
	after = before;
	assert_true(source_between(&source, &after, &before, &between));
	after.identity++;
	assert_false(source_between(&source, &after, &before, &between));
	/* It was another one already in the middle of the first reading. */
	before.identity++;
	assert_false(source_between(&source, &after, &before, &between));

	dump_load("kvm-vmx");
	assert_true(exit_leaves_open(&leaves, dump_cpuid, 0, FIRST_CPUID, VMX));
	assert_true(exit_leaves_identity(&leaves) == 0);
}

static void parse(const char *text, bool good, const char *wrong, struct exit_info *info,
		  struct exit_table *table)
{
	struct recording_error error = { "" };
	bool parsed;

	if (*text == '{')
		parsed = json_parse_table(text, strlen(text), info, table, &error);
	else
		parsed = recording_parse(text, strlen(text), info, table, &error);
	if (parsed != good || (!good && !strstr(error.text, wrong)))
		fail_msg("'%s', expected '%s' of %.60s", error.text, wrong, text);
}

#define HEADING "# VMX, 1 kHz\n"
#define HISTS "\n# exit\n 10 CPUID 1:1\n 12 HLT 10:2\n"

static void test_columns_of_the_host(void **state)
{
	struct exit_table table;
	struct exit_info info;

	(void)state;
	parse(HEADING " 10 CPUID 1 2 0 0 2 0 0 0\n 12 HLT 2 3000 2800 100 2000 0 90 2700\n"
	      " total 3 3002 2800 100 2000 0 90 2700\n" HISTS, true, "", &info, &table);
	assert_true(exit_info_has(&info, KVM_EXIT_STATS_FEATURE_STEAL));
	assert_int_equal(table.total.steal, 90);
	assert_int_equal(table.total.halted, 2700);

	parse(HEADING " 10 CPUID 1 2 0 0 2 0\n 12 HLT 2 3000 2800 100 2000 0\n"
	      " total 3 3002 2800 100 2000 0\n" HISTS, true, "", &info, &table);
	assert_false(exit_info_has(&info, KVM_EXIT_STATS_FEATURE_STEAL));

	parse(HEADING " 10 CPUID 1 2 0 0 2 0\n 12 HLT 2 3000 2800 100 2000 0 90 2700\n", false,
	      "not a line", &info, &table);
	parse(HEADING " 12 HLT 2 3000 2800 100 2000 0 90\n", false, "not a line", &info, &table);
	parse(HEADING " 12 HLT 2 3000 2800 100 2000 0 201 2700\n", false, "not a line", &info,
	      &table);
}

/* As --raw prints them */
static char *dump_of_vm(void)
{
	static const char *const more =
		"   0x4ffffffc 0x01: eax=0x00010001 ebx=0x0000003f ecx=0x0000c350 edx=0x1\n"
		"   0x4ffffffc 0x10000: eax=0x9abcdef0 ebx=0x0 ecx=0x1 edx=0x12345678\n"
		"   0x4ffffffd 0x3000c: eax=0x3e8 ebx=0x0 ecx=0x23c34600 edx=0x0\n";
	char *text = dump_text("kvm-vmx"), *whole;

	assert_true(asprintf(&whole, "%s%s", text, more) > 0);
	free(text);
	return whole;
}

static void test_recorded_views(void **state)
{
	char *text = dump_of_vm();
	struct exit_table table;
	struct exit_info info;

	(void)state;
	parse(text, true, "", &info, &table);
	free(text);
	assert_int_equal(info.features, FEATURES);
	assert_true(info.identity == IDENTITY);
	assert_int_equal(exit_table_find(&table, HLT)->counts.steal, 1000);
	assert_int_equal(exit_table_find(&table, HLT)->counts.halted, 600000000);
}

static json_t *document_of_vm(struct exit_info *info, struct exit_table *table)
{
	char *text = dump_of_vm();
	json_t *document;

	parse(text, true, "", info, table);
	free(text);
	document = json_document("table", info);
	json_object_set_new(document, "reasons", json_reasons(info, table, &view));
	return document;
}

static void expect_document(const json_t *document, bool good, const char *wrong,
			    struct exit_info *info, struct exit_table *table)
{
	char *text = json_dumps(document, 0);

	parse(text, good, wrong, info, table);
	free(text);
}

static void test_json_again(void **state)
{
	struct exit_info info, again;
	struct exit_table table, table_again;
	json_t *document = document_of_vm(&info, &table);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(document, "identity")),
			    "0x123456789abcdef0");
	expect_document(document, true, "", &again, &table_again);
	assert_true(again.identity == IDENTITY);
	assert_int_equal(again.features, FEATURES);
	assert_memory_equal(table.rows, table_again.rows, table.nr * sizeof(*table.rows));
	json_decref(document);
}

/* A feature is a promise. */
static void test_json_without_members(void **state)
{
	static const struct {
		const char *member, *wrong;
	} members[] = {
		{ "off_cpu", "no count 'off_cpu'" }, { "vmm", "no count 'vmm'" },
		{ "longest", "no count 'longest'" }, { "nested", "no count 'nested'" },
		{ "steal", "no count 'steal'" }, { "halted", "no count 'halted'" },
		{ "hist", "no histogram 'hist'" },
	};
	struct exit_table table;
	struct exit_info info;
	json_t *document, *reason;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		document = document_of_vm(&info, &table);
		reason = json_array_get(json_object_get(document, "reasons"), 3);
		json_object_del(reason, members[i].member);
		expect_document(document, false, members[i].wrong, &info, &table);
		json_object_set_new(document, "features", json_array());
		expect_document(document, true, "", &info, &table);
		json_decref(document);
	}
	document = document_of_vm(&info, &table);
	json_object_set_new(document, "identity", json_string("0x123456789abcdefg"));
	expect_document(document, false, "no identity", &info, &table);
	json_object_del(document, "identity");
	expect_document(document, false, "no identity", &info, &table);
	json_decref(document);
}

static const struct exit_info info_of_tax = {
	.version = 1, .encoding = VMX, .tsc_khz = 50000, .vcpus = 1,
	.features = KVM_EXIT_STATS_FEATURE_SPLIT | KVM_EXIT_STATS_FEATURE_STEAL |
		    KVM_EXIT_STATS_FEATURE_IDENTITY,
	.identity = IDENTITY,
};

/* A second of 50 million cycles, half of it halted, after CPUIDs and a halt */
static struct exit_result result_of_tax(void)
{
	const struct exit_row cpuid = { .number = CPUID, .counts = {
		.exits = 1000, .cycles = 2000000, .off_cpu = 500000, .vmm = 250000,
		.steal = 125000 } };
	const struct exit_row halt = { .number = HLT, .counts = {
		.exits = 1, .cycles = 27000000, .off_cpu = 26500000, .steal = 1125000,
		.halted = 25000000 } };
	struct exit_result result = { .info = info_of_tax };
	struct exit_run *run = result_add_run(&result.measured);

	result.measured.command = strdup("a");
	exit_table_add(&run->table, &cpuid);
	exit_table_add(&run->table, &halt);
	run->elapsed = run->vcpus = 1;
	run->idle = result_idle(&result.info, &run->table);
	return result;
}

static void test_tax(void **state)
{
	struct exit_result result = result_of_tax();
	struct exit_tax tax;
	char *text;

	(void)state;
	assert_true(result_tax(&result.info, result.measured.runs, 1, &tax));
	assert_true(tax.busy == 0.5 && tax.halted == 0.5 && tax.elapsed == 1);
	/* Work: 1625000 of CPUID and 875000 of the halt, of 25 million cycles */
	assert_true(tax.host == 0.1 && tax.vmm == 0.01 && tax.steal == 0.05);
	assert_true(tax.kvm == 0.05 && tax.tax == tax.host + tax.vmm);

	text = PRINTED(assert_int_equal(result_print(out, &result, &view), 0));
	expect_in(text,
		"        11.0 % hypervisor tax of 0.500000 vCPU seconds not halted: work 10.0 %, "
		"VMM 1.0 %\n"
		"         5.0 % steal, of the same time\n");
	free(text);

	/* As a host without steal has it: a halt is idle as a whole. */
	result.info.features = KVM_EXIT_STATS_FEATURE_SPLIT;
	result.measured.runs[0]->idle = result_idle(&result.info, &result.measured.runs[0]->table);
	text = PRINTED(assert_int_equal(result_print(out, &result, &view), 0));
	expect_in(text, "hypervisor tax of 0.460000 vCPU seconds not in HLT or MWAIT: KVM 5.4 %, "
		  "VMM 1.1 %\n");
	assert_null(strstr(text, "steal"));
	free(text);
	result_free(&result);
}

/* Beside the tax stands the time that it is of. */
static void test_tax_with_a_baseline(void **state)
{
	struct exit_result result = result_of_tax();
	char *text;

	(void)state;
	result.baseline.command = strdup("b");
	result_add_run(&result.baseline)->elapsed = 0.75;
	text = PRINTED(assert_int_equal(result_print(out, &result, &view), 0));
	expect_in(text, "    0.250000 s elapsed, ");
	expect_in(text, "\nOf whole runs, the baseline included\n"
		  "    1.000000 s elapsed\n"
		  "        11.0 % hypervisor tax");
	free(text);
	result_free(&result);
}

static void test_tax_in_json(void **state)
{
	struct exit_result result = result_of_tax(), again;
	char *text = PRINTED(assert_int_equal(result_print_json(out, &result, &view), 0)), *csv;
	struct recording_error error;
	const json_t *summary;
	json_t *document = json_loads(text, 0, NULL);

	(void)state;
	summary = json_object_get(document, "summary");
	assert_true(json_real_value(json_object_get(summary, "busy_s")) == 0.5);
	assert_true(json_real_value(json_object_get(summary, "tax_kvm")) == 0.05);
	assert_true(json_real_value(json_object_get(summary, "tax_work")) == 0.1);
	assert_true(json_real_value(json_object_get(summary, "tax_vmm")) == 0.01);
	assert_true(json_real_value(json_object_get(summary, "steal")) == 0.05);
	assert_true(json_real_value(json_object_get(summary, "halted")) == 0.5);
	json_decref(document);
	assert_true(result_parse(text, strlen(text), &again, &error));
	assert_true(again.info.identity == IDENTITY);
	assert_int_equal(again.measured.runs[0]->table.total.halted, 25000000);
	csv = PRINTED(assert_int_equal(result_print_csv(out, &again, &view), 0));
	expect_in(csv, ",p50,p99,steal,halted\n");
	expect_in(csv, "12,HLT,1,0,1,27000000,0,26500000,0,,,1125000,25000000\n");
	free(csv);
	free(text);
	result_free(&again);
	result_free(&result);
}

static void test_steal_printed(void **state)
{
	static const struct exit_view in_cycles = { .in_cycles = true };
	struct exit_result result = result_of_tax();
	const struct exit_table *table = &result.measured.runs[0]->table;
	char *text;

	(void)state;
	text = PRINTED(table_print_totals(out, &result.info, &table->total);
		       assert_true(table_print(out, &result.info, table, &in_cycles, true)));
	expect_in(text,
		"  work                     2500000    8.6%\n"
		"  VMM                       250000    0.9%\n"
		"  steal                    1250000    4.3%\n"
		"  halted                  25000000   86.2%\n");
	expect_in(text, "  busy  cycles/exit   work    VMM  steal  halted\n");
	expect_in(text, "  68.2%         2000  81.2%  12.5%   6.2%    0.0%\n");
	expect_in(text, "  31.8%     27000000   3.2%   0.0%   4.2%   92.6%\n");
	free(text);
	result_free(&result);
}

int run_view_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steal_is_read),
		cmocka_unit_test(test_steal_between),
		cmocka_unit_test(test_exits_that_end_meanwhile),
		cmocka_unit_test(test_cost_of_a_reading),
		cmocka_unit_test(test_cost_of_a_second_reading),
		cmocka_unit_test(test_all_buckets_are_found),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_columns_of_the_host),
		cmocka_unit_test(test_recorded_views),
		cmocka_unit_test(test_json_again),
		cmocka_unit_test(test_json_without_members),
		cmocka_unit_test(test_tax),
		cmocka_unit_test(test_tax_with_a_baseline),
		cmocka_unit_test(test_tax_in_json),
		cmocka_unit_test(test_steal_printed),
	};

	return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
