// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "exit_names.h"
#include "json.h"
#include "text.h"
#include "util.h"

static const struct {
	const char *name;
	uint32_t feature;
} features[] = {
	{ "vcpu", KVM_EXIT_STATS_FEATURE_VCPU },
	{ "split", KVM_EXIT_STATS_FEATURE_SPLIT },
	{ "longest", KVM_EXIT_STATS_FEATURE_LONGEST },
	{ "histogram", KVM_EXIT_STATS_FEATURE_HISTOGRAM },
	{ "steal", KVM_EXIT_STATS_FEATURE_STEAL },
	{ "identity", KVM_EXIT_STATS_FEATURE_IDENTITY },
	{ "pmu", KVM_EXIT_STATS_FEATURE_PMU },
};

/* JSON's integers are signed, and readers' are often doubles: it is a string. */
static json_t *identity_string(uint64_t identity)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, identity);
	return json_string(text);
}

static json_t *feature_names(const struct exit_info *info)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		if (exit_info_has(info, features[i].feature))
			json_array_append_new(names, json_string(features[i].name));
	}
	return names;
}

json_t *json_document(const char *kind, const struct exit_info *info)
{
	json_t *document = json_pack("{s:s, s:i, s:s}", "format", "cpuid-query",
				     "version", JSON_VERSION, "kind", kind);

	if (!info)
		return document;
	json_object_set_new(document, "vendor",
			    json_string(exit_encoding_name(info->encoding)));
	json_object_set_new(document, "tsc_khz", json_integer(info->tsc_khz));
	json_object_set_new(document, "vcpus", json_integer(info->vcpus));
	json_object_set_new(document, "scope", json_string(info->one_vcpu ? "vcpu" : "vm"));
	json_object_set_new(document, "features", feature_names(info));
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_IDENTITY))
		json_object_set_new(document, "identity", identity_string(info->identity));
	return document;
}

json_t *json_count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : value);
}

static void set_count(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, json_count(value));
}

static json_t *hist_object(const struct exit_hist *hist)
{
	json_t *object = json_object();
	char name[16];
	int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++) {
		snprintf(name, sizeof(name), "%d", i);
		if (hist->buckets[i])
			set_count(object, name, hist->buckets[i]);
	}
	return object;
}

static json_t *reason_object(const struct exit_info *info, const struct exit_row *row)
{
	const struct exit_counts *counts = &row->counts;
	json_t *object = json_object();
	char name[EXIT_NAME_MAX];

	set_count(object, "exit", row->number);
	json_object_set_new(object, "name",
			    json_string(exit_name(info->encoding, row->number, name)));
	set_count(object, "exits", counts->exits);
	set_count(object, "cycles", counts->cycles);
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_SPLIT)) {
		set_count(object, "off_cpu", counts->off_cpu);
		set_count(object, "vmm", counts->vmm);
	}
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_LONGEST)) {
		set_count(object, "longest", counts->longest);
		set_count(object, "nested", counts->nested);
	}
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_STEAL)) {
		set_count(object, "steal", counts->steal);
		set_count(object, "halted", counts->halted);
	}
	if (exit_info_has(info, KVM_EXIT_STATS_FEATURE_HISTOGRAM))
		json_object_set_new(object, "hist", hist_object(&row->hist));
	return object;
}

void json_add_reasons(json_t *reasons, const struct exit_info *info,
		      const struct exit_table *table, const struct exit_view *view, long vcpu)
{
	json_t *object;
	size_t i;

	for (i = 0; i < table->nr; i++) {
		if (!exit_view_has(view, table->rows[i].number))
			continue;
		object = reason_object(info, &table->rows[i]);
		if (vcpu >= 0)
			json_object_set_new(object, "vcpu", json_integer(vcpu));
		json_array_append_new(reasons, object);
	}
}

json_t *json_reasons(const struct exit_info *info, const struct exit_table *table,
		     const struct exit_view *view)
{
	json_t *reasons = json_array();

	json_add_reasons(reasons, info, table, view, -1);
	return reasons;
}

json_t *json_meters(const struct meters *meters, const struct exit_view *view)
{
	json_t *reasons = json_array();
	size_t i;

	for (i = 0; i < meters->nr; i++)
		json_add_reasons(reasons, &meters->info, &meters->of[i].between, view,
				 meters->by_vcpu ? meters->of[i].source.cpu : -1);
	return reasons;
}

int json_print(FILE *out, json_t *document, bool oneline)
{
	size_t flags = JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9);
	int error = json_dumpf(document, out,
			       flags | (oneline ? JSON_COMPACT : JSON_INDENT(1)));

	json_decref(document);
	return fputc('\n', out) == EOF || error ? -1 : 0;
}

json_t *json_bytes(const char *text)
{
	char *utf8 = text_utf8(text);
	json_t *string = json_string(utf8 ? utf8 : "");

	free(utf8);
	return string;
}

json_t *json_exit(int number)
{
	return number >= 0 && number <= KVM_EXIT_STATS_NUMBER_MASK ? json_integer(number) :
								     json_null();
}

static bool wrong(struct recording_error *error, const char *what, const char *name)
{
	snprintf(error->text, sizeof(error->text), "%s%s%s%s", what, *name ? " '" : "", name,
		 *name ? "'" : "");
	return false;
}

static const char *string_of(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

bool json_read_number(const json_t *object, const char *name, double *value,
		      struct recording_error *error)
{
	const json_t *number = json_object_get(object, name);

	if (!json_is_number(number) || !(json_number_value(number) >= 0))
		return wrong(error, "there is no number", name);
	*value = json_number_value(number);
	return true;
}

static bool read_count(const json_t *object, const char *name, uint64_t *value,
		       struct recording_error *error)
{
	const json_t *count = json_object_get(object, name);

	if (!json_is_integer(count) || json_integer_value(count) < 0)
		return wrong(error, "there is no count", name);
	*value = json_integer_value(count);
	return true;
}

static bool read_u32(const json_t *object, const char *name, uint32_t *value,
		     struct recording_error *error)
{
	uint64_t count;

	if (!read_count(object, name, &count, error))
		return false;
	if (count > UINT32_MAX)
		return wrong(error, "too large a count:", name);
	*value = count;
	return true;
}

/* 0 where the host has none */
static bool read_identity(const json_t *document, struct exit_info *info,
			  struct recording_error *error)
{
	const char *text = string_of(document, "identity");

	info->identity = 0;
	if (!exit_info_has(info, KVM_EXIT_STATS_FEATURE_IDENTITY))
		return true;
	if (strlen(text) != 18 || strncmp(text, "0x", 2) ||
	    strspn(text + 2, "0123456789abcdef") != 16)
		return wrong(error, "there is no identity of 0x and 16 hexadecimal digits", "");
	info->identity = strtoull(text, NULL, 16);
	return true;
}

static bool has_string(const json_t *array, const char *name)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		if (json_is_string(value) && !strcmp(json_string_value(value), name))
			return true;
	}
	return false;
}

static bool read_info(const json_t *document, struct exit_info *info,
		      struct recording_error *error)
{
	const json_t *names = json_object_get(document, "features");
	size_t i;

	info->version = KVM_EXIT_STATS_VERSION;
	info->encoding = exit_encoding(string_of(document, "vendor"));
	if (!info->encoding)
		return wrong(error, "unknown encoding of exits:", string_of(document, "vendor"));
	info->one_vcpu = !strcmp(string_of(document, "scope"), "vcpu");
	info->features = 0;
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		if (has_string(names, features[i].name))
			info->features |= features[i].feature;
	}
	return read_identity(document, info, error) &&
	       read_u32(document, "tsc_khz", &info->tsc_khz, error) &&
	       read_u32(document, "vcpus", &info->vcpus, error);
}

static bool check_document(const json_t *document, const char *kind,
			   struct recording_error *error)
{
	const json_t *version = json_object_get(document, "version");

	if (strcmp(string_of(document, "format"), "cpuid-query"))
		return wrong(error, "it is JSON, but not written by cpuid-query", "");
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return wrong(error, "there is no version", "");
	if (json_integer_value(version) > JSON_VERSION)
		return wrong(error, "it is of a newer version than this program can read", "");
	if (strcmp(string_of(document, "kind"), kind))
		return wrong(error, "it is for another subcommand: its kind is",
			     string_of(document, "kind"));
	return true;
}

json_t *json_parse(const char *text, size_t size, const char *kind, struct exit_info *info,
		   struct recording_error *error)
{
	json_error_t syntax;
	json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &syntax);

	if (!document) {
		snprintf(error->text, sizeof(error->text), "line %d: %.100s", syntax.line,
			 syntax.text);
		return NULL;
	}
	if (check_document(document, kind, error) && read_info(document, info, error))
		return document;
	json_decref(document);
	return NULL;
}

static bool read_hist(const json_t *object, struct exit_hist *hist,
		      struct recording_error *error)
{
	const char *name;
	json_t *value;
	uint32_t bucket;

	if (!json_is_object(object))
		return wrong(error, "there is no histogram", "hist");
	json_object_foreach((json_t *)object, name, value) {
		if (!parse_u32(name, &bucket) || bucket >= KVM_EXIT_STATS_NR_BUCKETS)
			return wrong(error, "there is no such bucket:", name);
		if (!read_count(object, name, &hist->buckets[bucket], error))
			return false;
	}
	return true;
}

static bool read_parts(const json_t *object, const struct exit_info *info,
		       struct exit_row *row, struct recording_error *error)
{
	const struct {
		uint32_t feature;
		const char *name;
		uint64_t *value;
	} parts[] = {
		{ KVM_EXIT_STATS_FEATURE_SPLIT, "off_cpu", &row->counts.off_cpu },
		{ KVM_EXIT_STATS_FEATURE_SPLIT, "vmm", &row->counts.vmm },
		{ KVM_EXIT_STATS_FEATURE_LONGEST, "longest", &row->counts.longest },
		{ KVM_EXIT_STATS_FEATURE_LONGEST, "nested", &row->counts.nested },
		{ KVM_EXIT_STATS_FEATURE_STEAL, "steal", &row->counts.steal },
		{ KVM_EXIT_STATS_FEATURE_STEAL, "halted", &row->counts.halted },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (exit_info_has(info, parts[i].feature) &&
		    !read_count(object, parts[i].name, parts[i].value, error))
			return false;
	}
	row->hist.longest = row->counts.longest;
	return !exit_info_has(info, KVM_EXIT_STATS_FEATURE_HISTOGRAM) ||
	       read_hist(json_object_get(object, "hist"), &row->hist, error);
}

static bool read_row(const json_t *object, const struct exit_info *info, struct exit_row *row,
		     struct recording_error *error)
{
	struct exit_counts *counts = &row->counts;

	*row = (struct exit_row) { 0 };
	if (!read_u32(object, "exit", &row->number, error) ||
	    !read_count(object, "exits", &counts->exits, error) ||
	    !read_count(object, "cycles", &counts->cycles, error) ||
	    !read_parts(object, info, row, error))
		return false;
	if (row->number > KVM_EXIT_STATS_NUMBER_MASK)
		return wrong(error, "invalid exit number: not from 0 to 65535", "");
	if (!exit_counts_possible(counts))
		return wrong(error, "the parts of cycles are more than the whole", "");
	return true;
}

long json_vcpu(const json_t *reason)
{
	const json_t *vcpu = json_object_get(reason, "vcpu");

	if (!json_is_integer(vcpu) || json_integer_value(vcpu) > CPU_MAX)
		return -1;
	return json_integer_value(vcpu);
}

/* Those of several vCPUs are added up. */
static bool add_row(struct exit_table *table, const struct exit_row *row, bool of_vcpu,
		    struct recording_error *error)
{
	const struct exit_row *there = exit_table_find(table, row->number);

	if (there && !of_vcpu)
		return wrong(error, "an exit number is there twice", "");
	exit_table_accumulate(table, row);
	if (there && !exit_counts_possible(&there->counts))
		return wrong(error, "there are counts of vCPUs that are too many", "");
	return true;
}

bool json_read_reasons(const json_t *reasons, const struct exit_info *info,
		       struct exit_table *table, struct recording_error *error)
{
	struct exit_row row;
	json_t *object;
	size_t i;

	memset(table, 0, sizeof(*table));
	if (!json_is_array(reasons))
		return wrong(error, "there are no reasons", "");
	json_array_foreach(reasons, i, object) {
		if (!read_row(object, info, &row, error) ||
		    !add_row(table, &row, json_object_get(object, "vcpu"), error))
			return false;
	}
	exit_table_sort(table);
	return true;
}

bool json_read_reasons_of(const json_t *reasons, const struct exit_info *info, long vcpu,
			  struct exit_table *table, struct recording_error *error)
{
	struct exit_row row;
	json_t *object;
	size_t i;

	memset(table, 0, sizeof(*table));
	json_array_foreach(reasons, i, object) {
		if (json_vcpu(object) != vcpu)
			continue;
		if (!read_row(object, info, &row, error) || !add_row(table, &row, false, error))
			return false;
	}
	exit_table_sort(table);
	return true;
}

bool json_parse_table(const char *text, size_t size, struct exit_info *info,
		      struct exit_table *table, struct recording_error *error)
{
	json_t *document = json_parse(text, size, "table", info, error);
	bool good;

	if (!document)
		return false;
	good = json_read_reasons(json_object_get(document, "reasons"), info, table, error);
	json_decref(document);
	return good;
}
