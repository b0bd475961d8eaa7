/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHECK_H
#define CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

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

#endif
