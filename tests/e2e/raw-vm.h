/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual machines made without QEMU: vCPUs in real mode, with interrupts disabled,
 * whose few instructions are known one by one.
 */
#ifndef RAW_VM_H
#define RAW_VM_H

#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "leaves.h"

#define MEMORY_SIZE	0x10000
#define CODE		0x1000
#define RESULT		0x8000

/* Room for what KVM_GET_SUPPORTED_CPUID says */
#define MAX_ENTRIES	256

#define STR(x)		#x
#define XSTR(x)		STR(x)

#define STORE(reg, offset) "	movl %" #reg ", " XSTR(RESULT) " + " #offset "\n"

struct vm {
	int kvm;
	int fd;
	/* The first one */
	int vcpu;
	struct kvm_run *run;
	uint8_t *memory;
};

static int kvm_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	int result = ioctl(fd, request, arg);

	if (result < 0)
		err(3, "%s", what);
	return result;
}

static void *map(size_t size, int flags, int fd)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED)
		err(3, "mmap");
	return memory;
}

static void start_in_real_mode(int vcpu)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2 };
	struct kvm_sregs sregs;

	kvm_ioctl(vcpu, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	kvm_ioctl(vcpu, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	kvm_ioctl(vcpu, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

static int open_kvm(void)
{
	int kvm = open("/dev/kvm", O_RDWR);

	if (kvm < 0)
		err(3, "/dev/kvm");
	return kvm;
}

/*
 * A machine of one vCPU, with what is from @code to @end at CODE in its memory, and with the
 * interrupt controllers in KVM if @irqchip.
 */
static struct vm create_machine(const char *code, const char *end, bool irqchip)
{
	struct vm vm = { .kvm = open_kvm() };

	vm.memory = map(MEMORY_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
	memcpy(vm.memory + CODE, code, end - code);

	struct kvm_userspace_memory_region region = {
		.memory_size = MEMORY_SIZE,
		.userspace_addr = (uintptr_t)vm.memory,
	};

	vm.fd = kvm_ioctl(vm.kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	kvm_ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
	if (irqchip)
		kvm_ioctl(vm.fd, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
	vm.vcpu = kvm_ioctl(vm.fd, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
	vm.run = map(kvm_ioctl(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, NULL,
			       "KVM_GET_VCPU_MMAP_SIZE"), MAP_SHARED, vm.vcpu);
	start_in_real_mode(vm.vcpu);
	return vm;
}

static inline struct vm create_vm(const char *code, const char *end)
{
	return create_machine(code, end, false);
}

/*
 * What KVM supports, which a vCPU has no CPUID without.  If @hides, the signature is zeros, which
 * hides all statistics.
 */
static inline void set_cpuid_hiding(const struct vm *vm, bool hides)
{
	struct kvm_cpuid_entry2 zeros = { .function = KVM_EXIT_STATS_CPUID_SIGNATURE };
	struct kvm_cpuid2 *cpuid;
	uint32_t i, nr;

	cpuid = calloc(1, sizeof(*cpuid) + MAX_ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		err(3, "calloc");
	cpuid->nent = MAX_ENTRIES;
	kvm_ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid, "KVM_GET_SUPPORTED_CPUID");
	for (i = 0, nr = 0; i < cpuid->nent; i++) {
		/* The TSC deadline timer, of which some kernels tell by a capability only */
		if (cpuid->entries[i].function == 1)
			cpuid->entries[i].ecx |= 1 << 24;
		if (cpuid->entries[i].function != KVM_EXIT_STATS_CPUID_SIGNATURE)
			cpuid->entries[nr++] = cpuid->entries[i];
	}
	if (hides)
		cpuid->entries[nr++] = zeros;
	cpuid->nent = nr;
	kvm_ioctl(vm->vcpu, KVM_SET_CPUID2, cpuid, "KVM_SET_CPUID2");
	free(cpuid);
}

/*
 * The signature is left out, so that all modules look through the same entries: one more is 6
 * instructions a search.
 */
static inline void set_cpuid(const struct vm *vm)
{
	set_cpuid_hiding(vm, false);
}

#endif
