/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <argp.h>

/*
 * As argp_parse(), with a program's usage errors as STATUS_USAGE, and without control
 * characters in what is said of wrong arguments.
 */
void arguments_parse(const struct argp *argp, int argc, char **argv, unsigned int flags,
		     void *input);

#endif
