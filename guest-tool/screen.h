/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>

/*
 * A whole terminal, on stdin and stdout.  It needs no terminfo database: a terminal
 * that is not known is taken for a VT100.
 */

/*
 * Take it over.  What is said on stderr from now on waits for screen_close().
 * Returns false if the terminal cannot be used so.
 */
bool screen_open(void);

/* Show the lines of a text, as far as they fit, one of them, or none if -1, in reverse. */
void screen_show(const char *text, int reverse);

/*
 * A key that was pressed, or -1.  That the terminal has another size now is a key, too,
 * of no character.
 */
int screen_key(void);

/* The characters of a line. */
int screen_width(void);

/* Give the terminal back as it was. */
void screen_close(void);

#endif
