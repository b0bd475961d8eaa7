// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the rates that top shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "groups.h"
#include "printed.h"
#include "interval.h"
#include "rates.h"

#define CPUID 10
#define HLT 12
#define EPT_VIOLATION 48

/* Two seconds of a VM with two vCPUs: 200 million cycles each */
static const struct exit_info info = {
	.encoding = KVM_EXIT_STATS_ENCODING_VMX, .tsc_khz = 100000,
	.features = KVM_EXIT_STATS_FEATURE_SPLIT,
};

static const struct exit_table vcpu0 = {
	.nr = 2,
	.rows = {
		{ .number = CPUID, .counts = { .exits = 3000, .cycles = 6000000 } },
		{ .number = HLT, .counts = {
			.exits = 500, .cycles = 100000000, .off_cpu = 98000000 } },
	},
	.total = { .exits = 3500, .cycles = 106000000, .off_cpu = 98000000 },
};

static const struct exit_table vcpu1 = {
	.nr = 2,
	.rows = {
		{ .number = CPUID, .counts = { .exits = 1000, .cycles = 2000000 } },
		{ .number = EPT_VIOLATION, .counts = {
			.exits = 500, .cycles = 40000000, .vmm = 10000000 } },
	},
	.total = { .exits = 1500, .cycles = 42000000, .vmm = 10000000 },
};

static const struct exit_view by_exits = { .order = ORDER_EXITS };

static void fill(struct rates *rates)
{
	rates_begin(rates, 2);
	assert_true(rates_add(rates, 0, &vcpu0));
	assert_true(rates_add(rates, 1, &vcpu1));
}

static void expect(const struct exit_info *about, const struct rates *rates, const char *text)
{
	EXPECT_PRINTED(rates_print_summary(out, about, rates);
		       assert_true(rates_print(out, about, rates, &by_exits, 100)), text);
}

static void test_vcpus_are_added_up(void **state)
{
	struct rates rates = { .vcpus = 2 };

	(void)state;
	fill(&rates);
	expect(&info, &rates,
	       "2500.0 exits/s in 2.00 s; of the time KVM 10.0%, VMM 2.5%, off-CPU 24.5%\n"
	       "exit  name                 exits/s  share   time  time/exit    KVM    VMM  off-CPU\n"
	       "  10  CPUID                 2000.0  80.0%   2.0%    20.00us   100%   0.0%     0.0%\n"
	       "  12  HLT                    250.0  10.0%   0.5%    2.000ms   2.0%   0.0%    98.0%\n"
	       "  48  EPT_VIOLATION          250.0  10.0%  10.0%    800.0us  75.0%  25.0%     0.0%\n");
	rates_free(&rates);
}

static void test_each_vcpu(void **state)
{
	struct rates rates = { .by_vcpu = true, .vcpus = 2 };

	(void)state;
	fill(&rates);
	expect(&info, &rates,
	       "2500.0 exits/s in 2.00 s; of the time KVM 10.0%, VMM 2.5%, off-CPU 24.5%\n"
	       "vCPU  exit  name                 exits/s  share   time  time/exit    KVM    VMM  off-CPU\n"
	       "   0    10  CPUID                 1500.0  60.0%   3.0%    20.00us   100%   0.0%     0.0%\n"
	       "   1    10  CPUID                  500.0  20.0%   1.0%    20.00us   100%   0.0%     0.0%\n"
	       "   0    12  HLT                    250.0  10.0%   1.0%    2.000ms   2.0%   0.0%    98.0%\n"
	       "   1    48  EPT_VIOLATION          250.0  10.0%  20.0%    800.0us  75.0%  25.0%     0.0%\n");
	rates_free(&rates);
}

/* A host's file has no number of vCPUs, an older KVM no parts of the cycles. */
static void test_what_is_not_known(void **state)
{
	const struct exit_info less = {
		.encoding = KVM_EXIT_STATS_ENCODING_VMX, .tsc_khz = 100000,
	};
	struct rates rates = { 0 };

	(void)state;
	rates_begin(&rates, 2);
	assert_true(rates_add(&rates, -1, &vcpu1));
	expect(&less, &rates,
	       "750.0 exits/s in 2.00 s; of one vCPU's time 21.0% in exits\n"
	       "exit  name                 exits/s  share   time  time/exit\n"
	       "  10  CPUID                  500.0  66.7%   1.0%    20.00us\n"
	       "  48  EPT_VIOLATION          250.0  33.3%  20.0%    800.0us\n");
	rates_free(&rates);
}

static void test_an_interval_leaves_nothing_to_the_next(void **state)
{
	struct rates rates = { .vcpus = 2 };

	(void)state;
	fill(&rates);
	rates_begin(&rates, 0);
	expect(&info, &rates,
	       "0.0 exits/s in 0.00 s; of the time KVM 0.0%, VMM 0.0%, off-CPU 0.0%\n"
	       "exit  name                 exits/s  share   time  time/exit    KVM    VMM  off-CPU\n");
	rates_free(&rates);
}

static void test_many_rows(void **state)
{
	struct rates rates = { .by_vcpu = true };
	long vcpu;

	(void)state;
	rates_begin(&rates, 1);
	for (vcpu = 0; vcpu < EXIT_TABLE_MAX; vcpu++)
		assert_true(rates_add(&rates, vcpu, &vcpu0));
	assert_int_equal(rates.nr, 2 * EXIT_TABLE_MAX);
	assert_int_equal(rates.total.exits, 3500 * EXIT_TABLE_MAX);
	rates_free(&rates);
}

static void test_missed_intervals(void **state)
{
	(void)state;
	/* On time, late, and so late that two have been missed */
	assert_true(interval_next(10, 2, 10) == 12);
	assert_true(interval_next(10, 2, 11.5) == 12);
	assert_true(interval_next(10, 2, 15) == 16);
	/* Before it is over */
	assert_true(interval_next(10, 2, 9) == 12);
}

int run_rates_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vcpus_are_added_up),
		cmocka_unit_test(test_each_vcpu),
		cmocka_unit_test(test_what_is_not_known),
		cmocka_unit_test(test_an_interval_leaves_nothing_to_the_next),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_missed_intervals),
	};

	return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
