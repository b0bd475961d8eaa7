// SPDX-License-Identifier: GPL-2.0
/* Of the VM that this runs in, or from a file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "affinity.h"
#include "cpuid.h"
#include "exit_leaves.h"
#include "hypervisor.h"
#include "meters.h"
#include "metrics_read.h"
#include "util.h"

/* Readings of the VM, or of one of its vCPUs */
struct reader {
	struct exit_leaves leaves;
	/* Cycles since the VM was created */
	uint64_t age;
	struct exit_table first, second;
};

/*
 * All exits, those of reading, too, which belong to what the VM costs: were they left out of
 * this reading, the next one would have them.
 */
static bool open_leaves(struct reader *reader, long cpu)
{
	uint32_t scope = cpu < 0 ? 0 : KVM_EXIT_STATS_SCOPE_VCPU;

	return exit_leaves_open(&reader->leaves, cpuid_instruction, scope, FIRST_RECORDED,
				cpuid_encoding());
}

/* Returns false if the statistics are gone. */
static bool read_table(struct reader *reader, long cpu)
{
	int readings;

	if (!open_leaves(reader, cpu))
		return false;
	exit_leaves_read_table(&reader->leaves, NULL, &reader->first);
	for (readings = 1; readings < METRICS_READINGS; readings++) {
		if (!open_leaves(reader, cpu))
			return false;
		exit_leaves_read_table(&reader->leaves, NULL, &reader->second);
		if (reader->first.identity == reader->second.identity &&
		    metrics_settle(&reader->first, &reader->second))
			break;
		reader->first = reader->second;
	}
	reader->age = exit_leaves_age(&reader->leaves);
	return true;
}

/*
 * When the VM was created, in whole seconds, as the clock of the guest has it now.  The same VM
 * keeps what was found first: clocks are set, and no two readings take the same time.
 */
static double start_of(const struct reader *reader)
{
	static uint64_t identity;
	static double start;
	struct timespec time;

	if (!reader->age || !reader->leaves.info.tsc_khz)
		return 0;
	if (identity != reader->second.identity) {
		clock_gettime(CLOCK_REALTIME, &time);
		start = round(time.tv_sec + time.tv_nsec / 1e9 -
			      reader->age / (1000.0 * reader->leaves.info.tsc_khz));
		identity = reader->second.identity;
	}
	return start;
}

static void describe(struct metrics_vm *vm, const struct reader *reader)
{
	vm->info = reader->leaves.info;
	vm->info.identity = reader->second.identity;
	/* One that is not online does not run, and is not halted either. */
	if (affinity_online() < vm->info.vcpus)
		vm->info.vcpus = affinity_online();
	vm->start_time = start_of(reader);
}

static int no_statistics(struct metrics_vm *vm)
{
	char why[128];

	hypervisor_explain(cpuid_instruction, why, sizeof(why));
	metrics_vm_failed(vm, "no exit statistics: %s", why);
	return STATUS_NO_STATISTICS;
}

static int add_table(struct metrics_vm *vm, struct reader *reader, long cpu)
{
	if (!read_table(reader, cpu))
		return no_statistics(vm);
	return metrics_add_table(vm, cpu, &reader->second) ? STATUS_OK : STATUS_FAILURE;
}

static int add_vcpus(struct metrics_vm *vm, struct reader *reader)
{
	long cpu, nr = sysconf(_SC_NPROCESSORS_CONF);
	int status = STATUS_OK;

	for (cpu = 0; !status && cpu < nr; cpu++) {
		if (!affinity_pin(cpu))
			status = add_table(vm, reader, cpu);
	}
	affinity_restore();
	return status;
}

static int check_version(struct metrics_vm *vm, const struct exit_info *info)
{
	if (info->version == KVM_EXIT_STATS_VERSION)
		return STATUS_OK;
	metrics_vm_failed(vm, "version %u of the statistics is not known", info->version);
	return STATUS_FAILURE;
}

static int read_cpuid(const struct metrics_options *options, struct metrics_vm *vm,
		      struct reader *reader)
{
	int status;

	if (!open_leaves(reader, -1))
		return no_statistics(vm);
	status = check_version(vm, &reader->leaves.info);
	if (!status && options->per_vcpu)
		status = add_vcpus(vm, reader);
	else if (!status)
		status = add_table(vm, reader, -1);
	if (status)
		return status;
	describe(vm, reader);
	vm->up = true;
	return STATUS_OK;
}

static int read_file(const struct metrics_options *options, struct metrics_vm *vm)
{
	const struct exit_source source = {
		.file = options->from, .cpu = -1, .hists = true, .steal = true,
	};
	struct meters meters;
	int status = meters_open(&meters, &source, options->per_vcpu);
	size_t i;

	for (i = 0; !status && i < meters.nr; i++) {
		if (!metrics_add_table(vm, options->per_vcpu ? meters.of[i].source.cpu : -1,
				       &meters.of[i].between))
			status = STATUS_FAILURE;
	}
	vm->info = meters.info;
	meters_free(&meters);
	vm->up = !status;
	return status;
}

int metrics_read_guest(const struct metrics_options *options, struct metrics *metrics)
{
	struct metrics_vm *vm = metrics_add_vm(metrics);
	struct reader *reader;
	int status;

	if (!vm)
		return STATUS_FAILURE;
	if (options->from)
		return read_file(options, vm);
	reader = malloc(sizeof(*reader));
	if (!reader)
		return fail(STATUS_FAILURE, "not enough memory");
	status = read_cpuid(options, vm, reader);
	free(reader);
	return status;
}
