// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "baseline.h"
#include "comparison.h"
#include "exit_names.h"
#include "util.h"

static bool name_exceeding(const struct comparison *comparison, char *text, size_t size)
{
	char name[EXIT_NAME_MAX];
	size_t i, used;

	text[0] = '\0';
	for (i = 0; i < comparison->nr; i++) {
		const struct compared *of = comparison->rows[i].of;

		if (!of[1].differs || of[1].sample.mean > of[0].sample.mean)
			continue;
		used = strlen(text);
		snprintf(text + used, size - used, "%s%s", used ? ", " : "",
			 exit_name(comparison->results[0].info.encoding,
				   comparison->rows[i].number, name));
	}
	return text[0] != '\0';
}

bool baseline_exceeds(const struct exit_result *result, char *text, size_t size)
{
	const struct exit_result results[] = {
		{ .info = result->info, .measured = result->baseline },
		{ .info = result->info, .measured = result->measured },
	};
	static const struct exit_view all;
	struct comparison comparison;
	bool any;

	if (!result->baseline.nr || !result->measured.nr ||
	    !comparison_make(&comparison, results, 2, false, &all))
		return false;
	any = name_exceeding(&comparison, text, size);
	comparison_free(&comparison);
	return any;
}

void baseline_check(const struct exit_result *result)
{
	char names[256];

	if (baseline_exceeds(result, names, sizeof(names)))
		fail(0, "'%s' is no baseline of '%s': it has more exits of %s; use the same "
		     "program with nothing to do", result->baseline.command,
		     result->measured.command, names);
}
