/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PLAN_OPTIONS_H
#define PLAN_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "measure.h"

/* The options of commands that run programs: --repeat, --warmup and --baseline. */

struct plan_options {
	struct measure_plan plan;
	/* One of them that was given, for messages, or NULL */
	const char *given;
	/* By --baseline --: what follows the options is to be run. */
	bool commands_follow;
};

/* The child's input is a struct plan_options. */
extern const struct argp plan_argp;

/* It, and the four of options.h after it, for .children */
extern const struct argp_child plan_options[];

#endif
