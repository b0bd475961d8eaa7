/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEXT_H
#define TEXT_H

#include <stdio.h>

/* Texts that others have written, such as commands and names of files: any bytes. */

/* Write text for people: control characters, and what is no UTF-8, are a '?' each. */
void text_print(FILE *out, const char *text);

/* The columns of a screen that this takes. */
int text_columns(const char *text);

/*
 * A stream for lines of such text, which go to out; out itself if there is no memory for
 * it.  The caller closes it, or exit() does.
 */
FILE *text_cleaner(FILE *out);

/* The same in quotation marks, with a blank between before and them. */
void text_print_quoted(FILE *out, const char *before, const char *text);

/*
 * Write text in lines of at most so many characters, broken at blanks, with so many blanks
 * before what is broken off.  A word that is longer stays whole.
 */
void text_wrap(FILE *out, const char *text, int width, int indent);

/*
 * Text as UTF-8, with U+FFFD in place of each byte that is none, for the caller to free.
 * Returns NULL if there is no memory.
 */
char *text_utf8(const char *text);

#endif
