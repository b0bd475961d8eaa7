// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>

#include "csv.h"
#include "interval.h"
#include "json.h"

struct interval interval_now(const struct meters *meters, double at, double seconds)
{
	struct interval interval = { .at = at, .seconds = seconds, .meters = meters };

	clock_gettime(CLOCK_REALTIME, &interval.time);
	return interval;
}

static long milliseconds(const struct interval *interval)
{
	return interval->time.tv_nsec / 1000000;
}

double interval_next(double end, double seconds, double time)
{
	return end + seconds * fmax(1, ceil((time - end) / seconds));
}

char *interval_clock(const struct interval *interval, char text[CLOCK_TEXT_MAX])
{
	struct tm tm;

	localtime_r(&interval->time.tv_sec, &tm);
	snprintf(text, CLOCK_TEXT_MAX, "%02d:%02d:%02d.%03ld", tm.tm_hour, tm.tm_min, tm.tm_sec,
		 milliseconds(interval));
	return text;
}

/* As ISO 8601 has it, with the offset from UTC: a day with a change of the clock has no gaps. */
static char *date_and_time(const struct interval *interval, char text[CLOCK_TEXT_MAX])
{
	size_t length;
	struct tm tm;
	long minutes;

	localtime_r(&interval->time.tv_sec, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	length = strftime(text, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, CLOCK_TEXT_MAX - length, ".%03ld%c%02ld:%02ld",
		 milliseconds(interval), tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
	return text;
}

int interval_print_json(FILE *out, const char *kind, const struct interval *interval,
			const struct exit_view *view)
{
	json_t *document = json_document(kind, &interval->meters->info);
	char time[CLOCK_TEXT_MAX];

	json_object_set_new(document, "at_s", json_real(interval->at));
	json_object_set_new(document, "interval_s", json_real(interval->seconds));
	json_object_set_new(document, "time", json_string(date_and_time(interval, time)));
	json_object_set_new(document, "reasons", json_meters(interval->meters, view));
	if (interval->process) {
		json_object_set_new(document, "process_modes",
				    json_process_modes(interval->user_only));
		json_object_set_new(document, "process",
				    json_process(interval->meters->info.encoding,
						 interval->process, view));
	}
	return json_print(out, document, true);
}

void interval_print_csv_names(FILE *out, const struct meters *meters)
{
	csv_print_names(out, meters, "at_s,interval_s,", ",time");
}

void interval_print_csv_process_names(FILE *out, const struct meters *meters)
{
	csv_print_names(out, meters, "at_s,interval_s,", ",time,process,process_estimated");
}

void interval_print_csv(FILE *out, const struct interval *interval,
			const struct exit_view *view)
{
	char before[64], after[CLOCK_TEXT_MAX + 1] = ",";

	snprintf(before, sizeof(before), "%.6f,%.6f,", interval->at, interval->seconds);
	date_and_time(interval, after + 1);
	csv_print_rows(out, interval->meters, view, before, after, interval->process);
}
