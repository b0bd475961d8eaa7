// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "qmp.h"
#include "util.h"

/* More than what QEMU says of a VM with 1024 vCPUs */
#define LINE_LIMIT (8 << 20)
#define CHUNK 16384

static bool __attribute__((format(printf, 2, 3)))
failed(struct qmp *qmp, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(qmp->error, sizeof(qmp->error), format, args);
	va_end(args);
	return false;
}

/* Wait until the socket is ready. */
static bool wait_for(struct qmp *qmp, short events)
{
	struct pollfd poll_fd = { .fd = qmp->fd, .events = events };
	double left = qmp->deadline - now();
	int ready = left > 0 ? poll(&poll_fd, 1, left * 1000 + 1) : 0;

	if (ready > 0)
		return true;
	if (ready < 0)
		return failed(qmp, "%s", strerror(errno));
	return failed(qmp, "QEMU does not answer; it serves one client of QMP at a time");
}

static bool send_text(struct qmp *qmp, const char *text, size_t size)
{
	ssize_t sent;

	for (; size; text += sent, size -= sent) {
		if (!wait_for(qmp, POLLOUT))
			return false;
		sent = send(qmp->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return failed(qmp, "%s", strerror(errno));
		if (sent < 0)
			sent = 0;
	}
	return true;
}

static bool receive_more(struct qmp *qmp)
{
	ssize_t received;
	char *more;

	if (qmp->size > LINE_LIMIT)
		return failed(qmp, "QEMU says too much");
	if (!wait_for(qmp, POLLIN))
		return false;
	more = realloc(qmp->text, qmp->size + CHUNK);
	if (!more)
		return failed(qmp, "not enough memory");
	qmp->text = more;
	received = recv(qmp->fd, more + qmp->size, CHUNK, MSG_DONTWAIT);
	if (received < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (received < 0)
		return failed(qmp, "%s", strerror(errno));
	if (!received)
		return failed(qmp, "QEMU has closed the connection");
	qmp->size += received;
	return true;
}

/* A message of QEMU's is a line.  Returns NULL if there is none. */
static json_t *receive(struct qmp *qmp)
{
	json_error_t error;
	json_t *message;
	size_t length;
	char *end;

	while (!(end = qmp->size ? memchr(qmp->text, '\n', qmp->size) : NULL)) {
		if (!receive_more(qmp))
			return NULL;
	}
	length = end - qmp->text;
	message = json_loadb(qmp->text, length, 0, &error);
	if (!message)
		failed(qmp, "this is not QMP");
	qmp->size -= length + 1;
	memmove(qmp->text, end + 1, qmp->size);
	return message;
}

/* The answer to a command, between which there may be events. */
static json_t *receive_answer(struct qmp *qmp)
{
	json_t *message, *answer, *error;

	while ((message = receive(qmp))) {
		answer = json_incref(json_object_get(message, "return"));
		error = json_object_get(message, "error");
		if (error)
			failed(qmp, "QEMU says: %s",
			       json_string_value(json_object_get(error, "desc")) ? : "error");
		json_decref(message);
		if (answer || error)
			return answer;
	}
	return NULL;
}

json_t *qmp_command(struct qmp *qmp, const char *name, json_t *arguments)
{
	json_t *command = json_pack("{s:s, s:o*}", "execute", name, "arguments", arguments);
	char *text = command ? json_dumps(command, JSON_COMPACT) : NULL;
	json_t *answer = NULL;

	json_decref(command);
	if (!text)
		failed(qmp, "not enough memory");
	else if (send_text(qmp, text, strlen(text)) && send_text(qmp, "\n", 1))
		answer = receive_answer(qmp);
	free(text);
	return answer;
}

bool qmp_begin(struct qmp *qmp, int fd, double seconds)
{
	json_t *greeting, *answer;
	bool good;

	*qmp = (struct qmp) { .fd = fd, .deadline = now() + seconds };
	greeting = receive(qmp);
	if (!greeting)
		return false;
	good = json_object_get(greeting, "QMP");
	json_decref(greeting);
	if (!good)
		return failed(qmp, "this is not QMP");
	answer = qmp_command(qmp, "qmp_capabilities", NULL);
	json_decref(answer);
	return answer;
}

bool qmp_open(struct qmp *qmp, const char *path, double seconds)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	*qmp = (struct qmp) { .fd = -1 };
	if (strlen(path) >= sizeof(address.sun_path))
		return failed(qmp, "the name is too long for a socket");
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	qmp->fd = fd;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return failed(qmp, "cannot connect: %s", strerror(errno));
	return qmp_begin(qmp, fd, seconds);
}

void qmp_close(struct qmp *qmp)
{
	if (qmp->fd >= 0)
		close(qmp->fd);
	free(qmp->text);
	qmp->text = NULL;
	qmp->fd = -1;
}
