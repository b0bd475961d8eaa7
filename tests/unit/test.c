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
#include "host.h"
#include "leaves.h"
#include "stats.h"
#include "table.h"

/* What a function prints, as a string that the caller frees. */
#define PRINTED(call) ({						\
	char *text_ = NULL;						\
	size_t size_;							\
	FILE *out = open_memstream(&text_, &size_);			\
	call;								\
	fclose(out);							\
	text_; })

static void put_counts(uint32_t leaf, uint32_t index, uint64_t exits, uint64_t cycles)
{
	dump_set(leaf, index, (struct cpuid_regs) {
		.eax = exits, .edx = exits >> 32, .ecx = cycles, .ebx = cycles >> 32,
	});
}

static void test_open(void **state)
{
	struct exit_stats stats;

	(void)state;
	dump_load("kvm-vmx");
	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	assert_int_equal(stats.version, 1);
	assert_int_equal(stats.encoding, KVM_EXIT_STATS_ENCODING_VMX);
	assert_int_equal(stats.features, KVM_EXIT_STATS_FEATURE_VCPU);
	assert_int_equal(stats.tsc_khz, 50000);
	assert_int_equal(stats.vcpus, 1);
	assert_int_equal(dump_calls(), 3);
	assert_int_equal(stats.own_exits, 3);
}

static void test_open_without_statistics(void **state)
{
	static const char *const dumps[] = { "bare", "kvm-stock", "tcg" };
	struct exit_stats stats;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		dump_load(dumps[i]);
		assert_false(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	}
}

static void test_open_with_half_a_signature(void **state)
{
	struct exit_stats stats;

	(void)state;
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_SIGNATURE, 0, (struct cpuid_regs) {
		.eax = KVM_EXIT_STATS_CPUID_MAX, .ebx = 0x454d564b, .ecx = 0x53746978 });
	assert_false(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
}

static void test_scope_is_in_every_query(void **state)
{
	struct exit_counts counts;
	struct exit_stats stats;

	(void)state;
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_SIGNATURE, KVM_EXIT_STATS_SCOPE_VCPU,
		 dump_cpuid(KVM_EXIT_STATS_CPUID_SIGNATURE, 0));
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 12 | KVM_EXIT_STATS_SCOPE_VCPU, 7, 70);
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 12, 9, 90);
	assert_true(exit_stats_open(&stats, dump_cpuid, KVM_EXIT_STATS_SCOPE_VCPU,
				    FIRST_CPUID));
	assert_true(exit_stats_read(&stats, 12, &counts));
	assert_int_equal(counts.exits, 7);
}

static void test_64_bits(void **state)
{
	struct exit_counts counts;
	struct exit_stats stats;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 12, 0x123456789abcdef0,
		   0xfedcba9876543210);
	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	assert_true(exit_stats_read(&stats, 12, &counts));
	assert_true(counts.exits == 0x123456789abcdef0);
	assert_true(counts.cycles == 0xfedcba9876543210);
}

static void test_undefined_number(void **state)
{
	struct exit_counts counts;
	struct exit_stats stats;

	(void)state;
	dump_load("kvm-vmx");
	dump_set(KVM_EXIT_STATS_CPUID_REASON, 35, (struct cpuid_regs) {
		.edx = KVM_EXIT_STATS_UNDEFINED });
	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	assert_false(exit_stats_read(&stats, 35, &counts));
	assert_true(exit_stats_read(&stats, 36, &counts));
}

static void test_own_exits_are_left_out(void **state)
{
	struct exit_counts counts;
	struct exit_stats stats;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 10, 500, 5000);
	put_counts(KVM_EXIT_STATS_CPUID_TOTALS, 0, 800, 8000);

	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	assert_true(exit_stats_read(&stats, 10, &counts));
	assert_int_equal(counts.exits, 499);
	assert_int_equal(counts.cycles, 5000);

	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_TOTAL));
	assert_int_equal(stats.total_before.exits, 799);
}

static void test_table(void **state)
{
	struct exit_stats stats;
	struct exit_table table;
	uint64_t exits = 0, cycles = 0;
	size_t i;

	(void)state;
	dump_load("kvm-vmx");
	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	exit_stats_read_table(&stats, &table);

	assert_int_equal(table.nr, 13);
	assert_int_equal(table.total.exits, 10777);
	assert_true(dump_calls() <= table.nr + 4);
	for (i = 0; i < table.nr; i++) {
		exits += table.rows[i].counts.exits;
		cycles += table.rows[i].counts.cycles;
		if (i)
			assert_true(table.rows[i].counts.exits <=
				    table.rows[i - 1].counts.exits);
	}
	assert_true(exits == table.total.exits && cycles == table.total.cycles);
}

/* Exits without a number of their own have no bit in the first block. */
static void test_table_has_other_exits(void **state)
{
	struct exit_stats stats;
	struct exit_table table;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, KVM_EXIT_STATS_OTHER, 1ULL << 40, 1);
	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	exit_stats_read_table(&stats, &table);
	assert_int_equal(table.rows[0].number, KVM_EXIT_STATS_OTHER);
}

/* If this reading is the first CPUID of the VM, there is nothing to show. */
static void test_table_without_other_cpuids(void **state)
{
	struct exit_stats stats;
	struct exit_table table;
	size_t i;

	(void)state;
	dump_load("kvm-vmx");
	put_counts(KVM_EXIT_STATS_CPUID_REASON, 10, 1, 0);
	assert_true(exit_stats_open(&stats, dump_cpuid, 0, FIRST_CPUID));
	exit_stats_read_table(&stats, &table);
	for (i = 0; i < table.nr; i++)
		assert_int_not_equal(table.rows[i].number, 10);
}

static void test_table_printed(void **state)
{
	static const struct exit_stats stats = {
		.encoding = KVM_EXIT_STATS_ENCODING_VMX, .tsc_khz = 2000000, .vcpus = 2,
	};
	static const struct exit_table table = {
		.nr = 2,
		.rows = { { 48, { 3000000, 900000000 } }, { 5, { 1000000, 100000000 } } },
		.total = { 4000000, 1000000000 },
	};
	char *text;

	(void)state;
	text = PRINTED(table_print_heading(out, &stats);
		       table_print(out, &stats, &table));
	assert_string_equal(text,
		"VM exits of this VM, 2 vCPUs, VMX, host TSC 2000.000 MHz\n"
		"\n"
		" exit  name                  exits   share      cycles   share  cycles/exit\n"
		"   48  EPT_VIOLATION       3000000   75.0%   900000000   90.0%          300\n"
		"    5  IO_SMI              1000000   25.0%   100000000   10.0%          100\n"
		"       total               4000000  100.0%  1000000000  100.0%          250\n");
	free(text);

	text = PRINTED(table_print_totals(out, &stats, &table.total));
	assert_string_equal(text,
		"exits                      4000000\n"
		"cycles                  1000000000\n"
		"seconds                   0.500000\n"
		"cycles/exit                    250\n");
	free(text);
}

static void test_empty_table_printed(void **state)
{
	static const struct exit_table table;
	static const struct exit_stats stats = { .scope = KVM_EXIT_STATS_SCOPE_VCPU };
	char *text;

	(void)state;
	text = PRINTED(table_print(out, &stats, &table);
		       table_print_totals(out, &stats, &table.total));
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
	const unsigned int vmx = KVM_EXIT_STATS_ENCODING_VMX;
	uint32_t number;

	(void)state;
	assert_string_equal(exit_name(vmx, 10), "CPUID");
	assert_string_equal(exit_name(vmx, 17), "RSM");
	assert_string_equal(exit_name(vmx, 85), "MSR_WRITE_IMM");
	assert_string_equal(exit_name(vmx, KVM_EXIT_STATS_OTHER), "OTHER");
	assert_string_equal(exit_name(vmx, 35), "?");
	assert_string_equal(exit_name(vmx, 1000000), "?");
	assert_string_equal(exit_name(99, 10), "?");
	assert_int_equal(exit_number(vmx, "hlt"), 12);
	assert_int_equal(exit_number(vmx, "Getsec"), 11);
	assert_int_equal(exit_number(vmx, "other"), KVM_EXIT_STATS_OTHER);
	assert_int_equal(exit_number(vmx, "HL"), -1);
	assert_int_equal(exit_number(99, "HLT"), -1);

	for (number = 0; number < KVM_EXIT_STATS_NR_VMX_REASONS; number++) {
		if (strcmp(exit_name(vmx, number), "?"))
			assert_int_equal(exit_number(vmx, exit_name(vmx, number)), number);
	}
}

static void expect_explanation(const char *dump, const char *explanation)
{
	char line[128];

	dump_load(dump);
	host_explain(dump_cpuid, line, sizeof(line));
	assert_string_equal(line, explanation);
}

static void test_explanations(void **state)
{
	(void)state;
	expect_explanation("bare", "this machine is not virtualized");
	expect_explanation("kvm-stock",
			   "this KVM is without the patch, or has them switched off");
	/* KVM under the signature of Hyper-V: one range further on */
	expect_explanation("kvm-hyperv",
			   "this KVM is without the patch, or has them switched off");
	expect_explanation("tcg", "the hypervisor is QEMU's TCG, not KVM");
	expect_explanation("unnamed", "the hypervisor does not say what it is");
}

static void test_explanation_of_control_characters(void **state)
{
	char line[128];

	(void)state;
	dump_load("tcg");
	dump_set(0x40000000, 0, (struct cpuid_regs) { 0, 0x1b5b1b5b, 0x41414141, 0x0a0d });
	host_explain(dump_cpuid, line, sizeof(line));
	assert_string_equal(line, "the hypervisor is [?[?AAAA??, not KVM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_open_without_statistics),
		cmocka_unit_test(test_open_with_half_a_signature),
		cmocka_unit_test(test_scope_is_in_every_query),
		cmocka_unit_test(test_64_bits),
		cmocka_unit_test(test_undefined_number),
		cmocka_unit_test(test_own_exits_are_left_out),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_has_other_exits),
		cmocka_unit_test(test_table_without_other_cpuids),
		cmocka_unit_test(test_table_printed),
		cmocka_unit_test(test_empty_table_printed),
		cmocka_unit_test(test_raw_printed),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_explanation_of_control_characters),
	};

	return cmocka_run_group_tests_name("guest tool", tests, NULL, NULL);
}
