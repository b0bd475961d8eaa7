// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: cause exits whose number is known, and read with CPUID what
 * KVM has counted.
 */
#include <fcntl.h>
#include <pthread.h>
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

#define NR_EXITS		100

/* Userspace answers neither the port nor the address. */
#define UNUSED_PORT		0x80
#define UNUSED_ADDRESS		0xc0000000ul

#define EXIT_STATS_PARAM	"/sys/module/kvm/parameters/exit_stats"
#define POLICY_PARAM		"/sys/module/kvm/parameters/exit_stats_guest"

/* The guest's, set by guest_init(). */
static bool is_svm;

struct exit_pair {
	u64 a;
	u64 b;
};

struct exit_cause {
	const char *name;
	u32 vmx_reason;
	u32 svm_code;
	void (*cause)(void);
	/* Not only the guest makes pages fault. */
	bool at_least;
};

/* The exit that access to UNUSED_ADDRESS is, as this host has been set up. */
static u32 mmio_number;

static struct exit_pair read_leaf(u32 leaf, u32 index)
{
	u32 eax, ebx, ecx, edx;

	__cpuid(leaf, index, &eax, &ebx, &ecx, &edx);
	return (struct exit_pair) { (u64)edx << 32 | eax, (u64)ebx << 32 | ecx };
}

static struct exit_pair read_view(u32 number, u32 view)
{
	return read_leaf(KVM_EXIT_STATS_CPUID_REASON,
			 view << KVM_EXIT_STATS_VIEW_SHIFT | number);
}

static u64 read_exits(u32 number)
{
	return read_view(number, KVM_EXIT_STATS_VIEW_COUNT).a;
}

static u64 read_exits_of_vcpu(u32 number)
{
	return read_leaf(KVM_EXIT_STATS_CPUID_REASON,
			 KVM_EXIT_STATS_SCOPE_VCPU | number).a;
}

static bool has_happened(u32 number)
{
	u32 regs[4];

	__cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_OCCUPANCY + number / 128,
		&regs[0], &regs[1], &regs[2], &regs[3]);
	return regs[number % 128 / 32] & BIT(number % 32);
}

static bool has_signature(void)
{
	char signature[12];
	u32 eax;

	__cpuid(KVM_EXIT_STATS_CPUID_SIGNATURE, 0, &eax, (u32 *)signature,
		(u32 *)(signature + 4), (u32 *)(signature + 8));
	return !memcmp(signature, KVM_EXIT_STATS_SIGNATURE, sizeof(signature)) &&
	       eax == KVM_EXIT_STATS_CPUID_MAX;
}

static void guest_init(void)
{
	u32 eax, ebx, ecx, edx;

	GUEST_ASSERT(has_signature());

	__cpuid(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_DESCRIPTION,
		&eax, &ebx, &ecx, &edx);
	GUEST_ASSERT_EQ(eax & 0xffff, KVM_EXIT_STATS_VERSION);
	GUEST_ASSERT(ebx & KVM_EXIT_STATS_FEATURE_VCPU);
	GUEST_ASSERT(ecx);

	is_svm = eax >> KVM_EXIT_STATS_ENCODING_SHIFT == KVM_EXIT_STATS_ENCODING_SVM;
}

static u64 hypercall(u64 nr, u64 a0, u64 a1)
{
	u64 ret;

	if (is_svm)
		asm volatile("vmmcall" : "=a"(ret) : "a"(nr), "b"(a0), "c"(a1) : "memory");
	else
		asm volatile("vmcall" : "=a"(ret) : "a"(nr), "b"(a0), "c"(a1) : "memory");
	return ret;
}

static u32 number_of_hypercalls(void)
{
	return is_svm ? SVM_EXIT_VMMCALL : EXIT_REASON_VMCALL;
}

static u32 number_of_cpuids(void)
{
	return is_svm ? SVM_EXIT_CPUID : EXIT_REASON_CPUID;
}

static void cause_cpuid(void)
{
	u32 eax, ebx, ecx, edx;

	__cpuid(0, 0, &eax, &ebx, &ecx, &edx);
}

static void cause_port_io(void)
{
	asm volatile("outb %%al, %0" : : "N"(UNUSED_PORT));
}

static void cause_rdmsr(void)
{
	rdmsr(MSR_IA32_UCODE_REV);
}

static void cause_wrmsr(void)
{
	wrmsr(MSR_IA32_UCODE_REV, 0);
}

static void cause_hypercall(void)
{
	hypercall(KVM_HC_VAPIC_POLL_IRQ, 0, 0);
}

/* No interrupt is needed to go on: the vCPU kicks itself beforehand. */
static void cause_halt(void)
{
	hypercall(KVM_HC_KICK_CPU, 0, 0);
	asm volatile("hlt");
}

static void cause_mmio(void)
{
	READ_ONCE(*(u32 *)UNUSED_ADDRESS);
}

static const struct exit_cause causes[] = {
	{ "CPUID", EXIT_REASON_CPUID, SVM_EXIT_CPUID, cause_cpuid },
	{ "port I/O", EXIT_REASON_IO_INSTRUCTION, SVM_EXIT_IOIO, cause_port_io },
	{ "RDMSR", EXIT_REASON_MSR_READ, SVM_EXIT_MSR, cause_rdmsr },
	{ "WRMSR", EXIT_REASON_MSR_WRITE, SVM_EXIT_MSR, cause_wrmsr },
	{ "hypercall", EXIT_REASON_VMCALL, SVM_EXIT_VMMCALL, cause_hypercall },
	{ "HLT", EXIT_REASON_HLT, SVM_EXIT_HLT, cause_halt },
	/* mmio_number */
	{ "MMIO", 0, 0, cause_mmio, true },
};

static void check_cause(const struct exit_cause *cause)
{
	u32 number = is_svm ? cause->svm_code : cause->vmx_reason;
	struct exit_pair before, after;
	u64 expected = NR_EXITS;
	int i;

	if (cause->cause == cause_mmio)
		number = mmio_number;

	/* The CPUID that reads is in what it returns. */
	if (number == number_of_cpuids())
		expected++;

	/* The first access may be an exit of another kind, or even two. */
	cause->cause();

	before = read_view(number, KVM_EXIT_STATS_VIEW_COUNT);
	for (i = 0; i < NR_EXITS; i++)
		cause->cause();
	after = read_view(number, KVM_EXIT_STATS_VIEW_COUNT);

	if (cause->at_least)
		GUEST_ASSERT(after.a - before.a >= expected);
	else
		GUEST_ASSERT_EQ(after.a - before.a, expected);
	GUEST_ASSERT(after.b > before.b);
	GUEST_ASSERT(has_happened(number));
}

static void guest_counts(void)
{
	int i;

	guest_init();
	/* What is disabled receives no kick. */
	x2apic_enable();
	for (i = 0; i < ARRAY_SIZE(causes); i++) {
		GUEST_SYNC(i);
		check_cause(&causes[i]);
	}
	GUEST_DONE();
}

/* Each exit that has ended is in one bucket. */
static u64 read_buckets(u32 number)
{
	struct exit_pair buckets;
	u64 exits = 0;
	int i;

	for (i = 0; i < KVM_EXIT_STATS_NR_BUCKETS / 2; i++) {
		buckets = read_view(number, KVM_EXIT_STATS_VIEW_HISTOGRAM + i);
		exits += buckets.a + buckets.b;
	}
	return exits;
}

/* What is said of the hypercalls, of which none comes in between. */
static void guest_views(void)
{
	struct exit_pair split, steal, longest, count;
	u32 number;
	int i;

	guest_init();
	number = number_of_hypercalls();
	GUEST_ASSERT(!has_happened(number));
	for (i = 0; i < NR_EXITS; i++)
		cause_hypercall();

	split = read_view(number, KVM_EXIT_STATS_VIEW_SPLIT);
	steal = read_view(number, KVM_EXIT_STATS_VIEW_STEAL);
	longest = read_view(number, KVM_EXIT_STATS_VIEW_LONGEST);
	count = read_view(number, KVM_EXIT_STATS_VIEW_COUNT);
	GUEST_ASSERT_EQ(count.a, NR_EXITS);
	GUEST_ASSERT(split.a + split.b <= count.b);
	GUEST_ASSERT(steal.a + steal.b + split.b <= count.b);
	GUEST_ASSERT(longest.a && longest.a <= count.b);
	GUEST_ASSERT(longest.a >= count.b / NR_EXITS);
	/* Nothing was nested. */
	GUEST_ASSERT_EQ(longest.b, 0);
	GUEST_ASSERT_EQ(read_buckets(number), NR_EXITS);
	GUEST_DONE();
}

/* Port I/O is for userspace to handle, and takes its time. */
static void guest_vmm(void)
{
	u32 number;
	int i;

	guest_init();
	number = is_svm ? SVM_EXIT_IOIO : EXIT_REASON_IO_INSTRUCTION;
	for (i = 0; i < NR_EXITS; i++)
		cause_port_io();
	GUEST_ASSERT(read_view(number, KVM_EXIT_STATS_VIEW_SPLIT).b);
	GUEST_ASSERT_EQ(read_view(number, KVM_EXIT_STATS_VIEW_STEAL).b, 0);
	GUEST_DONE();
}

static void guest_identity(void)
{
	struct exit_pair first, second;

	guest_init();
	first = read_leaf(KVM_EXIT_STATS_CPUID_TOTALS, KVM_EXIT_STATS_IDENTITY);
	second = read_leaf(KVM_EXIT_STATS_CPUID_TOTALS,
			   KVM_EXIT_STATS_SCOPE_VCPU | KVM_EXIT_STATS_IDENTITY);
	GUEST_ASSERT_EQ(first.a, second.a);
	GUEST_ASSERT(first.b < second.b);
	GUEST_SYNC(first.a);
	GUEST_DONE();
}

static void l2_guest_code(void)
{
	asm volatile("1: cpuid\n\t"
		     "jmp 1b");
}

#define CPUID_LENGTH	2

/* All exits of L2 are L1's to handle, and count as nested for both. */
static void check_nested(u64 nested_before)
{
	GUEST_ASSERT_EQ(read_view(number_of_cpuids(), KVM_EXIT_STATS_VIEW_LONGEST).b,
			nested_before + NR_EXITS);
}

static void prepare_l2_vmx(struct vmx_pages *vmx)
{
	/* Some kernels want a stack, which L2 does not use. */
	void (*prepare)(struct vmx_pages *vmx, void *rip, void *rsp) = (void *)prepare_vmcs;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare(vmx, l2_guest_code, l2_guest_code);
}

static void guest_l1_vmx(struct vmx_pages *vmx)
{
	u64 nested;
	int i;

	guest_init();
	prepare_l2_vmx(vmx);
	nested = read_view(number_of_cpuids(), KVM_EXIT_STATS_VIEW_LONGEST).b;
	for (i = 0; i < NR_EXITS; i++) {
		GUEST_ASSERT_EQ(i ? vmresume() : vmlaunch(), 0);
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_CPUID);
		vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + CPUID_LENGTH);
	}
	check_nested(nested);
	GUEST_DONE();
}

/*
 * KVM leaves it to hardware to refuse this TPR threshold.  VM-Fail is no exit, and ends
 * none: that of VMLAUNCH goes on, until L1 runs again.
 */
static void guest_vm_fail(struct vmx_pages *vmx)
{
	struct exit_pair before, after;
	u32 number = EXIT_REASON_VMLAUNCH;
	int i;

	guest_init();
	prepare_l2_vmx(vmx);
	vmwrite(CPU_BASED_VM_EXEC_CONTROL,
		vmreadz(CPU_BASED_VM_EXEC_CONTROL) | CPU_BASED_TPR_SHADOW);
	vmwrite(VIRTUAL_APIC_PAGE_ADDR, vmx->msr_gpa);
	vmwrite(TPR_THRESHOLD, 0x10);

	before = read_view(number, KVM_EXIT_STATS_VIEW_COUNT);
	for (i = 0; i < NR_EXITS; i++)
		GUEST_ASSERT(vmlaunch());
	GUEST_ASSERT_EQ(vmreadz(VM_INSTRUCTION_ERROR), 7);
	after = read_view(number, KVM_EXIT_STATS_VIEW_COUNT);
	GUEST_ASSERT_EQ(after.a - before.a, NR_EXITS);
	GUEST_ASSERT(after.b > before.b);
	GUEST_ASSERT_EQ(read_buckets(number), after.a);
	GUEST_DONE();
}

static void guest_l1_svm(struct svm_test_data *svm)
{
	void (*setup)(struct svm_test_data *svm, void *rip, void *rsp) = (void *)generic_svm_setup;
	struct vmcb *vmcb = svm->vmcb;
	u64 nested;
	int i;

	guest_init();
	setup(svm, l2_guest_code, l2_guest_code);
	vmcb->control.intercept |= BIT_ULL(INTERCEPT_CPUID);
	nested = read_view(number_of_cpuids(), KVM_EXIT_STATS_VIEW_LONGEST).b;
	for (i = 0; i < NR_EXITS; i++) {
		run_guest(vmcb, svm->vmcb_gpa);
		GUEST_ASSERT_EQ(vmcb->control.exit_code, SVM_EXIT_CPUID);
		vmcb->save.rip += CPUID_LENGTH;
	}
	check_nested(nested);
	GUEST_DONE();
}

static void check_answer(u32 leaf, u32 index, u64 a, u64 b)
{
	struct exit_pair pair = read_leaf(leaf, index);

	GUEST_ASSERT_EQ(pair.a, a);
	GUEST_ASSERT_EQ(pair.b, b);
}

static void check_undefined(const u32 *numbers, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		check_answer(KVM_EXIT_STATS_CPUID_REASON, numbers[i],
			     (u64)KVM_EXIT_STATS_UNDEFINED << 32, 0);
}

static void guest_undefined(void)
{
	static const u32 vmx_gaps[] = { 35, 38, 42, 71, 86 };
	static const u32 svm_gaps[] = { 0xa7, 0xff, 0x3ff, 0x404 };
	static const u32 gaps[] = { 0x800, 0x7fff, 0x8000, 0xfffe };
	u32 i, number;

	guest_init();
	check_undefined(gaps, ARRAY_SIZE(gaps));
	if (is_svm)
		check_undefined(svm_gaps, ARRAY_SIZE(svm_gaps));
	else
		check_undefined(vmx_gaps, ARRAY_SIZE(vmx_gaps));

	/* Views, subleaves and leaves that there are not. */
	number = number_of_cpuids();
	for (i = KVM_EXIT_STATS_VIEW_STEAL + 1; i < KVM_EXIT_STATS_VIEW_HISTOGRAM; i++)
		check_answer(KVM_EXIT_STATS_CPUID_REASON,
			     i << KVM_EXIT_STATS_VIEW_SHIFT | number, 0, 0);
	for (i = 24; i < 31; i++)
		check_answer(KVM_EXIT_STATS_CPUID_REASON, BIT(i) | number, 0, 0);
	check_answer(KVM_EXIT_STATS_CPUID_TOTALS, 0x7fffffff, 0, 0);
	check_answer(KVM_EXIT_STATS_CPUID_SIGNATURE + 1, 0, 0, 0);
	GUEST_DONE();
}

static void guest_two_vcpus(void)
{
	u32 number;
	int i;

	guest_init();
	number = number_of_hypercalls();
	for (i = 0; i < NR_EXITS; i++)
		cause_hypercall();
	/* The other one comes to this point, too. */
	GUEST_SYNC(0);

	GUEST_ASSERT_EQ(read_exits_of_vcpu(number), NR_EXITS);
	GUEST_ASSERT_EQ(read_exits(number), 2 * NR_EXITS);
	GUEST_DONE();
}

/* Another VM has made hypercalls, this one has not. */
static void guest_of_another_vm(void)
{
	guest_init();
	GUEST_ASSERT_EQ(read_exits(number_of_hypercalls()), 0);
	GUEST_ASSERT(!has_happened(number_of_hypercalls()));
	GUEST_DONE();
}

static u64 emulate_read_exits(u32 number)
{
	u32 eax = KVM_EXIT_STATS_CPUID_REASON, ebx, ecx = number, edx;

	asm volatile(KVM_FEP "cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return (u64)edx << 32 | eax;
}

/* KVM's emulator answers, too, and no CPUID has made the vCPU exit. */
static void guest_emulated(void)
{
	u32 number, undefined_opcode;
	u64 exits;

	guest_init();
	number = number_of_cpuids();
	undefined_opcode = is_svm ? SVM_EXIT_EXCP_BASE + UD_VECTOR :
				    EXIT_REASON_EXCEPTION_NMI;

	exits = read_exits(number);
	GUEST_ASSERT_EQ(emulate_read_exits(number), exits);
	GUEST_ASSERT_EQ(emulate_read_exits(number), exits);
	/* On VMX a host's NMI is an exit of the same number. */
	if (is_svm)
		GUEST_ASSERT_EQ(read_exits(undefined_opcode), 2);
	else
		GUEST_ASSERT(read_exits(undefined_opcode) >= 2);
	GUEST_DONE();
}

static void guest_defined_leaf(void)
{
	u32 eax, ebx, ecx, edx;

	GUEST_ASSERT(has_signature());
	__cpuid(KVM_EXIT_STATS_CPUID_TOTALS, 0, &eax, &ebx, &ecx, &edx);
	GUEST_ASSERT_EQ(eax, 1);
	GUEST_ASSERT_EQ(ebx, 2);
	GUEST_ASSERT_EQ(ecx, 3);
	GUEST_ASSERT_EQ(edx, 4);
	GUEST_DONE();
}

/* The leaves of another range, which nobody has defined. */
static void check_out_of_range(u32 leaf, u32 index)
{
	struct exit_pair pair = read_leaf(leaf - 0x100, index);

	check_answer(leaf, index, pair.a, pair.b);
}

static void guest_switched(void)
{
	u32 number;
	u64 exits;
	int i;

	guest_init();
	number = number_of_hypercalls();
	cause_hypercall();
	exits = read_exits(number);
	GUEST_SYNC(0);

	GUEST_ASSERT(!has_signature());
	for (i = 0; i < 16; i++) {
		check_out_of_range(KVM_EXIT_STATS_CPUID_SIGNATURE, i);
		check_out_of_range(KVM_EXIT_STATS_CPUID_TOTALS, i);
		check_out_of_range(KVM_EXIT_STATS_CPUID_REASON, i);
		cause_hypercall();
	}
	GUEST_SYNC(1);

	GUEST_ASSERT(has_signature());
	GUEST_ASSERT_EQ(read_exits(number), exits);
	cause_hypercall();
	GUEST_ASSERT_EQ(read_exits(number), exits + 1);
	GUEST_DONE();
}

/* What a VMM makes of the signature leaf */
enum vmm_word {
	VMM_SILENT,
	VMM_ZEROS,
	VMM_SIGNATURE,
};

static void check_seen(void)
{
	u64 exits;

	guest_init();
	exits = read_exits(number_of_hypercalls());
	cause_hypercall();
	GUEST_ASSERT_EQ(read_exits(number_of_hypercalls()), exits + 1);
}

static void check_not_seen(enum vmm_word word)
{
	int i;

	GUEST_ASSERT_EQ(has_signature(), word == VMM_SIGNATURE);
	if (word == VMM_SILENT)
		check_out_of_range(KVM_EXIT_STATS_CPUID_SIGNATURE, 0);
	if (word == VMM_ZEROS)
		check_answer(KVM_EXIT_STATS_CPUID_SIGNATURE, 0, 0, 0);

	for (i = 0; i < 16; i++) {
		if (word == VMM_SIGNATURE) {
			/* In the range that the VMM has defined, and not defined. */
			check_answer(KVM_EXIT_STATS_CPUID_TOTALS, i, 0, 0);
			check_answer(KVM_EXIT_STATS_CPUID_REASON, i, 0, 0);
		} else {
			check_out_of_range(KVM_EXIT_STATS_CPUID_TOTALS, i);
			check_out_of_range(KVM_EXIT_STATS_CPUID_REASON, i);
		}
	}
}

static void guest_word(u64 word, u64 seen)
{
	if (seen)
		check_seen();
	else
		check_not_seen(word);
	GUEST_DONE();
}

struct toggle {
	/* The policy, or the VM's own switch */
	bool policy;
	const char *word;
	bool seen;
};

static void guest_toggled(u64 word, const struct toggle *toggles, u64 nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		GUEST_SYNC(i);
		if (toggles[i].seen)
			check_seen();
		else
			check_not_seen(word);
	}
	GUEST_DONE();
}

static bool host_is_svm(void)
{
	return !access("/sys/module/kvm_amd", F_OK);
}

/* Run to the guest's next GUEST_SYNC(), or its end.  Return false at the end. */
static bool run_to_sync(struct kvm_vcpu *vcpu, u64 *stage)
{
	struct ucall uc;

	for (;;) {
		vcpu_run(vcpu);
		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			*stage = uc.args[1];
			return true;
		case UCALL_DONE:
			return false;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
			break;
		default:
			/* Port I/O or MMIO. */
			break;
		}
	}
}

static void run_to_end(struct kvm_vcpu *vcpu)
{
	u64 stage;

	while (run_to_sync(vcpu, &stage))
		;
}

static void test_guest(const char *what, void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	pr_info("%s\n", what);
	vm = vm_create_with_one_vcpu(&vcpu, guest_code);
	run_to_end(vcpu);
	kvm_vm_free(vm);
}

/* Without two-dimensional paging, or a cache of MMIO, it is another exit. */
static u32 number_of_mmio(void)
{
	if (host_is_svm())
		return get_kvm_amd_param_bool("npt") ? SVM_EXIT_NPF :
						       SVM_EXIT_EXCP_BASE + PF_VECTOR;
	if (!get_kvm_intel_param_bool("ept"))
		return EXIT_REASON_EXCEPTION_NMI;
	return get_kvm_param_bool("mmio_caching") ? EXIT_REASON_EPT_MISCONFIG :
						    EXIT_REASON_EPT_VIOLATION;
}

static void test_counts(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 stage;

	mmio_number = number_of_mmio();
	vm = vm_create_with_one_vcpu(&vcpu, guest_counts);
	sync_global_to_guest(vm, mmio_number);
	virt_pg_map(vm, UNUSED_ADDRESS, UNUSED_ADDRESS);
	while (run_to_sync(vcpu, &stage))
		pr_info("Count: %s\n", causes[stage].name);
	kvm_vm_free(vm);
}

static void *vcpu_thread(void *vcpu)
{
	u64 stage;

	TEST_ASSERT(run_to_sync(vcpu, &stage), "The vCPU ended too early");
	return NULL;
}

/* Two vCPUs count at once, and another VM sees nothing of that. */
static void test_two_vcpus(void)
{
	struct kvm_vcpu *vcpus[2], *another_vcpu;
	struct kvm_vm *vm, *another_vm;
	pthread_t threads[2];
	int i;

	pr_info("Two vCPUs, and another VM\n");
	vm = vm_create_with_vcpus(2, guest_two_vcpus, vcpus);
	for (i = 0; i < 2; i++)
		TEST_ASSERT(!pthread_create(&threads[i], NULL, vcpu_thread, vcpus[i]),
			    "pthread_create() failed");
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 2; i++)
		run_to_end(vcpus[i]);

	another_vm = vm_create_with_one_vcpu(&another_vcpu, guest_of_another_vm);
	run_to_end(another_vcpu);
	kvm_vm_free(another_vm);
	kvm_vm_free(vm);
}

/* A leaf that the VMM has defined is the VMM's. */
static void test_defined_leaf(void)
{
	const struct kvm_cpuid2 *supported = kvm_get_supported_cpuid();
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(supported->nent + 1);
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	pr_info("A leaf that the VMM defines\n");
	memcpy(cpuid->entries, supported->entries,
	       supported->nent * sizeof(cpuid->entries[0]));
	cpuid->entries[supported->nent] = (struct kvm_cpuid_entry2) {
		.function = KVM_EXIT_STATS_CPUID_TOTALS,
		.eax = 1, .ebx = 2, .ecx = 3, .edx = 4,
	};

	vm = vm_create_with_one_vcpu(&vcpu, guest_defined_leaf);
	vcpu_init_cpuid(vcpu, cpuid);
	run_to_end(vcpu);
	kvm_vm_free(vm);
	free(cpuid);
}

static void test_identity(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 identities[2];
	int i;

	pr_info("Identity\n");
	for (i = 0; i < 2; i++) {
		vm = vm_create_with_one_vcpu(&vcpu, guest_identity);
		TEST_ASSERT(run_to_sync(vcpu, &identities[i]), "No identity");
		run_to_end(vcpu);
		kvm_vm_free(vm);
	}
	TEST_ASSERT(identities[0] && identities[1] && identities[0] != identities[1],
		    "Two VMs have the identities %llx and %llx",
		    (unsigned long long)identities[0], (unsigned long long)identities[1]);
}

/* A guest that is a hypervisor itself */
static void test_l1(const char *what, void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 gva = 0;

	pr_info("%s\n", what);
	vm = vm_create_with_one_vcpu(&vcpu, guest_code);
	if (host_is_svm())
		vcpu_alloc_svm(vm, (void *)&gva);
	else
		vcpu_alloc_vmx(vm, (void *)&gva);
	vcpu_args_set(vcpu, 1, gva);
	run_to_end(vcpu);
	kvm_vm_free(vm);
}

static void test_nested(void)
{
	if (kvm_cpu_has(X86_FEATURE_SVM)) {
		test_l1("L2", guest_l1_svm);
	} else if (kvm_cpu_has(X86_FEATURE_VMX)) {
		test_l1("L2", guest_l1_vmx);
		test_l1("VM-Fail", guest_vm_fail);
	} else {
		print_skip("L2: no nested virtualization");
	}
}

static void write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY);

	TEST_ASSERT(fd >= 0 && write(fd, word, strlen(word)) == strlen(word),
		    "Cannot write %s to %s", word, path);
	close(fd);
}

/* The policy that was found, without its newline */
static char found_policy[16];

static void restore_policy(void)
{
	int fd = open(POLICY_PARAM, O_WRONLY);

	if (fd >= 0 && write(fd, found_policy, strlen(found_policy)) < 0)
		pr_info("Cannot write " POLICY_PARAM "\n");
	close(fd);
}

static void find_policy(void)
{
	int fd = open(POLICY_PARAM, O_RDONLY);
	ssize_t len = read(fd, found_policy, sizeof(found_policy) - 1);

	TEST_ASSERT(len > 0, "Cannot read " POLICY_PARAM);
	found_policy[strcspn(found_policy, "\n")] = 0;
	close(fd);
}

static struct kvm_cpuid_entry2 signature_leaf(void)
{
	struct kvm_cpuid_entry2 entry = {
		.function = KVM_EXIT_STATS_CPUID_SIGNATURE,
		.eax = KVM_EXIT_STATS_CPUID_MAX,
	};

	memcpy(&entry.ebx, KVM_EXIT_STATS_SIGNATURE, 4);
	memcpy(&entry.ecx, KVM_EXIT_STATS_SIGNATURE + 4, 4);
	memcpy(&entry.edx, KVM_EXIT_STATS_SIGNATURE + 8, 4);
	return entry;
}

/* What KVM supports now, with the signature leaf as @word has it. */
static struct kvm_cpuid2 *cpuid_with_word(enum vmm_word word)
{
	const struct kvm_cpuid2 *supported = kvm_get_supported_cpuid();
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(supported->nent + 1);
	int i, nr = 0;

	for (i = 0; i < supported->nent; i++) {
		if (supported->entries[i].function != KVM_EXIT_STATS_CPUID_SIGNATURE)
			cpuid->entries[nr++] = supported->entries[i];
	}

	if (word == VMM_SIGNATURE)
		cpuid->entries[nr++] = signature_leaf();
	if (word == VMM_ZEROS)
		cpuid->entries[nr++] = (struct kvm_cpuid_entry2) {
			.function = KVM_EXIT_STATS_CPUID_SIGNATURE,
		};
	cpuid->nent = nr;
	return cpuid;
}

static void set_word(struct kvm_vcpu *vcpu, enum vmm_word word)
{
	struct kvm_cpuid2 *cpuid = cpuid_with_word(word);

	vcpu_init_cpuid(vcpu, cpuid);
	free(cpuid);
}

/* Leaves of the range that KVM_GET_SUPPORTED_CPUID lists; the signature's is right. */
static int nr_supported_leaves(void)
{
	const struct kvm_cpuid_entry2 signature = signature_leaf();
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(256);
	struct kvm_cpuid_entry2 *entry;
	int i, nr = 0, fd = open_kvm_dev_path_or_exit();

	kvm_ioctl(fd, KVM_GET_SUPPORTED_CPUID, cpuid);
	close(fd);
	for (i = 0; i < cpuid->nent; i++) {
		entry = &cpuid->entries[i];
		if ((entry->function & ~0xff) != KVM_EXIT_STATS_CPUID_SIGNATURE)
			continue;

		TEST_ASSERT(!memcmp(entry, &signature, sizeof(signature)),
			    "Leaf %x is listed as supported", entry->function);
		nr++;
	}
	free(cpuid);
	return nr;
}

static void test_word(enum vmm_word word, bool seen)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_word);
	set_word(vcpu, word);
	vcpu_args_set(vcpu, 2, (u64)word, (u64)seen);
	run_to_end(vcpu);
	kvm_vm_free(vm);
}

/* One vCPU whose VMM shows the statistics, and one whose hides them */
static void test_two_words(void)
{
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm;

	vm = vm_create_with_vcpus(2, guest_word, vcpus);
	set_word(vcpus[0], VMM_SIGNATURE);
	set_word(vcpus[1], VMM_ZEROS);
	vcpu_args_set(vcpus[0], 2, (u64)VMM_SIGNATURE, (u64)true);
	vcpu_args_set(vcpus[1], 2, (u64)VMM_ZEROS, (u64)false);
	run_to_end(vcpus[0]);
	run_to_end(vcpus[1]);
	kvm_vm_free(vm);
}

static void test_policies(void)
{
	static const struct {
		const char *name;
		/* By enum vmm_word */
		bool seen[3];
	} policies[] = {
		{ "all",  { true,  false, true } },
		{ "vmm",  { false, false, true } },
		{ "none", { false, false, false } },
	};
	int i, word;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		pr_info("Policy: %s\n", policies[i].name);
		write_word(POLICY_PARAM, policies[i].name);
		TEST_ASSERT(nr_supported_leaves() == (policies[i].seen[VMM_SIGNATURE] ? 1 : 0),
			    "%d leaves are listed as supported", nr_supported_leaves());
		for (word = VMM_SILENT; word <= VMM_SIGNATURE; word++)
			test_word(word, policies[i].seen[word]);
		if (policies[i].seen[VMM_SIGNATURE])
			test_two_words();
	}
	write_word(POLICY_PARAM, "vmm");
}

static void run_toggles(enum vmm_word word, const struct toggle *toggles, int nr)
{
	struct kvm_vcpu *vcpu;
	char file[64] = "";
	struct kvm_vm *vm;
	u64 i;

	vm = vm_create_with_one_vcpu(&vcpu, guest_toggled);
	set_word(vcpu, word);
	vcpu_args_set(vcpu, 3, (u64)word, (u64)toggles, (u64)nr);
	snprintf(file, sizeof(file), "/sys/kernel/debug/kvm/%d-%d/exit_stats_guest",
		 getpid(), vm->fd);
	if (access(file, W_OK)) {
		print_skip("The VM's switch: %s is not writable", file);
		nr = 0;
	}
	while (nr && run_to_sync(vcpu, &i))
		write_word(toggles[i].policy ? POLICY_PARAM : file, toggles[i].word);
	kvm_vm_free(vm);
}

static void test_toggles(void)
{
	static const struct toggle silent[] = {
		{ true, "all", true }, { true, "vmm", false }, { true, "none", false },
		{ false, "show", true }, { false, "hide", false }, { true, "all", false },
		{ false, "inherit", true }, { true, "vmm", false },
	};
	static const struct toggle hidden[] = {
		{ true, "all", false }, { false, "show", true }, { true, "none", true },
		{ false, "inherit", false }, { true, "vmm", false },
	};

	pr_info("The policy and the VM's switch change\n");
	run_toggles(VMM_SILENT, silent, ARRAY_SIZE(silent));
	run_toggles(VMM_ZEROS, hidden, ARRAY_SIZE(hidden));
}

static void switch_statistics(bool on)
{
	write_word(EXIT_STATS_PARAM, on ? "1" : "0");
}

/* Whatever failed meanwhile */
static void switch_on(void)
{
	int fd = open(EXIT_STATS_PARAM, O_WRONLY);

	if (fd >= 0 && write(fd, "1", 1) != 1)
		pr_info("Cannot write " EXIT_STATS_PARAM "\n");
	close(fd);
}

static void test_switch(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 stage;

	pr_info("Off and on again\n");
	atexit(switch_on);
	vm = vm_create_with_one_vcpu(&vcpu, guest_switched);
	set_word(vcpu, VMM_SILENT);
	write_word(POLICY_PARAM, "all");
	while (run_to_sync(vcpu, &stage)) {
		switch_statistics(stage);
		TEST_ASSERT(nr_supported_leaves() == (stage ? 1 : 0),
			    "Switched off, the signature is listed as supported");
	}
	kvm_vm_free(vm);
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(!access(EXIT_STATS_PARAM, F_OK));
	TEST_REQUIRE(get_kvm_param_bool("exit_stats"));
	TEST_REQUIRE(!access(POLICY_PARAM, W_OK));

	find_policy();
	atexit(restore_policy);
	write_word(POLICY_PARAM, "vmm");

	test_counts();
	test_guest("Views", guest_views);
	test_guest("The VMM's time", guest_vmm);
	test_identity();
	test_nested();
	test_guest("What is not defined", guest_undefined);
	test_two_vcpus();
	test_defined_leaf();
	test_policies();
	test_toggles();
	if (kvm_is_forced_emulation_enabled())
		test_guest("KVM's emulator", guest_emulated);
	else
		print_skip("KVM's emulator: kvm.force_emulation_prefix is off");
	test_switch();
	return 0;
}
