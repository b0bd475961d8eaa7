/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CPUID_DUMP_H
#define CPUID_DUMP_H

#include <stdbool.h>

#include "cpuid.h"

/* A recorded dump that answers CPUID.  There is one at a time. */

/*
 * Take the answers from text: lines as cpuid_print_raw() writes them; others are
 * skipped.  Returns how many there were, or -1 if there is no memory for them.
 */
int cpuid_dump_load(const char *text);

/* An answer of the dump, or four zeros if it has none.  A cpuid_fn. */
struct cpuid_regs cpuid_dump(uint32_t leaf, uint32_t subleaf);

/* Add or replace an answer.  Returns false if there is no memory for it. */
bool cpuid_dump_set(uint32_t leaf, uint32_t subleaf, struct cpuid_regs regs);

#endif
