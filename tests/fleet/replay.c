// SPDX-License-Identifier: GPL-2.0
/*
 * replay: have VMs that were recorded in the lab happen again, for as long as is wanted and as
 * many as are wanted.  Writes their tables where cpuid-query finds them, in folders that are in
 * place of debugfs, /proc and /sys.  See the doc below, and tests/fleet/record.
 */
#include <argp.h>
#include <err.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exit_names.h"
#include "recording.h"
#include "util.h"

static const char doc[] =
	"Replay what tests/fleet/record has recorded of VMs: PHASE:STEPS...\v"
	"RECORDED has a file NAME-PHASE for each VM and phase: its tables, each STEP seconds after "
	"the last one.  In each step the counts of a VM grow by what they grew by from one of them "
	"to the next, which begins anew behind the last.  VM n is recorded VM n modulo their "
	"number, begun later in its phase.  A PHASE that begins with '-' is not seen: nothing is "
	"written until its end.  For 'restart' each VM begins anew.\n\n"
	"After each step that is seen COMMAND is run.";

static const struct argp_option options[] = {
	{ "vms", 'n', "N", 0, "How many; as many as were recorded by default", 0 },
	{ "wait", 'w', "SECONDS", 0, "Between two steps", 0 },
	{ "command", 'c', "COMMAND", 0, "What to run after each step", 0 },
	{ "every", 'e', "N", 0, "Only after each Nth", 0 },
	{ "first", 'f', "N", 0, "The number that the first VM has in its name, 0", 0 },
	{ 0 }
};

/* A VM in one phase */
struct track {
	char *name, *phase;
	struct exit_info info;
	struct exit_table *tables;
	size_t nr;
};

struct vm {
	const char *name;
	unsigned int pid;
	time_t start;
	struct exit_info info;
	struct exit_table counted;
};

static struct {
	unsigned long vms, wait, every, first;
	const char *command, *recorded, *dir;
	char **plan;
} args = { .every = 1 };

static struct track *tracks;
static size_t nr_tracks;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'n':
		args.vms = strtoul(arg, NULL, 10);
		break;
	case 'w':
		args.wait = strtoul(arg, NULL, 10);
		break;
	case 'c':
		args.command = arg;
		break;
	case 'e':
		args.every = strtoul(arg, NULL, 10);
		if (!args.every)
			argp_error(state, "--every=N: N is at least 1");
		break;
	case 'f':
		args.first = strtoul(arg, NULL, 10);
		break;
	case ARGP_KEY_ARGS:
		if (state->argc - state->next < 3)
			return ARGP_ERR_UNKNOWN;
		args.recorded = state->argv[state->next];
		args.dir = state->argv[state->next + 1];
		args.plan = state->argv + state->next + 2;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The start of the table after the one that text is, or the end of the text */
static char *next_table(char *text)
{
	char *next = strstr(text + 1, "\n# svm,");

	if (!next)
		next = strstr(text + 1, "\n# vmx,");
	return next ? next + 1 : text + strlen(text);
}

static void add_table(struct track *track, const char *text, size_t size)
{
	struct recording_error error;
	char *one = strndup(text, size);

	track->tables = reallocarray(track->tables, track->nr + 1, sizeof(*track->tables));
	if (!one || !track->tables)
		errx(3, "not enough memory");
	if (!recording_parse(one, size, &track->info, &track->tables[track->nr++], &error))
		errx(3, "%s-%s: %s", track->name, track->phase, error.text);
	free(one);
}

static void load_track(const char *path)
{
	const char *dash = strrchr(path, '-'), *slash = strrchr(path, '/') + 1;
	struct track *track;
	char *text, *from, *to;
	size_t size;

	tracks = reallocarray(tracks, nr_tracks + 1, sizeof(*tracks));
	text = file_read(path, &size);
	if (!tracks || !text)
		err(3, "%s", path);
	track = &tracks[nr_tracks++];
	*track = (struct track) { .name = strndup(slash, dash - slash), .phase = strdup(dash + 1) };
	for (from = text; *from; from = to) {
		to = next_table(from);
		add_table(track, from, to - from);
	}
	free(text);
	if (track->nr < 2)
		errx(3, "%s has fewer than two tables", path);
}

static void load_tracks(void)
{
	char *pattern;
	glob_t found;
	size_t i;

	if (asprintf(&pattern, "%s/*-*", args.recorded) < 0)
		errx(3, "not enough memory");
	if (glob(pattern, 0, NULL, &found))
		errx(3, "%s has no recorded VMs", args.recorded);
	for (i = 0; i < found.gl_pathc; i++)
		load_track(found.gl_pathv[i]);
	globfree(&found);
	free(pattern);
}

/* The nth VM that has this phase; all have the same phases. */
static const struct track *find_track(const char *phase, size_t n)
{
	size_t i, nr = 0, seen = 0;

	for (i = 0; i < nr_tracks; i++)
		nr += !strcmp(tracks[i].phase, phase);
	if (!nr)
		errx(1, "there is no phase '%s'", phase);
	for (i = 0; i < nr_tracks; i++) {
		if (!strcmp(tracks[i].phase, phase) && seen++ == n % nr)
			break;
	}
	return &tracks[i];
}

static size_t nr_recorded(void)
{
	size_t i, nr = 0;

	for (i = 0; i < nr_tracks; i++)
		nr += !strcmp(tracks[i].phase, tracks[0].phase);
	return nr;
}

static void grow(struct vm *vm, const struct track *track, size_t step)
{
	const struct exit_table *before = &track->tables[step % (track->nr - 1)];
	static struct exit_table between;
	size_t i;

	if (!exit_table_subtract(&track->info, before + 1, before, &between))
		errx(3, "%s-%s: counts go backwards", track->name, track->phase);
	for (i = 0; i < between.nr; i++)
		exit_table_accumulate(&vm->counted, &between.rows[i]);
	vm->info = track->info;
}

static void print_counts(FILE *out, const struct exit_counts *counts)
{
	fprintf(out, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %"
		PRIu64 " %" PRIu64 "\n", counts->exits, counts->cycles, counts->off_cpu,
		counts->vmm, counts->longest, counts->nested, counts->steal, counts->halted);
}

/* As KVM does, see host-patch/exit_stats_debugfs.c */
static void print_table(FILE *out, const struct vm *vm)
{
	const struct exit_row *row;
	char name[EXIT_NAME_MAX];
	unsigned int bucket;

	fprintf(out, "# %s, %" PRIu32 " kHz\n", vm->info.encoding == KVM_EXIT_STATS_ENCODING_SVM ?
		"svm" : "vmx", vm->info.tsc_khz);
	for (row = vm->counted.rows; row < vm->counted.rows + vm->counted.nr; row++) {
		fprintf(out, "%" PRIu32 " %s", row->number,
			exit_name(vm->info.encoding, row->number, name));
		print_counts(out, &row->counts);
	}
	fprintf(out, "total");
	print_counts(out, &vm->counted.total);
	fprintf(out, "\n");
	for (row = vm->counted.rows; row < vm->counted.rows + vm->counted.nr; row++) {
		fprintf(out, "%" PRIu32 " %s", row->number,
			exit_name(vm->info.encoding, row->number, name));
		for (bucket = 0; bucket < KVM_EXIT_STATS_NR_BUCKETS; bucket++) {
			if (row->hist.buckets[bucket])
				fprintf(out, " %u:%" PRIu64, bucket, row->hist.buckets[bucket]);
		}
		fprintf(out, "\n");
	}
}

static FILE __attribute__((format(printf, 1, 2))) *create(const char *format, ...)
{
	va_list list;
	char *path;
	FILE *file;

	va_start(list, format);
	if (vasprintf(&path, format, list) < 0)
		errx(3, "not enough memory");
	va_end(list);
	file = fopen(path, "w");
	if (!file)
		err(3, "%s", path);
	free(path);
	return file;
}

static void make_folder(const char *format, unsigned int pid)
{
	char path[4096];

	snprintf(path, sizeof(path), format, args.dir, pid);
	if (mkdir(path, 0755))
		err(3, "%s", path);
}

/* The file is replaced as a whole; the folder's time is that of the VM's start. */
static void write_table(const struct vm *vm)
{
	const struct timespec start[2] = { { .tv_sec = vm->start }, { .tv_sec = vm->start } };
	char folder[4096], from[4200], to[4200];
	FILE *file;

	snprintf(folder, sizeof(folder), "%s/debug/kvm/%u-11", args.dir, vm->pid);
	snprintf(from, sizeof(from), "%s/new", args.dir);
	snprintf(to, sizeof(to), "%s/exit_stats", folder);
	file = create("%s", from);
	print_table(file, vm);
	if (fclose(file) || rename(from, to) || utimensat(AT_FDCWD, folder, start, 0))
		err(3, "%s", to);
}

static void make_vm(struct vm *vm, size_t n)
{
	const struct track *track = find_track(tracks[0].phase, n);
	FILE *file;

	vm->name = track->name;
	/* The reasons of its boot, too */
	vm->counted = track->tables[0];
	vm->pid = 1000 + args.first + n;
	vm->start = time(NULL) - 86400;
	make_folder("%s/debug/kvm/%u-11", vm->pid);
	make_folder("%s/debug/kvm/%u-11/vcpu0", vm->pid);
	make_folder("%s/proc/%u", vm->pid);
	file = create("%s/proc/%u/cmdline", args.dir, vm->pid);
	fprintf(file, "qemu%c-name%c%s", '\0', '\0', vm->name);
	if (args.vms)
		fprintf(file, "%zu", args.first + n);
	fprintf(file, "%c-uuid%c00000000-0000-4000-8000-%012zu%c", '\0', '\0', args.first + n, '\0');
	if (fclose(file))
		err(3, "cmdline");
}

static void make_host(void)
{
	static const char *const folders[] = {
		"%s/debug", "%s/debug/kvm", "%s/proc", "%s/sys", "%s/sys/module",
		"%s/sys/module/kvm", "%s/sys/module/kvm/parameters",
	};
	FILE *file;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		make_folder(folders[i], 0);
	file = create("%s/sys/module/kvm/parameters/exit_stats", args.dir);
	fprintf(file, "Y\n");
	fclose(file);
}

static void restart(struct vm *vms, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		vms[i].counted = (struct exit_table) { 0 };
		vms[i].start += 1000;
	}
}

static void be_seen(const struct vm *vms, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		write_table(&vms[i]);
	if (args.command && system(args.command))
		errx(3, "'%s' has failed", args.command);
	sleep(args.wait);
}

static void run_phase(struct vm *vms, size_t nr, const char *phase, size_t steps)
{
	size_t step, i, recorded = nr_recorded();
	bool seen = *phase != '-';
	static size_t taken;

	for (step = 0; step < steps; step++) {
		for (i = 0; i < nr; i++)
			grow(&vms[i], find_track(phase + !seen, i), step + i / recorded);
		if (seen && ++taken % args.every == 0)
			be_seen(vms, nr);
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "RECORDED DIR PHASE:STEPS...", doc, NULL, NULL, NULL
	};
	struct vm *vms;
	size_t nr, i;
	char **word, *phase, *rest;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	load_tracks();
	nr = args.vms ? args.vms : nr_recorded();
	vms = calloc(nr, sizeof(*vms));
	if (!vms)
		errx(3, "not enough memory");
	make_host();
	for (i = 0; i < nr; i++)
		make_vm(&vms[i], i);
	for (word = args.plan; *word; word++) {
		rest = *word;
		phase = strsep(&rest, ":");
		if (!strcmp(phase, "restart"))
			restart(vms, nr);
		else
			run_phase(vms, nr, phase, rest ? strtoul(rest, NULL, 10) : 1);
	}
	return 0;
}
