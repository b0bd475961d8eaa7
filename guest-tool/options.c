// SPDX-License-Identifier: GPL-2.0
#include <argz.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "arguments.h"
#include "options.h"
#include "similar.h"
#include "util.h"

enum {
	OPTION_JSON = 0x100,
	OPTION_CSV,
	OPTION_FROM,
	OPTION_SORT,
	OPTION_UNIT,
};

unsigned int option_number(struct argp_state *state, const char *option, const char *arg,
			   unsigned int least, unsigned int most)
{
	uint32_t number;

	if (!parse_decimal(arg, &number) || number < least || number > most)
		argp_error(state, "%s takes a number from %u to %u, not '%s'", option, least,
			   most, arg);
	return number;
}

static const struct argp_option source_options[] = {
	{ "vcpu", 'v', "N", 0, "Show only vCPU N, which is CPU N of the VM", 50 },
	{ "from", OPTION_FROM, "FILE", 0,
	  "Read FILE in place of CPUID: a recording, or on the host "
	  "/sys/kernel/debug/kvm/*/exit_stats; - is standard input", 50 },
	{ 0 }
};

static error_t parse_source_option(int key, char *arg, struct argp_state *state)
{
	struct common_options *common = state->input;

	switch (key) {
	case 'v':
		common->cpu = option_number(state, "-v", arg, 0, CPU_MAX);
		break;
	case OPTION_FROM:
		common->from = arg;
		break;
	case ARGP_KEY_END:
		if (common->from && common->cpu >= 0)
			argp_error(state, "-v excludes --from: for one vCPU of a VM on its host "
				   "use --from .../vcpu%ld/exit_stats", common->cpu);
		if (common->per_vcpu && common->cpu >= 0)
			argp_error(state, "-A, each vCPU, excludes -v, one alone");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp source_argp = {
	source_options, parse_source_option, NULL, NULL, NULL, NULL, NULL,
};

static const struct argp_option per_vcpu_option[] = {
	{ "per-vcpu", 'A', NULL, 0,
	  "Show each vCPU by itself; with --from, those in the directories vcpuN beside FILE", 50 },
	{ 0 }
};

static error_t parse_per_vcpu(int key, char *arg, struct argp_state *state)
{
	struct common_options *common = state->input;

	(void)arg;
	if (key != 'A')
		return ARGP_ERR_UNKNOWN;
	common->per_vcpu = true;
	return 0;
}

const struct argp per_vcpu_argp = {
	per_vcpu_option, parse_per_vcpu, NULL, NULL, NULL, NULL, NULL,
};

static const struct argp_option format_options[] = {
	{ "json", OPTION_JSON, NULL, 0, "Print JSON, see cpuid-query(1)", 50 },
	{ "csv", OPTION_CSV, NULL, 0, "Print comma-separated values", 50 },
	{ 0 }
};

static void set_format(struct argp_state *state, enum format format)
{
	struct common_options *common = state->input;

	if (common->format != FORMAT_TEXT && common->format != format)
		argp_error(state, "--json and --csv exclude each other");
	common->format = format;
}

static error_t parse_format_option(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	switch (key) {
	case OPTION_JSON:
		set_format(state, FORMAT_JSON);
		break;
	case OPTION_CSV:
		set_format(state, FORMAT_CSV);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp format_argp = {
	format_options, parse_format_option, NULL, NULL, NULL, NULL, NULL,
};

static const struct argp_option row_options[] = {
	{ "sort", OPTION_SORT, "ORDER", 0,
	  "Sort the rows of a table, the most first, by exits; busy, cycles that were not "
	  "off-CPU; cycles; mean, cycles of an exit; longest, the longest exit; or by name", 49 },
	{ "exit", 'e', "REASON,...", 0,
	  "Show only these reasons, numbers or names; shares and totals stay those of all", 49 },
	{ 0 }
};

static error_t parse_row_option(int key, char *arg, struct argp_state *state)
{
	struct exit_view *view = state->input;

	switch (key) {
	case OPTION_SORT:
		view->order = exit_order(arg);
		if (view->order == ORDER_DEFAULT)
			similar_error(state, "order", arg, exit_order_name);
		break;
	case 'e':
		if (argz_add_sep(&view->names, &view->names_size, arg, ','))
			argp_failure(state, STATUS_FAILURE, 0, "not enough memory");
		if (!view->names_size)
			argp_error(state, "-e takes exit reasons, not '%s'", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp row_argp = {
	row_options, parse_row_option, NULL, NULL, NULL, NULL, NULL,
};

static const struct argp_option unit_options[] = {
	{ "unit", OPTION_UNIT, "UNIT", 0,
	  "Show the cycles in tables as time, the default, or as cycles", 49 },
	{ 0 }
};

static const char *unit_name(size_t i)
{
	static const char *const names[] = { "time", "cycles" };

	return i < ARRAY_SIZE(names) ? names[i] : NULL;
}

static error_t parse_unit_option(int key, char *arg, struct argp_state *state)
{
	struct exit_view *view = state->input;

	if (key != OPTION_UNIT)
		return ARGP_ERR_UNKNOWN;
	view->in_cycles = !strcmp(arg, "cycles");
	if (!view->in_cycles && strcmp(arg, "time"))
		similar_error(state, "unit", arg, unit_name);
	return 0;
}

const struct argp unit_argp = {
	unit_options, parse_unit_option, NULL, NULL, NULL, NULL, NULL,
};

const struct argp_child vcpu_options[] = {
	{ &source_argp, 0, NULL, 0 },
	{ &per_vcpu_argp, 0, NULL, 0 },
	{ &format_argp, 0, NULL, 0 },
	{ &row_argp, 0, NULL, 0 },
	{ 0 }
};

const struct argp_child table_options[] = {
	{ &source_argp, 0, NULL, 0 },
	{ &format_argp, 0, NULL, 0 },
	{ &row_argp, 0, NULL, 0 },
	{ &unit_argp, 0, NULL, 0 },
	{ 0 }
};

const struct argp_child format_only[] = {
	{ &format_argp, 0, NULL, 0 },
	{ 0 }
};

void options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	char name[64];

	if (argv[0] != program_invocation_name) {
		snprintf(name, sizeof(name), "%s %s", program_invocation_short_name, argv[0]);
		argv[0] = name;
	}
	arguments_parse(argp, argc, argv, ARGP_IN_ORDER, input);
}

/* Options as getopt_long() has them.  Returns the end. */
static struct option *add_long_options(struct option *to, const struct argp_option *from)
{
	for (; from->name; from++)
		*to++ = (struct option) { from->name, from->arg != NULL, NULL, from->key };
	return to;
}

int options_end(int argc, char **argv)
{
	struct option options[ARRAY_SIZE(source_options) + ARRAY_SIZE(format_options)] = { 0 };
	int end, option;

	add_long_options(add_long_options(options, source_options), format_options);
	/* Whoever parses them for good says what is wrong with them. */
	opterr = 0;
	do {
		end = optind;
		option = getopt_long(argc, argv, "+v:", options, NULL);
	} while (option != -1 && option != '?');
	return end;
}
