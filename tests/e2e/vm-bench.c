// SPDX-License-Identifier: GPL-2.0
/*
 * vm-bench VCPUS [cpuid|armed|other]: what a CPUID costs a guest, exit and re-entry, by leaf,
 * in ticks of its TSC, where VCPUS have been created.  In Bochs a tick is an instruction.  Prints
 * "NAME VCPUS TICKS" for each.  cpuid: only that of leaf 0; armed: the same, while a counter
 * of the virtual PMU counts all exits; other: while it counts another event.
 */
#include <stdio.h>
#include <stdlib.h>

#include "leaves.h"
#include "raw-pmu.h"
#include "raw-vm.h"
#include "reasons.h"

/*
 * Long enough that what KVM_RUN costs is little of it, short enough that some of the runs
 * are without a tick of the host's.
 */
#define RUNS	20
#define TIMES	100

/* A leaf of no range that anybody uses */
#define LEAF_OF_NOBODY	0x4ABCDEF0

/* Where the guest finds what to read, and leaves how long that took. */
struct reading {
	uint32_t leaf;
	uint32_t index;
	uint32_t ticks;
};

extern const char bench_begin[], bench_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "bench_begin:\n"
    "	movl $" XSTR(TIMES) ", %edi\n"
    "	rdtsc\n"
    "	movl %eax, %esi\n"
    "1:	movl " XSTR(RESULT) ", %eax\n"
    "	movl " XSTR(RESULT) " + 4, %ecx\n"
    "	cpuid\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    "	rdtsc\n"
    "	subl %esi, %eax\n"
    STORE(eax, 8)
    "	hlt\n"
    "bench_end:\n"
    "	.code64\n"
    ".popsection\n");

/* Ticks for each of TIMES readings, in the best of RUNS */
static uint32_t measure(const struct vm *vm, uint32_t leaf, uint32_t index)
{
	struct reading *reading = (struct reading *)(vm->memory + RESULT);
	uint32_t best = UINT32_MAX;
	int i;

	reading->leaf = leaf;
	reading->index = index;
	for (i = 0; i < RUNS; i++) {
		start_in_real_mode(vm->vcpu);
		kvm_ioctl(vm->vcpu, KVM_RUN, NULL, "KVM_RUN");
		if (vm->run->exit_reason != KVM_EXIT_HLT)
			errx(3, "KVM_RUN: exit reason %u", vm->run->exit_reason);
		if (reading->ticks < best)
			best = reading->ticks;
	}
	return best / TIMES;
}

int main(int argc, char **argv)
{
	unsigned long vcpus = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, i;
	bool armed, pmu;
	uint32_t ticks;
	struct vm vm;
	size_t nr;

	if (!vcpus)
		errx(1, "usage: vm-bench VCPUS [cpuid|armed|other]");

	choose_reasons();
	const struct {
		const char *name;
		uint32_t leaf, index;
	} readings[] = {
		{ "cpuid", 0, 0 },
		{ "nobody's", LEAF_OF_NOBODY, 0 },
		{ "signature", KVM_EXIT_STATS_CPUID_SIGNATURE, 0 },
		{ "description", KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION },
		{ "totals", KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM },
		{ "occupancy", KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_OCCUPANCY },
		{ "reason", KVM_EXIT_STATS_CPUID_REASON, reasons->cpuid },
		{ "longest", KVM_EXIT_STATS_CPUID_REASON,
		  KVM_EXIT_STATS_VIEW_LONGEST << KVM_EXIT_STATS_VIEW_SHIFT | reasons->cpuid },
		{ "histogram", KVM_EXIT_STATS_CPUID_REASON,
		  KVM_EXIT_STATS_VIEW_HISTOGRAM << KVM_EXIT_STATS_VIEW_SHIFT | reasons->cpuid },
		{ "own", KVM_EXIT_STATS_CPUID_REASON,
		  KVM_EXIT_STATS_SCOPE_VCPU | reasons->cpuid },
		{ "other", KVM_EXIT_STATS_CPUID_REASON, KVM_EXIT_STATS_OTHER },
	};

	vm = create_vm(bench_begin, bench_end);
	set_cpuid(&vm);
	nr = sizeof(readings) / sizeof(readings[0]);
	if (argc > 2)
		nr = 1;
	armed = argc > 2 && !strcmp(argv[2], "armed");
	pmu = armed || (argc > 2 && !strcmp(argv[2], "other"));
	if (pmu)
		enable_counter(&vm, armed);
	for (i = 1; i < vcpus; i++)
		kvm_ioctl(vm.fd, KVM_CREATE_VCPU, (void *)i, "KVM_CREATE_VCPU");
	for (i = 0; i < nr; i++) {
		ticks = measure(&vm, readings[i].leaf, readings[i].index);
		if (pmu)
			check_counter(&vm, armed, RUNS * TIMES);
		printf("%s %lu %u\n", readings[i].name, vcpus, ticks);
	}
	return 0;
}
