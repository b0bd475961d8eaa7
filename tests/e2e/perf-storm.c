// SPDX-License-Identifier: GPL-2.0
/*
 * perf-storm SECONDS SEED: in the inner VM, as root, drive the virtual PMU at random through
 * the guest's perf, and past it by its MSRs, while causing exits of many kinds.  What the
 * guest makes of that does not matter: the host must not mind.
 */
#include <cpuid.h>
#include <err.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "leaves.h"

#define NR_WORKERS	4
#define NR_COUNTERS	24
/* A page of its own and two of data */
#define RING_SIZE	(3 * 4096)

/* Read by nobody */
#define PORT		0x80

struct counter {
	int fd;
	void *ring;
};

/* What the workers did, all together */
struct totals {
	unsigned long steps, opened, refused, overflowing, msrs;
};

static struct totals *totals;
static struct counter counters[NR_COUNTERS];
static unsigned int seed;
static bool is_amd;
static int msr_fd = -1;

static unsigned int pick(unsigned int n)
{
	return rand_r(&seed) % n;
}

static bool one_in(unsigned int n)
{
	return !pick(n);
}

static void add(unsigned long *total, unsigned long n)
{
	__atomic_fetch_add(total, n, __ATOMIC_RELAXED);
}

static struct counter *any_counter(void)
{
	return &counters[pick(NR_COUNTERS)];
}

static uint64_t any_event(void)
{
	uint64_t select = is_amd ? KVM_EXIT_STATS_SVM_EVENT : KVM_EXIT_STATS_VMX_EVENT;
	uint64_t event = (select & 0xf00) << 24 | (select & 0xff);

	event |= (one_in(3) ? KVM_EXIT_STATS_UMASK_ALL : pick(256)) << 8;
	/* Edge, inversion, a counter mask */
	if (one_in(8))
		event |= 1ULL << 18;
	if (one_in(8))
		event |= 1ULL << 23;
	if (one_in(8))
		event |= (uint64_t)pick(256) << 24;
	/* Another event select altogether */
	return one_in(8) ? event ^ pick(256) : event;
}

static void open_counter(struct counter *counter)
{
	const int types[] = { PERF_TYPE_HARDWARE, PERF_TYPE_SOFTWARE, PERF_TYPE_HW_CACHE };
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = PERF_TYPE_RAW, .config = any_event(),
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.disabled = one_in(4), .inherit = one_in(4), .pinned = one_in(8),
		.exclusive = one_in(16), .exclude_user = one_in(4),
		.exclude_kernel = one_in(4), .exclude_hv = one_in(4), .exclude_idle = one_in(8),
		.read_format = one_in(2) ? PERF_FORMAT_TOTAL_TIME_RUNNING : 0,
	};
	bool one_cpu = one_in(3);
	int leader = one_in(3) ? any_counter()->fd : -1;

	if (one_in(16)) {
		attr.type = types[pick(3)];
		attr.config = pick(8);
	}
	if (one_in(4)) {
		attr.freq = 1;
		attr.sample_freq = 1 + pick(1000);
	} else if (one_in(2)) {
		attr.sample_period = one_in(2) ? 1 + pick(64) : 1 + pick(100000);
	}
	counter->fd = syscall(SYS_perf_event_open, &attr, one_cpu ? -1 : 0,
			      one_cpu ? (int)pick(2) : -1, leader, PERF_FLAG_FD_CLOEXEC);
	add(counter->fd < 0 ? &totals->refused : &totals->opened, 1);
	if (counter->fd >= 0 && attr.sample_period)
		add(&totals->overflowing, 1);
}

static void close_counter(struct counter *counter)
{
	if (counter->ring)
		munmap(counter->ring, RING_SIZE);
	if (counter->fd >= 0)
		close(counter->fd);
	counter->ring = NULL;
	counter->fd = -1;
}

static void open_or_close(void)
{
	struct counter *counter = any_counter();

	if (counter->fd >= 0)
		close_counter(counter);
	else
		open_counter(counter);
}

static void map_ring(void)
{
	struct counter *counter = any_counter();

	if (counter->fd < 0 || counter->ring)
		return;
	counter->ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, counter->fd, 0);
	if (counter->ring == MAP_FAILED)
		counter->ring = NULL;
}

static void control(void)
{
	const unsigned long requests[] = {
		PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_DISABLE, PERF_EVENT_IOC_RESET,
		PERF_EVENT_IOC_REFRESH, PERF_EVENT_IOC_PERIOD,
	};
	unsigned long request = requests[pick(5)];
	uint64_t period = 1 + pick(1000);
	int fd = any_counter()->fd;

	if (request == PERF_EVENT_IOC_PERIOD)
		ioctl(fd, request, &period);
	else
		ioctl(fd, request, request == PERF_EVENT_IOC_REFRESH ? 1 + pick(8) :
		      one_in(4) ? PERF_IOC_FLAG_GROUP : 0);
}

static void read_counter(void)
{
	uint64_t values[64];

	if (read(any_counter()->fd, values, sizeof(values)) < 0)
		return;
}

static void switch_all(void)
{
	prctl(one_in(3) ? PR_TASK_PERF_EVENTS_DISABLE : PR_TASK_PERF_EVENTS_ENABLE);
}

/* A counter's MSRs, behind perf's back.  With the period of an exit it may interrupt for ever. */
static void write_msr(void)
{
	unsigned int counter = pick(6);
	uint64_t select = any_event() | (uint64_t)pick(256) << 16;
	uint64_t value = -(uint64_t)(1 + pick(1000));
	bool is_select = one_in(2);
	uint32_t msr = is_amd ? (is_select ? 0xc0010000 : 0xc0010004) : (is_select ? 0x186 : 0xc1);

	if (!is_amd && one_in(8)) {
		/* Global status, control and overflow control, fixed counters' control */
		msr = 0x38d + pick(4);
		value = pick(256);
	} else {
		msr += counter;
	}
	if (msr_fd >= 0 && pwrite(msr_fd, is_select ? &select : &value, 8, msr) == 8)
		add(&totals->msrs, 1);
}

static void cause_exits(void)
{
	unsigned int eax, ebx, ecx, edx, i, n = 1 + pick(200);

	switch (pick(4)) {
	case 0:
		for (i = 0; i < n; i++)
			__cpuid(0, eax, ebx, ecx, edx);
		break;
	case 1:
		for (i = 0; i < n; i++)
			asm volatile("outb %%al, %0" : : "N" (PORT), "a" (0));
		break;
	case 2:
		for (i = 0; i < n; i++)
			__cpuid_count(KVM_EXIT_STATS_CPUID_TOTALS, pick(4), eax, ebx, ecx, edx);
		break;
	default:
		usleep(pick(2000));
		break;
	}
}

static void have_child(void)
{
	pid_t child = fork();

	if (child < 0)
		return;
	if (!child) {
		cause_exits();
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void move(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(pick(2), &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (one_in(4))
		memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set);
}

static void step(void)
{
	static void (*const often[])(void) = {
		open_or_close, open_or_close, control, read_counter, cause_exits, cause_exits,
		map_ring, write_msr,
	};
	static void (*const rarely[])(void) = { have_child, move, switch_all };

	(one_in(10) ? rarely[pick(3)] : often[pick(8)])();
}

static void tell(const char *when)
{
	printf("# %s: %lu steps, %lu counters (%lu that overflow), %lu refused, %lu MSRs\n", when,
	       totals->steps, totals->opened, totals->overflowing, totals->refused, totals->msrs);
	/* The machine may end next. */
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
}

static void work(unsigned int number, double seconds)
{
	struct timespec now, start;
	unsigned int i;

	seed += number;
	for (i = 0; i < NR_COUNTERS; i++)
		counters[i].fd = -1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (i = 0; i < 100; i++)
			step();
		add(&totals->steps, 100);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < seconds);
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned int i, eax, ebx = 0, ecx, edx;
	int status, failed = 0;
	char when[16];

	if (argc != 3)
		errx(1, "usage: perf-storm SECONDS SEED");
	seed = atoi(argv[2]);
	__cpuid(0, eax, ebx, ecx, edx);
	is_amd = ebx == signature_AMD_ebx;
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (totals == MAP_FAILED || ioperm(PORT, 1, 1))
		err(1, "perf-storm");
	msr_fd = open("/dev/cpu/0/msr", O_WRONLY);
	for (i = 0; i < NR_WORKERS; i++)
		if (!fork())
			work(i, atof(argv[1]));
	printf("# seed %s\n", argv[2]);
	for (i = 1; i * 60 <= atof(argv[1]); i++) {
		snprintf(when, sizeof(when), "%u min", i);
		sleep(60);
		tell(when);
	}
	while (wait(&status) > 0)
		failed |= status;
	tell("all");
	return failed || !totals->opened || !totals->overflowing;
}
