/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXIT_NAMES_H
#define EXIT_NAMES_H

#include <stdint.h>

/*
 * Names of exits, for an encoding of exit numbers (KVM_EXIT_STATS_ENCODING_*):
 * those of the kernel's <asm/vmx.h>, and of leaves.h where that has none.
 */

/* Longer than any name of an exit */
#define EXIT_NAME_MAX 32

/*
 * The name of an exit as one word, or "?" if the number has none.  Returns name,
 * where it was written.
 */
const char *exit_name(unsigned int encoding, uint32_t number, char name[EXIT_NAME_MAX]);

/*
 * The number of the exit with this name, in any case, or -1.  An underscore stands for a
 * blank or a hyphen, too.
 */
int exit_number(unsigned int encoding, const char *name);

/* The number that a text is, be it one without a name, or the exit with that name, or -1. */
int exit_parse(unsigned int encoding, const char *text);

/* The lowest number above after, which may be -1, that has a name, or -1 behind the last. */
int exit_next(unsigned int encoding, int after);

/* The number of the exit whose name is most like this one, see similar.h, or -1. */
int exit_similar(unsigned int encoding, const char *name);

/*
 * Say that an encoding has no exit of this name, and which of its own may be meant, or of
 * the encoding other, unless that is 0.  Returns STATUS_USAGE.
 */
int exit_unknown(unsigned int encoding, unsigned int other, const char *name);

/* The length of the longest name of an exit. */
int exit_name_width(unsigned int encoding);

/* What the encoding is called, for people. */
const char *exit_encoding_name(unsigned int encoding);

/* The encoding that is called so, in any case, or 0. */
unsigned int exit_encoding(const char *name);

#endif
