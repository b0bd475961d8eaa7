// SPDX-License-Identifier: GPL-2.0
/*
 * bpf-exits OBJECT [time]: count the VM exits of all threads with the BPF programs of
 * exits.bpf.c, and their time, too, if told so.  Prints "ready", and when it gets a SIGTERM
 * "PID REASON EXITS NS" for each.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <inttypes.h>
#include <linux/types.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"

#define FORMAT "/sys/kernel/tracing/events/kvm/kvm_exit/format"

/* The reason is where the programs read it. */
static void check_format(void)
{
	FILE *file = fopen(FORMAT, "r");
	bool found = false;
	char line[256];

	if (!file)
		err(3, FORMAT);
	while (fgets(line, sizeof(line), file))
		found |= strstr(line, " exit_reason;\toffset:8;\tsize:4;") != NULL;
	fclose(file);
	if (!found)
		errx(3, FORMAT " is not as it was");
}

static void attach(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	/* It lasts as long as this process. */
	if (!bpf_program__attach(program))
		err(3, "cannot attach %s", name);
}

static int map_of(const struct bpf_object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

/* The exits of @thread, whose last ones may be in the cache of a CPU; @nr_cpus of each */
static void add_exits(const struct bpf_object *object, __u64 thread, int nr_cpus,
		      struct exits *sum)
{
	struct { __u64 thread; struct exits exits; } *cached;
	struct exits *exits, *from;
	__u32 zero = 0;
	int cpu, i;

	cached = calloc(nr_cpus, sizeof(*cached));
	exits = calloc(nr_cpus, sizeof(*exits));
	if (!cached || !exits)
		err(3, "calloc");
	if (bpf_map_lookup_elem(map_of(object, "cache"), &zero, cached) ||
	    bpf_map_lookup_elem(map_of(object, "threads"), &thread, exits))
		err(3, "cannot read the exits");
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		from = cached[cpu].thread == thread ? &cached[cpu].exits : &exits[cpu];
		for (i = 0; i < NR_EXITS; i++)
			sum->of[i] += from->of[i];
	}
	free(cached);
	free(exits);
}

/* In nanoseconds, 0 if it is not measured */
static __u64 time_of(const struct bpf_object *object, struct thread_reason key, int nr_cpus)
{
	__u64 *times = calloc(nr_cpus, sizeof(*times)), sum = 0;
	int cpu;

	if (!times)
		err(3, "calloc");
	if (!bpf_map_lookup_elem(map_of(object, "times"), &key, times)) {
		for (cpu = 0; cpu < nr_cpus; cpu++)
			sum += times[cpu];
	}
	free(times);
	return sum;
}

static void print_exits(const struct bpf_object *object)
{
	int fd = map_of(object, "threads"), nr_cpus = libbpf_num_possible_cpus();
	struct thread_reason key = { 0 };
	struct exits exits;
	__u64 *last = NULL;

	for (; !bpf_map_get_next_key(fd, last, &key.thread); last = &key.thread) {
		memset(&exits, 0, sizeof(exits));
		add_exits(object, key.thread, nr_cpus, &exits);
		for (key.reason = 0; key.reason < NR_EXITS; key.reason++) {
			if (exits.of[key.reason])
				printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
				       (uint64_t)key.thread >> 32, (uint64_t)key.reason,
				       (uint64_t)exits.of[key.reason],
				       (uint64_t)time_of(object, key, nr_cpus));
		}
	}
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	sigset_t end;
	int signal;

	if (argc < 2)
		errx(1, "usage: bpf-exits OBJECT [time]");
	check_format();
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		err(3, "%s", argv[1]);
	attach(object, "count_exit");
	if (argc > 2) {
		attach(object, "begin_exit");
		attach(object, "end_exit");
	}
	puts("ready");
	fflush(stdout);
	sigwait(&end, &signal);
	print_exits(object);
	return 0;
}
