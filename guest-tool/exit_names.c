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

static const char *find_name(unsigned int encoding, uint32_t number)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	size_t i;

	if (!enc)
		return "?";
	for (i = 0; i < enc->nr_names; i++) {
		if (enc->names[i].number == number)
			return enc->names[i].name;
	}
	return number < enc->nr_more && enc->more[number] ? enc->more[number] : "?";
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
		if (tolower(*name) != tolower(*wanted) && !(*name == ' ' && *wanted == '_'))
			return false;
	}
	return *name == *wanted;
}

int exit_number(unsigned int encoding, const char *name)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	size_t i;

	if (!enc)
		return -1;
	for (i = 0; i < enc->nr_names; i++) {
		if (enc->names[i].number <= KVM_EXIT_STATS_NUMBER_MASK &&
		    is_name(enc->names[i].name, name))
			return enc->names[i].number;
	}
	for (i = 0; i < enc->nr_more; i++) {
		if (enc->more[i] && is_name(enc->more[i], name))
			return i;
	}
	return -1;
}

int exit_name_width(unsigned int encoding)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	size_t i, width = 0;

	if (!enc)
		return 1;
	for (i = 0; i < enc->nr_names; i++) {
		if (enc->names[i].number <= KVM_EXIT_STATS_NUMBER_MASK &&
		    width < strlen(enc->names[i].name))
			width = strlen(enc->names[i].name);
	}
	for (i = 0; i < enc->nr_more; i++) {
		if (enc->more[i] && width < strlen(enc->more[i]))
			width = strlen(enc->more[i]);
	}
	return width;
}

const char *exit_encoding_name(unsigned int encoding)
{
	const struct exit_encoding *enc = find_encoding(encoding);

	return enc ? enc->title : "unknown encoding";
}
