// SPDX-License-Identifier: GPL-2.0
/* list: what exit reasons mean. */
#include <argp.h>
#include <inttypes.h>
#include <string.h>

#include "builtin.h"
#include "cpuid.h"
#include "exit_help.h"
#include "exit_names.h"
#include "json.h"
#include "leaves.h"
#include "options.h"
#include "util.h"
#include "vendor_options.h"

static const char args_doc[] = "[REASON]";
static const char doc[] =
	"Say what exit reasons mean: all of this machine's processor, a line each; or REASON, "
	"a number or a name, in full.\v"
	"Numbers are VMX basic exit reasons (Intel's SDM) or SVM exit codes (AMD's APM), as "
	"in the other tables.  A name is looked up in both.\n\n"
	"Exit status: 0 done, 1 usage error, 3 other failure.";

struct arguments {
	/* 0: this machine's */
	unsigned int encoding;
	const char *reason;
	struct common_options common;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->encoding;
		state->child_inputs[1] = &args->common;
		break;
	case ARGP_KEY_ARG:
		if (args->reason)
			argp_error(state, "one reason at a time");
		args->reason = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	NULL, parse_option, args_doc, doc, vendor_options, NULL, NULL,
};

static unsigned int other_vendor(unsigned int encoding)
{
	return encoding == KVM_EXIT_STATS_ENCODING_VMX ? KVM_EXIT_STATS_ENCODING_SVM :
							  KVM_EXIT_STATS_ENCODING_VMX;
}

/* Some reasons of an encoding, from first to last */
struct listing {
	unsigned int encoding;
	int first, last;
};

#define for_each_listed(number, listing)					\
	for (number = exit_next((listing)->encoding, (listing)->first - 1);	\
	     number >= 0 && number <= (listing)->last;				\
	     number = exit_next((listing)->encoding, number))

static int no_such_reason(const struct arguments *args, unsigned int encoding)
{
	return exit_unknown(encoding, args->encoding ? 0 : other_vendor(encoding), args->reason);
}

/* Returns a status, after having said what is wrong. */
static int find_reason(const struct arguments *args, struct listing *listing)
{
	uint32_t number;
	int found;

	if (parse_u32(args->reason, &number)) {
		if (!exit_help(listing->encoding, number))
			return no_such_reason(args, listing->encoding);
		found = number;
	} else {
		found = exit_number(listing->encoding, args->reason);
		if (found < 0 && !args->encoding) {
			found = exit_number(other_vendor(listing->encoding), args->reason);
			if (found >= 0)
				listing->encoding = other_vendor(listing->encoding);
		}
	}
	if (found < 0)
		return no_such_reason(args, listing->encoding);
	listing->first = listing->last = found;
	return STATUS_OK;
}

/* The number as in the SDM or the APM */
static const char *manual_number(unsigned int encoding, int number, char text[16])
{
	snprintf(text, 16, encoding == KVM_EXIT_STATS_ENCODING_SVM ? "0x%x" : "%d", number);
	return text;
}

static void print_lines(const struct listing *listing)
{
	unsigned int encoding = listing->encoding;
	bool svm = encoding == KVM_EXIT_STATS_ENCODING_SVM;
	char name[EXIT_NAME_MAX], text[16];
	int width = exit_name_width(encoding);
	int i;

	printf("%s, the exits on %s processors; 'list REASON' says more about one\n\n"
	       " exit  %s%-*s  meaning\n", exit_encoding_name(encoding),
	       svm ? "AMD's" : "Intel's", svm ? "  code  " : "", width, "name");
	for_each_listed(i, listing) {
		printf("%5d  ", i);
		if (svm)
			printf("%6s  ", manual_number(encoding, i, text));
		printf("%-*s  %s\n", width, exit_name(encoding, i, name),
		       exit_help(encoding, i)->what);
	}
}

#define LINE 80

/* A paragraph of text, indented and broken into lines */
static void print_paragraph(const char *text)
{
	int column = 0, length;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		length = strcspn(text, " ");
		if (column && column + 1 + length > LINE) {
			putchar('\n');
			column = 0;
		}
		column += printf("%s%.*s", column ? " " : "  ", length, text);
		text += length;
	}
	putchar('\n');
}

static void print_whole(const struct listing *listing)
{
	const struct exit_help *help = exit_help(listing->encoding, listing->first);
	char name[EXIT_NAME_MAX], text[16];

	printf("%s exit %s, %s: %s\n\n", exit_encoding_name(listing->encoding),
	       manual_number(listing->encoding, listing->first, text),
	       exit_name(listing->encoding, listing->first, name), help->what);
	puts("When it happens");
	print_paragraph(help->when);
	puts("\nWhat to do about it");
	print_paragraph(help->advice);
}

/* A document of kind "list": vendor, and reasons with exit, name, what, when and advice. */
static void print_json(const struct listing *listing)
{
	json_t *document = json_document("list", NULL), *reasons = json_array();
	const struct exit_help *help;
	char name[EXIT_NAME_MAX];
	int i;

	for_each_listed(i, listing) {
		help = exit_help(listing->encoding, i);
		json_array_append_new(reasons, json_pack("{s:i, s:s, s:s, s:s, s:s}",
				      "exit", i, "name",
				      exit_name(listing->encoding, i, name),
				      "what", help->what, "when", help->when,
				      "advice", help->advice));
	}
	json_object_set_new(document, "vendor",
			    json_string(exit_encoding_name(listing->encoding)));
	json_object_set_new(document, "reasons", reasons);
	json_print(stdout, document, false);
}

/* No text has a quote. */
static void print_csv(const struct listing *listing)
{
	const struct exit_help *help;
	char name[EXIT_NAME_MAX];
	int i;

	puts("exit,name,what,when,advice");
	for_each_listed(i, listing) {
		help = exit_help(listing->encoding, i);
		printf("%d,%s,\"%s\",\"%s\",\"%s\"\n", i,
		       exit_name(listing->encoding, i, name), help->what, help->when,
		       help->advice);
	}
}

static void print_text(const struct listing *listing)
{
	if (listing->first == listing->last)
		print_whole(listing);
	else
		print_lines(listing);
}

int builtin_list(int argc, char **argv)
{
	static void (*const printers[])(const struct listing *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv,
	};
	struct arguments args = { .common = COMMON_OPTIONS };
	struct listing listing = { .last = KVM_EXIT_STATS_NUMBER_MASK };
	int status = STATUS_OK;

	options_parse(&argp, argc, argv, &args);
	listing.encoding = args.encoding ? args.encoding : cpuid_encoding();
	if (args.reason)
		status = find_reason(&args, &listing);
	if (status)
		return status;
	printers[args.common.format](&listing);
	return STATUS_OK;
}
