// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: VM-Exits as events of the virtual PMU.
 *
 * A counter that the guest has programmed with the event is "armed", and KVM counts in it
 * by software: no event of the host's perf backs it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/moduleparam.h>
#include <linux/preempt.h>

#include "exit_stats.h"
#include "exit_stats_pmu.h"
#include "pmu.h"

static bool __read_mostly exit_stats_perf = IS_ENABLED(CONFIG_KVM_EXIT_STATS_PERF);

static int kvm_exit_stats_perf_set(const char *val, const struct kernel_param *kp)
{
	int r = param_set_bool(val, kp);

	kvm_exit_stats_pmu_changed();
	return r;
}

static const struct kernel_param_ops kvm_exit_stats_perf_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = kvm_exit_stats_perf_set,
	.get = param_get_bool,
};

module_param_cb(exit_stats_perf, &kvm_exit_stats_perf_ops, &exit_stats_perf, 0644);
__MODULE_PARM_TYPE(exit_stats_perf, "bool");

static bool __ro_after_init exit_stats_soft_pmu;
module_param(exit_stats_soft_pmu, bool, 0444);

/* The host has no PMU, and the virtual one is made of software alone. */
static bool __read_mostly soft_pmu;

/* In place of a slot: exits of all slots. */
#define KVM_EXIT_STATS_ALL_SLOTS	U16_MAX

/* Counts the changes of what kvm_exit_stats_pmu_offered() depends on. */
static atomic_t pmu_changes;

void kvm_exit_stats_pmu_changed(void)
{
	/* Pairs with atomic_read_acquire() in __kvm_exit_stats_pmu_count(). */
	smp_mb__before_atomic();
	atomic_inc(&pmu_changes);
}

/*
 * Where the host has no counters, describe an architectural PMU without any events.  Intel's
 * has fixed counters, too, for Linux does not use one that has none.
 */
void kvm_exit_stats_soft_pmu_init(struct x86_pmu_capability *cap)
{
	soft_pmu = exit_stats_soft_pmu && !cap->num_counters_gp;
	if (!soft_pmu)
		return;

	cap->version = 2;
	cap->num_counters_gp = 4;
	cap->num_counters_fixed = 3;
	cap->bit_width_gp = 48;
	cap->bit_width_fixed = 48;
	cap->events_mask_len = 7;
	cap->events_mask = GENMASK(cap->events_mask_len - 1, 0);
}

/* May the counters of this vCPU count exits? */
bool kvm_exit_stats_pmu_offered(struct kvm_vcpu *vcpu)
{
	struct kvm_pmu *pmu = vcpu_to_pmu(vcpu);

	/* A mediated PMU's counters are the hardware's while the guest runs. */
	return READ_ONCE(exit_stats_perf) && vcpu->kvm->arch.enable_pmu && pmu->version &&
	       pmu->nr_arch_gp_counters && !kvm_vcpu_has_mediated_pmu(vcpu) &&
	       kvm_exit_stats_cpuid_seen(vcpu);
}

static bool kvm_exit_stats_is_vmx(void)
{
	return kvm_exit_stats_encoding() == KVM_EXIT_STATS_ENCODING_VMX;
}

/* Is there such a PMU in the place of an architectural one of Intel's? */
bool kvm_exit_stats_soft_perfmon(void)
{
	return soft_pmu && kvm_exit_stats_is_vmx();
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_soft_perfmon);

static bool kvm_exit_stats_pmu_is_event(u64 eventsel)
{
	u64 select = eventsel & ARCH_PERFMON_EVENTSEL_EVENT;

	if (kvm_exit_stats_is_vmx())
		return select == KVM_EXIT_STATS_VMX_EVENT;

	/* Bits 11:8 are bits 35:32 of the MSR. */
	select |= (eventsel & AMD64_EVENTSEL_EVENT & ~ARCH_PERFMON_EVENTSEL_EVENT) >> 24;
	return select == KVM_EXIT_STATS_SVM_EVENT;
}

/* There are no cycles with more or fewer exits, no edges, and none in a transaction. */
static bool kvm_exit_stats_pmu_is_countable(u64 eventsel)
{
	u64 modifiers = ARCH_PERFMON_EVENTSEL_EDGE | ARCH_PERFMON_EVENTSEL_INV |
			ARCH_PERFMON_EVENTSEL_CMASK;

	if (kvm_exit_stats_is_vmx())
		modifiers |= HSW_IN_TX | HSW_IN_TX_CHECKPOINTED;

	return !(eventsel & modifiers);
}

/* The slot whose exits a unit mask selects.  Return false if there is none. */
static bool kvm_exit_stats_pmu_slot(u64 eventsel, u16 *slot)
{
	u16 number = (eventsel & ARCH_PERFMON_EVENTSEL_UMASK) >> 8;

	if (number == KVM_EXIT_STATS_UMASK_ALL) {
		*slot = KVM_EXIT_STATS_ALL_SLOTS;
		return true;
	}
	if (!kvm_exit_stats_is_vmx() && number >= KVM_EXIT_STATS_SVM_HIGH_UMASK)
		number += KVM_EXIT_STATS_SVM_HIGH_CODES - KVM_EXIT_STATS_SVM_HIGH_UMASK;
	if (!kvm_exit_stats_defined(number))
		return false;

	*slot = kvm_exit_stats_slot(number);
	return true;
}

/* A counter is about to be programmed, and counts nothing until then. */
void kvm_exit_stats_pmu_disarm(struct kvm_pmc *pmc)
{
	if (pmc_is_gp(pmc))
		__clear_bit(pmc->idx, &pmc->vcpu->arch.exit_stats.pmu_armed);
}

/*
 * The guest has enabled a counter.  Return false if it is one of the host's perf, and true
 * if it counts exits, or nothing.
 */
bool kvm_exit_stats_pmu_arm(struct kvm_pmc *pmc)
{
	struct kvm_vcpu_exit_stats *stats = &pmc->vcpu->arch.exit_stats;

	if (!pmc_is_gp(pmc) || !kvm_exit_stats_enabled() ||
	    !kvm_exit_stats_pmu_is_event(pmc->eventsel) ||
	    !kvm_exit_stats_pmu_offered(pmc->vcpu))
		return soft_pmu;

	if (kvm_exit_stats_pmu_is_countable(pmc->eventsel) &&
	    kvm_exit_stats_pmu_slot(pmc->eventsel, &stats->pmu_slots[pmc->idx])) {
		__set_bit(pmc->idx, &stats->pmu_armed);
		/* Being scheduled in does the same. */
		preempt_disable();
		kvm_exit_stats_hide_tsc(stats);
		preempt_enable();
	}
	return true;
}

void kvm_exit_stats_pmu_reset(struct kvm_vcpu *vcpu)
{
	vcpu->arch.exit_stats.pmu_armed = 0;
}

static bool kvm_exit_stats_pmu_all_levels(struct kvm_pmc *pmc)
{
	u64 all = ARCH_PERFMON_EVENTSEL_OS | ARCH_PERFMON_EVENTSEL_USR;

	return (pmc->eventsel & all) == all;
}

static bool kvm_exit_stats_pmu_cpl_matches(struct kvm_pmc *pmc)
{
	/* The CPL of an encrypted guest is not known. */
	if (pmc->vcpu->arch.guest_state_protected)
		return false;

	return pmc->eventsel & (static_call(kvm_x86_get_cpl)(pmc->vcpu) ?
				ARCH_PERFMON_EVENTSEL_USR : ARCH_PERFMON_EVENTSEL_OS);
}

/*
 * Count one more, in counters that have not been looked at more closely.  Like
 * kvm_pmu_incr_counter(), but without a request that ends the fastpath.
 */
static noinline void kvm_exit_stats_pmu_count_rest(struct kvm_vcpu *vcpu, unsigned long rest)
{
	struct kvm_pmu *pmu = vcpu_to_pmu(vcpu);
	struct kvm_pmc *pmc;

	for (; rest; rest &= rest - 1) {
		pmc = &pmu->gp_counters[__ffs(rest)];
		if (!kvm_exit_stats_pmu_all_levels(pmc) && !kvm_exit_stats_pmu_cpl_matches(pmc))
			continue;

		pmc->counter = (pmc->counter + 1) & pmu->counter_bitmask[KVM_PMC_GP];
		if (pmc->counter)
			continue;

		__set_bit(pmc->idx, (unsigned long *)&pmu->global_status);
		if (pmc->eventsel & ARCH_PERFMON_EVENTSEL_INT)
			kvm_make_request(KVM_REQ_PMI, vcpu);
	}
}

/* Whether the vCPU may have counters of exits has perhaps changed. */
static noinline void kvm_exit_stats_pmu_check(struct kvm_vcpu *vcpu, u32 slot, int changes)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	stats->pmu_changes = changes;
	if (kvm_exit_stats_pmu_offered(vcpu))
		__kvm_exit_stats_pmu_count(vcpu, slot);
	else
		stats->pmu_armed = 0;
}

/* It calls others only at its end, so that it need not save registers. */
void __kvm_exit_stats_pmu_count(struct kvm_vcpu *vcpu, u32 slot)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;
	unsigned long armed = stats->pmu_armed, rest = 0, i;
	int changes = atomic_read_acquire(&pmu_changes);
	struct kvm_pmu *pmu = vcpu_to_pmu(vcpu);
	struct kvm_pmc *pmcs = pmu->gp_counters;
	u16 *slots = stats->pmu_slots;
	u64 next;

	if (unlikely(stats->pmu_changes != changes)) {
		kvm_exit_stats_pmu_check(vcpu, slot, changes);
		return;
	}

	/* So that the next exit comes here, too: kvm_exit_stats_hide_tsc() of one just opened. */
	stats->hidden_tsc = stats->since;
	stats->since = KVM_EXIT_STATS_NO_TSC;

	do {
		i = __ffs(armed);
		if (slots[i] != slot && slots[i] != KVM_EXIT_STATS_ALL_SLOTS)
			continue;

		next = (pmcs[i].counter + 1) & pmu->counter_bitmask[KVM_PMC_GP];
		if (likely(next && kvm_exit_stats_pmu_all_levels(&pmcs[i])))
			pmcs[i].counter = next;
		else
			rest |= armed & -armed;
	} while (armed &= armed - 1);

	if (unlikely(rest))
		kvm_exit_stats_pmu_count_rest(vcpu, rest);
}
