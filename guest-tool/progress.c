// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "progress.h"
#include "util.h"

#define SILENT_SECONDS 2

static double begun;
static int shown;

void progress(const char *format, ...)
{
	va_list args;

	if (!begun)
		begun = now();
	if (!isatty(STDERR_FILENO) || now() - begun < SILENT_SECONDS)
		return;
	progress_end();
	va_start(args, format);
	shown = vfprintf(stderr, format, args);
	va_end(args);
	/* A terminal that is still being written to is exits, too. */
	tcdrain(STDERR_FILENO);
}

void progress_end(void)
{
	if (shown > 0)
		fprintf(stderr, "\r%*s\r", shown, "");
	shown = 0;
}
