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

static const int passed_on[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
static volatile sig_atomic_t child;

/* What the terminal sends has reached the child, too. */
static void pass_on(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (child && info->si_code <= 0)
		kill(child, number);
}

static void catch_signals(bool catch, sigset_t *mask)
{
	static struct sigaction before[ARRAY_SIZE(passed_on)];
	const struct sigaction action = {
		.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(passed_on); i++) {
		sigaddset(mask, passed_on[i]);
		if (!catch)
			sigaction(passed_on[i], &before[i], NULL);
		else if (!sigaction(passed_on[i], NULL, &before[i]) &&
			 before[i].sa_handler != SIG_IGN)
			sigaction(passed_on[i], &action, NULL);
	}
}

static void silence(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDOUT_FILENO);
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

int command_prepare(struct command *command)
{
	int go[2], failure[2], error;
	sigset_t mask, old;

	error = make_pipes(go, failure);
	if (error)
		return error;

	/* Until the child is known, and in the child until it has no handlers. */
	sigemptyset(&mask);
	catch_signals(true, &mask);
	sigprocmask(SIG_BLOCK, &mask, &old);
	command->pid = fork();
	error = command->pid < 0 ? errno : 0;
	child = command->pid > 0 ? command->pid : 0;
	if (!command->pid || error)
		catch_signals(false, &mask);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (!command->pid) {
		close(go[1]);
		if (command->quiet)
			silence();
		run_child(command->argv, go[0], failure[1]);
	}
	close(go[0]);
	close(failure[1]);
	command->go = go[1];
	command->failure = failure[0];
	return error;
}

int command_go(struct command *command)
{
	int error = 0;

	command->elapsed = now();
	(void)!write(command->go, "", 1);
	close(command->go);
	if (read(command->failure, &error, sizeof(error)) != sizeof(error))
		error = 0;
	close(command->failure);
	if (error) {
		command->not_started = true;
		command->status = error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
	}
	return error;
}

static double seconds(struct timeval time)
{
	return time.tv_sec + time.tv_usec / 1e6;
}

void command_wait(struct command *command)
{
	struct rusage usage;
	sigset_t mask;
	int status;

	while (wait4(command->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	command->elapsed = now() - command->elapsed;
	child = 0;
	sigemptyset(&mask);
	catch_signals(false, &mask);
	command->user = seconds(usage.ru_utime);
	command->system = seconds(usage.ru_stime);
	if (command->not_started)
		return;
	if (WIFSIGNALED(status)) {
		command->status = 128 + WTERMSIG(status);
		command->interrupted = WTERMSIG(status) == SIGINT ||
				       WTERMSIG(status) == SIGQUIT;
	} else {
		command->status = WEXITSTATUS(status);
	}
}
