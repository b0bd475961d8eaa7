// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "cpuid.h"

struct cpuid_regs cpuid_instruction(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs regs = { .eax = leaf, .ecx = subleaf };

	asm volatile("cpuid" : "+a" (regs.eax), "=b" (regs.ebx), "+c" (regs.ecx),
		     "=d" (regs.edx));
	return regs;
}

void cpuid_print_raw(FILE *out, uint32_t leaf, uint32_t subleaf,
		     const struct cpuid_regs *regs)
{
	fprintf(out, "   0x%08" PRIx32 " 0x%02" PRIx32 ": eax=0x%08" PRIx32
		" ebx=0x%08" PRIx32 " ecx=0x%08" PRIx32 " edx=0x%08" PRIx32 "\n",
		leaf, subleaf, regs->eax, regs->ebx, regs->ecx, regs->edx);
}
