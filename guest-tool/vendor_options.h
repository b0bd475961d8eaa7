/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VENDOR_OPTIONS_H
#define VENDOR_OPTIONS_H

#include <argp.h>

/*
 * --vmx and --svm: whose exits, as a child of a command's argp.  The input is an unsigned int,
 * KVM_EXIT_STATS_ENCODING_*, or 0 where neither was given.  Both end the program with a usage
 * error.
 */
extern const struct argp vendor_argp;

/* It, and --json and --csv after it, for .children */
extern const struct argp_child vendor_options[];

#endif
