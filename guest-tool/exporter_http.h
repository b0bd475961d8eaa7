/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPORTER_HTTP_H
#define EXPORTER_HTTP_H

#include "exporter_scrapes.h"

struct http;

/*
 * Listen on an address, HOST:PORT, with [HOST] for one of IPv6, and answer GET and HEAD of
 * /metrics.  A connection may take so many seconds for a request, and again for its answer.
 * Says on standard error where it listens.  Returns NULL, with a message, if it cannot.
 */
struct http *http_start(const char *address, unsigned int seconds, struct scrapes *scrapes);

/* End all connections.  Nobody may be waiting any more: scrapes_stop() comes first. */
void http_stop(struct http *http);

#endif
