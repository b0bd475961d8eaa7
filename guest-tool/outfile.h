/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OUTFILE_H
#define OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A file that is there whole or not at all: written beside its place, then moved.  Links
 * to it stay, and so does the mode of a file that was there.
 */
struct outfile {
	const char *path;
	/*
	 * Where the path leads to, or NULL for what cannot be replaced; and the name of what is
	 * written until it is moved there, or NULL if it has none until then.
	 */
	char *place, *temporary;
	FILE *file;
};

/* Begin to write it.  Returns a status, having said why if that is not STATUS_OK. */
int outfile_open(struct outfile *out, const char *path);

/*
 * Put it in its place, or, if it is not good or could not be written, take it away.
 * Returns a status as outfile_open() does; that of what is not good is the caller's.
 */
int outfile_close(struct outfile *out, bool good);

#endif
