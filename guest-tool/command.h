/* SPDX-License-Identifier: GPL-2.0 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/* A program that is run to be measured. */
struct command {
	/* As for execvp() */
	char **argv;
	/* What it writes to stdout and stderr goes nowhere; there is nothing on stdin. */
	bool quiet, no_input;
	/* A file that is its stdout even so, or 0 */
	int output;

	pid_t pid;
	/* The child starts the program when this is closed, and says here if it cannot. */
	int go;
	int failure;

	/* Seconds from command_go() to the end, and of CPU time of it and its children */
	double elapsed;
	double user;
	double system;
	/* As a shell has it: the exit status, or 128 and the signal; 126 and 127 */
	int status;
	bool not_started;
};

/*
 * Split text at blanks into argv, or leave it to the shell if it has anything that
 * only a shell understands.  Returns NULL if there is no memory; one allocation
 * for the caller to free.
 */
char **command_split(const char *text);

/* The words of argv with a blank between them, for the caller to free, or NULL. */
char *command_text(char *const *argv);

/*
 * Make the process, which waits.  Returns 0 or an errno.  Until command_wait() signals for
 * this process go to that one: after ending_begin().
 */
int command_prepare(struct command *command);

/*
 * Let it start the program.  Returns 0 once it has, or the errno why not, which
 * command_wait() turns into the status.
 */
int command_go(struct command *command);

/* In place of that: let it end without having started the program. */
void command_abandon(struct command *command);

/* Wait for its end and fill in how that was. */
void command_wait(struct command *command);

#endif
