// SPDX-License-Identifier: GPL-2.0
/*
 * vm-exits COUNT FILE: a virtual machine that causes at least COUNT exits of many reasons, then
 * stops, and stays there until somebody ends this.  FILE has then the exit numbers, and how often
 * each was caused, where that is known beforehand.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "leaf.h"
#include "raw-vm.h"
#include "reasons.h"

/* What a round of the guest's consists of */
#define CPUIDS		11
#define RDMSRS		5
#define WRMSRS		7
#define HYPERCALLS	9
#define FLUSHES		4
#define INVALIDS	3
#define OUTS		2
#define INS		1
#define MMIOS		1
#define HALTS		1
#define ROUND		(CPUIDS + RDMSRS + WRMSRS + HYPERCALLS + FLUSHES + INVALIDS + OUTS + \
			 INS + MMIOS + HALTS)

/* An MSR that each KVM has, and no vCPU by itself: the first of the MTRRs */
#define MSR		0x200
#define VECTOR_INVALID	6
/* A segment where there is no memory */
#define NO_MEMORY	0x1000

#define REPEAT(times, what) ".rept " XSTR(times) "\n" what "\n.endr\n"

extern const char exits_begin[], exits_end[], exits_invalid[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "exits_begin:\n"
    "	movw $" XSTR(NO_MEMORY) ", %ax\n"
    "	movw %ax, %es\n"
    "1:\n"
    REPEAT(CPUIDS, "xorl %eax, %eax\n cpuid")
    "	movl $" XSTR(MSR) ", %ecx\n"
    REPEAT(RDMSRS, "rdmsr")
    REPEAT(OUTS, "outb %al, $0x80")
    "	xorl %eax, %eax\n"
    "	xorl %edx, %edx\n"
    REPEAT(WRMSRS, "wrmsr")
    "	movb %es:0, %al\n"
    /* An invalid number, so that it does nothing */
    REPEAT(HYPERCALLS, "movl $-1, %eax\n vmcall")
    REPEAT(FLUSHES, "wbinvd")
    REPEAT(INS, "inb $0x80, %al")
    REPEAT(INVALIDS, "ud2")
    "	hlt\n"
    "	jmp 1b\n"
    /* Go on after the UD2. */
    "exits_invalid:\n"
    "	movw %sp, %bp\n"
    "	addw $2, (%bp)\n"
    "	iretw\n"
    "exits_end:\n"
    "	.code64\n"
    ".popsection\n");

/* AMD has another instruction for a hypercall, which KVM would write itself otherwise. */
static void use_vmmcall(uint8_t *code, size_t size)
{
	size_t i;

	for (i = 0; i + 3 <= size; i++) {
		if (!memcmp(code + i, "\x0f\x01\xc1", 3))
			code[i + 2] = 0xd9;
	}
}

static struct vm create(void)
{
	struct vm vm = create_vm(exits_begin, exits_end);

	if (reasons == &svm_reasons)
		use_vmmcall(vm.memory + CODE, exits_end - exits_begin);
	/* Real mode's table of interrupt vectors: an offset, and segment 0 */
	*(uint32_t *)(vm.memory + 4 * VECTOR_INVALID) = CODE + (exits_invalid - exits_begin);
	return vm;
}

/* One round: to the HLT. */
static void run_round(const struct vm *vm)
{
	do {
		kvm_ioctl(vm->vcpu, KVM_RUN, NULL, "KVM_RUN");
		if (vm->run->exit_reason != KVM_EXIT_IO && vm->run->exit_reason != KVM_EXIT_MMIO &&
		    vm->run->exit_reason != KVM_EXIT_HLT)
			errx(3, "KVM_RUN: exit reason %" PRIu32, vm->run->exit_reason);
	} while (vm->run->exit_reason != KVM_EXIT_HLT);
}

static void write_known(const char *path, uint64_t rounds)
{
	const bool svm = reasons == &svm_reasons;
	const struct {
		uint32_t number, times;
	} known[] = {
		{ reasons->cpuid, CPUIDS },
		{ reasons->port, OUTS + INS },
		{ reasons->hlt, HALTS },
		{ reasons->rdmsr, svm ? RDMSRS + WRMSRS : RDMSRS },
		{ reasons->wrmsr, svm ? RDMSRS + WRMSRS : WRMSRS },
		{ svm ? SVM_EXIT_VMMCALL : EXIT_REASON_VMCALL, HYPERCALLS },
		{ svm ? SVM_EXIT_WBINVD : EXIT_REASON_WBINVD, FLUSHES },
		{ svm ? SVM_EXIT_EXCP_BASE + VECTOR_INVALID : EXIT_REASON_EXCEPTION_NMI, INVALIDS },
	};
	FILE *file = fopen(path, "w");
	size_t i;

	if (!file)
		err(3, "%s", path);
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		/* AMD has one number for both. */
		if (i && known[i].number == known[i - 1].number)
			continue;
		fprintf(file, "%" PRIu32 " %" PRIu64 "\n", known[i].number,
			rounds * known[i].times);
	}
	if (fclose(file))
		err(3, "%s", path);
}

int main(int argc, char **argv)
{
	uint64_t rounds, i;
	struct vm vm;

	if (argc != 3)
		errx(1, "usage: vm-exits COUNT FILE");
	choose_reasons();
	rounds = (strtoull(argv[1], NULL, 10) + ROUND - 1) / ROUND;
	vm = create();
	for (i = 0; i < rounds; i++)
		run_round(&vm);
	write_known(argv[2], rounds);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
