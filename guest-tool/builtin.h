/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BUILTIN_H
#define BUILTIN_H

/*
 * The subcommands, each in builtin-NAME.c: argv[0] is the name.  They return the
 * status to exit with, DESIGN section 5.
 */
int builtin_show(int argc, char **argv);
int builtin_stat(int argc, char **argv);
int builtin_top(int argc, char **argv);
int builtin_log(int argc, char **argv);
int builtin_compare(int argc, char **argv);
int builtin_bench(int argc, char **argv);

#endif
