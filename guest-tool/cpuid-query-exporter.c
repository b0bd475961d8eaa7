// SPDX-License-Identifier: GPL-2.0
/*
 * cpuid-query-exporter: answer Prometheus with the VM exits of this virtual machine, or of all
 * VMs of this host.
 */
#include <argp.h>
#include <signal.h>

#include "arguments.h"
#include "exporter_http.h"
#include "exporter_scrapes.h"
#include "options.h"
#include "util.h"

const char *argp_program_version = "cpuid-query-exporter " VERSION;

static const char doc[] =
	"Answer Prometheus' scrapes, HTTP requests for /metrics, with what cpuid-query metrics "
	"prints: the VM exits of this virtual machine, or, on a host, of all its VMs.\v"
	"The statistics are read when they are asked for.  Whoever asks meanwhile gets the same.  "
	"There is no encryption, and nobody has to say who they are: it listens on this machine "
	"alone unless told otherwise.\n\n"
	"Exit status, when it is ended by SIGTERM or SIGINT: 0; 1 usage error, 3 other failure.";

enum {
	OPTION_DEADLINE = 0x200,
};

static const struct argp_option options[] = {
	{ "listen", 'l', "HOST:PORT", 0, "Listen there in place of 127.0.0.1:10245", 0 },
	{ "deadline", OPTION_DEADLINE, "SECONDS", 0,
	  "Give a client so long for a request, and for reading the answer (default: 30)", 0 },
	{ 0 }
};

struct arguments {
	struct metrics_options of;
	const char *listen;
	unsigned int deadline;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->of;
		break;
	case 'l':
		args->listen = arg;
		break;
	case OPTION_DEADLINE:
		args->deadline = option_number(state, "--deadline", arg, 1, 3600);
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

/* Those of the threads, too, for they are started later. */
static void block_signals(sigset_t *ends)
{
	sigemptyset(ends);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, ends, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int serve(const struct arguments *args)
{
	struct scrapes scrapes;
	struct http *http;
	sigset_t ends;
	int status, signal;

	block_signals(&ends);
	status = scrapes_start(&scrapes, &args->of);
	if (status)
		return status;
	http = http_start(args->listen, args->deadline, &scrapes);
	if (http)
		sigwait(&ends, &signal);
	scrapes_stop(&scrapes);
	if (!http)
		return STATUS_FAILURE;
	http_stop(http);
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	struct arguments args = {
		.of = METRICS_OPTIONS, .listen = "127.0.0.1:10245", .deadline = 30,
	};
	int status;

	open_standard_files();
	check_stdout_at_exit();
	arguments_parse(&argp, argc, argv, 0, &args);
	status = serve(&args);
	metrics_options_free(&args.of);
	return status;
}
