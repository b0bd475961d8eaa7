// SPDX-License-Identifier: GPL-2.0
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"
#include "vt100.h"

static SCREEN *open_as_vt100(void)
{
	setenv("TERM", "vt100", true);
	setenv("TERMINFO", VT100, true);
	return newterm(NULL, stdout, stdin);
}

bool screen_open(void)
{
	const char *term = getenv("TERM");

	/* curses would take it, and could only scroll. */
	if (term && !strcmp(term, "dumb"))
		return false;
	if (!newterm(NULL, stdout, stdin) && !open_as_vt100())
		return false;
	cbreak();
	noecho();
	nodelay(stdscr, true);
	keypad(stdscr, true);
	curs_set(0);
	setvbuf(stderr, NULL, _IOFBF, BUFSIZ);
	return true;
}

void screen_show(const char *text, int reverse)
{
	int y, length;

	erase();
	for (y = 0; *text && y < LINES; y++) {
		length = strcspn(text, "\n");
		mvaddnstr(y, 0, text, length < COLS ? length : COLS);
		if (y == reverse)
			mvchgat(y, 0, -1, A_REVERSE, 0, NULL);
		text += length + (text[length] == '\n');
	}
	refresh();
}

int screen_key(void)
{
	int key = getch();

	return key == ERR ? -1 : key;
}

int screen_width(void)
{
	return COLS;
}

void screen_close(void)
{
	/* For what follows, on a terminal that has no other screen to go back to */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	fflush(stderr);
	setvbuf(stderr, NULL, _IONBF, 0);
}
