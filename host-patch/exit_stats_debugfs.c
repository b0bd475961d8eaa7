// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: the table on the host, in debugfs and in the kernel log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/string.h>

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

/* The columns of the table */
static const struct {
	enum kvm_exit_stat_value value;
	const char *name;
} columns[] = {
	{ KVM_EXIT_STAT_EXITS,		"exits" },
	{ KVM_EXIT_STAT_CYCLES,		"cycles" },
	{ KVM_EXIT_STAT_OFF_CPU,	"off-cpu" },
	{ KVM_EXIT_STAT_VMM,		"vmm" },
	{ KVM_EXIT_STAT_LONGEST,	"longest" },
	{ KVM_EXIT_STAT_NESTED,		"nested" },
	{ KVM_EXIT_STAT_STEAL,		"steal" },
	{ KVM_EXIT_STAT_HALTED,		"halted" },
};

#define KVM_EXIT_STATS_NAME_SIZE	32

/* The name of an exit as a single word. */
static const char *kvm_exit_stats_word(u16 number, char *name)
{
	strscpy(name, kvm_exit_stats_name(number), KVM_EXIT_STATS_NAME_SIZE);
	strreplace(name, ' ', '_');
	return name;
}

#define KVM_EXIT_STATS_LINE_SIZE	256

static void kvm_exit_stats_print_heading(struct seq_file *m)
{
	char line[KVM_EXIT_STATS_LINE_SIZE];
	size_t len, i;

	len = scnprintf(line, sizeof(line), "# %4s %-26s", "exit", "name");
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		len += scnprintf(line + len, sizeof(line) - len, " %18s", columns[i].name);
	kvm_exit_stats_line(m, "%s", line);
}

static void kvm_exit_stats_print_row(struct seq_file *m, const char *number,
				     const char *name, const u64 *values)
{
	char line[KVM_EXIT_STATS_LINE_SIZE];
	size_t len, i;

	len = scnprintf(line, sizeof(line), "%6s %-26s", number, name);
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		len += scnprintf(line + len, sizeof(line) - len, " %18llu", values[i]);
	kvm_exit_stats_line(m, "%s", line);
}

static void kvm_exit_stats_table(struct seq_file *m, const struct kvm_exit_stats_sums *sums)
{
	u64 row[ARRAY_SIZE(columns)], total[ARRAY_SIZE(columns)] = {};
	char name[KVM_EXIT_STATS_NAME_SIZE];
	u32 number, i;
	char text[8];

	kvm_exit_stats_line(m, "# %s, %u kHz", kvm_exit_stats_isa_name(), tsc_khz);
	kvm_exit_stats_print_heading(m);

	for (number = 0; number <= KVM_EXIT_STATS_OTHER; number++) {
		if (!kvm_exit_stats_defined(number) ||
		    !kvm_exit_stats_sum(sums, number, KVM_EXIT_STAT_EXITS))
			continue;

		for (i = 0; i < ARRAY_SIZE(columns); i++) {
			row[i] = kvm_exit_stats_sum(sums, number, columns[i].value);
			kvm_exit_stats_add(columns[i].value, &total[i], row[i]);
		}
		snprintf(text, sizeof(text), "%u", number);
		kvm_exit_stats_print_row(m, text, kvm_exit_stats_word(number, name), row);
	}

	kvm_exit_stats_print_row(m, "total", "", total);
}

/* The buckets that are not empty, as N:EXITS, for exits of 2^N cycles and more. */
static void kvm_exit_stats_histograms(struct seq_file *m, const struct kvm_exit_stats_sums *sums)
{
	char name[KVM_EXIT_STATS_NAME_SIZE];
	u32 number, i;
	u64 exits;

	seq_printf(m, "\n# %4s %-26s %s\n", "exit", "name", "log2(cycles):exits");

	for (number = 0; number <= KVM_EXIT_STATS_OTHER; number++) {
		if (!kvm_exit_stats_defined(number) ||
		    !kvm_exit_stats_sum(sums, number, KVM_EXIT_STAT_EXITS))
			continue;

		seq_printf(m, "%6u %-26s", number, kvm_exit_stats_word(number, name));
		for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS; i++) {
			exits = kvm_exit_stats_sum(sums, number, KVM_EXIT_STAT_HISTOGRAM + i);
			if (exits)
				seq_printf(m, " %u:%llu", i, exits);
		}
		seq_putc(m, '\n');
	}
}

static int kvm_exit_stats_show(struct seq_file *m, struct kvm *kvm, struct kvm_vcpu *vcpu)
{
	struct kvm_exit_stats_sums *sums = kvm_exit_stats_read_sums(kvm, vcpu);

	if (!sums)
		return -ENOMEM;

	kvm_exit_stats_table(m, sums);
	kvm_exit_stats_histograms(m, sums);
	kvfree(sums);
	return 0;
}

static int kvm_exit_stats_vm_show(struct seq_file *m, void *v)
{
	return kvm_exit_stats_show(m, m->private, NULL);
}
DEFINE_SHOW_ATTRIBUTE(kvm_exit_stats_vm);

static int kvm_exit_stats_log(void *kvm, u64 val)
{
	struct kvm_exit_stats_sums *sums = kvm_exit_stats_read_sums(kvm, NULL);

	if (!sums)
		return -ENOMEM;

	kvm_exit_stats_table(NULL, sums);
	kvfree(sums);
	return 0;
}

/* A number, whichever, has the table written to the kernel log. */
DEFINE_DEBUGFS_ATTRIBUTE(kvm_exit_stats_log_fops, NULL, kvm_exit_stats_log, "%llu\n");

static int kvm_exit_stats_vcpu_show(struct seq_file *m, void *v)
{
	struct kvm_vcpu *vcpu = m->private;

	return kvm_exit_stats_show(m, vcpu->kvm, vcpu);
}
DEFINE_SHOW_ATTRIBUTE(kvm_exit_stats_vcpu);

/* A file that can be written to cannot be read either in a kernel that is locked down. */
void kvm_exit_stats_create_vm_debugfs(struct kvm *kvm)
{
	debugfs_create_file("exit_stats", 0444, kvm->debugfs_dentry, kvm,
			    &kvm_exit_stats_vm_fops);
	debugfs_create_file("exit_stats_log", 0200, kvm->debugfs_dentry, kvm,
			    &kvm_exit_stats_log_fops);
}

void kvm_exit_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu,
					struct dentry *debugfs_dentry)
{
	debugfs_create_file("exit_stats", 0444, debugfs_dentry, vcpu,
			    &kvm_exit_stats_vcpu_fops);
}
