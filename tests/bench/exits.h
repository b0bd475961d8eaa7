/* SPDX-License-Identifier: GPL-2.0 */
/* What the BPF programs leave for bpf-exits */
#ifndef EXITS_H
#define EXITS_H

#define MAX_THREADS	1024
#define NR_EXITS	76

struct exits {
	__u64 of[NR_EXITS];
};

/* @thread is as bpf_get_current_pid_tgid() has it. */
struct thread_reason {
	__u64 thread;
	__u64 reason;
};

#endif
