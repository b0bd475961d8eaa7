// SPDX-License-Identifier: GPL-2.0
/*
 * exit-bench [armed|other]: what an exit of each kind costs a guest, exit and re-entry, in ticks
 * of its TSC, the median of TIMES.  In Bochs a tick is an instruction.  Prints "NAME 1 TICKS"
 * for each.  armed: while a counter of the virtual PMU counts all exits; other: while it counts
 * another event.
 *
 * exit-bench load RUNS EXITS-LEAF CYCLES-LEAF: cause each kind of exit whose number is known
 * RUNS * TIMES times, when there is a line of input.  Prints "pid PID" before, and "ticks TICKS"
 * after, what a CPUID took the guest.  Then, when there is another, "told REASON EXITS CYCLES CAUSED", what the
 * leaves answer the guest and what that had caused until then, "exits REASON EXITS", all that it
 * has caused, and "fast EXITS", those that KVM handles in its fast path; waits for a third.
 */
#include <stdio.h>
#include <stdlib.h>

#include "leaves.h"
#include "raw-pmu.h"
#include "raw-vm.h"
#include "reasons.h"

#define TIMES		200

/* Ports that are KVM's own 8259, the VMM's, and the VMM's for the end of a run */
#define PIC_PORT	0x21
#define VMM_PORT	0x80
#define END_PORT	0x81

/* Addresses that are KVM's own IOAPIC, and nobody's */
#define IOAPIC		0xfec00000
#define NO_MEMORY	0xd0000000

/* Memory that the guest touches a page at a time */
#define PAGES_AT	0x100000
#define PAGES_SIZE	(TIMES * 0x1000)

/*
 * A vector, the handler of its interrupts, which overwrites EAX, ECX and EDX, and where that
 * leaves when it was called
 */
#define VECTOR		0x40
#define HANDLER		0x3000
#define HANDLER_TSC	0x7000

/* Ticks from the setting of a timer to its end: longer than it takes to set it, or to sleep */
#define DEADLINE	60000
#define FAR_DEADLINE	0x10000000

/* More than there are between two turns of a loop without an exit */
#define GAP		100

/* MSRs of the x2APIC, the one for the TSC deadline, and one whose writes KVM ignores */
#define EOI		0x80b
#define SPURIOUS	0x80f
#define ICR		0x830
#define LVT_TIMER	0x832
#define TSC_DEADLINE	0x6e0
#define MICROCODE	0x8b

#define WRMSR(msr)	"	movl $" XSTR(msr) ", %ecx\n	wrmsr\n"
#define SET_MSR(msr, value) \
	"	movl $" XSTR(value) ", %eax\n	xorl %edx, %edx\n" WRMSR(msr)
#define SET_DEADLINE(ticks) \
	"	rdtsc\n	addl $" XSTR(ticks) ", %eax\n	adcl $0, %edx\n" \
	WRMSR(TSC_DEADLINE)

/*
 * TIMES times @code, which leaves in EAX what it took, between @name_begin and _end.  EDI
 * counts them down, EBX is the code's own, and begins with @start.
 */
#define GUEST(name, start, code) \
	extern const char name##_begin[], name##_end[]; \
	asm(".pushsection .rodata\n" \
	    "	.code16\n" \
	    #name "_begin:\n" \
	    SET_MSR(SPURIOUS, 0x1ff) \
	    SET_MSR(LVT_TIMER, 0x40000 + VECTOR) \
	    "	movl $" XSTR(start) ", %ebx\n" \
	    "	movl $" XSTR(TIMES) ", %edi\n" \
	    "1:\n" \
	    code \
	    "	movl %eax, " XSTR(RESULT) " - 4(, %edi, 4)\n" \
	    "	decl %edi\n" \
	    "	jnz 1b\n" \
	    "	outb %al, $" XSTR(END_PORT) "\n" \
	    #name "_end:\n" \
	    "	.code64\n" \
	    ".popsection\n")

#define TIMED(code) \
	"	rdtsc\n	movl %eax, %esi\n" code "	rdtsc\n	subl %esi, %eax\n"

/* From ESI to the interrupt that the code leads to */
#define UNTIL_INTERRUPT(code) \
	code "	sti\n	hlt\n	cli\n" \
	"	movl " XSTR(HANDLER_TSC) ", %eax\n	subl %esi, %eax\n"

GUEST(cpuid, 0, TIMED("	xorl %eax, %eax\n	cpuid\n"));
GUEST(port_kvm, 0, TIMED("	inb $" XSTR(PIC_PORT) ", %al\n"));
GUEST(port_vmm, 0, TIMED("	outb %al, $" XSTR(VMM_PORT) "\n"));
GUEST(wrmsr, 0, TIMED(SET_MSR(MICROCODE, 0)));
/* To an APIC that there is not */
GUEST(ipi, 0, TIMED("	movl $" XSTR(VECTOR) ", %eax\n	movl $2, %edx\n" WRMSR(ICR)));
GUEST(deadline, 0, TIMED(SET_DEADLINE(FAR_DEADLINE)));
/* The exit at the deadline is the gap in a loop that reads the TSC. */
GUEST(timer, 0,
      SET_DEADLINE(DEADLINE)
      "	rdtsc\n"
      "2:	movl %eax, %esi\n"
      "	rdtsc\n"
      "	movl %eax, %edx\n"
      "	subl %esi, %edx\n"
      "	cmpl $" XSTR(GAP) ", %edx\n"
      "	jb 2b\n"
      "	movl %edx, %ebp\n"
      /* The interrupt of it */
      "	sti\n"
      "	nop\n"
      "	cli\n"
      "	movl %ebp, %eax\n");
/* To this APIC: what would end the sleep is there already. */
GUEST(halt, 0, UNTIL_INTERRUPT(SET_MSR(ICR, VECTOR) "	rdtsc\n	movl %eax, %esi\n"));
/* How long after the deadline the guest runs again */
GUEST(wakeup, 0, UNTIL_INTERRUPT(SET_DEADLINE(DEADLINE) "	movl %eax, %esi\n"));
GUEST(page, PAGES_AT, TIMED("	movl %eax, (%ebx)\n") "	addl $0x1000, %ebx\n");
GUEST(mmio_kvm, IOAPIC, TIMED("	movl (%ebx), %eax\n"));
GUEST(mmio_vmm, NO_MEMORY, TIMED("	movl (%ebx), %eax\n"));
/* KVM_HC_VAPIC_POLL_IRQ, which does nothing */
GUEST(hypercall, 0, TIMED("	movl $1, %eax\n	vmcall\n"));

extern const char handler_begin[], handler_end[], read_begin[], read_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "handler_begin:\n"
    "	rdtsc\n"
    "	movl %eax, " XSTR(HANDLER_TSC) "\n"
    SET_MSR(EOI, 0)
    "	iret\n"
    "handler_end:\n"
    /* What the leaf and the index at RESULT answer */
    "read_begin:\n"
    "	movl " XSTR(RESULT) ", %eax\n"
    "	movl " XSTR(RESULT) " + 4, %ecx\n"
    "	cpuid\n"
    STORE(eax, 0)
    STORE(ecx, 4)
    "	outb %al, $" XSTR(END_PORT) "\n"
    "read_end:\n"
    "	.code64\n"
    ".popsection\n");

/* Exits of a kind; @reason is 0 if their number is not known beforehand. */
struct kind {
	const char *name;
	const char *begin, *end;
	uint32_t reason;
	bool fast;
};

#define KIND(name, guest) name, guest##_begin, guest##_end

/* The first is vm-bench's in the comparison. */
static const struct kind kinds[] = {
	{ KIND("cpuid", cpuid), .reason = EXIT_REASON_CPUID },
	{ KIND("port-kvm", port_kvm), .reason = EXIT_REASON_IO_INSTRUCTION },
	{ KIND("port-vmm", port_vmm), .reason = EXIT_REASON_IO_INSTRUCTION },
	{ KIND("wrmsr", wrmsr), .reason = EXIT_REASON_MSR_WRITE },
	{ KIND("wrmsr-ipi", ipi), .reason = EXIT_REASON_MSR_WRITE, .fast = true },
	{ KIND("wrmsr-deadline", deadline), .reason = EXIT_REASON_MSR_WRITE, .fast = true },
	{ KIND("timer", timer), .reason = 0 },
	{ KIND("halt", halt), .reason = 0 },
	{ KIND("wake-up", wakeup), .reason = 0 },
	{ KIND("page", page), .reason = 0 },
	{ KIND("mmio-kvm", mmio_kvm), .reason = 0 },
	{ KIND("mmio-vmm", mmio_vmm), .reason = 0 },
	{ KIND("hypercall", hypercall), .reason = EXIT_REASON_VMCALL },
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The segment of all data has no end, so that the guest reaches all addresses. */
static void start(const struct vm *vm)
{
	struct kvm_sregs sregs;

	start_in_real_mode(vm->vcpu);
	kvm_ioctl(vm->vcpu, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.ds.limit = UINT32_MAX;
	sregs.ds.g = 1;
	/* The x2APIC */
	sregs.apic_base |= 0xc00;
	kvm_ioctl(vm->vcpu, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
}

/* Run to the end of the guest's code. */
static void run(const struct vm *vm)
{
	start(vm);
	for (;;) {
		kvm_ioctl(vm->vcpu, KVM_RUN, NULL, "KVM_RUN");
		if (vm->run->exit_reason == KVM_EXIT_IO && vm->run->io.port == END_PORT)
			return;
		if (vm->run->exit_reason != KVM_EXIT_IO && vm->run->exit_reason != KVM_EXIT_MMIO)
			errx(3, "KVM_RUN: exit reason %u", vm->run->exit_reason);
	}
}

static struct vm create(const struct kind *kind)
{
	struct vm vm = create_machine(kind->begin, kind->end, true);
	struct kvm_userspace_memory_region pages = {
		.slot = 1, .guest_phys_addr = PAGES_AT, .memory_size = PAGES_SIZE,
	};
	uint16_t handler[2] = { HANDLER, 0 };
	void *memory;

	memory = map(PAGES_SIZE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
	pages.userspace_addr = (uintptr_t)memory;
	kvm_ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &pages, "KVM_SET_USER_MEMORY_REGION");
	memcpy(vm.memory + VECTOR * sizeof(handler), handler, sizeof(handler));
	memcpy(vm.memory + HANDLER, handler_begin, handler_end - handler_begin);
	set_cpuid(&vm);
	return vm;
}

/* Its memory stays: little, and soon this ends. */
static void destroy(const struct vm *vm)
{
	munmap(vm->run, kvm_ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE"));
	close(vm->vcpu);
	close(vm->fd);
	close(vm->kvm);
}

static int compare_ticks(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t median(const struct vm *vm)
{
	uint32_t *ticks = (uint32_t *)(vm->memory + RESULT);

	qsort(ticks, TIMES, sizeof(*ticks), compare_ticks);
	return ticks[TIMES / 2];
}

static void bench(bool pmu, bool armed)
{
	struct vm vm;
	size_t i;

	for (i = 1; i < NR_KINDS; i++) {
		vm = create(&kinds[i]);
		if (pmu)
			enable_counter(&vm, armed);
		run(&vm);
		if (pmu)
			check_counter(&vm, armed, TIMES);
		printf("%s 1 %u\n", kinds[i].name, median(&vm));
		destroy(&vm);
	}
}

static void put_code(const struct vm *vm, const char *begin, const char *end)
{
	memcpy(vm->memory + CODE, begin, end - begin);
}

/* What the guest is told by @leaf of its exits for @reason: EAX, and ECX. */
static void read_leaf(const struct vm *vm, uint32_t leaf, uint32_t reason, uint32_t *told)
{
	uint32_t *result = (uint32_t *)(vm->memory + RESULT);

	result[0] = leaf;
	result[1] = reason;
	put_code(vm, read_begin, read_end);
	run(vm);
	memcpy(told, result, 2 * sizeof(*told));
}

/* Cause the exits of each known kind, and count them by reason, and those of the fast path. */
static uint32_t cause_exits(const struct vm *vm, unsigned long runs, unsigned int *exits,
			    unsigned int *fast)
{
	uint32_t ticks = 0;
	unsigned long r;
	size_t i;

	for (i = 0; i < NR_KINDS; i++) {
		if (!kinds[i].reason)
			continue;
		put_code(vm, kinds[i].begin, kinds[i].end);
		for (r = 0; r < runs; r++) {
			run(vm);
			exits[kinds[i].reason] += TIMES;
			*fast += kinds[i].fast ? TIMES : 0;
			/* The APIC is set up, and the run ended. */
			exits[EXIT_REASON_MSR_WRITE] += 2;
			exits[EXIT_REASON_IO_INSTRUCTION]++;
		}
		if (!i)
			ticks = median(vm);
	}
	return ticks;
}

static void print(const char *what, unsigned int value)
{
	printf("%s %u\n", what, value);
	fflush(stdout);
}

static void load(unsigned long runs, uint32_t exits_leaf, uint32_t cycles_leaf)
{
	unsigned int exits[NR_NUMBERS] = { 0 }, fast = 0, i;
	struct vm vm = create(&kinds[0]);
	uint32_t told[2], cycles[2];

	print("pid", getpid());
	getchar();
	print("ticks", cause_exits(&vm, runs, exits, &fast));
	getchar();
	for (i = 0; i < NR_NUMBERS; i++) {
		if (!exits[i])
			continue;
		exits[EXIT_REASON_CPUID]++;
		read_leaf(&vm, exits_leaf, i, told);
		printf("told %u %u ", i, told[0]);
		read_leaf(&vm, cycles_leaf, i, cycles);
		printf("%u %u\n", cycles[1], exits[i]);
		exits[EXIT_REASON_CPUID]++;
		exits[EXIT_REASON_IO_INSTRUCTION] += 2;
	}
	for (i = 0; i < NR_NUMBERS; i++) {
		if (exits[i])
			printf("exits %u %u\n", i, exits[i]);
	}
	print("fast", fast);
	getchar();
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	choose_reasons();
	/* A guest that sleeps for ever is ended: nothing here takes long. */
	alarm(120);
	if (!strcmp(how, "load") && argc == 5)
		load(strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0),
		     strtoul(argv[4], NULL, 0));
	else if (argc == 1 || (argc == 2 && (!strcmp(how, "armed") || !strcmp(how, "other"))))
		bench(argc > 1, !strcmp(how, "armed"));
	else
		errx(1, "usage: exit-bench [armed|other] | load RUNS EXITS-LEAF CYCLES-LEAF");
	return 0;
}
