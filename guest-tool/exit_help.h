/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXIT_HELP_H
#define EXIT_HELP_H

#include <stdint.h>

/*
 * What an exit reason means, for people who are new to it or tired.  What causes an exit is
 * defined by the vendor's manual, the SDM or the APM; which of these causes KVM makes use of,
 * and what it does then, by Linux's KVM.
 */
struct exit_help {
	/* What has happened, as the rest of a line */
	const char *what;
	/* When it happens: whole sentences */
	const char *when;
	/* What one does about it: whole sentences */
	const char *advice;
};

/*
 * The text for an exit number of an encoding, KVM_EXIT_STATS_ENCODING_*: one for each that
 * exit_name() has a name for.  Several numbers may share one.  Returns NULL if there is none.
 */
const struct exit_help *exit_help(unsigned int encoding, uint32_t number);

#endif
