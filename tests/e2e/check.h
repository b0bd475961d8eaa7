/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHECK_H
#define CHECK_H

#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static int checks_failed;

/* Print the result of one check as a line of TAP, without its number. */
static inline bool __attribute__((format(printf, 2, 3)))
check(bool passed, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf(passed ? "ok - " : "not ok - ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	checks_failed += !passed;
	return passed;
}

/* What a program of several checks does for its only argument. */
struct command {
	const char *name;
	void (*function)(void);
};

/* Run the command that is argv[1].  Returns the status to exit with. */
static inline int run_command(const struct command *commands, size_t nr, int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < nr; i++) {
		if (!strcmp(argv[1], commands[i].name)) {
			commands[i].function();
			return checks_failed != 0;
		}
	}
	errx(1, "usage: %s NAME", argv[0]);
}

#endif
