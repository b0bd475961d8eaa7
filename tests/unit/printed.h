/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PRINTED_H
#define PRINTED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a function prints to out, as a string that the caller frees. */
#define PRINTED(call) ({						\
	char *text_ = NULL;						\
	size_t size_;							\
	FILE *out = open_memstream(&text_, &size_);			\
	call;								\
	fclose(out);							\
	text_; })

#define EXPECT_PRINTED(call, expected) do {				\
	char *printed_ = PRINTED(call);					\
	assert_string_equal(printed_, expected);			\
	free(printed_);							\
} while (0)

static inline void expect_in(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

#endif
