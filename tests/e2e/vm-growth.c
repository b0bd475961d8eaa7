// SPDX-License-Identifier: GPL-2.0
/*
 * vm-growth hold VMS VCPUS: be so many virtual machines that do nothing, each with so many
 * vCPUs, and say "ready" on stdout, until somebody ends this.
 * vm-growth ticks COMMAND...: run that some times, with its output thrown away, and print the
 * least ticks of the TSC that it has taken.  In Bochs a tick is an instruction.
 */
#include <err.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <x86intrin.h>

#include "raw-vm.h"

#define RUNS 10

extern char **environ;
extern const char nothing_begin[], nothing_end[];

asm(".pushsection .rodata\n"
    "nothing_begin:\n"
    "	hlt\n"
    "nothing_end:\n"
    ".popsection\n");

static void hold(unsigned long vms, unsigned long vcpus)
{
	unsigned long i, k;
	struct vm vm;

	for (i = 0; i < vms; i++) {
		vm = create_vm(nothing_begin, nothing_end);
		for (k = 1; k < vcpus; k++)
			kvm_ioctl(vm.fd, KVM_CREATE_VCPU, (void *)k, "KVM_CREATE_VCPU");
	}
	puts("ready");
	fflush(stdout);
	pause();
}

/* Run the command, and return its ticks. */
static uint64_t run(char **argv, const posix_spawn_file_actions_t *actions)
{
	uint64_t begin = __rdtsc();
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], actions, NULL, argv, environ))
		errx(3, "cannot run %s", argv[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(3, "%s has failed", argv[0]);
	return __rdtsc() - begin;
}

static void print_ticks(char **argv)
{
	posix_spawn_file_actions_t actions;
	uint64_t ticks, least = UINT64_MAX;
	int i;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (i = 0; i < RUNS; i++) {
		ticks = run(argv, &actions);
		least = ticks < least ? ticks : least;
	}
	printf("%llu\n", (unsigned long long)least);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "hold"))
		hold(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	else if (argc > 2 && !strcmp(argv[1], "ticks"))
		print_ticks(argv + 2);
	else
		errx(1, "usage: vm-growth hold VMS VCPUS, or ticks COMMAND...");
	return 0;
}
