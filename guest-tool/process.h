/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* A process that runs, a child of this one or any other. */
struct process {
	pid_t pid;
	/* What tells its end, or -1 where the kernel has no pidfd_open() */
	int fd;
};

/* Returns 0, or an errno: there is none of that number. */
int process_open(struct process *process, pid_t pid);

/*
 * Wait for so many seconds, 0 or more, until it has ended or one of the signals of ending.h
 * comes.  Returns whether it has ended.  A child is still to be waited for.
 */
bool process_wait(const struct process *process, double seconds);

void process_close(struct process *process);

/* Longer than any name in /proc/PID/stat */
#define PROCESS_NAME_MAX 64

/* From /proc/PID/stat */
struct process_times {
	char name[PROCESS_NAME_MAX];
	/* Seconds of CPU time of the process, without its children's */
	double user, system;
	/* Ticks from the machine's boot to its start: another process has another time. */
	unsigned long long start;
};

/* Returns false if there is none to be read. */
bool process_times(pid_t pid, struct process_times *times);

/* The same from the text of the file. */
bool process_parse_times(const char *text, struct process_times *times);

#endif
