// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "ending.h"
#include "util.h"

#define STATUS_NOT_EXECUTABLE	126
#define STATUS_NOT_FOUND	127

static bool needs_shell(const char *text)
{
	size_t word = strcspn(text + strspn(text, " \t"), " \t");

	return strpbrk(text, "|&;<>()$`\\\"'*?[#~\n") ||
	       memchr(text + strspn(text, " \t"), '=', word);
}

static size_t count_words(const char *text)
{
	size_t words = 0;

	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		text += strcspn(text, " \t");
		words++;
	}
	return words;
}

char **command_split(const char *text)
{
	bool shell = needs_shell(text);
	size_t words = shell ? 3 : count_words(text), i = 0;
	char **argv = malloc((words + 1) * sizeof(*argv) + strlen(text) + 1);
	char *copy, *word;

	if (!argv)
		return NULL;
	copy = strcpy((char *)(argv + words + 1), text);
	if (shell) {
		argv[i++] = "/bin/sh";
		argv[i++] = "-c";
		argv[i++] = copy;
	} else {
		while ((word = strsep(&copy, " \t"))) {
			if (*word)
				argv[i++] = word;
		}
	}
	argv[i] = NULL;
	return argv;
}

char *command_text(char *const *argv)
{
	size_t size = 1, i;
	char *text;

	for (i = 0; argv[i]; i++)
		size += strlen(argv[i]) + 1;
	text = calloc(1, size);
	for (i = 0; text && argv[i]; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, argv[i]);
	}
	return text;
}

static void to_null(int flags, int fd)
{
	int null = open("/dev/null", flags | O_CLOEXEC);

	if (null >= 0)
		dup2(null, fd);
}

static void redirect(const struct command *command)
{
	if (command->no_input)
		to_null(O_RDONLY, STDIN_FILENO);
	if (command->quiet) {
		to_null(O_WRONLY, STDOUT_FILENO);
		to_null(O_WRONLY, STDERR_FILENO);
	}
	if (command->output)
		dup2(command->output, STDOUT_FILENO);
}

static void __attribute__((noreturn)) run_child(char **argv, int go, int failure)
{
	char byte;
	int error;

	/* Ends without a byte when the parent closes it, or dies. */
	if (read(go, &byte, 1) == 1) {
		execvp(argv[0], argv);
		error = errno;
		(void)!write(failure, &error, sizeof(error));
	}
	_exit(STATUS_NOT_FOUND);
}

static int make_pipes(int go[2], int failure[2])
{
	int error;

	if (pipe2(go, O_CLOEXEC))
		return errno;
	if (!pipe2(failure, O_CLOEXEC))
		return 0;
	error = errno;
	close(go[0]);
	close(go[1]);
	return error;
}

/* Until the child is known, and in the child until it has no handlers, none comes. */
static pid_t fork_without_signals(void)
{
	sigset_t all, before;
	pid_t pid;
	int error;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	error = errno;
	if (!pid)
		ending_in_child();
	else if (pid > 0)
		ending_pass_on(pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

int command_prepare(struct command *command)
{
	int go[2], failure[2], error;

	error = make_pipes(go, failure);
	if (error)
		return error;
	command->pid = fork_without_signals();
	error = command->pid < 0 ? errno : 0;
	if (!command->pid) {
		close(go[1]);
		redirect(command);
		run_child(command->argv, go[0], failure[1]);
	}
	close(go[0]);
	close(failure[1]);
	command->go = go[1];
	command->failure = failure[0];
	return error;
}

/* The errno that the child says, or 0 once it has none to say. */
static int read_failure(int fd)
{
	int error = 0;
	ssize_t size;

	do {
		size = read(fd, &error, sizeof(error));
	} while (size < 0 && errno == EINTR);
	return size == sizeof(error) ? error : 0;
}

int command_go(struct command *command)
{
	int error;

	command->elapsed = now();
	(void)!write(command->go, "", 1);
	close(command->go);
	error = read_failure(command->failure);
	close(command->failure);
	if (error) {
		command->not_started = true;
		command->status = error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
	}
	return error;
}

void command_abandon(struct command *command)
{
	close(command->go);
	close(command->failure);
	while (waitpid(command->pid, NULL, 0) < 0 && errno == EINTR)
		;
	ending_pass_on(0);
}

static double seconds(struct timeval time)
{
	return time.tv_sec + time.tv_usec / 1e6;
}

void command_wait(struct command *command)
{
	struct rusage usage;
	int status;

	while (wait4(command->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	command->elapsed = now() - command->elapsed;
	ending_pass_on(0);
	command->user = seconds(usage.ru_utime);
	command->system = seconds(usage.ru_stime);
	if (command->not_started)
		return;
	command->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
