// SPDX-License-Identifier: GPL-2.0
/* Unit tests of what meets the outside: texts, files, operations that fault. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Before cmocka, whose fail() is a macro */
#include "util.h"

#include <cmocka.h>

#include "causes.h"
#include "ending.h"
#include "groups.h"
#include "printed.h"
#include "json.h"
#include "outfile.h"
#include "process.h"
#include "text.h"

/* A cause that faults */
struct faulty {
	int signal;
	unsigned int before;
};

static int fault(void *data)
{
	struct faulty *faulty = data;

	if (faulty->before) {
		faulty->before--;
		return 0;
	}
	return raise(faulty->signal);
}

static int fault_by_port(void *data)
{
	(void)data;
	return cause_find("out")->once(NULL);
}

static int nothing(void *data)
{
	(void)data;
	return -ENOENT;
}

static int guarded_twice(void *data)
{
	struct faulty faulty = { .signal = SIGILL };
	int error = cause_guard(data, fault, &faulty);

	faulty.signal = SIGSEGV;
	return error == -EFAULT ? fault(&faulty) : 0;
}

static void test_faults(void **unused)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };
	struct sigaction before, after;
	struct cause_state state = { 0 };
	sigset_t blocked, mask;
	size_t i;

	(void)unused;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGBUS);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGSEGV, NULL, &before);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct faulty faulty = { signals[i], 0 };

		assert_int_equal(cause_guard(&state, fault, &faulty), -EFAULT);
		assert_non_null(strstr(state.why, "fault, SIG"));
	}
	/* As on a machine where the port is not for us, whatever ioperm() has said */
	if (!ioperm(0x80, 1, 0) || errno == EPERM || errno == ENOSYS) {
		*state.why = '\0';
		assert_int_equal(cause_guard(&state, fault_by_port, NULL), -EFAULT);
		assert_string_equal(state.why, "it ended in a fault, SIGSEGV");
	}
	assert_int_equal(cause_guard(&state, guarded_twice, &state), -EFAULT);
	assert_string_equal(state.why, "it ended in a fault, SIGSEGV");
	assert_int_equal(cause_guard(&state, nothing, NULL), -ENOENT);

	/* All is as it was. */
	sigaction(SIGSEGV, NULL, &after);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	sigprocmask(SIG_UNBLOCK, &blocked, &mask);
	assert_true(sigismember(&mask, SIGBUS));
	assert_false(sigismember(&mask, SIGSEGV));
}

/* Nor does one that faults when it is opened end the program. */
static int open_and_fault(struct cause_state *state)
{
	(void)state;
	return raise(SIGBUS);
}

static void test_fault_of_opening(void **unused)
{
	static const struct exit_cause cause = { .name = "x", .open = open_and_fault };
	struct cause_state state;

	(void)unused;
	assert_int_equal(cause_open(&cause, &state, 1), -EFAULT);
	assert_string_equal(state.why, "it ended in a fault, SIGBUS");
}

static void assert_printed(const char *text, const char *expected)
{
	EXPECT_PRINTED(text_print(out, text), expected);
}

static void assert_utf8(const char *text, const char *expected)
{
	char *utf8 = text_utf8(text);
	json_t *string = json_bytes(text);

	assert_string_equal(utf8, expected);
	assert_string_equal(json_string_value(string), expected);
	json_decref(string);
	free(utf8);
}

static void test_texts(void **unused)
{
	(void)unused;
	assert_printed("", "");
	assert_printed("a b~", "a b~");
	assert_printed("\33[2J\a\n\t\r\177", "?[2J?????");
	assert_printed("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		       "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
	/* The control characters of ISO 8859, a byte alone, too long, a surrogate, a cut one */
	assert_printed("\xc2\x9b" "2J", "?2J");
	assert_printed("\x9b" "2J \xc0\xaf \xed\xa0\x80 \xe2\x82", "?2J ?? ??? ??");
	assert_printed("\xf4\x90\x80\x80", "????");

	assert_utf8("\33[0m \xc3\xa4", "\33[0m \xc3\xa4");
	assert_utf8("a\xff" "b\xe4", "a\xef\xbf\xbd" "b\xef\xbf\xbd");
}

struct folder {
	char path[32];
	mode_t mask;
};

static int setup_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	strcpy(folder->path, "/tmp/unit-tests-XXXXXX");
	folder->mask = umask(027);
	*state = folder;
	return !mkdtemp(folder->path) || chdir(folder->path) ? -1 : 0;
}

static int teardown_folder(void **state)
{
	static const char *const names[] = { "new", "old", "link", "dangling", "there" };
	struct folder *folder = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		unlink(names[i]);
	umask(folder->mask);
	i = chdir("/");
	i = rmdir(folder->path);
	free(folder);
	return i;
}

static void put(const char *path, const char *text, bool good)
{
	struct outfile out;

	assert_int_equal(outfile_open(&out, path), STATUS_OK);
	fputs(text, out.file);
	assert_int_equal(outfile_close(&out, good), STATUS_OK);
}

static void assert_file(const char *path, const char *text, mode_t mode)
{
	struct stat status;
	size_t size;
	char *found = file_read(path, &size);

	assert_non_null(found);
	assert_string_equal(found, text);
	free(found);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(status.st_mode & 07777, mode);
}

static bool is_link(const char *path)
{
	struct stat status;

	return !lstat(path, &status) && S_ISLNK(status.st_mode);
}

static void test_outfile(void **unused)
{
	(void)unused;
	put("new", "1", true);
	assert_file("new", "1", 0640);
	put("new", "2", false);
	assert_file("new", "1", 0640);

	put("old", "1", true);
	assert_int_equal(chmod("old", 0600), 0);
	assert_int_equal(symlink("old", "link"), 0);
	put("old", "2", true);
	assert_file("old", "2", 0600);
	put("link", "3", true);
	assert_true(is_link("link"));
	assert_file("old", "3", 0600);

	assert_int_equal(symlink("there", "dangling"), 0);
	put("dangling", "4", false);
	assert_int_not_equal(access("there", F_OK), 0);
	put("dangling", "5", true);
	assert_true(is_link("dangling"));
	assert_file("there", "5", 0640);
}

/* What comes before the waiting is not waited for. */
static void test_ending(void **unused)
{
	double begun = now();

	(void)unused;
	ending_begin();
	assert_int_equal(ending_signal(), 0);
	ending_wait(NULL, 0.01, NULL);
	assert_true(now() - begun >= 0.009);
	raise(SIGTERM);
	assert_int_equal(ending_signal(), SIGTERM);
	ending_wait(NULL, 100, NULL);
	assert_true(now() - begun < 50);
	ending_end();
	/* The second one of timeout(1) */
	raise(SIGTERM);
	ending_in_child();

	signal(SIGHUP, SIG_IGN);
	ending_begin();
	raise(SIGHUP);
	assert_int_equal(ending_signal(), 0);
	ending_end();
	signal(SIGHUP, SIG_DFL);
}

/* A request is none of what ends it, but is not waited for either. */
static void test_hup_as_request(void **unused)
{
	double begun = now();
	struct sigaction action;

	(void)unused;
	signal(SIGHUP, SIG_IGN);
	ending_begin();
	ending_without_hup();
	assert_false(ending_hup());
	raise(SIGHUP);
	ending_wait(NULL, 100, NULL);
	assert_true(now() - begun < 50);
	assert_int_equal(ending_signal(), 0);
	assert_true(ending_hup());
	assert_false(ending_hup());
	/* It does not break off a write that waits. */
	assert_int_equal(sigaction(SIGHUP, NULL, &action), 0);
	assert_true(action.sa_flags & SA_RESTART);
	ending_end();
	/* As it was: ignored */
	raise(SIGHUP);
	signal(SIGHUP, SIG_DFL);
}

static void test_process_times(void **unused)
{
	struct process_times times;

	(void)unused;
	assert_true(process_parse_times("7 (a ) (b) S 1 7 7 0 -1 4 5 6 0 0 250 50 900 90 20 0 1 0 "
					"12345 8 9", &times));
	assert_string_equal(times.name, "a ) (b");
	assert_true(times.user * sysconf(_SC_CLK_TCK) == 250);
	assert_true(times.system * sysconf(_SC_CLK_TCK) == 50);
	assert_int_equal(times.start, 12345);
	assert_false(process_parse_times("7 (a) S 1 7", &times));
	assert_false(process_parse_times("", &times));
	assert_true(process_times(getpid(), &times));
}

/* With a pidfd, and as on a kernel that has none */
static void test_process(void **unused)
{
	struct process process;
	bool pidfd = true;
	double begun;

	(void)unused;
	do {
		pid_t pid = fork();

		if (!pid) {
			usleep(300000);
			_exit(0);
		}
		assert_int_equal(process_open(&process, pid), 0);
		if (!pidfd) {
			process_close(&process);
			process.fd = -1;
		}
		begun = now();
		assert_false(process_wait(&process, 0.05));
		assert_true(now() - begun < 0.2);
		assert_true(process_wait(&process, 20));
		assert_true(now() - begun >= 0.2 && now() - begun < 10);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_true(process_wait(&process, 0));
		process_close(&process);
		assert_int_equal(process_open(&process, pid), ESRCH);
		pidfd = !pidfd;
	} while (!pidfd);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_faults),
	cmocka_unit_test(test_fault_of_opening),
	cmocka_unit_test(test_texts),
	cmocka_unit_test_setup_teardown(test_outfile, setup_folder, teardown_folder),
	cmocka_unit_test(test_ending),
	cmocka_unit_test(test_hup_as_request),
	cmocka_unit_test(test_process_times),
	cmocka_unit_test(test_process),
};

int run_file_tests(void)
{
	return cmocka_run_group_tests_name("files and faults", tests, NULL, NULL);
}
