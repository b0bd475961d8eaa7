/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REASONS_H
#define REASONS_H

#include <asm/svm.h>
#include <asm/vmx.h>
#include <stdint.h>

#include "leaves.h"

/* One more than the highest exit number there is, but for "other" */
#define NR_NUMBERS 0x480

/* Buckets of the binary statistics, on each vendor */
#define NR_STATS (KVM_EXIT_STATS_NR_SVM_CODES + KVM_EXIT_STATS_NR_SVM_HIGH_CODES + 1)

/* The exits that the checks cause, as the two encodings number them. */
struct reasons {
	uint32_t encoding;
	uint32_t cpuid, port, rdmsr, wrmsr, page, hlt, interrupt, enter_guest,
		 invalid_state;
	/*
	 * Of the virtual PMU, the MSRs that select the event of the first counter, that are this
	 * counter, and that enable all (0: there is none); our event, and a unit mask of no exit
	 */
	uint32_t event_msr, counter_msr, global_control;
	uint64_t event, no_umask;
};

static const struct reasons vmx_reasons = {
	.encoding	= KVM_EXIT_STATS_ENCODING_VMX,
	.cpuid		= EXIT_REASON_CPUID,
	.port		= EXIT_REASON_IO_INSTRUCTION,
	.rdmsr		= EXIT_REASON_MSR_READ,
	.wrmsr		= EXIT_REASON_MSR_WRITE,
	.page		= EXIT_REASON_EPT_VIOLATION,
	.hlt		= EXIT_REASON_HLT,
	.interrupt	= EXIT_REASON_EXTERNAL_INTERRUPT,
	.enter_guest	= EXIT_REASON_VMRESUME,
	.invalid_state	= EXIT_REASON_INVALID_STATE,
	.event_msr	= 0x186,
	.counter_msr	= 0xc1,
	.global_control	= 0x38f,
	.event		= KVM_EXIT_STATS_VMX_EVENT,
	.no_umask	= 35,
};

static const struct reasons svm_reasons = {
	.encoding	= KVM_EXIT_STATS_ENCODING_SVM,
	.cpuid		= SVM_EXIT_CPUID,
	.port		= SVM_EXIT_IOIO,
	.rdmsr		= SVM_EXIT_MSR,
	.wrmsr		= SVM_EXIT_MSR,
	.page		= SVM_EXIT_NPF,
	.hlt		= SVM_EXIT_HLT,
	.interrupt	= SVM_EXIT_INTR,
	.enter_guest	= SVM_EXIT_VMRUN,
	/* -1, which is no number of those that the APM defines */
	.invalid_state	= KVM_EXIT_STATS_OTHER,
	.event_msr	= 0xc0010000,
	.counter_msr	= 0xc0010004,
	.event		= (KVM_EXIT_STATS_SVM_EVENT & 0xf00ULL) << 24 |
			  (KVM_EXIT_STATS_SVM_EVENT & 0xff),
	.no_umask	= 0xe0,
};

/* Those of this processor */
static const struct reasons *reasons = &vmx_reasons;

static inline void choose_reasons(void)
{
	if (__builtin_cpu_is("amd"))
		reasons = &svm_reasons;
}

#endif
