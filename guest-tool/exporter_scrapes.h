/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPORTER_SCRAPES_H
#define EXPORTER_SCRAPES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "metrics_options.h"

/*
 * Reading the statistics for those who ask at the same time: it is done once, by a thread of its
 * own, and all who wait for it get the same.
 */

/* What was read, as text; there until the last who has it calls scrape_text_put(). */
struct scrape_text {
	unsigned int users;
	char *text;
	size_t size;
	/* Is it the reason why there are no metrics? */
	bool failed;
};

/* One who waits.  All but answer and since are set by who asks. */
struct scrape_waiter {
	bool openmetrics;
	/* Called when answer is set, by another thread; it is the asker's again from then on. */
	void (*ready)(struct scrape_waiter *waiter);
	/* NULL: it took too long */
	struct scrape_text *answer;
	double since;
	struct scrape_waiter *next;
};

struct scrapes {
	const struct metrics_options *options;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	bool stop;
	struct scrape_waiter *waiters;
	/* What was wrong the last time, as lines: it is said once. */
	char *complaints;
};

/* Returns a status, with a message if that is not STATUS_OK. */
int scrapes_start(struct scrapes *scrapes, const struct metrics_options *options);

/* Ask for what is read from now on, or is being read now. */
void scrapes_ask(struct scrapes *scrapes, struct scrape_waiter *waiter);

/* Let those go who have waited longer than so many seconds. */
void scrapes_expire(struct scrapes *scrapes, double seconds);

/* Let all go, and end the thread. */
void scrapes_stop(struct scrapes *scrapes);

void scrape_text_put(struct scrape_text *text);

#endif
