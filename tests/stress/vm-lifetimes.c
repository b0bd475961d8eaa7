// SPDX-License-Identifier: GPL-2.0
/*
 * vm-lifetimes SECONDS SEED MAX-VCPUS MILLISECONDS PARAMETERS: virtual machines that come, and
 * are killed at any moment, after MILLISECONDS at most, while all their files are read and
 * written, their file descriptors outlive them, and, if PARAMETERS is 1, the module's parameters
 * are switched.  Prints what was done, and how often.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "leaf.h"
#include "raw-vm.h"
#include "reasons.h"

#define NR_MAKERS	3
#define NR_READERS	2
#define NR_STOLEN	16
#define MOST_VCPUS	1024

#define DEBUGFS		"/sys/kernel/debug/kvm"
#define PARAMETERS	"/sys/module/kvm/parameters"

/* What is counted, of all processes together */
enum {
	VMS, VCPUS, KILLED, ENDED, READ, WRITTEN, STATS, TAKEN, SWITCHES, UNEXPECTED, NR_COUNTS
};

static const char *const count_names[NR_COUNTS] = {
	[VMS]		= "VMs",
	[VCPUS]		= "vCPUs",
	[KILLED]	= "killed",
	[ENDED]		= "ended-by-themselves",
	[READ]		= "files-read",
	[WRITTEN]	= "files-written",
	[STATS]		= "binary-statistics-read",
	[TAKEN]		= "descriptors-taken",
	[SWITCHES]	= "switches",
	[UNEXPECTED]	= "unexpected",
};

static _Atomic uint64_t *counts;
static _Thread_local unsigned int seed;

static unsigned int pick(unsigned int n)
{
	return rand_r(&seed) % n;
}

/* How long a machine lives at most */
static unsigned int longest_us;

static bool one_in(unsigned int n)
{
	return !pick(n);
}

/* From nothing to the longest, short ones as often as long ones */
static void rest(unsigned int longest_us)
{
	usleep(pick(1 + (longest_us >> pick(10))));
}

/* Whoever makes or reads a machine may find that KVM, or the machine, is no more. */
static bool is_gone(void)
{
	return errno == ENOENT || errno == ENODEV || errno == ENXIO || errno == EIO;
}

static void unexpected(const char *what, long number)
{
	if (counts[UNEXPECTED]++ < 20)
		printf("# unexpected: %s: %ld, %s\n", what, number, strerror(errno));
}

/*
 * The virtual machine: each of its vCPUs is made, and runs, in a thread of its own, another one
 * reads the binary statistics, and the last one may close what the others use.
 */
static struct {
	struct vm vm;
	unsigned int nr;
	_Atomic int fds[MOST_VCPUS];
	bool irqchip;
	/* What the VMM says of the signature */
	unsigned int word;
	bool counters;
	/* A descriptor that is in use has been closed. */
	_Atomic bool closing;
} vmm;

extern const char life_begin[], life_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "life_begin:\n"
    "	movl $" XSTR(KVM_EXIT_STATS_CPUID_TOTALS) ", %eax\n"
    "	xorl %ecx, %ecx\n"
    "	cpuid\n"
    "	movl $" XSTR(KVM_EXIT_STATS_CPUID_REASON) ", %eax\n"
    "	incl %esi\n"
    "	movl %esi, %ecx\n"
    "	cpuid\n"
    "	xorl %eax, %eax\n"
    "	cpuid\n"
    "	wbinvd\n"
    "	outb %al, $0x80\n"
    "	jmp life_begin\n"
    "life_end:\n"
    "	.code64\n"
    ".popsection\n");

/* Returns -1 after what went wrong has been told, unless it is of our own doing. */
static int try_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	int result = ioctl(fd, request, arg);

	if (result < 0 && errno != EINTR && !vmm.closing)
		unexpected(what, result);
	return result;
}

static void set_word(const struct vm *vm)
{
	if (vmm.word)
		set_cpuid_hiding(vm, vmm.word == 1);
}

/* Is there a virtual PMU, of software? */
static bool has_counters(void)
{
	int fd = open(PARAMETERS "/exit_stats_soft_pmu", O_RDONLY);
	char value = 0;

	if (fd < 0 || read(fd, &value, 1) != 1)
		value = 0;
	close(fd);
	/* Without CPUID, a vCPU has none. */
	return value == 'Y' && vmm.word;
}

/* Have the first counter count all exits. */
static void try_counter(const struct vm *vm)
{
	struct {
		struct kvm_msrs msrs;
		struct kvm_msr_entry entries[2];
	} msrs = {
		.msrs.nmsrs = 2,
		.entries = {
			{ .index = reasons->event_msr, .data = reasons->event |
			  KVM_EXIT_STATS_UMASK_ALL << 8 | 3ULL << 16 | 1ULL << 22 },
			{ .index = reasons->global_control, .data = 1 },
		},
	};

	if (!reasons->global_control)
		msrs.msrs.nmsrs = 1;
	try_ioctl(vm->vcpu, KVM_SET_MSRS, &msrs, "KVM_SET_MSRS");
}

static void run(const struct vm *vm)
{
	for (;;) {
		if (ioctl(vm->vcpu, KVM_RUN, NULL) < 0 && errno != EINTR) {
			if (!vmm.closing)
				unexpected("KVM_RUN", vm->vcpu);
			return;
		}
		if (vm->run->exit_reason != KVM_EXIT_IO && vm->run->exit_reason != KVM_EXIT_INTR &&
		    !vmm.closing) {
			unexpected("exit reason", vm->run->exit_reason);
			return;
		}
	}
}

/* Threads that are made inherit nothing of their maker's numbers. */
static void *vcpu_thread(void *number)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	unsigned long i = (unsigned long)number;
	struct vm vm = vmm.vm;

	seed = getpid() * 1000 + i;
	vm.vcpu = try_ioctl(vm.fd, KVM_CREATE_VCPU, number, "KVM_CREATE_VCPU");
	if (vm.vcpu < 0)
		return NULL;
	counts[VCPUS]++;
	vm.run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vm.vcpu, 0);
	if (vm.run == MAP_FAILED)
		return NULL;
	set_word(&vm);
	start_in_real_mode(vm.vcpu);
	if (vmm.counters && one_in(2))
		try_counter(&vm);
	/* Those that are not wait for another one to start them. */
	if (vmm.irqchip && one_in(2))
		try_ioctl(vm.vcpu, KVM_SET_MP_STATE, &runnable, "KVM_SET_MP_STATE");
	/* From now on it may be closed. */
	vmm.fds[i] = vm.vcpu;
	run(&vm);
	return NULL;
}

static void read_stats(int fd)
{
	char buffer[0x4000];
	int stats = ioctl(fd, KVM_GET_STATS_FD, NULL);

	if (stats < 0) {
		if (!vmm.closing)
			unexpected("KVM_GET_STATS_FD", fd);
		return;
	}
	while (read(stats, buffer, 1 + pick(sizeof(buffer))) > 0)
		;
	counts[STATS]++;
	/* Some are left for others to take. */
	if (!one_in(4))
		close(stats);
}

static void *stats_thread(void *unused)
{
	int fd, i;

	(void)unused;
	seed = getpid() * 1000 + MOST_VCPUS;
	for (i = 0; i < 1000 && !vmm.closing; i++) {
		fd = one_in(4) ? vmm.vm.fd : vmm.fds[pick(vmm.nr)];
		if (fd)
			read_stats(fd);
		rest(10000);
	}
	return NULL;
}

/* One for most of them, and seldom as many as there may be */
static unsigned int any_number(unsigned int most)
{
	switch (pick(16)) {
	case 0:
		return 1 + pick(most);
	case 1:
	case 2:
	case 3:
		return 1 + pick(most < 16 ? most : 16);
	default:
		return 1 + pick(2);
	}
}

static bool make_vm(void)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY_SIZE };
	struct vm *vm = &vmm.vm;

	vm->kvm = open("/dev/kvm", O_RDWR);
	if (vm->kvm < 0) {
		if (!is_gone())
			unexpected("/dev/kvm", 0);
		return false;
	}
	vm->memory = map(MEMORY_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
	memcpy(vm->memory + CODE, life_begin, life_end - life_begin);
	region.userspace_addr = (uintptr_t)vm->memory;
	vm->fd = try_ioctl(vm->kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	if (vm->fd < 0)
		return false;
	counts[VMS]++;
	if (vmm.irqchip)
		try_ioctl(vm->fd, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
	return !try_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region,
			  "KVM_SET_USER_MEMORY_REGION");
}

/* Be a machine, to the end.  Some end by themselves, and some of these first close what is used. */
static void be_vmm(unsigned int most)
{
	pthread_t thread;
	unsigned long i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	vmm.nr = any_number(most);
	vmm.irqchip = one_in(2);
	vmm.word = pick(3);
	vmm.counters = has_counters();
	if (!make_vm())
		_exit(0);
	for (i = 0; i < vmm.nr; i++) {
		if (pthread_create(&thread, NULL, vcpu_thread, (void *)i))
			unexpected("pthread_create", i);
	}
	if (pthread_create(&thread, NULL, stats_thread, NULL))
		unexpected("pthread_create", 0);
	if (!one_in(4))
		pause();
	rest(longest_us);
	vmm.closing = true;
	for (i = 0; i < vmm.nr && one_in(2); i++)
		if (vmm.fds[i])
			close(vmm.fds[i]);
	if (one_in(2))
		close(vmm.vm.fd);
	rest(20000);
	counts[ENDED]++;
	_exit(0);
}

/* Descriptors of machines, taken from them, that have them outlive their process */
static int stolen[NR_STOLEN];

static void steal(int pidfd)
{
	int *fd = &stolen[pick(NR_STOLEN)];
	char buffer[0x1000];

	if (*fd > 0) {
		if (one_in(2) && read(*fd, buffer, sizeof(buffer)) > 0)
			counts[STATS]++;
		close(*fd);
	}
	*fd = syscall(SYS_pidfd_getfd, pidfd, 3 + pick(one_in(2) ? 8 : 64), 0);
	if (*fd > 0)
		counts[TAKEN]++;
}

static void make_one(unsigned int most)
{
	pid_t child = fork();
	int pidfd, times, status;

	if (child < 0) {
		unexpected("fork", child);
		return;
	}
	if (!child) {
		seed += getpid();
		be_vmm(most);
	}
	pidfd = syscall(SYS_pidfd_open, child, 0);
	for (times = pick(4); times; times--) {
		rest(100000);
		steal(pidfd);
	}
	rest(longest_us);
	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		unexpected("waitpid", child);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		counts[KILLED]++;
	else if (status)
		unexpected("status of a VMM", status);
	close(pidfd);
}

/* A file, to its end, in pieces of any size */
static void read_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY);
	char buffer[0x1000];
	ssize_t size;

	if (fd < 0) {
		if (!is_gone() && errno != EACCES && errno != ENOTDIR)
			unexpected(name, fd);
		return;
	}
	if (one_in(16))
		rest(100000);
	do {
		size = read(fd, buffer, 1 + pick(sizeof(buffer)));
	} while (size > 0);
	if (size < 0 && !is_gone() && errno != EISDIR && errno != EINVAL)
		unexpected(name, size);
	counts[READ]++;
	close(fd);
}

static void write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		/* KVM's own parameters have values that it does not take. */
		if (!is_gone() && !strncmp(name, "exit_stats", 10))
			unexpected(name, fd);
	} else {
		counts[WRITTEN]++;
	}
	if (fd >= 0)
		close(fd);
}

/* Call @visit with the entries of a folder, on average every @nth of them. */
static void for_some(int at, const char *path, unsigned int nth,
		     void (*visit)(int dir, const char *name))
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && one_in(nth))
			visit(fd, entry->d_name);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

static void visit_vm_file(int dir, const char *name)
{
	static const char *const words[] = { "inherit", "hide", "show" };

	if (!strncmp(name, "vcpu", 4)) {
		for_some(dir, name, 2, read_file);
		return;
	}
	if (!strcmp(name, "exit_stats_guest") && one_in(2))
		write_file(dir, name, words[pick(3)]);
	else if (strcmp(name, "exit_stats_log"))
		read_file(dir, name);
	else if (one_in(100))
		write_file(dir, name, "1");
}

static void visit_vm(int dir, const char *name)
{
	for_some(dir, name, 4, visit_vm_file);
}

static void be_reader(void)
{
	for (;;) {
		for_some(AT_FDCWD, DEBUGFS, 2, visit_vm);
		rest(10000);
	}
}

/* A parameter that is on or off, or of which the words are known */
static void switch_parameter(int dir, const char *name)
{
	static const char *const policies[] = { "all", "vmm", "none" };
	int fd = openat(dir, name, O_RDWR);
	char value = 0;

	if (fd < 0)
		return;
	if (read(fd, &value, 1) != 1 && !is_gone())
		unexpected(name, fd);
	close(fd);
	if (!strcmp(name, "exit_stats_guest"))
		write_file(dir, name, policies[pick(3)]);
	else if (value == 'Y' || value == 'N')
		write_file(dir, name, value == 'Y' ? "N" : "Y");
	else
		return;
	counts[SWITCHES]++;
}

static void be_switcher(void)
{
	for (;;) {
		for_some(AT_FDCWD, PARAMETERS, 4, switch_parameter);
		rest(50000);
	}
}

/* So that each process has numbers of its own */
static pid_t start(unsigned int number)
{
	pid_t child = fork();

	if (child < 0)
		err(3, "fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		seed += 1000 * number;
	}
	return child;
}

static void be_maker(unsigned int most, double seconds)
{
	struct timespec now, begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		make_one(most);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - begin.tv_sec < seconds);
	_exit(0);
}

static void storm(double seconds, unsigned int most, bool parameters)
{
	pid_t makers[NR_MAKERS], others[NR_READERS + 1];
	unsigned int i, nr = 0;

	for (i = 0; i < NR_MAKERS; i++) {
		makers[i] = start(i);
		if (!makers[i])
			be_maker(most, seconds);
	}
	for (i = 0; i < NR_READERS; i++) {
		others[nr++] = start(NR_MAKERS + i);
		if (!others[nr - 1])
			be_reader();
	}
	if (parameters) {
		others[nr++] = start(NR_MAKERS + NR_READERS);
		if (!others[nr - 1])
			be_switcher();
	}
	for (i = 0; i < NR_MAKERS; i++)
		waitpid(makers[i], NULL, 0);
	while (nr--) {
		kill(others[nr], SIGKILL);
		waitpid(others[nr], NULL, 0);
	}
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc != 6)
		errx(1, "usage: vm-lifetimes SECONDS SEED MAX-VCPUS MILLISECONDS PARAMETERS");
	choose_reasons();
	seed = strtoul(argv[2], NULL, 10);
	longest_us = 1000 * strtoul(argv[4], NULL, 10);
	counts = map(NR_COUNTS * sizeof(counts[0]), MAP_SHARED | MAP_ANONYMOUS, -1);
	setlinebuf(stdout);
	storm(atof(argv[1]), strtoul(argv[3], NULL, 10), atoi(argv[5]));
	for (i = 0; i < NR_COUNTS; i++)
		printf("%s %" PRIu64 "\n", count_names[i], counts[i]);
	return counts[UNEXPECTED] != 0;
}
