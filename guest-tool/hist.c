// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "exit_names.h"
#include "hist.h"
#include "time_text.h"

#define BAR_WIDTH 40

static uint64_t bucket_least(int bucket)
{
	return bucket ? 1ULL << bucket : 0;
}

/* The longest exit ends its bucket, and the last one has no other end. */
static uint64_t bucket_most(const struct exit_hist *hist, int bucket)
{
	uint64_t most = bucket == KVM_EXIT_STATS_NR_BUCKETS - 1 ? UINT64_MAX :
								  (1ULL << (bucket + 1)) - 1;

	if (!hist->longest || hist->longest < bucket_least(bucket) || hist->longest > most)
		return most;
	return hist->longest;
}

/* The bucket of the exit that so many percent do not exceed, or -1. */
static int percentile_bucket(const struct exit_hist *hist, unsigned int percent)
{
	double rank = exit_hist_sum(hist) * (percent / 100.0), below = 0;
	int i, last = -1;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		last = i;
		below += hist->buckets[i];
		if (below >= rank)
			break;
	}
	return last;
}

bool hist_percentile(const struct exit_hist *hist, unsigned int percent,
		     struct hist_range *range)
{
	int bucket = percentile_bucket(hist, percent);

	if (bucket < 0)
		return false;
	range->least = bucket_least(bucket);
	range->most = bucket_most(hist, bucket);
	return true;
}

/* 2^power, in units of 1024 */
static void append_power(char *text, int power)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };

	sprintf(text + strlen(text), "%u%s", 1U << power % 10, units[power / 10]);
}

const char *hist_limit_text(const struct exit_hist *hist, unsigned int percent,
			    uint32_t tsc_khz, char text[HIST_LIMIT_MAX])
{
	int bucket = percentile_bucket(hist, percent);
	bool last = bucket == KVM_EXIT_STATS_NR_BUCKETS - 1;
	int power = last ? bucket : bucket + 1;
	char time[TIME_TEXT_MAX];

	if (bucket < 0)
		return strcpy(text, "-");
	strcpy(text, last ? ">=" : "<");
	if (tsc_khz)
		strcat(text, time_text(1ULL << power, tsc_khz, 3, time));
	else
		append_power(text, power);
	return text;
}

const char *hist_most_text(const struct exit_hist *hist, unsigned int percent, char text[24])
{
	struct hist_range range;

	if (!hist_percentile(hist, percent, &range) || range.most == UINT64_MAX)
		return strcpy(text, "");
	sprintf(text, "%" PRIu64, range.most);
	return text;
}

static void print_longest(FILE *out, const struct exit_info *info, uint64_t cycles)
{
	fprintf(out, "%-8s %" PRIu64 " cycles", "longest", cycles);
	if (info->tsc_khz) {
		fputs(", ", out);
		time_print(out, cycles, info->tsc_khz);
	}
	fputc('\n', out);
}

static void print_percentile(FILE *out, const struct exit_info *info,
			     const struct exit_hist *hist, unsigned int percent)
{
	struct hist_range range;

	fprintf(out, "p%-7u ", percent);
	if (!hist_percentile(hist, percent, &range)) {
		fputs("-\n", out);
		return;
	}
	if (range.most == UINT64_MAX)
		fprintf(out, "%" PRIu64 " cycles or more", range.least);
	else
		fprintf(out, "%" PRIu64 " to %" PRIu64 " cycles", range.least, range.most);
	if (info->tsc_khz) {
		fputs(", ", out);
		time_print(out, range.least, info->tsc_khz);
		if (range.most == UINT64_MAX) {
			fputs(" or more", out);
		} else {
			fputs(" to ", out);
			time_print(out, range.most, info->tsc_khz);
		}
	}
	fputc('\n', out);
}

static void print_bar(FILE *out, const struct exit_hist *hist, int bucket, uint64_t most)
{
	/* What has happened at all shows.  A file may have more than 64 bits hold times 40. */
	int stars = ((unsigned __int128)hist->buckets[bucket] * BAR_WIDTH + most - 1) / most;
	int i;

	if (bucket == KVM_EXIT_STATS_NR_BUCKETS - 1)
		fprintf(out, "%10" PRIu64 " -> %-10s", bucket_least(bucket), "more");
	else
		fprintf(out, "%10" PRIu64 " -> %-10" PRIu64, bucket_least(bucket),
			bucket_least(bucket + 1) - 1);
	fprintf(out, "  %12" PRIu64 "  |", hist->buckets[bucket]);
	for (i = 0; i < BAR_WIDTH; i++)
		fputc(i < stars ? '*' : ' ', out);
	fprintf(out, "|\n");
}

static void print_bars(FILE *out, const struct exit_hist *hist)
{
	int i, first = -1, last = -1;
	uint64_t most = 0;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		if (first < 0)
			first = i;
		last = i;
		if (most < hist->buckets[i])
			most = hist->buckets[i];
	}
	if (first < 0)
		return;

	fprintf(out, "\n%24s  %12s  |%-*s|\n", "cycles         ", "exits", BAR_WIDTH,
		" distribution");
	for (i = first; i <= last; i++)
		print_bar(out, hist, i, most);
}

void hist_print(FILE *out, const struct exit_info *info, uint32_t number,
		const struct exit_hist *hist)
{
	static const unsigned int percents[] = { 50, 90, 99 };
	char name[EXIT_NAME_MAX];
	int i;

	fprintf(out, "exit %" PRIu32 ", %s\n\n", number,
		exit_name(info->encoding, number, name));
	fprintf(out, "%-8s %" PRIu64 "\n", "exits", exit_hist_sum(hist));
	for (i = 0; i < 3; i++)
		print_percentile(out, info, hist, percents[i]);
	print_longest(out, info, hist->longest);
	print_bars(out, hist);
}
