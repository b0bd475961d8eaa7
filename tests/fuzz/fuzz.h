/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_view.h"

/* Between libFuzzer, which has no header, and what it runs */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* What has to hold, and is reported as a crash if it does not */
#define EXPECT(condition) do {							\
	if (!(condition)) {							\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
		abort();							\
	}									\
} while (0)

/* As file_read() returns it: of just this size, for the sanitizer to see what is beyond. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	EXPECT(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* All reasons */
static const struct exit_view view;

/* Printers are to be run, and nobody reads what they print. */
static inline FILE *fuzz_nowhere(void)
{
	static FILE *nowhere;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	EXPECT(nowhere);
	return nowhere;
}

#endif
