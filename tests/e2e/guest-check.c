// SPDX-License-Identifier: GPL-2.0
/*
 * guest-check NAME: a check from inside a virtual machine.  It decodes the
 * leaves by itself, and sees each register that CPUID leaves alone.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "leaf.h"
#include "leaves.h"
#include "reasons.h"

#define TIMES		1000
/* In two-vcpus.sh */
#define HIDES		3

/* A port where nothing listens, and the one where pvpanic does. */
#define PORT_DELAY	0x80
#define PORT_PVPANIC	0x505
#define PVPANIC_PANICKED 1

/* KVM ignores what a guest writes there, but has to look. */
#define MSR_UCODE_REV	0x8b

/* Memory that QEMU gave and the kernel was told (mem=) to leave alone. */
#define SPARE_MEMORY	(136 << 20)

/* One more than the last view of the histogram */
#define VIEW_END (KVM_EXIT_STATS_VIEW_HISTOGRAM + KVM_EXIT_STATS_NR_BUCKETS / 2)

static bool same(struct regs a, struct regs b)
{
	return !memcmp(&a, &b, sizeof(a));
}

static bool has_statistics(void)
{
	struct regs regs = cpuid(KVM_EXIT_STATS_CPUID_SIGNATURE, 0);

	return !memcmp(&regs.ebx, KVM_EXIT_STATS_SIGNATURE, 4);
}

/* Tell the KVM host how far this one is. */
static void mark(const char *text)
{
	FILE *console = fopen("/dev/console", "w");

	if (!console)
		err(3, "/dev/console");
	fprintf(console, "lab: %s\n", text);
	fclose(console);
}

static void sleep_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		err(3, "%s", path);
	return fd;
}

static int open_msr(void)
{
	return open_device("/dev/cpu/0/msr");
}

static int open_memory(void)
{
	return open_device("/dev/mem");
}

static void allow_port(unsigned long port)
{
	if (ioperm(port, 1, 1))
		err(3, "port 0x%lx", port);
}

/* What causes exits, TIMES times.  ctx is what prepare() returned. */
static void do_cpuid(int ctx)
{
	int i;

	(void)ctx;
	for (i = 0; i < TIMES; i++)
		cpuid(0, 0);
}

static int prepare_port(void)
{
	allow_port(PORT_DELAY);
	return 0;
}

static void do_out(int ctx)
{
	int i;

	for (i = 0; i < TIMES; i++)
		outb(ctx, PORT_DELAY);
}

static void do_rdmsr(int fd)
{
	uint64_t value;
	int i;

	for (i = 0; i < TIMES; i++) {
		if (pread(fd, &value, sizeof(value), MSR_UCODE_REV) != sizeof(value))
			err(3, "rdmsr");
	}
}

static void do_wrmsr(int fd)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < TIMES; i++) {
		if (pwrite(fd, &value, sizeof(value), MSR_UCODE_REV) != sizeof(value))
			err(3, "wrmsr");
	}
}

static void do_touch(int fd)
{
	volatile char *memory = mmap(NULL, TIMES * 4096L, PROT_READ | PROT_WRITE,
				     MAP_SHARED, fd, SPARE_MEMORY);
	int i;

	if (memory == MAP_FAILED)
		err(3, "mmap");
	for (i = 0; i < TIMES; i++)
		memory[i * 4096L] = 1;
}

static void do_sleep(int ctx)
{
	int i;

	(void)ctx;
	for (i = 0; i < TIMES / 10; i++)
		sleep_ms(10);
}

static void check_exact(void)
{
	const struct {
		const char *what;
		uint32_t reason;
		int (*prepare)(void);
		void (*cause)(int ctx);
		uint64_t exits;
		bool at_least;
	} causes[] = {
		/* The CPUID that reads the second value is one more. */
		{ "CPUIDs", reasons->cpuid, NULL, do_cpuid, TIMES + 1, false },
		{ "OUTs", reasons->port, prepare_port, do_out, TIMES, false },
		{ "RDMSRs", reasons->rdmsr, open_msr, do_rdmsr, TIMES, false },
		{ "WRMSRs", reasons->wrmsr, open_msr, do_wrmsr, TIMES, false },
		{ "first touches of a page", reasons->page, open_memory,
		  do_touch, TIMES, true },
		{ "halts", reasons->hlt, NULL, do_sleep, TIMES / 10, true },
	};
	struct pair before, after;
	uint64_t exits;
	size_t i;
	int ctx;

	for (i = 0; i < ARRAY_SIZE(causes); i++) {
		ctx = causes[i].prepare ? causes[i].prepare() : 0;
		before = read_reason(causes[i].reason);
		causes[i].cause(ctx);
		after = read_reason(causes[i].reason);
		exits = after.exits - before.exits;
		check(causes[i].at_least ? exits >= causes[i].exits :
					   exits == causes[i].exits,
		      "%s: %s%" PRIu64 " exits expected, %" PRIu64 " counted",
		      causes[i].what, causes[i].at_least ? "at least " : "",
		      causes[i].exits, exits);
		check(after.cycles > before.cycles && !(after.cycles >> 48),
		      "%s: their cycles are counted", causes[i].what);
	}
}

/* The gaps of the SDM, between numbers that are defined.  The APM has none. */
static bool is_defined(uint32_t number)
{
	static const uint32_t gaps[] = { 35, 38, 42, 71, 82, 83 };
	size_t i;

	if (number == KVM_EXIT_STATS_OTHER)
		return true;
	if (reasons->encoding == KVM_EXIT_STATS_ENCODING_SVM)
		return number <= 0xa6 || (number >= 0x400 && number <= 0x403);
	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		if (gaps[i] == number)
			return false;
	}
	return number <= 85;
}

static bool plausible(struct regs regs, unsigned int bits_of_a)
{
	struct pair pair = pair_of(regs);

	/* A register that CPUID left alone would make a value huge. */
	return pair.a < 1ULL << bits_of_a && pair.b < 1ULL << 48;
}

/* Exits and cycles */
static bool plausible_counts(struct regs regs)
{
	return plausible(regs, 32);
}

static bool occupancy_right(uint32_t block, struct regs regs)
{
	const uint32_t bits[] = { regs.eax, regs.ebx, regs.ecx, regs.edx };
	uint32_t i, number;
	bool happened;

	/* CPUID has happened; numbers that are not defined, "other", have not. */
	for (i = 0; i < 128; i++) {
		number = 128 * block + i;
		happened = bits[i / 32] & 1U << i % 32;
		if (number == reasons->cpuid && !happened)
			return false;
		if (happened && (!is_defined(number) || number == KVM_EXIT_STATS_OTHER))
			return false;
	}
	return true;
}

/* The same bits each time, and time that goes on */
static bool identity_right(struct regs regs)
{
	static struct pair before;
	struct pair now = pair_of(regs);
	bool right = now.a && now.b > before.b && (!before.a || now.a == before.a);

	before = now;
	return right;
}

static bool totals_right(uint32_t index, struct regs regs)
{
	static const struct regs zeros;

	index &= ~KVM_EXIT_STATS_SCOPE_VCPU;
	switch (index) {
	case KVM_EXIT_STATS_SUM:
		return plausible_counts(regs) && regs.eax;
	case KVM_EXIT_STATS_DESCRIPTION:
		return regs.eax == (KVM_EXIT_STATS_VERSION |
				    reasons->encoding << KVM_EXIT_STATS_ENCODING_SHIFT) &&
		       regs.ebx == (KVM_EXIT_STATS_FEATURE_VCPU |
				    KVM_EXIT_STATS_FEATURE_SPLIT |
				    KVM_EXIT_STATS_FEATURE_LONGEST |
				    KVM_EXIT_STATS_FEATURE_HISTOGRAM |
				    KVM_EXIT_STATS_FEATURE_STEAL |
				    KVM_EXIT_STATS_FEATURE_IDENTITY) && regs.ecx &&
		       regs.edx >= 1 && regs.edx <= 2;
	case KVM_EXIT_STATS_IDENTITY:
		return identity_right(regs);
	}
	index -= KVM_EXIT_STATS_OCCUPANCY;
	return index < 512 ? occupancy_right(index, regs) : same(regs, zeros);
}

static bool is_view(uint32_t view)
{
	return view <= KVM_EXIT_STATS_VIEW_STEAL ||
	       (view >= KVM_EXIT_STATS_VIEW_HISTOGRAM && view < VIEW_END);
}

static bool reason_right(uint32_t index, struct regs regs)
{
	static const struct regs undefined = { .edx = KVM_EXIT_STATS_UNDEFINED };
	static const struct regs zeros;
	uint32_t number = index & KVM_EXIT_STATS_NUMBER_MASK;
	uint32_t view = (index & ~KVM_EXIT_STATS_SCOPE_VCPU) >> KVM_EXIT_STATS_VIEW_SHIFT;

	if (!is_view(view))
		return same(regs, zeros);
	if (!is_defined(number))
		return same(regs, undefined);
	return view == KVM_EXIT_STATS_VIEW_COUNT ? plausible_counts(regs) :
						   plausible(regs, 48);
}

static bool answer_right(uint32_t leaf, uint32_t index)
{
	static const struct regs zeros;
	struct regs regs = cpuid(leaf, index);

	/* Out of range: Intel's highest basic leaf, or AMD's zeros. */
	if (leaf > KVM_EXIT_STATS_CPUID_MAX && reasons == &vmx_reasons)
		return same(regs, cpuid(cpuid(0, 0).eax, index));

	switch (leaf) {
	case KVM_EXIT_STATS_CPUID_SIGNATURE:
		return regs.eax == KVM_EXIT_STATS_CPUID_MAX &&
		       !memcmp(&regs.ebx, "KVME", 4) &&
		       !memcmp(&regs.ecx, "xitS", 4) && !memcmp(&regs.edx, "tats", 4);
	case KVM_EXIT_STATS_CPUID_TOTALS:
		return totals_right(index, regs);
	case KVM_EXIT_STATS_CPUID_REASON:
		return reason_right(index, regs);
	}
	return same(regs, zeros);
}

static void check_limits(void)
{
	static const uint32_t limits[] = {
		0, 1, 2, 3, 9, 10, 34, 35, 36, 85, 86, 127, 128, 512, 513, 514, 0xff,
		0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000, 0x1000a, 0x10023, 0x2000a,
		0x2ffff, 0x3000a, 0xf000a, 0x10000a, 0x100023, 0x14ffff, 0x1f000a,
		0x20000a, 0xff000a,
		0x1000000, 0x7f00000a, 0x7fffffff, 0x80000000, 0x80000001,
		0x80000002, 0x8000000a, 0x8000ffff, 0x80010000, 0xfffffffe, 0xffffffff,
	};
	uint32_t leaf, wrong = 0;
	size_t i;

	for (leaf = KVM_EXIT_STATS_CPUID_SIGNATURE; leaf <= 0x4FFFFFFF; leaf++) {
		for (i = 0; i < ARRAY_SIZE(limits); i++) {
			if (answer_right(leaf, limits[i]))
				continue;
			printf("# leaf %08x subleaf %08x\n", leaf, limits[i]);
			wrong++;
		}
	}
	check(!wrong, "256 leaves at the limits of their subleaves answer right");
}

static void check_random(void)
{
	uint32_t leaf, index, wrong = 0;
	int i;

	srandom(1);
	for (i = 0; i < 100000; i++) {
		/* Most of the leaves that mean something, small numbers often. */
		leaf = KVM_EXIT_STATS_CPUID_SIGNATURE + random() % 256;
		if (random() % 2)
			leaf = KVM_EXIT_STATS_CPUID_TOTALS + random() % 2;
		index = (uint32_t)random() << 1 ^ random();
		if (random() % 2)
			index &= 0x801f007f;
		if (answer_right(leaf, index))
			continue;
		if (wrong++ < 10)
			printf("# leaf %08x subleaf %08x\n", leaf, index);
	}
	check(!wrong, "100000 random leaves and subleaves answer right");
}

static void check_leaves(void)
{
	check_limits();
	check_random();
}

/* All answers of the range, to compare one host with another. */
static void dump(void)
{
	static const uint32_t subleaves[] = { 0, 1, 2, 3, 10, 0xffff, 0x10000,
					      0x80000000, 0xffffffff };
	struct regs regs;
	uint32_t leaf;
	size_t i;

	for (leaf = KVM_EXIT_STATS_CPUID_SIGNATURE; leaf <= 0x4FFFFFFF; leaf++) {
		for (i = 0; i < ARRAY_SIZE(subleaves); i++) {
			regs = cpuid(leaf, subleaves[i]);
			printf("%08x %08x %08x %08x %08x %08x\n", leaf, subleaves[i],
			       regs.eax, regs.ebx, regs.ecx, regs.edx);
		}
	}
}

/* A bit for each exit number that has happened.  Returns how many that are. */
static uint32_t read_seen(uint32_t *seen)
{
	uint32_t block, i, nr = 0;
	struct regs regs;

	for (block = 0; block < NR_NUMBERS / 128; block++) {
		regs = cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_OCCUPANCY + block);
		seen[4 * block] = regs.eax;
		seen[4 * block + 1] = regs.ebx;
		seen[4 * block + 2] = regs.ecx;
		seen[4 * block + 3] = regs.edx;
	}
	for (i = 0; i < NR_NUMBERS / 32; i++)
		nr += __builtin_popcount(seen[i]);
	return nr;
}

/* One reading of the reasons seen, CPUID's own last. */
static void read_all(const uint32_t *seen, struct pair *all)
{
	uint32_t i;

	for (i = 0; i < NR_NUMBERS; i++) {
		if (i != reasons->cpuid && seen[i / 32] & 1U << i % 32)
			all[i] = read_reason(i);
	}
	all[reasons->cpuid] = read_reason(reasons->cpuid);
}

static uint64_t sum_of(const struct pair *all)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < NR_NUMBERS; i++)
		sum += all[i].exits;
	return sum;
}

/* Have QEMU stop this VM, with nothing between here and there but one exit. */
static void stop(void)
{
	outb(PVPANIC_PANICKED, PORT_PVPANIC);
}

/*
 * Read all reasons, stop the VM with nothing in between, and print the reading
 * once the VM goes on.  Nothing has happened during a reading if the next one
 * differs only in the CPUIDs that it made, and nothing since if their sum is that
 * of all exits.
 */
static void snapshot(void)
{
	static struct pair first[NR_NUMBERS];
	static struct pair second[NR_NUMBERS];
	static struct pair views[VIEW_END];
	uint32_t seen[NR_NUMBERS / 32];
	uint32_t i, reads;
	uint64_t sum;

	allow_port(PORT_PVPANIC);
	/* These do not change until the port is written. */
	for (i = 0; i < VIEW_END; i++)
		views[i] = read_view(reasons->port, i);
	do {
		reads = read_seen(seen);
		read_all(seen, first);
		read_all(seen, second);
		first[reasons->cpuid].exits += reads;
		first[reasons->cpuid].cycles = second[reasons->cpuid].cycles;
		sum = pair_of(cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM)).exits;
	} while (memcmp(first, second, sizeof(first)) || sum != sum_of(second) + 1);
	stop();

	second[reasons->port].exits++;
	second[reasons->cpuid].exits++;
	for (i = 0; i < NR_NUMBERS; i++) {
		if (second[i].exits)
			printf("%" PRIu32 " %" PRIu64 " %" PRIu64 "\n", i,
			       second[i].exits, second[i].cycles);
	}
	for (i = 0; i < VIEW_END; i++) {
		if (is_view(i))
			printf("view %" PRIu32 " %" PRIu64 " %" PRIu64 "\n", i,
			       views[i].a, views[i].b);
	}
}

static void wait_for_statistics(bool there)
{
	int i;

	for (i = 0; i < 60000 && has_statistics() != there; i++)
		sleep_ms(10);
	check(has_statistics() == there, "a running VM sees the statistics go %s",
	      there ? "on" : "off");
}

/* The host switches the statistics off and on again; the marks tell it when. */
static void check_switch(void)
{
	struct pair before, after;

	before = read_reason(reasons->cpuid);
	mark("ready to be off");
	wait_for_statistics(false);
	do_cpuid(0);
	mark("ready to be on");
	wait_for_statistics(true);

	after = read_reason(reasons->cpuid);
	check(after.exits > before.exits && after.exits < before.exits + TIMES,
	      "what was counted before is still there, nothing from between: %"
	      PRIu64 ", then %" PRIu64, before.exits, after.exits);
	check(after.cycles > before.cycles && after.cycles - before.cycles < 1ULL << 32,
	      "no cycles from between: %" PRIu64 ", then %" PRIu64,
	      before.cycles, after.cycles);

	before = read_reason(reasons->cpuid);
	do_cpuid(0);
	after = read_reason(reasons->cpuid);
	check(after.exits - before.exits == TIMES + 1, "counting goes on exactly");
}

/* The host hides the statistics from this VM, and shows them again, in HIDES ways. */
static void check_hide(void)
{
	char text[32];
	int i;

	for (i = 1; i <= HIDES; i++) {
		snprintf(text, sizeof(text), "ready to be hidden %d", i);
		mark(text);
		wait_for_statistics(false);
		snprintf(text, sizeof(text), "ready to be shown %d", i);
		mark(text);
		wait_for_statistics(true);
	}
}

/*
 * Neither of two VMs sees the other's exits.  Each waits, stopped, while the other
 * has its turn.
 */
static void check_idle(void)
{
	struct pair before, after;

	allow_port(PORT_PVPANIC);
	before = read_reason(reasons->cpuid);
	mark("idle waits");
	stop();
	after = read_reason(reasons->cpuid);
	check(after.exits - before.exits == 1,
	      "idle VM beside a busy one: %" PRIu64 " CPUIDs, its own",
	      after.exits - before.exits);
}

static void check_busy(void)
{
	struct pair before, after;
	int i;

	allow_port(PORT_PVPANIC);
	mark("busy waits");
	stop();
	before = read_reason(reasons->cpuid);
	for (i = 0; i < 50; i++)
		do_cpuid(0);
	after = read_reason(reasons->cpuid);
	check(after.exits - before.exits == 50 * TIMES + 1,
	      "busy VM beside an idle one: %" PRIu64 " CPUIDs, its own",
	      after.exits - before.exits);
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(3, "CPU %d", cpu);
}

/* Exits of the vCPU behind a CPU: of CPUID, and of all reasons. */
static uint64_t exits_of_cpu(int cpu, uint32_t leaf, uint32_t index)
{
	run_on(cpu);
	return pair_of(cpuid(leaf, index | KVM_EXIT_STATS_SCOPE_VCPU)).exits;
}

static void check_scope(void)
{
	uint64_t before[2], after[2], vm, sum;
	struct regs description;
	int cpu, i;

	for (cpu = 0; cpu < 2; cpu++)
		before[cpu] = exits_of_cpu(cpu, KVM_EXIT_STATS_CPUID_REASON,
					   reasons->cpuid);
	run_on(1);
	do_cpuid(0);
	for (cpu = 0; cpu < 2; cpu++)
		after[cpu] = exits_of_cpu(cpu, KVM_EXIT_STATS_CPUID_REASON,
					  reasons->cpuid);
	check(after[0] - before[0] == 1, "load on vCPU 1: vCPU 0 has %" PRIu64 " CPUID",
	      after[0] - before[0]);
	check(after[1] - before[1] == TIMES + 1, "load on vCPU 1: it has %" PRIu64 " CPUIDs",
	      after[1] - before[1]);

	/* Each of the two readings of a vCPU, and that of the VM, adds one. */
	sum = exits_of_cpu(0, KVM_EXIT_STATS_CPUID_REASON, reasons->cpuid) +
	      exits_of_cpu(1, KVM_EXIT_STATS_CPUID_REASON, reasons->cpuid);
	vm = read_reason(reasons->cpuid).exits;
	check(vm == sum + 1, "CPUIDs of the vCPUs, %" PRIu64 ", and of the VM, %" PRIu64
	      ", add up", sum, vm);

	/* Other exits go on meanwhile: the VM's total lies between two sums. */
	for (i = 0, sum = 0; i < 2; i++)
		sum += exits_of_cpu(i, KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM);
	vm = pair_of(cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM)).exits;
	check(vm > sum, "all exits of the VM: %" PRIu64 " > %" PRIu64, vm, sum);
	for (i = 0, sum = 0; i < 2; i++)
		sum += exits_of_cpu(i, KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM);
	check(vm < sum, "all exits of the VM: %" PRIu64 " < %" PRIu64, vm, sum);

	description = cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION);
	check(description.edx == 2, "the description counts 2 vCPUs");
}

/* Timers, as short as they can be: what takes KVM's fastpath. */
static void timer_load(void)
{
	int i;

	for (i = 0; i < 500; i++)
		sleep_ms(1);
	for (i = 0; i < 100; i++) {
		clock_t end = clock() + CLOCKS_PER_SEC / 100;

		while (clock() < end)
			;
	}
}
static bool grew(struct pair before, struct pair after)
{
	return after.a >= before.a && after.b >= before.b;
}

struct watched {
	struct pair split, longest, steal, count;
};

/* Parts before the whole.  Returns false if they exceed it, or if one shrank. */
static bool watch(uint32_t reason, struct watched *watched)
{
	struct watched before = *watched, now;

	now.split = read_view(reason, KVM_EXIT_STATS_VIEW_SPLIT);
	now.longest = read_view(reason, KVM_EXIT_STATS_VIEW_LONGEST);
	now.steal = read_view(reason, KVM_EXIT_STATS_VIEW_STEAL);
	now.count = read_reason(reason);
	*watched = now;
	return now.split.a + now.split.b <= now.count.cycles &&
	       now.steal.a + now.steal.b + now.split.b <= now.count.cycles &&
	       now.longest.a <= now.count.cycles &&
	       grew(before.split, now.split) && grew(before.longest, now.longest) &&
	       grew(before.steal, now.steal) && grew(before.count, now.count);
}

static void split_load(void)
{
	allow_port(PORT_DELAY);
	timer_load();
	do_out(0);
	do_cpuid(0);
	_exit(0);
}

static struct pair percent(struct pair part, const struct watched *watched)
{
	uint64_t cycles = watched->count.cycles ? watched->count.cycles : 1;

	return (struct pair) { { part.a * 100 / cycles }, { part.b * 100 / cycles } };
}

static struct watched watched[NR_NUMBERS];

/* Two loads on two vCPUs, while the parts of all reasons are watched. */
static void check_split(void)
{
	uint32_t reason, rounds = 0, wrong = 0;
	int i;

	for (i = 0; i < 2; i++) {
		if (!fork())
			split_load();
	}
	for (i = 0; i < 2; rounds++) {
		for (reason = 0; reason < NR_NUMBERS; reason++) {
			if (!is_defined(reason) || watch(reason, &watched[reason]))
				continue;
			printf("# reason %" PRIu32 " in round %" PRIu32 "\n", reason, rounds);
			wrong++;
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			i++;
	}
	check(!wrong && rounds > (reasons == &vmx_reasons ? 50 : 10),
	      "off-CPU and VMM never exceed the cycles, and nothing shrinks, in %" PRIu32
	      " readings of all reasons", rounds);
}

/* Where both vCPUs have one CPU, on a kernel that is not slowed down */
static void check_shares(void)
{
	const struct watched *halts = &watched[reasons->hlt];
	const struct watched *interrupts = &watched[reasons->interrupt];
	const struct watched *outs = &watched[reasons->port];
	struct pair halt, interrupt, out;

	check_split();
	halt = percent(halts->split, halts);
	interrupt = percent(interrupts->split, interrupts);
	out = percent(outs->split, outs);
	check(halt.a > 90 && halt.b < 5, "halts are off-CPU: %" PRIu64 " %%", halt.a);
	check(interrupt.a > 50 && interrupt.b < 5,
	      "host interrupts end with another vCPU on the CPU: off-CPU %" PRIu64 " %%",
	      interrupt.a);
	check(out.b > 25, "port I/O is the VMM's: %" PRIu64 " %%", out.b);

	halt = percent(halts->steal, halts);
	interrupt = percent(interrupts->steal, interrupts);
	check(halt.a + halt.b > 90, "halts are halted, or woken without a CPU: %" PRIu64
	      " %% and %" PRIu64 " %%", halt.b, halt.a);
	check(interrupt.a > 50 && interrupt.b == 0,
	      "what the other vCPU takes is stolen: %" PRIu64 " %%", interrupt.a);
}

/* Of all reasons; steal of /proc/stat in microseconds. */
struct waits {
	uint64_t tsc, cycles, vmm, steal, halted, proc_steal;
};

static uint64_t proc_steal(void)
{
	FILE *file = fopen("/proc/stat", "r");
	unsigned long long ticks = 0;

	if (!file || fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &ticks) != 1)
		errx(3, "/proc/stat");
	fclose(file);
	return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

static struct waits read_waits(void)
{
	struct waits waits = { .tsc = __builtin_ia32_rdtsc(), .proc_steal = proc_steal() };
	struct pair pair;
	uint32_t reason;

	for (reason = 0; reason < NR_NUMBERS; reason++) {
		if (!is_defined(reason))
			continue;
		pair = read_view(reason, KVM_EXIT_STATS_VIEW_STEAL);
		waits.steal += pair.a;
		waits.halted += pair.b;
		waits.vmm += read_view(reason, KVM_EXIT_STATS_VIEW_SPLIT).b;
		waits.cycles += read_reason(reason).cycles;
	}
	return waits;
}

#define WAIT_MS		3000

static void spin_for_a_while(void)
{
	struct timespec now, start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 +
		 (now.tv_nsec - start.tv_nsec) / 1000000 < WAIT_MS);
}

static void wake_each_ms(void)
{
	int i;

	for (i = 0; i < WAIT_MS / 2; i++)
		sleep_ms(1);
}

static void sleep_for_a_while(void)
{
	int i;

	for (i = 0; i < WAIT_MS / 10; i++)
		sleep_ms(10);
}

/*
 * Stop, so that the host can look, before and after; then say what the time between
 * was in the words of the statistics.
 */
static void report_waits(const char *name, void (*load)(void))
{
	struct waits before, after;

	allow_port(PORT_PVPANIC);
	mark("waits begin");
	stop();
	before = read_waits();
	load();
	after = read_waits();
	mark("waits end");
	stop();
	printf("waits %s elapsed %" PRIu64 " cycles %" PRIu64 " vmm %" PRIu64 " steal %"
	       PRIu64 " halted %" PRIu64 " proc-steal-us %" PRIu64 "\n", name,
	       after.tsc - before.tsc, after.cycles - before.cycles, after.vmm - before.vmm,
	       after.steal - before.steal, after.halted - before.halted,
	       after.proc_steal - before.proc_steal);
}

static void spin_waits(void)
{
	report_waits("spin", spin_for_a_while);
}

static void wake_waits(void)
{
	report_waits("wake", wake_each_ms);
}

static void sleep_waits(void)
{
	report_waits("sleep", sleep_for_a_while);
}

static const struct command commands[] = {
	{ "exact", check_exact },
	{ "leaves", check_leaves },
	{ "dump", dump },
	{ "snapshot", snapshot },
	{ "switch", check_switch },
	{ "hide", check_hide },
	{ "idle", check_idle },
	{ "busy", check_busy },
	{ "scope", check_scope },
	{ "split", check_split },
	{ "shares", check_shares },
	{ "spin-waits", spin_waits },
	{ "wake-waits", wake_waits },
	{ "sleep-waits", sleep_waits },
	{ "timer-load", timer_load },
};

int main(int argc, char **argv)
{
	choose_reasons();
	return run_command(commands, ARRAY_SIZE(commands), argc, argv);
}
