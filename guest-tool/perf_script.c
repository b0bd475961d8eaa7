// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perf_script.h"

/* perf puts blanks before shorter names of processes, and they may begin with some. */
#define PROCESS_WIDTH 16

static char *skip_blanks(char *text)
{
	return text + strspn(text, " \t");
}

/* What is behind a number and the blanks after it, or NULL */
static char *skip_number(char *text, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno || *end != ' ' ? NULL : skip_blanks(end);
}

/* "[CPU]" and "SECONDS:", which perf prints by default */
static char *skip_cpu_and_time(char *text)
{
	size_t length = strcspn(text, " ");

	if (*text == '[' && text[length - 1] == ']')
		text = skip_blanks(text + length);
	length = strspn(text, "0123456789.");
	return length && text[length] == ':' ? skip_blanks(text + length + 1) : text;
}

/*
 * Where the object of "SYMBOL (OBJECT)" begins, or NULL.  Both may have blanks and
 * parentheses.  Objects are paths or in brackets, as no symbol has behind " (", but for
 * some names, as of what has no file.
 */
static char *find_object(char *text)
{
	char *path = strstr(text, " (/"), *bracket = strstr(text, " (["), *last, *next;

	if (path && (!bracket || path < bracket))
		return path;
	if (bracket)
		return bracket;
	last = next = strstr(text, " (");
	while (next) {
		last = next;
		next = strstr(next + 1, " (");
	}
	return last;
}

/* "+0x15" at the end, which perf prints by default */
static void cut_offset(char *symbol)
{
	char *plus = strrchr(symbol, '+');

	if (plus && !strncmp(plus, "+0x", 3) && !plus[3 + strspn(plus + 3, "0123456789abcdef")])
		*plus = '\0';
}

static bool parse_symbol(char *text, struct code_sample *sample)
{
	size_t length = strlen(text);
	char *object = find_object(text);

	if (!object || text[length - 1] != ')')
		return false;
	text[length - 1] = '\0';
	*object = '\0';
	cut_offset(text);
	object += strlen(" (");
	sample->object = strcmp(object, "[unknown]") ? object : "";
	sample->function = strcmp(text, "[unknown]") ? text : NULL;
	return true;
}

/* "ADDRESS SYMBOL (OBJECT)" */
static bool parse_place(char *text, struct code_sample *sample)
{
	size_t digits;

	text = skip_blanks(text);
	digits = strspn(text, "0123456789abcdef");
	return digits && text[digits] == ' ' &&
	       parse_symbol(skip_blanks(text + digits), sample);
}

/* "PID PERIOD EVENT:", and a place or nothing behind it */
static bool parse_from_pid(char *text, struct code_sample *sample)
{
	char *event, *end;
	uint64_t pid;

	event = skip_number(skip_blanks(text), &pid);
	if (event)
		event = skip_number(skip_cpu_and_time(event), &sample->exits);
	if (!event)
		return false;
	end = event + strcspn(event, " ");
	if (end < event + 2 || end[-1] != ':')
		return false;
	if (*skip_blanks(end) && !parse_place(end, sample))
		return false;
	end[-1] = '\0';
	sample->event = event;
	return true;
}

static char *without_blanks(char *text)
{
	size_t length;

	text = skip_blanks(text);
	for (length = strlen(text); length && text[length - 1] == ' '; length--)
		;
	text[length] = '\0';
	return text;
}

/* Where the process ends, from this place on, or NULL */
static char *find_end(char *from, struct code_sample *sample)
{
	for (; *from; from++) {
		if (*from == ' ' && parse_from_pid(from, sample))
			return from;
	}
	return NULL;
}

bool perf_script_parse(char *line, struct code_sample *sample)
{
	char *end = NULL;

	*sample = (struct code_sample) { .object = "", .line = "" };
	/* Where it has its width it may end with what looks like the rest of a line. */
	if (strlen(line) > PROCESS_WIDTH)
		end = find_end(line + PROCESS_WIDTH, sample);
	if (!end)
		end = find_end(line, sample);
	if (!end)
		return false;
	*end = '\0';
	sample->process = without_blanks(line);
	return true;
}

/* What was read of a sample until the next one begins, and the lines that it points into */
struct reader {
	struct code_table *table;
	bool pending;
	struct code_sample sample;
	char *line, *place, *source;
	/* "caller;...;function" of what was read of a call graph, or NULL */
	char *stack;
};

/* What a frame is called, or NULL: there are such above main(). */
static const char *frame_name(const struct code_sample *place)
{
	if (place->function)
		return place->function;
	return *place->object ? code_object(place) : NULL;
}

/* Add a caller.  What parts frames is not in their names then. */
static bool add_caller(struct reader *reader, const char *name)
{
	char *stack, *part;

	if (asprintf(&stack, "%s%s%s", name, reader->stack ? ";" : "",
		     reader->stack ? reader->stack : "") < 0)
		return false;
	for (part = stack; part < stack + strlen(name); part++) {
		if (*part == ';')
			*part = ':';
	}
	free(reader->stack);
	reader->stack = stack;
	return true;
}

/* A sample without a call graph has one of a single frame. */
static bool end_stack(struct reader *reader)
{
	const char *name = frame_name(&reader->sample);

	if (!reader->stack && name && !add_caller(reader, name))
		return false;
	reader->sample.function = reader->stack;
	reader->sample.object = "";
	return true;
}

static bool end_sample(struct reader *reader)
{
	bool good = true;

	if (reader->pending && reader->table->stacks)
		good = end_stack(reader);
	if (reader->pending && good)
		good = code_table_add(reader->table, &reader->sample);

	reader->pending = false;
	free(reader->line);
	free(reader->place);
	free(reader->source);
	free(reader->stack);
	reader->line = reader->place = reader->source = reader->stack = NULL;
	return good;
}

/* The first entry of a call graph, that is where the exit was */
static bool take_place(struct reader *reader, char *line)
{
	if (!reader->pending || reader->place || *line != '\t' || reader->sample.function ||
	    *reader->sample.object || !parse_place(line, &reader->sample))
		return false;
	reader->place = line;
	return true;
}

/* Any entry of a call graph */
static bool is_caller(const struct reader *reader, char *line, struct code_sample *place)
{
	*place = (struct code_sample) { .object = "" };
	return reader->table->stacks && reader->pending && *line == '\t' &&
	       parse_place(line, place);
}

/* Takes the line over.  Returns false if there is no memory. */
static bool take_caller(struct reader *reader, char *line, const struct code_sample *place)
{
	const char *name = frame_name(place);
	bool good = !name || add_caller(reader, name);

	free(line);
	return good;
}

static bool is_source(const struct reader *reader, const char *line)
{
	return reader->pending && strspn(line, " ") == 2;
}

static bool take_source(struct reader *reader, char *line)
{
	if (!reader->table->lines || reader->source || !is_source(reader, line))
		return false;
	reader->source = line;
	reader->sample.line = line + 2;
	return true;
}

/* Lines of no meaning: empty, comments, source not asked for, callers in a call graph */
static bool is_known(const struct reader *reader, const char *line)
{
	return !line[strspn(line, " ")] || *line == '#' || *line == '\t' ||
	       is_source(reader, line);
}

/* Takes the line over.  Returns false if there is no memory. */
static bool take(struct reader *reader, char *line)
{
	struct code_sample sample;
	bool good;

	if (perf_script_parse(line, &sample)) {
		good = end_sample(reader);
		reader->sample = sample;
		reader->line = line;
		reader->pending = true;
		return good;
	}
	if (is_caller(reader, line, &sample))
		return take_caller(reader, line, &sample);
	if (take_place(reader, line) || take_source(reader, line))
		return true;
	reader->table->skipped += !is_known(reader, line);
	free(line);
	return true;
}

bool perf_script_read(FILE *in, struct code_table *table)
{
	struct reader reader = { .table = table };
	char *line = NULL, *copy;
	bool good = true;
	size_t room = 0;

	while (good && getline(&line, &room, in) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		copy = strdup(line);
		good = copy && take(&reader, copy);
	}
	free(line);
	good = end_sample(&reader) && good;
	code_table_sort(table);
	return good;
}
