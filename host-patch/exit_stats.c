// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: count every exit by reason, per vCPU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/limits.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/trace_events.h>

#include <asm/vmx.h>

#include "exit_stats.h"

/* No time has been taken: every difference to it is negative. */
#define KVM_EXIT_STATS_NO_TSC	S64_MAX

DEFINE_STATIC_KEY_TRUE(kvm_exit_stats_key);
EXPORT_SYMBOL_GPL(kvm_exit_stats_key);

static const struct trace_print_flags vmx_exit_names[] = { VMX_EXIT_REASONS };

static const char * const more_vmx_exit_names[KVM_EXIT_STATS_SLOT_OTHER] = {
	KVM_EXIT_STATS_MORE_VMX_REASONS,
};

/* The slots whose number the vendor's manual defines. */
static DECLARE_BITMAP(defined_slots, KVM_EXIT_STATS_NR_SLOTS) __read_mostly;

static DEFINE_MUTEX(kvm_exit_stats_lock);
static bool __read_mostly exit_stats = true;

static int kvm_exit_stats_param_set(const char *val, const struct kernel_param *kp);

static const struct kernel_param_ops kvm_exit_stats_param_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = kvm_exit_stats_param_set,
	.get = param_get_bool,
};

module_param_cb(exit_stats, &kvm_exit_stats_param_ops, &exit_stats, 0644);
__MODULE_PARM_TYPE(exit_stats, "bool");

static void kvm_exit_stats_no_exit(struct kvm_vcpu_exit_stats *stats)
{
	stats->exit_tsc = KVM_EXIT_STATS_NO_TSC;
	stats->split_tsc = KVM_EXIT_STATS_NO_TSC;
	stats->vmm_tsc = 0;
}

/*
 * Exits that happen while the statistics are off leave no trace, so what a vCPU
 * remembers of its last exit is stale when the statistics are turned on again.
 * VMs created after this start with nothing to remember, and nothing is written
 * to the vCPUs' memory by their own tasks until the key is enabled.
 */
static void kvm_exit_stats_forget_last_exits(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm *kvm;
	unsigned long i;

	mutex_lock(&kvm_lock);
	list_for_each_entry(kvm, &vm_list, vm_list) {
		kvm_for_each_vcpu(i, vcpu, kvm)
			kvm_exit_stats_no_exit(&vcpu->arch.exit_stats);
	}
	mutex_unlock(&kvm_lock);
}

static int kvm_exit_stats_param_set(const char *val, const struct kernel_param *kp)
{
	bool enable;
	int r;

	r = kstrtobool(val ?: "1", &enable);
	if (r)
		return r;

	mutex_lock(&kvm_exit_stats_lock);
	if (enable && !exit_stats) {
		kvm_exit_stats_forget_last_exits();
		static_branch_enable(&kvm_exit_stats_key);
	} else if (!enable && exit_stats) {
		static_branch_disable(&kvm_exit_stats_key);
		/* Wait for who is past the key, with preemption disabled. */
		synchronize_rcu();
	}
	exit_stats = enable;
	mutex_unlock(&kvm_exit_stats_lock);

	return 0;
}

/* Return NULL if the vendor's manual does not define the number. */
const char *kvm_exit_stats_name(u16 number)
{
	int i;

	if (number == KVM_EXIT_STATS_OTHER)
		return "OTHER";

	for (i = 0; i < ARRAY_SIZE(vmx_exit_names); i++) {
		if (vmx_exit_names[i].mask == number)
			return vmx_exit_names[i].name;
	}
	return number < ARRAY_SIZE(more_vmx_exit_names) ?
	       more_vmx_exit_names[number] : NULL;
}

void kvm_exit_stats_hardware_setup(void)
{
	u32 slot;

	for (slot = 0; slot < KVM_EXIT_STATS_SLOT_OTHER; slot++)
		__assign_bit(slot, defined_slots, kvm_exit_stats_name(slot));
}
EXPORT_SYMBOL_GPL(kvm_exit_stats_hardware_setup);

int kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	stats->slots = kvcalloc(KVM_EXIT_STATS_NR_SLOTS, sizeof(*stats->slots),
				GFP_KERNEL_ACCOUNT);
	if (!stats->slots)
		return -ENOMEM;

	stats->last = &stats->slots[KVM_EXIT_STATS_SLOT_OTHER];
	kvm_exit_stats_no_exit(stats);
	return 0;
}

void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	kvfree(vcpu->arch.exit_stats.slots);
}

/*
 * Some of the time since the last VM-Exit is not KVM's own.  Hide the TSC of the
 * exit, so that kvm_exit_stats_vmenter(), which need not look for such time then,
 * turns to kvm_exit_stats_vmenter_split().  Return false if no exit is timed.
 */
static bool kvm_exit_stats_split(struct kvm_vcpu_exit_stats *stats)
{
	if (stats->exit_tsc != KVM_EXIT_STATS_NO_TSC) {
		stats->split_tsc = stats->exit_tsc;
		stats->exit_tsc = KVM_EXIT_STATS_NO_TSC;
		stats->off_cpu = 0;
		stats->vmm = 0;
	}
	return stats->split_tsc != KVM_EXIT_STATS_NO_TSC;
}

void __kvm_exit_stats_sched_in(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	/* The VMM's time is all its own, its other ioctls included. */
	if (!stats->vmm_tsc && kvm_exit_stats_split(stats))
		stats->off_cpu += rdtsc() - vcpu->arch.last_host_tsc;
}

void __kvm_exit_stats_run_begin(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	if (stats->vmm_tsc && kvm_exit_stats_split(stats))
		stats->vmm += rdtsc() - stats->vmm_tsc;
	stats->vmm_tsc = 0;
}

void __kvm_exit_stats_run_end(struct kvm_vcpu *vcpu)
{
	vcpu->arch.exit_stats.vmm_tsc = rdtsc();
}

void kvm_exit_stats_vmenter_split(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;
	s64 cycles = rdtsc() - stats->split_tsc;
	u64 off_cpu = stats->off_cpu;
	u64 vmm = stats->vmm;

	stats->split_tsc = KVM_EXIT_STATS_NO_TSC;

	/* No exit was timed, or the TSCs are not synchronized. */
	if (cycles < 0 || off_cpu > cycles || vmm > cycles - off_cpu)
		return;

	kvm_exit_stats_account(stats->last, cycles);
	/* The whole first: who reads parts and whole reads them in reverse. */
	smp_wmb();
	local64_add(off_cpu, &stats->last->values[KVM_EXIT_STAT_OFF_CPU]);
	local64_add(vmm, &stats->last->values[KVM_EXIT_STAT_VMM]);
}
EXPORT_SYMBOL_GPL(kvm_exit_stats_vmenter_split);

bool kvm_exit_stats_defined(u16 number)
{
	if (number == KVM_EXIT_STATS_OTHER)
		return true;

	return number < KVM_EXIT_STATS_SLOT_OTHER &&
	       test_bit(array_index_nospec(number, KVM_EXIT_STATS_SLOT_OTHER),
			defined_slots);
}

static void kvm_exit_stats_add(enum kvm_exit_stat_value value, u64 *all, u64 one)
{
	if (value == KVM_EXIT_STAT_LONGEST)
		*all = max(*all, one);
	else
		*all += one;
}

static u64 kvm_exit_stats_read_slot(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    unsigned int slot,
				    enum kvm_exit_stat_value value)
{
	u64 one, all = 0;
	unsigned long i;

	if (vcpu)
		return local64_read(&vcpu->arch.exit_stats.slots[slot].values[value]);

	kvm_for_each_vcpu(i, vcpu, kvm) {
		one = kvm_exit_stats_read_slot(kvm, vcpu, slot, value);
		kvm_exit_stats_add(value, &all, one);
	}
	return all;
}

/*
 * Return one value of the exits with the given number, which must be a defined
 * one, of one vCPU, or of all the VM's vCPUs if @vcpu is NULL: the longest of
 * KVM_EXIT_STAT_LONGEST, the sum of all others.
 *
 * To compare KVM_EXIT_STAT_OFF_CPU and KVM_EXIT_STAT_VMM with the whole, read
 * them first, then KVM_EXIT_STAT_CYCLES after smp_rmb().
 */
u64 kvm_exit_stats_read(struct kvm *kvm, struct kvm_vcpu *vcpu, u16 number,
			enum kvm_exit_stat_value value)
{
	u64 one, all = 0;
	unsigned int slot;

	if (number != KVM_EXIT_STATS_OTHER) {
		slot = array_index_nospec(number, KVM_EXIT_STATS_SLOT_OTHER);
		return kvm_exit_stats_read_slot(kvm, vcpu, slot, value);
	}

	for_each_clear_bit(slot, defined_slots, KVM_EXIT_STATS_NR_SLOTS) {
		one = kvm_exit_stats_read_slot(kvm, vcpu, slot, value);
		kvm_exit_stats_add(value, &all, one);
	}
	return all;
}

/* Like kvm_exit_stats_read(), but of all exits, whatever their number. */
u64 kvm_exit_stats_read_all(struct kvm *kvm, struct kvm_vcpu *vcpu,
			    enum kvm_exit_stat_value value)
{
	u64 one, all = 0;
	unsigned int slot;

	for (slot = 0; slot < KVM_EXIT_STATS_NR_SLOTS; slot++) {
		one = kvm_exit_stats_read_slot(kvm, vcpu, slot, value);
		kvm_exit_stats_add(value, &all, one);
	}
	return all;
}
