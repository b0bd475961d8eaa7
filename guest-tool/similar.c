// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>

#include "similar.h"

#define LENGTH_MAX 32

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Row and column 0 of the matrix stand for no letter at all. */
static unsigned int edit_distance(const char *a, size_t la, const char *b, size_t lb)
{
	unsigned int d[LENGTH_MAX + 1][LENGTH_MAX + 1];
	size_t i, j;

	for (i = 0; i <= la; i++)
		d[i][0] = i;
	for (j = 0; j <= lb; j++)
		d[0][j] = j;
	for (i = 1; i <= la; i++) {
		for (j = 1; j <= lb; j++) {
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

unsigned int similar(const char *word, const char *name)
{
	size_t length = strlen(word), name_length = strlen(name);
	unsigned int distance;

	if (length > LENGTH_MAX || name_length > LENGTH_MAX)
		return SIMILAR_NOT;
	if (length > 1 && !strncasecmp(word, name, length))
		return length < name_length;
	distance = edit_distance(word, length, name, name_length);
	return distance <= (length + 1) / 3 ? distance : SIMILAR_NOT;
}

bool more_similar(const char *word, const char *name, unsigned int *least)
{
	unsigned int distance = similar(word, name);

	if (distance >= *least)
		return false;
	*least = distance;
	return true;
}

const char *most_similar(const char *word, const char *(*name_at)(size_t i))
{
	unsigned int least = SIMILAR_NOT;
	const char *name, *meant = NULL;
	size_t i;

	for (i = 0; (name = name_at(i)); i++) {
		if (more_similar(word, name, &least))
			meant = name;
	}
	return meant;
}

void similar_error(struct argp_state *state, const char *what, const char *word,
		   const char *(*name_at)(size_t i))
{
	const char *meant = most_similar(word, name_at);

	if (meant)
		argp_error(state, "there is no %s '%s'; did you mean '%s'?", what, word, meant);
	argp_error(state, "there is no %s '%s'; --help lists them", what, word);
}
