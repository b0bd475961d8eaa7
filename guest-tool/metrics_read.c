// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "metrics_read.h"
#include "util.h"

/* Is it the file of a parameter that is on?  -1 if there is no such parameter. */
static int read_switch(const char *sysfs)
{
	char *path, *text;
	size_t size;
	int on;

	if (asprintf(&path, "%s/module/kvm/parameters/exit_stats", sysfs) < 0)
		return -1;
	text = file_read(path, &size);
	free(path);
	if (!text)
		return -1;
	on = *text == 'Y' || *text == '1';
	free(text);
	return on;
}

static bool kvm_is_loaded(const char *sysfs)
{
	char *path;
	bool there;

	if (asprintf(&path, "%s/module/kvm", sysfs) < 0)
		return false;
	there = !access(path, F_OK);
	free(path);
	return there;
}

static void read_modules(const struct metrics_options *options, struct metrics *metrics)
{
	metrics->enabled = read_switch(options->sysfs);
	metrics->modules = metrics->enabled >= 0;
	if (!metrics->modules && !kvm_is_loaded(options->sysfs))
		metrics->modules = -1;
}

int metrics_read(const struct metrics_options *options, struct metrics *metrics)
{
	double start = now();
	int status;

	*metrics = (struct metrics) {
		.host = options->host || options->sockets_size, .modules = -1, .enabled = -1,
	};
	if (metrics->host)
		read_modules(options, metrics);
	if (options->host)
		status = metrics_read_host(options, metrics);
	else if (options->sockets_size)
		status = metrics_read_qmp(options, metrics);
	else
		status = metrics_read_guest(options, metrics);
	metrics_sort(metrics);
	metrics->took = now() - start;
	return status;
}

char *metrics_complaints(const struct metrics *metrics)
{
	const struct metrics_vm *vm;
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	if (!out)
		return NULL;
	if (*metrics->error)
		fprintf(out, "%s\n", metrics->error);
	for (vm = metrics->vms; vm < metrics->vms + metrics->nr; vm++) {
		if (*vm->error && vm->name)
			fprintf(out, "VM %s: %s\n", vm->name, vm->error);
		else if (*vm->error)
			fprintf(out, "%s\n", vm->error);
	}
	fclose(out);
	return lines;
}
