// SPDX-License-Identifier: GPL-2.0
/* Unit tests of compare: what it marks, and how often it marks what is noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "baseline.h"
#include "comparison.h"
#include "groups.h"
#include "printed.h"

static const struct exit_info info = {
	.version = 1, .encoding = KVM_EXIT_STATS_ENCODING_VMX, .tsc_khz = 50000, .vcpus = 1,
	.features = KVM_EXIT_STATS_FEATURE_SPLIT,
};

/* All reasons, in the order that they have by themselves */
static const struct exit_view view;

/* Xorshift, of Marsaglia (2003): the same numbers on each machine */
static uint64_t random_state;

static double uniform(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return ((random_state >> 11) + 0.5) * 0x1p-53;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double poisson(double mean)
{
	double term = exp(-fmin(mean, 700)), sum = term, limit = uniform();
	double value = 0;

	if (mean > 100)
		return fmax(round(mean + sqrt(mean) * normal()), 0);
	while (sum < limit && value < 1000) {
		term *= mean / ++value;
		sum += term;
	}
	return value;
}

/* The sum of so many exponential variables, over their number: mean 1 */
static double gamma_of(int shape)
{
	double sum = 0;
	int i;

	for (i = 0; i < shape; i++)
		sum -= log(uniform());
	return sum / shape;
}

static double constant(void) { return 22; }
static double rarely_more(void) { return uniform() < 0.95 ? 22 : uniform() < 0.5 ? 23 : 30; }
static double often_more(void) { return uniform() < 0.7 ? 22 : 23; }
static double sometimes_more(void) { return uniform() < 0.75 ? 22 : 60; }
static double rarely_any(void) { return uniform() < 0.9 ? 0 : 1; }
static double poisson_2(void) { return poisson(2); }
static double poisson_20(void) { return poisson(20); }
static double gamma_bursts(void) { return poisson(20 * gamma_of(2)); }
static double mild_bursts(void) { return poisson(20 * gamma_of(10)); }
static double lognormal_bursts(void) { return poisson(20 * exp(normal())); }
static double high_or_low(void) { return uniform() < 0.5 ? 5 : 100; }

struct noise {
	const char *name;
	double (*draw)(void);
};

static const struct noise noises[] = {
	{ "constant", constant },
	{ "constant but for one of 20", rarely_more },
	{ "constant but for one of 3", often_more },
	{ "constant but for one of 4", sometimes_more },
	{ "one in ten runs", rarely_any },
	{ "Poisson, mean 2", poisson_2 },
	{ "Poisson, mean 20", poisson_20 },
	{ "bursts, gamma", gamma_bursts },
	{ "bursts, mild", mild_bursts },
	{ "bursts, lognormal", lognormal_bursts },
	{ "high or low", high_or_low },
};

#define NR_NOISES (sizeof(noises) / sizeof(noises[0]))

static void free_results(struct exit_result *results, size_t nr)
{
	while (nr--)
		result_free(&results[nr]);
}

static void add_runs(struct exit_runs *runs, const char *command, size_t nr)
{
	runs->command = strdup(command);
	while (runs->nr < nr) {
		struct exit_run *run = result_add_run(runs);

		run->elapsed = 1;
		run->vcpus = 1;
	}
}

static struct exit_result result_of_runs(const char *command, size_t nr)
{
	struct exit_result result = { .info = info };

	add_runs(&result.measured, command, nr);
	return result;
}

static void set_exits(struct exit_run *run, uint32_t number, double exits)
{
	struct exit_row row = { .number = number };

	row.counts.exits = exits;
	row.counts.cycles = 1000 * row.counts.exits;
	exit_table_add(&run->table, &row);
}

static void draw_run(struct exit_run *run, const struct noise *noise, uint32_t reasons)
{
	uint32_t i;

	run->elapsed = 1 + 0.01 * normal();
	run->table.nr = 0;
	for (i = 0; i < reasons; i++)
		set_exits(run, i, noise->draw());
}

static bool any_marked(const struct exit_result *results)
{
	struct comparison comparison;
	bool any;

	assert_true(comparison_make(&comparison, results, 2, false, &view));
	any = comparison.nr_differ || comparison.elapsed[1].differs || comparison.tax[1].differs;
	comparison_free(&comparison);
	return any;
}

/* How many of so many comparisons of noise with noise have a mark */
static int false_marks(const struct noise *noise, size_t runs, uint32_t reasons, int nr)
{
	struct exit_result results[] = { result_of_runs("a", runs), result_of_runs("b", runs) };
	int marked = 0, i;
	size_t k;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < 2 * runs; k++)
			draw_run(results[k % 2].measured.runs[k / 2], noise, reasons);
		marked += any_marked(results);
	}
	free_results(results, 2);
	return marked;
}

/* What a rate of 1 % comes to at most, but for one of 30000 such counts */
static double at_most(int nr)
{
	return 0.01 * nr + 4 * sqrt(0.01 * 0.99 * nr);
}

static void expect_few_marks(size_t runs, int nr)
{
	static const uint32_t reasons[] = { 1, 7, 20 };
	int marked, most = 0, sum = 0;
	size_t i, k;

	random_state = 88172645463325252 + runs;
	for (i = 0; i < NR_NOISES; i++) {
		for (k = 0; k < 3; k++) {
			marked = false_marks(&noises[i], runs, reasons[k], nr);
			if (marked > at_most(nr))
				fail_msg("%d of %d marked: %s, %u reasons, %zu runs", marked, nr,
					 noises[i].name, reasons[k], runs);
			most = marked > most ? marked : most;
			sum += marked;
		}
	}
	print_message("%zu runs: %d of %d comparisons of noise are marked, at most %d of %d\n",
		      runs, sum, (int)(i * k) * nr, most, nr);
	assert_true(sum <= at_most(i * k * nr));
}

static void test_noise_of_few_runs(void **state)
{
	(void)state;
	expect_few_marks(2, 25);
	expect_few_marks(3, 25);
	expect_few_marks(4, 25);
}

/* The default, where the second step is in use, too */
static void test_noise_of_five_runs(void **state)
{
	(void)state;
	expect_few_marks(5, 150);
}

static void test_noise_of_more_runs(void **state)
{
	(void)state;
	expect_few_marks(6, 40);
	expect_few_marks(7, 20);
	expect_few_marks(10, 20);
	expect_few_marks(20, 10);
}

/* In how many of the ways to deal out these 12 runs anything is marked */
static int marked_ways(struct exit_result *results)
{
	struct exit_run *pool[12];
	size_t nr[2], i, other;
	int marked = 0;
	unsigned int way;

	memcpy(pool, results[0].measured.runs, 6 * sizeof(*pool));
	memcpy(pool + 6, results[1].measured.runs, 6 * sizeof(*pool));
	for (way = 1; way < 1 << 12; way += 2) {
		if (__builtin_popcount(way) != 6)
			continue;
		nr[0] = nr[1] = 0;
		for (i = 0; i < 12; i++) {
			other = way >> i & 1;
			results[other].measured.runs[nr[other]++] = pool[i];
		}
		marked += any_marked(results);
	}
	return marked;
}

/* Of the same runs, whatever they are: no chance, no tolerance */
static void test_all_ways_to_deal_out(void **state)
{
	struct exit_result results[] = { result_of_runs("a", 6), result_of_runs("b", 6) };
	size_t i, k;

	(void)state;
	random_state = 88172645463325252;
	for (i = 0; i < NR_NOISES; i += 2) {
		for (k = 0; k < 12; k++)
			draw_run(results[k % 2].measured.runs[k / 2], &noises[i], 7);
		assert_in_range(marked_ways(results), 0, 462 / 100);
	}
	free_results(results, 2);
}

/* The second command has twice of the first reason; the others are noise. */
static int true_marks(uint32_t reasons, int nr)
{
	struct exit_result results[] = { result_of_runs("a", 5), result_of_runs("b", 5) };
	struct comparison comparison;
	int marked = 0, i;
	size_t k, row;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < 10; k++) {
			struct exit_run *run = results[k % 2].measured.runs[k / 2];

			draw_run(run, &(struct noise) { "", poisson_20 }, reasons - 1);
			set_exits(run, reasons - 1, poisson(k % 2 ? 40 : 20));
		}
		assert_true(comparison_make(&comparison, results, 2, false, &view));
		for (row = 0; row < comparison.nr; row++) {
			if (comparison.rows[row].number == reasons - 1)
				marked += comparison.rows[row].of[1].differs;
		}
		comparison_free(&comparison);
	}
	free_results(results, 2);
	return marked;
}

/* Never to mark anything is no way out. */
static void test_a_mean_that_doubles(void **state)
{
	int one, seven;

	(void)state;
	random_state = 88172645463325252;
	one = true_marks(1, 1000);
	seven = true_marks(7, 1000);
	print_message("a mean of 20 that doubles is marked in %d of 1000, "
		      "as one of 7 reasons in %d\n", one, seven);
	assert_true(one >= 900);
	assert_true(seven >= 900);
}

/* Runs of a second or so, each with the exits of one reason */
static struct exit_result result_of(const char *command, const double *exits, size_t nr)
{
	struct exit_result result = result_of_runs(command, nr);
	size_t i;

	for (i = 0; i < nr; i++)
		set_exits(result.measured.runs[i], 10, exits[i]);
	return result;
}

static void add_baseline(struct exit_result *result, const double *exits, size_t nr)
{
	size_t i;

	add_runs(&result->baseline, "true", nr);
	for (i = 0; i < nr; i++)
		set_exits(result->baseline.runs[i], 10, exits[i]);
}

static const double same[] = { 1000, 1000, 1000, 1000, 1000, 1000, 1000 };
static const double more[] = { 1010, 1010, 1010, 1010, 1010, 1010, 1010 };
static const double about[] = { 990, 1003, 1010, 985, 1004, 1001, 1020 };

static char *printed(const struct exit_result *results, size_t nr,
		     int (*print)(FILE *out, const struct comparison *comparison))
{
	struct comparison comparison;
	char *text;

	assert_true(comparison_make(&comparison, results, nr, false, &view));
	text = PRINTED(assert_int_equal(print(out, &comparison), 0));
	comparison_free(&comparison);
	return text;
}

/* What is always the same differs by little; what is not does not. */
static void test_small_differences(void **state)
{
	struct exit_result results[] = {
		result_of("a", same, 6), result_of("b", more, 6), result_of("c", about, 6),
	};
	struct comparison comparison;

	(void)state;
	assert_true(comparison_make(&comparison, results, 3, false, &view));
	assert_int_equal(comparison.nr, 1);
	assert_true(comparison.rows[0].of[1].differs);
	assert_false(comparison.rows[0].of[2].differs);
	assert_true(comparison.pairs[1].tested);
	/* 2 of 924 ways, for two commands against the first */
	assert_true(fabs(comparison.rows[0].of[1].p - 2 / 924.0) < 1e-9);
	assert_true(fabs(comparison.rows[0].of[1].p_adjusted - 4 / 924.0) < 1e-9);
	assert_int_equal(comparison.nr_differ, 1);
	comparison_free(&comparison);
	free_results(results, 3);
}

static void test_runs_needed(void **state)
{
	struct exit_result results[] = { result_of("a", same, 4), result_of("b", more, 4) };
	char *text = printed(results, 2, comparison_print);

	(void)state;
	assert_int_equal(comparison_runs_needed(2), 5);
	assert_int_equal(comparison_runs_needed(3), 6);
	assert_int_equal(comparison_runs_needed(20), 8);
	expect_in(text, "\nNot tested: B; each command needs at least 5 runs to test");
	assert_null(strchr(text, '*'));
	free(text);
	free_results(results, 2);
}

/* A baseline's runs are as many. */
static void test_runs_of_a_baseline(void **state)
{
	struct exit_result results[] = { result_of("a", same, 7), result_of("b", more, 7) };
	struct comparison comparison;

	(void)state;
	add_baseline(&results[0], about, 4);
	assert_true(comparison_make(&comparison, results, 2, false, &view));
	assert_true(comparison.pairs[1].p_known);
	/* 4 and 7 runs */
	assert_true(fabs(comparison.rows[0].of[1].p - 1 / 330.0) < 1e-9);
	comparison_free(&comparison);
	result_free(&results[0]);
	results[0] = result_of("a", same, 7);
	add_baseline(&results[0], about, 1);
	assert_true(comparison_make(&comparison, results, 2, false, &view));
	assert_false(comparison.pairs[1].p_known);
	assert_false(comparison.pairs[1].tested);
	comparison_free(&comparison);
	free_results(results, 2);
}

static const json_t *second_of(const json_t *document)
{
	const json_t *row = json_array_get(json_object_get(document, "reasons"), 0);

	return json_array_get(json_object_get(row, "of"), 1);
}

static void test_json(void **state)
{
	struct exit_result results[] = { result_of("a", same, 5), result_of("b", more, 5) };
	char *text = printed(results, 2, comparison_print_json);
	json_t *document = json_loads(text, 0, NULL);
	const json_t *of = second_of(document);
	const json_t *workload = json_array_get(json_object_get(document, "workloads"), 1);

	(void)state;
	assert_true(fabs(json_real_value(json_object_get(of, "p")) - 1 / 126.0) < 1e-9);
	assert_true(fabs(json_real_value(json_object_get(of, "p_adjusted")) - 1 / 126.0) < 1e-9);
	assert_true(json_is_true(json_object_get(of, "differs")));
	assert_true(fabs(json_real_value(json_object_get(of, "ratio")) - 1.01) < 1e-9);
	assert_true(json_real_value(json_object_get(of, "ratio_error")) == 0);
	assert_true(json_real_value(json_object_get(workload, "elapsed_p")) == 1);
	assert_true(json_is_false(json_object_get(workload, "elapsed_differs")));
	assert_true(json_is_number(json_object_get(workload, "elapsed_deviation_s")));
	json_decref(document);
	free(text);
	free_results(results, 2);
}

/* One run each says nothing of noise. */
static void test_single_runs(void **state)
{
	struct exit_result results[] = { result_of("a", same, 1), result_of("b", more, 1) };
	char *text = printed(results, 2, comparison_print_json);
	json_t *document = json_loads(text, 0, NULL);

	(void)state;
	assert_true(json_is_null(json_object_get(second_of(document), "p")));
	assert_true(json_is_null(json_object_get(second_of(document), "p_adjusted")));
	assert_true(json_is_false(json_object_get(second_of(document), "differs")));
	assert_true(json_is_null(json_object_get(second_of(document), "ratio_error")));
	json_decref(document);
	free(text);
	text = printed(results, 2, comparison_print_csv);
	assert_string_equal(text, "exit,name,A,A_deviation,A_p,A_differs,B,B_deviation,B_p,"
			    "B_differs,B_p_adjusted,B_ratio,B_ratio_error\n"
			    "10,CPUID,1000,0,1,0,1010,0,,0,,1.01,\n"
			    ",elapsed_s,1,0,1,0,1,0,,0,,1,\n"
			    ",tax_percent,2,0,1,0,2.02,0,,0,,1.01,\n");
	free(text);
	free_results(results, 2);
}

static void test_seconds(void **state)
{
	struct exit_result results[] = { result_of("a", same, 5), result_of("b", same, 5) };
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		results[0].measured.runs[i]->elapsed = 1 + i * 0.01;
		results[1].measured.runs[i]->elapsed = 2 + i * 0.01;
	}
	text = printed(results, 2, comparison_print);
	expect_in(text,
		"exit  name            A         B      B - A  B / A    +-\n"
		"  10  CPUID      1000.0    1000.0       +0.0   1.00  0.00\n"
		"      seconds  1.020000  2.020000  +1.000000   1.98  0.02  *\n"
		"      +-       0.015811  0.015811\n"
		"      tax %        1.96      0.99      -0.97   0.50  0.00  *\n"
		"      +-           0.03      0.01\n"
		"\n"
		"None of 1 reasons differs (permutation test, family-wise error 1 %, Westfall-Young)\n"
		"* The seconds differ.\n"
		"* The hypervisor tax differs.\n");
	free(text);
	free_results(results, 2);
}

/* Of as long runs with as many exits, which took longer in the second */
static void test_tax(void **state)
{
	struct exit_result results[] = { result_of("a", same, 5), result_of("b", same, 5) };
	struct comparison comparison;
	const json_t *workload;
	json_t *document;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		results[1].measured.runs[i]->table.rows[0].counts.cycles += 100000 + i;
	text = printed(results, 2, comparison_print_json);
	document = json_loads(text, 0, NULL);
	workload = json_array_get(json_object_get(document, "workloads"), 1);
	assert_true(fabs(json_real_value(json_object_get(workload, "tax_percent")) - 2.2) < 1e-3);
	assert_true(json_real_value(json_object_get(workload, "tax_deviation_percent")) > 0);
	assert_true(json_is_true(json_object_get(workload, "tax_differs")));
	assert_true(json_is_false(json_object_get(workload, "elapsed_differs")));
	json_decref(document);
	free(text);

	/* Of whole runs, the baseline included */
	add_baseline(&results[0], same, 5);
	add_baseline(&results[1], same, 5);
	for (i = 0; i < 5; i++)
		results[1].baseline.runs[i]->table = results[1].measured.runs[i]->table;
	assert_true(comparison_make(&comparison, results, 2, false, &view));
	assert_true(fabs(comparison.tax[0].sample.mean - 2) < 1e-9);
	assert_true(comparison.tax[1].p < 0.01);
	comparison_free(&comparison);

	/* Not of the same kind, or not known */
	results[1].info.features |= KVM_EXIT_STATS_FEATURE_STEAL;
	assert_true(comparison_make(&comparison, results, 2, false, &view));
	assert_null(comparison.tax);
	comparison_free(&comparison);
	results[1].info.features = 0;
	text = printed(results, 2, comparison_print);
	assert_null(strstr(text, "tax"));
	free(text);
	free_results(results, 2);
}

/* B / A of 40 +- 1.5 and 20 +- 1: 2 * hypot(1.5 / 40, 1 / 20) */
static void test_ratio(void **state)
{
	struct sample a = { .nr = 5, .mean = 20, .squares = 5 * 4 };
	struct sample b = { .nr = 5, .mean = 40, .squares = 5 * 4 * 1.5 * 1.5 };
	struct sample none = { .nr = 5 };
	struct ratio ratio;

	(void)state;
	assert_true(sample_ratio(&a, &b, &ratio));
	assert_true(ratio.value == 2 && ratio.has_error);
	assert_true(fabs(ratio.error - 0.125) < 1e-12);
	assert_false(sample_ratio(&none, &b, &ratio));
	a.nr = 1;
	assert_true(sample_ratio(&a, &b, &ratio));
	assert_false(ratio.has_error);
}

static void test_unlike_results(void **state)
{
	struct exit_result a = result_of("a", same, 5), b = result_of("b", same, 5);
	char text[256];

	(void)state;
	assert_false(comparison_unlike(&a, &b, text, sizeof(text)));
	b.info.tsc_khz = 60000;
	assert_true(comparison_unlike(&a, &b, text, sizeof(text)));
	expect_in(text, "'a' ran with a host TSC of 50.000 MHz, 'b' with 60.000 MHz");
	b.info.tsc_khz = 50000;
	add_baseline(&b, same, 5);
	assert_true(comparison_unlike(&a, &b, text, sizeof(text)));
	expect_in(text, "a baseline is subtracted from 'b', none from 'a'");
	add_baseline(&a, same, 5);
	assert_false(comparison_unlike(&a, &b, text, sizeof(text)));
	strcpy(a.baseline.command, "fals");
	assert_true(comparison_unlike(&a, &b, text, sizeof(text)));
	result_free(&a);
	result_free(&b);
}

/* What a baseline has more of than the command is not in the command. */
static void test_baseline_of_another_program(void **state)
{
	struct exit_result result = result_of("a", same, 5), other;
	char text[256];

	(void)state;
	assert_false(baseline_exceeds(&result, text, sizeof(text)));
	add_baseline(&result, more, 5);
	assert_true(baseline_exceeds(&result, text, sizeof(text)));
	assert_string_equal(text, "CPUID");
	other = result_of("b", more, 5);
	add_baseline(&other, same, 5);
	assert_false(baseline_exceeds(&other, text, sizeof(text)));
	result_free(&other);
	other = result_of("b", about, 5);
	add_baseline(&other, same, 5);
	assert_false(baseline_exceeds(&other, text, sizeof(text)));
	result_free(&other);
	result_free(&result);
}

int run_comparison_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise_of_few_runs),
		cmocka_unit_test(test_noise_of_five_runs),
		cmocka_unit_test(test_noise_of_more_runs),
		cmocka_unit_test(test_all_ways_to_deal_out),
		cmocka_unit_test(test_a_mean_that_doubles),
		cmocka_unit_test(test_small_differences),
		cmocka_unit_test(test_runs_needed),
		cmocka_unit_test(test_runs_of_a_baseline),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_single_runs),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_tax),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_unlike_results),
		cmocka_unit_test(test_baseline_of_another_program),
	};

	return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
