/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LEAF_H
#define LEAF_H

#include <stdint.h>

#include "leaves.h"

#define POISON 0xdeadbeef

struct regs {
	uint32_t eax, ebx, ecx, edx;
};

/* The two values of a statistics leaf, for the COUNT view exits and cycles. */
struct pair {
	union { uint64_t a, exits; };
	union { uint64_t b, cycles; };
};

/* CPUID, on registers that it has to overwrite. */
static inline struct regs cpuid(uint32_t leaf, uint32_t index)
{
	struct regs regs = { leaf, POISON, index, POISON };

	asm volatile("cpuid" : "+a" (regs.eax), "+b" (regs.ebx),
		     "+c" (regs.ecx), "+d" (regs.edx));
	return regs;
}

static inline struct pair pair_of(struct regs regs)
{
	return (struct pair) {
		{ (uint64_t)regs.edx << 32 | regs.eax },
		{ (uint64_t)regs.ebx << 32 | regs.ecx },
	};
}

/* A view of a reason, in the scope of the VM. */
static inline struct pair read_view(uint32_t reason, uint32_t view)
{
	return pair_of(cpuid(KVM_EXIT_STATS_CPUID_REASON,
			     view << KVM_EXIT_STATS_VIEW_SHIFT | reason));
}

static inline struct pair read_reason(uint32_t reason)
{
	return read_view(reason, KVM_EXIT_STATS_VIEW_COUNT);
}

#endif
