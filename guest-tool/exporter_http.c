// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exporter_http.h"
#include "util.h"

/* What may be open at once; more wait in the kernel's queue or are refused. */
#define CONNECTIONS 500
/* Of a request without a body */
#define REQUEST_MEMORY 16384

/* The library's timeout, in seconds, starts anew with each byte.  This is the one beside it. */
#define IDLE_SECONDS 10

struct connection {
	struct connection *previous, *next;
	int fd;
	/* When it was made, or its request came whole, or was answered */
	double since;
	/* Is its request whole, and not answered yet? */
	bool waiting;
};

struct http {
	struct MHD_Daemon *daemon;
	struct scrapes *scrapes;
	unsigned int seconds;
	pthread_t watchdog;
	pthread_mutex_t lock;
	pthread_cond_t first;
	bool stop;
	struct connection *connections;
};

/* A request for metrics, until it is answered */
struct request {
	struct scrape_waiter waiter;
	struct MHD_Connection *connection;
	bool asked;
};

/* Connections */

static void add_connection(struct http *http, struct connection *connection)
{
	pthread_mutex_lock(&http->lock);
	connection->since = now();
	connection->next = http->connections;
	if (connection->next)
		connection->next->previous = connection;
	http->connections = connection;
	/* Whoever watches others wakes up before this one's time is over. */
	if (!connection->next)
		pthread_cond_signal(&http->first);
	pthread_mutex_unlock(&http->lock);
}

static void remove_connection(struct http *http, struct connection *connection)
{
	pthread_mutex_lock(&http->lock);
	if (connection->previous)
		connection->previous->next = connection->next;
	else
		http->connections = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	pthread_mutex_unlock(&http->lock);
	free(connection);
}

static void notify_connection(void *data, struct MHD_Connection *mhd, void **context,
			      enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	struct connection *connection = *context;
	struct http *http = data;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (connection)
			remove_connection(http, connection);
		return;
	}
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	connection = calloc(1, sizeof(*connection));
	*context = connection;
	if (!connection || !info)
		return;
	connection->fd = info->connect_fd;
	add_connection(http, connection);
}

/* A step of a connection is done: the next one has its own time. */
static void set_waiting(struct http *http, struct MHD_Connection *mhd, bool waiting)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *connection = info ? info->socket_context : NULL;

	if (!connection)
		return;
	pthread_mutex_lock(&http->lock);
	connection->since = now();
	connection->waiting = waiting;
	pthread_mutex_unlock(&http->lock);
}

/* End what is too slow.  Returns when the next one may be, or 0: there is none. */
static double end_slow_ones(struct http *http)
{
	struct connection *connection;
	double next = 0, due;

	for (connection = http->connections; connection; connection = connection->next) {
		due = connection->since + http->seconds;
		if (due <= now()) {
			/* The library then finds it closed, and does the rest. */
			if (!connection->waiting)
				shutdown(connection->fd, SHUT_RDWR);
			due = now() + 1;
		}
		if (!next || due < next)
			next = due;
	}
	return next;
}

static void *watch(void *data)
{
	struct http *http = data;
	struct timespec until;
	double next;

	pthread_mutex_lock(&http->lock);
	while (!http->stop) {
		next = end_slow_ones(http);
		if (!next) {
			pthread_cond_wait(&http->first, &http->lock);
			continue;
		}
		until.tv_sec = next;
		until.tv_nsec = (next - until.tv_sec) * 1e9;
		pthread_cond_timedwait(&http->first, &http->lock, &until);
		pthread_mutex_unlock(&http->lock);
		scrapes_expire(http->scrapes, http->seconds);
		pthread_mutex_lock(&http->lock);
	}
	pthread_mutex_unlock(&http->lock);
	return NULL;
}

/* Answers */

static enum MHD_Result send_response(struct MHD_Connection *mhd, unsigned int status,
				     const char *type, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(mhd, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_text(struct MHD_Connection *mhd, unsigned int status,
				 const char *type, const char *text)
{
	return send_response(mhd, status, type,
			     MHD_create_response_from_buffer(strlen(text), (void *)text,
							     MHD_RESPMEM_PERSISTENT));
}

#define PLAIN "text/plain; charset=utf-8"

static enum MHD_Result send_error(struct MHD_Connection *mhd, unsigned int status)
{
	const char *text = "This is not here: /metrics is.\n";

	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		text = "Only GET and HEAD are answered.\n";
	else if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		text = "Reading the statistics takes too long.\n";
	return send_text(mhd, status, PLAIN, text);
}

static void put_text(void *text)
{
	scrape_text_put(text);
}

static enum MHD_Result send_metrics(struct http *http, struct request *request)
{
	struct scrape_text *text = request->waiter.answer;
	struct MHD_Response *response;
	const char *type = "text/plain; version=0.0.4; charset=utf-8";

	set_waiting(http, request->connection, false);
	if (!text)
		return send_error(request->connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	response = MHD_create_response_from_buffer_with_free_callback_cls(text->size, text->text,
									  put_text, text);
	if (!response)
		return MHD_NO;
	request->waiter.answer = NULL;
	if (text->failed)
		return send_response(request->connection, MHD_HTTP_INTERNAL_SERVER_ERROR, PLAIN,
				     response);
	if (request->waiter.openmetrics)
		type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
	return send_response(request->connection, MHD_HTTP_OK, type, response);
}

static bool wants_openmetrics(struct MHD_Connection *mhd)
{
	const char *accept = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_ACCEPT);

	return accept && strstr(accept, "application/openmetrics-text");
}

static void resume(struct scrape_waiter *waiter)
{
	/* waiter is the first member. */
	MHD_resume_connection(((struct request *)waiter)->connection);
}

/* The connection sleeps until there is an answer; this is then called again. */
static enum MHD_Result handle_metrics(struct http *http, struct request *request)
{
	if (request->asked)
		return send_metrics(http, request);
	request->asked = true;
	request->waiter.openmetrics = wants_openmetrics(request->connection);
	request->waiter.ready = resume;
	set_waiting(http, request->connection, true);
	MHD_suspend_connection(request->connection);
	scrapes_ask(http->scrapes, &request->waiter);
	return MHD_YES;
}

static enum MHD_Result begin_request(struct MHD_Connection *mhd, void **context)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return MHD_NO;
	request->connection = mhd;
	*context = request;
	return MHD_YES;
}

static const char page[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><title>cpuid-query-exporter</title></head>\n"
	"<body><h1>cpuid-query-exporter " VERSION "</h1>\n"
	"<p><a href=\"metrics\">Metrics</a> of VM exits, for Prometheus</p></body></html>\n";

static enum MHD_Result handle(void *data, struct MHD_Connection *mhd, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **context)
{
	struct http *http = data;

	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return send_error(mhd, MHD_HTTP_METHOD_NOT_ALLOWED);
	/* The first of several calls for a request */
	if (!*context)
		return begin_request(mhd, context);
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (!strcmp(url, "/metrics"))
		return handle_metrics(http, *context);
	if (!strcmp(url, "/"))
		return send_text(mhd, MHD_HTTP_OK, "text/html; charset=utf-8", page);
	return send_error(mhd, MHD_HTTP_NOT_FOUND);
}

static void complete(void *data, struct MHD_Connection *mhd, void **context,
		     enum MHD_RequestTerminationCode code)
{
	struct request *request = *context;

	(void)code;
	set_waiting(data, mhd, false);
	if (request)
		scrape_text_put(request->waiter.answer);
	free(request);
	*context = NULL;
}

/* Listening */

/* Divide HOST:PORT; text is changed.  Returns false if it is not that. */
static bool divide(char *text, const char **host, const char **port)
{
	char *colon = strrchr(text, ':'), *end;

	if (!colon || !colon[1])
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = text;
	if (*text != '[')
		return *text && !strchr(text, ':');
	end = strchr(text, ']');
	if (!end || end[1])
		return false;
	*end = '\0';
	*host = text + 1;
	return true;
}

static int listen_at(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, SOMAXCONN))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void say_where(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&address, &size) ||
	    getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV))
		return;
	fprintf(stderr, strchr(host, ':') ? "Listening on [%s]:%s\n" : "Listening on %s:%s\n",
		host, port);
}

/* Returns -1, with a message, if that fails. */
static int open_socket(const char *address)
{
	static const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	const char *host, *port;
	struct addrinfo *info;
	char text[256];
	int fd, error;

	snprintf(text, sizeof(text), "%s", address);
	if (!divide(text, &host, &port)) {
		fail(STATUS_USAGE, "where to listen is HOST:PORT, not '%s'", address);
		return -1;
	}
	error = getaddrinfo(host, port, &hints, &info);
	if (error) {
		fail(STATUS_FAILURE, "cannot listen on %s: %s", address, gai_strerror(error));
		return -1;
	}
	fd = listen_at(info);
	freeaddrinfo(info);
	if (fd < 0)
		fail(STATUS_FAILURE, "cannot listen on %s: %s", address, strerror(errno));
	return fd;
}

static struct MHD_Daemon *start_daemon(struct http *http, int fd)
{
	const unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
				   MHD_ALLOW_SUSPEND_RESUME;

	return MHD_start_daemon(flags, 0, NULL, NULL, handle, http,
				MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY,
				MHD_OPTION_CONNECTION_TIMEOUT,
				http->seconds < IDLE_SECONDS ? http->seconds : IDLE_SECONDS,
				MHD_OPTION_NOTIFY_CONNECTION, notify_connection, http,
				MHD_OPTION_NOTIFY_COMPLETED, complete, http,
				MHD_OPTION_END);
}

static void init_locks(struct http *http)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&http->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&http->first, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void stop_watchdog(struct http *http)
{
	pthread_mutex_lock(&http->lock);
	http->stop = true;
	pthread_cond_signal(&http->first);
	pthread_mutex_unlock(&http->lock);
	pthread_join(http->watchdog, NULL);
}

struct http *http_start(const char *address, unsigned int seconds, struct scrapes *scrapes)
{
	struct http *http = calloc(1, sizeof(*http));
	int fd = http ? open_socket(address) : -1;

	if (fd < 0) {
		free(http);
		return NULL;
	}
	http->scrapes = scrapes;
	http->seconds = seconds;
	init_locks(http);
	if (pthread_create(&http->watchdog, NULL, watch, http)) {
		fail(STATUS_FAILURE, "cannot start a thread");
		close(fd);
		free(http);
		return NULL;
	}
	http->daemon = start_daemon(http, fd);
	if (http->daemon) {
		say_where(fd);
		return http;
	}
	fail(STATUS_FAILURE, "cannot start the HTTP server");
	stop_watchdog(http);
	close(fd);
	free(http);
	return NULL;
}

void http_stop(struct http *http)
{
	stop_watchdog(http);
	/* It closes the socket, too. */
	MHD_stop_daemon(http->daemon);
	free(http);
}
