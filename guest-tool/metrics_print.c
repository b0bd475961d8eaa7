// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_names.h"
#include "metrics.h"
#include "text.h"
#include "util.h"

enum type { GAUGE, COUNTER, INFO, HISTOGRAM };

struct writer;

/* A metric.  What one of them prints comes together, whatever VM it is of. */
struct family {
	const char *name;
	enum type type;
	const char *unit;
	const char *help;
	/* Print its samples, if there are any: of a VM, or of all */
	void (*vm)(struct writer *w, const struct metrics_vm *vm);
	void (*all)(struct writer *w);
};

struct writer {
	FILE *out;
	const struct metrics *metrics;
	enum metrics_histograms histograms;
	bool openmetrics;
	const struct family *family;
	/* Has what it is been said? */
	bool headed;
	/* Labels of the present sample so far */
	unsigned int labels;
};

/* What the name of a sample ends in, beyond that of its metric */
static const char *suffix_of(const struct family *family)
{
	static const char *const suffixes[] = {
		[GAUGE] = "", [COUNTER] = "_total", [INFO] = "_info", [HISTOGRAM] = "",
	};

	return suffixes[family->type];
}

static const char *type_name(const struct writer *w)
{
	static const char *const names[] = {
		[GAUGE] = "gauge", [COUNTER] = "counter", [INFO] = "info",
		[HISTOGRAM] = "histogram",
	};

	/* The older format has no such type. */
	if (w->family->type == INFO && !w->openmetrics)
		return names[GAUGE];
	return names[w->family->type];
}

static void print_heading(struct writer *w)
{
	const struct family *family = w->family;
	/* OpenMetrics names what all samples begin with, the older format the sample. */
	const char *suffix = w->openmetrics ? "" : suffix_of(family);

	fprintf(w->out, "# HELP %s%s %s\n", family->name, suffix, family->help);
	fprintf(w->out, "# TYPE %s%s %s\n", family->name, suffix, type_name(w));
	if (w->openmetrics && family->unit)
		fprintf(w->out, "# UNIT %s %s\n", family->name, family->unit);
	w->headed = true;
}

static void begin(struct writer *w, const char *suffix)
{
	if (!w->headed)
		print_heading(w);
	fprintf(w->out, "%s%s", w->family->name, suffix);
	w->labels = 0;
}

static void begin_label(struct writer *w, const char *name)
{
	fprintf(w->out, "%c%s=\"", w->labels++ ? ',' : '{', name);
}

/* A label of text that we have not written; none if there is no text. */
static void label(struct writer *w, const char *name, const char *text)
{
	char *utf8 = text ? text_utf8(text) : NULL;
	const char *c;

	if (!utf8)
		return;
	begin_label(w, name);
	for (c = utf8; *c; c++) {
		if (*c == '\n') {
			fputs("\\n", w->out);
			continue;
		}
		if (*c == '"' || *c == '\\')
			fputc('\\', w->out);
		fputc(*c, w->out);
	}
	fputc('"', w->out);
	free(utf8);
}

static void __attribute__((format(printf, 3, 4)))
label_format(struct writer *w, const char *name, const char *format, ...)
{
	va_list args;

	begin_label(w, name);
	va_start(args, format);
	vfprintf(w->out, format, args);
	va_end(args);
	fputc('"', w->out);
}

static void end_labels(struct writer *w)
{
	fputs(w->labels ? "} " : " ", w->out);
}

static void count(struct writer *w, uint64_t value)
{
	end_labels(w);
	fprintf(w->out, "%" PRIu64 "\n", value);
}

/* A number with no more digits than tell it from all others */
static const char *shortest(double value, char text[32])
{
	int digits = 15;

	do
		snprintf(text, 32, "%.*g", digits, value);
	while (digits++ < 17 && strtod(text, NULL) != value);
	return text;
}

static void number(struct writer *w, double value)
{
	char text[32];

	end_labels(w);
	fprintf(w->out, "%s\n", shortest(value, text));
}

static void begin_vm(struct writer *w, const char *suffix, const struct metrics_vm *vm)
{
	begin(w, suffix);
	label(w, "vm", vm->name);
	label(w, "uuid", vm->uuid);
}

static void begin_row(struct writer *w, const char *suffix, const struct metrics_vm *vm,
		      const struct metrics_table *table, const struct exit_row *row)
{
	unsigned int encoding = vm->info.encoding;
	char reason[EXIT_NAME_MAX];

	begin_vm(w, suffix, vm);
	if (table && table->vcpu >= 0)
		label_format(w, "vcpu", "%ld", table->vcpu);
	if (!row)
		return;
	label_format(w, "reason", "%s", fleet_reason(encoding, row->number, reason));
	label_format(w, "number", "%" PRIu32, row->number);
	label_format(w, "class", "%s", fleet_class(encoding, row->number));
}

static double seconds(const struct metrics_vm *vm, uint64_t cycles)
{
	return cycles / (1000.0 * vm->info.tsc_khz);
}

#define for_each_table(table, vm) \
	for (table = (vm)->tables; table < (vm)->tables + (vm)->nr; table++)
#define for_each_row(row, table) \
	for (row = (table)->rows; row < (table)->rows + (table)->nr; row++)

static void print_build(struct writer *w)
{
	begin(w, "_info");
	label(w, "version", VERSION);
	count(w, 1);
}

static void print_modules(struct writer *w)
{
	if (w->metrics->modules < 0)
		return;
	begin(w, "");
	count(w, w->metrics->modules);
}

static void print_enabled(struct writer *w)
{
	if (w->metrics->enabled < 0)
		return;
	begin(w, "");
	count(w, w->metrics->enabled);
}

static void print_vms(struct writer *w)
{
	if (!w->metrics->host)
		return;
	begin(w, "");
	count(w, w->metrics->found);
}

static void print_errors(struct writer *w)
{
	size_t i, errors = 0;

	if (!w->metrics->host)
		return;
	for (i = 0; i < w->metrics->nr; i++)
		errors += !w->metrics->vms[i].up;
	begin(w, "");
	count(w, errors);
}

static void print_took(struct writer *w)
{
	begin(w, "");
	number(w, w->metrics->took);
}

static void print_up(struct writer *w, const struct metrics_vm *vm)
{
	begin_vm(w, "", vm);
	count(w, vm->up);
}

static void print_info(struct writer *w, const struct metrics_vm *vm)
{
	bool svm = vm->info.encoding == KVM_EXIT_STATS_ENCODING_SVM;

	if (!vm->up)
		return;
	begin_vm(w, "_info", vm);
	label(w, "id", vm->id);
	label(w, "encoding", svm ? "svm" : "vmx");
	label_format(w, "abi", "%u", vm->info.version);
	if (vm->info.identity)
		label_format(w, "identity", "0x%016" PRIx64, vm->info.identity);
	count(w, 1);
}

static void print_vcpus(struct writer *w, const struct metrics_vm *vm)
{
	if (!vm->info.vcpus)
		return;
	begin_vm(w, "", vm);
	count(w, vm->info.vcpus);
}

static void print_start(struct writer *w, const struct metrics_vm *vm)
{
	if (!vm->up || !vm->start_time)
		return;
	begin_vm(w, "", vm);
	number(w, vm->start_time);
}

static void print_tsc(struct writer *w, const struct metrics_vm *vm)
{
	if (!vm->info.tsc_khz)
		return;
	begin_vm(w, "", vm);
	count(w, 1000ULL * vm->info.tsc_khz);
}

static void print_exits(struct writer *w, const struct metrics_vm *vm)
{
	const struct metrics_table *table;
	const struct exit_row *row;

	for_each_table(table, vm) {
		for_each_row(row, table) {
			begin_row(w, "_total", vm, table, row);
			count(w, row->counts.exits);
		}
	}
}

static void print_part(struct writer *w, const struct metrics_vm *vm,
		       const struct metrics_table *table, const struct exit_row *row,
		       const char *part, uint64_t cycles)
{
	begin_row(w, "_total", vm, table, row);
	if (part)
		label(w, "part", part);
	number(w, seconds(vm, cycles));
}

static void print_parts(struct writer *w, const struct metrics_vm *vm,
			const struct metrics_table *table, const struct exit_row *row)
{
	const struct exit_counts *counts = &row->counts;
	uint64_t rest = counts->cycles - counts->vmm;

	if (!exit_info_has(&vm->info, KVM_EXIT_STATS_FEATURE_SPLIT)) {
		print_part(w, vm, table, row, NULL, counts->cycles);
		return;
	}
	if (!exit_info_has(&vm->info, KVM_EXIT_STATS_FEATURE_STEAL)) {
		print_part(w, vm, table, row, "kvm", rest - counts->off_cpu);
		print_part(w, vm, table, row, "vmm", counts->vmm);
		print_part(w, vm, table, row, "off_cpu", counts->off_cpu);
		return;
	}
	print_part(w, vm, table, row, "kvm", rest - counts->steal - counts->halted);
	print_part(w, vm, table, row, "vmm", counts->vmm);
	print_part(w, vm, table, row, "steal", counts->steal);
	print_part(w, vm, table, row, "halted", counts->halted);
}

static void print_seconds(struct writer *w, const struct metrics_vm *vm)
{
	const struct metrics_table *table;
	const struct exit_row *row;

	if (!vm->info.tsc_khz)
		return;
	for_each_table(table, vm) {
		if (vm->cycles_of_all) {
			print_part(w, vm, table, NULL, NULL, table->cycles);
			continue;
		}
		for_each_row(row, table)
			print_parts(w, vm, table, row);
	}
}

static void print_longest(struct writer *w, const struct metrics_vm *vm)
{
	const struct metrics_table *table;
	const struct exit_row *row;

	if (!vm->info.tsc_khz || !exit_info_has(&vm->info, KVM_EXIT_STATS_FEATURE_LONGEST))
		return;
	for_each_table(table, vm) {
		for_each_row(row, table) {
			begin_row(w, "", vm, table, row);
			number(w, seconds(vm, row->counts.longest));
		}
	}
}

static void print_nested(struct writer *w, const struct metrics_vm *vm)
{
	const struct metrics_table *table;
	const struct exit_row *row;
	uint64_t nested = 0;

	if (!exit_info_has(&vm->info, KVM_EXIT_STATS_FEATURE_LONGEST))
		return;
	for_each_table(table, vm) {
		for_each_row(row, table)
			nested += row->counts.nested;
	}
	begin_vm(w, "_total", vm);
	count(w, nested);
}

/*
 * The upper ends of a histogram's buckets, the same on all machines, that they can be added up:
 * 0.5 us times powers of two.  None is a whole number, which the two formats write differently.
 */
#define NR_BOUNDS 25

static double bound(unsigned int i)
{
	return 5e-7 * (1U << i);
}

/*
 * The first of the bounds that no exit of KVM's bucket exceeds, whose ends are a power of two of
 * cycles; NR_BOUNDS if there is none.
 */
static unsigned int bound_of(unsigned int bucket, uint32_t tsc_khz)
{
	uint64_t most = (2ULL << bucket) - 1;
	unsigned int i = 0;

	if (bucket == KVM_EXIT_STATS_NR_BUCKETS - 1)
		return NR_BOUNDS;
	while (i < NR_BOUNDS && most * 2000 > (uint64_t)tsc_khz << i)
		i++;
	return i;
}

/* Exits and cycles of one row, or of a VM, as a histogram; row says which, or is NULL. */
static void print_histogram(struct writer *w, const struct metrics_vm *vm,
			    const struct exit_row *row, const struct exit_hist *hist,
			    uint64_t cycles)
{
	uint64_t buckets[NR_BOUNDS + 1] = { 0 }, below = 0;
	char text[32];
	unsigned int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++)
		buckets[bound_of(i, vm->info.tsc_khz)] += hist->buckets[i];
	for (i = 0; i <= NR_BOUNDS; i++) {
		below += buckets[i];
		begin_row(w, "_bucket", vm, NULL, row);
		label(w, "le", i < NR_BOUNDS ? shortest(bound(i), text) : "+Inf");
		count(w, below);
	}
	begin_row(w, "_sum", vm, NULL, row);
	number(w, seconds(vm, cycles));
	begin_row(w, "_count", vm, NULL, row);
	count(w, below);
}

/* A VM's reasons, be they in one table or in those of its vCPUs */
static struct exit_table *add_up(const struct metrics_vm *vm)
{
	struct exit_table *sum = calloc(1, sizeof(*sum));
	const struct metrics_table *table;
	const struct exit_row *row;

	for_each_table(table, vm) {
		for_each_row(row, table) {
			if (sum)
				exit_table_accumulate(sum, row);
		}
	}
	return sum;
}

/* How long a guest slept says nothing of what the others cost it. */
static bool is_halt(const struct metrics_vm *vm, const struct exit_row *row)
{
	return !strcmp(fleet_class(vm->info.encoding, row->number), "halt");
}

static void print_durations(struct writer *w, const struct metrics_vm *vm)
{
	const struct exit_row *row;
	struct exit_hist all = { 0 };
	struct exit_table *sum;
	uint64_t cycles = 0;
	size_t i;

	if (w->histograms == HISTOGRAMS_NONE || !vm->info.tsc_khz ||
	    !exit_info_has(&vm->info, KVM_EXIT_STATS_FEATURE_HISTOGRAM))
		return;
	sum = add_up(vm);
	for (i = 0; sum && i < sum->nr; i++) {
		row = &sum->rows[i];
		if (w->histograms == HISTOGRAMS_REASON)
			print_histogram(w, vm, row, &row->hist, row->counts.cycles);
		if (is_halt(vm, row))
			continue;
		exit_hist_add(&all, &row->hist);
		cycles += row->counts.cycles;
	}
	if (sum && w->histograms == HISTOGRAMS_VM)
		print_histogram(w, vm, NULL, &all, cycles);
	free(sum);
}

static const struct family families[] = {
	{ "kvm_exit_stats_build", INFO, NULL, "The version of cpuid-query.", NULL, print_build },
	{ "kvm_exit_stats_modules", GAUGE, NULL,
	  "Whether the kvm that is loaded counts VM exits at all: 0 with stock modules.",
	  NULL, print_modules },
	{ "kvm_exit_stats_enabled", GAUGE, NULL,
	  "Whether kvm counts VM exits now, its parameter exit_stats.", NULL, print_enabled },
	{ "kvm_exit_stats_vms", GAUGE, NULL, "VMs that were found.", NULL, print_vms },
	{ "kvm_exit_stats_read_errors", GAUGE, NULL,
	  "VMs of those whose statistics could not be read this time.", NULL, print_errors },
	{ "kvm_vm_up", GAUGE, NULL, "Whether the statistics of the VM could be read.",
	  print_up, NULL },
	{ "kvm_vm", INFO, NULL, "What the statistics of the VM are.", print_info, NULL },
	{ "kvm_vm_vcpus", GAUGE, NULL, "vCPUs of the VM.", print_vcpus, NULL },
	{ "kvm_vm_start_time_seconds", GAUGE, "seconds",
	  "When the VM was created, or came to this host, since when all is counted; Unix time.",
	  print_start, NULL },
	{ "kvm_vm_tsc_hertz", GAUGE, "hertz", "Frequency of the host's TSC.", print_tsc, NULL },
	{ "kvm_vm_exits", COUNTER, NULL, "VM exits.", print_exits, NULL },
	{ "kvm_vm_exit_seconds", COUNTER, "seconds",
	  "Time from VM exits to the entries that followed, by whose it was: kvm, vmm, "
	  "steal (waiting for a CPU) or halted (idle); exits that have ended.",
	  print_seconds, NULL },
	{ "kvm_vm_exit_longest_seconds", GAUGE, "seconds", "The longest single VM exit so far.",
	  print_longest, NULL },
	{ "kvm_vm_nested_exits", COUNTER, NULL,
	  "VM exits that were taken while the VM ran a VM of its own.", print_nested, NULL },
	{ "kvm_vm_exit_duration_seconds", HISTOGRAM, "seconds",
	  "Durations of VM exits that have ended; of a VM, halts are left out.", print_durations, NULL },
	{ "kvm_exit_stats_scrape_duration_seconds", GAUGE, "seconds",
	  "How long reading all this took.", NULL, print_took },
};

void metrics_print(FILE *out, const struct metrics *metrics, enum metrics_histograms histograms,
		   bool openmetrics)
{
	struct writer w = {
		.out = out, .metrics = metrics, .histograms = histograms,
		.openmetrics = openmetrics,
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		w.family = &families[i];
		w.headed = false;
		if (w.family->all)
			w.family->all(&w);
		for (j = 0; w.family->vm && j < metrics->nr; j++)
			w.family->vm(&w, &metrics->vms[j]);
	}
	if (openmetrics)
		fputs("# EOF\n", out);
}
