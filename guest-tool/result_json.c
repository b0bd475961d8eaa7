// SPDX-License-Identifier: GPL-2.0
/*
 * A document of kind "stat" has, besides what json.h says of all:
 *
 * command	what was measured: a command, or the name of a process, of the number pid
 * runs		an object for each run: elapsed_s, user_s, system_s (null if not
 *		known); idle_cycles, of
 *		vCPUs; vcpus, how many the guest used; status, of the command;
 *		reasons, the exits meanwhile; and with process_modes process, an array of
 *		the exits of the process alone: exit, null for all of them; name; exits,
 *		null if not counted; estimated
 * process_modes	if those were counted, "all", or "user" if only those in user mode
 * baseline	what is to be left out, and its runs baseline_runs, if there are any
 * summary	elapsed_s and, of the time that vCPUs were not idle, busy_s, the shares
 *		tax_kvm and tax_vmm, with "steal" tax_work and steal, and of all time
 *		halted: from the runs, for readers that do not want to add
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "perf_events.h"
#include "result.h"
#include "util.h"

static json_t *real_or_null(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *reasons_of_run(const struct exit_result *result, const struct exit_run *run,
			      bool baseline, size_t nr, const struct exit_view *view)
{
	const struct exit_result *vcpu;
	json_t *reasons;
	size_t i;

	if (!result->nr_vcpus)
		return json_reasons(&result->info, &run->table, view);
	reasons = json_array();
	for (i = 0; i < result->nr_vcpus; i++) {
		vcpu = &result->of_vcpus[i];
		json_add_reasons(reasons, &result->info,
				 &(baseline ? vcpu->baseline : vcpu->measured).runs[nr]->table,
				 view, vcpu->vcpu);
	}
	return reasons;
}

static json_t *run_object(const struct exit_run *run)
{
	return json_pack("{s:f, s:o, s:o, s:f, s:f, s:i}", "elapsed_s", run->elapsed,
			 "user_s", real_or_null(run->user),
			 "system_s", real_or_null(run->system), "idle_cycles", run->idle,
			 "vcpus", run->vcpus, "status", run->status);
}

static json_t *exits_or_null(const struct process_count *count)
{
	if (!count->counted)
		return json_null();
	/* What is no integer of 64 bits is more than JSON's are, too. */
	return json_count(count->exits < 0x1p63 ? count->exits + 0.5 : 0x1p63);
}

static json_t *process_exits(const struct exit_result *result, const struct exit_run *run,
			     const struct exit_view *view)
{
	const struct process_count *count = run->process.of;
	const struct process_count *end = count + run->process.nr;
	json_t *array = json_array();
	char name[EXIT_NAME_MAX];

	for (; count < end; count++) {
		if (count->number != EXIT_ALL && !exit_view_has(view, count->number))
			continue;
		perf_event_reason(result->info.encoding, count->number, name);
		json_array_append_new(array, json_pack("{s:o, s:s, s:o, s:b}",
				      "exit", json_exit(count->number), "name", name,
				      "exits", exits_or_null(count),
				      "estimated", count->estimated));
	}
	return array;
}

static void set_runs(json_t *document, const struct exit_result *result, bool baseline,
		     const struct exit_view *view)
{
	const struct exit_runs *runs = baseline ? &result->baseline : &result->measured;
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < runs->nr; i++) {
		object = run_object(runs->runs[i]);
		json_object_set_new(object, "reasons",
				    reasons_of_run(result, runs->runs[i], baseline, i, view));
		if (result->process)
			json_object_set_new(object, "process",
					    process_exits(result, runs->runs[i], view));
		json_array_append_new(array, object);
	}
	json_object_set_new(document, baseline ? "baseline" : "command",
			    json_bytes(runs->command));
	if (runs->pid)
		json_object_set_new(document, "pid", json_integer(runs->pid));
	json_object_set_new(document, baseline ? "baseline_runs" : "runs", array);
}

static void set_tax(json_t *object, const struct exit_info *info, const struct exit_tax *tax)
{
	json_object_update_new(object, json_pack("{s:f, s:f, s:f}", "busy_s", tax->busy,
				"tax_kvm", tax->kvm, "tax_vmm", tax->vmm));
	if (!exit_info_has(info, KVM_EXIT_STATS_FEATURE_STEAL))
		return;
	json_object_update_new(object, json_pack("{s:f, s:f, s:f}", "tax_work", tax->host,
				"steal", tax->steal, "halted", tax->halted));
}

static json_t *summary_object(const struct exit_result *result)
{
	struct exit_summary *summary = malloc(sizeof(*summary));
	json_t *object;

	if (!summary)
		return NULL;
	result_summarize(result, summary);
	object = json_pack("{s:f}", "elapsed_s", summary->elapsed.mean);
	if (summary->tax.busy)
		set_tax(object, &result->info, &summary->tax);
	free(summary);
	return object;
}

int result_print_json(FILE *out, const struct exit_result *result,
		      const struct exit_view *view)
{
	json_t *document = json_document("stat", &result->info);

	if (result->process)
		json_object_set_new(document, "process_modes",
				    json_string(result->user_only ? "user" : "all"));
	set_runs(document, result, false, view);
	if (result->baseline.command)
		set_runs(document, result, true, view);
	json_object_set_new(document, "summary", summary_object(result));
	return json_print(out, document, false);
}

static bool read_time(const json_t *object, const char *name, double *value,
		      struct recording_error *error)
{
	*value = NAN;
	return json_is_null(json_object_get(object, name)) ||
	       json_read_number(object, name, value, error);
}

static bool wrong(struct recording_error *error, const char *text)
{
	snprintf(error->text, sizeof(error->text), "%s", text);
	return false;
}

static bool read_count(const json_t *object, struct process_count *count,
		       struct recording_error *error)
{
	const json_t *number = json_object_get(object, "exit");

	count->number = json_is_null(number) ? EXIT_ALL : json_integer_value(number);
	if (!json_is_null(number) && (!json_is_integer(number) || count->number < 0 ||
				      json_integer_value(number) > KVM_EXIT_STATS_NUMBER_MASK))
		return wrong(error, "invalid exit number of the process");
	count->counted = !json_is_null(json_object_get(object, "exits"));
	count->estimated = json_is_true(json_object_get(object, "estimated"));
	return !count->counted || json_read_number(object, "exits", &count->exits, error);
}

static bool read_process(const json_t *array, struct process_exits *exits,
			 struct recording_error *error)
{
	struct process_count *count;
	json_t *object;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) > ARRAY_SIZE(exits->of))
		return wrong(error, "there are no exits of the process, or too many");
	json_array_foreach(array, i, object) {
		count = &exits->of[i];
		if (!read_count(object, count, error))
			return false;
		if (process_exits_find(exits, count->number))
			return wrong(error, "an exit number of the process is there twice");
		exits->nr++;
	}
	return true;
}

static bool read_run(const json_t *object, const struct exit_result *result,
		     struct exit_runs *runs, struct recording_error *error)
{
	struct exit_run *run = result_add_run(runs);
	double status;

	if (!run)
		return wrong(error, "not enough memory");
	if (!json_read_number(object, "elapsed_s", &run->elapsed, error) ||
	    !read_time(object, "user_s", &run->user, error) ||
	    !read_time(object, "system_s", &run->system, error) ||
	    !json_read_number(object, "idle_cycles", &run->idle, error) ||
	    !json_read_number(object, "vcpus", &run->vcpus, error) ||
	    !json_read_number(object, "status", &status, error))
		return false;
	run->status = status < 256 ? status : 255;
	return json_read_reasons(json_object_get(object, "reasons"), &result->info, &run->table,
				 error) &&
	       (!result->process ||
		read_process(json_object_get(object, "process"), &run->process, error));
}

static bool read_runs(const json_t *document, const struct exit_result *result,
		      const char *command, const char *name, struct exit_runs *runs,
		      struct recording_error *error)
{
	const json_t *array = json_object_get(document, name);
	const char *text = json_string_value(json_object_get(document, command));
	json_t *object;
	size_t i;

	if (!text || !json_array_size(array)) {
		snprintf(error->text, sizeof(error->text), "there are no %s of a %s", name,
			 command);
		return false;
	}
	if (json_array_size(array) > RUNS_MAX) {
		snprintf(error->text, sizeof(error->text), "there are more than %d %s", RUNS_MAX,
			 name);
		return false;
	}
	runs->command = strdup(text);
	json_array_foreach(array, i, object) {
		if (!read_run(object, result, runs, error))
			return false;
	}
	return true;
}

static bool add_vcpu(struct exit_result *result, long vcpu)
{
	struct exit_result *more;
	size_t i;

	for (i = 0; i < result->nr_vcpus; i++) {
		if (result->of_vcpus[i].vcpu == vcpu)
			return true;
	}
	more = reallocarray(result->of_vcpus, i + 1, sizeof(*more));
	if (!more)
		return false;
	result->of_vcpus = more;
	more[i] = (struct exit_result) { .info = result->info, .vcpu = vcpu };
	more[i].info.one_vcpu = true;
	result->nr_vcpus++;
	return true;
}

/* Those that any of these runs has exits of.  Returns false if there is no memory. */
static bool find_vcpus(const json_t *runs, struct exit_result *result)
{
	json_t *run, *reason;
	size_t i, k;

	json_array_foreach(runs, i, run) {
		json_array_foreach(json_object_get(run, "reasons"), k, reason) {
			if (json_vcpu(reason) >= 0 && !add_vcpu(result, json_vcpu(reason)))
				return false;
		}
	}
	return true;
}

/* Besides its exits a run is what it is of all vCPUs. */
static bool read_vcpu_runs(const json_t *array, const struct exit_runs *whole,
			   const struct exit_result *part, struct exit_runs *runs,
			   struct recording_error *error)
{
	struct exit_run *run;
	json_t *object;
	size_t i;

	json_array_foreach(array, i, object) {
		run = result_add_run(runs);
		if (!run)
			return wrong(error, "not enough memory");
		*run = *whole->runs[i];
		run->process.nr = 0;
		if (!json_read_reasons_of(json_object_get(object, "reasons"), &part->info,
					  part->vcpu, &run->table, error))
			return false;
	}
	return true;
}

static int compare_vcpus(const void *a, const void *b)
{
	const struct exit_result *ra = a, *rb = b;

	return ra->vcpu < rb->vcpu ? -1 : ra->vcpu > rb->vcpu;
}

static bool read_vcpus(const json_t *document, struct exit_result *result,
		       struct recording_error *error)
{
	const json_t *runs = json_object_get(document, "runs");
	const json_t *baseline = result->baseline.nr ?
				 json_object_get(document, "baseline_runs") : NULL;
	struct exit_result *part;
	size_t i;

	if (!find_vcpus(runs, result) || !find_vcpus(baseline, result))
		return wrong(error, "not enough memory");
	if (!result->nr_vcpus)
		return wrong(error, "it was not measured with -A, by vCPU");
	qsort(result->of_vcpus, result->nr_vcpus, sizeof(*part), compare_vcpus);
	for (i = 0; i < result->nr_vcpus; i++) {
		part = &result->of_vcpus[i];
		if (!read_vcpu_runs(runs, &result->measured, part, &part->measured, error) ||
		    !read_vcpu_runs(baseline, &result->baseline, part, &part->baseline, error))
			return false;
	}
	return true;
}

static bool parse(const char *text, size_t size, bool by_vcpu, struct exit_result *result,
		  struct recording_error *error)
{
	const char *modes;
	json_t *document;
	bool good;

	memset(result, 0, sizeof(*result));
	document = json_parse(text, size, "stat", &result->info, error);
	if (!document)
		return false;
	modes = json_string_value(json_object_get(document, "process_modes"));
	result->process = modes;
	result->user_only = modes && !strcmp(modes, "user");
	result->measured.pid = json_integer_value(json_object_get(document, "pid"));
	good = read_runs(document, result, "command", "runs", &result->measured, error);
	if (good && json_object_get(document, "baseline"))
		good = read_runs(document, result, "baseline", "baseline_runs",
				 &result->baseline, error);
	if (good && by_vcpu)
		good = read_vcpus(document, result, error);
	json_decref(document);
	if (!good)
		result_free(result);
	return good;
}

bool result_parse(const char *text, size_t size, struct exit_result *result,
		  struct recording_error *error)
{
	return parse(text, size, false, result, error);
}

bool result_parse_vcpus(const char *text, size_t size, struct exit_result *result,
			struct recording_error *error)
{
	return parse(text, size, true, result, error);
}

static int read_from(const char *path, bool by_vcpu, struct exit_result *result)
{
	struct recording_error error;
	size_t size;
	char *text = file_read(path, &size);
	bool good;

	if (!text)
		return fail(STATUS_FAILURE, "cannot read %s: %s", path, strerror(errno));
	good = parse(text, size, by_vcpu, result, &error);
	free(text);
	return good ? STATUS_OK : fail(STATUS_FAILURE, "%s: %s", path, error.text);
}

int result_read(const char *path, struct exit_result *result)
{
	return read_from(path, false, result);
}

int result_read_vcpus(const char *path, struct exit_result *result)
{
	return read_from(path, true, result);
}
