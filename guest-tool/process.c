// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ending.h"
#include "process.h"
#include "util.h"

/* Seconds from one look to the next, without a pidfd */
#define LOOK_AGAIN 0.1

int process_open(struct process *process, pid_t pid)
{
	*process = (struct process) { .pid = pid, .fd = pidfd_open(pid, 0) };
	if (process->fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return process->fd < 0 ? errno : 0;
	/* An old kernel, or a sandbox that does not know it */
	return kill(pid, 0) && errno == ESRCH ? ESRCH : 0;
}

static bool is_gone(pid_t pid)
{
	siginfo_t info = { 0 };

	/* A child that has ended is there until it has been waited for. */
	if (!waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT))
		return info.si_pid == pid;
	return kill(pid, 0) && errno == ESRCH;
}

bool process_wait(const struct process *process, double seconds)
{
	struct pollfd fd = { .fd = process->fd, .events = POLLIN };
	double left, until = now() + seconds;

	if (process->fd >= 0)
		return ending_wait(&fd, seconds, NULL) > 0;
	while (!is_gone(process->pid)) {
		left = until - now();
		if (left <= 0 || ending_signal())
			return false;
		ending_wait(NULL, fmin(left, LOOK_AGAIN), NULL);
	}
	return true;
}

void process_close(struct process *process)
{
	if (process->fd >= 0)
		close(process->fd);
}

bool process_parse_times(const char *text, struct process_times *times)
{
	/* The name may have blanks and parentheses of its own. */
	const char *begin = strchr(text, '('), *end = strrchr(text, ')');
	unsigned long user, system;
	long ticks = sysconf(_SC_CLK_TCK);

	if (!begin || !end || end < begin ||
	    sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
		   "%*d %*d %llu", &user, &system, &times->start) != 3)
		return false;
	snprintf(times->name, sizeof(times->name), "%.*s", (int)(end - begin - 1), begin + 1);
	times->user = (double)user / ticks;
	times->system = (double)system / ticks;
	return true;
}

bool process_times(pid_t pid, struct process_times *times)
{
	char path[32], *text;
	size_t size;
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = file_read(path, &size);
	good = text && process_parse_times(text, times);
	free(text);
	return good;
}
