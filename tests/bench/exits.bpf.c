// SPDX-License-Identifier: GPL-2.0
/*
 * VM exits by thread and reason, counted as BCC's kvmexit does: those of the thread that was on
 * this CPU last are in an array, and go to a hash table when another comes.  And their time, up
 * to the entry after, which kvmexit does not have.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "exits.h"

/* The records of the tracepoints, as far as they are needed; their format is checked first. */
struct kvm_exit_record {
	__u64 common;
	__u32 exit_reason;
};

struct cached {
	__u64 thread;
	struct exits exits;
};

struct open_exit {
	__u64 since;
	__u32 reason;
};

static const struct exits no_exits;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_THREADS);
	__type(key, __u64);
	__type(value, struct exits);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cached);
} cache SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_THREADS);
	__type(key, __u64);
	__type(value, struct open_exit);
} open_exits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_THREADS * 16);
	__type(key, struct thread_reason);
	__type(value, __u64);
} times SEC(".maps");

/* The exits of a thread that is not the one of last time, which makes room. */
static void change_thread(struct cached *last, __u64 thread)
{
	struct exits *exits = bpf_map_lookup_elem(&threads, &thread);

	if (last->thread)
		bpf_map_update_elem(&threads, &last->thread, &last->exits, BPF_ANY);
	last->thread = thread;
	bpf_probe_read_kernel(&last->exits, sizeof(last->exits),
			      exits ? (const void *)exits : (const void *)&no_exits);
	/* The cache has it from now on; the table is where it is looked for. */
	if (!exits)
		bpf_map_update_elem(&threads, &thread, &no_exits, BPF_ANY);
}

SEC("tracepoint/kvm/kvm_exit")
int count_exit(const struct kvm_exit_record *record)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u32 reason = record->exit_reason, zero = 0;
	struct cached *last;

	last = bpf_map_lookup_elem(&cache, &zero);
	if (!last || reason >= NR_EXITS)
		return 0;
	if (last->thread != thread)
		change_thread(last, thread);
	last->exits.of[reason]++;
	return 0;
}

SEC("tracepoint/kvm/kvm_exit")
int begin_exit(const struct kvm_exit_record *record)
{
	struct open_exit exit = { .since = bpf_ktime_get_ns(), .reason = record->exit_reason };
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&open_exits, &thread, &exit, BPF_ANY);
	return 0;
}

SEC("tracepoint/kvm/kvm_entry")
int end_exit(__attribute__((unused)) const void *record)
{
	struct thread_reason key = { .thread = bpf_get_current_pid_tgid() };
	struct open_exit *exit = bpf_map_lookup_elem(&open_exits, &key.thread);
	__u64 time, *sum;

	if (!exit || !exit->since)
		return 0;
	key.reason = exit->reason;
	time = bpf_ktime_get_ns() - exit->since;
	exit->since = 0;
	sum = bpf_map_lookup_elem(&times, &key);
	if (sum)
		*sum += time;
	else
		bpf_map_update_elem(&times, &key, &time, BPF_ANY);
	return 0;
}

char _license[] SEC("license") = "GPL";
