// SPDX-License-Identifier: GPL-2.0
/* Without a subcommand: what has been counted since the VM was started. */
#include <argp.h>
#include <stdlib.h>

#include "builtin.h"
#include "cpuid.h"
#include "csv.h"
#include "exit_names.h"
#include "hist.h"
#include "json.h"
#include "leaves.h"
#include "meters.h"
#include "options.h"
#include "source.h"
#include "exit_leaves.h"
#include "table_print.h"
#include "util.h"

static const char args_doc[] = "[LEAF]\nCOMMAND [ARGUMENT...]";
static const char doc[] =
	"Show the VM exits of this virtual machine since it was started, as KVM counted "
	"them; or run COMMAND, which has options and a --help of its own.\v"
	"LEAF 0x4FFFFFFC shows the totals, 0x4FFFFFFD the exits by reason; "
	"without LEAF both are shown.  The exits that the reading itself causes "
	"are left out.\n\n"
	"Cycles are ticks of the host's TSC from an exit to the next entry: the time "
	"that the vCPU did not run the guest.  Tables show them as time if the "
	"frequency of the TSC is known.  KVM, VMM and off-CPU split a row's "
	"cycles, in percent: the host's kernel, the VMM in user space such as QEMU, or "
	"nobody, while the vCPU was halted or preempted.  --steal splits them into work "
	"of the host, VMM, steal, while the vCPU waited for a CPU, and halted.  Busy is a "
	"row's share of all cycles that were not off-CPU, or with --steal of those of "
	"work and VMM, longest the longest single exit, "
	"nested the exits of a nested guest (L2).\n\n"
	"Rows are sorted by busy by default, or by exits on a host that does not count "
	"off-CPU.  A line has at most 100 columns, or as many as the terminal; columns "
	"that do not fit are left out.\n\n"
	"Exit status: 0 done, 1 usage error, 2 no statistics on this host, 3 other "
	"failure.";

enum {
	OPTION_BRIEF = 0x200,
	OPTION_RAW,
	OPTION_STEAL,
};

static const struct argp_option options[] = {
	{ "subleaf", 's', "N", 0,
	  "Show only this exit, a number or a name; with --raw LEAF, the value of ECX", 0 },
	{ "hist", 'H', "EXIT", 0,
	  "Draw a histogram of the cycles of this exit, a number or a name", 0 },
	{ "brief", OPTION_BRIEF, NULL, 0,
	  "Show only exits and cycles, which takes a third of the CPUIDs", 0 },
	{ "steal", OPTION_STEAL, NULL, 0,
	  "Show steal and halted in place of off-CPU, and work in place of KVM", 0 },
	{ "raw", OPTION_RAW, NULL, 0,
	  "Print the registers that CPUID returns, for any LEAF; without LEAF, for "
	  "all leaves of the statistics", 0 },
	/* What --brief and --raw were before a letter meant one thing in all commands */
	{ NULL, 'b', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, 'r', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 }
};

struct arguments {
	bool has_leaf;
	uint32_t leaf;
	const char *subleaf;
	const char *hist;
	bool brief;
	bool raw;
	bool steal;
	struct common_options common;
	struct exit_view view;
};

static void add_leaf(struct argp_state *state, struct arguments *args, const char *arg)
{
	char line[256];

	if (builtin_find(arg))
		argp_error(state, "the options of '%s' come after it", arg);
	if (args->has_leaf)
		argp_error(state, "one leaf at a time");
	if (!parse_u32(arg, &args->leaf)) {
		builtin_explain(arg, line, sizeof(line));
		argp_error(state, "%s", line);
	}
	args->has_leaf = true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &args->common;
		state->child_inputs[2] = &args->common;
		state->child_inputs[3] = state->child_inputs[4] = &args->view;
		break;
	case 's':
		args->subleaf = arg;
		break;
	case 'H':
		args->hist = arg;
		break;
	case 'b':
	case OPTION_BRIEF:
		args->brief = true;
		break;
	case 'r':
	case OPTION_RAW:
		args->raw = true;
		break;
	case OPTION_STEAL:
		args->steal = true;
		break;
	case ARGP_KEY_ARG:
		add_leaf(state, args, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC || !(out = open_memstream(&help, &size)))
		return (char *)text;
	fputs("Commands:\n", out);
	builtin_print(out);
	fprintf(out, "\n%s", text);
	fclose(out);
	return help;
}

static const struct argp_child children[] = {
	{ &source_argp, 0, NULL, 0 },
	{ &per_vcpu_argp, 0, NULL, 0 },
	{ &format_argp, 0, NULL, 0 },
	{ &row_argp, 0, NULL, 0 },
	{ &unit_argp, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = {
	options, parse_option, args_doc, doc, children, help_filter, NULL,
};

static int no_such_exit(const struct exit_info *info, const char *text)
{
	return fail(STATUS_USAGE, "%s defines no exit %s; 'list' has all",
		    exit_encoding_name(info->encoding), text);
}

static void print_raw(uint32_t leaf, uint32_t index)
{
	struct cpuid_regs regs = cpuid_instruction(leaf, index);

	cpuid_print_raw(stdout, leaf, index, &regs);
}

static void print_raw_header(const struct arguments *args)
{
	if (args->common.cpu < 0)
		puts("CPU:");
	else
		printf("CPU %ld:\n", args->common.cpu);
}

static int show_raw(const struct arguments *args)
{
	uint32_t index = 0;

	if (args->subleaf && !parse_u32(args->subleaf, &index))
		return fail(STATUS_USAGE, "with --raw, -s takes a value of ECX, not '%s'",
			    args->subleaf);

	print_raw_header(args);
	print_raw(args->leaf, index);
	return STATUS_OK;
}

static void print_raw_view(uint32_t view, uint32_t index)
{
	print_raw(KVM_EXIT_STATS_CPUID_REASON, view << KVM_EXIT_STATS_VIEW_SHIFT | index);
}

static void print_raw_views(const struct exit_leaves *leaves, uint32_t index)
{
	const uint32_t first = KVM_EXIT_STATS_VIEW_HISTOGRAM;
	uint32_t view;

	print_raw_view(KVM_EXIT_STATS_VIEW_COUNT, index);
	if (exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_SPLIT))
		print_raw_view(KVM_EXIT_STATS_VIEW_SPLIT, index);
	/* Before what can tell whether a dump is whole */
	if (exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_STEAL))
		print_raw_view(KVM_EXIT_STATS_VIEW_STEAL, index);
	if (exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_LONGEST))
		print_raw_view(KVM_EXIT_STATS_VIEW_LONGEST, index);
	if (exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_HISTOGRAM)) {
		for (view = first; view < first + KVM_EXIT_STATS_NR_BUCKETS / 2; view++)
			print_raw_view(view, index);
	}
}

/* A dump of the table from which a reader can make the table again. */
static int show_raw_all(const struct arguments *args)
{
	struct exit_leaves leaves, brief;
	struct exit_table table;
	const uint32_t *blocks;
	size_t i, nr_blocks;
	uint32_t scope;
	int status;

	if (args->subleaf)
		return fail(STATUS_USAGE, "--raw -s needs a LEAF");
	status = source_open_cpuid(&leaves, args->common.cpu, FIRST_CPUID);
	if (status)
		return status;
	scope = leaves.scope;

	print_raw_header(args);
	print_raw(KVM_EXIT_STATS_CPUID_SIGNATURE, 0);
	print_raw(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM | scope);
	print_raw(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION | scope);
	if (exit_info_has(&leaves.info, KVM_EXIT_STATS_FEATURE_IDENTITY))
		print_raw(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY | scope);
	nr_blocks = exit_leaves_blocks(&leaves, &blocks);
	for (i = 0; i < nr_blocks; i++)
		print_raw(KVM_EXIT_STATS_CPUID_TOTALS,
			  (KVM_EXIT_STATS_OCCUPANCY + blocks[i]) | scope);
	/* After those, for it to have all that they say there is */
	brief = leaves;
	exit_leaves_be_brief(&brief);
	exit_leaves_read_table(&brief, NULL, &table);
	for (i = 0; i < table.nr; i++)
		print_raw_views(&leaves, table.rows[i].number | scope);
	return STATUS_OK;
}

/* Where the numbers of one exit come from */
struct reader {
	const struct exit_info *info;
	/* What reads them, or NULL if that has been done */
	struct exit_leaves *leaves;
	struct exit_table *table;
};

/* Returns false if there is no such exit. */
static bool read_row(const struct reader *reader, struct exit_row *row, bool hist)
{
	const struct exit_row *found;

	if (reader->leaves && hist) {
		if (!exit_leaves_read(reader->leaves, row->number, &row->counts))
			return false;
		exit_leaves_read_hist(reader->leaves, row->number, &row->hist);
		return true;
	}
	/* All of them, for the shares that the one has. */
	if (reader->leaves)
		exit_leaves_read_table(reader->leaves, NULL, reader->table);
	found = exit_table_find(reader->table, row->number);
	if (found)
		*row = *found;
	return found || !reader->leaves ||
	       exit_leaves_read(reader->leaves, row->number, &row->counts);
}

static int no_memory(void)
{
	return fail(STATUS_FAILURE, "not enough memory");
}

static int print_one(const struct reader *reader, const struct exit_row *row,
		     const struct exit_view *view)
{
	struct exit_table *one = calloc(1, sizeof(*one));
	bool good = one;

	if (one) {
		one->total = reader->table->total;
		one->rows[one->nr++] = *row;
		good = table_print(stdout, reader->info, one, view, false);
	}
	free(one);
	return good ? STATUS_OK : no_memory();
}

static int show_one(const struct reader *reader, const struct arguments *args)
{
	const char *text = args->hist ? args->hist : args->subleaf;
	int number = exit_parse(reader->info->encoding, text);
	struct exit_row row = { .number = number };
	bool hist = args->hist;

	if (number < 0)
		return exit_unknown(reader->info->encoding, 0, text);
	if (hist && !exit_info_has(reader->info, KVM_EXIT_STATS_FEATURE_HISTOGRAM))
		return fail(STATUS_NO_STATISTICS, "this KVM has no histograms");
	if (!read_row(reader, &row, hist))
		return no_such_exit(reader->info, text);

	table_print_heading(stdout, reader->info);
	if (!hist)
		return print_one(reader, &row, &args->view);
	hist_print(stdout, reader->info, number, &row.hist);
	return STATUS_OK;
}

static bool only_totals(const struct arguments *args)
{
	return args->has_leaf && args->leaf == KVM_EXIT_STATS_CPUID_TOTALS;
}

static int print_table(const struct arguments *args, const struct exit_info *info,
			const struct exit_table *table)
{
	table_print_heading(stdout, info);
	if (!args->has_leaf || only_totals(args))
		table_print_totals(stdout, info, &table->total);
	if (!args->has_leaf)
		putchar('\n');
	if (only_totals(args) || table_print(stdout, info, table, &args->view, true))
		return STATUS_OK;
	return no_memory();
}

static int no_steal(void)
{
	return fail(STATUS_NO_STATISTICS, "this KVM does not count steal");
}

/* What is not shown is not read: each CPUID is an exit. */
static void leave_out_unused(const struct arguments *args, struct exit_leaves *leaves)
{
	exit_leaves_leave_out(leaves, KVM_EXIT_STATS_FEATURE_IDENTITY);
	if (args->brief || only_totals(args))
		exit_leaves_be_brief(leaves);
	if (!args->hist)
		exit_leaves_leave_out(leaves, KVM_EXIT_STATS_FEATURE_HISTOGRAM);
	if (!args->steal)
		exit_leaves_leave_out(leaves, KVM_EXIT_STATS_FEATURE_STEAL);
}

static int show_cpuid(struct arguments *args)
{
	struct exit_leaves leaves;
	struct exit_table table;
	int status;

	status = source_open_cpuid(&leaves, args->common.cpu,
				   only_totals(args) ? FIRST_TOTAL : FIRST_CPUID);
	if (!status)
		status = source_check_version(&leaves.info);
	if (!status)
		status = exit_view_choose(&args->view, leaves.info.encoding);
	if (status)
		return status;
	leave_out_unused(args, &leaves);
	if (args->steal && !exit_info_has(&leaves.info, KVM_EXIT_STATS_FEATURE_STEAL))
		return no_steal();
	if (args->hist || args->subleaf) {
		const struct reader reader = {
			.info = &leaves.info, .leaves = &leaves, .table = &table,
		};

		return show_one(&reader, args);
	}
	if (only_totals(args))
		table = (struct exit_table) { .total = leaves.total_before };
	else
		exit_leaves_read_table(&leaves, NULL, &table);
	return print_table(args, &leaves.info, &table);
}

static int print_text(const struct arguments *args, const struct meters *meters)
{
	const struct exit_counts total = meters_total(meters);

	if (!meters->by_vcpu)
		return print_table(args, &meters->info, &meters->of->between);
	table_print_heading(stdout, &meters->info);
	table_print_totals(stdout, &meters->info, &total);
	putchar('\n');
	return table_print_meters(stdout, meters, &args->view) ? STATUS_OK : no_memory();
}

static int print_json(const struct arguments *args, const struct meters *meters)
{
	json_t *document = json_document("table", &meters->info);

	json_object_set_new(document, "reasons", json_meters(meters, &args->view));
	/* What could not be written, main() says. */
	json_print(stdout, document, false);
	return STATUS_OK;
}

static int print_csv(const struct arguments *args, const struct meters *meters)
{
	csv_print_names(stdout, meters, "", "");
	csv_print_rows(stdout, meters, &args->view, "", "", NULL);
	return STATUS_OK;
}

static int print_meters(struct arguments *args, struct meters *meters)
{
	static int (*const printers[])(const struct arguments *, const struct meters *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv,
	};
	const struct reader reader = {
		.info = &meters->info, .table = &meters->of->between,
	};
	int status = exit_view_choose(&args->view, meters->info.encoding);

	if (status)
		return status;
	if (args->steal && !exit_info_has(&meters->info, KVM_EXIT_STATS_FEATURE_STEAL))
		return no_steal();
	/* As a table has one of them */
	if (!args->steal && args->common.format == FORMAT_TEXT)
		meters->info.features &= ~KVM_EXIT_STATS_FEATURE_STEAL;
	if (args->hist || args->subleaf)
		return show_one(&reader, args);
	return printers[args->common.format](args, meters);
}

/* All of it, from a file, of each vCPU or for another program */
static int show_source(struct arguments *args)
{
	const struct exit_source source = {
		.file = args->common.from,
		.cpu = args->common.cpu,
		.brief = args->brief,
		/* A table by vCPU has no room for them. */
		.hists = !args->common.per_vcpu || args->common.format != FORMAT_TEXT,
		.steal = true,
	};
	struct meters meters;
	int status = meters_open(&meters, &source, args->common.per_vcpu);

	if (!status)
		status = print_meters(args, &meters);
	meters_free(&meters);
	return status;
}

/* What does not go together.  Returns NULL if all does. */
static const char *check_arguments(const struct arguments *args)
{
	bool one = args->subleaf || args->hist;

	if (args->view.names && (one || args->raw || only_totals(args)))
		return "-e excludes -s, -H, --raw and 0x4FFFFFFC";
	if (args->view.order != ORDER_DEFAULT && (one || args->raw || only_totals(args)))
		return "--sort excludes -s, -H, --raw and 0x4FFFFFFC";
	if (args->view.in_cycles && (args->hist || args->raw || only_totals(args)))
		return "--unit cycles excludes -H, --raw and 0x4FFFFFFC";
	if (args->hist && (args->has_leaf || args->subleaf || args->raw || args->brief))
		return "-H excludes -s, --brief, --raw and LEAF";
	if (args->common.format != FORMAT_TEXT && (one || args->has_leaf || args->raw))
		return "--json and --csv exclude -s, -H, --raw and LEAF";
	if (args->common.per_vcpu && (one || args->has_leaf || args->raw))
		return "-A excludes -s, -H, --raw and LEAF";
	if (args->steal && (args->hist || args->raw || args->brief ||
			    args->common.format != FORMAT_TEXT))
		return "--steal is for tables: it excludes -H, --raw, --brief, --json and --csv";
	if (args->raw && args->common.from)
		return "--raw excludes --from";
	if (args->brief && (args->raw || args->common.from))
		return "--brief excludes --raw and --from";
	if (args->raw)
		return NULL;
	if (args->has_leaf && args->leaf != KVM_EXIT_STATS_CPUID_TOTALS &&
	    args->leaf != KVM_EXIT_STATS_CPUID_REASON)
		return "this LEAF needs --raw";
	if ((args->subleaf || args->brief || args->steal) && only_totals(args))
		return "0x4FFFFFFC, the totals, excludes -s, --brief and --steal";
	return NULL;
}

static int show(struct arguments *args)
{
	const char *wrong = check_arguments(args);
	int status;

	if (wrong)
		return fail(STATUS_USAGE, "%s", wrong);
	if (args->common.from || args->common.per_vcpu || args->common.format != FORMAT_TEXT)
		return show_source(args);

	status = source_pin(args->common.cpu);
	if (status)
		return status;
	if (args->raw)
		return args->has_leaf ? show_raw(args) : show_raw_all(args);
	return show_cpuid(args);
}

int builtin_show(int argc, char **argv)
{
	struct arguments args = { .common = COMMON_OPTIONS };
	int status;

	options_parse(&argp, argc, argv, &args);
	status = show(&args);
	exit_view_free(&args.view);
	return status;
}
