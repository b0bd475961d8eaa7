/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASELINE_H
#define BASELINE_H

#include "result.h"

/*
 * Name in text, of size bytes, the reasons of which the baseline has significantly more exits
 * than its command (see comparison.h).  It is then no part of the command, so no baseline
 * for it.  Returns whether there are any; with too few runs to tell, no baseline or no
 * memory there are none.
 */
bool baseline_exceeds(const struct exit_result *result, char *text, size_t size);

/* The same as a warning on stderr, one line. */
void baseline_check(const struct exit_result *result);

#endif
