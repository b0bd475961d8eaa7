// SPDX-License-Identifier: GPL-2.0
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "affinity.h"
#include "meters.h"
#include "util.h"

static int make_room(struct meters *meters, size_t nr)
{
	meters->of = calloc(nr, sizeof(*meters->of));
	return meters->of ? STATUS_OK : fail(STATUS_FAILURE, "not enough memory");
}

static void add(struct meters *meters, const struct exit_source *like, long cpu, char *path)
{
	struct meter *meter = &meters->of[meters->nr++];

	meter->source = *like;
	meter->source.cpu = cpu;
	meter->path = path;
	if (path)
		meter->source.file = path;
}

static int add_vm(struct meters *meters, const struct exit_source *like)
{
	int status = make_room(meters, 1);

	if (!status)
		add(meters, like, like->cpu, NULL);
	return status;
}

static int add_cpus(struct meters *meters, const struct exit_source *like)
{
	long cpu, nr = sysconf(_SC_NPROCESSORS_CONF);
	int status = make_room(meters, nr);

	for (cpu = 0; !status && cpu < nr; cpu++) {
		if (!affinity_pin(cpu))
			add(meters, like, cpu, NULL);
	}
	affinity_restore();
	return status;
}

static int add_folders(struct meters *meters, const struct exit_source *like, const glob_t *found)
{
	int status = make_room(meters, found->gl_pathc);
	char *path;
	size_t i;

	for (i = 0; !status && i < found->gl_pathc; i++) {
		if (asprintf(&path, "%s/exit_stats", found->gl_pathv[i]) < 0)
			return fail(STATUS_FAILURE, "not enough memory");
		add(meters, like, atol(strrchr(found->gl_pathv[i], '/') + strlen("/vcpu")), path);
	}
	return status;
}

static int compare_vcpus(const void *a, const void *b)
{
	const struct meter *ma = a, *mb = b;

	return ma->source.cpu < mb->source.cpu ? -1 : ma->source.cpu > mb->source.cpu;
}

static int add_files(struct meters *meters, const struct exit_source *like)
{
	glob_t found;
	int status;

	if (!source_vcpu_folders(like->file, &found))
		return fail(STATUS_FAILURE, "%s has no vCPUs of its own: there are no folders "
			    "vcpuN beside it", like->file);
	status = add_folders(meters, like, &found);
	globfree(&found);
	qsort(meters->of, meters->nr, sizeof(*meters->of), compare_vcpus);
	return status;
}

static int read_first(struct meter *meter)
{
	int status = source_open(&meter->source);

	if (!status)
		status = source_read(&meter->source, &meter->last);
	if (status)
		return status;
	meter->between = meter->last;
	exit_table_leave_out_own(&meter->source.info, &meter->between);
	return STATUS_OK;
}

static struct exit_info info_of_all(const struct meters *meters)
{
	struct exit_info info = meters->of->source.info;

	if (meters->by_vcpu) {
		info.one_vcpu = false;
		info.vcpus = meters->nr;
		info.file = meters->file;
	}
	return info;
}

int meters_begin(struct meters *meters)
{
	int status = STATUS_OK;
	size_t i;

	for (i = 0; !status && i < meters->nr; i++)
		status = read_first(&meters->of[i]);
	if (!status)
		meters->info = info_of_all(meters);
	return status;
}

int meters_open(struct meters *meters, const struct exit_source *like, bool by_vcpu)
{
	int status;

	*meters = (struct meters) { .by_vcpu = by_vcpu, .file = like->file };
	if (!by_vcpu)
		status = add_vm(meters, like);
	else if (like->file)
		status = add_files(meters, like);
	else
		status = add_cpus(meters, like);
	return status ? status : meters_begin(meters);
}

static int read_next(struct meter *meter, bool *migrated)
{
	struct exit_table *before = malloc(sizeof(*before));
	int status;

	if (!before)
		return fail(STATUS_FAILURE, "not enough memory");
	*before = meter->last;
	status = source_read_again(&meter->source, before, &meter->last);
	if (!status && !source_between(&meter->source, &meter->last, before, &meter->between))
		*migrated = true;
	free(before);
	return status;
}

static void forget_what_was_between(struct meters *meters)
{
	size_t i;

	for (i = 0; i < meters->nr; i++)
		memset(&meters->of[i].between, 0, sizeof(meters->of[i].between));
}

int meters_read(struct meters *meters, bool *migrated)
{
	int status = STATUS_OK;
	size_t i;

	*migrated = false;
	for (i = 0; !status && i < meters->nr; i++)
		status = read_next(&meters->of[i], migrated);
	if (status || !*migrated)
		return status;
	/* Our own exits are not in the new counts either. */
	status = meters_begin(meters);
	forget_what_was_between(meters);
	return status;
}

unsigned int meters_vcpus(const struct meters *meters)
{
	return meters->by_vcpu ? meters->nr : source_vcpus(&meters->of->source);
}

struct exit_counts meters_total(const struct meters *meters)
{
	struct exit_counts total = { 0 };
	size_t i;

	for (i = 0; i < meters->nr; i++)
		exit_counts_add(&total, &meters->of[i].between.total);
	return total;
}

void meters_free(struct meters *meters)
{
	size_t i;

	for (i = 0; i < meters->nr; i++)
		free(meters->of[i].path);
	free(meters->of);
	*meters = (struct meters) { 0 };
}
