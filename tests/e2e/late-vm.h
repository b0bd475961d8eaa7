/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual machine of raw-vm.h that makes OUTS port I/Os, then reads the exits of the number
 * that is where they are stored.
 */
#ifndef LATE_VM_H
#define LATE_VM_H

#include <err.h>
#include <inttypes.h>
#include <string.h>

#include "leaf.h"
#include "leaves.h"
#include "raw-vm.h"

#define OUTS		100
#define VMM_LOOPS	15000

extern const char late_begin[], late_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "late_begin:\n"
    "	movl $" XSTR(OUTS) ", %edi\n"
    "1:	outb %al, $0x80\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    "	movl $" XSTR(KVM_EXIT_STATS_CPUID_REASON) ", %eax\n"
    "	movl " XSTR(RESULT) ", %ecx\n"
    "	cpuid\n"
    STORE(eax, 0)
    STORE(edx, 4)
    STORE(ecx, 8)
    STORE(ebx, 12)
    "	hlt\n"
    "late_end:\n"
    "	.code64\n"
    ".popsection\n");

/* Run to the HLT, with VMM_LOOPS turns of a loop at each exit before. */
static inline void run_vm(const struct vm *vm)
{
	volatile int i;

	for (;;) {
		kvm_ioctl(vm->vcpu, KVM_RUN, NULL, "KVM_RUN");
		if (vm->run->exit_reason == KVM_EXIT_HLT)
			return;
		if (vm->run->exit_reason != KVM_EXIT_IO)
			errx(3, "KVM_RUN: exit reason %" PRIu32, vm->run->exit_reason);
		for (i = 0; i < VMM_LOOPS; i++)
			;
	}
}

/* The exits of a number, after OUTS more of port I/O */
static inline struct pair run_late(const struct vm *vm, uint32_t number)
{
	struct pair result;

	memcpy(vm->memory + RESULT, &number, sizeof(number));
	start_in_real_mode(vm->vcpu);
	run_vm(vm);
	memcpy(&result, vm->memory + RESULT, sizeof(result));
	return result;
}

#endif
