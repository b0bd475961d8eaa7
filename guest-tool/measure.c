// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "command.h"
#include "measure.h"
#include "util.h"

/* vCPUs that the guest uses, of those that were counted */
static double vcpus_used(const struct exit_info *info)
{
	if (info->one_vcpu)
		return 1;
	if (!info->file && affinity_online() < info->vcpus)
		return affinity_online();
	return info->vcpus;
}

struct readings {
	struct exit_table before, after, settled;
};

/* vCPUs that were halted since before are accounted for when they have run. */
static void visit_vcpus(const struct exit_source *source)
{
	if (!source->file)
		affinity_visit_all();
}

/* Returns the status of the reading; that of the program is in command. */
static int measure_command(struct exit_source *source, struct command *command,
			   struct readings *readings)
{
	int error = command_prepare(command), status, settled;

	if (error)
		return fail(STATUS_FAILURE, "cannot start a process: %s", strerror(error));
	visit_vcpus(source);
	status = source_read(source, &readings->before);
	error = command_go(command);
	command_wait(command);
	if (!status)
		status = source_read(source, &readings->after);
	/* For what was idle only: these exits are ours. */
	visit_vcpus(source);
	settled = status ? status : source_read(source, &readings->settled);
	if (error)
		fail(0, "cannot run '%s': %s", command->argv[0], strerror(error));
	return settled;
}

static int keep(struct exit_source *source, const struct command *command,
		const struct readings *readings, struct exit_runs *runs)
{
	struct exit_run *run = result_add_run(runs);

	if (!run)
		return fail(STATUS_FAILURE, "not enough memory");
	run->elapsed = command->elapsed;
	run->user = command->user;
	run->system = command->system;
	run->status = command->status;
	run->vcpus = vcpus_used(&source->info);
	run->idle = result_idle(&source->info, &readings->settled) -
		    result_idle(&source->info, &readings->before);
	if (!exit_table_subtract(&source->info, &readings->after, &readings->before,
				 &run->table)) {
		result_drop_run(runs);
		fail(0, "counts went backwards, as when a VM is migrated: this run is left out");
	}
	return STATUS_OK;
}

int measure(struct exit_source *source, char **argv, struct exit_runs *runs, int *status,
	    bool *ended)
{
	struct command command = { .argv = argv };
	struct readings *readings = malloc(sizeof(*readings));
	int failed;

	if (!readings)
		return fail(STATUS_FAILURE, "not enough memory");
	failed = measure_command(source, &command, readings);
	if (!failed)
		failed = keep(source, &command, readings, runs);
	free(readings);
	*status = command.status;
	*ended = command.interrupted || command.status == 126 || command.status == 127;
	return failed;
}
