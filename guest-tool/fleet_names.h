/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FLEET_NAMES_H
#define FLEET_NAMES_H

#include <stdint.h>

#include "exit_names.h"

/*
 * Names of exits for many machines together, Intel's and AMD's.  Where both vendors have the
 * same exit it has one name.  Where what is one exit for one of them is several for the other,
 * those have a class together.
 */

/*
 * The name of an exit of an encoding, KVM_EXIT_STATS_ENCODING_*, in lower case, as one word.
 * Returns reason, where it was written; "unknown" if the number has no name.
 */
const char *fleet_reason(unsigned int encoding, uint32_t number, char reason[EXIT_NAME_MAX]);

/* The class that it is in, one of a few; "other" if it is in no class. */
const char *fleet_class(unsigned int encoding, uint32_t number);

#endif
