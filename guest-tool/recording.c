// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpuid_dump.h"
#include "exit_names.h"
#include "recording.h"
#include "exit_leaves.h"
#include "util.h"

static bool __attribute__((format(printf, 2, 3)))
wrong(struct recording_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return false;
}

/* A dump of one vCPU has the answers of that scope. */
static uint32_t scope_of_dump(void)
{
	uint32_t description = KVM_EXIT_STATS_DESCRIPTION | KVM_EXIT_STATS_SCOPE_VCPU;

	return cpuid_dump(KVM_EXIT_STATS_CPUID_TOTALS, description).eax ?
	       KVM_EXIT_STATS_SCOPE_VCPU : 0;
}

/* An answer about an exit number */
static struct cpuid_regs view_of(const struct exit_leaves *leaves, uint32_t number, uint32_t view)
{
	return cpuid_dump(KVM_EXIT_STATS_CPUID_REASON,
			  number | view << KVM_EXIT_STATS_VIEW_SHIFT | leaves->scope);
}

/*
 * A dump of ours may lack lines that are all zeros.  What is last of a number is the bucket
 * of its longest exit: it is read after that.
 */
static bool has_all_of(const struct exit_leaves *leaves, uint32_t number)
{
	struct cpuid_regs count = view_of(leaves, number, KVM_EXIT_STATS_VIEW_COUNT), longest, pair;
	uint64_t cycles = (uint64_t)count.ebx << 32 | count.ecx;
	unsigned int bucket;

	if (!count.eax && !count.edx)
		return false;
	if (!exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_LONGEST))
		return true;
	longest = view_of(leaves, number, KVM_EXIT_STATS_VIEW_LONGEST);
	if (!longest.eax && !longest.edx)
		return !cycles;
	if (!exit_info_has(&leaves->info, KVM_EXIT_STATS_FEATURE_HISTOGRAM))
		return true;
	bucket = exit_bucket((uint64_t)longest.edx << 32 | longest.eax);
	pair = view_of(leaves, number, KVM_EXIT_STATS_VIEW_HISTOGRAM + bucket / 2);
	return bucket % 2 ? pair.ecx || pair.ebx : pair.eax || pair.edx;
}

static bool has_all_of_block(const struct exit_leaves *leaves, uint32_t block)
{
	struct cpuid_regs regs = cpuid_dump(KVM_EXIT_STATS_CPUID_TOTALS,
					    (KVM_EXIT_STATS_OCCUPANCY + block) | leaves->scope);
	const uint32_t bits[] = { regs.eax, regs.ebx, regs.ecx, regs.edx };
	uint32_t i;

	for (i = 0; i < 128; i++) {
		if (bits[i / 32] & 1U << i % 32 && !has_all_of(leaves, 128 * block + i))
			return false;
	}
	return true;
}

/* Does a dump have all that it says there is? */
static bool is_whole_dump(const struct exit_leaves *leaves, const struct exit_table *table)
{
	struct cpuid_regs sum = cpuid_dump(KVM_EXIT_STATS_CPUID_TOTALS,
					   KVM_EXIT_STATS_SUM | leaves->scope);
	const uint32_t *blocks;
	size_t i, nr = exit_leaves_blocks(leaves, &blocks);

	for (i = 0; i < nr; i++) {
		if (!has_all_of_block(leaves, blocks[i]))
			return false;
	}
	/* That of one number may be missing altogether.  The sum was read before them. */
	return table->nr && table->total.exits >= ((uint64_t)sum.edx << 32 | sum.eax);
}

static bool parse_dump(const char *text, struct exit_info *info, struct exit_table *table,
		       struct recording_error *error)
{
	struct exit_leaves leaves;
	size_t i;

	if (text[strlen(text) - 1] != '\n')
		return wrong(error, "it ends in the middle of a line");
	if (cpuid_dump_load(text) < 0)
		return wrong(error, "not enough memory");
	if (!exit_leaves_open(&leaves, cpuid_dump, scope_of_dump(), FIRST_RECORDED, 0))
		return wrong(error, "the dump has no exit statistics");
	if (leaves.info.version != KVM_EXIT_STATS_VERSION)
		return wrong(error, "version %u of the statistics is not known",
			     leaves.info.version);
	exit_leaves_read_table(&leaves, NULL, table);
	for (i = 0; i < table->nr; i++) {
		if (!exit_counts_possible(&table->rows[i].counts))
			return wrong(error, "the dump has impossible counts");
	}
	if (!is_whole_dump(&leaves, table))
		return wrong(error, "the dump is incomplete");
	*info = leaves.info;
	info->identity = table->identity;
	return true;
}

/* Numbers in a row of the table of debugfs, in older kernels and since */
#define COLUMNS			6
#define COLUMNS_WITH_STEAL	8

/* The table of debugfs, line by line */
struct reader {
	const char *rest;
	char line[1024];
	struct exit_info *info;
	struct exit_table *table;
	/* Of numbers in a row; 0: none was read yet */
	int columns;
	bool has_total;
	/* How many of the rows have had their histogram */
	size_t hists;
	struct recording_error *error;
};

/* Returns false after the last line, and if the text ends within one. */
static bool next_line(struct reader *reader)
{
	size_t length = strcspn(reader->rest, "\n");

	if (!*reader->rest)
		return false;
	if (!reader->rest[length])
		return wrong(reader->error, "it ends in the middle of a line");
	if (length >= sizeof(reader->line))
		return wrong(reader->error, "a line is too long");
	memcpy(reader->line, reader->rest, length);
	reader->line[length] = '\0';
	reader->rest += length + 1;
	return true;
}

static bool parse_heading(struct reader *reader)
{
	struct exit_info *info = reader->info;
	char vendor[8], khz[16];

	*info = (struct exit_info) {
		.version = KVM_EXIT_STATS_VERSION,
		.features = KVM_EXIT_STATS_FEATURE_SPLIT | KVM_EXIT_STATS_FEATURE_LONGEST |
			    KVM_EXIT_STATS_FEATURE_HISTOGRAM,
	};
	if (sscanf(reader->line, "# %7[^,], %15s kHz", vendor, khz) != 2 ||
	    !parse_decimal(khz, &info->tsc_khz))
		return false;
	info->encoding = exit_encoding(vendor);
	return info->encoding;
}

static bool parse_counts(struct reader *reader, const char *text, struct exit_counts *counts)
{
	int columns = sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			     " %" SCNu64 " %" SCNu64 " %" SCNu64, &counts->exits,
			     &counts->cycles, &counts->off_cpu, &counts->vmm,
			     &counts->longest, &counts->nested, &counts->steal,
			     &counts->halted);

	if (columns != COLUMNS && columns != COLUMNS_WITH_STEAL)
		return false;
	if (!reader->columns)
		reader->columns = columns;
	return columns == reader->columns && exit_counts_possible(counts);
}

/* A reason, or the total after the last of them */
static bool parse_row(struct reader *reader)
{
	struct exit_row row = { 0 };
	struct exit_counts total = { 0 };
	int length = 0;

	sscanf(reader->line, " total%n", &length);
	if (length) {
		/* It was added up while the VM went on: ours is the sum of the rows. */
		reader->has_total = parse_counts(reader, reader->line + length, &total);
		return reader->has_total;
	}
	if (sscanf(reader->line, "%" SCNu32 " %*s%n", &row.number, &length) != 1 || !length ||
	    row.number > KVM_EXIT_STATS_NUMBER_MASK ||
	    exit_table_find(reader->table, row.number) ||
	    !parse_counts(reader, reader->line + length, &row.counts))
		return false;
	row.hist.longest = row.counts.longest;
	exit_table_add(reader->table, &row);
	return true;
}

/* "number name bucket:exits bucket:exits ..." */
static bool parse_hist(struct reader *reader)
{
	const char *c = reader->line;
	uint32_t number, bucket;
	struct exit_row *row;
	uint64_t exits;
	int length = 0;

	if (sscanf(c, "%" SCNu32 " %*s%n", &number, &length) != 1 || !length)
		return false;
	/* The one that reads its own table may change its rows. */
	row = (struct exit_row *)exit_table_find(reader->table, number);
	/* One that has not ended has no bucket yet: nothing but blanks. */
	reader->hists += row != NULL;
	for (c += length; row && c[strspn(c, " ")]; c += length) {
		if (sscanf(c, " %" SCNu32 ":%" SCNu64 "%n", &bucket, &exits, &length) != 2 ||
		    bucket >= KVM_EXIT_STATS_NR_BUCKETS)
			return false;
		row->hist.buckets[bucket] = exits;
	}
	return true;
}

static bool parse_line(struct reader *reader)
{
	if (*reader->line == '#' || !*reader->line)
		return true;
	return reader->has_total ? parse_hist(reader) : parse_row(reader);
}

static bool parse_host_table(const char *text, struct exit_info *info,
			     struct exit_table *table, struct recording_error *error)
{
	struct reader reader = {
		.rest = text, .info = info, .table = table, .error = error,
	};

	*error->text = '\0';
	if (!next_line(&reader) || !parse_heading(&reader))
		return wrong(error, "the first line is not that of exit_stats in debugfs");
	while (next_line(&reader)) {
		if (!parse_line(&reader))
			return wrong(error, "not a line of exit_stats in debugfs: '%.40s'",
				     reader.line);
	}
	if (*error->text)
		return false;
	if (!reader.has_total)
		return wrong(error, "the table ends before its total");
	if (reader.hists != table->nr)
		return wrong(error, "the table ends before its last histogram");
	if (reader.columns == COLUMNS_WITH_STEAL)
		info->features |= KVM_EXIT_STATS_FEATURE_STEAL;
	exit_table_sort(table);
	return true;
}

bool recording_parse(const char *text, size_t size, struct exit_info *info,
		     struct exit_table *table, struct recording_error *error)
{
	memset(table, 0, sizeof(*table));
	if (!size)
		return wrong(error, "the file is empty");
	if (strlen(text) != size)
		return wrong(error, "not a text file");
	if (!strncmp(text, "CPU", 3) || !strncmp(text, "   0x", 5))
		return parse_dump(text, info, table, error);
	if (*text == '#')
		return parse_host_table(text, info, table, error);
	return wrong(error, "neither what cpuid-query --raw or --json printed, nor KVM's "
		     "exit_stats");
}
