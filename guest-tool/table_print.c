// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "exit_names.h"
#include "leaves.h"
#include "table_print.h"
#include "text.h"
#include "util.h"

void table_print_heading(FILE *out, const struct exit_info *info)
{
	fprintf(out, "VM exits %s ", info->file ? "in" : "of this");
	text_print(out, info->file ? info->file : info->one_vcpu ? "vCPU" : "VM");
	if (info->vcpus && !info->one_vcpu)
		fprintf(out, ", %" PRIu32 " vCPU%s", info->vcpus, info->vcpus == 1 ? "" : "s");
	fprintf(out, ", %s, host TSC %.3f MHz\n\n", exit_encoding_name(info->encoding),
		info->tsc_khz / 1000.0);
}

static bool has_steal(const struct exit_info *info)
{
	return exit_info_has(info, KVM_EXIT_STATS_FEATURE_STEAL);
}

static void print_part(FILE *out, const char *name, double part, double cycles)
{
	fprintf(out, "  %-12s%20.0f  %5.1f%%\n", name, part, percent(part, cycles));
}

static void print_parts(FILE *out, const struct exit_parts *parts, bool steal)
{
	print_part(out, steal ? "work" : "KVM", steal ? parts->work : parts->kvm, parts->cycles);
	print_part(out, "VMM", parts->vmm, parts->cycles);
	if (steal) {
		print_part(out, "steal", parts->steal, parts->cycles);
		print_part(out, "halted", parts->halted, parts->cycles);
	} else {
		print_part(out, "off-CPU", parts->off_cpu, parts->cycles);
	}
}

void table_print_totals(FILE *out, const struct exit_info *info,
			const struct exit_counts *total)
{
	struct exit_parts parts = exit_counts_parts(total);

	fprintf(out, "exits         %20" PRIu64 "\n", total->exits);
	fprintf(out, "cycles        %20" PRIu64 "\n", total->cycles);
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		print_parts(out, &parts, has_steal(info));
	if (info->tsc_khz)
		fprintf(out, "seconds       %20.6f\n",
			total->cycles / (info->tsc_khz * 1000.0));
	fprintf(out, "cycles/exit   %20" PRIu64 "\n", exit_cycles_per_exit(total));
}

static int digits(uint64_t value)
{
	return snprintf(NULL, 0, "%" PRIu64, value);
}

static int width(const char *title, uint64_t largest)
{
	int of_title = snprintf(NULL, 0, "%s", title);

	return digits(largest) > of_title ? digits(largest) : of_title;
}

/* The cycles that KVM and the VMM worked */
static double busy(const struct exit_info *info, const struct exit_counts *counts)
{
	struct exit_parts parts = exit_counts_parts(counts);

	return has_steal(info) ? parts.vmm + parts.work : parts.busy;
}

void table_print_split_titles(FILE *out, bool steal)
{
	if (steal)
		fprintf(out, "  %6s  %6s  %6s  %6s", "work", "VMM", "steal", "halted");
	else
		fprintf(out, "  %6s  %6s  %7s", "KVM", "VMM", "off-CPU");
}

void table_print_split(FILE *out, const struct exit_parts *parts, bool steal)
{
	double own = steal ? parts->work : parts->kvm;

	fprintf(out, "  %5.1f%%  %5.1f%%", percent(own, parts->cycles),
		percent(parts->vmm, parts->cycles));
	if (steal)
		fprintf(out, "  %5.1f%%  %5.1f%%", percent(parts->steal, parts->cycles),
			percent(parts->halted, parts->cycles));
	else
		fprintf(out, "  %6.1f%%", percent(parts->off_cpu, parts->cycles));
}

static void print_row(FILE *out, const struct exit_info *info, const char *vcpu,
		      const char *number, const char *name,
		      const struct exit_counts *counts,
		      const struct exit_counts *total)
{
	struct exit_parts parts = exit_counts_parts(counts);

	if (vcpu)
		fprintf(out, "%4s  ", vcpu);
	fprintf(out, "%5s  %-*s  %*" PRIu64 "  %5.1f%%  %*" PRIu64 "  %5.1f%%  %11"
		PRIu64, number, exit_name_width(info->encoding), name,
		width("exits", total->exits), counts->exits,
		percent(counts->exits, total->exits),
		width("cycles", total->cycles), counts->cycles,
		percent(busy(info, counts), busy(info, total)), exit_cycles_per_exit(counts));
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		table_print_split(out, &parts, has_steal(info));
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_LONGEST))
		fprintf(out, "  %*" PRIu64, width("longest", total->longest),
			counts->longest);
	if (total->nested)
		fprintf(out, "  %*" PRIu64, width("nested", total->nested),
			counts->nested);
	fputc('\n', out);
}

static void print_titles(FILE *out, const struct exit_info *info, bool by_vcpu,
			 const struct exit_counts *total)
{
	bool split = exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT);

	if (by_vcpu)
		fprintf(out, "%4s  ", "vCPU");
	fprintf(out, "%5s  %-*s  %*s  %6s  %*s  %6s  %11s", "exit",
		exit_name_width(info->encoding), "name",
		width("exits", total->exits), "exits", "share",
		width("cycles", total->cycles), "cycles", split ? "busy" : "share",
		"cycles/exit");
	if (split)
		table_print_split_titles(out, has_steal(info));
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_LONGEST))
		fprintf(out, "  %*s", width("longest", total->longest), "longest");
	if (total->nested)
		fprintf(out, "  %*s", width("nested", total->nested), "nested");
	fputc('\n', out);
}

static void print_reason(FILE *out, const struct exit_info *info, const char *vcpu,
			 const struct exit_row *row, const struct exit_counts *total)
{
	char number[16], name[EXIT_NAME_MAX];

	snprintf(number, sizeof(number), "%" PRIu32, row->number);
	print_row(out, info, vcpu, number, exit_name(info->encoding, row->number, name),
		  &row->counts, total);
}

void table_print(FILE *out, const struct exit_info *info,
		 const struct exit_table *table)
{
	size_t i;

	print_titles(out, info, false, &table->total);
	for (i = 0; i < table->nr; i++)
		print_reason(out, info, NULL, &table->rows[i], &table->total);
	print_row(out, info, NULL, "", "total", &table->total, &table->total);
}

void table_print_meters(FILE *out, const struct meters *meters)
{
	const struct exit_counts total = meters_total(meters);
	const struct exit_table *table;
	char vcpu[24];
	size_t i, k;

	print_titles(out, &meters->info, true, &total);
	for (i = 0; i < meters->nr; i++) {
		snprintf(vcpu, sizeof(vcpu), "%ld", meters->of[i].source.cpu);
		table = &meters->of[i].between;
		for (k = 0; k < table->nr; k++)
			print_reason(out, &meters->info, vcpu, &table->rows[k], &total);
	}
	print_row(out, &meters->info, "", "", "total", &total, &total);
}

void table_print_one(FILE *out, const struct exit_info *info,
		     const struct exit_row *row, const struct exit_counts *total)
{
	print_titles(out, info, false, total);
	print_reason(out, info, NULL, row, total);
}
