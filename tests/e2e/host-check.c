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

#include <asm/vmx.h>

#include "check.h"

#define NR_REASONS 0x10000

struct table {
	uint64_t exits[NR_REASONS];
	uint64_t cycles[NR_REASONS];
	/* As the file says it, and as the rows add up */
	uint64_t total, sum, sum_cycles;
};

static FILE *open_file(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file)
		err(3, "%s", path);
	return file;
}

/* An exit_stats file of debugfs. */
static void read_table(const char *path, struct table *table)
{
	FILE *file = open_file(path);
	uint64_t exits, cycles;
	uint32_t number;
	char line[256];

	memset(table, 0, sizeof(*table));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNu32 " %*s %" SCNu64 " %" SCNu64,
			   &number, &exits, &cycles) == 3 && number < NR_REASONS) {
			table->exits[number] = exits;
			table->cycles[number] = cycles;
			table->sum += exits;
			table->sum_cycles += cycles;
		} else {
			sscanf(line, " total %" SCNu64, &table->total);
		}
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
			table->exits[key & 0xffff] += hits;
			table->sum += hits;
		}
		sscanf(line, " Hits: %" SCNu64, &table->total);
	}
	fclose(file);
}

/* What guest-check snapshot prints. */
static void read_snapshot(const char *path, struct table *table)
{
	FILE *file = open_file(path);
	uint64_t exits, cycles;
	uint32_t number;

	memset(table, 0, sizeof(*table));
	while (fscanf(file, "%" SCNu32 " %" SCNu64 " %" SCNu64, &number, &exits,
		      &cycles) == 3) {
		table->exits[number % NR_REASONS] = exits;
		table->cycles[number % NR_REASONS] = cycles;
		table->sum += exits;
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

/* fastpath TABLE PROBES: a table, and the exits that came to the slow path. */
static void check_fastpath(char **files)
{
	uint64_t slow = read_probe(files[1], "slow");

	read_table(files[0], &ours);
	check(slow < ours.total, "%" PRIu64 " of them went the fast path",
	      ours.total - slow);
}

/* snapshot SNAPSHOT TABLE: what the guest read, and the host at that moment. */
static void check_snapshot(char **files)
{
	uint64_t cycles;

	read_snapshot(files[0], &ours);
	read_table(files[1], &theirs);
	check(ours.sum > 1000 && !compare(ours.exits, theirs.exits, "exits", NR_REASONS),
	      "what the guest read is what the host's table says, %" PRIu64 " exits",
	      ours.sum);
	check(!compare(ours.cycles, theirs.cycles, "cycles", EXIT_REASON_CPUID),
	      "and so are the cycles");

	/* The guest's last CPUID was still going on when it read this. */
	cycles = theirs.cycles[EXIT_REASON_CPUID] - ours.cycles[EXIT_REASON_CPUID];
	check(cycles > 0 && cycles < 100000,
	      "the cycles of CPUID lack just those of the guest's last, %" PRIu64, cycles);
}

/* vcpus VM VCPU0 VCPU1: the tables of two vCPUs, and that of their VM. */
static void check_vcpus(char **files)
{
	static struct table vcpu;
	uint32_t i;

	read_table(files[0], &ours);
	read_table(files[1], &theirs);
	read_table(files[2], &vcpu);
	check(theirs.sum && vcpu.sum, "both vCPUs have exits, %" PRIu64 " and %" PRIu64,
	      theirs.sum, vcpu.sum);
	for (i = 0; i < NR_REASONS; i++) {
		theirs.exits[i] += vcpu.exits[i];
		theirs.cycles[i] += vcpu.cycles[i];
	}
	check(!compare(ours.exits, theirs.exits, "exits", NR_REASONS) &&
	      !compare(ours.cycles, theirs.cycles, "cycles", NR_REASONS),
	      "the tables of the vCPUs add up to the VM's");
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "oracle"))
		check_oracle(argv + 2);
	else if (argc == 4 && !strcmp(argv[1], "fastpath"))
		check_fastpath(argv + 2);
	else if (argc == 4 && !strcmp(argv[1], "snapshot"))
		check_snapshot(argv + 2);
	else if (argc == 5 && !strcmp(argv[1], "vcpus"))
		check_vcpus(argv + 2);
	else
		errx(1, "usage: host-check oracle|fastpath|snapshot|vcpus FILE...");
	return checks_failed != 0;
}
