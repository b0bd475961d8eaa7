// SPDX-License-Identifier: GPL-2.0
/* Apart from cpuid.c, for what asks this executes CPUIDs when a program starts. */
#include "cpuid.h"

bool cpuid_is_amd(void)
{
	return __builtin_cpu_is("amd");
}
