/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * CPUID leaves with which KVM tells a guest its VM-exit statistics.
 *
 * A statistics leaf returns two 64-bit values, A and B, in one CPUID:
 *
 *	A = EDX:EAX	B = EBX:ECX
 *
 * i.e. EAX and ECX are the low halves, EDX and EBX the high halves.  All
 * times are in cycles, ticks of the host's TSC.
 */
#ifndef _UAPI_ASM_X86_KVM_EXIT_STATS_H
#define _UAPI_ASM_X86_KVM_EXIT_STATS_H

/*
 * Signature.  EAX = the highest leaf of the range, EBX, ECX, EDX = the 12 bytes
 * "KVMExitStats".  Without the signature the other leaves mean nothing.
 *
 * Leaves of the range that are not defined here return four zeros.
 */
#define KVM_EXIT_STATS_CPUID_SIGNATURE	0x4FFFFF00
#define KVM_EXIT_STATS_SIGNATURE	"KVMExitStats"

/*
 * Totals and what is said of the VM.  ECX selects, and ECX[31] is the scope:
 *
 * SUM:		A = exits, B = cycles, over all reasons.
 * DESCRIPTION:	EAX[15:0] = ABI version, EAX[23:16] = encoding of exit numbers,
 *		EBX = feature bits, ECX = frequency of the host's TSC in kHz,
 *		EDX = number of vCPUs counted.
 * OCCUPANCY + k: 128 bits, bit n is set when an exit with number 128k + n has
 *		happened.  EAX holds bits 0-31, EBX 32-63, ECX 64-95 and EDX
 *		96-127.
 *
 * IDENTITY:	A = 64 random bits that are drawn when the VM is created, B = cycles
 *		since then.  A VM that was migrated, restored or restarted has other
 *		bits and statistics that begin anew; a guest's reset keeps both.
 *
 * Other values of ECX return four zeros.
 */
#define KVM_EXIT_STATS_CPUID_TOTALS	0x4FFFFFFC
#define KVM_EXIT_STATS_SUM		0
#define KVM_EXIT_STATS_DESCRIPTION	1
#define KVM_EXIT_STATS_OCCUPANCY	2
#define KVM_EXIT_STATS_IDENTITY		0x10000

#define KVM_EXIT_STATS_VERSION		1
#define KVM_EXIT_STATS_ENCODING_SHIFT	16
#define KVM_EXIT_STATS_ENCODING_MASK	0xFF
/* VMX basic exit reasons, as in Intel's SDM. */
#define KVM_EXIT_STATS_ENCODING_VMX	1
/* SVM exit codes, as in AMD's APM. */
#define KVM_EXIT_STATS_ENCODING_SVM	2

/* Feature bits: the scope bit works, the views that there are, IDENTITY. */
#define KVM_EXIT_STATS_FEATURE_VCPU	0x00000001
#define KVM_EXIT_STATS_FEATURE_SPLIT	0x00000002
#define KVM_EXIT_STATS_FEATURE_LONGEST	0x00000004
#define KVM_EXIT_STATS_FEATURE_HISTOGRAM 0x00000008
#define KVM_EXIT_STATS_FEATURE_STEAL	0x00000010
#define KVM_EXIT_STATS_FEATURE_IDENTITY	0x00000020

/* VM exits are events of the virtual PMU, see KVM_EXIT_STATS_VMX_EVENT. */
#define KVM_EXIT_STATS_FEATURE_PMU	0x00000040

/*
 * One exit number.  ECX[15:0] = the number, ECX[23:16] = the view, ECX[30:24] =
 * zero, ECX[31] = the scope.
 *
 * COUNT:	A = exits, B = cycles from each exit to the vCPU's next entry.
 * SPLIT:	A = those of the cycles that the vCPU was off-CPU in KVM_RUN, whatever
 *		for, B = those from KVM_RUN's return to its next call, i.e. in the VMM.
 *		The rest is KVM's.
 * LONGEST:	A = cycles of the longest exit, B = exits that were taken while
 *		the guest ran a guest of its own.
 * STEAL:	A = those of the cycles that the vCPU could have run in KVM_RUN and did
 *		not, because it was preempted, or woken and waiting for a CPU,
 *		B = those that it was idle: from its going to sleep in KVM until it
 *		was woken, asleep or polled for.  The rest, less the VMM's, is what
 *		the host did for the exits.
 * HISTOGRAM + i: A = exits of 2^(2i) to 2^(2i+1)-1 cycles, B = of 2^(2i+1) to
 *		2^(2i+2)-1, i.e. buckets 2i and 2i+1.  The first bucket has exits
 *		of 0 cycles, too, and the last all that were longer.
 *
 * Unknown views, and ECX[30:24] other than zero, return four zeros.  Numbers
 * that the vendor's manual does not define return EDX = UNDEFINED and zeros.
 *
 * The time of an exit ends with the entry that follows it.  It is added, with its
 * parts and to its bucket, when the vCPU exits again.  Neither the parts of SPLIT nor
 * those of STEAL and the VMM's exceed the cycles that a later COUNT reads.
 *
 * The CPUID that reads is an exit, too: it is counted in what it returns, and its
 * cycles are not yet.
 */
#define KVM_EXIT_STATS_CPUID_REASON	0x4FFFFFFD
#define KVM_EXIT_STATS_NUMBER_MASK	0xFFFF
#define KVM_EXIT_STATS_VIEW_SHIFT	16
#define KVM_EXIT_STATS_VIEW_COUNT	0
#define KVM_EXIT_STATS_VIEW_SPLIT	1
#define KVM_EXIT_STATS_VIEW_LONGEST	2
#define KVM_EXIT_STATS_VIEW_STEAL	3
#define KVM_EXIT_STATS_VIEW_HISTOGRAM	0x10
#define KVM_EXIT_STATS_NR_BUCKETS	32
#define KVM_EXIT_STATS_UNDEFINED	0xFFFFFFFF

/* The number that stands for all exits with a number not defined. */
#define KVM_EXIT_STATS_OTHER		0xFFFF

/* Scope: set to read only the vCPU that executes CPUID, clear for the VM. */
#define KVM_EXIT_STATS_SCOPE_VCPU	0x80000000

#define KVM_EXIT_STATS_CPUID_MAX	KVM_EXIT_STATS_CPUID_REASON

/*
 * The event of the virtual PMU that counts VM exits, as its event select: bits 7:0 of
 * IA32_PERFEVTSELx on Intel, bits 35:32 and 7:0 of PERF_CTLx on AMD.  The unit mask,
 * bits 15:8, is the exit number, on SVM those from 0x400 up as 0xF0 and what they
 * exceed it by; or all exits together.  Unit masks of numbers that are not defined
 * count nothing, and neither do counters with edge detection, inversion or a counter
 * mask.
 */
#define KVM_EXIT_STATS_VMX_EVENT	0xF5
#define KVM_EXIT_STATS_SVM_EVENT	0x7DA
#define KVM_EXIT_STATS_SVM_HIGH_UMASK	0xF0
#define KVM_EXIT_STATS_UMASK_ALL	0xFF

/*
 * The exit reasons that the SDM defines and that VMX_EXIT_REASONS of
 * <asm/vmx.h> lacks, in some or all kernels, as initializers of an array.
 * Where both have a number, the name in VMX_EXIT_REASONS is the one to use.
 */
#define KVM_EXIT_STATS_MORE_VMX_REASONS \
	[5] = "IO_SMI", \
	[6] = "OTHER_SMI", \
	[11] = "GETSEC", \
	[17] = "RSM", \
	[65] = "PCONFIG", \
	[66] = "SPP_EVENT", \
	[69] = "LOADIWKEY", \
	[70] = "ENCLV", \
	[72] = "ENQCMD_PASID", \
	[73] = "ENQCMDS_PASID", \
	[74] = "BUS_LOCK", \
	[75] = "NOTIFY", \
	[76] = "SEAMCALL", \
	[77] = "TDCALL", \
	[78] = "RDMSRLIST", \
	[79] = "WRMSRLIST", \
	[80] = "URDMSR", \
	[81] = "UWRMSR", \
	[84] = "MSR_READ_IMM", \
	[85] = "MSR_WRITE_IMM"

/* One more than the highest exit reason that the SDM defines. */
#define KVM_EXIT_STATS_NR_VMX_REASONS	86

/*
 * The same for the exit codes that the APM defines, and SVM_EXIT_REASONS of
 * <asm/svm.h>.
 */
#define KVM_EXIT_STATS_MORE_SVM_REASONS \
	[0x01] = "read_cr1", \
	[0x05] = "read_cr5", \
	[0x06] = "read_cr6", \
	[0x07] = "read_cr7", \
	[0x09] = "read_cr9", \
	[0x0a] = "read_cr10", \
	[0x0b] = "read_cr11", \
	[0x0c] = "read_cr12", \
	[0x0d] = "read_cr13", \
	[0x0e] = "read_cr14", \
	[0x0f] = "read_cr15", \
	[0x11] = "write_cr1", \
	[0x15] = "write_cr5", \
	[0x16] = "write_cr6", \
	[0x17] = "write_cr7", \
	[0x19] = "write_cr9", \
	[0x1a] = "write_cr10", \
	[0x1b] = "write_cr11", \
	[0x1c] = "write_cr12", \
	[0x1d] = "write_cr13", \
	[0x1e] = "write_cr14", \
	[0x1f] = "write_cr15", \
	[0x28] = "read_dr8", \
	[0x29] = "read_dr9", \
	[0x2a] = "read_dr10", \
	[0x2b] = "read_dr11", \
	[0x2c] = "read_dr12", \
	[0x2d] = "read_dr13", \
	[0x2e] = "read_dr14", \
	[0x2f] = "read_dr15", \
	[0x38] = "write_dr8", \
	[0x39] = "write_dr9", \
	[0x3a] = "write_dr10", \
	[0x3b] = "write_dr11", \
	[0x3c] = "write_dr12", \
	[0x3d] = "write_dr13", \
	[0x3e] = "write_dr14", \
	[0x3f] = "write_dr15", \
	[0x42] = "NMI excp", \
	[0x49] = "excp 9", \
	[0x4f] = "excp 15", \
	[0x54] = "excp 20", \
	[0x55] = "CP excp", \
	[0x56] = "excp 22", \
	[0x57] = "excp 23", \
	[0x58] = "excp 24", \
	[0x59] = "excp 25", \
	[0x5a] = "excp 26", \
	[0x5b] = "excp 27", \
	[0x5c] = "HV excp", \
	[0x5d] = "VC excp", \
	[0x5e] = "SX excp", \
	[0x5f] = "excp 31", \
	[0x8c] = "mwait_cond", \
	[0x8e] = "rdpru", \
	[0x91] = "write_cr1_trap", \
	[0x92] = "write_cr2_trap", \
	[0x93] = "write_cr3_trap", \
	[0x95] = "write_cr5_trap", \
	[0x96] = "write_cr6_trap", \
	[0x97] = "write_cr7_trap", \
	[0x99] = "write_cr9_trap", \
	[0x9a] = "write_cr10_trap", \
	[0x9b] = "write_cr11_trap", \
	[0x9c] = "write_cr12_trap", \
	[0x9d] = "write_cr13_trap", \
	[0x9e] = "write_cr14_trap", \
	[0x9f] = "write_cr15_trap", \
	[0xa0] = "invlpgb", \
	[0xa1] = "invlpgb_illegal", \
	[0xa3] = "mcommit", \
	[0xa4] = "tlbsync", \
	[0xa5] = "buslock", \
	[0xa6] = "idle-halt"

/*
 * One more than the highest exit code of the APM's low range, and the range of
 * nested paging and its neighbours.
 */
#define KVM_EXIT_STATS_NR_SVM_CODES	0xA7
#define KVM_EXIT_STATS_SVM_HIGH_CODES	0x400
#define KVM_EXIT_STATS_NR_SVM_HIGH_CODES 4

#endif /* _UAPI_ASM_X86_KVM_EXIT_STATS_H */
