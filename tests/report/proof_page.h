/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROOF_PAGE_H
#define PROOF_PAGE_H

#include <jansson.h>
#include <stdio.h>

/*
 * Pages of documents as in proof_log.h.  Both write index.html in the current directory.  The
 * bench page has pictures growth-1.svg and so on, which growth.gp draws of growth.dat and
 * growth-list.gp that are written, too.
 */
void proof_bench_page(const json_t *document);
void proof_stress_page(const json_t *document);

/* What both pages begin with: how many checks passed, those that failed, and where that was. */
FILE *proof_page_begin(const json_t *document, const char *title, const char *heading);

/* What both end with: the checks of each scenario that passed. */
void proof_page_end(FILE *out, const json_t *document);

/* A machine of the lab, in words */
void proof_machine(FILE *out, const json_t *machine);

/* A number with its thousands apart, and with a fraction if it has one */
void proof_digits(FILE *out, double number);

#endif
