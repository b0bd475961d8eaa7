// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: a vCPU's binary statistics, see KVM_GET_STATS_FD.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/slab.h>

#include "exit_stats.h"

struct kvm_vcpu_stats_block {
	struct kvm_vcpu_stat stat;
	struct kvm_exit_stats_data data;
};

/* The values are filled in when userspace reads, so that no exit pays for that. */
ssize_t kvm_arch_vcpu_stats_read(struct kvm_vcpu *vcpu, char __user *user_buffer,
				 size_t size, loff_t *offset)
{
	struct kvm_vcpu_stats_block *block = kvzalloc(sizeof(*block), GFP_KERNEL_ACCOUNT);
	ssize_t r;

	BUILD_BUG_ON(offsetof(struct kvm_vcpu_stats_block, data) != sizeof(block->stat));
	if (!block)
		return -ENOMEM;

	block->stat = vcpu->stat;
	kvm_exit_stats_read_data(vcpu, &block->data);
	r = kvm_stats_read(vcpu->stats_id, &kvm_vcpu_stats_header, kvm_vcpu_stats_desc,
			   block, sizeof(*block), user_buffer, size, offset);
	kvfree(block);
	return r;
}
