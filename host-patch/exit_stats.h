/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_X86_EXIT_STATS_H
#define __KVM_X86_EXIT_STATS_H

#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/jump_label.h>
#include <linux/kvm_host.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include <asm/kvm_exit_stats.h>
#include <asm/local64.h>
#include <asm/msr.h>

#include "x86.h"

#ifdef CONFIG_KVM_EXIT_STATS

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

static __always_inline u32 kvm_exit_stats_svm_slot(u64 exit_code)
{
	u64 high = exit_code - KVM_EXIT_STATS_SVM_HIGH_CODES;

	if (likely(exit_code < KVM_EXIT_STATS_NR_SVM_CODES))
		return exit_code;
	if (high < KVM_EXIT_STATS_NR_SVM_HIGH_CODES)
		return KVM_EXIT_STATS_NR_SVM_CODES + high;
	return KVM_EXIT_STATS_NR_SVM_SLOTS - 1;
}

/* What is known of the exits of a slot. */
enum kvm_exit_stat_value {
	KVM_EXIT_STAT_EXITS,
	KVM_EXIT_STAT_CYCLES,
	/* Exits taken while L2 was active. */
	KVM_EXIT_STAT_NESTED,
	/* What of the cycles is not KVM's work. */
	KVM_EXIT_STAT_OFF_CPU,
	KVM_EXIT_STAT_VMM,
	KVM_EXIT_STAT_STEAL,
	KVM_EXIT_STAT_HALTED,
	/* The buckets have cache lines of their own. */
	KVM_EXIT_STAT_HISTOGRAM,
	KVM_EXIT_STAT_NR_VALUES = KVM_EXIT_STAT_HISTOGRAM + KVM_EXIT_STATS_NR_BUCKETS,
	KVM_EXIT_STAT_LONGEST = KVM_EXIT_STAT_NR_VALUES,
	KVM_EXIT_STAT_NR_ALL,
};

/*
 * Written only by the vCPU's own task with IRQs disabled, read by any task:
 * what local64_t is for.  It needs no LOCK prefix and compiles to a single
 * read-modify-write instruction.
 */
struct kvm_exit_stat {
	/* The longest exit in cycles, or U32_MAX, which is beyond no bucket. */
	u64 limit;
	local64_t values[KVM_EXIT_STAT_NR_VALUES];
} ____cacheline_aligned;

/* No time has been taken: every difference to it is negative. */
#define KVM_EXIT_STATS_NO_TSC	S64_MAX

/* The TSC is read at each VM-Enter and VM-Exit. */
DECLARE_STATIC_KEY_TRUE(kvm_exit_stats_tsc_key);
/* Exits are counted.  It is enabled only while the other key is. */
DECLARE_STATIC_KEY_TRUE(kvm_exit_stats_key);

void kvm_exit_stats_count_slow(struct kvm_vcpu *vcpu, u32 slot);
void __kvm_exit_stats_nested(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_vcpu_put(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_sched_in(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_run_begin(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_run_end(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_idle_begin(struct kvm_vcpu *vcpu);
void __kvm_exit_stats_idle_end(struct kvm_vcpu *vcpu);

/* Unlike rdtsc(), leave it to whoever loads @tsc to combine the halves. */
static __always_inline void kvm_exit_stats_rdtsc(u64 *tsc)
{
	u32 *halves = (u32 *)tsc;

	asm volatile("rdtsc" : "=a" (halves[0]), "=d" (halves[1]));
}

/*
 * The last thing before VM-Enter and the first after VM-Exit, in noinstr code.
 * kvm_exit_stats_count() uses what they store.
 */
static __always_inline void kvm_exit_stats_vmenter(struct kvm_vcpu *vcpu)
{
	if (static_branch_likely(&kvm_exit_stats_tsc_key))
		kvm_exit_stats_rdtsc(&vcpu->arch.exit_stats.enter_tsc);
}

static __always_inline void kvm_exit_stats_vmexit(struct kvm_vcpu *vcpu)
{
	if (static_branch_likely(&kvm_exit_stats_tsc_key))
		kvm_exit_stats_rdtsc(&vcpu->arch.exit_stats.exit_tsc);
}

static __always_inline bool kvm_exit_stats_enabled(void)
{
	return static_branch_likely(&kvm_exit_stats_key);
}

/* Count an exit, whose time begins. */
static __always_inline void kvm_exit_stats_open(struct kvm_vcpu_exit_stats *stats, u32 slot)
{
	stats->since = stats->exit_tsc;
	stats->last = &stats->slots[slot];
	local64_inc(&stats->last->values[KVM_EXIT_STAT_EXITS]);
}

/*
 * An exit, as kvm:kvm_exit reports it, if kvm_exit_stats_enabled().  The time from the
 * exit before it to the VM-Enter that has let the guest run until now, the last one that
 * was tried, belongs to the reason of the exit before.
 */
static __always_inline void kvm_exit_stats_count(struct kvm_vcpu *vcpu, u32 slot)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;
	struct kvm_exit_stat *stat = stats->last;
	local64_t *histogram = &stat->values[KVM_EXIT_STAT_HISTOGRAM];
	u64 cycles = stats->enter_tsc - stats->since;

	/*
	 * Longer than any before, beyond the buckets, 0, or negative because no exit was
	 * timed, L2 ran, or some of the time is not KVM's.
	 */
	if (unlikely(cycles - 1 >= stat->limit)) {
		kvm_exit_stats_count_slow(vcpu, slot);
		return;
	}
	local64_add(cycles, &stat->values[KVM_EXIT_STAT_CYCLES]);
	local64_inc(&histogram[__fls(cycles)]);
	kvm_exit_stats_open(stats, slot);
}

/* With a branch for what never happens, in place of the conditional move that gcc prefers. */
static __always_inline void kvm_exit_stats_count_vmx(struct kvm_vcpu *vcpu, u16 reason)
{
	if (likely(reason < KVM_EXIT_STATS_NR_VMX_REASONS))
		kvm_exit_stats_count(vcpu, reason);
	else
		kvm_exit_stats_count_slow(vcpu, KVM_EXIT_STATS_NR_VMX_SLOTS - 1);
}

static __always_inline void kvm_exit_stats_count_svm(struct kvm_vcpu *vcpu, u64 exit_code)
{
	kvm_exit_stats_count(vcpu, kvm_exit_stats_svm_slot(exit_code));
}

/*
 * Hide the TSC of the last VM-Exit, so that kvm_exit_stats_count(), which need not look for
 * anything else then, turns to kvm_exit_stats_count_slow().
 */
static __always_inline void kvm_exit_stats_hide_tsc(struct kvm_vcpu_exit_stats *stats)
{
	if (stats->since != KVM_EXIT_STATS_NO_TSC) {
		stats->hidden_tsc = stats->since;
		stats->since = KVM_EXIT_STATS_NO_TSC;
	}
}

/* L2 has run. */
static __always_inline void kvm_exit_stats_nested(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		__kvm_exit_stats_nested(vcpu);
}

/*
 * The TSC when the guest last ran.  Code that returns to vcpu_enter_guest() without
 * having tried a VM-Enter has to call kvm_exit_stats_vmexit().
 */
static __always_inline u64 kvm_exit_stats_guest_tsc(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		return vcpu->arch.exit_stats.exit_tsc;
	return rdtsc();
}

static __always_inline void kvm_exit_stats_vcpu_put(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		__kvm_exit_stats_vcpu_put(vcpu);
}

/* The vCPU's task runs again in KVM_RUN, after it was preempted or has slept. */
static __always_inline void kvm_exit_stats_sched_in(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		__kvm_exit_stats_sched_in(vcpu);
}

/* From the end of one KVM_RUN to the start of the next, time is the VMM's. */
static __always_inline void kvm_exit_stats_run_begin(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		__kvm_exit_stats_run_begin(vcpu);
}

static __always_inline void kvm_exit_stats_run_end(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		__kvm_exit_stats_run_end(vcpu);
}

/* The vCPU is idle, asleep or polling. */
static __always_inline void kvm_exit_stats_idle_begin(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		__kvm_exit_stats_idle_begin(vcpu);
}

static __always_inline void kvm_exit_stats_idle_end(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_stats_enabled())
		__kvm_exit_stats_idle_end(vcpu);
}

void kvm_exit_stats_hardware_setup(u32 encoding);

int kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu);
void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu);

void kvm_exit_stats_init_vm(struct kvm *kvm);

u32 kvm_exit_stats_encoding(void);
const char *kvm_exit_stats_isa_name(void);

bool kvm_exit_stats_defined(u16 number);
u32 kvm_exit_stats_slot(u16 number);
const char *kvm_exit_stats_name(u16 number);

/* Two values, and what they are. */
struct kvm_exit_stats_pair {
	enum kvm_exit_stat_value value_a;
	enum kvm_exit_stat_value value_b;
	u64 a;
	u64 b;
};

struct kvm_exit_stats_totals {
	u64 exits;
	u64 cycles;
};

/* Occupancy is read in blocks of so many numbers. */
#define KVM_EXIT_STATS_BLOCK	128

void kvm_exit_stats_read(struct kvm *kvm, struct kvm_vcpu *vcpu, u16 number,
			 struct kvm_exit_stats_pair *pair);
void kvm_exit_stats_read_totals(struct kvm *kvm, struct kvm_vcpu *vcpu,
				struct kvm_exit_stats_totals *totals);
void kvm_exit_stats_read_block(struct kvm *kvm, struct kvm_vcpu *vcpu, u32 index,
			       unsigned long *seen);

/* What a vCPU's binary statistics have behind struct kvm_vcpu_stat. */
struct kvm_exit_stats_data {
	u64 exit_stats_exits;
	u64 exit_stats_cycles;
	/* By slot, and all that have none of their own in the last bucket. */
	u64 exit_stats_reasons[KVM_EXIT_STATS_MAX_SLOTS];
};

void kvm_exit_stats_read_data(struct kvm_vcpu *vcpu, struct kvm_exit_stats_data *data);

void kvm_exit_stats_add(enum kvm_exit_stat_value value, u64 *all, u64 one);

struct kvm_exit_stats_sums;

struct kvm_exit_stats_sums *kvm_exit_stats_read_sums(struct kvm *kvm, struct kvm_vcpu *vcpu);
u64 kvm_exit_stats_sum(const struct kvm_exit_stats_sums *sums, u16 number,
		       enum kvm_exit_stat_value value);

/* Whether the host shows the statistics of a VM, whatever the policy and the VMM say. */
enum kvm_exit_stats_switch {
	KVM_EXIT_STATS_INHERIT,
	KVM_EXIT_STATS_HIDE,
	KVM_EXIT_STATS_SHOW,
};

/* What the VMM has defined as the signature leaf of a vCPU. */
enum kvm_exit_stats_word {
	KVM_EXIT_STATS_VMM_SILENT,
	KVM_EXIT_STATS_VMM_HIDES,
	KVM_EXIT_STATS_VMM_SHOWS,
};

/* KVM_EXIT_STATS_SHOW is in use. */
DECLARE_STATIC_KEY_FALSE(kvm_exit_stats_show_key);

void kvm_exit_stats_signature(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
bool kvm_exit_stats_cpuid_supported(void);
void kvm_exit_stats_after_set_cpuid(struct kvm_vcpu *vcpu);
bool kvm_exit_stats_cpuid_seen(struct kvm_vcpu *vcpu);

bool __kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 leaf, u32 *eax, u32 *ebx, u32 *ecx,
			    u32 *edx);
void __kvm_exit_stats_cpuid_show(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax,
				 u32 *ebx, u32 *ecx, u32 *edx);

/*
 * Answer CPUID, of subleaf *@ecx, if @leaf is one of the statistics leaves and this vCPU may
 * see them.  Return false, with no register changed, if the leaf is not KVM's to answer.
 */
static __always_inline bool kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 leaf, u32 *eax,
						 u32 *ebx, u32 *ecx, u32 *edx)
{
	if (!kvm_exit_stats_enabled())
		return false;

	return leaf - KVM_EXIT_STATS_CPUID_SIGNATURE <=
	       KVM_EXIT_STATS_CPUID_MAX - KVM_EXIT_STATS_CPUID_SIGNATURE &&
	       __kvm_exit_stats_cpuid(vcpu, leaf, eax, ebx, ecx, edx);
}

/* Where the host shows the leaves, they are answered in place of what the VMM has defined. */
static __always_inline void kvm_exit_stats_cpuid_show(struct kvm_vcpu *vcpu, u32 leaf,
						      u32 index, u32 *eax, u32 *ebx,
						      u32 *ecx, u32 *edx)
{
	if (static_branch_unlikely(&kvm_exit_stats_show_key))
		__kvm_exit_stats_cpuid_show(vcpu, leaf, index, eax, ebx, ecx, edx);
}

void kvm_exit_stats_create_switch(struct kvm *kvm);

void kvm_exit_stats_create_vm_debugfs(struct kvm *kvm);
void kvm_exit_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu,
					struct dentry *debugfs_dentry);

#else /* CONFIG_KVM_EXIT_STATS */

static inline void kvm_exit_stats_vmenter(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_vmexit(struct kvm_vcpu *vcpu) { }
static inline bool kvm_exit_stats_enabled(void) { return false; }
static inline void kvm_exit_stats_count_vmx(struct kvm_vcpu *vcpu, u16 reason) { }
static inline void kvm_exit_stats_count_svm(struct kvm_vcpu *vcpu, u64 exit_code) { }
static inline void kvm_exit_stats_nested(struct kvm_vcpu *vcpu) { }
static inline u64 kvm_exit_stats_guest_tsc(struct kvm_vcpu *vcpu) { return rdtsc(); }
static inline void kvm_exit_stats_vcpu_put(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_sched_in(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_run_begin(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_run_end(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_idle_begin(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_idle_end(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_hardware_setup(u32 encoding) { }
static inline int kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu) { return 0; }
static inline void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu) { }

static inline void kvm_exit_stats_init_vm(struct kvm *kvm) { }
static inline void kvm_exit_stats_signature(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx) { }
static inline bool kvm_exit_stats_cpuid_supported(void) { return false; }
static inline void kvm_exit_stats_after_set_cpuid(struct kvm_vcpu *vcpu) { }
static inline bool kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 leaf, u32 *eax, u32 *ebx,
					u32 *ecx, u32 *edx) { return false; }
static inline void kvm_exit_stats_cpuid_show(struct kvm_vcpu *vcpu, u32 leaf, u32 index,
					     u32 *eax, u32 *ebx, u32 *ecx, u32 *edx) { }
static inline void kvm_exit_stats_create_switch(struct kvm *kvm) { }

static inline void kvm_exit_stats_create_vm_debugfs(struct kvm *kvm) { }
static inline void kvm_exit_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu,
						      struct dentry *debugfs_dentry) { }

#endif /* CONFIG_KVM_EXIT_STATS */

#endif /* __KVM_X86_EXIT_STATS_H */
