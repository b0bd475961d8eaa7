// SPDX-License-Identifier: GPL-2.0
/*
 * proof-report bench|stress LOG DIR: from what `make bench` or `make stress` has printed, LOG,
 * write the page DIR/index.html and DIR/bench.json or stress.json, see proof_log.h.  Status 1: a
 * line was not understood; the page has the others.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "page.h"
#include "proof_log.h"
#include "proof_page.h"

static void write_json(const json_t *document, const char *kind)
{
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "%s.json", kind);
	file = create(path);
	if (json_dumpf(document, file, JSON_INDENT(1)))
		errx(1, "cannot write %s", path);
	fputc('\n', file);
	finish(file, path);
}

int main(int argc, char **argv)
{
	bool stress = argc == 4 && !strcmp(argv[1], "stress");
	json_t *document;
	size_t bad;
	char *text;

	if (argc != 4 || (!stress && strcmp(argv[1], "bench")))
		errx(1, "usage: proof-report bench|stress LOG DIR");
	text = read_text(argv[2], NULL);
	if (chdir(argv[3]))
		err(1, "%s", argv[3]);
	document = proof_log_parse(text, argv[1], &bad);
	free(text);
	write_json(document, argv[1]);
	if (stress)
		proof_stress_page(document);
	else
		proof_bench_page(document);
	json_decref(document);
	return bad != 0;
}
