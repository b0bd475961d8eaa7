/* SPDX-License-Identifier: GPL-2.0 */
/* The first counter of the virtual PMU of a machine of raw-vm.h */
#ifndef RAW_PMU_H
#define RAW_PMU_H

#include <stdbool.h>

#include "leaves.h"
#include "raw-vm.h"
#include "reasons.h"

/* Bits of an event select: at any CPL, and enabled */
#define SELECT_ALL_LEVELS (3ULL << 16)
#define SELECT_ENABLE	(1ULL << 22)

struct one_msr {
	struct kvm_msrs msrs;
	struct kvm_msr_entry entry;
};

static void set_msr(const struct vm *vm, uint32_t index, uint64_t value)
{
	struct one_msr msr = {
		.msrs.nmsrs = 1, .entry.index = index, .entry.data = value,
	};

	if (kvm_ioctl(vm->vcpu, KVM_SET_MSRS, &msr, "KVM_SET_MSRS") != 1)
		errx(3, "there is no virtual PMU");
}

/* Have the counter count all exits, or another event: nothing. */
static void enable_counter(const struct vm *vm, bool armed)
{
	uint64_t umask = armed ? KVM_EXIT_STATS_UMASK_ALL : reasons->no_umask;

	/* Not all kernels have the counters enabled after a reset. */
	if (reasons->global_control)
		set_msr(vm, reasons->global_control, 1);
	set_msr(vm, reasons->event_msr, reasons->event | umask << 8 | SELECT_ALL_LEVELS |
		SELECT_ENABLE);
}

/* End the program if the counter has not counted @least exits, or if it was to count nothing. */
static void check_counter(const struct vm *vm, bool armed, uint64_t least)
{
	struct one_msr msr = { .msrs.nmsrs = 1, .entry.index = reasons->counter_msr };

	kvm_ioctl(vm->vcpu, KVM_GET_MSRS, &msr, "KVM_GET_MSRS");
	if (armed ? msr.entry.data < least : msr.entry.data)
		errx(3, "the counter has counted %llu exits",
		     (unsigned long long)msr.entry.data);
}

#endif
