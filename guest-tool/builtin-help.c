// SPDX-License-Identifier: GPL-2.0
/* help: which commands there are, and the options of one. */
#include <argp.h>
#include <string.h>

#include "builtin.h"
#include "exit_names.h"
#include "leaves.h"
#include "options.h"
#include "similar.h"
#include "util.h"

static const struct builtin builtins[] = {
	{ "stat", builtin_stat, "Run a command and show the VM exits meanwhile" },
	{ "compare", builtin_compare, "Show how the VM exits of several commands differ" },
	{ "top", builtin_top, "Show the VM exits of each interval, live" },
	{ "log", builtin_log, "Print a line for each interval" },
	{ "bench", builtin_bench, "Measure what a VM exit of each kind costs here" },
	{ "list", builtin_list, "Say what each exit reason means and what to do about it" },
	{ "events", builtin_events, "Print VM exits as events that perf can count" },
	{ "record", builtin_record, "Run perf record with VM exits as its events" },
	{ "who", builtin_who, "Show which code causes the VM exits" },
	{ "metrics", builtin_metrics, "Print them as metrics for Prometheus" },
	{ "help", builtin_help, "List the commands, or show the options of one" },
};

const struct builtin *builtin_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (!strcmp(name, builtins[i].name))
			return &builtins[i];
	}
	return NULL;
}

void builtin_print(FILE *out)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(builtins); i++)
		fprintf(out, "  %-8s %s\n", builtins[i].name, builtins[i].what);
}

static const char *name_of_builtin(size_t i)
{
	return i < ARRAY_SIZE(builtins) ? builtins[i].name : NULL;
}

void builtin_explain(const char *word, char *line, size_t size)
{
	const char *name = most_similar(word, name_of_builtin);

	if (exit_number(KVM_EXIT_STATS_ENCODING_VMX, word) >= 0 ||
	    exit_number(KVM_EXIT_STATS_ENCODING_SVM, word) >= 0)
		snprintf(line, size, "'%s' is an exit reason: use -s %s for its numbers, "
			 "'list %s' for what it means", word, word, word);
	else if (name)
		snprintf(line, size, "there is no command '%s'; did you mean '%s'?", word, name);
	else
		snprintf(line, size, "there is no command '%s'; 'help' lists them", word);
}

static const char args_doc[] = "[COMMAND]";
static const char doc[] = "List the commands of cpuid-query, or show the options of COMMAND.";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	const struct builtin **of = state->input;
	char line[256];

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*of)
		argp_error(state, "one command at a time");
	*of = builtin_find(arg);
	if (!*of) {
		builtin_explain(arg, line, sizeof(line));
		argp_error(state, "%s", line);
	}
	return 0;
}

static const struct argp argp = { NULL, parse_option, args_doc, doc, NULL, NULL, NULL };

int builtin_help(int argc, char **argv)
{
	const struct builtin *of = NULL;

	options_parse(&argp, argc, argv, &of);
	if (of)
		return of->run(2, (char *[]) { (char *)of->name, "--help", NULL });

	puts("Usage: cpuid-query [OPTION...] [LEAF]\n"
	     "  or:  cpuid-query COMMAND [OPTION...] [ARGUMENT...]\n\n"
	     "Without a command it shows the VM exits since the VM was started.  Commands:\n");
	builtin_print(stdout);
	puts("\n'cpuid-query help COMMAND' shows the options of a command, 'cpuid-query --help'\n"
	     "those without a command, and 'man cpuid-query' has everything.");
	return STATUS_OK;
}
