// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: which guests see them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "cpuid.h"
#include "exit_stats.h"
#include "exit_stats_pmu.h"

DEFINE_STATIC_KEY_FALSE(kvm_exit_stats_show_key);

/* For VMs that the host has said nothing of */
enum kvm_exit_stats_policy {
	/* All guests but those whose VMM hides them */
	KVM_EXIT_STATS_ALL,
	/* Guests whose VMM shows them */
	KVM_EXIT_STATS_VMM,
	KVM_EXIT_STATS_NONE,
};

static const char * const policies[] = {
	[KVM_EXIT_STATS_ALL]	= "all",
	[KVM_EXIT_STATS_VMM]	= "vmm",
	[KVM_EXIT_STATS_NONE]	= "none",
};

static int exit_stats_guest __read_mostly =
	IS_ENABLED(CONFIG_KVM_EXIT_STATS_GUEST_ALL) ? KVM_EXIT_STATS_ALL :
	IS_ENABLED(CONFIG_KVM_EXIT_STATS_GUEST_NONE) ? KVM_EXIT_STATS_NONE :
						       KVM_EXIT_STATS_VMM;

static int kvm_exit_stats_policy_set(const char *val, const struct kernel_param *kp)
{
	int policy = sysfs_match_string(policies, val);

	if (policy < 0)
		return policy;

	WRITE_ONCE(exit_stats_guest, policy);
	kvm_exit_stats_pmu_changed();
	return 0;
}

static int kvm_exit_stats_policy_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", policies[READ_ONCE(exit_stats_guest)]);
}

static const struct kernel_param_ops kvm_exit_stats_policy_ops = {
	.set = kvm_exit_stats_policy_set,
	.get = kvm_exit_stats_policy_get,
};

module_param_cb(exit_stats_guest, &kvm_exit_stats_policy_ops, NULL, 0644);
__MODULE_PARM_TYPE(exit_stats_guest, "all, vmm or none");

/* Does KVM_GET_SUPPORTED_CPUID list the signature, for VMMs to pass on? */
bool kvm_exit_stats_cpuid_supported(void)
{
	return kvm_exit_stats_enabled() && READ_ONCE(exit_stats_guest) != KVM_EXIT_STATS_NONE;
}

void kvm_exit_stats_after_set_cpuid(struct kvm_vcpu *vcpu)
{
	struct kvm_cpuid_entry2 *entry;
	u32 eax, ebx, ecx, edx;
	u8 word;

	kvm_exit_stats_signature(&eax, &ebx, &ecx, &edx);
	entry = kvm_find_cpuid_entry(vcpu, KVM_EXIT_STATS_CPUID_SIGNATURE);
	if (!entry)
		word = KVM_EXIT_STATS_VMM_SILENT;
	else if (entry->eax >= KVM_EXIT_STATS_CPUID_REASON && entry->ebx == ebx &&
		 entry->ecx == ecx && entry->edx == edx)
		word = KVM_EXIT_STATS_VMM_SHOWS;
	else
		word = KVM_EXIT_STATS_VMM_HIDES;

	vcpu->arch.exit_stats.vmm_word = word;
}

bool kvm_exit_stats_cpuid_seen(struct kvm_vcpu *vcpu)
{
	u8 word = vcpu->arch.exit_stats.vmm_word;

	switch (READ_ONCE(vcpu->kvm->arch.exit_stats.guest)) {
	case KVM_EXIT_STATS_SHOW:
		return true;
	case KVM_EXIT_STATS_HIDE:
		return false;
	}

	switch (READ_ONCE(exit_stats_guest)) {
	case KVM_EXIT_STATS_ALL:
		return word != KVM_EXIT_STATS_VMM_HIDES;
	case KVM_EXIT_STATS_VMM:
		return word == KVM_EXIT_STATS_VMM_SHOWS;
	default:
		return false;
	}
}

static const char * const switches[] = {
	[KVM_EXIT_STATS_INHERIT]	= "inherit",
	[KVM_EXIT_STATS_HIDE]		= "hide",
	[KVM_EXIT_STATS_SHOW]		= "show",
};

static int kvm_exit_stats_switch_show(struct seq_file *m, void *v)
{
	struct kvm *kvm = m->private;

	seq_printf(m, "%s\n", switches[READ_ONCE(kvm->arch.exit_stats.guest)]);
	return 0;
}

static int kvm_exit_stats_switch_open(struct inode *inode, struct file *file)
{
	return single_open(file, kvm_exit_stats_switch_show, inode->i_private);
}

static ssize_t kvm_exit_stats_switch_write(struct file *file, const char __user *ubuf,
					   size_t len, loff_t *ppos)
{
	struct kvm *kvm = file_inode(file)->i_private;
	char buf[16] = {};
	int r;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;

	r = sysfs_match_string(switches, buf);
	if (r < 0)
		return r;

	if (r == KVM_EXIT_STATS_SHOW)
		static_branch_enable(&kvm_exit_stats_show_key);
	WRITE_ONCE(kvm->arch.exit_stats.guest, r);
	kvm_exit_stats_pmu_changed();
	return len;
}

static const struct file_operations kvm_exit_stats_switch_fops = {
	.owner		= THIS_MODULE,
	.open		= kvm_exit_stats_switch_open,
	.read		= seq_read,
	.write		= kvm_exit_stats_switch_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

void kvm_exit_stats_create_switch(struct kvm *kvm)
{
	debugfs_create_file("exit_stats_guest", 0644, kvm->debugfs_dentry, kvm,
			    &kvm_exit_stats_switch_fops);
}
