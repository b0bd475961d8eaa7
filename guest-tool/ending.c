// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <math.h>
#include <string.h>

#include "ending.h"
#include "util.h"

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
static struct sigaction ends_before[ARRAY_SIZE(ends)];

/* These mean something to a command only. */
static const int users[] = { SIGUSR1, SIGUSR2 };
static struct sigaction users_before[ARRAY_SIZE(users)];

static volatile sig_atomic_t came, child, hup_is_no_end, hup_came;

static void pass_on(int number, siginfo_t *info, void *context)
{
	int error = errno;

	(void)context;
	if (child && info->si_code <= 0)
		kill(child, number);
	errno = error;
}

static void note(int number, siginfo_t *info, void *context)
{
	if (number == SIGHUP && hup_is_no_end)
		hup_came = 1;
	else
		came = number;
	pass_on(number, info, context);
}

static void catch(const int *numbers, size_t nr, void (*handler)(int, siginfo_t *, void *),
		  struct sigaction *before)
{
	const struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	size_t i;

	for (i = 0; i < nr; i++) {
		sigaction(numbers[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

static void restore(const int *numbers, size_t nr, const struct sigaction *before)
{
	size_t i;

	for (i = 0; i < nr; i++)
		sigaction(numbers[i], &before[i], NULL);
}

void ending_begin(void)
{
	came = hup_came = 0;
	catch(ends, ARRAY_SIZE(ends), note, ends_before);
}

void ending_in_child(void)
{
	restore(ends, ARRAY_SIZE(ends), ends_before);
	hup_is_no_end = 0;
}

void ending_end(void)
{
	if (!came)
		ending_in_child();
}

int ending_signal(void)
{
	return came;
}

void ending_without_hup(void)
{
	/* A write to a pipe goes on: half a line would be left there, and the rest be lost. */
	const struct sigaction action = {
		.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART,
	};

	hup_is_no_end = 1;
	sigaction(SIGHUP, &action, NULL);
}

bool ending_hup(void)
{
	bool hup = hup_came;

	hup_came = 0;
	return hup;
}

void ending_pass_on(pid_t pid)
{
	if (pid && !child)
		catch(users, ARRAY_SIZE(users), pass_on, users_before);
	else if (!pid && child)
		restore(users, ARRAY_SIZE(users), users_before);
	child = pid;
}

int ending_wait(struct pollfd *fd, double seconds, const sigset_t *mask)
{
	const struct timespec timeout = {
		.tv_sec = seconds, .tv_nsec = fmod(seconds, 1) * 1e9,
	};
	sigset_t blocked, before;
	int ready = -1;
	size_t i;

	/* None can slip in between looking and waiting. */
	sigemptyset(&blocked);
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&blocked, ends[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (!came && !hup_came)
		ready = ppoll(fd, fd ? 1 : 0, &timeout, mask ? mask : &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready;
}

int ending_unread(void)
{
	raise(SIGPIPE);
	return fail(STATUS_FAILURE, "cannot write: %s", strerror(EPIPE));
}
