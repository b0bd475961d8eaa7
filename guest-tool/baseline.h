/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASELINE_H
#define BASELINE_H

#include "result.h"

/*
 * Name in text, of so many bytes, the reasons of which the baseline has more exits than the
 * command that it is to be a part of, beyond the noise as comparison.h has that: then it
 * is none of this command.  Returns whether there are any; with too few runs for that, or
 * no baseline, or no memory, there are none.
 */
bool baseline_exceeds(const struct exit_result *result, char *text, size_t size);

/* The same as a warning on stderr, one line. */
void baseline_check(const struct exit_result *result);

#endif
