// SPDX-License-Identifier: GPL-2.0
/* vm-check NAME: checks with a virtual machine of their own. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "check.h"
#include "late-vm.h"
#include "leaf.h"
#include "leaves.h"
#include "raw-vm.h"
#include "reasons.h"

/* What the guest does, and how often. */
#define LOOPS		50000
#define CPUIDS		100
#define MANY		32
#define FAILURES	3

/* A TSC, then the sum of all exits; OUTS times a loop and an OUT; both again. */
extern const char closure_begin[], closure_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "closure_begin:\n"
    "	rdtsc\n"
    STORE(eax, 0)
    STORE(edx, 4)
    "	movl $" XSTR(KVM_EXIT_STATS_CPUID_TOTALS) ", %eax\n"
    "	movl $" XSTR(KVM_EXIT_STATS_SUM) ", %ecx\n"
    "	cpuid\n"
    STORE(eax, 32)
    STORE(ecx, 16)
    STORE(ebx, 20)
    "	movl $" XSTR(OUTS) ", %edi\n"
    "1:	movl $" XSTR(LOOPS) ", %ecx\n"
    "2:	decl %ecx\n"
    "	jnz 2b\n"
    "	outb %al, $0x80\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    "	rdtsc\n"
    STORE(eax, 8)
    STORE(edx, 12)
    "	movl $" XSTR(KVM_EXIT_STATS_CPUID_TOTALS) ", %eax\n"
    "	movl $" XSTR(KVM_EXIT_STATS_SUM) ", %ecx\n"
    "	cpuid\n"
    STORE(eax, 36)
    STORE(ecx, 24)
    STORE(ebx, 28)
    "	hlt\n"
    "closure_end:\n"
    "	.code64\n"
    ".popsection\n");

/* From one RDTSC to the other */
#define CLOSURE_INSTRUCTIONS	(10 + OUTS * (1 + 2 * LOOPS + 3))

struct closure {
	uint64_t tsc_begin, tsc_end;
	uint64_t cycles_begin, cycles_end;
	uint32_t exits_begin, exits_end;
};

extern const char nested_begin[], nested_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "nested_begin:\n"
    "	movl $" XSTR(CPUIDS) ", %edi\n"
    "1:	xorl %eax, %eax\n"
    "	cpuid\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    "	hlt\n"
    "nested_end:\n"
    "	.code64\n"
    ".popsection\n");

/*
 * Time in the guest and time in exits make up all time.  Each tick of the TSC is
 * an instruction here, so that the guest's part is known beforehand.
 */
static void check_closure(void)
{
	struct vm vm = create_vm(closure_begin, closure_end);
	uint64_t elapsed, cycles, exits, difference;
	struct closure result;

	run_vm(&vm);
	memcpy(&result, vm.memory + RESULT, sizeof(result));
	elapsed = result.tsc_end - result.tsc_begin;
	cycles = result.cycles_end - result.cycles_begin;
	exits = result.exits_end - result.exits_begin;
	difference = elapsed - cycles - CLOSURE_INSTRUCTIONS;

	printf("# elapsed %" PRIu64 " cycles, in the guest %d, in %" PRIu64 " exits %" PRIu64
	       ", unaccounted %" PRId64 ", per exit %" PRId64 "\n", elapsed,
	       CLOSURE_INSTRUCTIONS, exits, cycles, (int64_t)difference,
	       (int64_t)(difference / exits));
	check(cycles > elapsed / 4 && (uint64_t)CLOSURE_INSTRUCTIONS > elapsed / 4,
	      "guest and exits have a good part of the time each");
	check(difference < elapsed / 100,
	      "guest and exits together are the time elapsed within 1 %%: %.3f %% less",
	      100.0 * (int64_t)difference / elapsed);
}

/* This runs in a virtual machine itself, and tells its own guest's exits apart. */
static void check_nested(void)
{
	struct vm vm = create_vm(nested_begin, nested_end);
	struct pair before, after, resumes_before, resumes;

	resumes_before = read_reason(reasons->enter_guest);
	before = read_view(reasons->cpuid, KVM_EXIT_STATS_VIEW_LONGEST);
	run_vm(&vm);
	after = read_view(reasons->cpuid, KVM_EXIT_STATS_VIEW_LONGEST);
	resumes = read_reason(reasons->enter_guest);

	check(after.b - before.b == CPUIDS,
	      "exits while a guest of the guest ran: %d CPUIDs expected, %" PRIu64
	      " counted", CPUIDS, after.b - before.b);
	check(resumes.exits - resumes_before.exits >= CPUIDS,
	      "the guest resumed its guest at least as often, %" PRIu64,
	      resumes.exits - resumes_before.exits);
	check(read_view(reasons->enter_guest, KVM_EXIT_STATS_VIEW_LONGEST).b == 0,
	      "which are exits of the guest itself");
}

static void switch_on(void)
{
	int fd = open("/sys/module/kvm/parameters/exit_stats", O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		err(3, "exit_stats");
	close(fd);
}

/* The statistics are switched on after the machine has been made, and has run. */
static void check_late(void)
{
	struct vm vm = create_vm(late_begin, late_end);
	uint64_t exits;

	run_late(&vm, reasons->port);
	switch_on();
	exits = run_late(&vm, reasons->port).exits;
	check(exits == OUTS, "a VM from before they were switched on counts from then on: %"
	      PRIu64 " of %d", exits, OUTS);
	exits = run_late(&vm, reasons->port).exits;
	check(exits == 2 * OUTS, "and goes on to: %" PRIu64 " of %d", exits, 2 * OUTS);
}

/* A state of the guest that no hardware enters: code of 64 and of 32 bits at once */
static void break_state(int vcpu)
{
	struct kvm_sregs sregs;

	kvm_ioctl(vcpu, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cr0 = 0x80000001;
	sregs.cr4 = 0x20;
	sregs.efer = 0x500;
	sregs.cs.l = 1;
	sregs.cs.db = 1;
	kvm_ioctl(vcpu, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
}

static void inject_divide_error(int vcpu, bool error_code)
{
	struct kvm_vcpu_events events;

	kvm_ioctl(vcpu, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS");
	events.exception.injected = 1;
	events.exception.nr = 0;
	events.exception.has_error_code = error_code;
	kvm_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events, "KVM_SET_VCPU_EVENTS");
}

/* An event that VMX does not inject: #DE has no error code. */
static void break_event(int vcpu)
{
	struct kvm_sregs sregs;

	kvm_ioctl(vcpu, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cr0 |= 1;
	kvm_ioctl(vcpu, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	inject_divide_error(vcpu, true);
}

/*
 * A machine whose first entries fail, FAILURES of them, and that is then well: the exits of
 * @number that there have been.
 */
static struct pair run_failing(void (*break_vcpu)(int vcpu), uint32_t number)
{
	struct vm vm = create_vm(late_begin, late_end);
	struct kvm_sregs sregs;
	int i;

	set_cpuid(&vm);
	kvm_ioctl(vm.vcpu, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	for (i = 0; i < FAILURES; i++) {
		break_vcpu(vm.vcpu);
		kvm_ioctl(vm.vcpu, KVM_RUN, NULL, "KVM_RUN");
		if (vm.run->exit_reason != KVM_EXIT_FAIL_ENTRY)
			errx(3, "no failed entry: exit reason %" PRIu32, vm.run->exit_reason);
	}
	kvm_ioctl(vm.vcpu, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	/* The VMCS has the event until it has another one, of which nothing but IRET comes. */
	*(uint32_t *)vm.memory = CODE - 1;
	vm.memory[CODE - 1] = 0xcf;
	inject_divide_error(vm.vcpu, false);
	return run_late(&vm, number);
}

/* What the tracepoint reports of failed entries is an exit, and all else is none. */
static void check_failing(void)
{
	struct pair other, failed;

	failed = run_failing(break_state, reasons->invalid_state);
	check(failed.exits == FAILURES && failed.cycles,
	      "first entries with an invalid state are exits: %" PRIu64 " of %d, %" PRIu64
	      " cycles", failed.exits, FAILURES, failed.cycles);
	if (reasons != &vmx_reasons)
		return;

	failed = run_failing(break_event, reasons->invalid_state);
	other = run_failing(break_event, KVM_EXIT_STATS_OTHER);
	check(!failed.exits && !failed.cycles && !other.exits && !other.cycles,
	      "VM-Fail at the first entries is none: %" PRIu64 " exits, %" PRIu64
	      " other, %" PRIu64 " cycles", failed.exits, other.exits, other.cycles);
}

/* The values of a vCPU's binary statistics @name, of which there have to be @size. */
static const uint64_t *find_stat(const char *stats, const char *name, uint16_t size, uint32_t flags)
{
	const struct kvm_stats_header *header = (const void *)stats;
	const char *at = stats + header->desc_offset;
	const struct kvm_stats_desc *desc;
	uint32_t i;

	for (i = 0; i < header->num_desc; i++, at += sizeof(*desc) + header->name_size) {
		desc = (const void *)at;
		if (strcmp(at + sizeof(*desc), name))
			continue;
		check(desc->size == size && desc->flags == flags, "%s is as it should be", name);
		return (const void *)(stats + header->data_offset + desc->offset);
	}
	check(false, "%s is there", name);
	exit(1);
}

/* The binary statistics of a vCPU that has caused OUTS exits and a few more */
static void check_stats(void)
{
	const uint64_t *exits, *cycles, *buckets;
	struct vm vm = create_vm(late_begin, late_end);
	static char stats[0x4000];
	uint64_t sum = 0;
	uint32_t i;
	int fd;

	run_late(&vm, reasons->port);
	fd = kvm_ioctl(vm.vcpu, KVM_GET_STATS_FD, NULL, "KVM_GET_STATS_FD");
	if (read(fd, stats, sizeof(stats)) <= 0)
		err(3, "the binary statistics");
	exits = find_stat(stats, "exit_stats_exits", 1, KVM_STATS_TYPE_CUMULATIVE |
			  KVM_STATS_UNIT_NONE | KVM_STATS_BASE_POW10);
	cycles = find_stat(stats, "exit_stats_cycles", 1, KVM_STATS_TYPE_CUMULATIVE |
			   KVM_STATS_UNIT_CYCLES | KVM_STATS_BASE_POW10);
	buckets = find_stat(stats, "exit_stats_reasons", NR_STATS, KVM_STATS_TYPE_LINEAR_HIST |
			       KVM_STATS_UNIT_NONE | KVM_STATS_BASE_POW10);
	for (i = 0; i < NR_STATS; i++)
		sum += buckets[i];
	check(*exits && *exits == sum && *cycles > *exits,
	      "the binary statistics add up, to %" PRIu64 " exits", *exits);
	check(buckets[reasons->port] == OUTS && buckets[reasons->cpuid] == 1 &&
	      buckets[reasons->hlt] == 1,
	      "they have the %d exits that the guest caused, under their numbers", OUTS);
}

/* Be a machine of many vCPUs that does nothing. */
static void many(void)
{
	struct vm vm = create_vm(late_begin, late_end);
	long i;

	for (i = 1; i < MANY; i++)
		kvm_ioctl(vm.fd, KVM_CREATE_VCPU, (void *)i, "KVM_CREATE_VCPU");
	puts("ready");
	fflush(stdout);
	pause();
}

/*
 * Be two machines that do nothing, until somebody ends this: one without an APIC, and one
 * whose APIC is not switched on.
 */
static void hold(void)
{
	int fd = kvm_ioctl(open_kvm(), KVM_CREATE_VM, NULL, "KVM_CREATE_VM");

	kvm_ioctl(fd, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
	kvm_ioctl(fd, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
	create_vm(nested_begin, nested_end);
	pause();
}

static const struct command commands[] = {
	{ "closure", check_closure },
	{ "nested", check_nested },
	{ "late", check_late },
	{ "failing", check_failing },
	{ "stats", check_stats },
	{ "many", many },
	{ "hold", hold },
};

int main(int argc, char **argv)
{
	choose_reasons();
	return run_command(commands, ARRAY_SIZE(commands), argc, argv);
}
