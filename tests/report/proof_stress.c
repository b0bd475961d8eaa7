// SPDX-License-Identifier: GPL-2.0
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "proof_log.h"
#include "proof_page.h"
#include "util.h"

/* What the page sums up at its head, by patterns of the parts' QUANTITYs */
static const struct {
	const char *words, *patterns[3];
} sums[] = {
	{ "exits counted and compared", { "exits", "marked-exits" } },
	{ "random CPUIDs", { "random-CPUIDs" } },
	{ "virtual machines", { "VMs", "limited-VMs" } },
	{ "switches of the statistics and their parameters", { "switches", "limited-switches" } },
	{ "failures of memory provoked", { "failures*", "refused", "switches-refused" } },
	{ "messages of the kernel", { "messages" } },
	{ "leaks", { "leaks" } },
};

/* Returns whether any of them was measured. */
static bool sum_of(const json_t *document, const char *const *patterns, double *sum)
{
	bool found = false;
	const char *name;
	json_t *value;
	size_t i;

	*sum = 0;
	json_object_foreach(json_object_get(document, "sums"), name, value) {
		for (i = 0; i < ARRAY_SIZE(sums[0].patterns) && patterns[i]; i++) {
			if (fnmatch(patterns[i], name, 0))
				continue;
			*sum += json_number_value(value);
			found = true;
		}
	}
	return found;
}

static void write_sums(FILE *out, const json_t *document)
{
	double sum;
	size_t i;

	fputs("<h2>In all</h2>\n<table>\n", out);
	for (i = 0; i < ARRAY_SIZE(sums); i++) {
		fprintf(out, "<tr><td>%s</td><td>", sums[i].words);
		if (sum_of(document, sums[i].patterns, &sum))
			proof_digits(out, sum);
		else
			fputs("not measured", out);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

/* A QUANTITY, whose words a scenario may have joined by hyphens */
static void write_quantity(FILE *out, const char *quantity)
{
	char *words = strdup(quantity), *hyphen = words;

	while (hyphen && (hyphen = strchr(hyphen, '-')))
		*hyphen = ' ';
	page_text(out, words ? words : quantity);
	free(words);
}

/* What was done, part by part */
static void write_done(FILE *out, const json_t *lines)
{
	const char *part, *last = "";
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		part = proof_string(line, "part");
		if (strcmp(part, last)) {
			fputs(i ? "<br><b>" : "<b>", out);
			page_text(out, part);
			fputs(":</b> ", out);
		} else {
			fputs(", ", out);
		}
		last = part;
		proof_digits(out, proof_number(line, "value", 0));
		fputc(' ', out);
		write_quantity(out, proof_string(line, "quantity"));
	}
}

static void write_scenario(FILE *out, const json_t *scenario)
{
	fputs("<tr><td>", out);
	page_text(out, proof_string(scenario, "name"));
	fputs("</td><td>", out);
	proof_machine(out, json_object_get(scenario, "machine"));
	fputs("</td><td>", out);
	write_done(out, json_object_get(scenario, "stress"));
	fputs("</td><td>", out);
	proof_digits(out, proof_number(scenario, "passed", 0));
	fputs(proof_number(scenario, "failed", 0) ? "</td><td><b class=bad>" : "</td><td><b>", out);
	proof_digits(out, proof_number(scenario, "failed", 0));
	fputs("</b></td></tr>\n", out);
}

void proof_stress_page(const json_t *document)
{
	FILE *out = proof_page_begin(document, "make stress", "What the statistics survive");
	const json_t *scenario;
	size_t i;

	write_sums(out, document);
	fputs("<h2>The parts</h2>\n<div><table class=\"left wrap\"><tr><th>scenario</th>"
	      "<th>machine</th><th>how much was done</th><th>passed</th><th>failed</th></tr>\n",
	      out);
	json_array_foreach(json_object_get(document, "scenarios"), i, scenario)
		write_scenario(out, scenario);
	fputs("</table></div>\n", out);
	proof_page_end(out, document);
}
