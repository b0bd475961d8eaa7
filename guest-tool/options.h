/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <argp.h>
#include <stdbool.h>

/* The options that all subcommands have. */

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV,
};

struct common_options {
	/* A file to read from in place of CPUID, or NULL */
	const char *from;
	/* A vCPU alone, or -1 */
	long cpu;
	enum format format;
};

/* As a child of a subcommand's argp: its input is a struct common_options. */
extern const struct argp_child common_options[];

/*
 * Those, and the options of a struct measure_plan, for subcommands that run commands:
 * the first child's input is the plan.
 */
extern const struct argp_child plan_options[];

/* The options before any was parsed. */
#define COMMON_OPTIONS { .cpu = -1 }

/* Parse a number of an option, from least to most; ends the program if it is none. */
unsigned int option_number(struct argp_state *state, const char *arg, const char *what,
			   unsigned int least, unsigned int most);

/*
 * Parse the arguments of a subcommand, argv[0] being its name, which messages and the
 * help show after the program's.
 */
void options_parse(const struct argp *argp, int argc, char **argv, void *input);

#endif
