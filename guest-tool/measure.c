// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "command.h"
#include "ending.h"
#include "measure.h"
#include "process.h"
#include "progress.h"
#include "util.h"

/* Longer than any program runs, in seconds */
#define FOREVER 1e9

/* What all meters have read, a table each */
struct readings {
	struct exit_table *before, *after, *settled;
	/* Is there a settled one, of the run before? */
	bool has_settled;
	/* Seconds from before to settled, in which the program ran, and we read */
	double window;
};

struct measurement {
	struct meters *meters;
	const struct measure_plan *plan;
	struct measured *programs;
	size_t nr;
	/* Parsed from the plan, or NULL */
	char **baseline;
	struct readings readings;
	/* What was counted of the process alone in this run */
	struct process_exits process;
	/* CLOCK_MONOTONIC of the start of the run, and of the end of its last interval */
	double started, last;
	/* The programs run more than once, or there are several: one would get all the input. */
	bool several;
	/* So far and in all, warm-ups and the baseline's with them */
	unsigned int runs, all_runs;
	/* Another run is of no use. */
	bool ended;
	/* The VM was migrated in an interval of this run. */
	bool migrated;
};

/* vCPUs that were halted since before are accounted for when they have run. */
static void visit_vcpus(const struct measurement *m)
{
	if (!m->meters->info.file)
		affinity_visit_all();
}

/* earlier are readings that save CPUIDs, or NULL: what the meters had last is as good */
static int read_all(struct measurement *m, const struct exit_table *earlier,
		    struct exit_table *tables)
{
	int status = STATUS_OK;
	struct meter *meter;
	size_t i;

	for (i = 0; !status && i < m->meters->nr; i++) {
		meter = &m->meters->of[i];
		status = source_read_again(&meter->source, earlier ? &earlier[i] : &meter->last,
					   &tables[i]);
	}
	return status;
}

static void begin_intervals(struct measurement *m)
{
	size_t i;

	for (i = 0; i < m->meters->nr; i++)
		m->meters->of[i].last = m->readings.before[i];
	m->started = m->last = now();
	m->migrated = false;
}

static void show_interval(struct measurement *m, double time)
{
	const struct interval interval = interval_now(m->meters, time - m->started,
						      time - m->last);

	m->last = time;
	m->plan->show(&interval, m->plan->data);
}

static int next_interval(struct measurement *m)
{
	double time = now();
	bool migrated;
	int status = meters_read(m->meters, &migrated);

	if (!status && !migrated)
		show_interval(m, time);
	m->last = time;
	m->migrated |= migrated;
	return status;
}

/* What the last reading of the run has beyond that of the last interval */
static void last_interval(struct measurement *m, double time)
{
	struct meter *meter;
	size_t i;

	for (i = 0; i < m->meters->nr; i++) {
		meter = &m->meters->of[i];
		if (!source_between(&meter->source, &m->readings.after[i], &meter->last,
				    &meter->between))
			m->migrated = true;
	}
	if (!m->migrated)
		show_interval(m, time);
}

/* Until the process ends, or a signal comes: interval after interval.  Returns a status. */
static int watch(struct measurement *m, const struct process *process)
{
	double interval = m->plan->interval ? m->plan->interval : FOREVER;
	double next = m->started + interval;
	int status = STATUS_OK;

	while (!status && !process_wait(process, fmax(next - now(), 0)) && !ending_signal()) {
		/* A signal that only the command is to heed */
		if (now() < next)
			continue;
		status = next_interval(m);
		next = interval_next(next, interval, now());
	}
	return status;
}

static int begin_run(struct measurement *m)
{
	struct readings *readings = &m->readings;
	int status;

	visit_vcpus(m);
	readings->window = now();
	status = read_all(m, readings->has_settled ? readings->settled : NULL, readings->before);
	if (m->plan->interval)
		begin_intervals(m);
	return status;
}

static int end_run(struct measurement *m)
{
	struct readings *readings = &m->readings;
	double time = now();
	int status = read_all(m, readings->before, readings->after);

	/* For what was idle only: these exits are ours. */
	visit_vcpus(m);
	readings->window = now() - readings->window;
	if (!status)
		status = read_all(m, readings->after, readings->settled);
	readings->has_settled = !status;
	if (!status && m->plan->interval)
		last_interval(m, time);
	return status;
}

static int watch_command(struct measurement *m, const struct command *command)
{
	struct process process;
	int status, error = process_open(&process, command->pid);

	if (error)
		return fail(STATUS_FAILURE, "cannot wait for '%s': %s", command->argv[0],
			    strerror(error));
	status = watch(m, &process);
	process_close(&process);
	return status;
}

/* Before the VM's, for what the process leaves behind goes on. */
static void take_process(struct measurement *m)
{
	if (!m->plan->process)
		return;
	perf_counters_read(m->plan->process, &m->process);
	perf_counters_close(m->plan->process);
}

/* Returns a status; if that is not STATUS_OK, there is no process. */
static int prepare_command(struct measurement *m, struct command *command)
{
	int error = command_prepare(command), status = STATUS_OK;

	if (error)
		return fail(STATUS_FAILURE, "cannot start a process: %s", strerror(error));
	if (m->plan->process)
		status = perf_counters_of_command(m->plan->process, command->pid);
	if (status)
		command_abandon(command);
	return status;
}

/* Returns the status of the reading; that of the program is in command. */
static int measure_command(struct measurement *m, struct command *command)
{
	int status = prepare_command(m, command), error;

	if (status)
		return status;
	status = begin_run(m);
	error = command_go(command);
	if (!status && !error && m->plan->interval)
		status = watch_command(m, command);
	command_wait(command);
	take_process(m);
	if (!status)
		status = end_run(m);
	if (error)
		fail(0, "cannot run '%s': %s", command->argv[0], strerror(error));
	return status;
}

/* While we read, on one vCPU, the others are taken to have been idle. */
static double idle_cycles(const struct measurement *m, double elapsed)
{
	const struct meters *meters = m->meters;
	double reading = m->readings.window - elapsed, idle = 0;
	unsigned int vcpus = meters_vcpus(meters);
	size_t i;

	for (i = 0; i < meters->nr; i++)
		idle += result_idle(&meters->info, &m->readings.settled[i]) -
			result_idle(&meters->info, &m->readings.before[i]);
	if (!meters->info.file && vcpus > 1)
		idle -= reading * (vcpus - 1) * meters->info.tsc_khz * 1000.0;
	return idle > 0 ? idle : 0;
}

static struct exit_runs *runs_of(struct exit_result *result, bool baseline)
{
	return baseline ? &result->baseline : &result->measured;
}

/* Add a run with what is known of it but the exits.  Returns it, or NULL. */
static struct exit_run *add_run(struct exit_result *result, bool baseline,
				const struct exit_run *known)
{
	struct exit_run *run = result_add_run(runs_of(result, baseline));

	if (run) {
		run->elapsed = known->elapsed;
		run->user = known->user;
		run->system = known->system;
		run->status = known->status;
		run->idle = known->idle;
		run->vcpus = known->vcpus;
	}
	return run;
}

/* Returns false if there is no memory.  *migrated is set if the VM was. */
static bool keep_meter(struct measurement *m, size_t i, struct exit_result *result, bool baseline,
		       struct exit_run *sum, bool *migrated)
{
	const struct exit_source *source = &m->meters->of[i].source;
	const struct readings *readings = &m->readings;
	struct exit_run *run = sum;
	size_t k;

	if (m->meters->by_vcpu)
		run = add_run(&result->of_vcpus[i], baseline, sum);
	if (!run)
		return false;
	/* The idle time is from the settled reading, which has to be of the same VM, too. */
	if (!source_between(source, &readings->settled[i], &readings->before[i], &run->table) ||
	    !source_between(source, &readings->after[i], &readings->before[i], &run->table))
		*migrated = true;
	for (k = 0; run != sum && k < run->table.nr; k++)
		exit_table_accumulate(&sum->table, &run->table.rows[k]);
	return true;
}

static void drop_run(struct exit_result *result, bool baseline)
{
	size_t i, nr = runs_of(result, baseline)->nr;

	/* Those of all vCPUs may not have been added. */
	for (i = 0; i < result->nr_vcpus; i++) {
		if (runs_of(&result->of_vcpus[i], baseline)->nr == nr)
			result_drop_run(runs_of(&result->of_vcpus[i], baseline));
	}
	result_drop_run(runs_of(result, baseline));
}

static int left_out(struct measurement *m)
{
	fail(0, "the VM was migrated or restored: this run is left out");
	m->readings.has_settled = false;
	return meters_begin(m->meters);
}

/* Keep what was counted, with what is known of the run besides that. */
static int keep(struct measurement *m, struct exit_run *known, struct exit_result *result,
		bool baseline)
{
	bool migrated = m->migrated, good = true;
	struct exit_run *run;
	size_t i;

	known->vcpus = meters_vcpus(m->meters);
	known->idle = idle_cycles(m, known->elapsed);
	run = add_run(result, baseline, known);
	for (i = 0; run && good && i < m->meters->nr; i++)
		good = keep_meter(m, i, result, baseline, run, &migrated);
	if (run && m->plan->process) {
		run->process = m->process;
		process_exits_limit(&run->process, &run->table);
	}
	if (run && good && !migrated) {
		exit_table_sort(&run->table);
		return STATUS_OK;
	}
	if (run)
		drop_run(result, baseline);
	return run && good ? left_out(m) : fail(STATUS_FAILURE, "not enough memory");
}

/* Of programs, not of what is left out */
static unsigned int wanted(const struct measurement *m)
{
	return m->plan->repeat * m->nr;
}

/* What a signal from outside cut short, unless there is nothing else to show */
static bool is_whole(const struct measurement *m, bool baseline)
{
	return !ending_signal() || (wanted(m) == 1 && !baseline);
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

/*
 * One run of a program, or of the baseline, which counts or does not.  *failure is its status
 * if that is not 0.
 */
static int run(struct measurement *m, struct measured *program, bool baseline, bool counts,
	       int *failure)
{
	struct exit_result *result = &program->result;
	struct command command = {
		.argv = baseline ? m->baseline : program->argv, .quiet = m->plan->quiet,
		.no_input = baseline || m->several,
	};
	struct exit_run known;
	int failed;

	m->runs++;
	if (m->plan->quiet)
		progress("run %u of %u", m->runs, m->all_runs);
	failed = measure_command(m, &command);
	known = (struct exit_run) {
		.elapsed = command.elapsed, .user = command.user, .system = command.system,
		.status = command.status,
	};
	if (!failed && counts && !command.not_started && is_whole(m, baseline))
		failed = keep(m, &known, result, baseline);
	m->ended = command.not_started;
	if (!command.status)
		return failed;
	*failure = command.status;
	say_failure(m, runs_of(result, baseline)->command, command.status);
	return failed;
}

static int round_of(struct measurement *m, struct measured *program, bool counts)
{
	int failed = 0, failure = 0;

	if (m->baseline)
		failed = run(m, program, true, counts, &failure);
	if (m->ended)
		program->status = failure;
	if (m->ended || ending_signal() || failed)
		return failed;
	return run(m, program, false, counts, &program->status);
}

/* Of a process that is not a child: if it, and no other of that number, is there still */
static void add_times(struct exit_run *known, pid_t pid, const struct process_times *before)
{
	struct process_times after;
	bool is_there = process_times(pid, &after) && after.start == before->start;

	known->user = is_there ? after.user - before->user : NAN;
	known->system = is_there ? after.system - before->system : NAN;
}

static int measure_process(struct measurement *m, const struct process *process,
			   const struct process_times *before)
{
	struct perf_counters *counters = m->plan->process;
	struct exit_run known = { 0 };
	int status = STATUS_OK;

	if (counters)
		status = perf_counters_of_process(counters, process->pid);
	if (status)
		return status;
	status = begin_run(m);
	if (counters)
		perf_counters_start(counters);
	m->started = m->last = now();
	if (!status)
		status = watch(m, process);
	known.elapsed = now() - m->started;
	take_process(m);
	add_times(&known, process->pid, before);
	if (!status)
		status = end_run(m);
	return status ? status : keep(m, &known, &m->programs->result, false);
}

/* The one of programs->result.measured.pid, which gets its name */
static int watch_process(struct measurement *m)
{
	struct exit_runs *runs = &m->programs->result.measured;
	struct process_times before;
	struct process process;
	int status, error = process_open(&process, runs->pid);

	if (error)
		return fail(STATUS_FAILURE, "cannot wait for process %d: %s", runs->pid,
			    strerror(error));
	if (!process_times(runs->pid, &before))
		status = fail(STATUS_FAILURE, "/proc says nothing of process %d", runs->pid);
	else if (!(runs->command = strdup(before.name)))
		status = fail(STATUS_FAILURE, "not enough memory");
	else
		status = measure_process(m, &process, &before);
	process_close(&process);
	return status;
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
	failed = m->programs->result.measured.pid ? watch_process(m) : run_all(m);
	progress_end();
	say_what_ended_it(m);
	ending_end();
	return failed;
}

static bool make_readings(struct readings *readings, size_t nr)
{
	readings->before = calloc(nr, sizeof(*readings->before));
	readings->after = calloc(nr, sizeof(*readings->after));
	readings->settled = calloc(nr, sizeof(*readings->settled));
	return readings->before && readings->after && readings->settled;
}

static bool make_vcpus(struct exit_result *result, const struct meters *meters)
{
	size_t i;

	result->of_vcpus = calloc(meters->nr, sizeof(*result->of_vcpus));
	if (!result->of_vcpus)
		return false;
	result->nr_vcpus = meters->nr;
	for (i = 0; i < meters->nr; i++) {
		result->of_vcpus[i].info = meters->of[i].source.info;
		result->of_vcpus[i].vcpu = meters->of[i].source.cpu;
	}
	return true;
}

/* Returns false if there is no memory. */
static bool prepare(struct measurement *m)
{
	const char *baseline = m->plan->baseline;
	bool good = make_readings(&m->readings, m->meters->nr);
	struct exit_result *result;
	size_t i;

	for (i = 0; good && i < m->nr; i++) {
		result = &m->programs[i].result;
		result->info = m->meters->info;
		result->process = m->plan->process;
		result->user_only = result->process && m->plan->process->user_only;
		if (baseline)
			good = (result->baseline.command = strdup(baseline));
		if (good && m->meters->by_vcpu)
			good = make_vcpus(result, m->meters);
	}
	if (good && baseline)
		good = (m->baseline = command_split(baseline));
	return good;
}

int measure(struct meters *meters, const struct measure_plan *plan, struct measured *programs,
	    size_t nr)
{
	struct measurement m = { .meters = meters, .plan = plan, .programs = programs, .nr = nr };
	int status;

	if (!prepare(&m))
		status = fail(STATUS_FAILURE, "not enough memory");
	else if (m.baseline && !m.baseline[0])
		status = fail(STATUS_USAGE, "the baseline is not a command");
	else
		status = run_until_ended(&m);
	free(m.baseline);
	free(m.readings.before);
	free(m.readings.after);
	free(m.readings.settled);
	return status;
}
