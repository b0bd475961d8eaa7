// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "util.h"

struct metrics_vm *metrics_add_vm(struct metrics *metrics)
{
	struct metrics_vm *more = reallocarray(metrics->vms, metrics->nr + 1, sizeof(*more));

	if (!more) {
		fail(STATUS_FAILURE, "not enough memory");
		return NULL;
	}
	metrics->vms = more;
	more += metrics->nr++;
	*more = (struct metrics_vm) { 0 };
	return more;
}

bool metrics_add_table(struct metrics_vm *vm, long vcpu, const struct exit_table *table)
{
	struct metrics_table *more = reallocarray(vm->tables, vm->nr + 1, sizeof(*more));

	if (!more) {
		fail(STATUS_FAILURE, "not enough memory");
		return false;
	}
	vm->tables = more;
	more += vm->nr;
	*more = (struct metrics_table) { .vcpu = vcpu, .nr = table->nr };
	more->rows = malloc((table->nr + 1) * sizeof(*more->rows));
	if (!more->rows) {
		fail(STATUS_FAILURE, "not enough memory");
		return false;
	}
	memcpy(more->rows, table->rows, table->nr * sizeof(*more->rows));
	vm->nr++;
	return true;
}

static void free_tables(struct metrics_vm *vm)
{
	size_t i;

	for (i = 0; i < vm->nr; i++)
		free(vm->tables[i].rows);
	free(vm->tables);
	vm->tables = NULL;
	vm->nr = 0;
}

void metrics_vm_failed(struct metrics_vm *vm, const char *format, ...)
{
	va_list args;

	free_tables(vm);
	vm->up = false;
	vm->info = (struct exit_info) { 0 };
	va_start(args, format);
	vsnprintf(vm->error, sizeof(vm->error), format, args);
	va_end(args);
}

static void free_vm(struct metrics_vm *vm)
{
	free_tables(vm);
	free(vm->name);
	free(vm->uuid);
	free(vm->id);
}

void metrics_drop_vm(struct metrics *metrics)
{
	free_vm(&metrics->vms[--metrics->nr]);
}

/* Texts that may be missing */
static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_vms(const void *a, const void *b)
{
	const struct metrics_vm *va = a, *vb = b;
	int order = compare_text(va->name, vb->name);

	if (!order)
		order = compare_text(va->uuid, vb->uuid);
	if (!order)
		order = (va->start_time > vb->start_time) - (va->start_time < vb->start_time);
	return order ? order : compare_text(va->id, vb->id);
}

static bool same_labels(const struct metrics_vm *a, const struct metrics_vm *b)
{
	return !compare_text(a->name, b->name) && !compare_text(a->uuid, b->uuid);
}

/* Each series is to be there once: two of the same name make a scrape fail as a whole. */
static void tell_apart(struct metrics *metrics)
{
	const struct metrics_vm *first = metrics->vms;
	struct metrics_vm *vm;
	char *name;

	for (vm = metrics->vms + 1; vm < metrics->vms + metrics->nr; vm++) {
		if (!same_labels(first, vm)) {
			first = vm;
			continue;
		}
		if (!vm->id || asprintf(&name, "%s (%s)", vm->name, vm->id) < 0)
			continue;
		free(vm->name);
		vm->name = name;
	}
}

void metrics_sort(struct metrics *metrics)
{
	if (!metrics->nr)
		return;
	qsort(metrics->vms, metrics->nr, sizeof(*metrics->vms), compare_vms);
	tell_apart(metrics);
}

void metrics_free(struct metrics *metrics)
{
	while (metrics->nr)
		metrics_drop_vm(metrics);
	free(metrics->vms);
	*metrics = (struct metrics) { 0 };
}

static bool same_parts(const struct exit_counts *a, const struct exit_counts *b)
{
	return a->off_cpu == b->off_cpu && a->vmm == b->vmm && a->steal == b->steal &&
	       a->halted == b->halted;
}

bool metrics_settle(const struct exit_table *first, struct exit_table *second)
{
	static const struct exit_row none;
	const struct exit_row *before;
	bool settled = true;
	size_t i;

	for (i = 0; i < second->nr; i++) {
		before = exit_table_find(first, second->rows[i].number);
		if (!before)
			before = &none;
		settled = settled && same_parts(&before->counts, &second->rows[i].counts);
		/* What is in no bucket yet may be counted, but not the other way. */
		second->rows[i].hist = before->hist;
	}
	return settled;
}
