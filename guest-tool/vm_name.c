// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "vm_name.h"

/* The end of an option of QEMU's, in which two commas are one */
static const char *end_of_option(const char *c)
{
	for (; *c && (*c != ',' || c[1] == ','); c++)
		c += *c == ',';
	return c;
}

/* From one of its options to the end of it, with single commas */
static char *copy_option(const char *from, const char *end)
{
	char *copy = malloc(end - from + 1), *to = copy;

	for (; copy && from < end; from++) {
		*to++ = *from;
		from += *from == ',';
	}
	if (copy)
		*to = '\0';
	return copy;
}

/* The name in "guest=NAME,OPTION=..." or "NAME,OPTION=..."; NULL if there is none. */
static char *name_in(const char *value)
{
	const char *c, *end;

	for (c = value; *c; c = *end ? end + 1 : end) {
		end = end_of_option(c);
		if (!strncmp(c, "guest=", 6))
			return copy_option(c + 6, end);
		if (c == value && !memchr(c, '=', end - c))
			return copy_option(c, end);
	}
	return NULL;
}

static bool is_option(const char *word, const char *name)
{
	if (*word != '-')
		return false;
	word += 1 + (word[1] == '-');
	return !strcmp(word, name);
}

/* The last one counts, as it does for QEMU. */
static void replace(char **text, char *by)
{
	free(*text);
	*text = by;
	if (by && !*by) {
		free(by);
		*text = NULL;
	}
}

void vm_name_parse(const char *cmdline, size_t size, char **name, char **uuid)
{
	const char *end = cmdline + size, *word = cmdline, *next;

	*name = *uuid = NULL;
	for (; word < end; word = next) {
		next = word + strnlen(word, end - word) + 1;
		if (next >= end)
			break;
		if (is_option(word, "name"))
			replace(name, name_in(next));
		else if (is_option(word, "uuid"))
			replace(uuid, strdup(next));
	}
}

bool vm_name_of(const char *procfs, const char *pid, char **name, char **uuid)
{
	char *path, *cmdline = NULL;
	size_t size = 0;

	*name = *uuid = NULL;
	if (asprintf(&path, "%s/%s/cmdline", procfs, pid) < 0)
		return true;
	cmdline = file_read(path, &size);
	free(path);
	if (!cmdline)
		return true;
	vm_name_parse(cmdline, size, name, uuid);
	free(cmdline);
	return size;
}
