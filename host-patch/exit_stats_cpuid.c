// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: the CPUID leaves with which a guest reads them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/string.h>

#include <asm/tsc.h>

#include "exit_stats.h"

static void kvm_exit_stats_signature(struct cpuid_regs *regs)
{
	regs->eax = KVM_EXIT_STATS_CPUID_MAX;
	memcpy(&regs->ebx, KVM_EXIT_STATS_SIGNATURE, 4);
	memcpy(&regs->ecx, KVM_EXIT_STATS_SIGNATURE + 4, 4);
	memcpy(&regs->edx, KVM_EXIT_STATS_SIGNATURE + 8, 4);
}

static void kvm_exit_stats_pair(struct cpuid_regs *regs, struct kvm_exit_sum sum)
{
	regs->eax = lower_32_bits(sum.exits);
	regs->edx = upper_32_bits(sum.exits);
	regs->ecx = lower_32_bits(sum.cycles);
	regs->ebx = upper_32_bits(sum.cycles);
}

static void kvm_exit_stats_description(struct cpuid_regs *regs, struct kvm *kvm,
				       struct kvm_vcpu *vcpu)
{
	regs->eax = KVM_EXIT_STATS_VERSION |
		    KVM_EXIT_STATS_ENCODING_VMX << KVM_EXIT_STATS_ENCODING_SHIFT;
	regs->ebx = KVM_EXIT_STATS_FEATURE_VCPU;
	regs->ecx = tsc_khz;
	regs->edx = vcpu ? 1 : atomic_read(&kvm->online_vcpus);
}

static void kvm_exit_stats_occupancy(struct cpuid_regs *regs, struct kvm *kvm,
				     struct kvm_vcpu *vcpu, u32 block)
{
	u32 bits[4] = {};
	u32 number;
	int i;

	for (i = 0; i < 128; i++) {
		number = block * 128 + i;
		if (kvm_exit_stats_defined(number) &&
		    kvm_exit_stats_read(kvm, vcpu, number).exits)
			bits[i / 32] |= BIT(i % 32);
	}

	regs->eax = bits[0];
	regs->ebx = bits[1];
	regs->ecx = bits[2];
	regs->edx = bits[3];
}

static void kvm_exit_stats_totals(struct cpuid_regs *regs, struct kvm *kvm,
				  struct kvm_vcpu *vcpu, u32 index)
{
	u32 block;

	switch (index) {
	case KVM_EXIT_STATS_SUM:
		kvm_exit_stats_pair(regs, kvm_exit_stats_read_all(kvm, vcpu));
		break;
	case KVM_EXIT_STATS_DESCRIPTION:
		kvm_exit_stats_description(regs, kvm, vcpu);
		break;
	default:
		block = index - KVM_EXIT_STATS_OCCUPANCY;
		if (block <= KVM_EXIT_STATS_NUMBER_MASK / 128)
			kvm_exit_stats_occupancy(regs, kvm, vcpu, block);
		break;
	}
}

static void kvm_exit_stats_reason(struct cpuid_regs *regs, struct kvm *kvm,
				  struct kvm_vcpu *vcpu, u32 index)
{
	u16 number = index & KVM_EXIT_STATS_NUMBER_MASK;

	/* Bits that have no meaning yet select an unknown view, too. */
	if (index >> KVM_EXIT_STATS_VIEW_SHIFT != KVM_EXIT_STATS_VIEW_COUNT)
		return;

	if (!kvm_exit_stats_defined(number)) {
		regs->edx = KVM_EXIT_STATS_UNDEFINED;
		return;
	}

	kvm_exit_stats_pair(regs, kvm_exit_stats_read(kvm, vcpu, number));
}

/*
 * Answer CPUID if EAX is one of the statistics leaves and this VM may see them.
 * Return false, with no register changed, if the leaf is not KVM's to answer.
 */
bool kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
			  u32 *ecx, u32 *edx)
{
	struct kvm_vcpu *scope = *ecx & KVM_EXIT_STATS_SCOPE_VCPU ? vcpu : NULL;
	u32 index = *ecx & ~KVM_EXIT_STATS_SCOPE_VCPU;
	struct cpuid_regs regs = {};

	if (!static_branch_likely(&kvm_exit_stats_key) ||
	    READ_ONCE(vcpu->kvm->arch.exit_stats_hidden))
		return false;

	if (*eax < KVM_EXIT_STATS_CPUID_SIGNATURE || *eax > KVM_EXIT_STATS_CPUID_MAX)
		return false;

	switch (*eax) {
	case KVM_EXIT_STATS_CPUID_SIGNATURE:
		kvm_exit_stats_signature(&regs);
		break;
	case KVM_EXIT_STATS_CPUID_TOTALS:
		kvm_exit_stats_totals(&regs, vcpu->kvm, scope, index);
		break;
	case KVM_EXIT_STATS_CPUID_REASON:
		kvm_exit_stats_reason(&regs, vcpu->kvm, scope, index);
		break;
	}

	*eax = regs.eax;
	*ebx = regs.ebx;
	*ecx = regs.ecx;
	*edx = regs.edx;
	return true;
}
