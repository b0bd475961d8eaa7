/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_X86_EXIT_STATS_H
#define __KVM_X86_EXIT_STATS_H

#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/jump_label.h>
#include <linux/kvm_host.h>
#include <linux/minmax.h>

#include <asm/kvm_exit_stats.h>
#include <asm/local64.h>
#include <asm/msr.h>

#include "x86.h"

/*
 * Exits are counted in slots.  On VMX a slot is the exit number; on SVM it is that
 * for the low range of exit codes, which the high range follows.  All other exits
 * share the last slot.
 */
#define KVM_EXIT_STATS_NR_VMX_SLOTS	(KVM_EXIT_STATS_NR_VMX_REASONS + 1)
#define KVM_EXIT_STATS_NR_SVM_SLOTS	(KVM_EXIT_STATS_NR_SVM_CODES + \
					 KVM_EXIT_STATS_NR_SVM_HIGH_CODES + 1)
#define KVM_EXIT_STATS_MAX_SLOTS	KVM_EXIT_STATS_NR_SVM_SLOTS

static inline u32 kvm_exit_stats_vmx_slot(u64 reason)
{
	return min_t(u64, reason, KVM_EXIT_STATS_NR_VMX_SLOTS - 1);
}

static inline u32 kvm_exit_stats_svm_slot(u64 exit_code)
{
	u64 high = exit_code - KVM_EXIT_STATS_SVM_HIGH_CODES;

	if (exit_code < KVM_EXIT_STATS_NR_SVM_CODES)
		return exit_code;
	if (high < KVM_EXIT_STATS_NR_SVM_HIGH_CODES)
		return KVM_EXIT_STATS_NR_SVM_CODES + high;
	return KVM_EXIT_STATS_NR_SVM_SLOTS - 1;
}

/* What is known of the exits of a slot. */
enum kvm_exit_stat_value {
	KVM_EXIT_STAT_EXITS,
	/* Exits taken while L2 was active. */
	KVM_EXIT_STAT_NESTED,
	/* From VM-Exit to VM-Enter, and what of that was not KVM's own time. */
	KVM_EXIT_STAT_CYCLES,
	KVM_EXIT_STAT_OFF_CPU,
	KVM_EXIT_STAT_VMM,
	KVM_EXIT_STAT_LONGEST,
	/* The buckets have cache lines of their own. */
	KVM_EXIT_STAT_HISTOGRAM = 8,
	KVM_EXIT_STAT_NR_VALUES = KVM_EXIT_STAT_HISTOGRAM + KVM_EXIT_STATS_NR_BUCKETS,
};

/*
 * Written only by the vCPU's own task with IRQs disabled, read by any task:
 * what local64_t is for.  It needs no LOCK prefix and compiles to a single
 * read-modify-write instruction.
 */
struct kvm_exit_stat {
	local64_t values[KVM_EXIT_STAT_NR_VALUES];
} ____cacheline_aligned;

DECLARE_STATIC_KEY_TRUE(kvm_exit_stats_key);

void kvm_exit_stats_vmenter_split(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_sched_in(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_run_begin(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_run_end(struct kvm_vcpu *vcpu);

static __always_inline void kvm_exit_stats_account(struct kvm_exit_stat *stat,
						   u64 cycles)
{
	local64_t *longest = &stat->values[KVM_EXIT_STAT_LONGEST];
	u32 bucket = min_t(u32, __fls(cycles | 1), KVM_EXIT_STATS_NR_BUCKETS - 1);

	local64_add(cycles, &stat->values[KVM_EXIT_STAT_CYCLES]);
	if (unlikely(cycles > (u64)local64_read(longest)))
		local64_set(longest, cycles);
	local64_inc(&stat->values[KVM_EXIT_STAT_HISTOGRAM + bucket]);
}

/*
 * The time from a VM-Exit to the next VM-Enter belongs to the reason of the
 * exit.  If VM-Enter fails, kvm_exit_stats_vmexit() starts the clock anew and
 * the slot stays the same, i.e. the time until the guest really runs again is
 * still accounted to the exit that stopped it.
 */
static __always_inline void kvm_exit_stats_vmenter(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;
	s64 cycles;

	if (!static_branch_likely(&kvm_exit_stats_key))
		return;

	/*
	 * Negative if no exit was timed, if not all of the time was KVM's own,
	 * or if the TSCs are not synchronized.
	 */
	cycles = rdtsc() - stats->exit_tsc;
	if (likely(cycles >= 0))
		kvm_exit_stats_account(stats->last, cycles);
	else
		kvm_exit_stats_vmenter_split(vcpu);
}

static __always_inline void kvm_exit_stats_vmexit(struct kvm_vcpu *vcpu)
{
	if (static_branch_likely(&kvm_exit_stats_key))
		vcpu->arch.exit_stats.exit_tsc = rdtsc();
}

static __always_inline void kvm_exit_stats_count(struct kvm_vcpu *vcpu, u32 slot)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	if (!static_branch_likely(&kvm_exit_stats_key))
		return;

	stats->last = &stats->slots[slot];
	local64_inc(&stats->last->values[KVM_EXIT_STAT_EXITS]);
	if (is_guest_mode(vcpu))
		local64_inc(&stats->last->values[KVM_EXIT_STAT_NESTED]);
}

/* The vCPU's task runs again in KVM_RUN, after it was preempted or has slept. */
static __always_inline void kvm_exit_stats_sched_in(struct kvm_vcpu *vcpu)
{
	if (static_branch_likely(&kvm_exit_stats_key))
		__kvm_exit_stats_sched_in(vcpu);
}

/* From the end of one KVM_RUN to the begin of the next, time is the VMM's. */
static __always_inline void kvm_exit_stats_run_begin(struct kvm_vcpu *vcpu)
{
	if (static_branch_likely(&kvm_exit_stats_key))
		__kvm_exit_stats_run_begin(vcpu);
}

static __always_inline void kvm_exit_stats_run_end(struct kvm_vcpu *vcpu)
{
	if (static_branch_likely(&kvm_exit_stats_key))
		__kvm_exit_stats_run_end(vcpu);
}

void kvm_exit_stats_hardware_setup(u32 encoding);

int kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu);
void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu);

u32 kvm_exit_stats_encoding(void);
const char *kvm_exit_stats_isa_name(void);

bool kvm_exit_stats_defined(u16 number);
const char *kvm_exit_stats_name(u16 number);
u64 kvm_exit_stats_read(struct kvm *kvm, struct kvm_vcpu *vcpu, u16 number,
			enum kvm_exit_stat_value value);
u64 kvm_exit_stats_read_all(struct kvm *kvm, struct kvm_vcpu *vcpu,
			    enum kvm_exit_stat_value value);

bool kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
			  u32 *ecx, u32 *edx);

void kvm_exit_stats_create_vm_debugfs(struct kvm *kvm);
void kvm_exit_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu,
					struct dentry *debugfs_dentry);

#endif /* __KVM_X86_EXIT_STATS_H */
