/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BUILTIN_H
#define BUILTIN_H

#include <stddef.h>
#include <stdio.h>

/*
 * The commands, each in builtin-NAME.c: argv[0] is the name.  They return the status to
 * exit with, see util.h.
 */
int builtin_show(int argc, char **argv);
int builtin_stat(int argc, char **argv);
int builtin_top(int argc, char **argv);
int builtin_log(int argc, char **argv);
int builtin_compare(int argc, char **argv);
int builtin_bench(int argc, char **argv);
int builtin_list(int argc, char **argv);
int builtin_events(int argc, char **argv);
int builtin_record(int argc, char **argv);
int builtin_who(int argc, char **argv);
int builtin_metrics(int argc, char **argv);
int builtin_help(int argc, char **argv);

struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);
	/* What it does, on a line */
	const char *what;
};

/* The command of this name, or NULL.  builtin_show() has none. */
const struct builtin *builtin_find(const char *name);

/* Print a line for each command. */
void builtin_print(FILE *out);

/* Say in a line, without a newline, what a word that is no command may have meant. */
void builtin_explain(const char *word, char *line, size_t size);

#endif
