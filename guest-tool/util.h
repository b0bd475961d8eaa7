/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UTIL_H
#define UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of elements of an array, not of a pointer. */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * The status to exit with: done; wrong arguments; this machine has no statistics, or does
 * not show them; anything else.  A command that stat or compare runs has its own.
 */
enum status {
	STATUS_OK = 0,
	STATUS_USAGE = 1,
	STATUS_NO_STATISTICS = 2,
	STATUS_FAILURE = 3,
};

/*
 * Say on stderr, in one line after the program's name, what is wrong, with a ? for what
 * is not to reach a terminal.  Returns status.
 */
int __attribute__((format(printf, 2, 3))) fail(int status, const char *format, ...);

/*
 * Open standard input, output and error where they are closed, that no other file takes
 * their numbers: a program is to call this first.
 */
void open_standard_files(void);

/*
 * From now on, a program that ends by exit(), after a help text, too, fails if not all of
 * standard output could be written: it says so, and ends with STATUS_FAILURE.
 */
void check_stdout_at_exit(void);

/*
 * A whole number with nothing else in the text, no sign either: decimal, even with zeros
 * in front; parse_u32() takes hexadecimal after 0x, too.  Returns false if it is none or
 * does not fit.
 */
bool parse_decimal(const char *text, uint32_t *value);
bool parse_u32(const char *text, uint32_t *value);

/*
 * The contents of a file, with a NUL that size does not count, for the caller to free.  "-"
 * is standard input, from its beginning if it has one to go back to.  Returns NULL with
 * errno set: EFBIG for one larger than any that we write.
 */
char *file_read(const char *path, size_t *size);

/* part in percent of whole; 0 of nothing */
static inline double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

/* Seconds since some time in the past, CLOCK_MONOTONIC. */
double now(void);

#endif
