/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PERF_SCRIPT_H
#define PERF_SCRIPT_H

#include "code_table.h"

/*
 * What perf script -F comm,pid,event,period,ip,sym,dso,srcline prints, for people and with
 * names that may have blanks in them.  -F with fewer of them, and call graphs, of which the
 * first entry is taken, or all for stacks, are read, too.
 */

/* The same as an argument of perf, with srcline and without */
#define PERF_SCRIPT_FIELDS	"comm,pid,event,period,ip,sym,dso"
#define PERF_SCRIPT_LINES	PERF_SCRIPT_FIELDS ",srcline"

/*
 * Parse a line, without its newline, that begins a sample; sample points into it.  If
 * a call graph follows, its function is NULL and its object is "".  Returns false if it is
 * none, and leaves the line alone.
 */
bool perf_script_parse(char *line, struct code_sample *sample);

/*
 * Read samples to the end of a file, and sort them; for code_table_free().  The table has
 * nothing in it but whether it is with lines or stacks.  Returns false if there is no memory.
 * Whether reading failed, errno and ferror(in) say.
 */
bool perf_script_read(FILE *in, struct code_table *table);

#endif
