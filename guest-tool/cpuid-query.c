// SPDX-License-Identifier: GPL-2.0
/*
 * cpuid-query: show, inside a virtual machine, how often and for how long KVM
 * has stopped it.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "builtin.h"
#include "util.h"

const char *argp_program_version = "cpuid-query " VERSION;

static const struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);
} builtins[] = {
	{ "stat", builtin_stat },
	{ "top", builtin_top },
	{ "compare", builtin_compare },
	{ "log", builtin_log },
	{ "bench", builtin_bench },
};

static int run(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(builtins); i++) {
		if (!strcmp(argv[1], builtins[i].name))
			return builtins[i].run(argc - 1, argv + 1);
	}
	return builtin_show(argc, argv);
}

int main(int argc, char **argv)
{
	int status;

	open_standard_files();
	status = run(argc, argv);

	if (fflush(stdout) || ferror(stdout))
		return fail(STATUS_FAILURE, "cannot write: %s", strerror(errno));
	return status;
}
