// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "affinity.h"
#include "hypervisor.h"
#include "json.h"
#include "recording.h"
#include "source.h"
#include "util.h"

static int pin(long cpu)
{
	return cpu < 0 ? 0 : affinity_pin(cpu);
}

static int cannot_pin(long cpu, int error)
{
	return fail(STATUS_FAILURE, "cannot run on CPU %ld: %s", cpu, strerror(error));
}

int source_pin(long cpu)
{
	int error = pin(cpu);

	return error ? cannot_pin(cpu, error) : STATUS_OK;
}

/* Whose CPU has gone offline while it was read, that one has read of another. */
static bool has_been_moved(const struct exit_source *source)
{
	return source->cpu >= 0 && sched_getcpu() != source->cpu;
}

static void unpin(const struct exit_source *source)
{
	if (source->cpu >= 0)
		affinity_restore();
}

int source_open_cpuid(struct exit_leaves *leaves, long cpu, enum exit_leaves_first first)
{
	uint32_t scope = cpu < 0 ? 0 : KVM_EXIT_STATS_SCOPE_VCPU;
	char why[128];

	if (exit_leaves_open(leaves, cpuid_instruction, scope, first,
			    cpuid_encoding()))
		return STATUS_OK;
	hypervisor_explain(cpuid_instruction, why, sizeof(why));
	return fail(STATUS_NO_STATISTICS, "no exit statistics: %s", why);
}

int source_check_version(const struct exit_info *info)
{
	if (info->version == KVM_EXIT_STATS_VERSION)
		return STATUS_OK;
	return fail(STATUS_FAILURE, "version %u of the statistics is not known",
		    info->version);
}

static int open_cpuid(struct exit_source *source)
{
	struct exit_leaves *leaves = &source->leaves;
	int status = source_open_cpuid(leaves, source->cpu, FIRST_CPUID);

	if (!status)
		status = source_check_version(&leaves->info);
	if (status)
		return status;
	if (source->brief)
		exit_leaves_be_brief(leaves);
	leaves->info.identity = exit_leaves_identity(leaves);
	source->info = leaves->info;
	if (!source->hists)
		exit_leaves_leave_out(leaves, KVM_EXIT_STATS_FEATURE_HISTOGRAM);
	if (!source->steal)
		exit_leaves_leave_out(leaves, KVM_EXIT_STATS_FEATURE_STEAL);
	return STATUS_OK;
}

bool source_vcpu_folders(const char *file, glob_t *found)
{
	const char *slash = strrchr(file, '/');
	int length = slash ? slash - file + 1 : 0;
	char *pattern;
	int error;

	if (!strcmp(file, "-"))
		return false;
	if (asprintf(&pattern, "%.*s%svcpu[0-9]*", length, file, slash ? "" : "./") < 0)
		return false;
	error = glob(pattern, GLOB_NOSORT, NULL, found);
	free(pattern);
	return !error;
}

/* What the table in debugfs does not say, its place does: of what, and how many. */
static void look_around(const char *file, struct exit_info *info)
{
	const char *slash = strrchr(file, '/');
	const char *folder = slash ? memrchr(file, '/', slash - file) : NULL;
	glob_t found;

	folder = folder ? folder + 1 : file;
	info->one_vcpu = !strncmp(folder, "vcpu", 4) && folder < slash;
	if (info->vcpus || !source_vcpu_folders(file, &found))
		return;
	info->vcpus = found.gl_pathc;
	globfree(&found);
}

static bool is_readable_again(const char *file)
{
	struct stat status;

	if (strcmp(file, "-") ? stat(file, &status) : fstat(STDIN_FILENO, &status))
		return true;
	return S_ISREG(status.st_mode);
}

static int parse(struct exit_source *source, struct exit_table *table)
{
	const char *name = strcmp(source->file, "-") ? source->file : "standard input";
	struct recording_error error;
	bool good;

	if (*source->text == '{')
		good = json_parse_table(source->text, source->size, &source->info, table,
					&error);
	else
		good = recording_parse(source->text, source->size, &source->info, table,
				       &error);
	if (!good)
		return fail(STATUS_FAILURE, "%s: %s", name, error.text);
	if (*source->text == '#')
		look_around(source->file, &source->info);
	source->info.file = name;
	table->identity = source->info.identity;
	return STATUS_OK;
}

static void forget_text(struct exit_source *source)
{
	free(source->text);
	source->text = NULL;
}

static int read_file(struct exit_source *source, struct exit_table *table, bool keep)
{
	int status;

	if (!source->text)
		source->text = file_read(source->file, &source->size);
	if (!source->text)
		return fail(STATUS_FAILURE, "cannot read %s: %s", source->file,
			    strerror(errno));
	status = parse(source, table);
	if (status || !keep)
		forget_text(source);
	return status;
}

/* For its description only */
static int open_file(struct exit_source *source)
{
	struct exit_table *table;
	bool again = is_readable_again(source->file);
	int status;

	if (source->again && !again)
		return fail(STATUS_FAILURE, "%s is no regular file: it can be read only once",
			    source->file);
	table = malloc(sizeof(*table));
	if (!table)
		return fail(STATUS_FAILURE, "not enough memory");
	status = read_file(source, table, !again);
	free(table);
	return status;
}

int source_open(struct exit_source *source)
{
	int status;

	if (source->file)
		return open_file(source);
	status = source_pin(source->cpu);
	if (status)
		return status;
	status = open_cpuid(source);
	unpin(source);
	return status;
}

static void read_cpuid(struct exit_source *source, const struct exit_table *before,
		       struct exit_table *table)
{
	struct exit_leaves *leaves = &source->leaves;

	/* Numbers that are equal by chance */
	if (before && before->identity != source->info.identity)
		before = NULL;
	exit_leaves_begin(leaves);
	exit_leaves_read_table(leaves, before, table);
	table->own_cycles = exit_leaves_settle(leaves);
}

int source_read_again(struct exit_source *source, const struct exit_table *before,
		      struct exit_table *table)
{
	int error;

	if (source->file)
		return read_file(source, table, false);
	/* A vCPU whose CPU is offline stands still, and can be read from nowhere else. */
	error = pin(source->cpu);
	if (error && (error != EINVAL || !before))
		return cannot_pin(source->cpu, error);
	if (!error)
		read_cpuid(source, before, table);
	if (before && (error || has_been_moved(source)))
		*table = *before;
	unpin(source);
	return STATUS_OK;
}

int source_read(struct exit_source *source, struct exit_table *table)
{
	return source_read_again(source, NULL, table);
}

bool source_between(const struct exit_source *source, const struct exit_table *after,
		    const struct exit_table *before, struct exit_table *between)
{
	/* What was opened matters if all changed in the middle of the first reading. */
	if (!source->file && before->identity != source->info.identity)
		return false;
	return exit_table_subtract(&source->info, after, before, between);
}

int source_subtract(struct exit_source *source, const struct exit_table *after,
		    const struct exit_table *before, struct exit_table *between,
		    bool *migrated)
{
	*migrated = !source_between(source, after, before, between);
	return *migrated ? source_open(source) : STATUS_OK;
}

unsigned int source_vcpus(const struct exit_source *source)
{
	const struct exit_info *info = &source->info;

	if (info->one_vcpu)
		return 1;
	/* One that is not online does not run, and is not halted either. */
	if (!info->file && affinity_online() < info->vcpus)
		return affinity_online();
	return info->vcpus;
}
