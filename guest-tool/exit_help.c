// SPDX-License-Identifier: GPL-2.0
#include <asm/kvm.h>
#include <asm/svm.h>
#include <asm/vmx.h>
#include <stddef.h>

#include "exit_help.h"
#include "leaves.h"
#include "util.h"

/* Reasons of both VMX and SVM come first, named after what they have in common. */

static const struct exit_help interrupt = {
	"an interrupt for the host arrived while the guest ran",
	"The host's own timer, its devices, or another of its CPUs interrupted the CPU that "
	"the vCPU ran on.  When the host then runs something else there, that time is this "
	"exit's, too, as off-CPU.",
	"Much off-CPU time means that the host's CPUs are shared: pin vCPUs, or run fewer.  "
	"Against the interrupts, keep the host's devices (irqaffinity) and its timer "
	"(nohz_full) off the CPUs that run vCPUs.",
};

static const struct exit_help shutdown = {
	"a triple fault: the vCPU cannot go on",
	"An exception could not be delivered, nor the double fault that follows it.  Some "
	"systems do this on purpose as a last way to reboot.",
	"One for a reboot is harmless.  Otherwise the guest's kernel has crashed before it "
	"could say anything: look at its console, and at what the VMM logged.",
};

static const struct exit_help init = {
	"an INIT signal arrived at the CPU",
	"INIT resets a processor.  One that the guest sends to its vCPUs is emulated and is no "
	"such exit; this is one of the physical machine, as when the host is reset.",
	"Nothing: it is not caused by the guest, and hardly ever seen.",
};

static const struct exit_help interrupt_window = {
	"the guest can take an interrupt now that had to wait",
	"KVM had an interrupt for the guest while the guest had interrupts disabled, and asked "
	"to be told as soon as it enables them.",
	"Where APICv (Intel) or AVIC (AMD) is on, interrupts reach the guest without this: see "
	"enable_apicv of kvm_intel and avic of kvm_amd on the host.",
};

static const struct exit_help nmi_window = {
	"the guest can take an NMI now that had to wait",
	"KVM had a non-maskable interrupt for the guest while the guest was still handling "
	"one, and asked to be told of that one's end.",
	"Usually rare.  Many come from perf or the NMI watchdog in the guest.",
};

static const struct exit_help task_switch = {
	"the guest switches tasks by hardware",
	"A far call, jump, interrupt or IRET went through a task gate or to a task state "
	"segment.  Not possible in 64-bit mode, and hardly any 32-bit guest does it.  KVM "
	"emulates it.",
	"Nothing, unless the guest is an old system that does this often: a newer one does not.",
};

static const struct exit_help cpuid = {
	"the guest executed CPUID",
	"Programs and libraries ask for the processor's features when they start, kernels at "
	"boot.  Always an exit on Intel; KVM has it so on AMD, too.",
	"Keep the answer in place of asking again.  Code that uses CPUID to wait for earlier "
	"instructions, as around RDTSC, should use LFENCE or SERIALIZE.",
};

static const struct exit_help getsec = {
	"the guest executed GETSEC, of Intel's TXT",
	"A measured launch of an operating system.  KVM does not let guests enable it: it is "
	"an invalid opcode, without an exit.",
	"Nothing: no usual guest does this.",
};

static const struct exit_help hlt = {
	"the guest's vCPU has nothing to do and halts",
	"The idle loop executed HLT.  The exit lasts until something wakes the vCPU, so its "
	"off-CPU time is idleness, not a cost.",
	"What costs is waking up.  For latency let the host poll before it sleeps "
	"(halt_poll_ns of kvm), or the guest (cpuidle-haltpoll); or let the guest halt by "
	"itself on CPUs of its own (QEMU: -overcommit cpu-pm=on).",
};

static const struct exit_help invd = {
	"the guest discards the caches without writing them back",
	"INVD is for firmware at a very early stage.  KVM does nothing for it.",
	"Nothing.",
};

static const struct exit_help wbinvd = {
	"the guest has the caches written back and emptied",
	"WBINVD or WBNOINVD, by drivers that change how memory is cached, or at power-down.  "
	"KVM skips it, unless the VM has a device assigned that does not snoop the caches.",
	"With such a device each takes long, and a graphics driver may do many: newer drivers "
	"flush single lines (CLFLUSH).",
};

static const struct exit_help invlpg = {
	"the guest invalidates the translation of one page",
	"INVLPG matters to KVM only where it keeps the guest's page tables itself, without EPT "
	"or nested paging.",
	"Let the host use EPT or NPT: kvm_intel's parameter ept, kvm_amd's npt.  With them "
	"this is no exit.",
};

static const struct exit_help rdpmc = {
	"the guest reads a performance counter",
	"RDPMC, by perf in the guest or a program that reads counters by itself, where KVM "
	"emulates the counters.",
	"Sample less often, or count fewer events at once.  Where the host has it, a mediated "
	"vPMU lets the guest read its counters without an exit.",
};

static const struct exit_help rdtsc = {
	"the guest reads the time stamp counter",
	"RDTSC and RDTSCP are usually executed without an exit.  They are an exit where a "
	"hypervisor in the guest asks for it, or if the guest's CPU model lacks the "
	"instruction.",
	"Look at what runs nested, and whether the guest's CPU model has RDTSCP.",
};

static const struct exit_help rsm = {
	"the end of system management mode",
	"RSM ends the guest firmware's handler of a system management interrupt, as for UEFI "
	"variables with secure boot.  On Intel, KVM emulates this mode without such an exit.",
	"Nothing, unless the guest's firmware is entered often; see what calls it.",
};

static const struct exit_help hypercall = {
	"the guest calls the hypervisor",
	"VMCALL or VMMCALL: the guest's kernel knows that it is virtual and asks for "
	"something, as to wake another vCPU, to send interrupts to several, or to flush TLBs "
	"(Windows).",
	"Usually cheaper than what it replaces.  Many wake-ups or flushes come from vCPUs that "
	"wait for each other: use fewer vCPUs, and not more than the host has CPUs.",
};

static const struct exit_help cr_access = {
	"the guest reads or writes a control register",
	"A move to or from CR0, CR3, CR4 or CR8 that KVM has to see: a mode that changes, as "
	"at boot.  CR3 is among them only without EPT or nested paging, CR8 only without help "
	"for the interrupt controller.",
	"At boot it is normal.  If CR3 is written at each process switch, let the host use EPT "
	"or NPT.",
};

static const struct exit_help dr_access = {
	"the guest reads or writes a debug register",
	"The first access to DR0 to DR7 for a while.  KVM then loads the guest's registers and "
	"lets it use them until its next exit of any kind.",
	"See who sets breakpoints or watchpoints: a debugger, or perf with mem: events.",
};

static const struct exit_help io = {
	"the guest reads or writes an I/O port",
	"IN, OUT and their string forms: legacy devices such as serial ports, the PIT, PCI "
	"configuration, IDE disks, the ACPI timer.  Mostly the VMM emulates them, which shows "
	"as VMM time.",
	"Use virtio devices and a quieter serial console, and kvm-clock or tsc as the guest's "
	"clock, not acpi_pm.  The tracepoint kvm:kvm_pio on the host shows the port.",
};

static const struct exit_help msr_read = {
	"the guest reads a model-specific register",
	"RDMSR of a register that KVM does not leave to the guest: of the local APIC, of "
	"performance counters, of power management.",
	"Often a monitoring program in the guest.  The tracepoint kvm:kvm_msr on the host "
	"shows the register.",
};

static const struct exit_help msr_write = {
	"the guest writes a model-specific register",
	"Mostly the guest sets its timer (TSC deadline, 0x6e0), or its local APIC in x2APIC "
	"mode ends an interrupt (0x80b) or sends one to another vCPU (0x830).",
	"Fewer timers: let the guest's kernel be tickless, poll less often.  Fewer wake-ups of "
	"other vCPUs.  With APICv on the host, ending an interrupt is no exit; on newer CPUs, "
	"neither is sending one.",
};

static const struct exit_help msr = {
	"the guest reads or writes a model-specific register",
	"RDMSR or WRMSR, mostly to set the timer of the local APIC or TSC deadline, to end an "
	"interrupt, or to send one to another vCPU, in x2APIC mode.",
	"Fewer timers: let the guest's kernel be tickless, poll less often.  Fewer wake-ups of "
	"other vCPUs.  With AVIC on the host most accesses to the APIC need no exit.",
};

static const struct exit_help mwait = {
	"the guest waits with MWAIT",
	"MONITOR and MWAIT let a CPU sleep until memory is written.  KVM does not offer them "
	"unless told to; a guest that uses them all the same goes on at once.",
	"A guest that waits so in vain burns its CPU: let it use HLT (kernel parameter "
	"idle=halt), or offer them (QEMU: -overcommit cpu-pm=on), if each vCPU has a CPU of "
	"its own.",
};

static const struct exit_help pause = {
	"the guest spins: many PAUSE instructions in a row",
	"The CPU has seen a loop of PAUSE that lasts, as when one vCPU waits for a lock whose "
	"holder does not run.  KVM lets another vCPU run in its place.",
	"Usually the host has more busy vCPUs than CPUs: run fewer.  The guest's kernel should "
	"have paravirtual spinlocks.",
};

static const struct exit_help descriptor_tables = {
	"the guest loads or stores a descriptor table register",
	"LGDT, LIDT, LLDT, LTR and the instructions that store these registers.  KVM asks for "
	"such exits at most to emulate UMIP on a CPU without it, or for a hypervisor in the "
	"guest.",
	"Nothing at boot.  At run time, a guest without UMIP in its CPU model has none.",
};

static const struct exit_help xsetbv = {
	"the guest enables extended processor state",
	"XSETBV says which registers, such as those of AVX, the operating system saves.  "
	"Kernels do that once at boot on each vCPU, some at process switches.",
	"Nothing: a few for each vCPU are normal.",
};

static const struct exit_help invpcid = {
	"the guest invalidates translations with INVPCID",
	"Flushes of the TLB by address space.  With EPT or nested paging it is no exit, if the "
	"guest's CPU model has the instruction.",
	"Let the host use EPT or NPT, and give the guest a CPU model that has INVPCID.",
};

static const struct exit_help random = {
	"the guest asks for a random number",
	"RDRAND or RDSEED.  They are an exit only if the guest's CPU model lacks them, or for "
	"a hypervisor in the guest.",
	"Give the guest a CPU model that has them; a virtio random number device serves as "
	"well.",
};

static const struct exit_help xsaves = {
	"the guest saves or restores extended processor state",
	"XSAVES and XRSTORS, which kernels use at process switches.  KVM leaves them to the "
	"guest; they are an exit only for state that a hypervisor in the guest wants to see.",
	"Nothing in a usual guest; otherwise look at what runs nested.",
};

static const struct exit_help user_wait = {
	"the guest waits a short time with UMWAIT or TPAUSE",
	"Programs may wait so without the kernel.  It is an exit only where a hypervisor in "
	"the guest wants to see it.",
	"Nothing in a usual guest.",
};

static const struct exit_help bus_lock = {
	"the guest locked the whole memory bus",
	"An atomic operation across two cache lines, or on uncached memory, which slows down "
	"all CPUs.  It is an exit if the VMM has asked for that.",
	"Find the program and align its data.  A kernel with split_lock_detect=warn names it, "
	"if the guest's CPU model lets it see such locks.  QEMU's bus-lock-ratelimit slows "
	"down the VM that does it.",
};

static const struct exit_help other = {
	"exits with a number that the manual does not define",
	"All of them together; on AMD also an entry that failed because the guest's state was "
	"invalid.",
	"A processor newer than the host's KVM, or a failed entry: look at the host's kernel "
	"log.",
};

/* Intel's */

static const struct exit_help exception_nmi = {
	"an exception that KVM handles, or an NMI of the host",
	"Exceptions in the guest that KVM has to see: an invalid opcode that it may emulate, a "
	"breakpoint of a debugger, a machine check; page faults only without EPT.  And NMIs of "
	"the host, as of perf or of its watchdog.",
	"See whether perf runs on the host, or a debugger is attached to the VM (gdb through "
	"QEMU); and that kvm_intel's parameter ept is on.",
};

static const struct exit_help sipi = {
	"a start-up signal arrived for a vCPU that waits for it",
	"How a processor starts the others at boot.  KVM emulates this for its guests; such an "
	"exit is of a hypervisor in the guest that leaves it to the CPU.",
	"Nothing.",
};

static const struct exit_help vmx_smi = {
	"a system management interrupt",
	"An exit only if a monitor for system management mode of its own is installed on the "
	"host, which Linux never does.",
	"Nothing: not to be expected under KVM.  SMIs that do happen are no exits here.",
};

static const struct exit_help vmx_instruction = {
	"the guest runs a hypervisor, which uses VMX",
	"VMXON, VMPTRLD, VMREAD, VMWRITE, VMLAUNCH, VMRESUME, INVEPT and their kin, which KVM "
	"emulates for a hypervisor in the guest.",
	"Nested virtualization costs that.  A host with shadow VMCS (enable_shadow_vmcs of "
	"kvm_intel) saves most VMREADs and VMWRITEs.  If none is wanted, see who started one, "
	"as Windows' security does.",
};

static const struct exit_help invalid_state = {
	"the guest could not be entered: its state is invalid",
	"The CPU checks a guest's registers before it enters it.  This fails by a mistake of "
	"KVM or of the VMM, as when it has set registers that do not go together.",
	"Look at the host's kernel log and what the VMM says.  A newer kernel and VMM may do "
	"better.",
};

static const struct exit_help msr_load_fail = {
	"the guest could not be entered: an MSR could not be loaded",
	"A model-specific register to be loaded at the entry had a value or number that the "
	"CPU refuses: a mistake of KVM, or of a hypervisor in the guest.",
	"Look at the host's kernel log, and at what runs nested.",
};

static const struct exit_help monitor_trap = {
	"the guest has executed one instruction",
	"The monitor trap flag stops a guest after a single step.  KVM uses it for a "
	"hypervisor in the guest that asks for it, as for a debugger there.",
	"Nothing in a usual guest.",
};

static const struct exit_help mce_during_entry = {
	"a machine check while the guest was being entered",
	"The hardware reported an error of memory, cache or bus at that moment.",
	"Look at the host's log of hardware errors (rasdaemon, mcelog).",
};

static const struct exit_help tpr_threshold = {
	"the guest lowered its priority below a waiting interrupt's",
	"The guest's task priority (CR8) kept an interrupt back, which can be delivered now.  "
	"Windows uses priorities so, Linux does not.",
	"APICv on the host makes it unnecessary.",
};

static const struct exit_help apic_access = {
	"the guest accesses its local APIC through memory",
	"Reads and writes of the APIC's page in xAPIC mode that the CPU cannot do for the "
	"guest: to set the timer, to end an interrupt, to send one.",
	"Have the guest use x2APIC, which is cheaper, and APICv on the host.",
};

static const struct exit_help eoi = {
	"the guest has ended an interrupt that KVM waits for",
	"With APICv the end of an interrupt is no exit, except where KVM has to know of it: "
	"level-triggered interrupts of the I/O APIC, and those of the PIT and the RTC.",
	"Devices with MSI, such as virtio ones on PCI, have none; see /proc/interrupts for "
	"IO-APIC.",
};

static const struct exit_help apic_write = {
	"the guest has written to its local APIC, and KVM has to act",
	"With APICv the CPU takes the write and then stops, as for an interrupt to another "
	"vCPU or for the timer.",
	"Fewer timers and fewer wake-ups of other vCPUs.  CPUs with IPI virtualization "
	"(enable_ipiv of kvm_intel) send without an exit.",
};

static const struct exit_help ept_violation = {
	"the guest touched memory that is not mapped for it yet",
	"The first use of a page, one that was swapped out, given back by the balloon, or "
	"merged; a write to a page that a migration tracks.  KVM finds the page, which may "
	"take a disk.",
	"Give the VM huge pages, or memory allocated in advance (QEMU: prealloc=on).  If it "
	"goes on long after boot, see whether the host swaps, merges or migrates.",
};

static const struct exit_help ept_misconfig = {
	"the guest accesses a device through memory (MMIO)",
	"KVM marks the addresses of emulated devices so that each access stops the guest.  The "
	"device is mostly the VMM's, which shows as VMM time; a notification of virtio is "
	"KVM's alone.",
	"Use virtio devices, with vhost where possible.  The tracepoint kvm:kvm_mmio on the "
	"host shows the address.",
};

static const struct exit_help preemption_timer = {
	"the guest's timer has expired",
	"KVM lets the CPU count down to the guest's next timer, and stops it then to deliver "
	"the timer's interrupt.",
	"Fewer timers: let the guest's kernel be tickless (nohz), and programs poll less often.",
};

static const struct exit_help vmfunc = {
	"the guest switches its view of memory with VMFUNC",
	"For a hypervisor in the guest that lets its own guests switch EPT tables.  KVM "
	"emulates it.",
	"Nothing in a usual guest.",
};

static const struct exit_help sgx = {
	"the guest uses an SGX instruction for enclaves",
	"ENCLS makes and removes enclaves, ENCLV is its counterpart for hypervisors.  KVM "
	"stops at those that it has to check: a few for each enclave that is made.",
	"Make enclaves once and keep them.",
};

static const struct exit_help pml_full = {
	"the log of pages that the guest has written is full",
	"While a migration, or a display in the VMM, wants to know which pages change, the CPU "
	"notes them in a log of 512; KVM empties it.",
	"Ends with the migration.  Otherwise see who tracks memory on the host.",
};

static const struct exit_help pconfig = {
	"the guest configures memory encryption with PCONFIG",
	"Sets the keys of total memory encryption.  KVM does not offer it to guests.",
	"Nothing: no usual guest does this.",
};

static const struct exit_help spp = {
	"a write-permission table for parts of a page was missing",
	"Sub-page permissions allow writes to some 128 bytes of a page.  Linux's KVM does not "
	"use them.",
	"Nothing: not to be expected under KVM.",
};

static const struct exit_help keylocker = {
	"the guest loads a wrapping key of Key Locker",
	"LOADIWKEY, by a kernel at boot.  KVM does not offer it to guests.",
	"Nothing: no usual guest does this.",
};

static const struct exit_help enqcmd = {
	"the guest's work for an accelerator has no valid PASID",
	"ENQCMD or ENQCMDS hands work to a shared device; the number of the address space "
	"could not be translated.  KVM does not offer them to guests.",
	"Nothing: no usual guest does this.",
};

static const struct exit_help notify = {
	"the guest took no interrupts or events for too long",
	"A guest can keep its CPU in a state in which nothing reaches it, by intent or by a "
	"fault of the processor.  After a time that the VMM has set it is stopped.",
	"A guest that does this is broken or hostile.  QEMU's notify-vmexit and notify-window "
	"decide what happens.",
};

static const struct exit_help tdx = {
	"a call of TDX, for confidential VMs",
	"A TDX guest asks its host for something with TDCALL, as for CPUID, devices or "
	"halting; SEAMCALL is for hosts, and refused to a guest.",
	"For TDCALL do as for what was asked: see the VM's devices, timers and idle vCPUs.",
};

static const struct exit_help msr_list = {
	"the guest reads or writes a list of MSRs",
	"RDMSRLIST and WRMSRLIST do many registers at once.  An exit if KVM has to see one of "
	"them, or does not offer the instructions.",
	"As for MSR_READ and MSR_WRITE.",
};

static const struct exit_help user_msr = {
	"a program in the guest reads or writes an MSR",
	"URDMSR and UWRMSR are for registers that the kernel allows to user space.  An exit if "
	"KVM has to see that register, or does not offer the instructions.",
	"As for MSR_READ and MSR_WRITE.",
};

static const struct exit_help *const vmx[] = {
	[EXIT_REASON_EXCEPTION_NMI] = &exception_nmi,
	[EXIT_REASON_EXTERNAL_INTERRUPT] = &interrupt,
	[EXIT_REASON_TRIPLE_FAULT] = &shutdown,
	[EXIT_REASON_INIT_SIGNAL] = &init,
	[EXIT_REASON_SIPI_SIGNAL] = &sipi,
	[5 ... 6] = &vmx_smi,
	[EXIT_REASON_INTERRUPT_WINDOW] = &interrupt_window,
	[EXIT_REASON_NMI_WINDOW] = &nmi_window,
	[EXIT_REASON_TASK_SWITCH] = &task_switch,
	[EXIT_REASON_CPUID] = &cpuid,
	[11] = &getsec,
	[EXIT_REASON_HLT] = &hlt,
	[EXIT_REASON_INVD] = &invd,
	[EXIT_REASON_INVLPG] = &invlpg,
	[EXIT_REASON_RDPMC] = &rdpmc,
	[EXIT_REASON_RDTSC] = &rdtsc,
	[17] = &rsm,
	[EXIT_REASON_VMCALL] = &hypercall,
	[EXIT_REASON_VMCLEAR ... EXIT_REASON_VMON] = &vmx_instruction,
	[EXIT_REASON_CR_ACCESS] = &cr_access,
	[EXIT_REASON_DR_ACCESS] = &dr_access,
	[EXIT_REASON_IO_INSTRUCTION] = &io,
	[EXIT_REASON_MSR_READ] = &msr_read,
	[EXIT_REASON_MSR_WRITE] = &msr_write,
	[EXIT_REASON_INVALID_STATE] = &invalid_state,
	[EXIT_REASON_MSR_LOAD_FAIL] = &msr_load_fail,
	[EXIT_REASON_MWAIT_INSTRUCTION] = &mwait,
	[EXIT_REASON_MONITOR_TRAP_FLAG] = &monitor_trap,
	[EXIT_REASON_MONITOR_INSTRUCTION] = &mwait,
	[EXIT_REASON_PAUSE_INSTRUCTION] = &pause,
	[EXIT_REASON_MCE_DURING_VMENTRY] = &mce_during_entry,
	[EXIT_REASON_TPR_BELOW_THRESHOLD] = &tpr_threshold,
	[EXIT_REASON_APIC_ACCESS] = &apic_access,
	[EXIT_REASON_EOI_INDUCED] = &eoi,
	[EXIT_REASON_GDTR_IDTR ... EXIT_REASON_LDTR_TR] = &descriptor_tables,
	[EXIT_REASON_EPT_VIOLATION] = &ept_violation,
	[EXIT_REASON_EPT_MISCONFIG] = &ept_misconfig,
	[EXIT_REASON_INVEPT] = &vmx_instruction,
	[EXIT_REASON_RDTSCP] = &rdtsc,
	[EXIT_REASON_PREEMPTION_TIMER] = &preemption_timer,
	[EXIT_REASON_INVVPID] = &vmx_instruction,
	[EXIT_REASON_WBINVD] = &wbinvd,
	[EXIT_REASON_XSETBV] = &xsetbv,
	[EXIT_REASON_APIC_WRITE] = &apic_write,
	[EXIT_REASON_RDRAND] = &random,
	[EXIT_REASON_INVPCID] = &invpcid,
	[EXIT_REASON_VMFUNC] = &vmfunc,
	[EXIT_REASON_ENCLS] = &sgx,
	[EXIT_REASON_RDSEED] = &random,
	[EXIT_REASON_PML_FULL] = &pml_full,
	[EXIT_REASON_XSAVES ... EXIT_REASON_XRSTORS] = &xsaves,
	[65] = &pconfig,
	[66] = &spp,
	[EXIT_REASON_UMWAIT ... EXIT_REASON_TPAUSE] = &user_wait,
	[69] = &keylocker,
	[70] = &sgx,
	[72 ... 73] = &enqcmd,
	[74] = &bus_lock,
	[75] = &notify,
	[76 ... 77] = &tdx,
	[78 ... 79] = &msr_list,
	[80 ... 81] = &user_msr,
	[84] = &msr_read,
	[85] = &msr_write,
};

/* AMD's */

static const struct exit_help read_cr = {
	"the guest reads a control register",
	"A move from CR0 to CR15 that KVM has to see.  Without nested paging these are those "
	"of CR0, CR3 and CR4; with it usually few.",
	"At boot it is normal.  Otherwise let the host use nested paging (npt of kvm_amd).",
};

static const struct exit_help write_cr = {
	"the guest writes a control register",
	"A move to CR0 to CR15 that KVM has to see: a mode that changes, as at boot.  CR3 is "
	"among them only without nested paging, CR8, the task priority, only without AVIC.",
	"At boot it is normal.  If CR3 is written at each process switch, let the host use "
	"nested paging (npt of kvm_amd).",
};

static const struct exit_help exception = {
	"the guest raised an exception",
	"An exception by its vector, from 0 to 31.  KVM asks for a few only, and for others "
	"where a debugger or a hypervisor in the guest wants them.",
	"Not a fault of KVM: look at what the guest's programs do, and whether it is being "
	"debugged.",
};

static const struct exit_help debug_exception = {
	"a breakpoint or a single step in the guest",
	"Exceptions #DB and #BP, while a debugger is attached to the VM, as gdb through QEMU, "
	"or KVM watches for a guest that would never leave them.",
	"Detach the debugger.  Breakpoints of a debugger inside the guest are usually no exits.",
};

static const struct exit_help invalid_opcode = {
	"the guest executed an instruction that the CPU refuses",
	"Exception #UD.  KVM checks whether it emulates the instruction, such as a hypercall "
	"in Intel's form (VMCALL), and otherwise passes the exception on.",
	"If there are many, the guest's CPU model may lack an instruction that is emulated in "
	"the guest.",
};

static const struct exit_help protection_fault = {
	"a general protection fault in the guest",
	"Exception #GP, which KVM asks for where it emulates something for the guest: SVM "
	"instructions, or the VMware backdoor.",
	"Look at whether a hypervisor runs in the guest, and at kvm's parameter "
	"enable_vmware_backdoor.",
};

static const struct exit_help page_fault = {
	"a page fault in the guest",
	"Exception #PF.  KVM asks for it where it keeps the guest's page tables itself, "
	"without nested paging.",
	"Let the host use nested paging: npt of kvm_amd.",
};

static const struct exit_help alignment_check = {
	"an alignment check in the guest",
	"Exception #AC, which KVM asks for since a guest could otherwise keep the CPU in an "
	"endless loop.",
	"Rare.  Find the program that accesses memory unaligned.",
};

static const struct exit_help machine_check = {
	"a machine check",
	"Exception #MC: the hardware reported an error while the guest ran.  It is the host's "
	"to handle.",
	"Look at the host's log of hardware errors (rasdaemon, mcelog).",
};

static const struct exit_help sev_exception = {
	"an exception of a confidential VM",
	"#HV tells an SNP guest of an event from the hypervisor, #VC that it has to ask the "
	"hypervisor, #SX of an event that concerns security.  The guest handles #HV and #VC "
	"itself.",
	"Nothing: KVM does not ask for these.",
};

static const struct exit_help svm_nmi = {
	"a non-maskable interrupt of the host",
	"As of perf on the host, which samples while the guest runs, or of the host's watchdog.",
	"See whether perf runs on the host.",
};

static const struct exit_help svm_smi = {
	"a system management interrupt of the host",
	"The firmware of the host's board interrupts all CPUs for its own purposes, as power "
	"or error management, for tens or hundreds of microseconds.",
	"Look for settings and updates of the host's firmware: KVM cannot prevent it.",
};

static const struct exit_help flags = {
	"the guest saves or restores its flags",
	"PUSHF and POPF.  KVM does not ask for it; a hypervisor in the guest may.",
	"Nothing in a usual guest.",
};

static const struct exit_help software_interrupt = {
	"the guest executed INT n",
	"An interrupt by an instruction, as of old system calls.  KVM does not ask for it; a "
	"hypervisor in the guest may.",
	"Nothing in a usual guest.",
};

static const struct exit_help ferr_freeze = {
	"the guest's FPU waits for an error to be handled",
	"The way in which PCs of the 1980s reported floating point errors.  KVM does not ask "
	"for it; a hypervisor in the guest may.",
	"Nothing: no modern guest does this.",
};

static const struct exit_help svm_instruction = {
	"the guest runs a hypervisor, which uses SVM",
	"VMRUN, VMLOAD, VMSAVE, STGI, CLGI and INVLPGA, which KVM emulates for a hypervisor in "
	"the guest.",
	"Nested virtualization costs that.  Hosts with vls and vgif (kvm_amd) save VMLOAD, "
	"VMSAVE, STGI and CLGI.  If none is wanted, see who started one, as Windows' security "
	"does.",
};

static const struct exit_help skinit = {
	"the guest executed SKINIT, a measured launch",
	"A secure start of an operating system.  KVM does not offer it to guests and answers "
	"with an invalid opcode.",
	"Nothing: no usual guest does this.",
};

static const struct exit_help icebp = {
	"the guest executed INT1",
	"An instruction of hardware debuggers, which raises #DB.  Newer versions of KVM "
	"emulate it, since the CPU may report a wrong address; others do not ask for it, but a "
	"hypervisor in the guest may.",
	"Nothing in a usual guest.",
};

static const struct exit_help rdpru = {
	"a program in the guest reads MPERF or APERF",
	"RDPRU reads the counters of the real frequency.  KVM answers with an invalid opcode, "
	"for it does not offer it to guests.",
	"Look for the program that uses it without asking CPUID.",
};

static const struct exit_help trap = {
	"an encrypted guest has written a control register or EFER",
	"The registers of a SEV-ES guest are hidden from KVM, so it is told after a write to "
	"EFER or a CR what has changed.",
	"At boot it is normal; writes to CR8, the task priority, come from Windows.",
};

static const struct exit_help tlb_broadcast = {
	"the guest flushes the TLBs of all CPUs",
	"INVLPGB and TLBSYNC flush translations of other CPUs without interrupts.  KVM does "
	"not offer them to guests: they are an invalid opcode, without an exit.",
	"Nothing: no usual guest does this.",
};

static const struct exit_help mcommit = {
	"the guest waits for its writes to be in memory",
	"MCOMMIT is for persistent memory.  KVM does not offer it to guests.",
	"Nothing: no usual guest does this.",
};

static const struct exit_help idle_halt = {
	"the guest's vCPU halts, and has no interrupt waiting",
	"As hlt, but without an exit if an interrupt for the vCPU waits already.  Its off-CPU "
	"time is idleness, not a cost.",
	"As for hlt: what costs is waking up.",
};

static const struct exit_help npf = {
	"the guest touched memory that is not mapped, or a device",
	"The first use of a page, one that was swapped out, given back by the balloon, or "
	"merged; a write to a page that a migration tracks.  Also each access to an emulated "
	"device through memory (MMIO), which shows as VMM time.",
	"For memory, huge pages or memory allocated in advance (QEMU: prealloc=on).  For "
	"devices, virtio; the tracepoint kvm:kvm_mmio on the host shows which.",
};

static const struct exit_help avic_ipi = {
	"an interrupt to another vCPU that AVIC could not deliver",
	"The hardware sends interrupts between vCPUs that run.  KVM has to help if the other "
	"one sleeps, or if the kind is not simple.",
	"Fewer wake-ups of idle vCPUs: run what communicates on fewer vCPUs.",
};

static const struct exit_help avic_access = {
	"an access to the local APIC that AVIC leaves to KVM",
	"Mostly the guest sets its timer, or ends an interrupt that is level triggered.",
	"Fewer timers; devices with MSI, such as virtio ones on PCI.",
};

static const struct exit_help vmgexit = {
	"an encrypted guest asks KVM for something",
	"A SEV-ES or SEV-SNP guest shares only what a request needs: CPUID, I/O, MSRs, MMIO, "
	"halting and page state come as this one exit.",
	"Do as for what was asked: see the VM's devices, timers and idle vCPUs; "
	"the tracepoint kvm:kvm_vmgexit_enter on the host shows which.",
};

#define EXCEPTION(vector) (SVM_EXIT_EXCP_BASE + (vector))

static const struct exit_help *const svm[] = {
	[0x00 ... 0x0f] = &read_cr,
	[0x10 ... 0x1f] = &write_cr,
	[0x20 ... 0x3f] = &dr_access,
	[EXCEPTION(0)] = &exception,
	[EXCEPTION(1)] = &debug_exception,
	[EXCEPTION(2)] = &svm_nmi,
	[EXCEPTION(3)] = &debug_exception,
	[EXCEPTION(4) ... EXCEPTION(5)] = &exception,
	[EXCEPTION(6)] = &invalid_opcode,
	[EXCEPTION(7) ... EXCEPTION(12)] = &exception,
	[EXCEPTION(13)] = &protection_fault,
	[EXCEPTION(14)] = &page_fault,
	[EXCEPTION(15) ... EXCEPTION(16)] = &exception,
	[EXCEPTION(17)] = &alignment_check,
	[EXCEPTION(18)] = &machine_check,
	[EXCEPTION(19) ... EXCEPTION(27)] = &exception,
	[EXCEPTION(28) ... EXCEPTION(30)] = &sev_exception,
	[EXCEPTION(31)] = &exception,
	[SVM_EXIT_INTR] = &interrupt,
	[SVM_EXIT_NMI] = &svm_nmi,
	[SVM_EXIT_SMI] = &svm_smi,
	[SVM_EXIT_INIT] = &init,
	[SVM_EXIT_VINTR] = &interrupt_window,
	[SVM_EXIT_CR0_SEL_WRITE] = &write_cr,
	[SVM_EXIT_IDTR_READ ... SVM_EXIT_TR_WRITE] = &descriptor_tables,
	[SVM_EXIT_RDTSC] = &rdtsc,
	[SVM_EXIT_RDPMC] = &rdpmc,
	[SVM_EXIT_PUSHF ... SVM_EXIT_POPF] = &flags,
	[SVM_EXIT_CPUID] = &cpuid,
	[SVM_EXIT_RSM] = &rsm,
	[SVM_EXIT_IRET] = &nmi_window,
	[SVM_EXIT_SWINT] = &software_interrupt,
	[SVM_EXIT_INVD] = &invd,
	[SVM_EXIT_PAUSE] = &pause,
	[SVM_EXIT_HLT] = &hlt,
	[SVM_EXIT_INVLPG] = &invlpg,
	[SVM_EXIT_INVLPGA] = &svm_instruction,
	[SVM_EXIT_IOIO] = &io,
	[SVM_EXIT_MSR] = &msr,
	[SVM_EXIT_TASK_SWITCH] = &task_switch,
	[SVM_EXIT_FERR_FREEZE] = &ferr_freeze,
	[SVM_EXIT_SHUTDOWN] = &shutdown,
	[SVM_EXIT_VMRUN] = &svm_instruction,
	[SVM_EXIT_VMMCALL] = &hypercall,
	[SVM_EXIT_VMLOAD ... SVM_EXIT_CLGI] = &svm_instruction,
	[SVM_EXIT_SKINIT] = &skinit,
	[SVM_EXIT_RDTSCP] = &rdtsc,
	[SVM_EXIT_ICEBP] = &icebp,
	[SVM_EXIT_WBINVD] = &wbinvd,
	[SVM_EXIT_MONITOR ... SVM_EXIT_MWAIT_COND] = &mwait,
	[SVM_EXIT_XSETBV] = &xsetbv,
	[SVM_EXIT_RDPRU] = &rdpru,
	[SVM_EXIT_EFER_WRITE_TRAP ... SVM_EXIT_CR15_WRITE_TRAP] = &trap,
	[0xa0 ... 0xa1] = &tlb_broadcast,
	[SVM_EXIT_INVPCID] = &invpcid,
	[0xa3] = &mcommit,
	[0xa4] = &tlb_broadcast,
	[0xa5] = &bus_lock,
	[0xa6] = &idle_halt,
};

static const struct exit_help *const svm_high[] = {
	[SVM_EXIT_NPF - KVM_EXIT_STATS_SVM_HIGH_CODES] = &npf,
	[SVM_EXIT_AVIC_INCOMPLETE_IPI - KVM_EXIT_STATS_SVM_HIGH_CODES] = &avic_ipi,
	[SVM_EXIT_AVIC_UNACCELERATED_ACCESS - KVM_EXIT_STATS_SVM_HIGH_CODES] = &avic_access,
	[SVM_EXIT_VMGEXIT - KVM_EXIT_STATS_SVM_HIGH_CODES] = &vmgexit,
};

const struct exit_help *exit_help(unsigned int encoding, uint32_t number)
{
	uint32_t high = number - KVM_EXIT_STATS_SVM_HIGH_CODES;

	if (number == KVM_EXIT_STATS_OTHER)
		return &other;
	if (encoding == KVM_EXIT_STATS_ENCODING_VMX)
		return number < ARRAY_SIZE(vmx) ? vmx[number] : NULL;
	if (encoding != KVM_EXIT_STATS_ENCODING_SVM)
		return NULL;
	if (number < ARRAY_SIZE(svm))
		return svm[number];
	return high < ARRAY_SIZE(svm_high) ? svm_high[high] : NULL;
}
