// SPDX-License-Identifier: GPL-2.0
#include <asm/svm.h>
#include <asm/vmx.h>
#include <stdlib.h>
#include <string.h>

#include "perf_events.h"
#include "result.h"

/* Not in the headers of older kernels; APM volume 2, appendix C */
#ifndef SVM_EXIT_IDLE_HLT
#define SVM_EXIT_IDLE_HLT 0x0a6
#endif

struct exit_run *result_add_run(struct exit_runs *runs)
{
	struct exit_run **more = reallocarray(runs->runs, runs->nr + 1, sizeof(*more));
	struct exit_run *run = calloc(1, sizeof(*run));

	if (more)
		runs->runs = more;
	if (!more || !run) {
		free(run);
		return NULL;
	}
	runs->runs[runs->nr++] = run;
	return run;
}

void result_drop_run(struct exit_runs *runs)
{
	free(runs->runs[--runs->nr]);
}

static void free_runs(struct exit_runs *runs)
{
	while (runs->nr)
		result_drop_run(runs);
	free(runs->runs);
	free(runs->command);
	*runs = (struct exit_runs) { 0 };
}

void result_free(struct exit_result *result)
{
	while (result->nr_vcpus)
		result_free(&result->of_vcpus[--result->nr_vcpus]);
	free(result->of_vcpus);
	result->of_vcpus = NULL;
	free_runs(&result->measured);
	free_runs(&result->baseline);
}

static bool is_idle(const struct exit_info *info, uint32_t number)
{
	if (info->encoding == KVM_EXIT_STATS_ENCODING_SVM)
		return number == SVM_EXIT_HLT || number == SVM_EXIT_MWAIT ||
		       number == SVM_EXIT_MWAIT_COND || number == SVM_EXIT_IDLE_HLT;
	return number == EXIT_REASON_HLT || number == EXIT_REASON_MWAIT_INSTRUCTION;
}

double result_idle(const struct exit_info *info, const struct exit_table *table)
{
	double cycles = 0;
	size_t i;

	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_STEAL))
		return table->total.halted;
	for (i = 0; i < table->nr; i++) {
		if (is_idle(info, table->rows[i].number))
			cycles += table->rows[i].counts.cycles;
	}
	return cycles;
}

const struct exit_mean *summary_find(const struct exit_summary *summary, uint32_t number)
{
	size_t i;

	for (i = 0; i < summary->nr; i++) {
		if (summary->rows[i].number == number)
			return &summary->rows[i];
	}
	return NULL;
}

/* The values of one reason, or of all, in some runs */
struct reason_runs {
	struct sample exits, cycles, off_cpu, vmm, steal, halted, process;
	bool estimated;
	struct exit_hist hist;
};

static void gather_process(const struct process_exits *exits, int number,
			   struct reason_runs *sum)
{
	const struct process_count *count;

	count = process_exits_find(exits, number < 0 ? EXIT_ALL : number);
	if (!count || !count->counted) {
		sum->estimated = true;
		return;
	}
	sample_add(&sum->process, count->exits);
	sum->estimated |= count->estimated;
}

/* number is -1 for the total. */
static void gather(const struct exit_runs *runs, int number, struct reason_runs *sum)
{
	static const struct exit_row none;
	const struct exit_counts *counts;
	const struct exit_row *row;
	size_t i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < runs->nr; i++) {
		row = exit_table_find(&runs->runs[i]->table, number);
		if (!row)
			row = &none;
		counts = number < 0 ? &runs->runs[i]->table.total : &row->counts;
		sample_add(&sum->exits, counts->exits);
		sample_add(&sum->cycles, counts->cycles);
		sample_add(&sum->off_cpu, counts->off_cpu);
		sample_add(&sum->vmm, counts->vmm);
		sample_add(&sum->steal, counts->steal);
		sample_add(&sum->halted, counts->halted);
		exit_hist_add(&sum->hist, &row->hist);
		gather_process(&runs->runs[i]->process, number, sum);
	}
}

/* The difference of the means, with the deviation of both */
static struct sample without(const struct sample *sample, const struct sample *base)
{
	struct sample difference = *sample;

	difference.mean -= base->mean;
	if (sample->nr > 1 && base->nr > 1)
		difference.squares += base->squares / (base->nr - 1) * (sample->nr - 1);
	return difference;
}

static void leave_out_hist(struct exit_hist *hist, const struct exit_hist *base)
{
	int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++)
		hist->buckets[i] -= hist->buckets[i] < base->buckets[i] ?
				    hist->buckets[i] : base->buckets[i];
}

static double limited(double value, double most)
{
	return value < 0 || most < 0 ? 0 : value < most ? value : most;
}

/* What the baseline has more of by chance does not make parts of other signs. */
static struct exit_parts parts_of(const struct reason_runs *sum, const struct reason_runs *base)
{
	struct exit_parts parts = { .cycles = sum->cycles.mean - base->cycles.mean };

	parts.off_cpu = limited(sum->off_cpu.mean - base->off_cpu.mean, parts.cycles);
	parts.vmm = limited(sum->vmm.mean - base->vmm.mean, parts.cycles - parts.off_cpu);
	parts.steal = limited(sum->steal.mean - base->steal.mean, parts.cycles - parts.vmm);
	parts.halted = limited(sum->halted.mean - base->halted.mean,
			       parts.cycles - parts.vmm - parts.steal);
	exit_parts_complete(&parts);
	return parts;
}

/* Without the baseline's nothing is known. */
static void summarize_process(const struct exit_result *result, const struct reason_runs *sum,
			      const struct reason_runs *base, struct exit_mean *mean)
{
	if (!sum->process.nr || (result->baseline.nr && !base->process.nr))
		return;
	mean->process = without(&sum->process, &base->process);
	mean->estimated = sum->estimated || base->estimated;
}

static void summarize_reason(const struct exit_result *result, int number,
			     struct exit_mean *mean)
{
	struct reason_runs sum, base;

	gather(&result->measured, number, &sum);
	gather(&result->baseline, number, &base);
	leave_out_hist(&sum.hist, &base.hist);
	*mean = (struct exit_mean) {
		.number = number,
		.exits = without(&sum.exits, &base.exits),
		.cycles = without(&sum.cycles, &base.cycles),
		.parts = parts_of(&sum, &base),
		.hist = sum.hist,
	};
	summarize_process(result, &sum, &base, mean);
}

/* All numbers that any run has; what the baseline cancels out is not worth a row. */
static void add_reasons(const struct exit_result *result, const struct exit_runs *runs,
			struct exit_summary *summary)
{
	const struct exit_table *table;
	struct exit_mean mean;
	size_t i, k;

	for (i = 0; i < runs->nr; i++) {
		table = &runs->runs[i]->table;
		for (k = 0; k < table->nr && summary->nr < EXIT_TABLE_MAX; k++) {
			if (summary_find(summary, table->rows[k].number))
				continue;
			summarize_reason(result, table->rows[k].number, &mean);
			if (mean.exits.mean || mean.exits.squares)
				summary->rows[summary->nr++] = mean;
		}
	}
}

static int compare_means(const void *a, const void *b)
{
	const struct exit_mean *ma = a, *mb = b;

	if (ma->exits.mean != mb->exits.mean)
		return ma->exits.mean < mb->exits.mean ? 1 : -1;
	return ma->number < mb->number ? -1 : ma->number > mb->number;
}

struct times {
	struct sample elapsed;
	double user, system;
};

static struct times mean_times(const struct exit_runs *runs)
{
	struct times times = { 0 };
	size_t i;

	for (i = 0; i < runs->nr; i++) {
		const struct exit_run *run = runs->runs[i];

		sample_add(&times.elapsed, run->elapsed);
		times.user += run->user / runs->nr;
		times.system += run->system / runs->nr;
	}
	return times;
}

/* Add the cycles of a run; where there is no steal, exits in which a vCPU is idle are left out. */
static void add_lost(const struct exit_info *info, const struct exit_table *table,
		     struct exit_tax *cycles)
{
	bool steal = exit_info_has(info, KVM_EXIT_STATS_FEATURE_STEAL);
	struct exit_parts parts;
	size_t i;

	for (i = 0; i < table->nr; i++) {
		parts = exit_counts_parts(&table->rows[i].counts);
		cycles->steal += parts.steal;
		if (!is_idle(info, table->rows[i].number))
			cycles->kvm += parts.kvm;
		if (!steal && is_idle(info, table->rows[i].number))
			continue;
		cycles->host += steal ? parts.work : parts.kvm;
		cycles->vmm += parts.vmm;
	}
}

/* What is idle is left out of both sides. */
bool result_tax(const struct exit_info *info, struct exit_run *const *runs, size_t nr,
		struct exit_tax *tax)
{
	struct exit_tax cycles = { 0 };
	double hz = info->tsc_khz * 1000.0, all = 0, idle = 0, busy;
	size_t i;

	*tax = cycles;
	if (!hz || !exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT))
		return false;
	for (i = 0; i < nr; i++) {
		all += runs[i]->vcpus * runs[i]->elapsed * hz;
		idle += runs[i]->idle;
		cycles.elapsed += runs[i]->elapsed;
		add_lost(info, &runs[i]->table, &cycles);
	}
	busy = all - idle;
	if (!(busy > 0))
		return false;
	*tax = (struct exit_tax) {
		.elapsed = cycles.elapsed / nr, .busy = busy / hz / nr,
		.tax = (cycles.host + cycles.vmm) / busy,
		.host = cycles.host / busy, .vmm = cycles.vmm / busy, .kvm = cycles.kvm / busy,
		.steal = cycles.steal / busy, .halted = idle / all,
	};
	return true;
}

void result_summarize(const struct exit_result *result, struct exit_summary *summary)
{
	struct times times = mean_times(&result->measured);
	struct times base = mean_times(&result->baseline);

	memset(summary, 0, sizeof(*summary));
	add_reasons(result, &result->measured, summary);
	add_reasons(result, &result->baseline, summary);
	qsort(summary->rows, summary->nr, sizeof(summary->rows[0]), compare_means);
	summarize_reason(result, -1, &summary->total);
	summary->elapsed = without(&times.elapsed, &base.elapsed);
	summary->user = times.user - base.user;
	summary->system = times.system - base.system;
	result_tax(&result->info, result->measured.runs, result->measured.nr, &summary->tax);
}
