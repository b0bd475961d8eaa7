// SPDX-License-Identifier: GPL-2.0
#include <asm/svm.h>
#include <asm/vmx.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "causes.h"
#include "cpuid.h"
#include "leaves.h"
#include "util.h"

#define PAGE		4096UL

/* Where nothing listens but perhaps a display of POST codes. */
#define PORT_DELAY	0x80

/* KVM never lets a guest access it directly, and ignores what one writes. */
#define MSR_UCODE_REV	0x8b

/*
 * Where to look for physical addresses without a device: from there downwards, for
 * above are devices that only firmware knows, and no further than PCI's usual window.
 */
#define HOLE_END	0xfe000000
#define HOLE_START	0xc0000000

#define HALT_NS		1000000
#define TIMER_US	100

enum { TURN_OPENER, TURN_PARTNER, TURN_END };

static int __attribute__((format(printf, 3, 4)))
refuse(struct cause_state *state, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(state->why, sizeof(state->why), format, args);
	va_end(args);
	return -error;
}

static int refuse_errno(struct cause_state *state, const char *what)
{
	int error = errno;

	if (error == EPERM || error == EACCES)
		return refuse(state, error, "%s: not permitted, try as root", what);
	return refuse(state, error, "%s: %s", what, strerror(error));
}

static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };

/* Where a fault of this thread goes; NULL: it is none of a cause. */
static __thread sigjmp_buf *on_fault;

static void take_fault(int number)
{
	if (on_fault)
		siglongjmp(*on_fault, number);
	/* It comes again, and ends the program. */
	signal(number, SIG_DFL);
}

static void catch_faults(struct sigaction before[], sigset_t *mask)
{
	const struct sigaction action = { .sa_handler = take_fault };
	sigset_t unblocked;
	size_t i;

	sigemptyset(&unblocked);
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		sigaction(faults[i], &action, &before[i]);
		sigaddset(&unblocked, faults[i]);
	}
	/* A fault that is blocked ends the program. */
	pthread_sigmask(SIG_UNBLOCK, &unblocked, mask);
}

static void leave_faults(const struct sigaction before[], const sigset_t *mask)
{
	size_t i;

	pthread_sigmask(SIG_SETMASK, mask, NULL);
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		sigaction(faults[i], &before[i], NULL);
}

static int run_guarded(struct cause_state *state, int (*run)(void *data), void *data)
{
	sigjmp_buf here;
	int number = sigsetjmp(here, 1);

	if (number)
		return refuse(state, EFAULT, "it ended in a fault, SIG%s", sigabbrev_np(number));
	on_fault = &here;
	return run(data);
}

int cause_guard(struct cause_state *state, int (*run)(void *data), void *data)
{
	struct sigaction before[ARRAY_SIZE(faults)];
	sigjmp_buf *outer = on_fault;
	sigset_t mask;
	int error;

	catch_faults(before, &mask);
	error = run_guarded(state, run, data);
	on_fault = outer;
	leave_faults(before, &mask);
	return error;
}

static void close_fd(struct cause_state *state)
{
	close(state->fd);
}

static int do_cpuid(struct cause_state *state)
{
	(void)state;
	cpuid_instruction(0, 0);
	return 0;
}

/*
 * QEMU's TCG may fault nevertheless: it heeds the bitmap only while TR is cached as an
 * available TSS, though a loaded one is busy, which is how KVM hands it back in SVM's guests
 * (helper_check_io(), svm_get_segment()).  Linux keeps the bitmap of this thread, whatever
 * CPU it is on, so that nothing here can be done about that but cause_guard().
 */
static int open_port(struct cause_state *state)
{
	return ioperm(PORT_DELAY, 1, 1) ? refuse_errno(state, "ports") : 0;
}

static int do_out(struct cause_state *state)
{
	(void)state;
	outb(0, PORT_DELAY);
	return 0;
}

static int do_in(struct cause_state *state)
{
	(void)state;
	inb(PORT_DELAY);
	return 0;
}

static void close_port(struct cause_state *state)
{
	(void)state;
	ioperm(PORT_DELAY, 1, 0);
}

static int do_rdmsr(struct cause_state *state)
{
	ssize_t size = pread(state->fd, &state->value, sizeof(state->value), MSR_UCODE_REV);

	return size == sizeof(state->value) ? 0 : -errno;
}

static int do_wrmsr(struct cause_state *state)
{
	ssize_t size = pwrite(state->fd, &state->value, sizeof(state->value), MSR_UCODE_REV);

	return size == sizeof(state->value) ? 0 : -errno;
}

/* The MSRs of the CPU that this runs on, for another's take an interrupt there. */
static int open_msr(struct cause_state *state, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/cpu/%d/msr", state->cpu);
	state->fd = open(path, flags | O_CLOEXEC);
	if (state->fd >= 0)
		return 0;
	if (errno == ENOENT || errno == ENXIO)
		return refuse(state, errno, "no %s: load the module msr", path);
	return refuse_errno(state, path);
}

static int opened_msr(struct cause_state *state, int error)
{
	if (!error)
		return 0;
	close(state->fd);
	return refuse(state, -error, "MSR 0x%x: %s", MSR_UCODE_REV, strerror(-error));
}

static int open_rdmsr(struct cause_state *state)
{
	int error = open_msr(state, O_RDONLY);

	return error ? error : opened_msr(state, do_rdmsr(state));
}

static int open_wrmsr(struct cause_state *state)
{
	int error = open_msr(state, O_RDWR);

	if (error)
		return error;
	error = do_rdmsr(state);
	return opened_msr(state, error ? error : do_wrmsr(state));
}

static int do_rdpmc(struct cause_state *state)
{
	(void)state;
	__builtin_ia32_rdpmc(0);
	return 0;
}

static int rdpmc_once(void *state)
{
	return do_rdpmc(state);
}

/* Nothing but the fault tells whether user space may, and whether there is a counter. */
static int open_rdpmc(struct cause_state *state)
{
	return cause_guard(state, rdpmc_once, state) ?
	       refuse(state, EPERM, "no counters, or user space may not read them: write 2 to "
		      "/sys/bus/event_source/devices/cpu/rdpmc") : 0;
}

static int do_halt(struct cause_state *state)
{
	const struct timespec time = { .tv_nsec = HALT_NS };

	(void)state;
	return -clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static volatile sig_atomic_t timer_expired;

static void on_timer(int signal)
{
	(void)signal;
	timer_expired = 1;
}

int spin_until_timer(uint64_t microseconds)
{
	struct itimerval timer = { .it_value = { microseconds / 1000000,
						 microseconds % 1000000 } };
	struct sigaction expire = { .sa_handler = on_timer }, before;
	sigset_t alarm;
	int error;

	/* A timer of 0 never expires. */
	if (!microseconds)
		return 0;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	sigaction(SIGALRM, &expire, &before);
	timer_expired = 0;
	error = setitimer(ITIMER_REAL, &timer, NULL) ? -errno : 0;
	while (!error && !timer_expired)
		;
	sigaction(SIGALRM, &before, NULL);
	return error;
}

static int do_timer(struct cause_state *state)
{
	(void)state;
	return spin_until_timer(TIMER_US);
}

/* Wait until it is no longer this one's turn, and return whose it is then. */
static uint32_t wait_while(uint32_t *turn, uint32_t whose)
{
	uint32_t now;

	while ((now = __atomic_load_n(turn, __ATOMIC_ACQUIRE)) == whose)
		syscall(SYS_futex, turn, FUTEX_WAIT_PRIVATE, whose, NULL, NULL, 0);
	return now;
}

static void pass(uint32_t *turn, uint32_t whose)
{
	__atomic_store_n(turn, whose, __ATOMIC_RELEASE);
	syscall(SYS_futex, turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *partner(void *turn)
{
	while (wait_while(turn, TURN_OPENER) == TURN_PARTNER)
		pass(turn, TURN_OPENER);
	return NULL;
}

static int do_ipi(struct cause_state *state)
{
	pass(&state->turn, TURN_PARTNER);
	wait_while(&state->turn, TURN_PARTNER);
	return 0;
}

/* A CPU that this may use and does not, or -1. */
static int other_cpu(const struct cause_state *state)
{
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (cpu != state->cpu && CPU_ISSET(cpu, &state->cpus_before))
			return cpu;
	}
	return -1;
}

static int open_ipi(struct cause_state *state)
{
	int error, cpu = other_cpu(state);
	pthread_attr_t attr;
	cpu_set_t set;

	if (cpu < 0)
		return refuse(state, ENODEV, "needs two CPUs, but may use only one");
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	error = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (!error)
		error = pthread_create(&state->partner, &attr, partner, &state->turn);
	pthread_attr_destroy(&attr);
	if (error)
		return refuse(state, error, "a thread on CPU %d: %s", cpu, strerror(error));
	/* The partner's start is no part of the first operation. */
	return do_ipi(state);
}

static void close_ipi(struct cause_state *state)
{
	pass(&state->turn, TURN_END);
	pthread_join(state->partner, NULL);
}

/*
 * A page's first touch is an exit if nothing in the virtual machine had that page before,
 * and if the host has not backed it with a huge one.  Linux gives out first what it got
 * back last, thus many of them may be no exits.  Taking more than what is free would only
 * recycle pages of the page cache.
 */
static int open_touch(struct cause_state *state)
{
	unsigned long pages = state->times ? state->times : 1;
	unsigned long free_pages = sysconf(_SC_AVPHYS_PAGES);

	if (pages > free_pages)
		return refuse(state, ENOMEM, "only %lu pages of memory are free", free_pages);
	state->size = pages * PAGE;
	state->memory = mmap(NULL, state->size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (state->memory == MAP_FAILED)
		return refuse_errno(state, "memory");
	/* Fails where the guest's kernel has no huge pages. */
	madvise((void *)state->memory, state->size, MADV_NOHUGEPAGE);
	return 0;
}

static int do_touch(struct cause_state *state)
{
	if (state->used >= state->size)
		return -ENOMEM;
	state->memory[state->used] = 1;
	state->used += PAGE;
	return 0;
}

static void close_memory(struct cause_state *state)
{
	munmap((void *)state->memory, state->size);
}

/*
 * Lower *end until the page below is in none of the ranges of /proc/iomem, which has them
 * in ascending order.  In a PCI bus' window only the devices count.  Returns whether
 * *end is as it was, or -1 if the file says nothing, as to all but root.
 */
static int lower_end(uint64_t *end)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	uint64_t first, last, before = *end;
	bool says_something = false;
	char line[256];

	if (!iomem)
		return -1;
	while (fgets(line, sizeof(line), iomem)) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64, &first, &last) != 2)
			continue;
		says_something |= last != 0;
		if (!strstr(line, " : PCI Bus ") && first < *end && last >= *end - PAGE)
			*end = first & -PAGE;
	}
	fclose(iomem);
	return says_something ? *end == before : -1;
}

/* A page of physical addresses without memory or a device, or 0. */
static uint64_t find_hole(void)
{
	uint64_t end = HOLE_END;
	int done;

	do {
		done = lower_end(&end);
	} while (!done && end > HOLE_START);
	return done == 1 && end > HOLE_START ? end - PAGE : 0;
}

static int do_mmio(struct cause_state *state)
{
	(void)*(volatile uint32_t *)state->memory;
	return 0;
}

static int open_mmio(struct cause_state *state)
{
	uint64_t hole;

	state->fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	if (state->fd < 0)
		return refuse_errno(state, "/dev/mem");
	hole = find_hole();
	if (!hole) {
		close(state->fd);
		return refuse(state, ENODEV, "/proc/iomem has no range without a device");
	}
	state->size = PAGE;
	state->memory = mmap(NULL, state->size, PROT_READ, MAP_SHARED, state->fd, hole);
	close(state->fd);
	if (state->memory == MAP_FAILED)
		return refuse_errno(state, "/dev/mem");
	/* By the first access, which is another exit, KVM learns that nothing is there. */
	return do_mmio(state);
}

const struct exit_cause exit_causes[] = {
	{ "cpuid", "CPUID", EXIT_REASON_CPUID, SVM_EXIT_CPUID, NULL, do_cpuid, NULL },
	{ "out", "OUT to a port that the VMM emulates", EXIT_REASON_IO_INSTRUCTION, SVM_EXIT_IOIO,
	  open_port, do_out, close_port },
	{ "in", "IN from a port that the VMM emulates", EXIT_REASON_IO_INSTRUCTION, SVM_EXIT_IOIO,
	  open_port, do_in, close_port },
	{ "rdmsr", "RDMSR", EXIT_REASON_MSR_READ, SVM_EXIT_MSR,
	  open_rdmsr, do_rdmsr, close_fd },
	{ "wrmsr", "WRMSR", EXIT_REASON_MSR_WRITE, SVM_EXIT_MSR,
	  open_wrmsr, do_wrmsr, close_fd },
	{ "rdpmc", "RDPMC", EXIT_REASON_RDPMC, SVM_EXIT_RDPMC, open_rdpmc, do_rdpmc, NULL },
	{ "hlt", "sleep of 1 ms", EXIT_REASON_HLT, SVM_EXIT_HLT, NULL, do_halt, NULL },
	{ "timer", "timer of 0.1 ms while computing", NO_EXIT_NUMBER, NO_EXIT_NUMBER,
	  NULL, do_timer, NULL },
	{ "ipi", "wake another CPU and be woken by it", NO_EXIT_NUMBER, NO_EXIT_NUMBER,
	  open_ipi, do_ipi, close_ipi },
	{ "touch", "first touch of a page", EXIT_REASON_EPT_VIOLATION, SVM_EXIT_NPF,
	  open_touch, do_touch, close_memory },
	{ "mmio", "read of an address without memory", EXIT_REASON_EPT_MISCONFIG, SVM_EXIT_NPF,
	  open_mmio, do_mmio, close_memory },
};

const size_t nr_exit_causes = ARRAY_SIZE(exit_causes);

const struct exit_cause *cause_find(const char *name)
{
	size_t i;

	for (i = 0; i < nr_exit_causes; i++) {
		if (!strcmp(exit_causes[i].name, name))
			return &exit_causes[i];
	}
	return NULL;
}

int cause_number(const struct exit_cause *cause, unsigned int encoding)
{
	return encoding == KVM_EXIT_STATS_ENCODING_SVM ? cause->svm : cause->vmx;
}

static int stay_on_cpu(struct cause_state *state)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &state->cpus_before))
		return refuse_errno(state, "CPUs");
	state->cpu = sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET(state->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return refuse_errno(state, "staying on a CPU");
	return 0;
}

static void leave_cpu(const struct cause_state *state)
{
	sched_setaffinity(0, sizeof(state->cpus_before), &state->cpus_before);
}

struct opening {
	const struct exit_cause *cause;
	struct cause_state *state;
};

static int open_cause(void *data)
{
	const struct opening *opening = data;

	return opening->cause->open(opening->state);
}

int cause_open(const struct exit_cause *cause, struct cause_state *state,
	       unsigned long times)
{
	struct opening opening = { cause, state };
	int error;

	memset(state, 0, sizeof(*state));
	state->times = times;
	error = stay_on_cpu(state);
	if (error || !cause->open)
		return error;
	error = cause_guard(state, open_cause, &opening);
	if (error)
		leave_cpu(state);
	return error;
}

void cause_close(const struct exit_cause *cause, struct cause_state *state)
{
	if (cause->close)
		cause->close(state);
	leave_cpu(state);
}
