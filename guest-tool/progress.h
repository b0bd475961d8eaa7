/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROGRESS_H
#define PROGRESS_H

/*
 * Say on stderr, if that is a terminal, what is going on: once the program runs for
 * more than two seconds, in a line that the next one overwrites.
 */
void __attribute__((format(printf, 1, 2))) progress(const char *format, ...);

/* Clear that line. */
void progress_end(void);

#endif
