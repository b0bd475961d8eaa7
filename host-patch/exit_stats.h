/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_X86_EXIT_STATS_H
#define __KVM_X86_EXIT_STATS_H

#include <linux/jump_label.h>
#include <linux/kvm_host.h>

#include <asm/kvm_exit_stats.h>
#include <asm/local64.h>
#include <asm/msr.h>

/*
 * Exits are counted in slots, and a slot is the exit number as long as that is
 * lower than KVM_EXIT_STATS_SLOT_OTHER.  All other exits share the last slot.
 */
#define KVM_EXIT_STATS_SLOT_OTHER	KVM_EXIT_STATS_NR_VMX_REASONS
#define KVM_EXIT_STATS_NR_SLOTS		(KVM_EXIT_STATS_SLOT_OTHER + 1)

/*
 * Written only by the vCPU's own task with IRQs disabled, read by any task:
 * what local64_t is for.  It needs no LOCK prefix and compiles to a single
 * read-modify-write instruction.
 */
struct kvm_exit_stat {
	local64_t exits;
	local64_t cycles;
};

struct kvm_exit_sum {
	u64 exits;
	u64 cycles;
};

DECLARE_STATIC_KEY_TRUE(kvm_exit_stats_key);

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

	/* Negative if no exit was timed, or if the TSCs are not synchronized. */
	cycles = rdtsc() - stats->exit_tsc;
	if (likely(cycles >= 0))
		local64_add(cycles, &stats->last->cycles);
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

	stats->last = &stats->slots[min(slot, KVM_EXIT_STATS_SLOT_OTHER)];
	local64_inc(&stats->last->exits);
}

void kvm_exit_stats_hardware_setup(void);

int kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu);
void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu);

bool kvm_exit_stats_defined(u16 number);
const char *kvm_exit_stats_name(u16 number);
struct kvm_exit_sum kvm_exit_stats_read(struct kvm *kvm, struct kvm_vcpu *vcpu,
					u16 number);

struct kvm_exit_sum kvm_exit_stats_read_all(struct kvm *kvm,
					    struct kvm_vcpu *vcpu);

bool kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
			  u32 *ecx, u32 *edx);

void kvm_exit_stats_create_vm_debugfs(struct kvm *kvm);
void kvm_exit_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu,
					struct dentry *debugfs_dentry);

#endif /* __KVM_X86_EXIT_STATS_H */
