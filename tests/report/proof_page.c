// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "proof_log.h"
#include "proof_page.h"

/* "bench" or "stress" */
static const char *proof_kind(const json_t *document)
{
	return strchr(proof_string(document, "kind"), '-') + 1;
}

void proof_digits(FILE *out, double number)
{
	char digits[32];
	size_t length, i;

	if (number != floor(number)) {
		fprintf(out, "%.2f", number);
		return;
	}
	length = snprintf(digits, sizeof(digits), "%.0f", fabs(number));
	fputs(number < 0 ? "&minus;" : "", out);
	for (i = 0; i < length; i++) {
		fputc(digits[i], out);
		if ((length - i) % 3 == 1 && i + 1 < length)
			fputc(',', out);
	}
}

void proof_machine(FILE *out, const json_t *machine)
{
	const char *isa = proof_string(machine, "ISA"), *smp = proof_string(machine, "SMP");

	fputs(!strcmp(isa, "vmx") ? "Intel VMX, in Bochs" :
	      !strcmp(isa, "svm") ? "AMD SVM, in QEMU's TCG" : "this machine", out);
	if (*smp)
		fprintf(out, ", %s CPU%s", smp, strcmp(smp, "1") ? "s" : "");
	if (*proof_string(machine, "DEBUG")) {
		fputs(", a kernel with ", out);
		page_text(out, proof_string(machine, "DEBUG"));
	}
}

static void write_count(FILE *out, const json_t *counts)
{
	double failed = proof_number(counts, "failed", 0);

	proof_digits(out, proof_number(counts, "passed", 0));
	fputs(failed ? " passed, <b class=bad>" : " passed, ", out);
	proof_digits(out, failed);
	fputs(failed ? " failed</b>" : " failed", out);
}

static void write_checks(FILE *out, const json_t *scenario, const char *which,
			 const char *before, const char *between)
{
	const json_t *checks = json_object_get(scenario, which);
	const json_t *check;
	size_t i;

	json_array_foreach(checks, i, check) {
		fputs("<li>", out);
		page_text(out, before);
		page_text(out, between);
		page_text(out, json_string_value(check));
		fputs("</li>\n", out);
	}
}

/* Those that failed, of all scenarios */
static void write_failures(FILE *out, const json_t *document)
{
	const json_t *scenario;
	size_t i;

	fputs("<ul class=bad>\n", out);
	json_array_foreach(json_object_get(document, "scenarios"), i, scenario)
		write_checks(out, scenario, "failures", proof_string(scenario, "name"), ": ");
	fputs("</ul>\n", out);
}

FILE *proof_page_begin(const json_t *document, const char *title, const char *heading)
{
	FILE *out = page_begin("index.html", title, heading);
	const char *name;
	json_t *value;

	fputs("<p>Checks: ", out);
	write_count(out, document);
	fputs("</p>\n", out);
	write_failures(out, document);
	fputs("<table class=\"left wrap\">\n", out);
	json_object_foreach(json_object_get(document, "about"), name, value) {
		fputs("<tr><td>", out);
		page_text(out, name);
		fputs("</td><td>", out);
		page_text(out, json_string_value(value));
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
	return out;
}

void proof_page_end(FILE *out, const json_t *document)
{
	const json_t *scenario;
	size_t i;

	fputs("<h2>What was checked, and found right</h2>\n", out);
	json_array_foreach(json_object_get(document, "scenarios"), i, scenario) {
		fputs("<details><summary><b>", out);
		page_text(out, proof_string(scenario, "name"));
		fputs("</b>, ", out);
		proof_machine(out, json_object_get(scenario, "machine"));
		fputs(": ", out);
		write_count(out, scenario);
		fputs("</summary>\n<ul>\n", out);
		write_checks(out, scenario, "checks", "", "");
		fputs("</ul></details>\n", out);
	}
	fprintf(out, "<p>For other programs: <a href=\"%s.json\">%s.json</a>.</p>\n",
		proof_kind(document), proof_kind(document));
	page_end(out, "index.html");
}
