/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>

#include "result.h"
#include "source.h"

/*
 * Run a program once and add what happened meanwhile to runs.  The exits of the
 * reading are left out, and so are those of making the process up to the start of
 * the program.  Says what goes wrong, once; a run in which a count went backwards
 * is said to be left out, and is.  *ended is set if the program has not been found,
 * or was ended from the terminal, so that another run is of no use; *status is that
 * of the program, as a shell has it.  Returns STATUS_OK or STATUS_FAILURE.
 */
int measure(struct exit_source *source, char **argv, struct exit_runs *runs, int *status,
	    bool *ended);

#endif
