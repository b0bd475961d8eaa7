// SPDX-License-Identifier: GPL-2.0
/*
 * tenants SECONDS [same]: two virtual machines.  The one reads and writes all that it can:
 * leaves, MSRs.  The other makes exits in numbers of its own, of reasons that the first one
 * never causes, and with times that are longer than the first one's whole life.  No value
 * that either reads may be one that only the other can have caused.
 *
 * With "same" the reader is a vCPU of the other's machine, and the checks have to fail: then
 * they are the other way round.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "check.h"
#include "marked-vm.h"

/* vCPUs of the other machine: those that run, and more that the reader has not */
#define MARKED_VCPUS	5

/* The reader is made anew after so many goes. */
#define GOES		20
/* However slow the machine, so many readers and goes of each */
#define LEAST		2
/* How long the other waits in its VMM beforehand: longer than the reader lives, in s */
#define AGE		4
#define READER_LIFE	2
/* How much longer than it was told it looks for what there is to be found, in s */
#define PATIENCE	300

/* Written by the other machine, compared by the reader: its identity, its sums */
#define NR_SECRETS	64
static _Atomic uint64_t secrets[NR_SECRETS];
static _Atomic unsigned int nr_secrets;
static _Atomic bool done;

/* What was read and is not the reader's own, by what is wrong with it */
enum wrong {
	WRONG_MARK,
	WRONG_COUNT,
	WRONG_CYCLES,
	WRONG_DESCRIPTION,
	WRONG_SECRET,
	NR_WRONG,
};

static const char * const wrong_texts[NR_WRONG] = {
	[WRONG_MARK]		= "reasons of which only the other VM has exits are all zeros",
	[WRONG_COUNT]		= "no exits are counted beyond the VM's own",
	[WRONG_CYCLES]		= "no cycles are longer than the VM has lived",
	[WRONG_DESCRIPTION]	= "the number of vCPUs is its own",
	[WRONG_SECRET]		= "no value is one of the other's identity and sums",
};

static uint64_t wrongs[NR_WRONG];
static uint64_t nr_ops[3], nr_faults, nr_answers, nr_readers;
static uint64_t nr_rounds, wrong_rounds;
static unsigned int seed = 1;

static uint32_t pick(uint32_t n)
{
	return rand_r(&seed) % n;
}

static uint32_t pick_32(void)
{
	return (uint32_t)rand_r(&seed) << 16 ^ rand_r(&seed);
}

static bool is_mark(uint32_t number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		if (number_of(&marks[i]) == number)
			return true;
	}
	return false;
}

/* All exits of a machine's vCPU, as KVM itself counts them */
static uint64_t exits_of(const struct machine *machine)
{
	static char stats[0x4000];
	const struct kvm_stats_header *header = (const void *)stats;
	const struct kvm_stats_desc *desc;
	const char *at;
	uint32_t i;

	if (pread(machine->stats_fd, stats, sizeof(stats), 0) <= 0)
		err(3, "the binary statistics");
	at = stats + header->desc_offset;
	for (i = 0; i < header->num_desc; i++, at += sizeof(*desc) + header->name_size) {
		desc = (const void *)at;
		if (!strcmp(at + sizeof(*desc), "exits"))
			return *(uint64_t *)(stats + header->data_offset + desc->offset);
	}
	errx(3, "no exits in the binary statistics");
}

static void pick_leaf(struct op *op)
{
	static const uint32_t views[] = { 0, 0, 1, 2, 3, 0x10, 0x14, 0x18, 0x1c, 0x1f };
	static const uint32_t ranges[] = { 0, 0x40000000, 0x40000100, 0x4fffff00, 0x80000000,
					   0xc0000000 };

	switch (pick(8)) {
	case 0:
		op->eax = ranges[pick(ARRAY_SIZE(ranges))] + pick(256);
		op->ecx = pick(2) ? pick(8) : pick_32();
		break;
	case 1:
		op->eax = pick_32();
		op->ecx = pick_32();
		break;
	case 2:
		op->eax = KVM_EXIT_STATS_CPUID_TOTALS;
		op->ecx = pick(4) ? pick(16) : KVM_EXIT_STATS_IDENTITY;
		break;
	case 3:
		op->eax = KVM_EXIT_STATS_CPUID_REASON;
		op->ecx = number_of(&marks[pick(ARRAY_SIZE(marks))]) |
			  pick(0x20) << KVM_EXIT_STATS_VIEW_SHIFT;
		break;
	default:
		op->eax = KVM_EXIT_STATS_CPUID_REASON;
		op->ecx = pick(0x90) | views[pick(ARRAY_SIZE(views))] << KVM_EXIT_STATS_VIEW_SHIFT;
		if (!pick(8))
			op->ecx = reasons->hlt;
		if (!pick(16))
			op->ecx = KVM_EXIT_STATS_OTHER;
		break;
	}
	if (!pick(4))
		op->ecx ^= KVM_EXIT_STATS_SCOPE_VCPU;
}

static void pick_msr(struct op *op)
{
	static const uint32_t ranges[] = { 0, 0x100, 0x200, 0x300, 0x400, 0x600, 0x700, 0x800,
					   0xc00, 0x40000000, 0x40000100, 0x4b564d00, 0x4fffff00,
					   0xc0000000, 0xc0000100, 0xc0000300, 0xc0010000,
					   0xc0010100, 0xc0010200, 0xc0011000 };

	op->ecx = ranges[pick(ARRAY_SIZE(ranges))] + pick(256);
	if (!pick(16))
		op->ecx = pick_32();
	if (!pick(8))
		op->ecx = reasons->event_msr + pick(4);
	/* Where KVM is told to write into memory, there is none. */
	op->eax = pick(4) ? pick_32() | 0x80000000 : 0;
	op->edx = pick(4) ? 0 : pick_32();
	if (!pick(4)) {
		op->eax = reasons->event | 0xff00 | 3 << 16 | 1 << 22;
		op->edx = reasons->event >> 32;
	}
}

static void pick_ops(struct op *ops, bool writes)
{
	size_t i;

	for (i = 0; i < NR_OPS; i++) {
		memset(&ops[i], 0, sizeof(ops[i]));
		ops[i].kind = writes && !pick(4) ? (int)(OP_RDMSR + pick(2)) : OP_CPUID;
		if (ops[i].kind == OP_CPUID)
			pick_leaf(&ops[i]);
		else
			pick_msr(&ops[i]);
	}
}

/* The limits of a machine's values after a go */
struct limits {
	uint64_t exits, age, goes;
};

static void found(enum wrong wrong, const struct op *op)
{
	if (wrongs[wrong]++ < 5)
		printf("# %s: kind %" PRId32 " %08" PRIx32 " %08" PRIx32 ": %08" PRIx32 " %08"
		       PRIx32 " %08" PRIx32 " %08" PRIx32 "\n", wrong_texts[wrong], op->kind,
		       op->eax, op->ecx, op->regs.eax, op->regs.ebx, op->regs.ecx, op->regs.edx);
}

static void check_pair(const struct op *op, uint64_t exits, uint64_t cycles,
		       const struct limits *limits)
{
	if (exits > limits->exits)
		found(WRONG_COUNT, op);
	if (cycles > limits->age)
		found(WRONG_CYCLES, op);
}

/* A statistic of one reason: @cpuids have been executed so far, this one included. */
static void check_reason(const struct op *op, uint64_t cpuids, const struct limits *limits)
{
	uint32_t view = op->ecx >> KVM_EXIT_STATS_VIEW_SHIFT & 0x7fff;
	uint32_t number = op->ecx & KVM_EXIT_STATS_NUMBER_MASK;
	struct pair pair = pair_of(op->regs);

	if (op->regs.edx == KVM_EXIT_STATS_UNDEFINED && !op->regs.eax && !pair.b)
		return;
	if (is_mark(number) && (pair.a || pair.b))
		found(WRONG_MARK, op);
	if (view >= KVM_EXIT_STATS_VIEW_HISTOGRAM) {
		check_pair(op, pair.a, 0, limits);
		check_pair(op, pair.b, 0, limits);
	} else if (view == KVM_EXIT_STATS_VIEW_LONGEST) {
		check_pair(op, pair.b, pair.a, limits);
	} else if (view != KVM_EXIT_STATS_VIEW_COUNT) {
		check_pair(op, 0, pair.a, limits);
		check_pair(op, 0, pair.b, limits);
	} else {
		check_pair(op, pair.a, pair.b, limits);
		if ((number == reasons->cpuid && pair.a != cpuids) ||
		    (number == reasons->hlt && pair.a != limits->goes))
			found(WRONG_COUNT, op);
	}
}

static void check_seen(const struct op *op, uint32_t block)
{
	uint32_t bits[4] = { op->regs.eax, op->regs.ebx, op->regs.ecx, op->regs.edx };
	uint32_t i, number;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		number = number_of(&marks[i]);
		if (number / 128 == block && bits[number % 128 / 32] & 1U << number % 32)
			found(WRONG_MARK, op);
	}
}

static void check_totals(const struct op *op, const struct limits *limits)
{
	uint32_t index = op->ecx & ~KVM_EXIT_STATS_SCOPE_VCPU;
	struct pair pair = pair_of(op->regs);

	if (index == KVM_EXIT_STATS_SUM)
		check_pair(op, pair.a, pair.b, limits);
	else if (index == KVM_EXIT_STATS_DESCRIPTION && op->regs.edx != 1)
		found(WRONG_DESCRIPTION, op);
	else if (index == KVM_EXIT_STATS_IDENTITY)
		check_pair(op, 0, pair.b, limits);
	else if (index >= KVM_EXIT_STATS_OCCUPANCY && index < KVM_EXIT_STATS_IDENTITY)
		check_seen(op, index - KVM_EXIT_STATS_OCCUPANCY);
}

static void check_secrets(const struct op *op)
{
	uint64_t values[] = { (uint64_t)op->regs.edx << 32 | op->regs.eax,
			      (uint64_t)op->regs.ebx << 32 | op->regs.ecx };
	unsigned int i, k, nr = nr_secrets < NR_SECRETS ? nr_secrets : NR_SECRETS;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < ARRAY_SIZE(values); k++) {
			if (values[k] == secrets[i])
				found(WRONG_SECRET, op);
		}
	}
}

/* All answers of a go.  @cpuids had been executed before it. */
static void check_ops(const struct op *ops, uint64_t cpuids, const struct limits *limits)
{
	const struct op *op;

	for (op = ops; op < ops + NR_OPS; op++) {
		if (op->kind == OP_FAULT) {
			nr_faults++;
			continue;
		}
		nr_ops[op->kind]++;
		/* What it has written is its own. */
		if (op->kind == OP_WRMSR)
			continue;
		check_secrets(op);
		if (op->kind != OP_CPUID)
			continue;
		cpuids++;
		nr_answers += op->eax >= KVM_EXIT_STATS_CPUID_TOTALS &&
			      op->eax <= KVM_EXIT_STATS_CPUID_REASON;
		if (op->eax == KVM_EXIT_STATS_CPUID_REASON)
			check_reason(op, cpuids, limits);
		else if (op->eax == KVM_EXIT_STATS_CPUID_TOTALS)
			check_totals(op, limits);
	}
}

static uint64_t count_cpuids(const struct op *ops)
{
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < NR_OPS; i++)
		nr += ops[i].kind == OP_CPUID;
	return nr;
}

/* A go of the reader.  Returns false if it has brought itself down. */
static bool read_all(struct machine *machine, bool writes)
{
	static struct op ops[NR_OPS];
	struct limits limits;

	pick_ops(ops, writes);
	memcpy(ops_of(machine), ops, sizeof(ops));
	limits.goes = machine->goes;
	if (!go(machine, AT(reader_begin)))
		return false;
	limits.age = __builtin_ia32_rdtsc() - machine->born;
	limits.exits = exits_of(machine);
	check_ops(ops_of(machine), machine->cpuids, &limits);
	machine->cpuids += count_cpuids(ops);
	return true;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void keep_secret(uint64_t value)
{
	/* What is small enough may be chance. */
	if (value >> 32)
		secrets[nr_secrets++ % NR_SECRETS] = value;
}

/* A round of the other machine.  Returns whether its numbers are exactly what it has done. */
static bool mark_round(struct machine *machine)
{
	struct op *ops = ops_of(machine);
	bool right = true;
	size_t i;

	pick_marks(ops);
	if (!go(machine, AT(marked_begin)))
		errx(3, "the marked machine ends with %" PRIu32, machine->vm.run->exit_reason);
	machine->cpuids += NR_OPS;
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		right = right && pair_of(ops[i].regs).exits == machine->goes * marks[i].times;
		keep_secret(pair_of(ops[i].regs).cycles);
	}
	if (machine->goes == 1)
		keep_secret(pair_of(ops[i].regs).a);
	for (i++; i < NR_OPS - 1; i += NR_OPS / 4)
		keep_secret(pair_of(ops[i].regs).cycles);
	if (pair_of(ops[NR_OPS - 1].regs).exits != machine->cpuids)
		right = false;
	return right;
}

static void *mark_all(void *arg)
{
	struct machine *machine = arg;

	while (!done) {
		if (!mark_round(machine) && wrong_rounds++ < 5)
			printf("# wrong: round %" PRIu64 "\n", machine->goes);
		nr_rounds++;
	}
	return NULL;
}

/* A machine as the marked one, that is ended at once: its memory is the next one's. */
static void leave_memory(void)
{
	struct machine machine = make_machine();

	write_code(&machine);
	pick_marks(ops_of(&machine));
	if (!go(&machine, AT(marked_begin)))
		errx(3, "no marked machine: %" PRIu32, machine.vm.run->exit_reason);
	end_machine(&machine);
}

/* A reader's life, with what it reads in its first go before it has written anything */
static void live(double end)
{
	struct machine machine;
	double own_end = now() + READER_LIFE;
	int goes;

	leave_memory();
	machine = make_machine();
	for (goes = 0; goes < LEAST || (goes < GOES && now() < end && now() < own_end); goes++) {
		if (!read_all(&machine, goes > 0))
			break;
	}
	nr_readers++;
	end_machine(&machine);
}

static bool all_found(void)
{
	size_t i;

	for (i = 0; i < NR_WRONG; i++) {
		if (!wrongs[i])
			return false;
	}
	return true;
}

/* The reader as a vCPU of the other's machine, whose memory they take turns at */
static void live_there(struct machine *other, double end)
{
	struct machine machine = *other;
	double patience = end + PATIENCE;

	machine.vm.vcpu = kvm_ioctl(other->vm.fd, KVM_CREATE_VCPU, (void *)1L, "KVM_CREATE_VCPU");
	machine.vm.run = map(kvm_ioctl(other->vm.kvm, KVM_GET_VCPU_MMAP_SIZE, NULL,
				       "KVM_GET_VCPU_MMAP_SIZE"), MAP_SHARED, machine.vm.vcpu);
	set_cpuid(&machine.vm);
	machine.stats_fd = kvm_ioctl(machine.vm.vcpu, KVM_GET_STATS_FD, NULL, "KVM_GET_STATS_FD");
	machine.born = __builtin_ia32_rdtsc();
	machine.goes = machine.cpuids = 0;
	do {
		mark_round(other);
	} while (read_all(&machine, false) && (now() < end || (now() < patience && !all_found())));
}

/* Readers, one after another, while the other machine runs */
static void live_beside(struct machine *other, double end)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, mark_all, other))
		errx(3, "pthread_create");
	while (now() < end || nr_readers < LEAST)
		live(end);
	done = true;
	pthread_join(thread, NULL);
}

static void report(bool same)
{
	size_t i;

	for (i = 0; i < NR_WRONG; i++) {
		if (same)
			check(wrongs[i], "where the reader is a vCPU of the other VM, it is found: "
			      "%s, %" PRIu64 " are not", wrong_texts[i], wrongs[i]);
		else
			check(!wrongs[i], "%s", wrong_texts[i]);
	}
	if (same)
		return;
	check(nr_answers > 500 && nr_ops[OP_RDMSR] && nr_ops[OP_WRMSR] && nr_readers > 1,
	      "the reader has read and written");
	check(nr_rounds > 1 && !wrong_rounds,
	      "the other's own counts are exact, in %" PRIu64 " of %" PRIu64 " rounds",
	      nr_rounds - wrong_rounds, nr_rounds);
	printf("# stress: tenants values-read %" PRIu64 "\n", nr_ops[OP_CPUID] + nr_ops[OP_RDMSR]);
	printf("# stress: tenants of-the-statistics %" PRIu64 "\n", nr_answers);
	printf("# stress: tenants msrs-written %" PRIu64 "\n", nr_ops[OP_WRMSR]);
	printf("# stress: tenants exceptions %" PRIu64 "\n", nr_faults);
	printf("# stress: tenants readers %" PRIu64 "\n", nr_readers);
	printf("# stress: tenants marked-exits %" PRIu64 "\n",
	       nr_rounds * (OUTS + CALLS + PMCS + WAITS));
}

int main(int argc, char **argv)
{
	bool same = argc == 3 && !strcmp(argv[2], "same");
	struct machine marked;
	double end;
	long i;

	if (argc < 2 || argc - same != 2)
		errx(1, "usage: tenants SECONDS [same]");
	choose_reasons();
	marked = make_machine();
	for (i = 2; i < MARKED_VCPUS; i++)
		kvm_ioctl(marked.vm.fd, KVM_CREATE_VCPU, (void *)i, "KVM_CREATE_VCPU");
	/* The first exit's time is longer than a reader's life. */
	mark_round(&marked);
	nr_rounds++;
	sleep(AGE);
	end = now() + atoi(argv[1]);
	if (same)
		live_there(&marked, end);
	else
		live_beside(&marked, end);
	report(same);
	return checks_failed != 0;
}
