// SPDX-License-Identifier: GPL-2.0
/*
 * host-check NAME FILE...: checks on the KVM host, of debugfs tables against
 * what others say of the same stopped virtual machine.
 */
#include <err.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "leaves.h"
#include "reasons.h"

/* The last is for "other", and all numbers that there are not. */
#define NR_REASONS (NR_NUMBERS + 1)
#define NR_BUCKETS KVM_EXIT_STATS_NR_BUCKETS

struct table {
	uint64_t exits[NR_REASONS];
	uint64_t cycles[NR_REASONS];
	uint64_t off_cpu[NR_REASONS];
	uint64_t vmm[NR_REASONS];
	uint64_t longest[NR_REASONS];
	uint64_t nested[NR_REASONS];
	uint64_t steal[NR_REASONS];
	uint64_t halted[NR_REASONS];
	uint64_t buckets[NR_REASONS][NR_BUCKETS];
	/* As the file says it, and as the rows add up */
	uint64_t total, sum, sum_cycles;
};

static uint32_t row_of(uint64_t number)
{
	return number < NR_NUMBERS ? number : NR_NUMBERS;
}

static FILE *open_file(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file)
		err(3, "%s", path);
	return file;
}

/* A row of the second part of an exit_stats file: 10 CPUID 9:500 10:2 */
static void read_histogram(const char *line, struct table *table)
{
	uint32_t number, bucket;
	uint64_t exits;
	int length;

	if (sscanf(line, "%" SCNu32 " %*s%n", &number, &length) != 1)
		return;
	for (line += length; sscanf(line, " %" SCNu32 ":%" SCNu64 "%n", &bucket, &exits,
				    &length) == 2; line += length) {
		if (bucket < NR_BUCKETS)
			table->buckets[row_of(number)][bucket] = exits;
	}
}

/* An exit_stats file of debugfs. */
static void read_table(const char *path, struct table *table)
{
	FILE *file = open_file(path);
	uint64_t v[8];
	uint32_t i;
	char line[512];

	memset(table, 0, sizeof(*table));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNu32 " %*s %" SCNu64 " %" SCNu64 " %" SCNu64
			   " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
			   &i, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 9) {
			sscanf(line, " total %" SCNu64, &table->total);
			read_histogram(line, table);
			continue;
		}
		i = row_of(i);
		table->exits[i] = v[0];
		table->cycles[i] = v[1];
		table->off_cpu[i] = v[2];
		table->vmm[i] = v[3];
		table->longest[i] = v[4];
		table->nested[i] = v[5];
		table->steal[i] = v[6];
		table->halted[i] = v[7];
		table->sum += v[0];
		table->sum_cycles += v[1];
	}
	fclose(file);
}

/* A hist:keys=exit_reason of kvm:kvm_exit: keys have flags above bit 15. */
static void read_hist(const char *path, struct table *table)
{
	FILE *file = open_file(path);
	uint64_t key, hits;
	char line[256];

	memset(table, 0, sizeof(*table));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "{ exit_reason: %" SCNu64 " } hitcount: %" SCNu64,
			   &key, &hits) == 2) {
			table->exits[row_of(key & 0xffff)] += hits;
			table->sum += hits;
		}
		sscanf(line, " Hits: %" SCNu64, &table->total);
	}
	fclose(file);
}

/* What guest-check snapshot prints: rows, then the views of port I/O. */
static void read_snapshot(const char *path, struct table *table)
{
	const uint32_t io = reasons->port;
	FILE *file = open_file(path);
	uint32_t number, view;
	uint64_t a, b;

	memset(table, 0, sizeof(*table));
	while (fscanf(file, "%" SCNu32 " %" SCNu64 " %" SCNu64, &number, &a, &b) == 3) {
		table->exits[row_of(number)] = a;
		table->cycles[row_of(number)] = b;
		table->sum += a;
	}
	while (fscanf(file, " view %" SCNu32 " %" SCNu64 " %" SCNu64, &view, &a, &b) == 3) {
		if (view == KVM_EXIT_STATS_VIEW_SPLIT) {
			table->off_cpu[io] = a;
			table->vmm[io] = b;
		} else if (view == KVM_EXIT_STATS_VIEW_LONGEST) {
			table->longest[io] = a;
			table->nested[io] = b;
		} else if (view == KVM_EXIT_STATS_VIEW_STEAL) {
			table->steal[io] = a;
			table->halted[io] = b;
		} else if (view >= KVM_EXIT_STATS_VIEW_HISTOGRAM) {
			view -= KVM_EXIT_STATS_VIEW_HISTOGRAM;
			table->buckets[io][2 * view % NR_BUCKETS] = a;
			table->buckets[io][(2 * view + 1) % NR_BUCKETS] = b;
		}
	}
	fclose(file);
}

static uint64_t read_number(const char *path)
{
	FILE *file = open_file(path);
	uint64_t number;

	if (fscanf(file, "%" SCNu64, &number) != 1)
		errx(3, "%s: no number", path);
	fclose(file);
	return number;
}

/* A kprobe's line of kprobe_profile. */
static uint64_t read_probe(const char *path, const char *wanted)
{
	FILE *file = open_file(path);
	char name[64];
	uint64_t hits;

	/* A name, its hits and its misses */
	while (fscanf(file, "%63s %" SCNu64 " %*u", name, &hits) == 2) {
		if (!strcmp(name, wanted)) {
			fclose(file);
			return hits;
		}
	}
	errx(3, "%s: no probe %s", path, wanted);
}

static struct table ours, theirs;

static unsigned int compare(const uint64_t *a, const uint64_t *b, const char *what,
			    uint32_t leave_out)
{
	unsigned int wrong = 0;
	uint32_t i;

	for (i = 0; i < NR_REASONS; i++) {
		if (a[i] == b[i] || i == leave_out)
			continue;
		printf("# %s of reason %" PRIu32 ": %" PRIu64 " and %" PRIu64 "\n",
		       what, i, a[i], b[i]);
		wrong++;
	}
	return wrong;
}

/*
 * oracle TABLE EXITS EXIT-HIST ENTRY-HIST: a table, KVM's own total, and what the
 * tracepoints say.  KVM counts its total elsewhere, with IRQs enabled, and is seen
 * to count a few more than it entered the guest.
 */
static void check_oracle(char **files)
{
	uint64_t exits = read_number(files[1]);
	uint64_t entries;

	read_hist(files[3], &theirs);
	entries = theirs.total;

	read_table(files[0], &ours);
	read_hist(files[2], &theirs);
	check(ours.sum > 1000 && !compare(ours.exits, theirs.exits, "exits", NR_REASONS),
	      "each reason's exits equal those of the tracepoint, %" PRIu64 " in all",
	      ours.sum);
	check(ours.total == ours.sum && ours.total == theirs.total,
	      "the total equals the sum, and the tracepoint's hits, %" PRIu64, theirs.total);
	check(ours.total == entries, "the total equals the entries, %" PRIu64, entries);
	check(exits >= ours.total && exits - ours.total <= ours.total / 1000,
	      "KVM's own total is the same within 0.1 %%, %" PRIu64, exits);
}

/* marked TABLE FILE: the exits of the numbers that FILE has, and how often each was caused */
static void check_marked(char **files)
{
	FILE *file = open_file(files[1]);
	uint64_t exits, all = 0;
	uint32_t number, nr = 0, wrong = 0;

	read_table(files[0], &ours);
	while (fscanf(file, "%" SCNu32 " %" SCNu64, &number, &exits) == 2) {
		nr++;
		all += exits;
		if (ours.exits[row_of(number)] == exits)
			continue;
		printf("# reason %" PRIu32 ": %" PRIu64 " of %" PRIu64 "\n", number,
		       ours.exits[row_of(number)], exits);
		wrong++;
	}
	fclose(file);
	check(nr && all && !wrong, "those that were caused are counted, each of %" PRIu64
	      ", of %" PRIu32 " reasons", all, nr);
}

/* fastpath TABLE PROBES: a table, and the exits that came to the slow path. */
static void check_fastpath(char **files)
{
	uint64_t slow = read_probe(files[1], "slow");

	read_table(files[0], &ours);
	check(slow && slow < ours.total, "%" PRIu64 " of them went the fast path",
	      ours.total - slow);
}

/* snapshot SNAPSHOT TABLE: what the guest read, and the host at that moment. */
static void check_snapshot(char **files)
{
	const uint32_t io = reasons->port;
	uint64_t cycles;

	read_snapshot(files[0], &ours);
	read_table(files[1], &theirs);
	check(ours.sum > 1000 && !compare(ours.exits, theirs.exits, "exits", NR_REASONS),
	      "what the guest read is what the host's table says, %" PRIu64 " exits",
	      ours.sum);
	check(!compare(ours.cycles, theirs.cycles, "cycles", reasons->cpuid),
	      "and so are the cycles");

	check(!memcmp(ours.buckets[io], theirs.buckets[io], sizeof(ours.buckets[io])) &&
	      ours.buckets[io][0] == 0 && ours.off_cpu[io] == theirs.off_cpu[io] &&
	      ours.vmm[io] && ours.vmm[io] == theirs.vmm[io] &&
	      ours.longest[io] && ours.longest[io] == theirs.longest[io] &&
	      ours.nested[io] == theirs.nested[io] && ours.steal[io] == theirs.steal[io] &&
	      ours.halted[io] == theirs.halted[io],
	      "and so are all views of port I/O");

	/* The guest's last but one CPUID was still going on when it read this. */
	cycles = theirs.cycles[reasons->cpuid] - ours.cycles[reasons->cpuid];
	check(cycles > 0 && cycles <= 2 * theirs.longest[reasons->cpuid] &&
	      (reasons != &vmx_reasons || cycles < 100000),
	      "the cycles of CPUID lack just those of the guest's last two, %" PRIu64, cycles);
}

/* Adds to open the exits that are in no bucket. */
static bool fits(const struct table *table, uint32_t i, uint64_t *open)
{
	uint64_t closed = 0, least = 0, highest = 0;
	bool bounded = !table->buckets[i][NR_BUCKETS - 1];
	uint32_t n;

	for (n = 0; n < NR_BUCKETS; n++) {
		closed += table->buckets[i][n];
		least += table->buckets[i][n] << n;
		if (table->buckets[i][n])
			highest = 1ULL << n;
	}
	*open += table->exits[i] - closed;
	return closed <= table->exits[i] && table->nested[i] <= table->exits[i] &&
	       table->off_cpu[i] + table->vmm[i] <= table->cycles[i] &&
	       table->steal[i] + table->halted[i] + table->vmm[i] <= table->cycles[i] &&
	       least <= table->cycles[i] && table->longest[i] >= highest &&
	       (!bounded || table->cycles[i] < 2 * least + !closed) &&
	       (!bounded || table->longest[i] < 2 * highest + !closed);
}

/*
 * intervals TABLE VCPUS: the parts, the longest and the histogram of each reason
 * fit its exits and cycles.  Each vCPU of a stopped VM has one exit that has not
 * ended yet, and is in no bucket.
 */
static void check_intervals(char **args)
{
	unsigned long vcpus = strtoul(args[1], NULL, 10);
	unsigned int wrong = 0;
	uint64_t open = 0;
	uint32_t i;

	read_table(args[0], &ours);
	for (i = 0; i < NR_REASONS; i++) {
		if (fits(&ours, i, &open))
			continue;
		printf("# reason %" PRIu32 " does not fit\n", i);
		wrong++;
	}
	check(!wrong, "parts, longest and histogram fit the cycles of each reason");
	check(open == vcpus, "the histograms have all exits but the %lu that last, "
	      "all but %" PRIu64, vcpus, open);
}

/* vcpus VM VCPU0 VCPU1: the tables of two vCPUs, and that of their VM. */
static void check_vcpus(char **files)
{
	static struct table vcpu;
	uint32_t i, n;

	read_table(files[0], &ours);
	read_table(files[1], &theirs);
	read_table(files[2], &vcpu);
	check(theirs.sum && vcpu.sum, "both vCPUs have exits, %" PRIu64 " and %" PRIu64,
	      theirs.sum, vcpu.sum);
	for (i = 0; i < NR_REASONS; i++) {
		theirs.exits[i] += vcpu.exits[i];
		theirs.cycles[i] += vcpu.cycles[i];
		theirs.off_cpu[i] += vcpu.off_cpu[i];
		theirs.vmm[i] += vcpu.vmm[i];
		theirs.steal[i] += vcpu.steal[i];
		theirs.halted[i] += vcpu.halted[i];
		if (theirs.longest[i] < vcpu.longest[i])
			theirs.longest[i] = vcpu.longest[i];
		for (n = 0; n < NR_BUCKETS; n++)
			theirs.buckets[i][n] += vcpu.buckets[i][n];
	}
	check(!compare(ours.exits, theirs.exits, "exits", NR_REASONS) &&
	      !compare(ours.cycles, theirs.cycles, "cycles", NR_REASONS) &&
	      !compare(ours.off_cpu, theirs.off_cpu, "off-CPU", NR_REASONS) &&
	      !compare(ours.vmm, theirs.vmm, "VMM", NR_REASONS) &&
	      !compare(ours.steal, theirs.steal, "steal", NR_REASONS) &&
	      !compare(ours.halted, theirs.halted, "halted", NR_REASONS) &&
	      !compare(ours.longest, theirs.longest, "longest", NR_REASONS) &&
	      !memcmp(ours.buckets, theirs.buckets, sizeof(ours.buckets)),
	      "the tables of the vCPUs add up to the VM's");
}

/* The bucket of a number, as the binary statistics count on: the last is for all others. */
static uint32_t bucket_of(uint32_t number)
{
	uint32_t high = number - KVM_EXIT_STATS_SVM_HIGH_CODES;
	bool svm = reasons != &vmx_reasons;

	if (number < (svm ? KVM_EXIT_STATS_NR_SVM_CODES : KVM_EXIT_STATS_NR_VMX_REASONS))
		return number;
	if (svm && high < KVM_EXIT_STATS_NR_SVM_HIGH_CODES)
		return KVM_EXIT_STATS_NR_SVM_CODES + high;
	return NR_STATS - 1;
}

/* What QEMU prints of a vCPU's binary statistics; it counts buckets from 1. */
static void read_stats(const char *path, struct table *table, uint64_t *buckets)
{
	FILE *file = open_file(path);
	char line[8192], *rest;
	uint32_t bucket;
	int length;

	memset(table, 0, sizeof(*table));
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, " exit_stats_exits (cumulative): %" SCNu64, &table->sum);
		sscanf(line, " exit_stats_cycles (cumulative, cycles): %" SCNu64,
		       &table->sum_cycles);
		rest = strstr(line, " exit_stats_reasons (linear-histogram, bucket size=1):");
		for (rest = rest ? strchr(rest, ':') + 1 : ""; *rest; rest += length) {
			uint64_t exits;

			if (sscanf(rest, " [%" SCNu32 "]=%" SCNu64 "%n", &bucket, &exits,
				   &length) != 2)
				break;
			if (bucket - 1 >= NR_STATS)
				errx(3, "%s: a bucket %" PRIu32, path, bucket);
			buckets[bucket - 1] = exits;
		}
	}
	fclose(file);
}

/* stats STATS TABLE: a vCPU's binary statistics, and its table. */
static void check_stats(char **files)
{
	uint64_t buckets[NR_STATS] = {}, expected[NR_STATS] = {};
	uint32_t i, wrong = 0, wrong_reversed = 0;

	read_stats(files[0], &ours, buckets);
	read_table(files[1], &theirs);
	for (i = 0; i < NR_REASONS; i++)
		expected[bucket_of(i)] += theirs.exits[i];
	for (i = 0; i < NR_STATS; i++) {
		wrong += buckets[i] != expected[i];
		wrong_reversed += buckets[NR_STATS - 1 - i] != expected[i];
	}
	check(ours.sum && ours.sum == theirs.sum && ours.sum_cycles == theirs.sum_cycles,
	      "QEMU has the vCPU's totals, %" PRIu64 " exits, %" PRIu64 " cycles",
	      ours.sum, ours.sum_cycles);
	/* QEMU 7.2 begins with the last one. */
	check(!wrong || !wrong_reversed, "and its exits by reason, %" PRIu32 " of %d wrong",
	      wrong < wrong_reversed ? wrong : wrong_reversed, NR_STATS);
}

int main(int argc, char **argv)
{
	choose_reasons();
	if (argc == 6 && !strcmp(argv[1], "oracle"))
		check_oracle(argv + 2);
	else if (argc == 4 && !strcmp(argv[1], "fastpath"))
		check_fastpath(argv + 2);
	else if (argc == 4 && !strcmp(argv[1], "intervals"))
		check_intervals(argv + 2);
	else if (argc == 4 && !strcmp(argv[1], "marked"))
		check_marked(argv + 2);
	else if (argc == 4 && !strcmp(argv[1], "snapshot"))
		check_snapshot(argv + 2);
	else if (argc == 5 && !strcmp(argv[1], "vcpus"))
		check_vcpus(argv + 2);
	else if (argc == 4 && !strcmp(argv[1], "stats"))
		check_stats(argv + 2);
	else
		errx(1, "usage: host-check oracle|marked|fastpath|intervals|snapshot|vcpus|"
		     "stats FILE...");
	return checks_failed != 0;
}
