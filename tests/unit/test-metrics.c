// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the metrics for Prometheus. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet_names.h"
#include "groups.h"
#include "leaves.h"
#include "metrics.h"
#include "metrics_qmp.h"
#include "printed.h"
#include "qmp.h"
#include "vm_name.h"

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define SVM KVM_EXIT_STATS_ENCODING_SVM

#define REASON(encoding, number) \
	fleet_reason(encoding, number, (char [EXIT_NAME_MAX]) { 0 })

static void check_names(unsigned int encoding)
{
	char reason[EXIT_NAME_MAX], other[EXIT_NAME_MAX];
	const char *c;
	int a, b;

	for (a = exit_next(encoding, -1); a >= 0; a = exit_next(encoding, a)) {
		fleet_reason(encoding, a, reason);
		for (c = reason; *c; c++)
			assert_true(islower(*c) || isdigit(*c) || *c == '_');
		/* Those that no class has */
		if (a != KVM_EXIT_STATS_OTHER)
			assert_string_not_equal(fleet_class(encoding, a), "other");
		for (b = exit_next(encoding, a); b >= 0; b = exit_next(encoding, b))
			assert_string_not_equal(reason, fleet_reason(encoding, b, other));
	}
}

static void test_names(void **state)
{
	(void)state;
	check_names(VMX);
	check_names(SVM);
	assert_string_equal(REASON(VMX, KVM_EXIT_STATS_OTHER), "other");
	assert_string_equal(fleet_class(SVM, KVM_EXIT_STATS_OTHER), "other");
	assert_string_equal(REASON(VMX, 35), "unknown");
	assert_string_equal(REASON(SVM, 0xa6), "idle_halt");
}

/* One name stands for one thing. */
static void test_names_of_both(void **state)
{
	char reason[EXIT_NAME_MAX], other[EXIT_NAME_MAX];
	int a, b, same = 0;

	(void)state;
	for (a = exit_next(VMX, -1); a >= 0; a = exit_next(VMX, a)) {
		fleet_reason(VMX, a, reason);
		for (b = exit_next(SVM, -1); b >= 0; b = exit_next(SVM, b)) {
			if (strcmp(reason, fleet_reason(SVM, b, other)))
				continue;
			assert_string_equal(fleet_class(VMX, a), fleet_class(SVM, b));
			same++;
		}
	}
	/* Of those that a VM has many of, all but MSRs and page faults */
	assert_int_equal(same, 24);
	assert_string_equal(fleet_class(VMX, 32), fleet_class(SVM, 0x7c));
	assert_string_equal(fleet_class(VMX, 48), fleet_class(SVM, 0x400));
	assert_string_equal(REASON(VMX, 30), REASON(SVM, 0x7b));
}

static void expect_vm(const char *cmdline, size_t size, const char *name, const char *uuid)
{
	char *found_name, *found_uuid;

	vm_name_parse(cmdline, size, &found_name, &found_uuid);
	assert_int_equal(!name, !found_name);
	assert_int_equal(!uuid, !found_uuid);
	if (name)
		assert_string_equal(found_name, name);
	if (uuid)
		assert_string_equal(found_uuid, uuid);
	free(found_name);
	free(found_uuid);
}

#define EXPECT_VM(cmdline, name, uuid) expect_vm(cmdline, sizeof(cmdline), name, uuid)

static void test_vm_names(void **state)
{
	(void)state;
	EXPECT_VM("qemu\0-name\0guest=web,debug-threads=on\0-uuid\0" "12-3", "web", "12-3");
	EXPECT_VM("qemu\0-name\0web,debug-threads=on", "web", NULL);
	EXPECT_VM("qemu\0-name\0debug-threads=on,guest=a,,b", "a,b", NULL);
	EXPECT_VM("qemu\0-name\0debug-threads=on", NULL, NULL);
	EXPECT_VM("qemu\0--name\0a\0-name\0b", "b", NULL);
	EXPECT_VM("qemu\0-name\0a\0-name\0", NULL, NULL);
	EXPECT_VM("qemu\0-uuid", NULL, NULL);
	EXPECT_VM("qemu\0-m\0-name", NULL, NULL);
	EXPECT_VM("", NULL, NULL);
	/* As a process can leave it that has written over it */
	expect_vm("qemu\0-name\0we", 13, "we", NULL);
}

/* A VM with a table of one vCPU or of all, of all features */
static struct metrics_vm *add_vm(struct metrics *metrics, unsigned int encoding,
				 uint32_t tsc_khz, const struct exit_table *table)
{
	struct metrics_vm *vm = metrics_add_vm(metrics);

	assert_non_null(vm);
	assert_true(metrics_add_table(vm, -1, table));
	vm->up = true;
	vm->info = (struct exit_info) {
		.version = 1, .encoding = encoding, .tsc_khz = tsc_khz, .vcpus = 2,
		.features = KVM_EXIT_STATS_FEATURE_SPLIT | KVM_EXIT_STATS_FEATURE_LONGEST |
			    KVM_EXIT_STATS_FEATURE_HISTOGRAM | KVM_EXIT_STATS_FEATURE_STEAL,
	};
	return vm;
}

static void add_row(struct exit_table *table, uint32_t number, struct exit_counts counts,
		    unsigned int bucket)
{
	struct exit_row row = { .number = number, .counts = counts };

	row.hist.buckets[bucket] = counts.exits;
	exit_table_add(table, &row);
}

#define EXPECT_IN_METRICS(metrics, histograms, openmetrics, part) do {	\
	char *printed_ = PRINTED(metrics_print(out, metrics, histograms, openmetrics)); \
	expect_in(printed_, part);					\
	free(printed_);							\
} while (0)

static void test_parts(void **state)
{
	struct metrics metrics = { .modules = -1, .enabled = -1 };
	struct exit_table table = { 0 };

	(void)state;
	add_row(&table, 12, (struct exit_counts) {
		.exits = 5, .cycles = 1000, .off_cpu = 700, .vmm = 100, .steal = 50,
		.halted = 600, .longest = 400, .nested = 2,
	}, 8);
	add_vm(&metrics, VMX, 1000, &table);
#define HLT "{reason=\"hlt\",number=\"12\",class=\"halt\""
	EXPECT_IN_METRICS(&metrics, 0, false, "kvm_vm_exits_total" HLT "} 5\n"
			  "# HELP kvm_vm_exit_seconds_total ");
	EXPECT_IN_METRICS(&metrics, 0, false,
			  "kvm_vm_exit_seconds_total" HLT ",part=\"kvm\"} 0.00025\n"
			  "kvm_vm_exit_seconds_total" HLT ",part=\"vmm\"} 0.0001\n"
			  "kvm_vm_exit_seconds_total" HLT ",part=\"steal\"} 5e-05\n"
			  "kvm_vm_exit_seconds_total" HLT ",part=\"halted\"} 0.0006\n");
	EXPECT_IN_METRICS(&metrics, 0, false, "kvm_vm_exit_longest_seconds" HLT "} 0.0004\n");
	EXPECT_IN_METRICS(&metrics, 0, false, "kvm_vm_nested_exits_total 2\n");
	EXPECT_IN_METRICS(&metrics, 0, false, "\nkvm_vm_vcpus 2\n");
	EXPECT_IN_METRICS(&metrics, 0, true, "# TYPE kvm_vm_exits counter\nkvm_vm_exits_total"
			  HLT "} 5\n");
	EXPECT_IN_METRICS(&metrics, 0, true, "# TYPE kvm_vm info\nkvm_vm_info{");
	EXPECT_IN_METRICS(&metrics, 0, true, "\n# UNIT kvm_vm_exit_seconds seconds\n");
	EXPECT_IN_METRICS(&metrics, 0, true, "\n# EOF\n");

	/* Older hosts, and one that says nothing of its TSC */
	metrics.vms->info.features &= ~KVM_EXIT_STATS_FEATURE_STEAL;
	EXPECT_IN_METRICS(&metrics, 0, false,
			  "kvm_vm_exit_seconds_total" HLT ",part=\"kvm\"} 0.0002\n"
			  "kvm_vm_exit_seconds_total" HLT ",part=\"vmm\"} 0.0001\n"
			  "kvm_vm_exit_seconds_total" HLT ",part=\"off_cpu\"} 0.0007\n");
	metrics.vms->info.features = 0;
	EXPECT_IN_METRICS(&metrics, 0, false, "kvm_vm_exit_seconds_total" HLT "} 0.001\n"
			  "# HELP kvm_exit_stats_scrape");
	metrics.vms->info.tsc_khz = 0;
	EXPECT_IN_METRICS(&metrics, 0, false, "} 5\n# HELP kvm_exit_stats_scrape");
	metrics_free(&metrics);
}

/* The value of a sample that begins so */
static double sample(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		fail_msg("no '%s' in:\n%s", name, text);
	return strtod(at + strlen(name), NULL);
}

/* Of exits in KVM's bucket, those that take at most so long, by the first bound that has them */
static double first_bound(uint32_t tsc_khz, unsigned int bucket)
{
	struct metrics metrics = { .modules = -1, .enabled = -1 };
	struct exit_table table = { 0 };
	double found = -1, below = 0, value, bound;
	char *text, *line;

	add_row(&table, 10, (struct exit_counts) { .exits = 7, .cycles = 7 }, bucket);
	add_row(&table, 12, (struct exit_counts) { .exits = 9, .cycles = 9 }, bucket);
	add_vm(&metrics, VMX, tsc_khz, &table);
	text = PRINTED(metrics_print(out, &metrics, HISTOGRAMS_VM, false));
	for (line = text; (line = strstr(line, "_bucket{le=\"")); line++) {
		bound = strtod(line + strlen("_bucket{le=\""), NULL);
		value = strtod(strchr(line, '}') + 1, NULL);
		assert_true(value >= below);
		if (value && found < 0)
			found = bound;
		below = value;
	}
	/* Without the halts */
	assert_true(below == 7);
	assert_true(sample(text, "duration_seconds_count ") == 7);
	assert_true(sample(text, "duration_seconds_sum ") == 7 / (1000.0 * tsc_khz));
	free(text);
	metrics_free(&metrics);
	return found;
}

static void test_bounds(void **state)
{
	static const uint32_t khz[] = { 50000, 1000000, 2000000, 2048000, 2600001, 4999999 };
	double bound, most;
	unsigned int i, bucket;

	(void)state;
	for (i = 0; i < sizeof(khz) / sizeof(khz[0]); i++) {
		for (bucket = 0; bucket < KVM_EXIT_STATS_NR_BUCKETS - 1; bucket++) {
			bound = first_bound(khz[i], bucket);
			most = ((2ULL << bucket) - 1) / (1000.0 * khz[i]);
			/* That the bound is true, and that the next lower one would not be */
			assert_true(bound >= most);
			assert_true(bound == 5e-7 || bound == strtod("+Inf", NULL) ||
				    bound / 2 < most);
		}
		/* What is in the last bucket has no end. */
		assert_true(first_bound(khz[i], bucket) == strtod("+Inf", NULL));
	}
	/* A clock that ticks in step with the bounds */
	assert_true(first_bound(2048000, 11) == 2e-6);
}

static void test_histograms_by_reason(void **state)
{
	struct metrics metrics = { .modules = -1, .enabled = -1 };
	struct exit_table table = { 0 };
	char *text;

	(void)state;
	add_row(&table, 0x72, (struct exit_counts) { .exits = 7, .cycles = 700 }, 8);
	add_vm(&metrics, SVM, 1000000, &table);
	/* A second vCPU: the histogram is of both. */
	assert_true(metrics_add_table(metrics.vms, 1, &table));
	metrics.vms->tables->vcpu = 0;
	text = PRINTED(metrics_print(out, &metrics, HISTOGRAMS_REASON, false));
	expect_in(text, "kvm_vm_exit_duration_seconds_bucket{reason=\"cpuid\",number=\"114\","
		  "class=\"cpuid\",le=\"1e-06\"} 14\n");
	expect_in(text, "kvm_vm_exits_total{vcpu=\"1\",reason=\"cpuid\",number=\"114\","
		  "class=\"cpuid\"} 7\n");
	free(text);
	text = PRINTED(metrics_print(out, &metrics, HISTOGRAMS_NONE, false));
	assert_null(strstr(text, "_bucket"));
	free(text);
	metrics_free(&metrics);
}

static char *copy(const char *text)
{
	char *new = strdup(text);

	assert_non_null(new);
	return new;
}

static void test_host(void **state)
{
	struct metrics metrics = { .host = true, .modules = 1, .enabled = 0, .found = 3 };
	struct exit_table table = { 0 };
	struct metrics_vm *vm;
	char *text;

	(void)state;
	add_row(&table, 10, (struct exit_counts) { .exits = 7 }, 8);
	vm = add_vm(&metrics, VMX, 1000, &table);
	vm->name = copy("b");
	vm->id = copy("20-3");
	vm->start_time = 200;
	vm = add_vm(&metrics, VMX, 1000, &table);
	vm->name = copy("b");
	vm->id = copy("10-3");
	vm->start_time = 100;
	vm = add_vm(&metrics, VMX, 1000, &table);
	vm->name = copy("a\"\\\n\xff");
	metrics_vm_failed(vm, "no");
	metrics_sort(&metrics);
	text = PRINTED(metrics_print(out, &metrics, HISTOGRAMS_NONE, false));
	/* The oldest keeps its name. */
	expect_in(text, "kvm_vm_up{vm=\"a\\\"\\\\\\n\xef\xbf\xbd\"} 0\nkvm_vm_up{vm=\"b\"} 1\n"
		  "kvm_vm_up{vm=\"b (20-3)\"} 1\n");
	expect_in(text, "kvm_vm_info{vm=\"b\",id=\"10-3\",encoding=\"vmx\",abi=\"1\"} 1\n");
	expect_in(text, "\nkvm_exit_stats_modules 1\n");
	expect_in(text, "\nkvm_exit_stats_enabled 0\n");
	expect_in(text, "\nkvm_exit_stats_vms 3\n");
	expect_in(text, "\nkvm_exit_stats_read_errors 1\n");
	expect_in(text, "kvm_vm_start_time_seconds{vm=\"b\"} 100\n");
	assert_null(strstr(text, "kvm_vm_exits_total{vm=\"a"));
	free(text);
	metrics_free(&metrics);
}

/* The parts in the second reading belong to its cycles if they are those of the first. */
static void test_settle(void **state)
{
	struct exit_table first = { 0 }, second = { 0 };

	(void)state;
	add_row(&first, 10, (struct exit_counts) { .exits = 7, .cycles = 70, .vmm = 30 }, 3);
	add_row(&second, 10, (struct exit_counts) { .exits = 9, .cycles = 90, .vmm = 30 }, 4);
	assert_true(metrics_settle(&first, &second));
	assert_true(second.rows[0].counts.exits == 9 && second.rows[0].counts.cycles == 90);
	/* More exits than were counted are in no bucket. */
	assert_true(second.rows[0].hist.buckets[3] == 7 && !second.rows[0].hist.buckets[4]);
	second.rows[0].counts.halted = 1;
	assert_false(metrics_settle(&first, &second));
	second.rows[0].counts.halted = 0;
	add_row(&second, 12, (struct exit_counts) { .exits = 1, .cycles = 9, .steal = 1 }, 3);
	assert_false(metrics_settle(&first, &second));
}

/* What QEMU says of a vCPU with so many exits of some numbers' buckets */
static json_t *stats(size_t nr, bool reversed, const unsigned int (*buckets)[2])
{
	json_t *list = json_array();
	size_t i, j;

	for (i = 0; i < nr; i++) {
		json_int_t exits = 0;

		for (j = 0; buckets[j][1]; j++)
			exits += buckets[j][0] == (reversed ? nr - 1 - i : i) ? buckets[j][1] : 0;
		json_array_append_new(list, json_integer(exits));
	}
	return json_pack("[{s:s, s:I}, {s:s, s:o}]", "name", "exit_stats_cycles", "value",
			 (json_int_t)1000, "name", "exit_stats_reasons", "value", list);
}

#define NR_BUCKETS (KVM_EXIT_STATS_NR_SVM_CODES + KVM_EXIT_STATS_NR_SVM_HIGH_CODES + 1)

static void expect_stats(unsigned int encoding, bool reversed, uint32_t number,
			 const unsigned int (*buckets)[2])
{
	json_t *said = stats(NR_BUCKETS, reversed, buckets);
	struct exit_table table = { 0 };
	uint64_t cycles = 1;

	assert_true(metrics_parse_stats(said, encoding, &table, &cycles));
	assert_true(cycles == 1001);
	assert_true(table.nr == 2 && table.total.exits == buckets[0][1] + buckets[1][1]);
	assert_non_null(exit_table_find(&table, number));
	assert_true(exit_table_find(&table, number)->counts.exits == buckets[0][1]);
	json_decref(said);
}

static void test_stats(void **state)
{
	static const unsigned int vmx[][2] = { { 48, 20 }, { 0, 3 }, { 0, 0 } };
	static const unsigned int svm[][2] = {
		{ KVM_EXIT_STATS_NR_SVM_CODES, 20 }, { 0x10, 3 }, { 0, 0 },
	};
	static const unsigned int other[][2] = { { NR_BUCKETS - 1, 2 }, { 10, 3 }, { 0, 0 } };
	struct exit_table table = { 0 };
	uint64_t cycles = 0;
	json_t *said;

	(void)state;
	expect_stats(VMX, false, 48, vmx);
	expect_stats(VMX, true, 48, vmx);
	expect_stats(SVM, false, 0x400, svm);
	expect_stats(SVM, true, 0x400, svm);
	expect_stats(VMX, false, KVM_EXIT_STATS_OTHER, other);
	expect_stats(VMX, true, KVM_EXIT_STATS_OTHER, other);
	said = stats(NR_BUCKETS - 1, false, vmx);
	assert_false(metrics_parse_stats(said, VMX, &table, &cycles));
	json_decref(said);
	said = json_array();
	assert_false(metrics_parse_stats(said, VMX, &table, &cycles));
	json_decref(said);
	assert_false(metrics_parse_stats(NULL, VMX, &table, &cycles));
}

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n{\"return\": {}}\r\n"

/* A connection on which QEMU has said all that it is going to */
static bool begin_qmp(struct qmp *qmp, const char *says, bool ends)
{
	int sockets[2];
	bool good;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	assert_int_equal(write(sockets[1], says, strlen(says)), strlen(says));
	if (ends)
		shutdown(sockets[1], SHUT_WR);
	good = qmp_begin(qmp, sockets[0], 0.2);
	if (!good)
		qmp_close(qmp);
	/* What the test has no answer for is to fail at once. */
	if (ends)
		close(sockets[1]);
	return good;
}

static void test_qmp(void **state)
{
	struct qmp qmp;
	json_t *answer;

	(void)state;
	assert_true(begin_qmp(&qmp, GREETING "{\"event\": \"STOP\"}\r\n{\"return\": {\"a\": 1}}\r\n"
			      "{\"error\": {\"class\": \"x\", \"desc\": \"no such thing\"}}\n", false));
	answer = qmp_command(&qmp, "query-name", NULL);
	assert_int_equal(json_integer_value(json_object_get(answer, "a")), 1);
	json_decref(answer);
	assert_null(qmp_command(&qmp, "query-stats", json_pack("{s:s}", "target", "vcpu")));
	assert_string_equal(qmp.error, "QEMU says: no such thing");
	/* Nothing more comes. */
	assert_null(qmp_command(&qmp, "query-uuid", NULL));
	expect_in(qmp.error, "does not answer");
	qmp_close(&qmp);

	assert_false(begin_qmp(&qmp, "", true));
	assert_string_equal(qmp.error, "QEMU has closed the connection");
	assert_false(begin_qmp(&qmp, "{\"QMP\": ", false));
	expect_in(qmp.error, "does not answer");
	assert_false(begin_qmp(&qmp, "SSH-2.0\r\n", false));
	assert_string_equal(qmp.error, "this is not QMP");
	assert_false(begin_qmp(&qmp, "{\"a\": 1}\n", false));
	assert_string_equal(qmp.error, "this is not QMP");
	assert_false(qmp_open(&qmp, "/nonexistent/socket", 1));
	expect_in(qmp.error, "cannot connect");
	qmp_close(&qmp);
}

int run_metrics_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_of_both),
		cmocka_unit_test(test_vm_names),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_histograms_by_reason),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_qmp),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
