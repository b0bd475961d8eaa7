/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CPUID_H
#define CPUID_H

#include <stdint.h>
#include <stdio.h>

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

/* Anything that answers CPUID: the instruction, or a recorded dump. */
typedef struct cpuid_regs cpuid_fn(uint32_t leaf, uint32_t subleaf);

/*
 * How a hypervisor on this processor numbers exits, KVM_EXIT_STATS_ENCODING_*.  It was found
 * when the program was started, so that this executes no CPUID.
 */
unsigned int cpuid_encoding(void);

/* Execute CPUID on the CPU that this thread happens to run on. */
struct cpuid_regs cpuid_instruction(uint32_t leaf, uint32_t subleaf);

/*
 * Print one line as the cpuid utility's -r does.  The registers that CPUID was
 * called with come first, then the four that it returned.
 */
void cpuid_print_raw(FILE *out, uint32_t leaf, uint32_t subleaf,
		     const struct cpuid_regs *regs);

#endif
