/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DUMP_H
#define DUMP_H

#include "cpuid.h"

/* The text of a file in tests/unit/dumps, for the caller to free. */
char *dump_text(const char *name);

/* Read a recorded dump, as cpuid -r and cpuid-query --raw print it. */
void dump_load(const char *name);

/* Set one answer, in place of a recorded one. */
void dump_set(uint32_t leaf, uint32_t subleaf, struct cpuid_regs regs);

/* Answer from the dump, and zeros if it has no such line. */
struct cpuid_regs dump_cpuid(uint32_t leaf, uint32_t subleaf);

/* How often dump_cpuid() was called since dump_load(). */
unsigned int dump_calls(void);

#endif
