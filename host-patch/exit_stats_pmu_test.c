// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: have counters of the virtual PMU count exits whose number is known.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <asm/kvm_exit_stats.h>
#include <asm/svm.h>
#include <asm/vmx.h>
#include <linux/kvm_para.h>

#include "test_util.h"

#include "apic.h"
#include "kvm_util.h"
#include "processor.h"
#include "svm_util.h"
#include "vmx.h"

#define NR_EXITS	100

#define PERF_PARAM	"/sys/module/kvm/parameters/exit_stats_perf"

#define SELECT_USR	BIT_ULL(16)
#define SELECT_OS	BIT_ULL(17)
#define SELECT_EDGE	BIT_ULL(18)
#define SELECT_INT	BIT_ULL(20)
#define SELECT_ENABLE	BIT_ULL(22)
#define SELECT_INV	BIT_ULL(23)
#define SELECT_CMASK	BIT_ULL(24)

/* The offset of its entry in the local vector table */
#define LVT_OF_PMI	0x340
#define PMI_VECTOR	0xe5

/* The guest's, set by guest_init(). */
static bool is_svm;

static bool guest_init(void)
{
	u32 eax, ebx, ecx, edx;

	__cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION,
		&eax, &ebx, &ecx, &edx);
	is_svm = eax >> KVM_EXIT_STATS_ENCODING_SHIFT == KVM_EXIT_STATS_ENCODING_SVM;
	return ebx & KVM_EXIT_STATS_FEATURE_PMU;
}

static void cause_cpuid(void)
{
	u32 eax, ebx, ecx, edx;

	__cpuid(0, 0, &eax, &ebx, &ecx, &edx);
}

static void cause_hypercall(void)
{
	u64 ret;

	if (is_svm)
		asm volatile("vmmcall" : "=a"(ret) : "a"(KVM_HC_VAPIC_POLL_IRQ) : "memory");
	else
		asm volatile("vmcall" : "=a"(ret) : "a"(KVM_HC_VAPIC_POLL_IRQ) : "memory");
}

static void cause(void (*fn)(void), int nr)
{
	while (nr--)
		fn();
}

static u32 number_of_cpuids(void)
{
	return is_svm ? SVM_EXIT_CPUID : EXIT_REASON_CPUID;
}

static u32 msr_of_select(int counter)
{
	return (is_svm ? MSR_K7_EVNTSEL0 : MSR_P6_EVNTSEL0) + counter;
}

static u32 msr_of_counter(int counter)
{
	return (is_svm ? MSR_K7_PERFCTR0 : MSR_IA32_PERFCTR0) + counter;
}

static u64 read_counter(int counter)
{
	return rdmsr(msr_of_counter(counter));
}

static void start(int counter, u32 umask, u64 how)
{
	u64 event = is_svm ? KVM_EXIT_STATS_SVM_EVENT : KVM_EXIT_STATS_VMX_EVENT;

	/* Not all kernels have the counters enabled after a reset. */
	if (!is_svm)
		wrmsr(MSR_CORE_PERF_GLOBAL_CTRL, BIT_ULL(counter) |
		      rdmsr(MSR_CORE_PERF_GLOBAL_CTRL));
	wrmsr(msr_of_select(counter),
	      (event & 0xf00) << 24 | (event & 0xff) | umask << 8 | how | SELECT_ENABLE);
}

static void stop(int counter)
{
	wrmsr(msr_of_select(counter), 0);
}

/* What a counter counts of so many CPUIDs */
static u64 count_cpuids(u32 umask, u64 how)
{
	u64 before, after;

	start(0, umask, how);
	before = read_counter(0);
	cause(cause_cpuid, NR_EXITS);
	after = read_counter(0);
	stop(0);
	return after - before;
}

static void guest_counts(void)
{
	u32 cpuids;

	GUEST_ASSERT(guest_init());
	cpuids = number_of_cpuids();
	GUEST_ASSERT_EQ(count_cpuids(cpuids, SELECT_OS | SELECT_USR), NR_EXITS);
	GUEST_ASSERT_EQ(count_cpuids(cpuids, SELECT_OS), NR_EXITS);
	GUEST_ASSERT_EQ(count_cpuids(cpuids, SELECT_USR), 0);
	GUEST_ASSERT_EQ(count_cpuids(cpuids, 0), 0);
	GUEST_ASSERT_EQ(count_cpuids(cpuids, SELECT_OS | SELECT_EDGE), 0);
	GUEST_ASSERT_EQ(count_cpuids(cpuids, SELECT_OS | SELECT_INV), 0);
	GUEST_ASSERT_EQ(count_cpuids(cpuids, SELECT_OS | SELECT_CMASK), 0);
	/* No CPUIDs: another number, and one that is not defined. */
	GUEST_ASSERT_EQ(count_cpuids(is_svm ? SVM_EXIT_HLT : EXIT_REASON_HLT, SELECT_OS), 0);
	GUEST_ASSERT_EQ(count_cpuids(is_svm ? 0xe0 : 35, SELECT_OS), 0);
	/* There are timers, too; the second reading of the counter is one exit. */
	GUEST_ASSERT(count_cpuids(KVM_EXIT_STATS_UMASK_ALL, SELECT_OS) >= NR_EXITS + 1);
	GUEST_DONE();
}

/* Two at once, and one that is read and written while it counts */
static void guest_counters(void)
{
	u64 first, second;

	GUEST_ASSERT(guest_init());
	start(0, number_of_cpuids(), SELECT_OS);
	start(1, is_svm ? SVM_EXIT_VMMCALL : EXIT_REASON_VMCALL, SELECT_OS);
	first = read_counter(0);
	second = read_counter(1);
	cause(cause_cpuid, NR_EXITS);
	cause(cause_hypercall, 2 * NR_EXITS);
	GUEST_ASSERT_EQ(read_counter(0) - first, NR_EXITS);
	GUEST_ASSERT_EQ(read_counter(1) - second, 2 * NR_EXITS);

	wrmsr(msr_of_counter(0), 1000);
	cause(cause_cpuid, NR_EXITS);
	GUEST_ASSERT_EQ(read_counter(0), 1000 + NR_EXITS);

	/* Stopped, it keeps what it has. */
	stop(0);
	cause(cause_cpuid, NR_EXITS);
	GUEST_ASSERT_EQ(read_counter(0), 1000 + NR_EXITS);

	if (!is_svm) {
		wrmsr(MSR_CORE_PERF_GLOBAL_CTRL, 0);
		second = read_counter(1);
		cause(cause_hypercall, NR_EXITS);
		GUEST_ASSERT_EQ(read_counter(1), second);
	}
	GUEST_DONE();
}

static bool pmi_pending(void)
{
	return x2apic_read_reg(APIC_IRR + PMI_VECTOR / 32 * 0x10) & BIT(PMI_VECTOR % 32);
}

/* Interrupts are disabled: the PMI stays pending. */
static void guest_overflow(void)
{
	GUEST_ASSERT(guest_init());
	x2apic_enable();
	x2apic_write_reg(LVT_OF_PMI, PMI_VECTOR);

	wrmsr(msr_of_counter(0), -NR_EXITS);
	start(0, number_of_cpuids(), SELECT_OS | SELECT_INT);
	cause(cause_cpuid, NR_EXITS - 1);
	GUEST_ASSERT(!pmi_pending());
	cause(cause_cpuid, 1);
	GUEST_ASSERT(pmi_pending());
	GUEST_ASSERT_EQ(read_counter(0), 0);
	if (!is_svm)
		GUEST_ASSERT_EQ(rdmsr(MSR_CORE_PERF_GLOBAL_STATUS), 1);
	GUEST_DONE();
}

/* Whatever it counts, it is not exits. */
static void guest_denied(void)
{
	guest_init();
	GUEST_ASSERT(count_cpuids(number_of_cpuids(), SELECT_OS) != NR_EXITS);
	GUEST_DONE();
}

static void guest_not_offered(void)
{
	GUEST_ASSERT(!guest_init());
	GUEST_ASSERT(count_cpuids(number_of_cpuids(), SELECT_OS) != NR_EXITS);
	GUEST_DONE();
}

/* The host withdraws it while a counter is in use. */
static void guest_withdrawn(void)
{
	u64 before;

	GUEST_ASSERT(guest_init());
	start(0, number_of_cpuids(), SELECT_OS);
	cause(cause_cpuid, NR_EXITS);
	before = read_counter(0);
	GUEST_ASSERT(before >= NR_EXITS);
	GUEST_SYNC(0);

	cause(cause_cpuid, NR_EXITS);
	GUEST_ASSERT_EQ(read_counter(0), before);
	GUEST_DONE();
}

/* The host carries the vCPU over to another VM, by its registers, in the midst. */
static void guest_migrates(void)
{
	GUEST_ASSERT(guest_init());
	wrmsr(msr_of_counter(0), 0);
	start(0, number_of_cpuids(), SELECT_OS);
	cause(cause_cpuid, NR_EXITS);
	GUEST_SYNC(0);

	cause(cause_cpuid, NR_EXITS);
	GUEST_ASSERT_EQ(read_counter(0), 2 * NR_EXITS);
	stop(0);
	GUEST_DONE();
}

static void l2_guest_code(void)
{
	asm volatile("1: cpuid\n\t"
		     "jmp 1b");
}

#define CPUID_LENGTH	2

static void guest_l1_vmx(struct vmx_pages *vmx)
{
	/* Some kernels want a stack, which L2 does not use. */
	void (*prepare)(struct vmx_pages *vmx, void *rip, void *rsp) = (void *)prepare_vmcs;
	u64 before;
	int i;

	GUEST_ASSERT(guest_init());
	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare(vmx, l2_guest_code, l2_guest_code);
	start(0, number_of_cpuids(), SELECT_OS);
	before = read_counter(0);
	for (i = 0; i < NR_EXITS; i++) {
		GUEST_ASSERT_EQ(i ? vmresume() : vmlaunch(), 0);
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_CPUID);
		vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + CPUID_LENGTH);
	}
	GUEST_ASSERT_EQ(read_counter(0) - before, NR_EXITS);
	GUEST_DONE();
}

static void guest_l1_svm(struct svm_test_data *svm)
{
	void (*setup)(struct svm_test_data *svm, void *rip, void *rsp) = (void *)generic_svm_setup;
	struct vmcb *vmcb = svm->vmcb;
	u64 before;
	int i;

	GUEST_ASSERT(guest_init());
	setup(svm, l2_guest_code, l2_guest_code);
	vmcb->control.intercept |= BIT_ULL(INTERCEPT_CPUID);
	start(0, number_of_cpuids(), SELECT_OS);
	before = read_counter(0);
	for (i = 0; i < NR_EXITS; i++) {
		run_guest(vmcb, svm->vmcb_gpa);
		GUEST_ASSERT_EQ(vmcb->control.exit_code, SVM_EXIT_CPUID);
		vmcb->save.rip += CPUID_LENGTH;
	}
	GUEST_ASSERT_EQ(read_counter(0) - before, NR_EXITS);
	GUEST_DONE();
}

static bool host_is_svm(void)
{
	return !access("/sys/module/kvm_amd", F_OK);
}

/* Run to the guest's next GUEST_SYNC(), or its end.  Return false at the end. */
static bool run_to_sync(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	for (;;) {
		vcpu_run(vcpu);
		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			return true;
		case UCALL_DONE:
			return false;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
			break;
		default:
			TEST_FAIL("The guest stopped for something else");
		}
	}
}

static void test_guest(const char *what, void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	pr_info("%s\n", what);
	vm = vm_create_with_one_vcpu(&vcpu, guest_code);
	TEST_ASSERT(!run_to_sync(vcpu), "The guest did not come to its end");
	kvm_vm_free(vm);
}

static void test_nested(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 gva = 0;

	if (!kvm_cpu_has(X86_FEATURE_SVM) && !kvm_cpu_has(X86_FEATURE_VMX)) {
		print_skip("L2: no nested virtualization");
		return;
	}

	pr_info("L2\n");
	vm = vm_create_with_one_vcpu(&vcpu, host_is_svm() ? (void *)guest_l1_svm :
							     (void *)guest_l1_vmx);
	if (host_is_svm())
		vcpu_alloc_svm(vm, (void *)&gva);
	else
		vcpu_alloc_vmx(vm, (void *)&gva);
	vcpu_args_set(vcpu, 1, gva);
	TEST_ASSERT(!run_to_sync(vcpu), "L1 did not come to its end");
	kvm_vm_free(vm);
}

/* A filter that allows no event at all */
static void test_filter(void)
{
	struct kvm_pmu_event_filter filter = { .action = KVM_PMU_EVENT_ALLOW };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	pr_info("The VMM's event filter\n");
	vm = vm_create_with_one_vcpu(&vcpu, guest_denied);
	vm_ioctl(vm, KVM_SET_PMU_EVENT_FILTER, &filter);
	TEST_ASSERT(!run_to_sync(vcpu), "The guest did not come to its end");
	kvm_vm_free(vm);
}

static void test_migration(void)
{
	struct kvm_x86_state *state;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	pr_info("Migration\n");
	vm = vm_create_with_one_vcpu(&vcpu, guest_migrates);
	TEST_ASSERT(run_to_sync(vcpu), "The guest did not stop");
	state = vcpu_save_state(vcpu);
	kvm_vm_release(vm);
	vcpu = vm_recreate_with_one_vcpu(vm);
	vcpu_load_state(vcpu, state);
	kvm_x86_state_cleanup(state);
	TEST_ASSERT(!run_to_sync(vcpu), "The guest did not come to its end");
	kvm_vm_free(vm);
}

static void switch_events(bool on)
{
	int fd = open(PERF_PARAM, O_WRONLY);

	TEST_ASSERT(fd >= 0 && write(fd, on ? "1" : "0", 1) == 1, "Cannot write " PERF_PARAM);
	close(fd);
}

static void switch_events_on(void)
{
	switch_events(true);
}

static void test_switch(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	pr_info("Switched off\n");
	vm = vm_create_with_one_vcpu(&vcpu, guest_withdrawn);
	TEST_ASSERT(run_to_sync(vcpu), "The guest did not stop");
	atexit(switch_events_on);
	switch_events(false);
	TEST_ASSERT(!run_to_sync(vcpu), "The guest did not come to its end");
	kvm_vm_free(vm);
	test_guest("Not offered", guest_not_offered);
	switch_events(true);
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(!access(PERF_PARAM, W_OK));
	TEST_REQUIRE(get_kvm_param_bool("exit_stats"));
	TEST_REQUIRE(get_kvm_param_bool("exit_stats_perf"));
	TEST_REQUIRE(get_kvm_param_bool("enable_pmu"));

	test_guest("Counts", guest_counts);
	test_guest("Counters", guest_counters);
	test_guest("Overflow", guest_overflow);
	test_nested();
	test_filter();
	test_migration();
	test_switch();
	return 0;
}
