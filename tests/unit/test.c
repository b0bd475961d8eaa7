// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the guest tool, on recorded answers of CPUID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dump.h"
#include "exit_names.h"
#include "groups.h"
#include "hist.h"
#include "hypervisor.h"
#include "leaves.h"
#include "printed.h"
#include "exit_leaves.h"
#include "table_print.h"

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define SVM KVM_EXIT_STATS_ENCODING_SVM

/* All reasons, in the order and the unit that they have by themselves */
static const struct exit_view view;

#define NAME(encoding, number) \
	exit_name(encoding, number, (char [EXIT_NAME_MAX]) { 0 })

static void put_counts(uint32_t leaf, uint32_t index, uint64_t exits, uint64_t cycles)
{
	dump_set(leaf, index, (struct cpuid_regs) {
		.eax = exits, .edx = exits >> 32, .ecx = cycles, .ebx = cycles >> 32,
	});
}

static void put_view(uint32_t number, uint32_t view, uint64_t a, uint64_t b)
{
	put_counts(KVM_EXIT_STATS_CPUID_REASON,
		   view << KVM_EXIT_STATS_VIEW_SHIFT | number, a, b);
}

/* Of the VM, with CPUID's count as the first, on a host that is taken for VMX. */
static void open_stats(struct exit_leaves *leaves)
{
	assert_true(exit_leaves_open(leaves, dump_cpuid, 0, FIRST_CPUID, VMX));
}

static void test_open(void **state)
{
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	open_stats(&leaves);
	assert_int_equal(leaves.info.version, 1);
	assert_int_equal(leaves.info.encoding, KVM_EXIT_STATS_ENCODING_VMX);
	assert_int_equal(leaves.info.features, KVM_EXIT_STATS_FEATURE_VCPU |
			 KVM_EXIT_STATS_FEATURE_SPLIT | KVM_EXIT_STATS_FEATURE_LONGEST |
			 KVM_EXIT_STATS_FEATURE_HISTOGRAM);
	assert_int_equal(leaves.info.tsc_khz, 50000);
	assert_int_equal(leaves.info.vcpus, 1);
	assert_int_equal(dump_calls(), 3);
	assert_int_equal(leaves.own_exits, 3);
}

static void test_open_without_statistics(void **state)
{
	static const char *const dumps[] = { "bare", "kvm-stock", "tcg" };
	struct exit_leaves leaves;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		dump_load(dumps[i]);
		assert_false(exit_leaves_open(&leaves, dump_cpuid, 0, FIRST_CPUID, VMX));
	}
}

static void test_open_with_half_a_signature(void **state)
{
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_SIGNATURE, 0, (struct cpuid_regs) {
		.eax = KVM_EXIT_STATS_CPUID_MAX, .ebx = 0x454d564b, .ecx = 0x53746978 });
	assert_false(exit_leaves_open(&leaves, dump_cpuid, 0, FIRST_CPUID, VMX));
}

/* A VMM has passed on the signature, and the host does not show the statistics. */
static void test_open_with_nothing_behind_the_signature(void **state)
{
	static const uint32_t descriptions[] = {
		0, 7, KVM_EXIT_STATS_VERSION, 3 << KVM_EXIT_STATS_ENCODING_SHIFT | 1,
		KVM_EXIT_STATS_ENCODING_VMX << KVM_EXIT_STATS_ENCODING_SHIFT,
	};
	struct exit_leaves leaves;
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(descriptions) / sizeof(descriptions[0]); i++) {
		dump_load("kvm-vmx");
		dump_set(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION,
			 (struct cpuid_regs) { .eax = descriptions[i] });
		assert_false(exit_leaves_open(&leaves, dump_cpuid, 0, FIRST_CPUID, VMX));
	}
	hypervisor_explain(dump_cpuid, line, sizeof(line));
	assert_string_equal(line,
			    "the host has their signature, but does not show them to this VM");
}

static void test_scope_is_in_every_query(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_SIGNATURE, KVM_EXIT_STATS_SCOPE_VCPU,
		 dump_cpuid(KVM_EXIT_STATS_CPUID_SIGNATURE, 0));
	dump_set(KVM_EXIT_STATS_CPUID_TOTALS,
		 KVM_EXIT_STATS_SCOPE_VCPU | KVM_EXIT_STATS_DESCRIPTION,
		 dump_cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION));
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 12 | KVM_EXIT_STATS_SCOPE_VCPU, 7, 70);
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 12, 9, 90);
	assert_true(exit_leaves_open(&leaves, dump_cpuid, KVM_EXIT_STATS_SCOPE_VCPU,
				    FIRST_CPUID, VMX));
	assert_true(exit_leaves_read(&leaves, 12, &counts));
	assert_int_equal(counts.exits, 7);
}

static void test_64_bits(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 12, 0x123456789abcdef0,
		   0xfedcba9876543210);
	open_stats(&leaves);
	assert_true(exit_leaves_read(&leaves, 12, &counts));
	assert_true(counts.exits == 0x123456789abcdef0);
	assert_true(counts.cycles == 0xfedcba9876543210);
}

static void test_undefined_number(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_REASON, 35, (struct cpuid_regs) {
		.edx = KVM_EXIT_STATS_UNDEFINED });
	open_stats(&leaves);
	assert_false(exit_leaves_read(&leaves, 35, &counts));
	assert_true(exit_leaves_read(&leaves, 36, &counts));
}

static void test_own_exits_are_left_out(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 10, 500, 5000);
	put_counts(KVM_EXIT_STATS_CPUID_TOTALS, 0, 800, 8000);

	open_stats(&leaves);
	assert_true(exit_leaves_read(&leaves, 10, &counts));
	assert_int_equal(counts.exits, 499);
	assert_int_equal(counts.cycles, 5000);

	assert_true(exit_leaves_open(&leaves, dump_cpuid, 0, FIRST_TOTAL, VMX));
	assert_int_equal(leaves.total_before.exits, 799);
}

static void test_table(void **state)
{
	struct exit_counts sum = { 0 }, *counts;
	struct exit_leaves leaves;
	struct exit_table table;
	size_t i;

	(void)state;
	dump_load("kvm-vmx");
	open_stats(&leaves);
	exit_leaves_leave_out(&leaves, KVM_EXIT_STATS_FEATURE_HISTOGRAM);
	exit_leaves_read_table(&leaves, NULL, &table);

	assert_int_equal(table.nr, 13);
	assert_int_equal(table.total.exits, 21607);
	assert_true(dump_calls() <= 3 * table.nr + 4);
	for (i = 0; i < table.nr; i++) {
		counts = &table.rows[i].counts;
		sum.exits += counts->exits;
		sum.cycles += counts->cycles;
		sum.off_cpu += counts->off_cpu;
		sum.vmm += counts->vmm;
		assert_true(counts->off_cpu + counts->vmm <= counts->cycles);
		if (sum.longest < counts->longest)
			sum.longest = counts->longest;
		if (i)
			assert_true(counts->exits <= table.rows[i - 1].counts.exits);
	}
	assert_true(sum.off_cpu && sum.vmm && sum.longest);
	assert_memory_equal(&sum, &table.total, sizeof(sum));
}

static void test_brief_table(void **state)
{
	struct exit_leaves leaves;
	struct exit_table table;

	(void)state;
	dump_load("kvm-vmx");
	open_stats(&leaves);
	exit_leaves_be_brief(&leaves);
	exit_leaves_read_table(&leaves, NULL, &table);
	assert_int_equal(table.nr, 13);
	assert_int_equal(table.total.exits, 21607);
	assert_int_equal(table.total.off_cpu, 0);
	assert_true(dump_calls() <= table.nr + 4);
}

/* Reading CPUID's parts takes CPUIDs, which may be preempted. */
static void test_parts_never_exceed_the_whole(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	put_view(10, KVM_EXIT_STATS_VIEW_COUNT, 500, 5000);
	put_view(10, KVM_EXIT_STATS_VIEW_SPLIT, 4000, 2000);
	put_view(10, KVM_EXIT_STATS_VIEW_LONGEST, 6000, 3);
	open_stats(&leaves);
	assert_true(exit_leaves_read(&leaves, 10, &counts));
	assert_int_equal(counts.off_cpu, 4000);
	assert_int_equal(counts.vmm, 1000);
	assert_int_equal(counts.longest, 5000);
	assert_int_equal(counts.nested, 3);

	/* As in a dump of a VM that another vCPU went on with */
	put_view(12, KVM_EXIT_STATS_VIEW_COUNT, 5, 5000);
	put_view(12, KVM_EXIT_STATS_VIEW_SPLIT, 9000, 1);
	assert_true(exit_leaves_read(&leaves, 12, &counts));
	assert_int_equal(counts.off_cpu, 5000);
	assert_int_equal(counts.vmm, 0);
}

static void test_views_of_an_older_host(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;

	(void)state;
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION,
		 (struct cpuid_regs) { .eax = 0x10001, .ebx = KVM_EXIT_STATS_FEATURE_VCPU });
	open_stats(&leaves);
	assert_true(exit_leaves_read(&leaves, 48, &counts));
	assert_int_equal(counts.exits, 308);
	assert_true(!counts.off_cpu && !counts.vmm && !counts.longest);
}

static void test_hist(void **state)
{
	struct exit_leaves leaves;
	struct exit_hist hist;

	(void)state;
	dump_load("kvm-vmx");
	open_stats(&leaves);
	exit_leaves_read_hist(&leaves, 48, &hist);
	assert_int_equal(exit_hist_sum(&hist), 308);
	assert_int_equal(hist.buckets[11], 0xfb);
	assert_int_equal(hist.buckets[12], 0xb);
	assert_int_equal(hist.longest, 0x143b99);
	assert_int_equal(exit_bucket(hist.longest), 20);
	assert_int_equal(hist.buckets[20], 3);
}

/* 40 CPUIDs before, and 7 of ours, which take 1500 cycles each. */
static struct cpuid_regs reading_own(uint32_t leaf, uint32_t index)
{
	static uint64_t cycles;

	if (leaf == KVM_EXIT_STATS_CPUID_REASON && index == 10)
		put_view(10, KVM_EXIT_STATS_VIEW_COUNT, 41, cycles += 1500);
	return dump_cpuid(leaf, index);
}

static void test_hist_leaves_own_exits_out(void **state)
{
	struct exit_leaves leaves;
	struct exit_hist hist;

	(void)state;
	dump_load("kvm-vmx");
	put_view(10, KVM_EXIT_STATS_VIEW_HISTOGRAM + 4, 0, 10);
	put_view(10, KVM_EXIT_STATS_VIEW_HISTOGRAM + 5, 30 + 7, 0);
	put_view(10, KVM_EXIT_STATS_VIEW_HISTOGRAM + 6, 0, 0);
	put_view(10, KVM_EXIT_STATS_VIEW_HISTOGRAM + 7, 0, 0);
	put_view(10, KVM_EXIT_STATS_VIEW_HISTOGRAM + 8, 0, 0);
	assert_true(exit_leaves_open(&leaves, reading_own, 0, FIRST_CPUID, VMX));
	exit_leaves_read_hist(&leaves, 10, &hist);
	assert_int_equal(hist.buckets[9], 10);
	assert_int_equal(hist.buckets[10], 30);
	assert_int_equal(exit_hist_sum(&hist), 40);
}

static void test_buckets(void **state)
{
	(void)state;
	assert_int_equal(exit_bucket(0), 0);
	assert_int_equal(exit_bucket(1), 0);
	assert_int_equal(exit_bucket(2), 1);
	assert_int_equal(exit_bucket(1023), 9);
	assert_int_equal(exit_bucket(1024), 10);
	assert_int_equal(exit_bucket(UINT64_MAX), 31);
}

static void expect_percentile(const struct exit_hist *hist, unsigned int percent,
			      uint64_t least, uint64_t most, const char *text)
{
	char buffer[HIST_LIMIT_MAX];
	struct hist_range range;

	assert_true(hist_percentile(hist, percent, &range));
	assert_true(range.least == least);
	assert_true(range.most == most);
	assert_string_equal(hist_limit_text(hist, percent, 0, buffer), text);
}

/* No more is said of an exit than in which bucket it is. */
static void test_percentiles(void **state)
{
	struct exit_hist hist = { .longest = 1999 };
	struct hist_range range;
	char text[24], limit[HIST_LIMIT_MAX];

	(void)state;
	assert_false(hist_percentile(&hist, 50, &range));
	assert_string_equal(hist_limit_text(&hist, 50, 0, limit), "-");
	assert_string_equal(hist_most_text(&hist, 50, text), "");

	/* 90 of 512 to 1023 cycles, 10 of 1024 to 1999. */
	hist.buckets[9] = 90;
	hist.buckets[10] = 10;
	expect_percentile(&hist, 50, 512, 1023, "<1k");
	expect_percentile(&hist, 90, 512, 1023, "<1k");
	expect_percentile(&hist, 99, 1024, 1999, "<2k");
	assert_string_equal(hist_most_text(&hist, 99, text), "1999");
	assert_string_equal(hist_limit_text(&hist, 99, 50000, limit), "<41.0us");

	/* The last bucket has no end but the longest, of which may be nothing known. */
	hist.buckets[31] = 900;
	hist.longest = 1ULL << 40;
	expect_percentile(&hist, 99, 1ULL << 31, 1ULL << 40, ">=2G");
	hist.longest = 0;
	expect_percentile(&hist, 99, 1ULL << 31, UINT64_MAX, ">=2G");
	assert_string_equal(hist_limit_text(&hist, 99, 50000, limit), ">=42.9s");
	assert_string_equal(hist_most_text(&hist, 99, text), "");

	hist = (struct exit_hist) { .buckets = { 1 } };
	expect_percentile(&hist, 50, 0, 1, "<2");
	hist = (struct exit_hist) { .buckets[29] = UINT64_MAX };
	expect_percentile(&hist, 100, 1 << 29, (1 << 30) - 1, "<1G");
}

static void test_hist_printed(void **state)
{
	static const struct exit_info info = {
		.encoding = KVM_EXIT_STATS_ENCODING_VMX, .tsc_khz = 2000000,
	};
	struct exit_hist hist = { .longest = 3000000000 };
	char *text;

	(void)state;
	hist.buckets[29] = 100;
	hist.buckets[31] = 1;
	text = PRINTED(hist_print(out, &info, 12, &hist));
	assert_string_equal(text,
		"exit 12, HLT\n"
		"\n"
		"exits    101\n"
		"p50      536870912 to 1073741823 cycles, 268.435 ms to 536.871 ms\n"
		"p90      536870912 to 1073741823 cycles, 268.435 ms to 536.871 ms\n"
		"p99      536870912 to 1073741823 cycles, 268.435 ms to 536.871 ms\n"
		"longest  3000000000 cycles, 1.500 s\n"
		"\n"
		"         cycles                  exits  | distribution                           |\n"
		" 536870912 -> 1073741823           100  |****************************************|\n"
		"1073741824 -> 2147483647             0  |                                        |\n"
		"2147483648 -> more                   1  |*                                       |\n");
	free(text);
}

/* As many as only a file can say */
static void test_hist_of_many_printed(void **state)
{
	static const struct exit_info info = { .encoding = KVM_EXIT_STATS_ENCODING_VMX };
	struct exit_hist hist = { .buckets = { 1ULL << 62, 1ULL << 61, 1 } };
	char *text;

	(void)state;
	text = PRINTED(hist_print(out, &info, 12, &hist));
	assert_non_null(strstr(text, "4611686018427387904  |****************************************|\n"));
	assert_non_null(strstr(text, "2305843009213693952  |********************                    |\n"));
	assert_non_null(strstr(text, " 1  |*                                       |\n"));
	free(text);
}

/* Exits without a number of their own have no bit in the first block. */
static void test_table_has_other_exits(void **state)
{
	struct exit_leaves leaves;
	struct exit_table table;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, KVM_EXIT_STATS_OTHER, 1ULL << 40, 1);
	open_stats(&leaves);
	exit_leaves_read_table(&leaves, NULL, &table);
	assert_int_equal(table.rows[0].number, KVM_EXIT_STATS_OTHER);
}

/* If this reading is the first CPUID of the VM, there is nothing to show. */
static void test_table_without_other_cpuids(void **state)
{
	struct exit_leaves leaves;
	struct exit_table table;
	size_t i;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 10, 1, 0);
	open_stats(&leaves);
	exit_leaves_read_table(&leaves, NULL, &table);
	for (i = 0; i < table.nr; i++)
		assert_int_not_equal(table.rows[i].number, 10);
}

static void test_table_printed(void **state)
{
	static const struct exit_view in_cycles = { .in_cycles = true };
	struct exit_info info = {
		.encoding = KVM_EXIT_STATS_ENCODING_VMX, .tsc_khz = 2000000, .vcpus = 2,
	};
	static const struct exit_table table = {
		.nr = 2,
		.rows = {
			{ .number = 48, .counts = {
				3000000, 900000000, 450000000, 90000000, 70000, 12 } },
			{ .number = 5, .counts = { 1000000, 100000000, 0, 0, 900, 0 } },
		},
		.total = { 4000000, 1000000000, 450000000, 90000000, 70000, 12 },
	};
	char *text;

	(void)state;
	text = PRINTED(table_print_heading(out, &info);
		       table_print(out, &info, &table, &view, true));
	assert_string_equal(text,
		"VM exits of this VM, 2 vCPUs, VMX, host TSC 2000.000 MHz\n"
		"\n"
		"exit  name             exits  share     time  share  time/exit  nested\n"
		"  48  EPT_VIOLATION  3000000  75.0%  450.0ms  81.8%    150.0ns      12\n"
		"   5  IO_SMI         1000000  25.0%  50.00ms  18.2%    50.00ns       0\n"
		"      total          4000000   100%  500.0ms   100%    125.0ns      12\n");
	free(text);

	info.features = KVM_EXIT_STATS_FEATURE_SPLIT | KVM_EXIT_STATS_FEATURE_LONGEST;
	text = PRINTED(table_print(out, &info, &table, &in_cycles, true));
	assert_string_equal(text,
		"exit  name             exits      cycles   busy  cycles/exit    KVM    VMM  off-CPU  longest  nested\n"
		"  48  EPT_VIOLATION  3000000   900000000  81.8%          300  40.0%  10.0%    50.0%    70000      12\n"
		"   5  IO_SMI         1000000   100000000  18.2%          100   100%   0.0%     0.0%      900       0\n"
		"      total          4000000  1000000000   100%          250  46.0%   9.0%    45.0%    70000      12\n");
	free(text);

	text = PRINTED(table_print_totals(out, &info, &table.total));
	assert_string_equal(text,
		"exits                      4000000\n"
		"cycles                  1000000000\n"
		"  KVM                    460000000   46.0%\n"
		"  VMM                     90000000    9.0%\n"
		"  off-CPU                450000000   45.0%\n"
		"seconds                   0.500000\n"
		"cycles/exit                    250\n");
	free(text);
}

static void test_empty_table_printed(void **state)
{
	static const struct exit_table table;
	static const struct exit_info info = { .one_vcpu = true };
	char *text;

	(void)state;
	text = PRINTED(table_print(out, &info, &table, &view, true);
		       table_print_totals(out, &info, &table.total));
	assert_non_null(strstr(text, "total"));
	assert_null(strstr(text, "nan"));
	free(text);
}

static void test_raw_printed(void **state)
{
	const struct cpuid_regs regs = { 1, 0x23, 0x456, 0x789abcde };
	char *text;

	(void)state;
	text = PRINTED(cpuid_print_raw(out, 0x4ffffffd, 0xa, &regs));
	assert_string_equal(text, "   0x4ffffffd 0x0a: eax=0x00000001 ebx=0x00000023 "
			    "ecx=0x00000456 edx=0x789abcde\n");
	free(text);
}

static void test_names(void **state)
{
	uint32_t number;

	(void)state;
	assert_string_equal(NAME(VMX, 10), "CPUID");
	assert_string_equal(NAME(VMX, 17), "RSM");
	assert_string_equal(NAME(VMX, 85), "MSR_WRITE_IMM");
	assert_string_equal(NAME(VMX, KVM_EXIT_STATS_OTHER), "OTHER");
	assert_string_equal(NAME(VMX, 35), "?");
	assert_string_equal(NAME(VMX, 1000000), "?");
	assert_string_equal(NAME(99, 10), "?");
	assert_int_equal(exit_number(VMX, "hlt"), 12);
	assert_int_equal(exit_number(VMX, "Getsec"), 11);
	assert_int_equal(exit_number(VMX, "other"), KVM_EXIT_STATS_OTHER);
	assert_int_equal(exit_number(VMX, "HL"), -1);
	assert_int_equal(exit_number(99, "HLT"), -1);

	for (number = 0; number < KVM_EXIT_STATS_NR_VMX_REASONS; number++) {
		if (strcmp(NAME(VMX, number), "?"))
			assert_int_equal(exit_number(VMX, NAME(VMX, number)), number);
	}
}

static void test_svm_names(void **state)
{
	(void)state;
	assert_string_equal(NAME(SVM, 0x72), "cpuid");
	assert_string_equal(NAME(SVM, 0x41), "DB_excp");
	assert_string_equal(NAME(SVM, 0x0a), "read_cr10");
	assert_string_equal(NAME(SVM, 0xa6), "idle-halt");
	assert_string_equal(NAME(SVM, 0x400), "npf");
	assert_string_equal(NAME(SVM, 0xa7), "?");
	assert_int_equal(exit_number(SVM, "NPF"), 0x400);
	assert_int_equal(exit_number(SVM, "hlt"), 0x78);
	assert_int_equal(exit_number(SVM, "DB excp"), 0x41);
	assert_int_equal(exit_number(SVM, "db_excp"), 0x41);
	/* These do not fit 16 bits. */
	assert_int_equal(exit_number(SVM, "invalid_guest_state"), -1);
	assert_int_equal(exit_number(SVM, "vmgexit_mmio_read"), -1);
}

static void load_svm(void)
{
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION,
		 (struct cpuid_regs) { .eax = 0x20001, .ebx = KVM_EXIT_STATS_FEATURE_VCPU });
	/* In blocks 0, 1 and 8: cpuid and hlt, xsetbv, npf. */
	dump_set(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_OCCUPANCY,
		 (struct cpuid_regs) { .edx = 1 << 0x12 | 1 << 0x18 });
	dump_set(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_OCCUPANCY + 1,
		 (struct cpuid_regs) { .eax = 1 << 0x0d });
	dump_set(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_OCCUPANCY + 8,
		 (struct cpuid_regs) { .eax = 1 });
	put_view(0x72, KVM_EXIT_STATS_VIEW_COUNT, 50, 500);
	put_view(0x78, KVM_EXIT_STATS_VIEW_COUNT, 40, 400);
	put_view(0x8d, KVM_EXIT_STATS_VIEW_COUNT, 30, 300);
	put_view(0x400, KVM_EXIT_STATS_VIEW_COUNT, 20, 200);
}

static void test_svm_table(void **state)
{
	struct exit_leaves leaves;
	struct exit_table table;

	(void)state;
	load_svm();
	assert_true(exit_leaves_open(&leaves, dump_cpuid, 0, FIRST_CPUID, SVM));
	exit_leaves_read_table(&leaves, NULL, &table);
	assert_int_equal(table.nr, 4);
	assert_int_equal(table.rows[0].number, 0x72);
	assert_int_equal(table.rows[0].counts.exits, 49);
	assert_int_equal(table.rows[3].number, 0x400);
	assert_int_equal(table.total.exits, 139);
	assert_true(dump_calls() <= table.nr + 6);
}

static void test_wrong_guess_of_the_encoding(void **state)
{
	struct exit_counts counts;
	struct exit_leaves leaves;

	(void)state;
	load_svm();
	open_stats(&leaves);
	assert_true(exit_leaves_read(&leaves, 0x72, &counts));
	/* Read last, after three CPUIDs of our own */
	assert_int_equal(counts.exits, 50 - 4);
}

static void expect_explanation(const char *dump, const char *explanation)
{
	char line[128];

	dump_load(dump);
	hypervisor_explain(dump_cpuid, line, sizeof(line));
	assert_string_equal(line, explanation);
}

static void test_explanations(void **state)
{
	(void)state;
	expect_explanation("bare", "this machine is not virtualized");
	expect_explanation("kvm-stock",
			   "this KVM is without the patch, has them switched off, "
			   "or does not show them to this VM");
	/* KVM under the signature of Hyper-V: one range further on */
	expect_explanation("kvm-hyperv",
			   "this KVM is without the patch, has them switched off, "
			   "or does not show them to this VM");
	expect_explanation("tcg", "the hypervisor is QEMU's TCG, not KVM");
	expect_explanation("unnamed", "the hypervisor does not say what it is");
}

static void test_explanation_of_control_characters(void **state)
{
	char line[128];

	(void)state;
	dump_load("tcg");
	dump_set(0x40000000, 0, (struct cpuid_regs) { 0, 0x1b5b1b5b, 0x41414141, 0x0a0d });
	hypervisor_explain(dump_cpuid, line, sizeof(line));
	assert_string_equal(line, "the hypervisor is [?[?AAAA??, not KVM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_open_without_statistics),
		cmocka_unit_test(test_open_with_half_a_signature),
		cmocka_unit_test(test_open_with_nothing_behind_the_signature),
		cmocka_unit_test(test_scope_is_in_every_query),
		cmocka_unit_test(test_64_bits),
		cmocka_unit_test(test_undefined_number),
		cmocka_unit_test(test_own_exits_are_left_out),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_brief_table),
		cmocka_unit_test(test_parts_never_exceed_the_whole),
		cmocka_unit_test(test_views_of_an_older_host),
		cmocka_unit_test(test_hist),
		cmocka_unit_test(test_hist_leaves_own_exits_out),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_hist_printed),
		cmocka_unit_test(test_hist_of_many_printed),
		cmocka_unit_test(test_table_has_other_exits),
		cmocka_unit_test(test_table_without_other_cpuids),
		cmocka_unit_test(test_table_printed),
		cmocka_unit_test(test_empty_table_printed),
		cmocka_unit_test(test_raw_printed),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_svm_names),
		cmocka_unit_test(test_svm_table),
		cmocka_unit_test(test_wrong_guess_of_the_encoding),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_explanation_of_control_characters),
	};

	return cmocka_run_group_tests_name("guest tool", tests, NULL, NULL) +
	       run_measure_tests() + run_view_tests() + run_rates_tests() + run_comparison_tests() +
	       run_table_tests() + run_perf_tests() + run_process_tests() + run_metrics_tests() +
	       run_file_tests() + run_help_tests();
}
