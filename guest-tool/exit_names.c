// SPDX-License-Identifier: GPL-2.0
#include <asm/kvm.h>
#include <asm/svm.h>
#include <asm/vmx.h>
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "exit_names.h"
#include "leaves.h"
#include "similar.h"
#include "util.h"

struct exit_name {
	uint64_t number;
	const char *name;
};

static const struct exit_name vmx_names[] = {
	VMX_EXIT_REASONS,
	{ KVM_EXIT_STATS_OTHER, "OTHER" },
};

static const struct exit_name svm_names[] = {
	SVM_EXIT_REASONS,
	{ KVM_EXIT_STATS_OTHER, "OTHER" },
};

static const char *const more_vmx_names[] = {
	KVM_EXIT_STATS_MORE_VMX_REASONS,
};

static const char *const more_svm_names[] = {
	KVM_EXIT_STATS_MORE_SVM_REASONS,
};

static const struct exit_encoding {
	unsigned int encoding;
	const char *title;
	const struct exit_name *names;
	size_t nr_names;
	/* By number, for those that are not in names */
	const char *const *more;
	size_t nr_more;
} encodings[] = {
	{ KVM_EXIT_STATS_ENCODING_VMX, "VMX", vmx_names, ARRAY_SIZE(vmx_names),
	  more_vmx_names, ARRAY_SIZE(more_vmx_names) },
	{ KVM_EXIT_STATS_ENCODING_SVM, "SVM", svm_names, ARRAY_SIZE(svm_names),
	  more_svm_names, ARRAY_SIZE(more_svm_names) },
};

static const struct exit_encoding *find_encoding(unsigned int encoding)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(encodings); i++) {
		if (encodings[i].encoding == encoding)
			return &encodings[i];
	}
	return NULL;
}

/*
 * The i-th name of an encoding, or NULL after the last; an empty one where a number
 * has none.  Numbers beyond the leaves' 16 bits are not for these.
 */
static const char *name_at(const struct exit_encoding *enc, size_t i, uint32_t *number)
{
	if (i < enc->nr_names) {
		*number = enc->names[i].number;
		return enc->names[i].number <= KVM_EXIT_STATS_NUMBER_MASK ?
		       enc->names[i].name : "";
	}
	i -= enc->nr_names;
	if (i >= enc->nr_more)
		return NULL;
	*number = i;
	return enc->more[i] ? enc->more[i] : "";
}

static const char *find_name(unsigned int encoding, uint32_t number)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	const char *name;
	uint32_t n;
	size_t i;

	for (i = 0; enc && (name = name_at(enc, i, &n)); i++) {
		if (n == number && *name)
			return name;
	}
	return "?";
}

const char *exit_name(unsigned int encoding, uint32_t number, char name[EXIT_NAME_MAX])
{
	char *c;

	snprintf(name, EXIT_NAME_MAX, "%s", find_name(encoding, number));
	for (c = name; *c; c++) {
		if (*c == ' ')
			*c = '_';
	}
	return name;
}

static bool is_name(const char *name, const char *wanted)
{
	for (; *name && *wanted; name++, wanted++) {
		if (tolower(*name) != tolower(*wanted) &&
		    !(*wanted == '_' && strchr(" -", *name)))
			return false;
	}
	return *name == *wanted;
}

int exit_number(unsigned int encoding, const char *name)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	const char *other;
	uint32_t number;
	size_t i;

	for (i = 0; enc && (other = name_at(enc, i, &number)); i++) {
		if (*other && is_name(other, name))
			return number;
	}
	return -1;
}

int exit_parse(unsigned int encoding, const char *text)
{
	uint32_t number;

	if (!parse_u32(text, &number))
		return exit_number(encoding, text);
	return number <= KVM_EXIT_STATS_NUMBER_MASK ? (int)number : -1;
}

int exit_next(unsigned int encoding, int after)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	const char *name;
	uint32_t number;
	int next = -1;
	size_t i;

	for (i = 0; enc && (name = name_at(enc, i, &number)); i++) {
		if (*name && (int)number > after && (next < 0 || (int)number < next))
			next = number;
	}
	return next;
}

int exit_similar(unsigned int encoding, const char *name)
{
	unsigned int least = SIMILAR_NOT;
	int number, found = -1;
	char other[EXIT_NAME_MAX];

	for (number = exit_next(encoding, -1); number >= 0;
	     number = exit_next(encoding, number)) {
		if (more_similar(name, exit_name(encoding, number, other), &least))
			found = number;
	}
	return found;
}

int exit_unknown(unsigned int encoding, unsigned int other, const char *name)
{
	const char *vendor = exit_encoding_name(encoding);
	int number = exit_similar(encoding, name);
	char similar[EXIT_NAME_MAX];

	if (number < 0 && other) {
		encoding = other;
		number = exit_similar(encoding, name);
	}
	if (number < 0)
		return fail(STATUS_USAGE, "%s has no exit '%s'; 'list' has all", vendor, name);
	return fail(STATUS_USAGE, "%s has no exit '%s'; did you mean '%s'?", vendor, name,
		    exit_name(encoding, number, similar));
}

int exit_name_width(unsigned int encoding)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	size_t i, width = 1;
	const char *name;
	uint32_t number;

	for (i = 0; enc && (name = name_at(enc, i, &number)); i++) {
		if (width < strlen(name))
			width = strlen(name);
	}
	return width;
}

const char *exit_encoding_name(unsigned int encoding)
{
	const struct exit_encoding *enc = find_encoding(encoding);

	return enc ? enc->title : "unknown encoding";
}

unsigned int exit_encoding(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(encodings); i++) {
		if (!strcasecmp(encodings[i].title, name))
			return encodings[i].encoding;
	}
	return 0;
}
