// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "util.h"

int fail(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

bool parse_u32(const char *text, uint32_t *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || number > UINT32_MAX)
		return false;
	*value = number;
	return true;
}

double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* More than the longest recording that is of use */
#define FILE_MAX (4 << 20)

static char *stream_read(FILE *file, size_t *size)
{
	char *text = malloc(FILE_MAX + 1);

	if (!text)
		return NULL;
	*size = fread(text, 1, FILE_MAX + 1, file);
	if (!ferror(file) && *size <= FILE_MAX) {
		text[*size] = '\0';
		return realloc(text, *size + 1);
	}
	if (!ferror(file))
		errno = EFBIG;
	free(text);
	return NULL;
}

char *file_read(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text;
	int error;

	if (!file)
		return NULL;
	text = stream_read(file, size);
	error = errno;
	fclose(file);
	errno = error;
	return text;
}
