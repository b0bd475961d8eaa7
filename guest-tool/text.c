// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "util.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* The bytes of the character that a first byte begins, or 0 if it begins none. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	return first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* Read a character.  Returns its bytes, or 0 if this is no UTF-8. */
static size_t read_character(const char *text, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = length_of(*text), i;

	*character = length < 2 ? (unsigned char)*text : *text & (0x7f >> length);
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (text[i] & 0x3f);
	}
	if (*character < least[length] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character < 0xe000))
		return 0;
	return length;
}

static int is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

void text_print(FILE *out, const char *text)
{
	uint32_t character;
	size_t length;

	for (; *text; text += length ? length : 1) {
		length = read_character(text, &character);
		if (length && !is_control(character))
			fwrite(text, 1, length, out);
		else
			fputc('?', out);
	}
}

/*
 * Characters that stand on the one before them, and those of East Asia and emoji, which are
 * two columns wide.  wcwidth() knows none of them without a locale.
 */
static const struct {
	uint32_t first, last;
	int columns;
} odd_widths[] = {
	{ 0x300, 0x36f, 0 }, { 0x200b, 0x200f, 0 }, { 0xfe00, 0xfe0f, 0 },
	{ 0x1100, 0x115f, 2 }, { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 },
	{ 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 }, { 0xfe30, 0xfe6f, 2 },
	{ 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 },
	{ 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
};

static int columns_of(uint32_t character)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(odd_widths); i++) {
		if (character >= odd_widths[i].first && character <= odd_widths[i].last)
			return odd_widths[i].columns;
	}
	return 1;
}

int text_columns(const char *text)
{
	uint32_t character;
	size_t length;
	int columns = 0;

	for (; *text; text += length ? length : 1) {
		length = read_character(text, &character);
		columns += length ? columns_of(character) : 1;
	}
	return columns;
}

static ssize_t write_clean(void *out, const char *bytes, size_t size)
{
	char *lines = strndup(bytes, size), *rest = lines, *line;

	while ((line = strsep(&rest, "\n"))) {
		text_print(out, line);
		if (rest)
			fputc('\n', out);
	}
	free(lines);
	return size;
}

FILE *text_cleaner(FILE *out)
{
	FILE *cleaner = fopencookie(out, "w", (cookie_io_functions_t) { .write = write_clean });

	if (!cleaner)
		return out;
	/* So that it gets characters whole */
	setvbuf(cleaner, NULL, _IOLBF, BUFSIZ);
	return cleaner;
}

void text_print_quoted(FILE *out, const char *before, const char *text)
{
	fprintf(out, "%s '", before);
	text_print(out, text);
	fputc('\'', out);
}

/* The bytes of text that are its next line */
static size_t line_length(const char *text, size_t width)
{
	size_t end = strcspn(text, "\n"), at = width;

	if (end <= width)
		return end;
	while (at && text[at] != ' ')
		at--;
	/* Blanks that it begins with are its indentation. */
	if (at <= strspn(text, " "))
		at = width + strcspn(text + width, " \n");
	return at;
}

void text_wrap(FILE *out, const char *text, int width, int indent)
{
	int before = 0;
	size_t length;

	while (*text) {
		length = line_length(text, width > before ? width - before : 0);
		fprintf(out, "%*s%.*s\n", before, "", (int)length, text);
		text += length;
		before = *text == ' ' ? indent : 0;
		text += *text != '\0';
	}
}

char *text_utf8(const char *text)
{
	char *copy = malloc(strlen(text) * strlen(REPLACEMENT) + 1), *to = copy;
	uint32_t character;
	size_t length;

	for (; copy && *text; text += length ? length : 1) {
		length = read_character(text, &character);
		to = length ? mempcpy(to, text, length) : stpcpy(to, REPLACEMENT);
	}
	if (copy)
		*to = '\0';
	return copy;
}
