/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual machines that make exits in numbers of their own, and then execute a list of CPUIDs,
 * RDMSRs and WRMSRs.
 */
#ifndef MARKED_VM_H
#define MARKED_VM_H

#include <inttypes.h>
#include <stdbool.h>

#include "check.h"
#include "leaf.h"
#include "raw-vm.h"
#include "reasons.h"

/* The list, in the machine's memory */
#define OPS		0x8000
#define NR_OPS		512
#define OP_SIZE		32
/* For the handler of exceptions, while there are no ops */
#define SCRATCH		0x7800

/* What a machine causes in a round, of each reason in numbers of its own */
#define OUTS		211
#define CALLS		307
#define PMCS		401
#define WAITS		503

enum kind {
	OP_CPUID,
	OP_RDMSR,
	OP_WRMSR,
	/* An exception came instead. */
	OP_FAULT = -1,
};

/* EAX, ECX, EDX before; EAX, EBX, ECX, EDX after */
struct op {
	int32_t kind;
	uint32_t eax, ecx, edx;
	struct regs regs;
};

_Static_assert(sizeof(struct op) == OP_SIZE, "as the code below has it");

/*
 * At "marked" the marked numbers of exits, then what the ops say; at "reader" the latter alone.
 * At "skip" the handler of exceptions: all that fault have two bytes.  VMCALL is for VMX.
 */
extern const char marked_begin[], marked_call[], reader_begin[], skip_begin[], all_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "marked_begin:\n"
    "	movl $" XSTR(OUTS) ", %edi\n"
    "1:	outb %al, $0x80\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    "	movl $" XSTR(CALLS) ", %edi\n"
    "1:	movl $0x7fff, %eax\n"
    "marked_call:\n"
    "	vmcall\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    "	movl $" XSTR(PMCS) ", %ebp\n"
    "	movl $" XSTR(SCRATCH) ", %edi\n"
    "1:	movl $0x3fffffff, %ecx\n"
    "	rdpmc\n"
    "	decl %ebp\n"
    "	jnz 1b\n"
    "	movl $" XSTR(WAITS) ", %edi\n"
    "1:	xorl %ecx, %ecx\n"
    "	mwait\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    "reader_begin:\n"
    "	movl $" XSTR(OPS) ", %edi\n"
    "1:	movl 4(%edi), %eax\n"
    "	movl 8(%edi), %ecx\n"
    "	movl 12(%edi), %edx\n"
    "	movl $" XSTR(POISON) ", %ebx\n"
    "	cmpl $1, (%edi)\n"
    "	jb 2f\n"
    "	je 3f\n"
    "	wrmsr\n"
    "	jmp 4f\n"
    "2:	cpuid\n"
    "	jmp 4f\n"
    "3:	rdmsr\n"
    "4:	movl %eax, 16(%edi)\n"
    "	movl %ebx, 20(%edi)\n"
    "	movl %ecx, 24(%edi)\n"
    "	movl %edx, 28(%edi)\n"
    "	addl $" XSTR(OP_SIZE) ", %edi\n"
    "	cmpl $(" XSTR(OPS) " + " XSTR(NR_OPS) " * " XSTR(OP_SIZE) "), %edi\n"
    "	jb 1b\n"
    "	hlt\n"
    "skip_begin:\n"
    "	pushw %bp\n"
    "	movw %sp, %bp\n"
    "	addw $2, 2(%bp)\n"
    "	popw %bp\n"
    "	movl $-1, (%edi)\n"
    "	iretw\n"
    "all_end:\n"
    "	.code64\n"
    ".popsection\n");

#define AT(label)	(CODE + (label) - marked_begin)

/* By its numbers, a reason whose exits "marked" causes, so often */
struct mark {
	uint32_t vmx, svm, times;
};

static const struct mark marks[] = {
	{ EXIT_REASON_IO_INSTRUCTION, SVM_EXIT_IOIO, OUTS },
	{ EXIT_REASON_VMCALL, SVM_EXIT_VMMCALL, CALLS },
	{ EXIT_REASON_RDPMC, SVM_EXIT_RDPMC, PMCS },
	{ EXIT_REASON_MWAIT_INSTRUCTION, SVM_EXIT_MWAIT, WAITS },
};

struct machine {
	struct vm vm;
	int stats_fd;
	/* RDTSC before it was made */
	uint64_t born;
	/* What its exits have to be, and what they cannot be more than */
	uint64_t cpuids, goes;
};

static inline uint32_t number_of(const struct mark *mark)
{
	return reasons == &vmx_reasons ? mark->vmx : mark->svm;
}

static inline struct op *ops_of(const struct machine *machine)
{
	return (struct op *)(machine->vm.memory + OPS);
}

/* Code and the vectors of #UD and #GP, which a machine may have overwritten */
static inline void write_code(const struct machine *machine)
{
	static const char vmmcall[] = { 0x0f, 0x01, 0xd9 };
	uint16_t *vectors = (uint16_t *)machine->vm.memory;

	memcpy(machine->vm.memory + CODE, marked_begin, all_end - marked_begin);
	if (reasons != &vmx_reasons)
		memcpy(machine->vm.memory + AT(marked_call), vmmcall, sizeof(vmmcall));
	vectors[2 * 6] = vectors[2 * 13] = AT(skip_begin);
	vectors[2 * 6 + 1] = vectors[2 * 13 + 1] = 0;
}

/* Run from @at to the HLT.  Returns false if the guest has not come to it. */
static inline bool go(struct machine *machine, unsigned long at)
{
	const struct vm *vm = &machine->vm;
	struct kvm_regs regs = { .rip = at, .rsp = 0x7000, .rflags = 2 };

	write_code(machine);
	start_in_real_mode(vm->vcpu);
	kvm_ioctl(vm->vcpu, KVM_SET_REGS, &regs, "KVM_SET_REGS");
	do {
		if (ioctl(vm->vcpu, KVM_RUN, NULL) < 0)
			return false;
	} while (vm->run->exit_reason == KVM_EXIT_IO);
	machine->goes++;
	return vm->run->exit_reason == KVM_EXIT_HLT;
}

static inline struct machine make_machine(void)
{
	struct machine machine = { .born = __builtin_ia32_rdtsc() };

	machine.vm = create_vm(marked_begin, all_end);
	set_cpuid(&machine.vm);
	machine.stats_fd = kvm_ioctl(machine.vm.vcpu, KVM_GET_STATS_FD, NULL, "KVM_GET_STATS_FD");
	return machine;
}

static inline void end_machine(const struct machine *machine)
{
	munmap(machine->vm.run, kvm_ioctl(machine->vm.kvm, KVM_GET_VCPU_MMAP_SIZE, NULL,
					  "KVM_GET_VCPU_MMAP_SIZE"));
	munmap(machine->vm.memory, MEMORY_SIZE);
	close(machine->stats_fd);
	close(machine->vm.vcpu);
	close(machine->vm.fd);
	close(machine->vm.kvm);
}

/* The counts that it has to read: of the marked reasons, in the end of CPUID; its identity */
static inline void pick_marks(struct op *ops)
{
	size_t i;

	memset(ops, 0, NR_OPS * sizeof(*ops));
	for (i = 0; i < NR_OPS; i++)
		ops[i].eax = KVM_EXIT_STATS_CPUID_TOTALS;
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		ops[i].eax = KVM_EXIT_STATS_CPUID_REASON;
		ops[i].ecx = number_of(&marks[i]);
	}
	ops[i].ecx = KVM_EXIT_STATS_IDENTITY;
	ops[NR_OPS - 1].eax = KVM_EXIT_STATS_CPUID_REASON;
	ops[NR_OPS - 1].ecx = reasons->cpuid;
}

#endif
