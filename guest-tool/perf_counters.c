// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "perf_counters.h"
#include "util.h"

static int open_counter(const struct perf_counters *counters, int number, pid_t task,
			bool at_exec)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW, .size = sizeof(attr),
		.config = perf_event_config(counters->events.encoding, number),
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.inherit = 1, .disabled = 1, .enable_on_exec = at_exec,
		.exclude_kernel = counters->user_only,
		/* The others share what counters are left. */
		.pinned = number == EXIT_ALL,
	};

	return syscall(SYS_perf_event_open, &attr, task, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int cannot_open(void)
{
	if (errno == EMFILE)
		return fail(STATUS_FAILURE, "there are too many threads for the limit of open "
			    "files: 'ulimit -n' raises it, -e takes fewer events");
	return fail(STATUS_FAILURE, "the exits of the process alone cannot be counted: %s",
		    strerror(errno));
}

static int open_all(struct perf_counters *counters, const pid_t *tasks, size_t nr, bool at_exec)
{
	size_t i, k;
	int *fd;

	counters->fds = calloc(counters->events.nr * nr, sizeof(*counters->fds));
	if (!counters->fds)
		return fail(STATUS_FAILURE, "not enough memory");
	memset(counters->fds, -1, counters->events.nr * nr * sizeof(*counters->fds));
	counters->nr_tasks = nr;
	fd = counters->fds;
	for (i = 0; i < counters->events.nr; i++) {
		for (k = 0; k < nr; k++, fd++) {
			*fd = open_counter(counters, counters->events.numbers[i], tasks[k],
					   at_exec);
			/* A thread may have ended. */
			if (*fd < 0 && (errno != ESRCH || nr == 1))
				return cannot_open();
		}
	}
	return STATUS_OK;
}

int perf_counters_of_command(struct perf_counters *counters, pid_t pid)
{
	int status = open_all(counters, &pid, 1, true);

	if (status)
		perf_counters_close(counters);
	return status;
}

/* Returns how many there are, in *tasks for the caller to free, or 0 with errno set. */
static size_t list_threads(pid_t pid, pid_t **tasks)
{
	struct dirent **entries;
	char path[32];
	int i, found;
	size_t nr = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	found = scandir(path, &entries, NULL, NULL);
	if (found < 0)
		return 0;
	*tasks = calloc(found + 1, sizeof(**tasks));
	for (i = 0; i < found; i++) {
		if (*tasks && *entries[i]->d_name != '.')
			(*tasks)[nr++] = atoi(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return nr;
}

/* A file for each thread and event may be many. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int perf_counters_of_process(struct perf_counters *counters, pid_t pid)
{
	pid_t *tasks = NULL;
	size_t nr = list_threads(pid, &tasks);
	int status;

	raise_limit();
	status = nr ? open_all(counters, tasks, nr, false) : cannot_open();
	if (status)
		perf_counters_close(counters);
	free(tasks);
	return status;
}

void perf_counters_start(struct perf_counters *counters)
{
	size_t i;

	for (i = 0; i < counters->events.nr * counters->nr_tasks; i++) {
		if (counters->fds[i] >= 0)
			ioctl(counters->fds[i], PERF_EVENT_IOC_ENABLE, 0);
	}
}

/* Nothing can be read of an event that was to have a counter always and had none. */
static bool read_values(const int *fds, size_t nr, struct counter_value *values)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		values[i] = (struct counter_value) { 0 };
		if (fds[i] >= 0 && read(fds[i], &values[i], sizeof(*values)) != sizeof(*values))
			return false;
	}
	return true;
}

void perf_counters_read(const struct perf_counters *counters, struct process_exits *exits)
{
	struct counter_value *values = calloc(counters->nr_tasks + 1, sizeof(*values));
	const int *fds = counters->fds;
	struct process_count *count;
	size_t i;

	exits->nr = counters->events.nr;
	for (i = 0; i < exits->nr; i++, fds += counters->nr_tasks) {
		count = &exits->of[i];
		if (values && read_values(fds, counters->nr_tasks, values))
			*count = process_count(counters->events.numbers[i], values,
					       counters->nr_tasks);
		else
			*count = (struct process_count) {
				.number = counters->events.numbers[i],
			};
	}
	free(values);
}

void perf_counters_close(struct perf_counters *counters)
{
	size_t i;

	for (i = 0; i < counters->events.nr * counters->nr_tasks; i++) {
		if (counters->fds[i] >= 0)
			close(counters->fds[i]);
	}
	free(counters->fds);
	counters->fds = NULL;
	counters->nr_tasks = 0;
}
