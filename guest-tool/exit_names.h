/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXIT_NAMES_H
#define EXIT_NAMES_H

#include <stdint.h>

/*
 * Names of exits, for an encoding of exit numbers (KVM_EXIT_STATS_ENCODING_*):
 * those of the kernel's <asm/vmx.h>, and of leaves.h where that has none.
 */

/* The name of an exit, or "?" if the number has none. */
const char *exit_name(unsigned int encoding, uint32_t number);

/* The number of the exit with this name, in any case, or -1. */
int exit_number(unsigned int encoding, const char *name);

/* What the encoding is called, for people. */
const char *exit_encoding_name(unsigned int encoding);

#endif
