// SPDX-License-Identifier: GPL-2.0
/*
 * clocks SECONDS: a virtual machine whose VMM sets its TSC, its TSC's offset and frequency, and
 * its filter of PMU events at random.  The guest's exits, and those that a counter of its
 * virtual PMU counts, stay exact, and its cycles those of the host's TSC.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "check.h"
#include "leaf.h"
#include "raw-vm.h"
#include "reasons.h"

#define MSR_TSC		0x10
/* Where the guest finds how many OUTs to make: up to MAX_OUTS */
#define NR_OUTS		0x7000
#define MAX_OUTS	200

#define LEAF(leaf, index, offset) \
	"	movl $" XSTR(leaf) ", %eax\n" \
	"	movl $" XSTR(index) ", %ecx\n" \
	"	cpuid\n" \
	"	movl %eax, " XSTR(RESULT) " + " #offset "\n" \
	"	movl %edx, " XSTR(RESULT) " + " #offset " + 4\n" \
	"	movl %ecx, " XSTR(RESULT) " + " #offset " + 8\n" \
	"	movl %ebx, " XSTR(RESULT) " + " #offset " + 12\n"

extern const char clocks_begin[], clocks_end[];

asm(".pushsection .rodata\n"
    "	.code16\n"
    "clocks_begin:\n"
    "	rdtsc\n"
    STORE(eax, 0)
    STORE(edx, 4)
    "	movl " XSTR(NR_OUTS) ", %edi\n"
    "1:	outb %al, $0x80\n"
    "	decl %edi\n"
    "	jnz 1b\n"
    LEAF(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY, 8)
    LEAF(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_SUM, 24)
    LEAF(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION, 40)
    "	movl $" XSTR(KVM_EXIT_STATS_CPUID_REASON) ", %eax\n"
    "	movl " XSTR(NR_OUTS) " + 4, %ecx\n"
    "	cpuid\n"
    STORE(eax, 56)
    STORE(edx, 60)
    STORE(ecx, 64)
    STORE(ebx, 68)
    "	hlt\n"
    "clocks_end:\n"
    "	.code64\n"
    ".popsection\n");

struct result {
	uint64_t guest_tsc;
	struct pair identity, sum;
	uint32_t version, vcpus, khz, features;
	struct pair port;
};

struct model {
	uint64_t outs, counted, born, identity;
	/* What the guest has read in the round before, and the host's TSCs when that and this began */
	uint64_t guest_tsc, cycles, tsc, next_tsc;
	bool allowed;
};

static struct {
	uint64_t rounds, offsets, tscs, rates, refused, filters;
	uint64_t wrong_outs, wrong_counted, wrong_cycles, wrong_age, wrong_identity, wrong_khz;
	/* Rounds in which the guest's own TSC would have been wrong */
	uint64_t odd;
} did;

static unsigned int seed = 1;

static uint32_t pick(uint32_t n)
{
	return rand_r(&seed) % n;
}

static uint64_t pick_64(void)
{
	return (uint64_t)rand_r(&seed) << 42 ^ (uint64_t)rand_r(&seed) << 21 ^ rand_r(&seed);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static bool set_msr(const struct vm *vm, uint32_t index, uint64_t value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { { .nmsrs = 1 }, { .index = index, .data = value } };

	return kvm_ioctl(vm->vcpu, KVM_SET_MSRS, &msrs, "KVM_SET_MSRS") == 1;
}

static uint64_t get_msr(const struct vm *vm, uint32_t index)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { { .nmsrs = 1 }, { .index = index } };

	if (kvm_ioctl(vm->vcpu, KVM_GET_MSRS, &msrs, "KVM_GET_MSRS") != 1)
		errx(3, "MSR 0x%" PRIx32, index);
	return msrs.entry.data;
}

static void set_offset(const struct vm *vm)
{
	uint64_t offset = pick(2) ? pick_64() : -pick_64();
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	kvm_ioctl(vm->vcpu, KVM_SET_DEVICE_ATTR, &attr, "KVM_VCPU_TSC_OFFSET");
	did.offsets++;
}

static void set_rate(const struct vm *vm, uint32_t khz)
{
	unsigned long wanted = khz / 2 + pick(2 * khz);

	if (!pick(4))
		wanted = khz;
	if (ioctl(vm->vcpu, KVM_SET_TSC_KHZ, wanted))
		did.refused++;
	else
		did.rates++;
}

static void change_clock(const struct vm *vm, uint32_t khz)
{
	switch (pick(4)) {
	case 0:
		set_offset(vm);
		break;
	case 1:
		set_msr(vm, MSR_TSC, pick_64());
		did.tscs++;
		break;
	case 2:
		set_rate(vm, khz);
		break;
	}
}

/* The counter's event, with the number of port I/O for its unit mask */
static uint64_t event(void)
{
	return reasons->event | (uint64_t)reasons->port << 8;
}

static void change_filter(const struct vm *vm, struct model *model)
{
	struct {
		struct kvm_pmu_event_filter head;
		uint64_t event;
	} filter = { { .action = pick(2) ? KVM_PMU_EVENT_ALLOW : KVM_PMU_EVENT_DENY,
		       .nevents = pick(2) }, event() };

	if (pick(2))
		return;
	model->allowed = (filter.head.action == KVM_PMU_EVENT_ALLOW) == filter.head.nevents;
	kvm_ioctl(vm->fd, KVM_SET_PMU_EVENT_FILTER, &filter, "KVM_SET_PMU_EVENT_FILTER");
	did.filters++;
}

static void check_round(const struct result *r, uint64_t counter, struct model *model)
{
	uint64_t tsc = __builtin_ia32_rdtsc(), elapsed = tsc - model->tsc;
	uint64_t guest_elapsed = r->guest_tsc - model->guest_tsc;

	did.wrong_outs += r->port.exits != model->outs;
	did.wrong_counted += counter != model->counted;
	did.wrong_cycles += r->sum.cycles < model->cycles ||
			    r->sum.cycles - model->cycles > elapsed ||
			    r->port.cycles > tsc - model->born;
	did.wrong_age += r->identity.b > tsc - model->born;
	did.wrong_identity += model->identity && r->identity.a != model->identity;
	did.odd += guest_elapsed > 2 * elapsed;
	model->identity = r->identity.a;
	model->cycles = r->sum.cycles;
	model->guest_tsc = r->guest_tsc;
	did.rounds++;
}

static void run(const struct vm *vm)
{
	start_in_real_mode(vm->vcpu);
	do {
		kvm_ioctl(vm->vcpu, KVM_RUN, NULL, "KVM_RUN");
	} while (vm->run->exit_reason == KVM_EXIT_IO);
	if (vm->run->exit_reason != KVM_EXIT_HLT)
		errx(3, "KVM_RUN: exit reason %" PRIu32, vm->run->exit_reason);
}

static void go(const struct vm *vm, struct model *model, uint32_t khz)
{
	uint32_t outs[] = { 1 + pick(MAX_OUTS), reasons->port };
	struct result result;

	model->tsc = model->next_tsc;
	model->next_tsc = __builtin_ia32_rdtsc();
	change_clock(vm, khz);
	change_filter(vm, model);
	memcpy(vm->memory + NR_OUTS, outs, sizeof(outs));
	run(vm);
	memcpy(&result, vm->memory + RESULT, sizeof(result));
	model->outs += outs[0];
	if (model->allowed)
		model->counted += outs[0];
	check_round(&result, get_msr(vm, reasons->counter_msr), model);
	did.wrong_khz += result.khz != khz;
}

static void count_port(const struct vm *vm)
{
	if (reasons->global_control)
		set_msr(vm, reasons->global_control, 1);
	/* In user mode and in the kernel, enabled */
	if (!set_msr(vm, reasons->event_msr, event() | 3 << 16 | 1 << 22))
		errx(3, "there is no virtual PMU");
}

static void report(bool scales, double share)
{
	check(!did.wrong_outs, "exits are exact, in %" PRIu64 " rounds", did.rounds);
	check(did.filters > 1 && !did.wrong_counted,
	      "a counter of exits is exact with %" PRIu64 " filters of events", did.filters);
	check(!did.wrong_cycles, "cycles are no more than those of the host's TSC");
	check(share > 0.5 && share <= 1, "and are most of them: %.2f", share);
	check(!did.wrong_age && !did.wrong_identity, "and so is the VM's life, which is one");
	check(!did.wrong_khz, "the frequency is the host's");
	check(did.odd, "of the guest's own TSC, they would not be right in %" PRIu64 " rounds",
	      did.odd);
	printf("# This processor %s TSCs\n", scales ? "scales" : "does not scale");
	printf("# stress: clocks rounds %" PRIu64 "\n", did.rounds);
	printf("# stress: clocks offsets %" PRIu64 "\n", did.offsets);
	printf("# stress: clocks TSCs-set %" PRIu64 "\n", did.tscs);
	printf("# stress: clocks frequencies %" PRIu64 "\n", did.rates);
	printf("# stress: clocks frequencies-refused %" PRIu64 "\n", did.refused);
	printf("# stress: clocks filters %" PRIu64 "\n", did.filters);
}

int main(int argc, char **argv)
{
	struct model model = { .born = __builtin_ia32_rdtsc(), .allowed = true };
	struct vm vm = create_vm(clocks_begin, clocks_end);
	uint32_t khz;
	double end;

	if (argc != 2)
		errx(1, "usage: clocks SECONDS");
	choose_reasons();
	set_cpuid(&vm);
	count_port(&vm);
	khz = kvm_ioctl(vm.vcpu, KVM_GET_TSC_KHZ, NULL, "KVM_GET_TSC_KHZ");
	model.next_tsc = model.born;
	for (end = now() + atoi(argv[1]); now() < end; )
		go(&vm, &model, khz);
	report(kvm_ioctl(vm.kvm, KVM_CHECK_EXTENSION, (void *)KVM_CAP_TSC_CONTROL,
			 "KVM_CAP_TSC_CONTROL"),
	       (double)model.cycles / (__builtin_ia32_rdtsc() - model.born));
	return checks_failed != 0;
}
