// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>

#include "page.h"
#include "util.h"

char *read_text(const char *path, size_t *size)
{
	size_t unused;
	char *text = file_read(path, size ? size : &unused);

	if (!text)
		err(1, "%s", path);
	return text;
}

FILE *create(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		err(1, "%s", path);
	return file;
}

void finish(FILE *file, const char *path)
{
	if (ferror(file) | fclose(file))
		errx(1, "cannot write %s", path);
}

static const char style[] =
	":root { color-scheme: light dark }\n"
	"body { font: 15px/1.5 sans-serif; max-width: 1060px; margin: 2em auto; padding: 0 1em }\n"
	"table { border-collapse: collapse; font-size: 12px }\n"
	"td, th { padding: 2px 7px; text-align: right; border-bottom: 1px solid #8886;"
	" white-space: nowrap }\n"
	"th { white-space: normal }\n"
	".left td, .left th, .bench :nth-child(2), .bench :nth-child(6),"
	" td:first-child, th:first-child { text-align: left }\n"
	".wrap td { white-space: normal; vertical-align: top }\n"
	"small { color: #888 }\n"
	".words { font-size: 12px }\n"
	".bad { color: #d43 }\n"
	"img { max-width: 100% }\n"
	"div { overflow-x: auto }\n"
	"figure { display: inline-block; width: 330px; margin: 0 15px 1em 0;"
	" vertical-align: top }\n"
	"li { overflow-wrap: anywhere }\n";

FILE *page_begin(const char *path, const char *title, const char *heading)
{
	FILE *out = create(path);

	fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<title>%s</title>\n<style>\n%s</style></head><body>\n<h1>%s</h1>\n",
		title, style, heading);
	return out;
}

void page_end(FILE *out, const char *path)
{
	fputs("</body></html>\n", out);
	finish(out, path);
}

void page_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}
