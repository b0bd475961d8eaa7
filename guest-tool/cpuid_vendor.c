// SPDX-License-Identifier: GPL-2.0
/* Apart from cpuid.c, for what asks this executes CPUIDs when a program starts. */
#include "cpuid.h"
#include "leaves.h"

unsigned int cpuid_encoding(void)
{
	return __builtin_cpu_is("amd") ? KVM_EXIT_STATS_ENCODING_SVM :
					 KVM_EXIT_STATS_ENCODING_VMX;
}
