/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>
#include <stdio.h>

/*
 * What the programs that write pages share.  They are run by make: whatever cannot be read or
 * written ends them, with a line about it.
 */

/* The contents of a file and a NUL behind, which size, if not NULL, does not count; to be freed. */
char *read_text(const char *path, size_t *size);

/* A new file to write to; finish() ends the program if it does not have everything. */
FILE *create(const char *path);
void finish(FILE *file, const char *path);

/* The page's file with its head and first heading, readable in light and dark; and its end. */
FILE *page_begin(const char *path, const char *title, const char *heading);
void page_end(FILE *out, const char *path);

/* Any text, as what it is in HTML */
void page_text(FILE *out, const char *text);

#endif
