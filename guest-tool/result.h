/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RESULT_H
#define RESULT_H

#include <stdio.h>
#include <sys/types.h>

#include "exit_table.h"
#include "process_exits.h"
#include "recording.h"
#include "sample.h"
#include "table_print.h"

/* What stat has measured: one run of a command, and all of them. */

/* A run takes as much memory as its table. */
#define RUNS_MAX 1000

struct exit_run {
	/* Seconds */
	double elapsed;
	/* NAN if not known, as of a process that another one has waited for */
	double user;
	double system;
	/* Cycles that vCPUs were idle, as result_idle() has it */
	double idle;
	/* vCPUs that the guest used */
	double vcpus;
	/* As a shell has it */
	int status;
	struct exit_table table;
	/* Of the process alone, if the result has that */
	struct process_exits process;
};

struct exit_runs {
	char *command;
	/* If command is the name of a process that ran; otherwise 0 */
	pid_t pid;
	size_t nr;
	struct exit_run **runs;
};

struct exit_result {
	struct exit_info info;
	/* Are there the exits of the process alone, and of those in user mode only? */
	bool process, user_only;
	struct exit_runs measured;
	/* What is subtracted from those; command is NULL if nothing is. */
	struct exit_runs baseline;
	/* The same of each vCPU by itself, if it was measured so, without commands */
	size_t nr_vcpus;
	struct exit_result *of_vcpus;
	/* Of those, which it is */
	long vcpu;
};

/* One reason in all runs, minus the baseline: means of a run */
struct exit_mean {
	uint32_t number;
	struct sample exits;
	struct sample cycles;
	/*
	 * Of the process alone, in the runs in which that was counted; nr is 0 if in none.  Where
	 * it was not in all, or not all of the time, it is an estimate.
	 */
	struct sample process;
	bool estimated;
	/* Of the cycles' mean */
	struct exit_parts parts;
	/* Of all runs together */
	struct exit_hist hist;
};

/*
 * The hypervisor tax: where the time of vCPUs went, of whole runs, for the difference from
 * a baseline may be next to nothing.
 */
struct exit_tax {
	/* Seconds of a run that passed, and those of all vCPUs in which they were not idle */
	double elapsed;
	double busy;
	/*
	 * Shares, from 0 to 1, of the latter: the tax, and its parts: what the host did and what
	 * the VMM did.  By steal and halted where the host has those; otherwise what KVM did,
	 * and both but for exits in which a vCPU is idle.
	 */
	double tax;
	double host;
	double vmm;
	/* KVM's in the latter way always */
	double kvm;
	/* Shares of the same time that vCPUs waited for a CPU, and of all time that they idled */
	double steal;
	double halted;
};

struct exit_summary {
	size_t nr;
	struct exit_mean rows[EXIT_TABLE_MAX];
	struct exit_mean total;
	/* Seconds */
	struct sample elapsed;
	double user;
	double system;
	/* Zeros if it is not known */
	struct exit_tax tax;
};

/* A new run at the end, with nothing in it, or NULL if there is no memory for it. */
struct exit_run *result_add_run(struct exit_runs *runs);

/* Take the last one away. */
void result_drop_run(struct exit_runs *runs);

/*
 * Cycles that vCPUs were idle, in a table: halted as the host has it, or, where it has no
 * steal, in an exit of HLT, MWAIT or the like.
 */
double result_idle(const struct exit_info *info, const struct exit_table *table);

/* The tax of some runs; false, and zeros, if it is not known. */
bool result_tax(const struct exit_info *info, struct exit_run *const *runs, size_t nr,
		struct exit_tax *tax);

/* The means, sorted by exits, the most first. */
void result_summarize(const struct exit_result *result, struct exit_summary *summary);

/* The row of an exit number, or NULL. */
const struct exit_mean *summary_find(const struct exit_summary *summary, uint32_t number);

/* A line of a table; its histogram is that of mean. */
struct exit_line exit_line_of_mean(const struct exit_mean *mean);

/* Free what the result holds. */
void result_free(struct exit_result *result);

/*
 * As a table, as JSON and as comma-separated values, of the reasons that the view has.
 * Returns 0, or -1 if out failed or there is no memory.
 */
int result_print(FILE *out, const struct exit_result *result, const struct exit_view *view);
int result_print_json(FILE *out, const struct exit_result *result,
		      const struct exit_view *view);
int result_print_csv(FILE *out, const struct exit_result *result, const struct exit_view *view);

/* Read what result_print_json() has written.  Returns false and error if it is not. */
bool result_parse(const char *text, size_t size, struct exit_result *result,
		  struct recording_error *error);

/* The same, with the vCPUs if it was measured so. */
bool result_parse_vcpus(const char *text, size_t size, struct exit_result *result,
			struct recording_error *error);

/* The same from a file.  Return a status, having said why if that is not STATUS_OK. */
int result_read(const char *path, struct exit_result *result);
int result_read_vcpus(const char *path, struct exit_result *result);

#endif
