/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIMILAR_H
#define SIMILAR_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/* For "did you mean": names that somebody may have meant by a word. */

/* Of a name that nobody can have meant: more than any distance */
#define SIMILAR_NOT 1000

/*
 * How unlike a name is to a word, in any case: the letters to insert, delete, replace or
 * swap with the next (the edit distance, after Damerau).  SIMILAR_NOT if that is more than
 * a third of the word, or the word is too long for a name.  A word of two letters or more
 * that the name begins with is 1 from it.
 */
unsigned int similar(const char *word, const char *name);

/*
 * Is name more like word than those before?  *least is the least distance so far, in the
 * beginning SIMILAR_NOT, and is lowered if so.
 */
bool more_similar(const char *word, const char *name, unsigned int *least);

/*
 * The name that is most like word, or NULL if nobody can have meant any.  name_at() returns
 * them by number, from 0 on, and NULL behind the last.
 */
const char *most_similar(const char *word, const char *(*name_at)(size_t i));

/* End the program with a usage error: no what, a noun, is called word; which may be meant. */
void similar_error(struct argp_state *state, const char *what, const char *word,
		   const char *(*name_at)(size_t i));

#endif
