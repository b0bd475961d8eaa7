// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "exit_names.h"
#include "hist.h"

#define BAR_WIDTH 40

static uint64_t bucket_least(int bucket)
{
	return bucket ? 1ULL << bucket : 0;
}

/* One more than the most, which for the longest exit's bucket is known better. */
static uint64_t bucket_end(const struct exit_hist *hist, int bucket)
{
	uint64_t end = 1ULL << (bucket + 1);

	if (hist->longest < bucket_least(bucket))
		return end;
	if (hist->longest < end || bucket == KVM_EXIT_STATS_NR_BUCKETS - 1)
		return hist->longest + 1;
	return end;
}

uint64_t hist_percentile(const struct exit_hist *hist, unsigned int percent)
{
	double rank = exit_hist_sum(hist) * (percent / 100.0), below = 0, part;
	uint64_t least, end;
	int i, last = -1;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		last = i;
		if (below + hist->buckets[i] >= rank)
			break;
		below += hist->buckets[i];
	}
	if (last < 0)
		return 0;

	least = bucket_least(last);
	end = bucket_end(hist, last);
	part = (rank - below) / hist->buckets[last];
	/* Of counts with more digits than a double has, rank may be beyond the last. */
	if (part >= 1)
		return end - 1;
	return least + (end - 1 - least) * part;
}

static void print_time(FILE *out, uint64_t cycles, uint32_t tsc_khz)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double time = cycles * 1e6 / tsc_khz;
	unsigned int unit = 0;

	while (time >= 1000 && unit < 3) {
		time /= 1000;
		unit++;
	}
	fprintf(out, "  %9.3f %s", time, units[unit]);
}

static void print_value(FILE *out, const struct exit_info *info, const char *name,
			uint64_t cycles)
{
	fprintf(out, "%-8s %20" PRIu64 " cycles", name, cycles);
	if (info->tsc_khz)
		print_time(out, cycles, info->tsc_khz);
	fputc('\n', out);
}

static void print_bar(FILE *out, const struct exit_hist *hist, int bucket, uint64_t most)
{
	/* What has happened at all shows. */
	int stars = (hist->buckets[bucket] * (uint64_t)BAR_WIDTH + most - 1) / most;
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
	fprintf(out, "%-8s %20" PRIu64 "\n", "exits", exit_hist_sum(hist));
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "p%u", percents[i]);
		print_value(out, info, name, hist_percentile(hist, percents[i]));
	}
	print_value(out, info, "longest", hist->longest);
	print_bars(out, hist);
}
