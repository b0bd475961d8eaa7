// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: the table on the host, in debugfs and in the kernel log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include <asm/tsc.h>

#include "exit_stats.h"

/* Write a line of the table to @m, or to the kernel log if @m is NULL. */
static __printf(2, 3) void kvm_exit_stats_line(struct seq_file *m,
					       const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (m)
		seq_printf(m, "%pV\n", &vaf);
	else
		pr_info("%pV\n", &vaf);
	va_end(args);
}

static void kvm_exit_stats_table(struct seq_file *m, struct kvm *kvm,
				 struct kvm_vcpu *vcpu)
{
	struct kvm_exit_sum sum, total = {};
	u32 number;

	kvm_exit_stats_line(m, "# vmx, %u kHz", tsc_khz);
	kvm_exit_stats_line(m, "# %4s %-20s %20s %20s", "exit", "name", "exits",
			    "cycles");

	for (number = 0; number <= KVM_EXIT_STATS_OTHER; number++) {
		if (!kvm_exit_stats_defined(number))
			continue;

		sum = kvm_exit_stats_read(kvm, vcpu, number);
		if (!sum.exits)
			continue;

		total.exits += sum.exits;
		total.cycles += sum.cycles;
		kvm_exit_stats_line(m, "%6u %-20s %20llu %20llu", number,
				    kvm_exit_stats_name(number), sum.exits,
				    sum.cycles);
	}

	kvm_exit_stats_line(m, "%6s %-20s %20llu %20llu", "total", "",
			    total.exits, total.cycles);
}

static int kvm_exit_stats_vm_show(struct seq_file *m, void *v)
{
	kvm_exit_stats_table(m, m->private, NULL);
	return 0;
}

static int kvm_exit_stats_vm_open(struct inode *inode, struct file *file)
{
	return single_open(file, kvm_exit_stats_vm_show, inode->i_private);
}

/*
 * 0 hides the statistics from the guest and 1 shows them; the host's table goes
 * on.  "log" writes the table to the kernel log.
 */
static ssize_t kvm_exit_stats_vm_write(struct file *file, const char __user *ubuf,
				       size_t len, loff_t *ppos)
{
	struct kvm *kvm = file_inode(file)->i_private;
	char buf[8] = {};
	bool show;
	int r;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;

	if (sysfs_streq(buf, "log")) {
		kvm_exit_stats_table(NULL, kvm, NULL);
		return len;
	}

	r = kstrtobool(buf, &show);
	if (r)
		return r;

	WRITE_ONCE(kvm->arch.exit_stats_hidden, !show);
	return len;
}

static const struct file_operations kvm_exit_stats_vm_fops = {
	.owner		= THIS_MODULE,
	.open		= kvm_exit_stats_vm_open,
	.read		= seq_read,
	.write		= kvm_exit_stats_vm_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

void kvm_exit_stats_create_vm_debugfs(struct kvm *kvm)
{
	debugfs_create_file("exit_stats", 0644, kvm->debugfs_dentry, kvm,
			    &kvm_exit_stats_vm_fops);
}

static int kvm_exit_stats_vcpu_show(struct seq_file *m, void *v)
{
	struct kvm_vcpu *vcpu = m->private;

	kvm_exit_stats_table(m, vcpu->kvm, vcpu);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kvm_exit_stats_vcpu);

void kvm_exit_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu,
					struct dentry *debugfs_dentry)
{
	debugfs_create_file("exit_stats", 0444, debugfs_dentry, vcpu,
			    &kvm_exit_stats_vcpu_fops);
}
