// SPDX-License-Identifier: GPL-2.0
/* Of a host: what QEMUs say of their VMs by QMP, as far as they say it. */
#include <argz.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cpuid.h"
#include "metrics_qmp.h"
#include "metrics_read.h"
#include "process.h"
#include "util.h"

/* How long one QEMU may take, and all of them */
#define SECONDS_EACH 1
#define SECONDS_ALL 8

/* The buckets of exit_stats_reasons: SVM's codes and one for all others, see exit-stats.rst */
#define NR_CODES (KVM_EXIT_STATS_NR_SVM_CODES + KVM_EXIT_STATS_NR_SVM_HIGH_CODES)
#define NR_BUCKETS (NR_CODES + 1)

/* The exit number that a bucket has */
static uint32_t number_of(unsigned int encoding, size_t bucket)
{
	if (bucket == NR_BUCKETS - 1)
		return KVM_EXIT_STATS_OTHER;
	if (encoding == KVM_EXIT_STATS_ENCODING_SVM && bucket >= KVM_EXIT_STATS_NR_SVM_CODES)
		return KVM_EXIT_STATS_SVM_HIGH_CODES + bucket - KVM_EXIT_STATS_NR_SVM_CODES;
	return bucket;
}

static uint64_t value_at(const json_t *list, size_t bucket, bool reversed)
{
	size_t last = json_array_size(list) - 1;

	return json_integer_value(json_array_get(list, reversed ? last - bucket : bucket));
}

/* Exits of the reasons that each VM has many of */
static double usual_exits(const json_t *list, unsigned int encoding, bool reversed)
{
	static const uint8_t vmx[] = { 1, 10, 12, 28, 30, 31, 32, 48, 49, 52 };
	static const uint8_t svm[] = {
		0x60, 0x64, 0x72, 0x78, 0x7b, 0x7c, KVM_EXIT_STATS_NR_SVM_CODES,
	};
	bool is_svm = encoding == KVM_EXIT_STATS_ENCODING_SVM;
	const uint8_t *usual = is_svm ? svm : vmx;
	size_t i, nr = is_svm ? sizeof(svm) : sizeof(vmx);
	double exits = 0;

	for (i = 0; i < nr; i++)
		exits += value_at(list, usual[i], reversed);
	return exits;
}

/* Older QEMUs begin with the last bucket, and none says so. */
static bool is_reversed(const json_t *list, unsigned int encoding)
{
	return usual_exits(list, encoding, true) > usual_exits(list, encoding, false);
}

static const json_t *stat_of(const json_t *stats, const char *name)
{
	const json_t *stat;
	size_t i;

	json_array_foreach((json_t *)stats, i, stat) {
		const char *its = json_string_value(json_object_get(stat, "name"));

		if (its && !strcmp(its, name))
			return json_object_get(stat, "value");
	}
	return NULL;
}

bool metrics_parse_stats(const json_t *stats, unsigned int encoding, struct exit_table *table,
			 uint64_t *cycles)
{
	const json_t *list = stat_of(stats, "exit_stats_reasons");
	const json_t *value = stat_of(stats, "exit_stats_cycles");
	bool reversed;
	size_t i;

	if (json_array_size(list) != NR_BUCKETS || !json_is_integer(value))
		return false;
	reversed = is_reversed(list, encoding);
	for (i = 0; i < NR_BUCKETS; i++) {
		const struct exit_row row = {
			.number = number_of(encoding, i),
			.counts.exits = value_at(list, i, reversed),
		};

		exit_table_accumulate(table, &row);
	}
	*cycles += json_integer_value(value);
	return true;
}

/* A table and a description are made of what one QEMU says. */
struct reader {
	struct metrics_vm *vm;
	struct qmp *qmp;
	bool per_vcpu;
	/* What query-cpus-fast says */
	json_t *cpus;
	struct exit_table table;
	uint64_t cycles;
};

static long index_of(const json_t *cpus, const json_t *qom_path)
{
	const json_t *cpu;
	size_t i;

	json_array_foreach((json_t *)cpus, i, cpu) {
		if (json_equal(json_object_get(cpu, "qom-path"), qom_path))
			return json_integer_value(json_object_get(cpu, "cpu-index"));
	}
	return -1;
}

static bool add_table(struct reader *reader, long vcpu)
{
	if (!metrics_add_table(reader->vm, vcpu, &reader->table))
		return false;
	reader->vm->tables[reader->vm->nr - 1].cycles = reader->cycles;
	memset(&reader->table, 0, sizeof(reader->table));
	reader->cycles = 0;
	return true;
}

static bool add_vcpus(struct reader *reader, const json_t *results)
{
	const json_t *result;
	bool good = json_array_size(results);
	size_t i;

	json_array_foreach((json_t *)results, i, result) {
		good = good && metrics_parse_stats(json_object_get(result, "stats"),
						   reader->vm->info.encoding, &reader->table,
						   &reader->cycles);
		if (good && reader->per_vcpu)
			good = add_table(reader, index_of(reader->cpus, json_object_get(result,
							  "qom-path")));
	}
	if (good && !reader->per_vcpu)
		good = add_table(reader, -1);
	return good;
}

static bool read_stats(struct reader *reader)
{
	json_t *results = qmp_command(reader->qmp, "query-stats",
				      json_pack("{s:s, s:[{s:s, s:[s, s]}]}", "target", "vcpu",
						"providers", "provider", "kvm", "names",
						"exit_stats_cycles", "exit_stats_reasons"));
	bool good;

	if (!results)
		return false;
	good = add_vcpus(reader, results);
	json_decref(results);
	if (!good)
		snprintf(reader->qmp->error, sizeof(reader->qmp->error),
			 "its KVM has no exit statistics");
	return good;
}

/* A member that is a text, for the caller to free, or NULL */
static char *text_in(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text && *text ? strdup(text) : NULL;
}

/* Not all of it may be known. */
static void read_names(struct reader *reader)
{
	json_t *answer = qmp_command(reader->qmp, "query-name", NULL);
	char *name = text_in(answer, "name");

	json_decref(answer);
	if (name) {
		free(reader->vm->name);
		reader->vm->name = name;
	}
	answer = qmp_command(reader->qmp, "query-uuid", NULL);
	reader->vm->uuid = text_in(answer, "UUID");
	json_decref(answer);
	/* What QEMU says if it was given none */
	if (reader->vm->uuid && !strcmp(reader->vm->uuid, "00000000-0000-0000-0000-000000000000")) {
		free(reader->vm->uuid);
		reader->vm->uuid = NULL;
	}
}

/* The guest's TSC, which is the host's unless the VM was given another frequency */
static void read_frequency(struct reader *reader)
{
	const char *path = json_string_value(json_object_get(json_array_get(reader->cpus, 0),
							     "qom-path"));
	json_t *hertz;

	if (!path)
		return;
	hertz = qmp_command(reader->qmp, "qom-get", json_pack("{s:s, s:s}", "path", path,
							      "property", "tsc-frequency"));
	reader->vm->info.tsc_khz = json_integer_value(hertz) / 1000;
	json_decref(hertz);
}

/* When a process was started, in seconds since 1970, or 0 */
static double start_of_process(const char *procfs, pid_t pid)
{
	struct process_times times = { 0 };
	unsigned long long boot = 0;
	char *path, *text = NULL;
	const char *at;
	size_t size;

	if (asprintf(&path, "%s/%d/stat", procfs, pid) < 0)
		return 0;
	text = file_read(path, &size);
	free(path);
	if (text)
		process_parse_times(text, &times);
	free(text);
	if (asprintf(&path, "%s/stat", procfs) < 0)
		return 0;
	text = file_read(path, &size);
	free(path);
	at = text ? strstr(text, "\nbtime ") : NULL;
	if (at)
		sscanf(at, "\nbtime %llu", &boot);
	free(text);
	return times.start && boot ? round(boot + (double)times.start / sysconf(_SC_CLK_TCK)) : 0;
}

static void read_start(struct reader *reader, const char *procfs)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (!getsockopt(reader->qmp->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && peer.pid > 0)
		reader->vm->start_time = start_of_process(procfs, peer.pid);
}

static bool read_vm(struct reader *reader, const char *procfs)
{
	struct metrics_vm *vm = reader->vm;

	read_names(reader);
	reader->cpus = qmp_command(reader->qmp, "query-cpus-fast", NULL);
	if (!reader->cpus)
		return false;
	vm->info = (struct exit_info) {
		.version = KVM_EXIT_STATS_VERSION, .encoding = cpuid_encoding(),
		.vcpus = json_array_size(reader->cpus),
	};
	vm->cycles_of_all = true;
	read_frequency(reader);
	read_start(reader, procfs);
	return read_stats(reader);
}

/* A VM that does not answer is called by its socket. */
static int add_vm(const struct metrics_options *options, struct metrics *metrics,
		  struct reader *reader, const char *path, double seconds)
{
	struct metrics_vm *vm = metrics_add_vm(metrics);
	struct qmp qmp;

	if (!vm || !(vm->name = strdup(path)))
		return STATUS_FAILURE;
	metrics->found++;
	*reader = (struct reader) { .vm = vm, .qmp = &qmp, .per_vcpu = options->per_vcpu };
	vm->up = qmp_open(&qmp, path, seconds) && read_vm(reader, options->procfs);
	if (!vm->up)
		metrics_vm_failed(vm, "%s: %s", path, qmp.error);
	json_decref(reader->cpus);
	qmp_close(&qmp);
	return STATUS_OK;
}

/* A pattern stands for the sockets that there are now. */
static int add_sockets(const struct metrics_options *options, struct metrics *metrics,
		       struct reader *reader, const char *pattern, double deadline)
{
	int status = STATUS_OK;
	double left;
	glob_t found;
	size_t i;

	if (glob(pattern, GLOB_NOMAGIC, NULL, &found))
		return STATUS_OK;
	for (i = 0; !status && i < found.gl_pathc; i++) {
		left = deadline - now();
		status = add_vm(options, metrics, reader, found.gl_pathv[i],
				left < SECONDS_EACH ? left : SECONDS_EACH);
	}
	globfree(&found);
	return status;
}

int metrics_read_qmp(const struct metrics_options *options, struct metrics *metrics)
{
	struct reader *reader = malloc(sizeof(*reader));
	double deadline = now() + SECONDS_ALL;
	const char *pattern = NULL;
	int status = STATUS_OK;

	if (!reader)
		return fail(STATUS_FAILURE, "not enough memory");
	while (!status && (pattern = argz_next(options->sockets, options->sockets_size, pattern)))
		status = add_sockets(options, metrics, reader, pattern, deadline);
	free(reader);
	return status;
}
