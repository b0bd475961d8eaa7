/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENDING_H
#define ENDING_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * What ends the program from outside: SIGHUP, SIGINT, SIGQUIT and SIGTERM, except those
 * that are ignored, as by nohup or in a shell's background jobs.
 */

/*
 * From now on they are noted, until ending_end(), and do not end it by themselves.  If one has
 * come that goes on: timeout(1) sends it twice, to the program and to its group, and the second
 * is not to keep the program from showing what was counted.
 */
void ending_begin(void);
void ending_end(void);

/* In a child, which has its parent's handlers until it executes another program. */
void ending_in_child(void);

/* The signal that came, the last if there were several, or 0. */
int ending_signal(void);

/*
 * After ending_begin(): SIGHUP is none of them, even if it was ignored, but a request, as
 * that of logrotate, and breaks off no write.  Has it come since ending_hup() was last called?
 */
void ending_without_hup(void);
bool ending_hup(void);

/*
 * From now on they go to this process, too, as SIGUSR1 and SIGUSR2 do, unless they come
 * from the terminal, which sends them to both.  0: to none.
 */
void ending_pass_on(pid_t child);

/*
 * Wait for fd, unless that is NULL, for so many seconds, 0 or more, or until one of them
 * or a request comes; at once if one has come.  Signals that mask does not have are let in
 * meanwhile; NULL: those that are let in now.  Returns what ppoll() does.
 */
int ending_wait(struct pollfd *fd, double seconds, const sigset_t *mask);

/*
 * Nobody reads our standard output: end as a write to it would.  Returns a status, having
 * said why, if SIGPIPE is ignored.
 */
int ending_unread(void);

#endif
