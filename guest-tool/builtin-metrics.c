// SPDX-License-Identifier: GPL-2.0
/* metrics: the statistics for Prometheus. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "builtin.h"
#include "metrics_read.h"
#include "options.h"
#include "outfile.h"
#include "util.h"

static const char doc[] =
	"Print the VM exits since the VM was started as metrics for Prometheus: of this virtual "
	"machine, or, on a host, of all its VMs.\v"
	"For node_exporter's textfile collector: metrics -o DIR/kvm.prom, at times; the file is "
	"replaced as a whole.  cpuid-query-exporter answers Prometheus itself.  "
	"cpuid-query-metrics(1) says what each metric is.\n\n"
	"Exit status: 0 done, also if single VMs could not be read; 1 usage error, 2 no "
	"statistics on this host, 3 other failure.";

enum {
	OPTION_OPENMETRICS = 0x200,
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE, which all may read, in place of printing", 2 },
	{ "openmetrics", OPTION_OPENMETRICS, NULL, 0,
	  "As OpenMetrics in place of Prometheus' own text format", 2 },
	{ 0 }
};

struct arguments {
	struct metrics_options of;
	const char *output;
	bool openmetrics;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->of;
		break;
	case 'o':
		args->output = arg;
		break;
	case OPTION_OPENMETRICS:
		args->openmetrics = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &metrics_argp, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = { options, parse_option, NULL, doc, children, NULL, NULL };

static void print(FILE *out, const struct arguments *args, const struct metrics *metrics)
{
	metrics_print(out, metrics, args->of.histograms, args->openmetrics);
}

static void complain(const struct metrics *metrics)
{
	char *lines = metrics_complaints(metrics), *line, *rest = lines;

	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			fail(STATUS_FAILURE, "%s", line);
	}
	free(lines);
}

static int write_file(const struct arguments *args, const struct metrics *metrics)
{
	struct outfile file;
	int status = outfile_open(&file, args->output);

	if (status)
		return status;
	/* The collector is another user, whatever the umask. */
	if (file.place)
		fchmod(fileno(file.file), 0644);
	print(file.file, args, metrics);
	return outfile_close(&file, true);
}

int builtin_metrics(int argc, char **argv)
{
	struct arguments args = { .of = METRICS_OPTIONS };
	struct metrics metrics;
	int status, written = STATUS_OK;

	options_parse(&argp, argc, argv, &args);
	status = metrics_read(&args.of, &metrics);
	complain(&metrics);
	/* That a VM could not be read is a metric, too. */
	if (*metrics.error)
		written = STATUS_FAILURE;
	else if (args.output)
		written = write_file(&args, &metrics);
	else
		print(stdout, &args, &metrics);
	metrics_free(&metrics);
	metrics_options_free(&args.of);
	return status ? status : written;
}
