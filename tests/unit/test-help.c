// SPDX-License-Identifier: GPL-2.0
/* Unit tests of what people get who do not know a name or what it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka.h, whose fail() is a macro */
#include "util.h"

#include <cmocka.h>

#include "builtin.h"
#include "exit_help.h"
#include "exit_names.h"
#include "groups.h"
#include "leaves.h"
#include "similar.h"

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define SVM KVM_EXIT_STATS_ENCODING_SVM

static bool is_defined(unsigned int encoding, uint32_t number)
{
	char name[EXIT_NAME_MAX];

	return strcmp(exit_name(encoding, number, name), "?");
}

/* Whole sentences; without quotes, for CSV */
static void expect_sentences(const char *text)
{
	assert_true(strlen(text) > 0);
	assert_int_equal(text[strlen(text) - 1], '.');
	assert_null(strchr(text, '"'));
}

static void test_each_exit_has_a_text(void **state)
{
	static const unsigned int encodings[] = { VMX, SVM };
	const struct exit_help *help;
	uint32_t number;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(encodings); i++) {
		for (number = 0; number <= KVM_EXIT_STATS_NUMBER_MASK; number++) {
			help = exit_help(encodings[i], number);
			if (!help != !is_defined(encodings[i], number))
				fail_msg("encoding %u, exit %u: name or text, but not both",
					 encodings[i], number);
			if (!help)
				continue;
			assert_in_range(strlen(help->what), 10, 64);
			assert_null(strchr(help->what, '"'));
			expect_sentences(help->when);
			expect_sentences(help->advice);
		}
	}
	assert_null(exit_help(0, 10));
	assert_null(exit_help(VMX, UINT32_MAX));
}

/* Those of the manuals: leaves.h has how many there are, the SDM which it leaves out. */
static void test_each_defined_number_has_a_name(void **state)
{
	static const uint32_t undefined[] = { 35, 38, 42, 71, 82, 83 };
	uint32_t number;
	size_t i = 0;

	(void)state;
	for (number = 0; number < KVM_EXIT_STATS_NR_VMX_REASONS; number++) {
		if (i < ARRAY_SIZE(undefined) && number == undefined[i])
			i++;
		else
			assert_true(is_defined(VMX, number));
	}
	for (number = 0; number < KVM_EXIT_STATS_NR_SVM_CODES; number++)
		assert_true(is_defined(SVM, number));
	for (number = 0; number < KVM_EXIT_STATS_NR_SVM_HIGH_CODES; number++)
		assert_true(is_defined(SVM, KVM_EXIT_STATS_SVM_HIGH_CODES + number));
}

static void test_exit_next(void **state)
{
	int number, nr = 0;

	(void)state;
	assert_int_equal(exit_next(VMX, -1), 0);
	assert_int_equal(exit_next(VMX, 34), 36);
	assert_int_equal(exit_next(VMX, 85), KVM_EXIT_STATS_OTHER);
	assert_int_equal(exit_next(VMX, KVM_EXIT_STATS_OTHER), -1);
	assert_int_equal(exit_next(0, -1), -1);
	for (number = exit_next(SVM, -1); number >= 0; number = exit_next(SVM, number))
		nr++;
	assert_int_equal(nr, KVM_EXIT_STATS_NR_SVM_CODES + KVM_EXIT_STATS_NR_SVM_HIGH_CODES + 1);
}

static void test_similar(void **state)
{
	(void)state;
	assert_int_equal(similar("stat", "stat"), 0);
	assert_int_equal(similar("STAT", "stat"), 0);
	/* Deleted, inserted, replaced, swapped */
	assert_int_equal(similar("satat", "stat"), 1);
	assert_int_equal(similar("cpid", "CPUID"), 1);
	assert_int_equal(similar("stet", "stat"), 1);
	assert_int_equal(similar("cpiud", "CPUID"), 1);
	/* The beginning of it */
	assert_int_equal(similar("comp", "compare"), 1);
	assert_int_equal(similar("c", "compare"), SIMILAR_NOT);
	assert_int_equal(similar("", "stat"), SIMILAR_NOT);
	assert_int_equal(similar("frobnicate", "stat"), SIMILAR_NOT);
	assert_int_equal(similar("a word that is far too long for a name", "stat"), SIMILAR_NOT);
	assert_int_equal(exit_similar(VMX, "EPT_VIOLATON"), 48);
	assert_int_equal(exit_similar(SVM, "page_fault"), -1);
}

static void test_unknown_words(void **state)
{
	char line[256];

	(void)state;
	builtin_explain("comapre", line, sizeof(line));
	assert_string_equal(line, "there is no command 'comapre'; did you mean 'compare'?");
	builtin_explain("hlt", line, sizeof(line));
	assert_non_null(strstr(line, "-s hlt"));
	builtin_explain("frobnicate", line, sizeof(line));
	assert_string_equal(line, "there is no command 'frobnicate'; 'help' lists them");
}

static void test_numbers(void **state)
{
	static const char *const wrong[] = {
		"", " 1", "1 ", "-1", "+1", "1x", "0x", "0x-1", "0x 1", "4294967296",
		"99999999999999999999999", "0x100000000",
	};
	uint32_t number;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_false(parse_u32(wrong[i], &number));
		assert_false(parse_decimal(wrong[i], &number));
	}
	assert_true(parse_u32("010", &number));
	assert_int_equal(number, 10);
	assert_true(parse_u32("0x7B", &number));
	assert_int_equal(number, 0x7b);
	assert_false(parse_decimal("0x7B", &number));
	assert_true(parse_decimal("4294967295", &number));
	assert_int_equal(number, UINT32_MAX);
}

int run_help_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_exit_has_a_text),
		cmocka_unit_test(test_each_defined_number_has_a_name),
		cmocka_unit_test(test_exit_next),
		cmocka_unit_test(test_similar),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
