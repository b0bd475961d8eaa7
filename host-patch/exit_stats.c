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

#include <asm/svm.h>
#include <asm/vmx.h>

#include "exit_stats.h"

/* No time has been taken: every difference to it is negative. */
#define KVM_EXIT_STATS_NO_TSC	S64_MAX

DEFINE_STATIC_KEY_TRUE(kvm_exit_stats_key);
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_key);

static const struct trace_print_flags vmx_names[] = { VMX_EXIT_REASONS };
static const struct trace_print_flags svm_names[] = { SVM_EXIT_REASONS };

static const char * const more_vmx_names[KVM_EXIT_STATS_NR_VMX_REASONS] = {
	KVM_EXIT_STATS_MORE_VMX_REASONS,
};

static const char * const more_svm_names[KVM_EXIT_STATS_NR_SVM_CODES] = {
	KVM_EXIT_STATS_MORE_SVM_REASONS,
};

struct kvm_exit_stats_isa {
	const char *name;
	u32 encoding;
	/* The last slot is for all numbers without one of their own. */
	u32 nr_slots;
	u32 (*slot)(u64 number);
	const struct trace_print_flags *names;
	u32 nr_names;
	/* By number, those that are not in names. */
	const char * const *more_names;
	u32 nr_more_names;
};

static const struct kvm_exit_stats_isa kvm_exit_stats_vmx = {
	.name		= "vmx",
	.encoding	= KVM_EXIT_STATS_ENCODING_VMX,
	.nr_slots	= KVM_EXIT_STATS_NR_VMX_SLOTS,
	.slot		= kvm_exit_stats_vmx_slot,
	.names		= vmx_names,
	.nr_names	= ARRAY_SIZE(vmx_names),
	.more_names	= more_vmx_names,
	.nr_more_names	= ARRAY_SIZE(more_vmx_names),
};

static const struct kvm_exit_stats_isa kvm_exit_stats_svm = {
	.name		= "svm",
	.encoding	= KVM_EXIT_STATS_ENCODING_SVM,
	.nr_slots	= KVM_EXIT_STATS_NR_SVM_SLOTS,
	.slot		= kvm_exit_stats_svm_slot,
	.names		= svm_names,
	.nr_names	= ARRAY_SIZE(svm_names),
	.more_names	= more_svm_names,
	.nr_more_names	= ARRAY_SIZE(more_svm_names),
};

static const struct kvm_exit_stats_isa *isa __read_mostly;

/* The slots whose number the vendor's manual defines. */
static DECLARE_BITMAP(defined_slots, KVM_EXIT_STATS_MAX_SLOTS) __read_mostly;

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
	u32 i;

	if (number == KVM_EXIT_STATS_OTHER)
		return "OTHER";

	for (i = 0; i < isa->nr_names; i++) {
		if (isa->names[i].mask == number)
			return isa->names[i].name;
	}
	return number < isa->nr_more_names ? isa->more_names[number] : NULL;
}

const char *kvm_exit_stats_isa_name(void)
{
	return isa->name;
}

u32 kvm_exit_stats_encoding(void)
{
	return isa->encoding;
}

void kvm_exit_stats_hardware_setup(u32 encoding)
{
	u32 number, slot;

	isa = encoding == KVM_EXIT_STATS_ENCODING_VMX ? &kvm_exit_stats_vmx :
							&kvm_exit_stats_svm;

	bitmap_zero(defined_slots, KVM_EXIT_STATS_MAX_SLOTS);
	for (number = 0; number < KVM_EXIT_STATS_OTHER; number++) {
		slot = isa->slot(number);
		if (slot != isa->nr_slots - 1 && kvm_exit_stats_name(number))
			__set_bit(slot, defined_slots);
	}
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_hardware_setup);

int kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	stats->slots = kvcalloc(isa->nr_slots, sizeof(*stats->slots),
				GFP_KERNEL_ACCOUNT);
	if (!stats->slots)
		return -ENOMEM;

	stats->last = &stats->slots[isa->nr_slots - 1];
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
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_vmenter_split);

/* The slot of a number, which is safe against speculation. */
static u32 kvm_exit_stats_slot(u16 number)
{
	return array_index_nospec(isa->slot(number), isa->nr_slots);
}

bool kvm_exit_stats_defined(u16 number)
{
	return number == KVM_EXIT_STATS_OTHER ||
	       test_bit(kvm_exit_stats_slot(number), defined_slots);
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

/* Of all slots, or only of those whose number is not defined. */
static u64 kvm_exit_stats_read_slots(struct kvm *kvm, struct kvm_vcpu *vcpu,
				     bool all_slots, enum kvm_exit_stat_value value)
{
	u64 one, all = 0;
	unsigned int slot;

	for (slot = 0; slot < isa->nr_slots; slot++) {
		if (!all_slots && test_bit(slot, defined_slots))
			continue;

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
	if (number == KVM_EXIT_STATS_OTHER)
		return kvm_exit_stats_read_slots(kvm, vcpu, false, value);

	return kvm_exit_stats_read_slot(kvm, vcpu, kvm_exit_stats_slot(number), value);
}

/* Like kvm_exit_stats_read(), but of all exits, whatever their number. */
u64 kvm_exit_stats_read_all(struct kvm *kvm, struct kvm_vcpu *vcpu,
			    enum kvm_exit_stat_value value)
{
	return kvm_exit_stats_read_slots(kvm, vcpu, true, value);
}
