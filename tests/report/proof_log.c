// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proof_log.h"
#include "text.h"
#include "util.h"

/* A word that ends with a NUL */
#define WORD		64
#define WORD_FORMAT	"%63s"

struct log {
	json_t *document;
	/* The scenario whose lines these are, or NULL before the first one */
	json_t *scenario;
	/* Of the ones that follow, and what they run on */
	char *names;
	json_t *machine;
};

double proof_number(const json_t *object, const char *name, double fallback)
{
	const json_t *number = json_object_get(object, name);

	return number ? json_number_value(number) : fallback;
}

const char *proof_string(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name)) ?: "";
}

json_t *proof_lines(const json_t *document, const char *kind, const char *isa)
{
	json_t *lines = json_array();
	const json_t *scenario;
	size_t i;

	json_array_foreach(json_object_get(document, "scenarios"), i, scenario) {
		if (!isa || !strcmp(proof_string(json_object_get(scenario, "machine"), "ISA"),
				    isa))
			json_array_extend(lines, json_object_get(scenario, kind));
	}
	return lines;
}

/* Returns NULL if the text is not one number, of any size that is exact. */
static json_t *parse_number(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || fabs(value) > 1e15)
		return NULL;
	return value == floor(value) ? json_integer(value) : json_real(value);
}

static json_t *parse_bench(const char *line)
{
	char modules[WORD], what[WORD];
	unsigned int vcpus;
	json_int_t ticks;
	int end = 0;

	if (sscanf(line, WORD_FORMAT " " WORD_FORMAT " %u %" JSON_INTEGER_FORMAT "%n", modules,
		   what, &vcpus, &ticks, &end) != 4 || line[end])
		return NULL;
	return json_pack("{s:s, s:s, s:i, s:I}", "modules", modules, "what", what,
			 "vcpus", vcpus, "ticks", ticks);
}

static json_t *parse_growth(const char *line)
{
	char what[WORD], value[WORD];
	unsigned int n;
	int end = 0;

	if (sscanf(line, WORD_FORMAT " %u " WORD_FORMAT " %n", what, &n, value, &end) != 3 ||
	    !line[end])
		return NULL;
	return json_pack("{s:s, s:i, s:o, s:s}", "what", what, "n", n, "value",
			 parse_number(value), "unit", line + end);
}

static json_t *parse_sees(const char *line)
{
	char peer[WORD], fact[WORD];
	int end = 0;

	if (sscanf(line, WORD_FORMAT " " WORD_FORMAT " %n", peer, fact, &end) != 2 || !line[end])
		return NULL;
	return json_pack("{s:s, s:s, s:s}", "peer", peer, "fact", fact, "value", line + end);
}

static json_t *parse_stress(const char *line)
{
	const char *value = strrchr(line, ' ');
	char part[WORD];
	int end = 0;

	if (sscanf(line, WORD_FORMAT " %n", part, &end) != 1 || !value || value <= line + end)
		return NULL;
	return json_pack("{s:s, s:s%, s:o}", "part", part, "quantity", line + end,
			 (size_t)(value - line - end), "value", parse_number(value + 1));
}

static const struct kind {
	const char *name;
	json_t *(*parse)(const char *line);
} kinds[] = {
	{ "bench", parse_bench },
	{ "growth", parse_growth },
	{ "sees", parse_sees },
	{ "stress", parse_stress },
};

/* The next name, without its folder */
static void begin_scenario(struct log *log)
{
	size_t length = strcspn(log->names, "+");
	const char *end = log->names + length, *name = end;

	while (name > log->names && name[-1] != '/')
		name--;
	log->scenario = json_pack("{s:s%, s:O, s:i, s:i, s:[], s:[], s:[], s:[], s:[], s:[]}",
				  "name", name, (size_t)(end - name), "machine", log->machine,
				  "passed", 0, "failed", 0, "failures", "checks",
				  "bench", "growth", "sees", "stress");
	json_array_append_new(json_object_get(log->document, "scenarios"), log->scenario);
	log->names += length + (*end == '+');
}

/* The scenario that a line belongs to */
static json_t *scenario_of(struct log *log)
{
	if (!log->scenario)
		begin_scenario(log);
	return log->scenario;
}

/* What comes behind the last one's end is still the last one's. */
static bool end_scenario(struct log *log, char *rest)
{
	if (!*rest && *log->names)
		log->scenario = NULL;
	return true;
}

/* NAMES VARIABLE=VALUE... */
static bool begin_machine(struct log *log, char *line)
{
	char *rest = line, *name, *value;

	log->names = strsep(&rest, " ");
	log->scenario = NULL;
	json_decref(log->machine);
	log->machine = json_object();
	while ((value = strsep(&rest, " "))) {
		name = strsep(&value, "=");
		if (value)
			json_object_set_new(log->machine, name, json_string(value));
	}
	return true;
}

static void count(json_t *object, const char *name)
{
	json_object_set_new(object, name, json_integer(proof_number(object, name, 0) + 1));
}

static void add_check(struct log *log, const char *list, const char *counter, const char *text)
{
	json_t *scenario = scenario_of(log);

	json_array_append_new(json_object_get(scenario, list), json_string(text));
	count(scenario, counter);
	count(log->document, counter);
}

static bool add_passed(struct log *log, char *text)
{
	add_check(log, "checks", "passed", text);
	return true;
}

static bool add_failed(struct log *log, char *text)
{
	add_check(log, "failures", "failed", text);
	return true;
}

static bool add_about(struct log *log, char *line)
{
	char *value = strchr(line, ' ');

	if (!value)
		return false;
	*value++ = '\0';
	return !json_object_set_new(json_object_get(log->document, "about"), line,
				    json_string(value));
}

/* KIND: ..., or any other comment */
static bool add_line(struct log *log, char *line)
{
	json_t *object;
	size_t i, length;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		length = strlen(kinds[i].name);
		if (strncmp(line, kinds[i].name, length) || strncmp(line + length, ": ", 2))
			continue;
		object = kinds[i].parse(line + length + 2);
		return object && !json_array_append_new(json_object_get(scenario_of(log),
									kinds[i].name), object);
	}
	return true;
}

static const struct {
	const char *beginning;
	/* What follows it.  Returns false if it is not understood. */
	bool (*add)(struct log *log, char *rest);
} beginnings[] = {
	{ "ok - ", add_passed },
	{ "not ok - ", add_failed },
	{ "# about: ", add_about },
	{ "# Lab: ", begin_machine },
	{ "# done", end_scenario },
	{ "# ", add_line },
};

static bool parse_line(struct log *log, char *line)
{
	size_t i, length;

	for (i = 0; i < ARRAY_SIZE(beginnings); i++) {
		length = strlen(beginnings[i].beginning);
		if (!strncmp(line, beginnings[i].beginning, length))
			return beginnings[i].add(log, line + length);
	}
	return true;
}

/* How much more a line's is than the same with stock modules, with as many vCPUs or one */
static void compare_with_stock(json_t *line, const json_t *lines)
{
	const json_t *other, *stock = NULL;
	size_t i;

	json_array_foreach(lines, i, other) {
		if (strcmp(proof_string(other, "modules"), "stock") ||
		    strcmp(proof_string(other, "what"), proof_string(line, "what")))
			continue;
		if (!stock && proof_number(other, "vcpus", 0) == 1)
			stock = other;
		if (proof_number(other, "vcpus", 0) == proof_number(line, "vcpus", 0)) {
			stock = other;
			break;
		}
	}
	if (stock && strcmp(proof_string(line, "modules"), "stock"))
		json_object_set_new(line, "more",
				    json_integer(proof_number(line, "ticks", 0) -
						 proof_number(stock, "ticks", 0)));
}

static void compare_bench(json_t *document)
{
	const json_t *scenario;
	json_t *line, *lines;
	size_t i, k;

	json_array_foreach(json_object_get(document, "scenarios"), i, scenario) {
		lines = proof_lines(document, "bench",
				    proof_string(json_object_get(scenario, "machine"), "ISA"));
		json_array_foreach(json_object_get(scenario, "bench"), k, line)
			compare_with_stock(line, lines);
		json_decref(lines);
	}
}

static void sum_stress(json_t *document)
{
	json_t *sums = json_object(), *lines = proof_lines(document, "stress", NULL);
	const json_t *line;
	const char *name;
	size_t i;

	json_array_foreach(lines, i, line) {
		name = proof_string(line, "quantity");
		if (json_is_integer(json_object_get(line, "value")))
			json_object_set_new(sums, name,
					    json_integer(proof_number(sums, name, 0) +
							 proof_number(line, "value", 0)));
	}
	json_decref(lines);
	json_object_set_new(document, "sums", sums);
}

json_t *proof_log_parse(const char *text, const char *kind, size_t *bad)
{
	char none[] = "", *clean = text_utf8(text), *rest = clean, *line;
	struct log log = {
		.document = json_pack("{s:s, s:s+, s:{}, s:i, s:i, s:[]}", "format",
				      "cpuid-query", "kind", "proof-", kind, "about",
				      "passed", 0, "failed", 0, "scenarios"),
		.names = none, .machine = json_object(),
	};

	if (!clean || !log.document)
		errx(1, "not enough memory");
	for (*bad = 0; (line = strsep(&rest, "\n")); ) {
		line[strcspn(line, "\r")] = '\0';
		if (!parse_line(&log, line)) {
			warnx("not understood: %s", line);
			++*bad;
		}
	}
	json_decref(log.machine);
	free(clean);
	compare_bench(log.document);
	if (!strcmp(kind, "stress"))
		sum_stress(log.document);
	return log.document;
}
