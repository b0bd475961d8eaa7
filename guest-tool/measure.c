// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "command.h"
#include "ending.h"
#include "measure.h"
#include "progress.h"
#include "util.h"

struct readings {
	struct exit_table before, after, settled;
	/* The last one of the run before, or NULL */
	const struct exit_table *last;
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
	status = source_read_again(source, readings->last, &readings->before);
	error = command_go(command);
	command_wait(command);
	if (!status)
		status = source_read_again(source, &readings->before, &readings->after);
	/* For what was idle only: these exits are ours. */
	visit_vcpus(source);
	readings->window = now() - readings->window;
	settled = status ? status :
		source_read_again(source, &readings->after, &readings->settled);
	readings->last = &readings->settled;
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
		struct readings *readings, struct exit_runs *runs)
{
	struct exit_run *run;
	bool migrated;
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
	/* The idle time is from the settled reading, which has to be of the same VM, too. */
	status = source_subtract(source, &readings->settled, &readings->before, &run->table,
				 &migrated);
	if (!migrated)
		status = source_subtract(source, &readings->after, &readings->before,
					 &run->table, &migrated);
	if (migrated) {
		result_drop_run(runs);
		readings->last = NULL;
		fail(0, "the VM was migrated or restored: this run is left out");
	}
	return status;
}

struct measurement {
	struct exit_source *source;
	const struct measure_plan *plan;
	struct measured *programs;
	size_t nr;
	/* Parsed from the plan, or NULL */
	char **baseline;
	struct readings readings;
	/* The programs run more than once, or there are several: one would get all the input. */
	bool several;
	/* So far and in all, warm-ups and the baseline's with them */
	unsigned int runs, all_runs;
	/* Another run is of no use. */
	bool ended;
};

/* Of programs, not of what is left out */
static unsigned int wanted(const struct measurement *m)
{
	return m->plan->repeat * m->nr;
}

/* What a signal from outside cut short, unless there is nothing else to show */
static bool is_whole(const struct measurement *m, const struct exit_runs *runs)
{
	return !ending_signal() || (wanted(m) == 1 && runs == &m->programs->result.measured);
}

static void say_failure(struct measurement *m, const char *text, int status)
{
	/* Why it was not started was said. */
	if (m->ended || ending_signal())
		return;
	if (m->plan->at_failure)
		fail(0, "'%s' failed with status %d; %s", text, status,
		     m->plan->at_failure);
	m->ended = m->plan->at_failure;
}

/* One run, which counts if runs is not NULL.  text is the command for people. */
static int run(struct measurement *m, char **argv, const char *text,
	       struct exit_runs *runs, int *status)
{
	struct command command = {
		.argv = argv, .quiet = m->plan->quiet,
		.no_input = argv == m->baseline || m->several,
	};
	int failed;

	m->runs++;
	if (m->plan->quiet)
		progress("run %u of %u", m->runs, m->all_runs);
	failed = measure_command(m->source, &command, &m->readings);
	if (!failed && runs && is_whole(m, runs))
		failed = keep(m->source, &command, &m->readings, runs);
	m->ended = command.not_started;
	if (!command.status)
		return failed;
	*status = command.status;
	say_failure(m, text, command.status);
	return failed;
}

static int round_of(struct measurement *m, struct measured *program, bool counts)
{
	struct exit_result *result = &program->result;
	int failed = 0, status = 0;

	if (m->baseline)
		failed = run(m, m->baseline, m->plan->baseline,
			     counts ? &result->baseline : NULL, &status);
	if (m->ended)
		program->status = status;
	if (m->ended || ending_signal() || failed)
		return failed;
	return run(m, program->argv, result->measured.command,
		   counts ? &result->measured : NULL, &program->status);
}

static int run_all(struct measurement *m)
{
	unsigned int round, rounds = m->plan->warmup + m->plan->repeat;
	int failed = 0;
	size_t i;

	m->several = rounds * m->nr > 1;
	m->all_runs = rounds * m->nr * (m->baseline ? 2 : 1);
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < m->nr; i++) {
			failed = round_of(m, &m->programs[i], round >= m->plan->warmup);
			if (failed || m->ended || ending_signal())
				return failed;
		}
	}
	return failed;
}

/* A signal may have come when all was done. */
static void say_what_ended_it(struct measurement *m)
{
	size_t runs = 0, i;

	for (i = 0; i < m->nr; i++)
		runs += m->programs[i].result.measured.nr;
	if (!ending_signal() || runs == wanted(m))
		return;
	fail(0, "ended by SIG%s after %zu of %u runs", sigabbrev_np(ending_signal()), runs,
	     wanted(m));
	for (i = 0; i < m->nr; i++) {
		if (!m->programs[i].status)
			m->programs[i].status = 128 + ending_signal();
	}
}

static int run_until_ended(struct measurement *m)
{
	int failed;

	ending_begin();
	failed = run_all(m);
	progress_end();
	say_what_ended_it(m);
	ending_end();
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
		status = fail(STATUS_USAGE, "the baseline is not a command");
	} else {
		m->source = source;
		m->plan = plan;
		m->programs = programs;
		m->nr = nr;
		status = run_until_ended(m);
	}
	if (m)
		free(m->baseline);
	free(m);
	return status;
}
