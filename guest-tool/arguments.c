// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "arguments.h"
#include "text.h"
#include "util.h"

void arguments_parse(const struct argp *argp, int argc, char **argv, unsigned int flags,
		     void *input)
{
	FILE *raw = stderr;

	argp_err_exit_status = STATUS_USAGE;
	/* getopt_long() knows no other way; exit() writes what is left. */
	stderr = text_cleaner(raw);
	argp_parse(argp, argc, argv, flags, NULL, input);
	if (stderr != raw)
		fclose(stderr);
	stderr = raw;
}
