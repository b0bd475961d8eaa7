// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporter_scrapes.h"
#include "metrics_read.h"
#include "util.h"


static struct scrape_text *new_text(void)
{
	struct scrape_text *text = calloc(1, sizeof(*text));

	if (text)
		text->users = 1;
	return text;
}

static void get_text(struct scrape_text *text)
{
	__atomic_add_fetch(&text->users, 1, __ATOMIC_RELAXED);
}

void scrape_text_put(struct scrape_text *text)
{
	if (!text || __atomic_sub_fetch(&text->users, 1, __ATOMIC_ACQ_REL))
		return;
	free(text->text);
	free(text);
}

/* Say what was not wrong already the last time. */
static void complain(struct scrapes *scrapes, const struct metrics *metrics)
{
	char *now_wrong = metrics_complaints(metrics), *copy, *line, *rest;

	copy = rest = now_wrong ? strdup(now_wrong) : NULL;
	while ((line = strsep(&rest, "\n"))) {
		if (*line && !(scrapes->complaints && strstr(scrapes->complaints, line)))
			fail(STATUS_FAILURE, "%s", line);
	}
	free(copy);
	free(scrapes->complaints);
	scrapes->complaints = now_wrong;
}

static struct scrape_text *print(const struct scrapes *scrapes, const struct metrics *metrics,
				 bool openmetrics)
{
	struct scrape_text *text = new_text();
	FILE *out = text ? open_memstream(&text->text, &text->size) : NULL;

	if (!out) {
		free(text);
		return NULL;
	}
	text->failed = *metrics->error;
	if (text->failed)
		fprintf(out, "%s\n", metrics->error);
	else
		metrics_print(out, metrics, scrapes->options->histograms, openmetrics);
	if (!fclose(out))
		return text;
	scrape_text_put(text);
	return NULL;
}

static bool asked_for(const struct scrape_waiter *waiter, const void *openmetrics)
{
	return waiter->openmetrics == *(const bool *)openmetrics;
}

static bool asked_before(const struct scrape_waiter *waiter, const void *time)
{
	return waiter->since <= *(const double *)time;
}

/* Take those off the list of whom that is true. */
static struct scrape_waiter *take(struct scrapes *scrapes,
				  bool (*is_one)(const struct scrape_waiter *, const void *),
				  const void *data)
{
	struct scrape_waiter **at = &scrapes->waiters, *taken = NULL, *waiter;

	pthread_mutex_lock(&scrapes->lock);
	while ((waiter = *at)) {
		if (!is_one(waiter, data)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->next = taken;
		taken = waiter;
	}
	pthread_mutex_unlock(&scrapes->lock);
	return taken;
}

static void answer_all(struct scrape_waiter *waiters, struct scrape_text *text)
{
	struct scrape_waiter *next;

	for (; waiters; waiters = next) {
		next = waiters->next;
		waiters->answer = text;
		if (text)
			get_text(text);
		waiters->ready(waiters);
	}
}

/* Those who have come meanwhile get it, too. */
static void answer(struct scrapes *scrapes, const struct metrics *metrics, bool openmetrics)
{
	struct scrape_text *text = print(scrapes, metrics, openmetrics);

	answer_all(take(scrapes, asked_for, &openmetrics), text);
	scrape_text_put(text);
}

static bool is_wanted(struct scrapes *scrapes, bool openmetrics)
{
	const struct scrape_waiter *waiter;

	pthread_mutex_lock(&scrapes->lock);
	for (waiter = scrapes->waiters; waiter; waiter = waiter->next) {
		if (asked_for(waiter, &openmetrics))
			break;
	}
	pthread_mutex_unlock(&scrapes->lock);
	return waiter;
}

static void scrape(struct scrapes *scrapes)
{
	struct metrics metrics;

	metrics_read(scrapes->options, &metrics);
	complain(scrapes, &metrics);
	if (is_wanted(scrapes, false))
		answer(scrapes, &metrics, false);
	if (is_wanted(scrapes, true))
		answer(scrapes, &metrics, true);
	metrics_free(&metrics);
}

static void *work(void *data)
{
	struct scrapes *scrapes = data;

	pthread_mutex_lock(&scrapes->lock);
	while (!scrapes->stop) {
		if (!scrapes->waiters) {
			pthread_cond_wait(&scrapes->wanted, &scrapes->lock);
			continue;
		}
		pthread_mutex_unlock(&scrapes->lock);
		scrape(scrapes);
		pthread_mutex_lock(&scrapes->lock);
	}
	pthread_mutex_unlock(&scrapes->lock);
	return NULL;
}

int scrapes_start(struct scrapes *scrapes, const struct metrics_options *options)
{
	int error;

	*scrapes = (struct scrapes) { .options = options };
	pthread_mutex_init(&scrapes->lock, NULL);
	pthread_cond_init(&scrapes->wanted, NULL);
	error = pthread_create(&scrapes->thread, NULL, work, scrapes);
	return error ? fail(STATUS_FAILURE, "cannot start a thread: %s", strerror(error)) :
		       STATUS_OK;
}

void scrapes_ask(struct scrapes *scrapes, struct scrape_waiter *waiter)
{
	bool refused;

	waiter->answer = NULL;
	waiter->since = now();
	pthread_mutex_lock(&scrapes->lock);
	refused = scrapes->stop;
	if (!refused) {
		waiter->next = scrapes->waiters;
		scrapes->waiters = waiter;
		pthread_cond_signal(&scrapes->wanted);
	}
	pthread_mutex_unlock(&scrapes->lock);
	if (refused)
		waiter->ready(waiter);
}

void scrapes_expire(struct scrapes *scrapes, double seconds)
{
	double then = now() - seconds;

	answer_all(take(scrapes, asked_before, &then), NULL);
}

void scrapes_stop(struct scrapes *scrapes)
{
	struct scrape_waiter *waiters;

	pthread_mutex_lock(&scrapes->lock);
	scrapes->stop = true;
	waiters = scrapes->waiters;
	scrapes->waiters = NULL;
	pthread_cond_signal(&scrapes->wanted);
	pthread_mutex_unlock(&scrapes->lock);
	answer_all(waiters, NULL);
	pthread_join(scrapes->thread, NULL);
	free(scrapes->complaints);
}
