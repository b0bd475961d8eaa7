/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "exit_view.h"

/* The options that several commands have. */

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
	/* Each vCPU by itself? */
	bool per_vcpu;
	enum format format;
};

/* The options before any was parsed. */
#define COMMON_OPTIONS { .cpu = -1 }

/*
 * As children of a command's argp, the input of each a struct common_options: --from and
 * --vcpu, for commands that read statistics; --per-vcpu, which goes with
 * those; and --json and --csv.  What does not go together ends the program with a usage
 * error.
 */
extern const struct argp source_argp;
extern const struct argp per_vcpu_argp;
extern const struct argp format_argp;

/* The same, the input of each a struct exit_view: --sort and -e; and --unit. */
extern const struct argp row_argp;
extern const struct argp unit_argp;

/* For .children: all but unit_argp, all but per_vcpu_argp, and format_argp alone */
extern const struct argp_child vcpu_options[];
extern const struct argp_child table_options[];
extern const struct argp_child format_only[];

/*
 * Parse the decimal number of an option, from least to most; ends the program with a usage
 * error that names the option if arg is none.
 */
unsigned int option_number(struct argp_state *state, const char *option, const char *arg,
			   unsigned int least, unsigned int most);

/*
 * Parse the arguments of a command, argv[0] being its name, which messages and the
 * help show after the program's.
 */
void options_parse(const struct argp *argp, int argc, char **argv, void *input);

/* The index of the first word behind argv[0] that is none of the common options. */
int options_end(int argc, char **argv);

#endif
