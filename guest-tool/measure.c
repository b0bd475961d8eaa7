// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "command.h"
#include "measure.h"
#include "progress.h"
#include "util.h"

struct readings {
	struct exit_table before, after, settled;
	/* Seconds from before to settled, in which the program ran, and we read */
	double window;
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
	readings->window = now();
	status = source_read(source, &readings->before);
	error = command_go(command);
	command_wait(command);
	if (!status)
		status = source_read(source, &readings->after);
	/* For what was idle only: these exits are ours. */
	visit_vcpus(source);
	readings->window = now() - readings->window;
	settled = status ? status : source_read(source, &readings->settled);
	if (error)
		fail(0, "cannot run '%s': %s", command->argv[0], strerror(error));
	return settled;
}

/* While we read, on one vCPU, the others are taken to have been idle. */
static double idle_cycles(const struct exit_source *source, const struct command *command,
			  const struct readings *readings)
{
	double idle = result_idle(&source->info, &readings->settled) -
		      result_idle(&source->info, &readings->before);
	double reading = readings->window - command->elapsed;
	unsigned int vcpus = source_vcpus(source);

	if (!source->file && vcpus > 1)
		idle -= reading * (vcpus - 1) * source->info.tsc_khz * 1000.0;
	return idle > 0 ? idle : 0;
}

static int keep(struct exit_source *source, const struct command *command,
		const struct readings *readings, struct exit_runs *runs)
{
	struct exit_run *run;
	bool backwards;
	int status;

	if (command->not_started)
		return STATUS_OK;
	run = result_add_run(runs);
	if (!run)
		return fail(STATUS_FAILURE, "not enough memory");
	run->elapsed = command->elapsed;
	run->user = command->user;
	run->system = command->system;
	run->status = command->status;
	run->vcpus = source_vcpus(source);
	run->idle = idle_cycles(source, command, readings);
	status = source_subtract(source, &readings->after, &readings->before, &run->table,
				 &backwards);
	if (backwards) {
		result_drop_run(runs);
		fail(0, "counts went backwards, as when a VM is migrated: this run is left out");
	}
	return status;
}

struct measurement {
	struct exit_source *source;
	const struct measure_plan *plan;
	/* Parsed from the plan, or NULL */
	char **baseline;
	struct readings readings;
	/* Another run is of no use. */
	bool ended;
};

/* One run, which counts if runs is not NULL. */
static int run(struct measurement *m, char **argv, struct exit_runs *runs, int *status)
{
	struct command command = { .argv = argv, .quiet = m->plan->quiet };
	int failed;

	failed = measure_command(m->source, &command, &m->readings);
	if (!failed && runs)
		failed = keep(m->source, &command, &m->readings, runs);
	m->ended = command.interrupted || command.not_started;
	if (command.status)
		*status = command.status;
	return failed;
}

static int round_of(struct measurement *m, struct measured *program, bool counts)
{
	struct exit_result *result = &program->result;
	int failed = 0, ignored = 0;

	if (m->baseline)
		failed = run(m, m->baseline, counts ? &result->baseline : NULL, &ignored);
	if (m->ended) {
		program->status = ignored;
		return failed;
	}
	return failed ? failed : run(m, program->argv, counts ? &result->measured : NULL,
				     &program->status);
}

static int run_all(struct measurement *m, struct measured *programs, size_t nr)
{
	unsigned int round, rounds = m->plan->warmup + m->plan->repeat;
	int failed = 0;
	size_t i;

	for (round = 0; round < rounds && !m->ended && !failed; round++) {
		for (i = 0; i < nr && !m->ended && !failed; i++) {
			if (m->plan->quiet)
				progress("run %zu of %zu", round * nr + i + 1, rounds * nr);
			failed = round_of(m, &programs[i], round >= m->plan->warmup);
		}
	}
	progress_end();
	return failed;
}

int measure(struct exit_source *source, const struct measure_plan *plan,
	    struct measured *programs, size_t nr)
{
	struct measurement *m = calloc(1, sizeof(*m));
	int status = STATUS_OK;
	size_t i;

	for (i = 0; m && i < nr; i++) {
		programs[i].result.info = source->info;
		if (plan->baseline)
			programs[i].result.baseline.command = strdup(plan->baseline);
	}
	if (m && plan->baseline)
		m->baseline = command_split(plan->baseline);
	if (!m || (plan->baseline && !m->baseline)) {
		status = fail(STATUS_FAILURE, "not enough memory");
	} else if (plan->baseline && !m->baseline[0]) {
		status = fail(STATUS_USAGE, "the baseline is no command");
	} else {
		m->source = source;
		m->plan = plan;
		status = run_all(m, programs, nr);
	}
	if (m)
		free(m->baseline);
	free(m);
	return status;
}
