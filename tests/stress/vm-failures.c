// SPDX-License-Identifier: GPL-2.0
/*
 * vm-failures vcpus NUMBER: make a machine of so many vCPUs.  The status is 0 if that can be done,
 * 4 if it ends with a clean error for lack of memory, and another one otherwise.
 *
 * vm-failures nth|pages|slab: by the kernel's fault injection, have the allocations fail that KVM
 * makes for a vCPU, to switch the statistics on, and to read them: the first one, the second
 * one, and so on, each alone (nth); or each page (pages), or each object (slab) from some moment
 * on, so that what KVM tries in place of an allocation that failed does so, too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "late-vm.h"
#include "leaf.h"
#include "raw-vm.h"
#include "reasons.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define PARAMETER	"/sys/module/kvm/parameters/exit_stats"

/* No work takes as many allocations, or fails as often. */
#define MOST_STEPS	100000
#define MOST_FAILURES	1000000

/* How many vCPUs wait to be switched on */
#define SWITCHED_VCPUS	4
/* How often another machine is looked at */
#define WITNESSED	32

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		err(3, "%s", path);
	return fd;
}

static void write_number(int fd, long number)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%ld\n", number);

	if (pwrite(fd, text, size, 0) != size)
		err(3, "a number");
}

static long read_number(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 &&
	    (errno != ESPIPE || read(fd, text, sizeof(text) - 1) <= 0))
		err(3, "a number");
	return atol(text);
}

static void set_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", folder, name);
	fd = open_file(path, O_WRONLY);
	if (write(fd, text, strlen(text)) < 0)
		err(3, "%s", path);
	close(fd);
}

/* There is no place in these files to go back to. */
static void set_number(const char *folder, const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	set_file(folder, name, text);
}

static long get_number(const char *folder, const char *name)
{
	char path[128];
	long number;
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", folder, name);
	fd = open_file(path, O_RDONLY);
	number = read_number(fd);
	close(fd);
	return number;
}

/*
 * What has allocations of this task fail: from the @step-th on, in units of its own.  Whoever uses
 * it has no page fault meanwhile, and opens nothing.
 */
struct injector {
	const char *name;
	const char *folder;
	long unit;
};

static const struct injector injectors[] = {
	{ "nth", NULL, 1 },
	/* A page, or so many bytes */
	{ "pages", "fail_page_alloc", 1 },
	{ "slab", "failslab", 256 },
};

static int nth, make_it_fail;

static void prepare_folder(const char *folder, bool use)
{
	set_file(folder, "verbose", "0");
	set_file(folder, "task-filter", "Y");
	set_file(folder, "ignore-gfp-wait", "N");
	set_file(folder, "probability", use ? "100" : "0");
}

static void prepare(const struct injector *injector)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(injectors); i++)
		if (injectors[i].folder)
			prepare_folder(injectors[i].folder, &injectors[i] == injector);
	set_file("fail_page_alloc", "ignore-gfp-highmem", "N");
	set_file("fail_page_alloc", "min-order", "0");
	nth = open_file("/proc/self/fail-nth", O_RDWR);
	make_it_fail = open_file("/proc/self/make-it-fail", O_RDWR);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		err(3, "mlockall");
}

static void arm(const struct injector *injector, long step)
{
	if (!injector->folder) {
		write_number(nth, step);
		return;
	}
	set_number(injector->folder, "space", (step - 1) * injector->unit);
	set_number(injector->folder, "times", MOST_FAILURES);
	write_number(make_it_fail, 1);
}

/* Returns how many allocations have failed. */
static long disarm(const struct injector *injector)
{
	long rest;

	if (!injector->folder) {
		rest = read_number(nth);
		write_number(nth, 0);
		return !rest;
	}
	write_number(make_it_fail, 0);
	return MOST_FAILURES - get_number(injector->folder, "times");
}

/* The machine that something is done with, and one that only counts on meanwhile */
static struct vm vm, witness;
static uint64_t witnessed;

static void make_vm(long vcpus)
{
	long i;

	vm.kvm = open_kvm();
	vm.fd = kvm_ioctl(vm.kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	kvm_ioctl(vm.fd, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
	vm.vcpu = -1;
	for (i = 0; i < vcpus; i++) {
		if (vm.vcpu >= 0)
			close(vm.vcpu);
		vm.vcpu = kvm_ioctl(vm.fd, KVM_CREATE_VCPU, (void *)i, "KVM_CREATE_VCPU");
	}
}

static void end_vm(void)
{
	if (vm.vcpu >= 0)
		close(vm.vcpu);
	close(vm.fd);
	close(vm.kvm);
}

static void check_witness(void)
{
	witnessed += OUTS;
	if (run_late(&witness, reasons->port).exits != witnessed)
		check(false, "another machine has counted on, to %" PRIu64, witnessed);
}

static void before_vcpu(void)
{
	make_vm(1);
}

static int make_vcpu(void)
{
	return ioctl(vm.fd, KVM_CREATE_VCPU, 1);
}

/* A number whose vCPU could not be made can be used again, and none of it twice. */
static void after_vcpu(int result)
{
	int again = ioctl(vm.fd, KVM_CREATE_VCPU, 1);

	if ((again < 0) != (result >= 0))
		check(false, "KVM_CREATE_VCPU gave %d, then %d", result, again);
	if (result >= 0)
		close(result);
	if (again >= 0)
		close(again);
	end_vm();
}

static int parameter;

static bool is_on(void)
{
	char value = 0;

	if (pread(parameter, &value, 1, 0) != 1)
		err(3, "exit_stats");
	return value == 'Y';
}

static void before_switch(void)
{
	write_number(parameter, 0);
	make_vm(SWITCHED_VCPUS);
}

static int switch_on(void)
{
	return pwrite(parameter, "1", 1, 0) == 1 ? 0 : -1;
}

static void after_switch(int result)
{
	if (is_on() != !result)
		check(false, "switching on gave %d, and they are %s", result,
		      is_on() ? "on" : "off");
	if (switch_on() || !is_on())
		check(false, "with memory, they can be switched on");
	end_vm();
}

/* Of the witness */
static int stats;
static char table[128];
static char buffer[0x10000];

static int read_stats(void)
{
	return pread(stats, buffer, sizeof(buffer), 0);
}

static int read_table(void)
{
	int fd = open(table, O_RDONLY), size;

	if (fd < 0)
		return -1;
	size = read(fd, buffer, sizeof(buffer));
	close(fd);
	return size;
}

static void nothing_before(void)
{
}

static void nothing_after(int result)
{
	(void)result;
}

static const struct work {
	const char *name;
	void (*before)(void);
	/* Returns something negative, with errno, if it fails. */
	int (*act)(void);
	void (*after)(int result);
} works[] = {
	{ "vcpu", before_vcpu, make_vcpu, after_vcpu },
	{ "switch", before_switch, switch_on, after_switch },
	{ "binary-statistics", nothing_before, read_stats, nothing_after },
	{ "table", nothing_before, read_table, nothing_after },
};

struct outcome {
	long failures, errors, wrong;
};

/* Returns false if no allocation has failed. */
static bool work_once(const struct work *work, const struct injector *injector, long step,
		      struct outcome *outcome)
{
	int result, error;
	long failures;

	work->before();
	errno = 0;
	arm(injector, step);
	result = work->act();
	error = errno;
	failures = disarm(injector);
	work->after(result);

	outcome->failures += failures;
	if (result < 0) {
		outcome->errors++;
		if (error != ENOMEM || !failures) {
			outcome->wrong++;
			printf("# %s, step %ld: %s\n", work->name, step, strerror(error));
		}
	}
	return failures;
}

static void walk(const struct work *work, const struct injector *injector)
{
	struct outcome outcome = {};
	long step = 1;

	while (work_once(work, injector, step, &outcome) && step < MOST_STEPS)
		if (step++ % WITNESSED == 0)
			check_witness();
	check(outcome.failures && outcome.errors && !outcome.wrong && step < MOST_STEPS,
	      "%s, %s: %ld allocations fail in %ld tries, %ld of which end with a clean error",
	      work->name, injector->name, outcome.failures, step, outcome.errors);
	printf("# stress: memory failures-%s-%s %ld\n", work->name, injector->name,
	       outcome.failures);
}

static void make_witness(void)
{
	witness = create_vm(late_begin, late_end);
	stats = kvm_ioctl(witness.vcpu, KVM_GET_STATS_FD, NULL, "KVM_GET_STATS_FD");
	snprintf(table, sizeof(table), DEBUGFS "kvm/%d-%d/exit_stats", getpid(), witness.fd);
	parameter = open_file(PARAMETER, O_RDWR);
	check_witness();
}

static int walk_all(const char *name)
{
	const struct injector *injector = injectors;
	size_t i;

	while (strcmp(injector->name, name))
		if (++injector == injectors + ARRAY_SIZE(injectors))
			errx(1, "usage: vm-failures nth|pages|slab");
	make_witness();
	prepare(injector);
	for (i = 0; i < ARRAY_SIZE(works); i++) {
		/* They take no pages of their own. */
		if (works[i].act != read_stats || strcmp(name, "pages"))
			walk(&works[i], injector);
	}
	check_witness();
	return checks_failed != 0;
}

static int make_vcpus(long number)
{
	int kvm = open_kvm(), fd, vcpu;
	long i;

	fd = ioctl(kvm, KVM_CREATE_VM, NULL);
	for (i = 0, vcpu = fd; i < number && vcpu >= 0; i++)
		vcpu = ioctl(fd, KVM_CREATE_VCPU, i);
	if (vcpu >= 0)
		return 0;
	if (errno != ENOMEM)
		err(3, "the %ldth vCPU", i);
	return 4;
}

int main(int argc, char **argv)
{
	choose_reasons();
	if (argc == 3 && !strcmp(argv[1], "vcpus"))
		return make_vcpus(atol(argv[2]));
	if (argc == 2)
		return walk_all(argv[1]);
	errx(1, "usage: vm-failures vcpus NUMBER|nth|pages|slab");
}
