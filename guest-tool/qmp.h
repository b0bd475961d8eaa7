/* SPDX-License-Identifier: GPL-2.0 */
#ifndef QMP_H
#define QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A connection to the QMP of a QEMU, which serves one at a time. */
struct qmp {
	int fd;
	/* When to give up, as now() has it */
	double deadline;
	/* What was received and not taken yet */
	char *text;
	size_t size;
	/* Why the last call has failed */
	char error[128];
};

/*
 * Connect to a socket and agree on the protocol; all commands together may take so many
 * seconds.  Returns false, with error filled in, if that fails; qmp_close() is due all the same.
 */
bool qmp_open(struct qmp *qmp, const char *path, double seconds);

/* The same for a connection that there is, which it takes over. */
bool qmp_begin(struct qmp *qmp, int fd, double seconds);

/*
 * Give a command, with arguments, which this frees, or NULL.  Returns what QEMU returns, for the
 * caller to free, or NULL with error filled in.
 */
json_t *qmp_command(struct qmp *qmp, const char *name, json_t *arguments);

void qmp_close(struct qmp *qmp);

#endif
