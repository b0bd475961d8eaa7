// SPDX-License-Identifier: GPL-2.0
#include <asm/vmx.h>
#include <stddef.h>
#include <strings.h>

#include "exit_names.h"
#include "leaves.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct exit_name {
	uint32_t number;
	const char *name;
};

static const struct exit_name vmx_names[] = {
	VMX_EXIT_REASONS,
	{ KVM_EXIT_STATS_OTHER, "OTHER" },
};

static const char *const more_vmx_names[] = {
	KVM_EXIT_STATS_MORE_VMX_REASONS,
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

const char *exit_name(unsigned int encoding, uint32_t number)
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

int exit_number(unsigned int encoding, const char *name)
{
	const struct exit_encoding *enc = find_encoding(encoding);
	size_t i;

	if (!enc)
		return -1;
	for (i = 0; i < enc->nr_names; i++) {
		if (!strcasecmp(enc->names[i].name, name))
			return enc->names[i].number;
	}
	for (i = 0; i < enc->nr_more; i++) {
		if (enc->more[i] && !strcasecmp(enc->more[i], name))
			return i;
	}
	return -1;
}

const char *exit_encoding_name(unsigned int encoding)
{
	const struct exit_encoding *enc = find_encoding(encoding);

	return enc ? enc->title : "unknown encoding";
}
