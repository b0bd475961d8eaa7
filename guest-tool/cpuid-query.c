// SPDX-License-Identifier: GPL-2.0
/*
 * cpuid-query: show, inside a virtual machine, how often and for how long KVM
 * has stopped it.
 */
#include <argp.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cpuid.h"
#include "exit_names.h"
#include "hist.h"
#include "host.h"
#include "leaves.h"
#include "stats.h"
#include "table.h"

/* More than any kernel has */
#define CPU_MAX 65535

/* Exit status, DESIGN section 5 */
enum {
	STATUS_OK = 0,
	STATUS_USAGE = 1,
	STATUS_NO_STATISTICS = 2,
	STATUS_FAILURE = 3,
};

const char *argp_program_version = "cpuid-query " VERSION;

static const char args_doc[] = "[LEAF]";
static const char doc[] =
	"Show the VM exits of this virtual machine, as KVM counted them.\v"
	"LEAF 0x4FFFFFFC shows the totals, 0x4FFFFFFD the exits by reason; "
	"without LEAF both are shown.  The exits that the reading itself causes "
	"are left out.\n\n"
	"Cycles are ticks of the host's TSC, from an exit to the entry that "
	"follows: the time that the guest did not run.  KVM, VMM and off-CPU say "
	"whose time that was, in percent of a row's cycles: KVM's own, the VMM's "
	"userspace, or none, halted or preempted.  Busy is a row's share of the "
	"cycles of KVM and VMM, longest the longest single exit in cycles, nested "
	"the exits while the guest ran a guest of its own.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other "
	"failure.";

static const struct argp_option options[] = {
	{ "subleaf", 's', "N", 0,
	  "Show only this exit, a number or a name; with --raw, the value of ECX", 0 },
	{ "hist", 'H', "EXIT", 0,
	  "Draw how long the exits of this number or name took", 0 },
	{ "brief", 'b', NULL, 0,
	  "Show only exits and cycles, which costs a third of the exits", 0 },
	{ "vcpu", 'v', "N", 0, "Show only this vCPU, CPU N of the virtual machine", 0 },
	{ "raw", 'r', NULL, 0,
	  "Print the registers that CPUID returns, for any LEAF; without LEAF, for "
	  "all that the statistics have", 0 },
	{ 0 }
};

struct arguments {
	bool has_leaf;
	uint32_t leaf;
	const char *subleaf;
	const char *hist;
	bool brief;
	long cpu; /* -1: all vCPUs */
	bool raw;
};

static bool parse_u32(const char *text, uint32_t *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || number > UINT32_MAX)
		return false;
	*value = number;
	return true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	uint32_t cpu;

	switch (key) {
	case 's':
		args->subleaf = arg;
		break;
	case 'H':
		args->hist = arg;
		break;
	case 'b':
		args->brief = true;
		break;
	case 'v':
		if (!parse_u32(arg, &cpu) || cpu > CPU_MAX)
			argp_error(state, "'%s' is not a CPU number", arg);
		args->cpu = cpu;
		break;
	case 'r':
		args->raw = true;
		break;
	case ARGP_KEY_ARG:
		if (args->has_leaf)
			argp_error(state, "one leaf at a time");
		if (!parse_u32(arg, &args->leaf))
			argp_error(state, "'%s' is not a leaf", arg);
		args->has_leaf = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = { options, parse_option, args_doc, doc, NULL, NULL, NULL };

static int __attribute__((format(printf, 2, 3))) fail(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static int pin_to_cpu(long cpu)
{
	cpu_set_t *set = CPU_ALLOC(cpu + 1);
	size_t size = CPU_ALLOC_SIZE(cpu + 1);
	int error;

	if (!set)
		return ENOMEM;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	error = sched_setaffinity(0, size, set) ? errno : 0;
	CPU_FREE(set);
	return error;
}

static int no_statistics(void)
{
	char why[128];

	host_explain(cpuid_instruction, why, sizeof(why));
	return fail(STATUS_NO_STATISTICS, "no exit statistics: %s", why);
}

static int no_such_exit(const struct exit_stats *stats, const char *text)
{
	return fail(STATUS_USAGE, "%s defines no exit %s",
		    exit_encoding_name(stats->encoding), text);
}

static void print_raw(uint32_t leaf, uint32_t index)
{
	struct cpuid_regs regs = cpuid_instruction(leaf, index);

	cpuid_print_raw(stdout, leaf, index, &regs);
}

static void print_raw_header(const struct arguments *args)
{
	if (args->cpu < 0)
		puts("CPU:");
	else
		printf("CPU %ld:\n", args->cpu);
}

static int show_raw(const struct arguments *args)
{
	uint32_t index = 0;

	if (args->subleaf && !parse_u32(args->subleaf, &index))
		return fail(STATUS_USAGE, "'%s' is not a subleaf", args->subleaf);

	print_raw_header(args);
	print_raw(args->leaf, index);
	return STATUS_OK;
}

static void print_raw_view(uint32_t view, uint32_t index)
{
	print_raw(KVM_EXIT_STATS_CPUID_REASON, view << KVM_EXIT_STATS_VIEW_SHIFT | index);
}

static void print_raw_views(const struct exit_stats *stats, uint32_t index)
{
	const uint32_t first = KVM_EXIT_STATS_VIEW_HISTOGRAM;
	uint32_t view;

	print_raw_view(KVM_EXIT_STATS_VIEW_COUNT, index);
	if (exit_stats_has(stats, KVM_EXIT_STATS_FEATURE_SPLIT))
		print_raw_view(KVM_EXIT_STATS_VIEW_SPLIT, index);
	if (exit_stats_has(stats, KVM_EXIT_STATS_FEATURE_LONGEST))
		print_raw_view(KVM_EXIT_STATS_VIEW_LONGEST, index);
	if (exit_stats_has(stats, KVM_EXIT_STATS_FEATURE_HISTOGRAM)) {
		for (view = first; view < first + KVM_EXIT_STATS_NR_BUCKETS / 2; view++)
			print_raw_view(view, index);
	}
}

static bool open_stats(struct exit_stats *stats, uint32_t scope,
		       enum exit_stats_first first)
{
	return exit_stats_open(stats, cpuid_instruction, scope, first,
			       cpuid_is_amd() ? KVM_EXIT_STATS_ENCODING_SVM :
						KVM_EXIT_STATS_ENCODING_VMX);
}

/* A dump of the table from which a reader can make the table again. */
static int show_raw_all(const struct arguments *args, uint32_t scope)
{
	struct exit_stats stats;
	struct exit_table table;
	const uint32_t *blocks;
	size_t i, nr_blocks;

	if (args->subleaf)
		return fail(STATUS_USAGE, "a subleaf needs a leaf");
	if (!open_stats(&stats, scope, FIRST_CPUID))
		return no_statistics();
	exit_stats_read_table(&stats, &table);

	print_raw_header(args);
	print_raw(KVM_EXIT_STATS_CPUID_SIGNATURE, 0);
	print_raw(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM | scope);
	print_raw(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION | scope);
	nr_blocks = exit_stats_blocks(&stats, &blocks);
	for (i = 0; i < nr_blocks; i++)
		print_raw(KVM_EXIT_STATS_CPUID_TOTALS,
			  (KVM_EXIT_STATS_OCCUPANCY + blocks[i]) | scope);
	for (i = 0; i < table.nr; i++)
		print_raw_views(&stats, table.rows[i].number | scope);
	return STATUS_OK;
}

/* An exit, a number or a name.  Returns -1, and says why, if there is none. */
static int find_exit(const struct exit_stats *stats, const char *text)
{
	uint32_t number;
	int named;

	if (parse_u32(text, &number)) {
		if (number <= KVM_EXIT_STATS_NUMBER_MASK)
			return number;
		no_such_exit(stats, text);
		return -1;
	}
	named = exit_number(stats->encoding, text);
	if (named < 0)
		fail(STATUS_USAGE, "no exit is called '%s'", text);
	return named;
}

static int show_one(struct exit_stats *stats, const char *text)
{
	int number = find_exit(stats, text);
	struct exit_row row = { .number = number };

	if (number < 0)
		return STATUS_USAGE;
	if (!exit_stats_read(stats, number, &row.counts))
		return no_such_exit(stats, text);

	table_print_heading(stdout, stats);
	table_print_one(stdout, stats, &row);
	return STATUS_OK;
}

static int show_hist(struct exit_stats *stats, const char *text)
{
	int number = find_exit(stats, text);
	struct exit_counts counts;
	struct exit_hist hist;

	if (number < 0)
		return STATUS_USAGE;
	if (!exit_stats_has(stats, KVM_EXIT_STATS_FEATURE_HISTOGRAM))
		return fail(STATUS_NO_STATISTICS, "this KVM has no histograms");
	if (!exit_stats_read(stats, number, &counts))
		return no_such_exit(stats, text);
	exit_stats_read_hist(stats, number, &hist);

	table_print_heading(stdout, stats);
	hist_print(stdout, stats, number, &hist);
	return STATUS_OK;
}

static int show(const struct arguments *args, uint32_t scope)
{
	bool only_totals = args->has_leaf && args->leaf == KVM_EXIT_STATS_CPUID_TOTALS;
	struct exit_stats stats;
	struct exit_table table;

	if (!open_stats(&stats, scope, only_totals ? FIRST_TOTAL : FIRST_CPUID))
		return no_statistics();
	if (stats.version != KVM_EXIT_STATS_VERSION)
		return fail(STATUS_FAILURE, "version %u of the statistics is not known",
			    stats.version);
	stats.brief = args->brief;
	if (args->hist)
		return show_hist(&stats, args->hist);
	if (args->subleaf)
		return show_one(&stats, args->subleaf);

	if (only_totals) {
		table_print_heading(stdout, &stats);
		table_print_totals(stdout, &stats, &stats.total_before);
		return STATUS_OK;
	}

	exit_stats_read_table(&stats, &table);
	table_print_heading(stdout, &stats);
	if (!args->has_leaf) {
		table_print_totals(stdout, &stats, &table.total);
		putchar('\n');
	}
	table_print(stdout, &stats, &table);
	return STATUS_OK;
}

static int run(const struct arguments *args)
{
	uint32_t scope = 0;
	int error;

	if (args->cpu >= 0) {
		error = pin_to_cpu(args->cpu);
		if (error)
			return fail(STATUS_FAILURE, "cannot run on CPU %ld: %s",
				    args->cpu, strerror(error));
		scope = KVM_EXIT_STATS_SCOPE_VCPU;
	}

	if (args->hist && (args->has_leaf || args->subleaf || args->raw || args->brief))
		return fail(STATUS_USAGE, "a histogram is shown by itself");

	if (args->raw)
		return args->has_leaf ? show_raw(args) : show_raw_all(args, scope);

	if (args->has_leaf && args->leaf != KVM_EXIT_STATS_CPUID_TOTALS &&
	    args->leaf != KVM_EXIT_STATS_CPUID_REASON)
		return fail(STATUS_USAGE, "leaf 0x%x has no table, only --raw", args->leaf);
	if (args->subleaf && args->has_leaf &&
	    args->leaf == KVM_EXIT_STATS_CPUID_TOTALS)
		return fail(STATUS_USAGE, "the totals have no exit numbers, only --raw");

	return show(args, scope);
}

int main(int argc, char **argv)
{
	struct arguments args = { .cpu = -1 };
	int status;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);

	status = run(&args);
	if (fflush(stdout) || ferror(stdout))
		return fail(STATUS_FAILURE, "cannot write: %s", strerror(errno));
	return status;
}
