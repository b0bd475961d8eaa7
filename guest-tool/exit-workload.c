// SPDX-License-Identifier: GPL-2.0
/*
 * exit-workload: do one thing so many times, to see which VM exits it causes.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "causes.h"
#include "cpuid.h"
#include "leaves.h"
#include "similar.h"
#include "util.h"

#define TIMES_MAX	1000000000UL

#define BLOCK		4096

/* What is known beforehand of the exits of a workload's cause, of N operations */
enum knowledge { NOTHING, AT_LEAST, EXACTLY };

struct arguments {
	const struct workload *workload;
	bool has_times;
	unsigned long times;
	/* NULL: the usual one */
	const char *disk;
	bool expect;
};

/* Either a cause, or run, which returns the status and says why if it is not 0. */
struct workload {
	const char *name;
	unsigned long times;
	/* For the help, and after the number for what was done */
	const char *what, *done;
	const char *cause;
	int (*run)(const struct arguments *args);
	enum knowledge vmx, svm;
};

static int fail_after(const struct arguments *args, unsigned long done, const char *why)
{
	return fail(STATUS_FAILURE, "%s: stopped after %lu of %lu: %s", args->workload->name,
		    done, args->times, why);
}

struct repetition {
	const struct exit_cause *cause;
	struct cause_state state;
	unsigned long times, done;
};

static int repeat(void *data)
{
	struct repetition *repetition = data;
	int error = 0;

	while (repetition->done < repetition->times && !error) {
		error = repetition->cause->once(&repetition->state);
		repetition->done += !error;
	}
	return error;
}

static int run_cause(const struct arguments *args)
{
	struct repetition repetition = {
		.cause = cause_find(args->workload->cause), .times = args->times,
	};
	struct cause_state *state = &repetition.state;
	int error;

	if (cause_open(repetition.cause, state, args->times))
		return fail(STATUS_FAILURE, "%s: %s", args->workload->name, state->why);
	error = cause_guard(state, repeat, &repetition);
	cause_close(repetition.cause, state);
	if (error)
		return fail_after(args, repetition.done,
				  *state->why ? state->why : strerror(-error));
	return STATUS_OK;
}

static int run_idle(const struct arguments *args)
{
	const struct timespec time = { .tv_sec = args->times };
	int error = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);

	return error ? fail_after(args, 0, strerror(error)) : STATUS_OK;
}

static int run_spin(const struct arguments *args)
{
	int error = spin_until_timer(args->times * 1000);

	return error ? fail_after(args, 0, strerror(-error)) : STATUS_OK;
}

static int run_syscall(const struct arguments *args)
{
	unsigned long i;

	for (i = 0; i < args->times; i++)
		syscall(SYS_getppid);
	return STATUS_OK;
}

static int run_fork(const struct arguments *args)
{
	unsigned long i;
	pid_t child;

	for (i = 0; i < args->times; i++) {
		child = fork();
		if (!child)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			return fail_after(args, i, strerror(errno));
	}
	return STATUS_OK;
}

static int run_disk(const struct arguments *args)
{
	const char *disk = args->disk ? args->disk : "/dev/vda";
	int fd = open(disk, O_RDONLY | O_DIRECT | O_CLOEXEC);
	off_t blocks = fd < 0 ? 0 : lseek(fd, 0, SEEK_END) / BLOCK;
	char block[BLOCK] __attribute__((aligned(BLOCK)));
	unsigned long i;

	if (fd < 0)
		return fail(STATUS_FAILURE, "%s: %s", disk, strerror(errno));
	if (blocks <= 0)
		return fail(STATUS_FAILURE, "%s: not a disk of 4 KiB or more", disk);
	for (i = 0; i < args->times; i++) {
		errno = EIO;
		if (pread(fd, block, BLOCK, (off_t)i % blocks * BLOCK) != BLOCK)
			return fail_after(args, i, strerror(errno));
	}
	close(fd);
	return STATUS_OK;
}

static void answer(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1)
		;
	_exit(0);
}

static int pass_byte(const struct arguments *args, int from, int to)
{
	unsigned long i;
	char byte = 0;

	for (i = 0; i < args->times; i++) {
		if (write(to, &byte, 1) != 1)
			return fail_after(args, i, strerror(errno));
		errno = EPIPE;
		if (read(from, &byte, 1) != 1)
			return fail_after(args, i, strerror(errno));
	}
	return STATUS_OK;
}

static int run_pipe(const struct arguments *args)
{
	int to_child[2], to_parent[2], status;
	pid_t child;

	/* A child that has died is write()'s error. */
	signal(SIGPIPE, SIG_IGN);
	if (pipe(to_child) || pipe(to_parent))
		return fail(STATUS_FAILURE, "pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		return fail(STATUS_FAILURE, "fork: %s", strerror(errno));
	if (!child) {
		close(to_child[1]);
		close(to_parent[0]);
		answer(to_child[0], to_parent[1]);
	}
	close(to_child[0]);
	close(to_parent[1]);
	status = pass_byte(args, to_parent[0], to_child[1]);
	close(to_child[1]);
	close(to_parent[0]);
	waitpid(child, NULL, 0);
	return status;
}

/*
 * What is known: a cause's exits are exactly N where nothing else in a quiet machine has
 * exits of that number, and at least N where devices or timers have them, too: on AMD
 * one number is RDMSR and WRMSR, with which Linux sets timers.  It is not known whether
 * the host backs memory with huge pages, nor whether it lets a guest halt by itself.
 * Nothing but cpuid executes CPUID, nor does Linux for it.
 */
static const struct workload workloads[] = {
	{ "idle", 1, "sleep for N seconds", "s asleep", .run = run_idle },
	{ "spin", 1000, "compute for N milliseconds", "ms of computing", .run = run_spin },
	{ "syscall", 100000, "call getppid()", "system calls", .run = run_syscall },
	{ "cpuid", 1000, "execute CPUID", "CPUIDs", .cause = "cpuid",
	  .vmx = EXACTLY, .svm = EXACTLY },
	{ "portio", 1000, "write to port 0x80; as root", "OUTs to port 0x80", .cause = "out",
	  .vmx = EXACTLY, .svm = EXACTLY },
	{ "msr", 1000, "read an MSR; as root, with the module msr", "RDMSRs", .cause = "rdmsr",
	  .vmx = EXACTLY, .svm = AT_LEAST },
	{ "touch", 1000, "touch a page of fresh memory", "pages touched", .cause = "touch" },
	{ "mmio", 1000, "read a physical address without memory or device; as root", "reads",
	  .cause = "mmio", .vmx = AT_LEAST, .svm = AT_LEAST },
	{ "timer", 1000, "sleep for a millisecond", "sleeps of 1 ms", .cause = "hlt" },
	{ "ipi", 1000, "wake a thread on another CPU and be woken by it",
	  "round trips to another CPU", .cause = "ipi" },
	{ "fork", 1000, "start a process and wait for its end", "processes", .run = run_fork },
	{ "disk", 1000, "read 4 KiB from a disk, past the page cache",
	  "reads of 4 KiB", .run = run_disk },
	{ "pipe", 1000, "pass a byte to another process and back", "round trips of a byte",
	  .run = run_pipe },
};

static void expect(int number, enum knowledge knowledge, unsigned long exits)
{
	if (number != NO_EXIT_NUMBER && knowledge != NOTHING)
		printf("%d %s %lu\n", number, knowledge == EXACTLY ? "EXACTLY" : "AT-LEAST", exits);
}

/*
 * Asked here and not when the program starts, as the compiler's __builtin_cpu_is() would:
 * that is ten exits, which other programs do not have.
 */
static unsigned int encoding(void)
{
	struct cpuid_regs regs = cpuid_instruction(0, 0);

	if (!memcmp(&regs.ebx, "Auth", 4) || !memcmp(&regs.ebx, "Hygo", 4))
		return KVM_EXIT_STATS_ENCODING_SVM;
	return KVM_EXIT_STATS_ENCODING_VMX;
}

static int print_expected(const struct arguments *args)
{
	const struct exit_cause *cpuid = cause_find("cpuid");
	const struct workload *workload = args->workload;
	const struct exit_cause *cause = NULL;
	unsigned int vendor = encoding();

	if (workload->cause) {
		cause = cause_find(workload->cause);
		expect(cause_number(cause, vendor), vendor == KVM_EXIT_STATS_ENCODING_SVM ?
		       workload->svm : workload->vmx, args->times);
	}
	if (cause != cpuid)
		expect(cause_number(cpuid, vendor), EXACTLY, 0);
	return STATUS_OK;
}

static int run(const struct arguments *args)
{
	const struct workload *workload = args->workload;
	int status;

	if (args->expect)
		return print_expected(args);
	status = workload->cause ? run_cause(args) : workload->run(args);
	if (status == STATUS_OK)
		printf("%s: %lu %s\n", workload->name, args->times, workload->done);
	return status;
}

const char *argp_program_version = "exit-workload " VERSION;

static const char args_doc[] = "NAME [N]";
static const char doc[] =
	"Do one thing N times, to see which VM exits it causes in a virtual machine.\v";

static const struct argp_option options[] = {
	{ "expect", 'e', NULL, 0,
	  "Run nothing; print the exits that N operations are known to cause on this "
	  "processor, a line each: exit number, EXACTLY or AT-LEAST, count.  Other "
	  "activity of the machine comes on top", 0 },
	{ "disk", 'd', "FILE", 0, "The disk that 'disk' reads, /dev/vda by default", 0 },
	{ 0 }
};

static const struct workload *find_workload(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(workloads); i++) {
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	}
	return NULL;
}

static bool parse_times(const char *text, unsigned long *times)
{
	uint32_t number;

	if (!parse_decimal(text, &number) || number > TIMES_MAX)
		return false;
	*times = number;
	return true;
}

static const char *name_of_workload(size_t i)
{
	return i < ARRAY_SIZE(workloads) ? workloads[i].name : NULL;
}

static void parse_argument(char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	if (!args->workload) {
		args->workload = find_workload(arg);
		if (!args->workload)
			similar_error(state, "workload", arg, name_of_workload);
	} else if (args->has_times) {
		argp_error(state, "one workload at a time");
	} else {
		if (!parse_times(arg, &args->times))
			argp_error(state, "N is from 0 to %lu, not '%s'", TIMES_MAX, arg);
		args->has_times = true;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'e':
		args->expect = true;
		break;
	case 'd':
		args->disk = arg;
		break;
	case ARGP_KEY_ARG:
		parse_argument(arg, state);
		break;
	case ARGP_KEY_END:
		if (!args->workload)
			argp_error(state, "a workload is missing; --help lists them");
		else if (args->disk && args->workload->run != run_disk)
			argp_error(state, "-d is for the workload disk alone");
		else if (!args->has_times)
			args->times = args->workload->times;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The text after the options, from the table */
static char *help_filter(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t i, size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fputs("NAME, the default of N, and what is done N times:\n\n", out);
	for (i = 0; i < ARRAY_SIZE(workloads); i++)
		fprintf(out, "  %-8s %6lu  %s\n", workloads[i].name, workloads[i].times,
			workloads[i].what);
	fputs("\nExit status: 0 done, 1 usage error, 3 other failure.", out);
	fclose(out);
	return help;
}

static const struct argp argp = {
	options, parse_option, args_doc, doc, NULL, help_filter, NULL,
};

int main(int argc, char **argv)
{
	struct arguments args = { 0 };
	open_standard_files();
	check_stdout_at_exit();
	arguments_parse(&argp, argc, argv, 0, &args);
	return run(&args);
}
