// SPDX-License-Identifier: GPL-2.0
#include "leaves.h"
#include "options.h"
#include "vendor_options.h"

enum {
	OPTION_VMX = 0x200,
	OPTION_SVM,
};

static const struct argp_option options[] = {
	{ "vmx", OPTION_VMX, NULL, 0, "Use exit reasons of VMX (Intel)", 0 },
	{ "svm", OPTION_SVM, NULL, 0, "Use exit codes of SVM (AMD)", 0 },
	{ 0 }
};

static void set_encoding(struct argp_state *state, unsigned int encoding)
{
	unsigned int *set = state->input;

	if (*set && *set != encoding)
		argp_error(state, "--vmx and --svm exclude each other");
	*set = encoding;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	switch (key) {
	case OPTION_VMX:
		set_encoding(state, KVM_EXIT_STATS_ENCODING_VMX);
		break;
	case OPTION_SVM:
		set_encoding(state, KVM_EXIT_STATS_ENCODING_SVM);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp vendor_argp = { options, parse_option, NULL, NULL, NULL, NULL, NULL };

const struct argp_child vendor_options[] = {
	{ &vendor_argp, 0, NULL, 0 },
	{ &format_argp, 0, NULL, 0 },
	{ 0 }
};
