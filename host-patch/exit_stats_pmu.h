/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_X86_EXIT_STATS_PMU_H
#define __KVM_X86_EXIT_STATS_PMU_H

#include <linux/kvm_host.h>

#include <asm/perf_event.h>

#ifdef CONFIG_KVM_EXIT_STATS

bool kvm_exit_stats_pmu_offered(struct kvm_vcpu *vcpu);
void kvm_exit_stats_pmu_changed(void);

void kvm_exit_stats_pmu_disarm(struct kvm_pmc *pmc);
bool kvm_exit_stats_pmu_arm(struct kvm_pmc *pmc);
void kvm_exit_stats_pmu_reset(struct kvm_vcpu *vcpu);

void kvm_exit_stats_soft_pmu_init(struct x86_pmu_capability *cap);
bool kvm_exit_stats_soft_perfmon(void);

void __kvm_exit_stats_pmu_count(struct kvm_vcpu *vcpu, u32 slot);

/* An exit, for the counters that count such. */
static inline void kvm_exit_stats_pmu_count(struct kvm_vcpu *vcpu, u32 slot)
{
	if (unlikely(vcpu->arch.exit_stats.pmu_armed))
		__kvm_exit_stats_pmu_count(vcpu, slot);
}

#else /* CONFIG_KVM_EXIT_STATS */

static inline void kvm_exit_stats_pmu_disarm(struct kvm_pmc *pmc) { }
static inline bool kvm_exit_stats_pmu_arm(struct kvm_pmc *pmc) { return false; }
static inline void kvm_exit_stats_pmu_reset(struct kvm_vcpu *vcpu) { }
static inline void kvm_exit_stats_soft_pmu_init(struct x86_pmu_capability *cap) { }
static inline bool kvm_exit_stats_soft_perfmon(void) { return false; }

#endif /* CONFIG_KVM_EXIT_STATS */

#endif /* __KVM_X86_EXIT_STATS_PMU_H */
