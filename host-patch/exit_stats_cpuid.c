// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: the CPUID leaves with which a guest reads them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/nospec.h>
#include <linux/random.h>
#include <linux/string.h>

#include <asm/tsc.h>

#include "exit_stats.h"
#include "exit_stats_pmu.h"

void kvm_exit_stats_init_vm(struct kvm *kvm)
{
	kvm->arch.exit_stats.identity = get_random_u64();
	kvm->arch.exit_stats.created_tsc = rdtsc();
}

void kvm_exit_stats_signature(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	*eax = KVM_EXIT_STATS_CPUID_MAX;
	memcpy(ebx, KVM_EXIT_STATS_SIGNATURE, 4);
	memcpy(ecx, KVM_EXIT_STATS_SIGNATURE + 4, 4);
	memcpy(edx, KVM_EXIT_STATS_SIGNATURE + 8, 4);
}

static void kvm_exit_stats_answer(struct cpuid_regs *regs, u64 a, u64 b)
{
	regs->eax = lower_32_bits(a);
	regs->edx = upper_32_bits(a);
	regs->ecx = lower_32_bits(b);
	regs->ebx = upper_32_bits(b);
}

static void kvm_exit_stats_description(struct cpuid_regs *regs, struct kvm_vcpu *vcpu,
				       struct kvm_vcpu *scope)
{
	regs->eax = KVM_EXIT_STATS_VERSION |
		    kvm_exit_stats_encoding() << KVM_EXIT_STATS_ENCODING_SHIFT;
	regs->ebx = KVM_EXIT_STATS_FEATURE_VCPU | KVM_EXIT_STATS_FEATURE_SPLIT |
		    KVM_EXIT_STATS_FEATURE_LONGEST | KVM_EXIT_STATS_FEATURE_HISTOGRAM |
		    KVM_EXIT_STATS_FEATURE_STEAL | KVM_EXIT_STATS_FEATURE_IDENTITY;
	if (kvm_exit_stats_pmu_offered(vcpu))
		regs->ebx |= KVM_EXIT_STATS_FEATURE_PMU;
	regs->ecx = tsc_khz;
	regs->edx = scope ? 1 : atomic_read(&vcpu->kvm->online_vcpus);
}

static void kvm_exit_stats_occupancy(struct cpuid_regs *regs, struct kvm *kvm,
				     struct kvm_vcpu *vcpu, u32 index)
{
	DECLARE_BITMAP(seen, KVM_EXIT_STATS_BLOCK);
	u32 bits[KVM_EXIT_STATS_BLOCK / 32];

	kvm_exit_stats_read_block(kvm, vcpu, index, seen);
	bitmap_to_arr32(bits, seen, KVM_EXIT_STATS_BLOCK);
	regs->eax = bits[0];
	regs->ebx = bits[1];
	regs->ecx = bits[2];
	regs->edx = bits[3];
}

static void kvm_exit_stats_totals(struct cpuid_regs *regs, struct kvm_vcpu *vcpu,
				  struct kvm_vcpu *scope, u32 index)
{
	struct kvm *kvm = vcpu->kvm;
	struct kvm_exit_stats_totals totals;
	u32 block;

	switch (index) {
	case KVM_EXIT_STATS_SUM:
		kvm_exit_stats_read_totals(kvm, scope, &totals);
		kvm_exit_stats_answer(regs, totals.exits, totals.cycles);
		break;
	case KVM_EXIT_STATS_DESCRIPTION:
		kvm_exit_stats_description(regs, vcpu, scope);
		break;
	case KVM_EXIT_STATS_IDENTITY:
		kvm_exit_stats_answer(regs, kvm->arch.exit_stats.identity,
				      rdtsc() - kvm->arch.exit_stats.created_tsc);
		break;
	default:
		block = index - KVM_EXIT_STATS_OCCUPANCY;
		if (block <= KVM_EXIT_STATS_NUMBER_MASK / KVM_EXIT_STATS_BLOCK)
			kvm_exit_stats_occupancy(regs, kvm, scope, block);
		break;
	}
}

/* The two values that a view shows.  Return false if there is no such view. */
static bool kvm_exit_stats_view(u32 view, struct kvm_exit_stats_pair *pair)
{
	switch (view) {
	case KVM_EXIT_STATS_VIEW_COUNT:
		pair->value_a = KVM_EXIT_STAT_EXITS;
		pair->value_b = KVM_EXIT_STAT_CYCLES;
		return true;
	case KVM_EXIT_STATS_VIEW_SPLIT:
		pair->value_a = KVM_EXIT_STAT_OFF_CPU;
		pair->value_b = KVM_EXIT_STAT_VMM;
		return true;
	case KVM_EXIT_STATS_VIEW_LONGEST:
		pair->value_a = KVM_EXIT_STAT_LONGEST;
		pair->value_b = KVM_EXIT_STAT_NESTED;
		return true;
	case KVM_EXIT_STATS_VIEW_STEAL:
		pair->value_a = KVM_EXIT_STAT_STEAL;
		pair->value_b = KVM_EXIT_STAT_HALTED;
		return true;
	}

	view -= KVM_EXIT_STATS_VIEW_HISTOGRAM;
	if (view >= KVM_EXIT_STATS_NR_BUCKETS / 2)
		return false;

	view = array_index_nospec(view, KVM_EXIT_STATS_NR_BUCKETS / 2);
	pair->value_a = KVM_EXIT_STAT_HISTOGRAM + 2 * view;
	pair->value_b = KVM_EXIT_STAT_HISTOGRAM + 2 * view + 1;
	return true;
}

static void kvm_exit_stats_reason(struct cpuid_regs *regs, struct kvm *kvm,
				  struct kvm_vcpu *vcpu, u32 index)
{
	u16 number = index & KVM_EXIT_STATS_NUMBER_MASK;
	struct kvm_exit_stats_pair pair;

	/* Bits that have no meaning yet select an unknown view, too. */
	if (!kvm_exit_stats_view(index >> KVM_EXIT_STATS_VIEW_SHIFT, &pair))
		return;

	if (!kvm_exit_stats_defined(number)) {
		regs->edx = KVM_EXIT_STATS_UNDEFINED;
		return;
	}

	kvm_exit_stats_read(kvm, vcpu, number, &pair);
	kvm_exit_stats_answer(regs, pair.a, pair.b);
}

bool __kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 leaf, u32 *eax, u32 *ebx, u32 *ecx,
			    u32 *edx)
{
	struct kvm_vcpu *scope = *ecx & KVM_EXIT_STATS_SCOPE_VCPU ? vcpu : NULL;
	u32 index = *ecx & ~KVM_EXIT_STATS_SCOPE_VCPU;
	struct cpuid_regs regs = {};

	if (!kvm_exit_stats_cpuid_seen(vcpu))
		return false;

	switch (leaf) {
	case KVM_EXIT_STATS_CPUID_SIGNATURE:
		kvm_exit_stats_signature(&regs.eax, &regs.ebx, &regs.ecx, &regs.edx);
		break;
	case KVM_EXIT_STATS_CPUID_TOTALS:
		kvm_exit_stats_totals(&regs, vcpu, scope, index);
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

void __kvm_exit_stats_cpuid_show(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax,
				 u32 *ebx, u32 *ecx, u32 *edx)
{
	if (READ_ONCE(vcpu->kvm->arch.exit_stats.guest) == KVM_EXIT_STATS_SHOW &&
	    kvm_exit_stats_cpuid(vcpu, leaf, eax, ebx, &index, edx))
		*ecx = index;
}
