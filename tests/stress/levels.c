// SPDX-License-Identifier: GPL-2.0
/*
 * levels SECONDS: in a guest that is a hypervisor, too, with statistics of its own.  Its guest
 * makes exits in numbers that are known: its guest reads those, and it itself reads, from the
 * host, as many that its guest's running caused.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "marked-vm.h"

#define NR_MARKS	ARRAY_SIZE(marks)

/* Of one reason, of the exits of this machine: its own, and those while its guest ran */
struct seen {
	uint64_t own, nested;
};

static uint64_t nr_reads;

static struct seen see(uint32_t number)
{
	struct seen seen;

	seen.nested = read_view(number, KVM_EXIT_STATS_VIEW_LONGEST).b;
	seen.own = read_reason(number).exits - seen.nested;
	nr_reads += 2;
	return seen;
}

struct reading {
	struct seen marks[NR_MARKS], hlt, cpuid;
	/* CPUIDs of this machine until now */
	uint64_t reads;
};

static void read_all(struct reading *reading)
{
	size_t i;

	for (i = 0; i < NR_MARKS; i++)
		reading->marks[i] = see(number_of(&marks[i]));
	reading->hlt = see(reasons->hlt);
	reading->cpuid = see(reasons->cpuid);
	reading->reads = nr_reads;
}

static struct {
	uint64_t guest, nested, own, age;
} wrong;

static uint64_t rounds;

/* What the guest has read of itself */
static void check_guest(const struct machine *machine)
{
	const struct op *ops = ops_of(machine);
	struct pair identity = pair_of(ops[NR_MARKS].regs), sum = pair_of(ops[NR_OPS - 2].regs);
	size_t i;

	for (i = 0; i < NR_MARKS; i++)
		wrong.guest += pair_of(ops[i].regs).exits != machine->goes * marks[i].times;
	wrong.guest += pair_of(ops[NR_OPS - 1].regs).exits != machine->goes * NR_OPS;
	wrong.age += identity.b > __builtin_ia32_rdtsc() - machine->born ||
		     sum.cycles > __builtin_ia32_rdtsc() - machine->born;
	wrong.age += identity.a == pair_of(cpuid(KVM_EXIT_STATS_CPUID_TOTALS,
						 KVM_EXIT_STATS_IDENTITY)).a;
	nr_reads++;
}

/* What the host says: as many more while the guest ran, and none of this machine's own */
static void check_host(const struct reading *before, const struct reading *after)
{
	size_t i;

	for (i = 0; i < NR_MARKS; i++) {
		wrong.nested += after->marks[i].nested - before->marks[i].nested != marks[i].times;
		/* But port I/O, which this kernel makes at any time. */
		wrong.own += number_of(&marks[i]) != reasons->port &&
			     after->marks[i].own != before->marks[i].own;
	}
	wrong.nested += after->cpuid.nested - before->cpuid.nested != NR_OPS;
	wrong.nested += after->hlt.nested - before->hlt.nested != 1;
	wrong.own += after->cpuid.own - before->cpuid.own != after->reads - before->reads;
}

static void one_round(struct machine *machine)
{
	struct reading before, after;

	pick_marks(ops_of(machine));
	read_all(&before);
	if (!go(machine, AT(marked_begin)))
		errx(3, "the guest ends with %" PRIu32, machine->vm.run->exit_reason);
	read_all(&after);
	check_host(&before, &after);
	check_guest(machine);
	rounds++;
}

int main(int argc, char **argv)
{
	struct machine machine;
	time_t end;

	if (argc != 2)
		errx(1, "usage: levels SECONDS");
	choose_reasons();
	machine = make_machine();
	for (end = time(NULL) + atoi(argv[1]); time(NULL) < end || rounds < 2; )
		one_round(&machine);
	check(!wrong.guest, "the guest's guest reads its own exits, exactly, in %" PRIu64 " rounds",
	      rounds);
	check(!wrong.age, "its identity and its life are its own");
	check(!wrong.nested, "the host has told the guest as many while its guest ran");
	check(!wrong.own, "and of its own just those that it made");
	printf("# stress: nested rounds %" PRIu64 "\n", rounds);
	printf("# stress: nested exits %" PRIu64 "\n",
	       rounds * (OUTS + CALLS + PMCS + WAITS + NR_OPS + 1));
	return checks_failed != 0;
}
