// SPDX-License-Identifier: GPL-2.0
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_options.h"
#include "similar.h"
#include "util.h"

enum {
	OPTION_FROM = 0x300,
	OPTION_HOST,
	OPTION_QMP,
	OPTION_HISTOGRAMS,
	OPTION_DEBUGFS,
	OPTION_PROCFS,
	OPTION_SYSFS,
};

static const struct argp_option options[] = {
	{ "from", OPTION_FROM, "FILE", 0,
	  "Read FILE in place of CPUID: a recording, or on the host "
	  "/sys/kernel/debug/kvm/*/exit_stats; - is standard input", 1 },
	{ "host", OPTION_HOST, NULL, 0, "Read all VMs of this host in debugfs, as root", 1 },
	{ "qmp", OPTION_QMP, "SOCKET", 0,
	  "Ask the QEMU behind this socket for its VM, by QMP; may be given several times", 1 },
	{ "per-vcpu", 'A', NULL, 0, "Each vCPU by itself, with a label vcpu", 1 },
	{ "histograms", OPTION_HISTOGRAMS, "WHICH", 0,
	  "A histogram of durations of each VM, vm, the default; of each reason of each VM, "
	  "reason, which is many series; or none", 1 },
	{ "debugfs", OPTION_DEBUGFS, "DIR", 0, "Where debugfs is, for --host", 1 },
	{ "procfs", OPTION_PROCFS, "DIR", 0, "Where the host's /proc is, for --host", 1 },
	{ "sysfs", OPTION_SYSFS, "DIR", 0, "Where the host's /sys is", 1 },
	{ 0 }
};

static const char *histograms_name(size_t i)
{
	static const char *const names[] = {
		[HISTOGRAMS_VM] = "vm", [HISTOGRAMS_REASON] = "reason", [HISTOGRAMS_NONE] = "none",
	};

	return i < ARRAY_SIZE(names) ? names[i] : NULL;
}

static enum metrics_histograms parse_histograms(struct argp_state *state, const char *arg)
{
	size_t i;

	for (i = 0; histograms_name(i); i++) {
		if (!strcmp(arg, histograms_name(i)))
			return i;
	}
	similar_error(state, "histogram", arg, histograms_name);
	return HISTOGRAMS_VM;
}

static void check(struct argp_state *state, const struct metrics_options *of)
{
	if ((of->from != NULL) + of->host + (of->sockets_size != 0) > 1)
		argp_error(state, "--from, --host and --qmp exclude each other");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct metrics_options *of = state->input;

	switch (key) {
	case OPTION_FROM:
		of->from = arg;
		break;
	case OPTION_HOST:
		of->host = true;
		break;
	case OPTION_QMP:
		if (argz_add(&of->sockets, &of->sockets_size, arg))
			argp_failure(state, STATUS_FAILURE, 0, "not enough memory");
		break;
	case 'A':
		of->per_vcpu = true;
		break;
	case OPTION_HISTOGRAMS:
		of->histograms = parse_histograms(state, arg);
		break;
	case OPTION_DEBUGFS:
		of->debugfs = arg;
		break;
	case OPTION_PROCFS:
		of->procfs = arg;
		break;
	case OPTION_SYSFS:
		of->sysfs = arg;
		break;
	case ARGP_KEY_END:
		check(state, of);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp metrics_argp = { options, parse_option, NULL, NULL, NULL, NULL, NULL };

void metrics_options_free(struct metrics_options *of)
{
	free(of->sockets);
}
