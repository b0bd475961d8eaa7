// SPDX-License-Identifier: GPL-2.0
/* Unit tests of VM exits as events of perf: names, what it takes, what perf prints. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Before cmocka.h, whose fail() is a macro */
#include "util.h"

#include <cmocka.h>

#include "code_table.h"
#include "groups.h"
#include "printed.h"
#include "perf_access.h"
#include "perf_events.h"
#include "perf_record.h"
#include "perf_script.h"

#define VMX KVM_EXIT_STATS_ENCODING_VMX
#define SVM KVM_EXIT_STATS_ENCODING_SVM

/* Those that perf takes in the name of an event */
#define LETTERS "abcdefghijklmnopqrstuvwxyz_0123456789"

static void expect_event(unsigned int encoding, int number, const char *expected)
{
	char text[PERF_EVENT_MAX];

	assert_string_equal(perf_event_text(encoding, number, text), expected);
}

static void test_events(void **state)
{
	(void)state;
	expect_event(VMX, 10, "cpu/event=0xf5,umask=0x0a,name=exit_cpuid/");
	expect_event(VMX, EXIT_ALL, "cpu/event=0xf5,umask=0xff,name=exit_all/");
	expect_event(SVM, 0x72, "cpu/event=0x7da,umask=0x72,name=exit_cpuid/");
	expect_event(SVM, 0x42, "cpu/event=0x7da,umask=0x42,name=exit_nmi_excp/");
	expect_event(SVM, 0xa6, "cpu/event=0x7da,umask=0xa6,name=exit_idle_halt/");
	expect_event(SVM, 0x403, "cpu/event=0x7da,umask=0xf3,name=exit_vmgexit/");
	expect_event(SVM, EXIT_ALL, "cpu/event=0x7da,umask=0xff,name=exit_all/");

	/* No name, or no unit mask */
	assert_int_equal(perf_event_umask(VMX, 35), -1);
	assert_int_equal(perf_event_umask(VMX, 0x400), -1);
	assert_int_equal(perf_event_umask(SVM, 0xf0), -1);
	assert_int_equal(perf_event_umask(SVM, 0x404), -1);
	assert_int_equal(perf_event_umask(VMX, KVM_EXIT_STATS_OTHER), -1);
	assert_int_equal(perf_event_umask(0, 10), -1);
}

/* And each leads back to its number. */
static void test_names_of_events_are_unique(void **state)
{
	static const unsigned int encodings[] = { VMX, SVM };
	char name[PERF_EVENT_MAX];
	struct perf_events events;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(encodings); i++) {
		events = (struct perf_events) { .encoding = encodings[i] };
		perf_events_add_all(&events);
		assert_true(events.nr > 75);
		assert_int_equal(events.numbers[events.nr - 1], EXIT_ALL);
		for (k = 0; k < events.nr; k++) {
			perf_event_name(events.encoding, events.numbers[k], name);
			assert_int_equal(name[strspn(name, LETTERS)], '\0');
			assert_int_equal(perf_event_number(events.encoding, name),
					 events.numbers[k]);
		}
	}
	assert_int_equal(perf_event_number(VMX, "exit_hlt:u"), 12);
	assert_int_equal(perf_event_number(VMX, "exit_hl"), -1);
	/* Without a name of ours */
	assert_int_equal(perf_event_number(VMX, "cpu/event=0xf5,umask=10/"), 10);
	assert_int_equal(perf_event_number(VMX, "cpu/event=0xf5,umask=0xff/u"), EXIT_ALL);
	assert_int_equal(perf_event_number(SVM, "cpu/event=0x7da,umask=0xf3/"), 0x403);
	assert_int_equal(perf_event_number(SVM, "cpu/event=0xf5,umask=10/"), -1);
	assert_int_equal(perf_event_number(SVM, "cpu/event=0x7da,umask=0xfe/"), -1);
	assert_int_equal(perf_event_number(VMX, "cpu/event=0xf5,umask=10,inv/"), -1);
	assert_int_equal(perf_event_number(VMX, "cycles"), -1);
}

static void test_words_for_events(void **state)
{
	struct perf_events events = { .encoding = VMX };

	(void)state;
	assert_int_equal(perf_events_add(&events, "cpuid"), STATUS_OK);
	assert_int_equal(perf_events_add(&events, "12"), STATUS_OK);
	assert_int_equal(perf_events_add(&events, "exit_msr_write"), STATUS_OK);
	assert_int_equal(perf_events_add(&events, "CPUID"), STATUS_OK);
	assert_int_equal(events.nr, 3);
	assert_int_equal(events.numbers[1], 12);
	assert_int_equal(events.numbers[2], 32);
	assert_int_equal(perf_event_find(VMX, "ALL"), EXIT_ALL);
	assert_int_equal(perf_event_find(VMX, "OTHER"), -1);
	assert_int_equal(perf_event_find(VMX, "35"), -1);
	assert_int_equal(perf_event_find(VMX, "65536"), -1);
	assert_int_equal(perf_event_find(VMX, ""), -1);
}

/* A folder with a PMU, a parameter and a perf */
struct machine {
	char folder[32], paranoid[64], perf[64];
	struct perf_access access;
	struct exit_info info;
};

static int setup_machine(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	FILE *perf;

	strcpy(machine->folder, "/tmp/unit-tests-XXXXXX");
	*state = machine;
	if (!mkdtemp(machine->folder))
		return -1;
	snprintf(machine->paranoid, 64, "%s/paranoid", machine->folder);
	snprintf(machine->perf, 64, "%s/perf", machine->folder);
	perf = fopen(machine->perf, "w");
	if (!perf || fclose(perf) || chmod(machine->perf, 0755))
		return -1;
	machine->access = (struct perf_access) {
		.pmu = machine->folder, .paranoid = machine->paranoid,
		.search = machine->folder,
	};
	machine->info.features = KVM_EXIT_STATS_FEATURE_PMU;
	return 0;
}

static int teardown_machine(void **state)
{
	struct machine *machine = *state;
	int error;

	unlink(machine->perf);
	unlink(machine->paranoid);
	error = rmdir(machine->folder);
	free(machine);
	return error;
}

static int check_at(struct machine *machine, const char *paranoid)
{
	FILE *file = fopen(machine->paranoid, "w");

	assert_non_null(file);
	fputs(paranoid, file);
	fclose(file);
	return perf_access_check(&machine->access, &machine->info);
}

static void test_access(void **state)
{
	struct machine *machine = *state;
	struct perf_access *access = &machine->access;

	assert_int_equal(check_at(machine, "-1\n"), STATUS_OK);
	assert_false(access->user_only);
	assert_int_equal(check_at(machine, "1\n"), STATUS_OK);
	assert_false(access->user_only);
	assert_int_equal(check_at(machine, "2\n"), STATUS_OK);
	assert_true(access->user_only);
	assert_int_equal(check_at(machine, "3\n"), STATUS_FAILURE);

	access->system_wide = true;
	assert_int_equal(check_at(machine, "0\n"), STATUS_OK);
	assert_int_equal(check_at(machine, "1\n"), STATUS_FAILURE);
	access->privileged = true;
	assert_int_equal(check_at(machine, "3\n"), STATUS_OK);
	assert_false(access->user_only);

	unlink(machine->paranoid);
	assert_int_equal(perf_access_check(access, &machine->info), STATUS_FAILURE);
}

static void test_no_access(void **state)
{
	struct machine *machine = *state;
	struct perf_access *access = &machine->access;
	char search[128];

	snprintf(search, sizeof(search), "::/nosuch:%s", machine->folder);
	access->search = search;
	assert_int_equal(check_at(machine, "1\n"), STATUS_OK);
	access->search = "";
	assert_int_equal(check_at(machine, "1\n"), STATUS_FAILURE);
	/* For what needs the kernel's permission alone */
	access->search = NULL;
	assert_int_equal(check_at(machine, "1\n"), STATUS_OK);
	assert_int_equal(check_at(machine, "3\n"), STATUS_FAILURE);
	access->search = machine->folder;
	assert_int_equal(chmod(machine->perf, 0644), 0);
	assert_int_equal(check_at(machine, "1\n"), STATUS_FAILURE);
	assert_int_equal(chmod(machine->perf, 0755), 0);

	machine->info.features = ~KVM_EXIT_STATS_FEATURE_PMU;
	assert_int_equal(check_at(machine, "1\n"), STATUS_NO_STATISTICS);
	machine->info.features = KVM_EXIT_STATS_FEATURE_PMU;
	access->pmu = "/nosuch/cpu";
	assert_int_equal(check_at(machine, "1\n"), STATUS_NO_STATISTICS);
}

static void expect_words(const struct perf_record *record, const char *expected)
{
	char **argv = perf_record_argv(record), text[256] = "";
	size_t i;

	assert_non_null(argv);
	for (i = 0; argv[i]; i++) {
		strcat(text, i ? "|" : "");
		strcat(text, argv[i]);
	}
	free(argv);
	assert_string_equal(text, expected);
}

static void test_arguments_of_perf(void **state)
{
	struct perf_record record = {
		.events = { VMX, 2, { 10, EXIT_ALL } },
		.command = (char *[]) { "a b", "", NULL },
	};
	char **argv;

	(void)state;
	expect_words(&record, "perf|record|-P|-c|100|"
		     "-e|cpu/event=0xf5,umask=0x0a,name=exit_cpuid/|"
		     "-e|cpu/event=0xf5,umask=0xff,name=exit_all/|--|a b|");
	record = (struct perf_record) {
		.events = { SVM, 1, { 0x400 } }, .count = 7, .pid = "12", .seconds = "3",
		.graph = true, .output = "x", .user_only = true,
	};
	expect_words(&record, "perf|record|-g|-o|x|-P|-c|7|"
		     "-e|cpu/event=0x7da,umask=0xf0,name=exit_npf/u|-p|12|--|sleep|3");
	record = (struct perf_record) {
		.events = { VMX, 1, { EXIT_ALL } }, .frequency = 99, .all = true,
		.temporary = true,
	};
	expect_words(&record, "perf|record|-q|-N|-P|-F|99|"
		     "-e|cpu/event=0xf5,umask=0xff,name=exit_all/|-a");
	/* By default all exits */
	record.events = (struct perf_events) { 0 };
	argv = perf_record_argv(&record);
	assert_non_null(strstr(argv[8], "umask=0xff,name=exit_all/"));
	free(argv);
}

static void expect_sample(const char *text, const struct code_sample *expected)
{
	struct code_sample sample;
	char *line = strdup(text);

	assert_true(perf_script_parse(line, &sample));
	assert_string_equal(sample.process, expected->process);
	assert_string_equal(sample.event, expected->event);
	assert_int_equal(sample.exits, expected->exits);
	assert_string_equal(sample.object, expected->object);
	if (expected->function)
		assert_string_equal(sample.function, expected->function);
	else
		assert_null(sample.function);
	free(line);
}

static void test_samples_parsed(void **state)
{
	(void)state;
	expect_sample("         my prog  28165   100 exit_hlt:  ff81 do_idle ([kernel.kallsyms])",
		      &(struct code_sample) { .process = "my prog", .event = "exit_hlt",
			.exits = 100, .function = "do_idle", .object = "[kernel.kallsyms]" });
	/* A name with what a line has behind it */
	expect_sample(" a 1 2 exit_all:  1392  7 exit_cpuid:  56 burn (/usr/bin/odd)",
		      &(struct code_sample) { .process = "a 1 2 exit_all:",
			.event = "exit_cpuid", .exits = 7, .function = "burn",
			.object = "/usr/bin/odd" });
	expect_sample("                      0  7 exit_cpuid:  56 burn (/usr/bin/odd)",
		      &(struct code_sample) { .process = "", .event = "exit_cpuid", .exits = 7,
			.function = "burn", .object = "/usr/bin/odd" });
	expect_sample("x 0  7 exit_cpuid:u:  56 f(void (*)(int)) (/home/u/a (x) y (deleted))",
		      &(struct code_sample) { .process = "x", .event = "exit_cpuid:u",
			.exits = 7, .function = "f(void (*)(int))",
			.object = "/home/u/a (x) y (deleted)" });
	expect_sample("x 0  7 exit_cpuid:  56 f (int) (memfd:x)",
		      &(struct code_sample) { .process = "x", .event = "exit_cpuid",
			.exits = 7, .function = "f (int)", .object = "memfd:x" });
	expect_sample("x 0 [011] 12.3:  18446744073709551615 cpu/event=0xf5/: 56 f+0x1f ([vdso])",
		      &(struct code_sample) { .process = "x", .event = "cpu/event=0xf5/",
			.exits = UINT64_MAX, .function = "f", .object = "[vdso]" });
	expect_sample("x 0 7 exit_cpuid: 56 [unknown] (/lib/x.so)",
		      &(struct code_sample) { .process = "x", .event = "exit_cpuid",
			.exits = 7, .object = "/lib/x.so" });
	expect_sample("x 0 7 exit_cpuid: 56 [unknown] ([unknown])",
		      &(struct code_sample) { .process = "x", .event = "exit_cpuid",
			.exits = 7, .object = "" });
	/* A call graph follows. */
	expect_sample("x y 0 7 exit_cpuid: ",
		      &(struct code_sample) { .process = "x y", .event = "exit_cpuid",
			.exits = 7, .object = "" });
}

static void test_garbage_is_no_sample(void **state)
{
	static const char *const garbage[] = {
		"", " ", "x", "                ", "                 ",
		"x 0 7 exit_cpuid", "x 0 7 :", "x 0 exit_cpuid: 56 f (/x)",
		"x 0 7 exit_cpuid: f (/x)", "x 0 7 exit_cpuid: 56 f (/x",
		"x 0 7 exit_cpuid: 56", "x 0 7 exit_cpuid: 56 f", "x 0 7 exit_cpuid: 56 )",
		"x 0 18446744073709551616 exit_cpuid: 56 f (/x)", "x -1 7 exit_cpuid: 56 f (/x)",
		"x 0 [ 7 exit_cpuid: 56 f (/x)", "x 0 [0] 1.2:",
	};
	struct code_sample sample;
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		strcpy(line, garbage[i]);
		if (perf_script_parse(line, &sample))
			fail_msg("'%s' is taken for a sample", garbage[i]);
		assert_string_equal(line, garbage[i]);
	}
}

static void read_recording_with(const char *name, struct code_table *table)
{
	char path[64];
	FILE *in;

	snprintf(path, sizeof(path), "tests/unit/recordings/%s", name);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_true(perf_script_read(in, table));
	fclose(in);
}

static void read_recording(const char *name, bool lines, struct code_table *table)
{
	*table = (struct code_table) { .lines = lines };
	read_recording_with(name, table);
}

static void expect_row(const struct code_table *table, size_t i, uint64_t exits,
		       uint64_t samples, const char *function, const char *line)
{
	assert_true(i < table->nr);
	assert_int_equal(table->rows[i]->code.exits, exits);
	assert_int_equal(table->rows[i]->samples, samples);
	assert_string_equal(table->rows[i]->code.function, function);
	assert_string_equal(table->rows[i]->code.line, line);
}

static void test_stacks(void **state)
{
	struct code_table table = { .stacks = true };
	char *text;

	(void)state;
	read_recording_with("perf-script-callchain", &table);
	assert_int_equal(table.skipped, 0);
	EXPECT_PRINTED(code_table_print_stacks(out, &table),
		       "callers;frame_dummy;__libc_start_call_main;main;call_cpuid;CPUID 320\n"
		       "callers;__libc_start_call_main;main;call_cpuid;CPUID 40\n");
	code_table_free(&table);

	/* Without call graphs, and without symbols */
	table = (struct code_table) { .stacks = true };
	read_recording_with("perf-script-names", &table);
	assert_int_equal(table.samples, 9);
	text = PRINTED(code_table_print_stacks(out, &table));
	expect_in(text, "my prog;a::B::run;EPT_VIOLATION 200\n");
	expect_in(text, "cc1;cc1;cpuid 100\n");
	free(text);
	code_table_free(&table);
}

/* Recorded in a VM */
static void test_samples_of_a_vm(void **state)
{
	struct code_table table;

	(void)state;
	read_recording("perf-script", false, &table);
	assert_int_equal(table.skipped, 0);
	assert_int_equal(table.nr, 3);
	expect_row(&table, 0, 1100, 11, "call_hypervisor", "");
	expect_row(&table, 1, 1100, 11, "call_port", "");
	expect_row(&table, 2, 1000, 10, "call_cpuid", "");
	code_table_free(&table);

	read_recording("perf-script-callchain", false, &table);
	assert_int_equal(table.skipped, 0);
	assert_int_equal(table.samples, 9);
	expect_row(&table, 0, 360, 9, "call_cpuid", "");
	code_table_free(&table);
}

static void test_recorded_samples(void **state)
{
	struct code_table table;

	(void)state;
	read_recording("perf-script-names", false, &table);
	assert_int_equal(table.samples, 9);
	assert_int_equal(table.exits, 900);
	assert_int_equal(table.nr, 8);
	/* The first part of a name with a newline in it */
	assert_int_equal(table.skipped, 1);
	expect_row(&table, 0, 200, 2, "a::B::run", "");
	code_table_free(&table);
}

static void test_recorded_call_graphs(void **state)
{
	struct code_table table;

	(void)state;
	read_recording("perf-script-lines", true, &table);
	assert_int_equal(table.skipped, 0);
	assert_int_equal(table.nr, 3);
	expect_row(&table, 0, 200, 2, "a::B::run", "prog.cc:2");
	expect_row(&table, 1, 100, 1, "a::B::operator()", "prog.cc:3");
	/* The caller is not where it was. */
	assert_null(table.rows[2]->code.function);
	code_table_free(&table);

	/* Source lines are not asked for. */
	read_recording("perf-script-lines", false, &table);
	assert_int_equal(table.skipped, 0);
	expect_row(&table, 1, 100, 1, "a::B::operator()", "");
	code_table_free(&table);
}

static void expect_printed(int (*print)(FILE *, const struct code_table *),
			   const struct code_table *table, const char *expected)
{
	char *text = PRINTED(assert_int_equal(print(out, table), 0));

	assert_string_equal(text, expected);
	free(text);
}

static void test_code_printed(void **state)
{
	struct code_table table = { .lines = true };

	(void)state;
	expect_printed(code_table_print, &table, "");
	code_table_add(&table, &(struct code_sample) { "exit_ept_violation:u", "a\33", "f",
		       "/lib/x,\"y\"", "a.c:1", 99 });
	code_table_add(&table, &(struct code_sample) { "exit_ept_violation:u", "a\33", "f",
		       "/lib/x,\"y\"", "a.c:1", 9801 });
	code_table_add(&table, &(struct code_sample) { "exit_all", "b", NULL, "[vdso]", "", 96 });
	code_table_add(&table, &(struct code_sample) { "cycles", "b", NULL, "", "", 3 });
	code_table_add(&table, &(struct code_sample) { "cycles", "b", NULL, "/bin/b", "", 1 });
	code_table_sort(&table);
	expect_printed(code_table_print, &table,
		"       exits   share  samples  reason         process          function  line\n"
		"        9900   99.0%        2  EPT_VIOLATION  a?               f (x,\"y\")  a.c:1\n"
		"          96    1.0%        1  all            b                [vdso]\n"
		"           4    0.0%        2  2 others\n");
	expect_printed(code_table_print_csv, &table,
		"exit,name,exits,samples,process,function,object,line\n"
		"48,\"EPT_VIOLATION\",9900,2,\"a\33\",\"f\",\"/lib/x,\"\"y\"\"\",\"a.c:1\"\n"
		",\"all\",96,1,\"b\",\"\",\"[vdso]\",\"\"\n"
		",\"cycles\",3,1,\"b\",\"\",\"\",\"\"\n"
		",\"cycles\",1,1,\"b\",\"\",\"/bin/b\",\"\"\n");
	code_table_free(&table);
}

static void test_code_as_json(void **state)
{
	struct code_table table = { 0 };
	char *text;

	(void)state;
	code_table_add(&table, &(struct code_sample) { "exit_ept_violation", "\xff", "f",
		       "/lib/x", "", 5 });
	code_table_add(&table, &(struct code_sample) { "exit_all", "b", NULL, "", "", 3 });
	code_table_sort(&table);
	text = PRINTED(assert_int_equal(code_table_print_json(out, &table), 0));
	assert_non_null(strstr(text, "\"kind\": \"who\""));
	assert_non_null(strstr(text, "\"exit\": 48,\n   \"name\": \"EPT_VIOLATION\",\n"
			       "   \"exits\": 5,\n   \"samples\": 1,\n"
			       "   \"process\": \"\xef\xbf\xbd\",\n   \"function\": \"f\",\n"
			       "   \"object\": \"/lib/x\",\n   \"line\": null"));
	assert_non_null(strstr(text, "\"exit\": null,\n   \"name\": \"all\""));
	free(text);
	code_table_free(&table);
}

/* What a file says that perf did not write, or a user named so */
static void test_odd_code_printed(void **state)
{
	struct code_table table = { 0 };
	char *text;

	(void)state;
	code_table_add(&table, &(struct code_sample) { "a\33b\xff", "p", "f", "/lib/x", "",
		       UINT64_MAX });
	expect_printed(code_table_print, &table,
		"       exits   share  samples  reason  process          function\n"
		"18446744073709551615  100.0%        1  a?b?    p                f (x)\n");
	text = PRINTED(assert_int_equal(code_table_print_json(out, &table), 0));
	assert_non_null(strstr(text, "\"exits\": 9223372036854775807,"));
	free(text);
	code_table_free(&table);
}

/* Columns of the screen, not bytes: an umlaut, a wide character, one on top of another */
static void test_columns_of_code(void **state)
{
	struct code_table table = { 0 };

	(void)state;
	code_table_add(&table, &(struct code_sample) { "exit_vmcall", "m\xc3\xbcll", "f", "x", "",
		       4 });
	code_table_add(&table, &(struct code_sample) { "exit_vmcall", "\xe6\xbc\xa2", "f", "x", "",
		       3 });
	code_table_add(&table, &(struct code_sample) { "exit_vmcall", "u\xcc\x88", "f", "x", "",
		       2 });
	code_table_add(&table, &(struct code_sample) { "b\xc3\xb6se", "a\xff", "f", "x", "", 1 });
	code_table_sort(&table);
	expect_printed(code_table_print, &table,
		"       exits   share  samples  reason  process          function\n"
		"           4   40.0%        1  VMCALL  m\xc3\xbcll             f (x)\n"
		"           3   30.0%        1  VMCALL  \xe6\xbc\xa2               f (x)\n"
		"           2   20.0%        1  VMCALL  u\xcc\x88                f (x)\n"
		"           1   10.0%        1  b\xc3\xb6se    a?               f (x)\n");
	code_table_free(&table);
}

int run_perf_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_names_of_events_are_unique),
		cmocka_unit_test(test_words_for_events),
		cmocka_unit_test_setup_teardown(test_access, setup_machine, teardown_machine),
		cmocka_unit_test_setup_teardown(test_no_access, setup_machine, teardown_machine),
		cmocka_unit_test(test_arguments_of_perf),
		cmocka_unit_test(test_samples_parsed),
		cmocka_unit_test(test_garbage_is_no_sample),
		cmocka_unit_test(test_samples_of_a_vm),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_recorded_samples),
		cmocka_unit_test(test_recorded_call_graphs),
		cmocka_unit_test(test_code_printed),
		cmocka_unit_test(test_code_as_json),
		cmocka_unit_test(test_odd_code_printed),
		cmocka_unit_test(test_columns_of_code),
	};

	return cmocka_run_group_tests_name("perf", tests, NULL, NULL);
}
