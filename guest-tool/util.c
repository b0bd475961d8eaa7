// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"
#include "util.h"

int fail(int status, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	text_print(stderr, text ? text : format);
	fputc('\n', stderr);
	free(text);
	return status;
}

void open_standard_files(void)
{
	/* As if closed, what is read ends at once, and what is written fails or goes nowhere. */
	static const int flags[] = {
		[STDIN_FILENO] = O_RDONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_WRONLY,
	};
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* The lowest number that is free is this one. */
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", flags[fd]);
	}
}

static void check_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return;
	fail(STATUS_FAILURE, "cannot write: %s", strerror(errno));
	fflush(stderr);
	_exit(STATUS_FAILURE);
}

void check_stdout_at_exit(void)
{
	atexit(check_stdout);
}

static bool parse(const char *text, const char *digits, int base, uint32_t *value)
{
	unsigned long long number;

	/* strtoull() would take blanks and signs, too. */
	if (!*text || text[strspn(text, digits)])
		return false;
	errno = 0;
	number = strtoull(text, NULL, base);
	if (errno || number > UINT32_MAX)
		return false;
	*value = number;
	return true;
}

bool parse_decimal(const char *text, uint32_t *value)
{
	return parse(text, "0123456789", 10, value);
}

bool parse_u32(const char *text, uint32_t *value)
{
	if (!strncasecmp(text, "0x", 2))
		return parse(text + 2, "0123456789abcdefABCDEF", 16, value);
	return parse_decimal(text, value);
}

double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* More than what stat writes of 1000 runs, which is 10 MB with 25 reasons each */
#define FILE_MAX (64 << 20)
#define FILE_USUAL (64 << 10)

static char *stream_read(FILE *file, size_t *size)
{
	char *text = NULL, *more;
	size_t room;

	*size = 0;
	for (room = FILE_USUAL; room <= FILE_MAX; room *= 2) {
		more = realloc(text, room + 1);
		if (!more)
			break;
		text = more;
		*size += fread(text + *size, 1, room - *size, file);
		if (ferror(file))
			break;
		if (*size < room) {
			text[*size] = '\0';
			return text;
		}
	}
	if (room > FILE_MAX)
		errno = EFBIG;
	free(text);
	return NULL;
}

static FILE *open_to_read(const char *path)
{
	int fd;

	if (strcmp(path, "-"))
		return fopen(path, "re");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	/* Of a pipe there is no beginning to go back to. */
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

char *file_read(const char *path, size_t *size)
{
	FILE *file = open_to_read(path);
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
