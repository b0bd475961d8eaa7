// SPDX-License-Identifier: GPL-2.0
/*
 * cpuid-query: show, inside a virtual machine, how often and for how long KVM
 * has stopped it.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "builtin.h"
#include "options.h"
#include "util.h"

const char *argp_program_version = "cpuid-query " VERSION;

static int run(int argc, char **argv)
{
	int at = options_end(argc, argv);
	const struct builtin *builtin = at < argc ? builtin_find(argv[at]) : NULL;

	if (!builtin)
		return builtin_show(argc, argv);
	/* --from FILE top is top --from FILE. */
	memmove(&argv[2], &argv[1], (at - 1) * sizeof(*argv));
	argv[1] = (char *)builtin->name;
	return builtin->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	open_standard_files();
	check_stdout_at_exit();
	return run(argc, argv);
}
