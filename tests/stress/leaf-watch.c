// SPDX-License-Identifier: GPL-2.0
/*
 * leaf-watch [MOVES]: in an inner VM, until SIGTERM or until it has been moved so often, read what
 * the statistics say of the VM, again and again, whatever becomes of it meanwhile; then say how
 * often that was, and what was wrong.
 *
 * While the identity is the same, nothing goes backwards.  With another one, it has begun anew.
 * Always, no vCPU has spent more cycles in exits than there have been since then.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "leaf.h"
#include "reasons.h"

struct reading {
	uint64_t identity, age;
	struct pair sum;
	uint32_t vcpus;
};

enum wrong {
	WRONG_BACKWARDS,
	WRONG_ANEW,
	WRONG_CYCLES,
	WRONG_LONGEST,
	NR_WRONG,
};

static const char * const wrong_texts[NR_WRONG] = {
	[WRONG_BACKWARDS]	= "while the VM is the same, nothing goes backwards",
	[WRONG_ANEW]		= "in another VM, its life and its exits begin anew",
	[WRONG_CYCLES]		= "cycles are no more than there have been",
	[WRONG_LONGEST]		= "no exit was longer than the VM has lived",
};

static uint64_t wrongs[NR_WRONG];
static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

/* The VM may be moved at any moment: then what was read is of two VMs. */
static bool read_once(struct reading *reading)
{
	struct pair identity, again;

	again = pair_of(cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY));
	reading->sum = pair_of(cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM));
	reading->vcpus = cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION).edx;
	identity = pair_of(cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY));
	reading->identity = identity.a;
	reading->age = identity.b;
	return identity.a == again.a;
}

static void found(enum wrong wrong, const struct reading *before, const struct reading *now)
{
	if (wrongs[wrong]++ >= 5)
		return;
	printf("# wrong: %s: %016" PRIx64 " age %" PRIu64 " exits %" PRIu64 " cycles %" PRIu64 "; %016"
	       PRIx64 " age %" PRIu64 " exits %" PRIu64 " cycles %" PRIu64 "\n", wrong_texts[wrong],
	       before->identity, before->age, before->sum.exits, before->sum.cycles,
	       now->identity, now->age, now->sum.exits, now->sum.cycles);
}

static void compare(const struct reading *before, const struct reading *now)
{
	if (now->identity == before->identity) {
		if (now->age < before->age || now->sum.exits <= before->sum.exits ||
		    now->sum.cycles < before->sum.cycles)
			found(WRONG_BACKWARDS, before, now);
	} else if (now->age >= before->age && now->sum.exits >= before->sum.exits) {
		found(WRONG_ANEW, before, now);
	}
	if (now->sum.cycles > now->age * now->vcpus)
		found(WRONG_CYCLES, before, now);
}

static void check_longest(const struct reading *now)
{
	uint32_t numbers[] = { reasons->cpuid, reasons->port, reasons->hlt, reasons->page,
			       reasons->interrupt };
	struct reading after;
	struct pair longest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		longest = read_view(numbers[i], KVM_EXIT_STATS_VIEW_LONGEST);
		if (!read_once(&after) || after.identity != now->identity)
			return;
		if (longest.a > after.age)
			found(WRONG_LONGEST, now, &after);
	}
}

int main(int argc, char **argv)
{
	uint64_t last = argc > 1 ? strtoull(argv[1], NULL, 10) : UINT64_MAX;
	struct timespec pause = { .tv_nsec = 5000000 };
	struct reading before, now;
	uint64_t reads = 0, moves = 0;
	size_t i;

	choose_reasons();
	signal(SIGTERM, end);
	while (!read_once(&before))
		;
	while (!ended && moves < last) {
		nanosleep(&pause, NULL);
		if (!read_once(&now))
			continue;
		compare(&before, &now);
		check_longest(&now);
		moves += now.identity != before.identity;
		before = now;
		reads++;
	}
	for (i = 0; i < NR_WRONG; i++)
		check(!wrongs[i], "%s", wrong_texts[i]);
	check(reads > 2, "the guest has read them %" PRIu64 " times", reads);
	printf("# VMs that it has been: %" PRIu64 "\n", moves + 1);
	return checks_failed != 0;
}
