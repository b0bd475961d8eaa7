/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROOF_LOG_H
#define PROOF_LOG_H

#include <jansson.h>
#include <stdbool.h>

/*
 * What `make bench` and `make stress` print.  Of their lines those are read that begin with
 *
 * # about: NAME VALUE			of the whole, in any words
 * # Lab: SCENARIO[+SCENARIO...] NAME=VALUE...	the scenarios that follow, one after another,
 *					each to its "# done", with their folders or without, and
 *					the machine that they run on
 * ok - TEXT, not ok - TEXT		a check
 * # bench: MODULES WHAT VCPUS TICKS	what the guest has waited for an exit or a reading
 * # growth: WHAT N VALUE UNIT		a cost, where there are N of something
 * # sees: PEER FACT VALUE		in any words, what a tool tells
 * # stress: PART QUANTITY VALUE	how much was done; QUANTITY may be several words
 *
 * The document is an object with the members
 *
 * format	"cpuid-query"
 * kind		"proof-bench" or "proof-stress"
 * about	an object of NAME and VALUE
 * passed, failed	how many checks
 * scenarios	an array of objects: name; machine, an object of NAME and VALUE; passed, failed;
 *		failures, an array of the TEXTs of those that have failed; checks, of those that
 *		have passed; and arrays of objects
 *   bench	modules, what, vcpus, ticks; more, than with stock modules, if that is known
 *   growth	what, n, value, unit
 *   sees	peer, fact, value
 *   stress	part, quantity, value
 * sums		in "proof-stress", an object of each QUANTITY in whole numbers and its sum
 */

/*
 * The document for a log, with kind "proof-" and this.  What begins like one of the lines, but is
 * none, is said on stderr and counted in bad.
 */
json_t *proof_log_parse(const char *text, const char *kind, size_t *bad);

/* A number of any type, or fallback if there is none of this name. */
double proof_number(const json_t *object, const char *name, double fallback);

/* A string, or "" */
const char *proof_string(const json_t *object, const char *name);

/*
 * All lines of a kind, "bench" and so on, on machines with this ISA, or any if that is NULL: a
 * new array.
 */
json_t *proof_lines(const json_t *document, const char *kind, const char *isa);

#endif
