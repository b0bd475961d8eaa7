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
 * Totals.  ECX selects, and ECX[31] is the scope:
 *
 * SUM:		A = exits, B = cycles, over all reasons.
 * DESCRIPTION:	EAX[15:0] = ABI version, EAX[23:16] = encoding of exit numbers,
 *		EBX = feature bits, ECX = frequency of the host's TSC in kHz,
 *		EDX = number of vCPUs counted.
 * OCCUPANCY + k: 128 bits, bit n is set when an exit with number 128k + n has
 *		happened.  EAX holds bits 0-31, EBX 32-63, ECX 64-95 and EDX
 *		96-127.
 *
 * Other values of ECX return four zeros.
 */
#define KVM_EXIT_STATS_CPUID_TOTALS	0x4FFFFFFC
#define KVM_EXIT_STATS_SUM		0
#define KVM_EXIT_STATS_DESCRIPTION	1
#define KVM_EXIT_STATS_OCCUPANCY	2

#define KVM_EXIT_STATS_VERSION		1
#define KVM_EXIT_STATS_ENCODING_SHIFT	16
#define KVM_EXIT_STATS_ENCODING_MASK	0xFF
/* VMX basic exit reasons, as in Intel's SDM. */
#define KVM_EXIT_STATS_ENCODING_VMX	1
/* SVM exit codes, as in AMD's APM. */
#define KVM_EXIT_STATS_ENCODING_SVM	2

/* Feature bits: the scope bit works, and the views that there are. */
#define KVM_EXIT_STATS_FEATURE_VCPU	0x00000001
#define KVM_EXIT_STATS_FEATURE_SPLIT	0x00000002
#define KVM_EXIT_STATS_FEATURE_LONGEST	0x00000004
#define KVM_EXIT_STATS_FEATURE_HISTOGRAM 0x00000008

/*
 * One exit number.  ECX[15:0] = the number, ECX[23:16] = the view, ECX[30:24] =
 * zero, ECX[31] = the scope.
 *
 * COUNT:	A = exits, B = cycles from each exit to the vCPU's next entry.
 * SPLIT:	A = those of the cycles that the vCPU was off-CPU, i.e. halted or
 *		preempted, B = those that it was in the VMM's userspace.  The rest
 *		is KVM's own.  A + B never exceed the cycles that a later COUNT
 *		reads.
 * LONGEST:	A = cycles of the longest exit, B = exits that were taken while
 *		the guest ran a guest of its own.
 * HISTOGRAM + i: A = exits of 2^(2i) to 2^(2i+1)-1 cycles, B = of 2^(2i+1) to
 *		2^(2i+2)-1, i.e. buckets 2i and 2i+1.  The first bucket has exits
 *		of 0 cycles, too, and the last all that were longer.  An exit is in
 *		a bucket from the entry that follows it.
 *
 * Unknown views, and ECX[30:24] other than zero, return four zeros.  Numbers
 * that the vendor's manual does not define return EDX = UNDEFINED and zeros.
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
#define KVM_EXIT_STATS_VIEW_HISTOGRAM	0x10
#define KVM_EXIT_STATS_NR_BUCKETS	32
#define KVM_EXIT_STATS_UNDEFINED	0xFFFFFFFF

/* The number that stands for all exits with a number not defined. */
#define KVM_EXIT_STATS_OTHER		0xFFFF

/* Scope: set to read only the vCPU that executes CPUID, clear for the VM. */
#define KVM_EXIT_STATS_SCOPE_VCPU	0x80000000

#define KVM_EXIT_STATS_CPUID_MAX	KVM_EXIT_STATS_CPUID_REASON

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

#endif /* _UAPI_ASM_X86_KVM_EXIT_STATS_H */
