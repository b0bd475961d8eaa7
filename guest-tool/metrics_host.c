// SPDX-License-Identifier: GPL-2.0
/* Of a host: the tables of its VMs in debugfs. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metrics_read.h"
#include "recording.h"
#include "source.h"
#include "util.h"
#include "vm_name.h"

/* How long a VM that ends takes to vanish from debugfs, in us */
#define VANISHING 20000

/* What one VM is read with */
struct reader {
	struct metrics_vm *vm;
	struct exit_info info;
	struct exit_table first, second;
};

static int no_memory(void)
{
	return fail(STATUS_FAILURE, "not enough memory");
}

/* Returns false, having said why with the VM. */
static bool read_once(struct reader *reader, const char *path, struct exit_table *table)
{
	struct recording_error error;
	size_t size;
	char *text = file_read(path, &size);
	bool good;

	if (!text) {
		metrics_vm_failed(reader->vm, "cannot read %s: %s", path, strerror(errno));
		return false;
	}
	good = recording_parse(text, size, &reader->info, table, &error);
	free(text);
	if (!good)
		metrics_vm_failed(reader->vm, "%s: %s", path, error.text);
	return good;
}

static bool read_table(struct reader *reader, const char *path, long vcpu)
{
	int readings;

	if (!read_once(reader, path, &reader->first))
		return false;
	for (readings = 1; readings < METRICS_READINGS; readings++) {
		if (!read_once(reader, path, &reader->second))
			return false;
		if (metrics_settle(&reader->first, &reader->second))
			break;
		reader->first = reader->second;
	}
	if (metrics_add_table(reader->vm, vcpu, &reader->second))
		return true;
	metrics_vm_failed(reader->vm, "not enough memory");
	return false;
}

static int compare_tables(const void *a, const void *b)
{
	const struct metrics_table *ta = a, *tb = b;

	return (ta->vcpu > tb->vcpu) - (ta->vcpu < tb->vcpu);
}

static bool read_vcpus(struct reader *reader, const glob_t *folders)
{
	bool good = true;
	char *path;
	size_t i;

	for (i = 0; good && i < folders->gl_pathc; i++) {
		if (asprintf(&path, "%s/exit_stats", folders->gl_pathv[i]) < 0) {
			metrics_vm_failed(reader->vm, "not enough memory");
			return false;
		}
		good = read_table(reader, path, atol(strrchr(folders->gl_pathv[i], '/') +
						     strlen("/vcpu")));
		free(path);
	}
	if (good)
		qsort(reader->vm->tables, reader->vm->nr, sizeof(*reader->vm->tables),
		      compare_tables);
	return good;
}

static bool read_tables(struct reader *reader, const char *path, bool per_vcpu)
{
	size_t vcpus = 0;
	bool good = true;
	glob_t folders;

	if (source_vcpu_folders(path, &folders)) {
		vcpus = folders.gl_pathc;
		if (per_vcpu)
			good = read_vcpus(reader, &folders);
		globfree(&folders);
	}
	if (!per_vcpu)
		good = read_table(reader, path, -1);
	if (!good)
		return false;
	reader->vm->info = reader->info;
	reader->vm->info.vcpus = vcpus;
	return true;
}

/* Find out what it is called.  Returns false if its VMM is about to end. */
static bool name_vm(struct metrics_vm *vm, const char *procfs)
{
	char *pid = strndup(vm->id, strcspn(vm->id, "-"));
	bool alive = pid && vm_name_of(procfs, pid, &vm->name, &vm->uuid);

	free(pid);
	if (!vm->name)
		vm->name = strdup(vm->id);
	return alive && vm->name;
}

/* Returns false if it has ended. */
static bool read_vm(const struct metrics_options *options, struct metrics_vm *vm,
		    struct reader *reader, const char *folder)
{
	struct stat status;
	char *path;

	if (stat(folder, &status) || !name_vm(vm, options->procfs))
		return false;
	/* All files there are as old as the VM, and nobody writes to them. */
	vm->start_time = status.st_mtime;
	if (asprintf(&path, "%s/exit_stats", folder) < 0)
		return false;
	reader->vm = vm;
	vm->up = read_tables(reader, path, options->per_vcpu);
	if (!vm->up)
		usleep(VANISHING);
	free(path);
	return vm->up || !access(folder, F_OK);
}

static int add_vm(const struct metrics_options *options, struct metrics *metrics,
		  struct reader *reader, const char *folder)
{
	struct metrics_vm *vm = metrics_add_vm(metrics);

	if (!vm)
		return STATUS_FAILURE;
	vm->id = strdup(strrchr(folder, '/') + 1);
	if (!vm->id)
		return no_memory();
	if (read_vm(options, vm, reader, folder)) {
		metrics->found++;
		/* Without the statistics no VM has a table. */
		if (vm->up || metrics->modules)
			return STATUS_OK;
	}
	metrics_drop_vm(metrics);
	return STATUS_OK;
}

/* PID-FD */
static bool is_vm(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	name += digits;
	return digits && *name == '-' && name[1] && !name[1 + strspn(name + 1, "0123456789")];
}

static int read_folders(const struct metrics_options *options, struct metrics *metrics,
			DIR *dir, const char *kvm)
{
	struct reader *reader = malloc(sizeof(*reader));
	const struct dirent *entry;
	int status = STATUS_OK;
	char *folder;

	if (!reader)
		return no_memory();
	while (!status && (entry = readdir(dir))) {
		if (!is_vm(entry->d_name))
			continue;
		if (asprintf(&folder, "%s/%s", kvm, entry->d_name) < 0) {
			status = no_memory();
			break;
		}
		status = add_vm(options, metrics, reader, folder);
		free(folder);
	}
	free(reader);
	return status;
}

int metrics_read_host(const struct metrics_options *options, struct metrics *metrics)
{
	int status = STATUS_OK;
	char *kvm;
	DIR *dir;

	if (asprintf(&kvm, "%s/kvm", options->debugfs) < 0)
		return no_memory();
	dir = opendir(kvm);
	if (dir) {
		status = read_folders(options, metrics, dir, kvm);
		closedir(dir);
	} else if (errno != ENOENT || metrics->modules >= 0) {
		/* kvm makes it when it is loaded. */
		snprintf(metrics->error, sizeof(metrics->error), "cannot read %s: %s", kvm,
			 strerror(errno));
		status = STATUS_FAILURE;
	}
	free(kvm);
	return status;
}
