/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HYPERVISOR_H
#define HYPERVISOR_H

#include <stddef.h>

#include "cpuid.h"

/*
 * Say why there are no exit statistics, as far as CPUID can tell: writes one
 * line without a newline.  A KVM without the patch and one that has switched
 * the statistics off, or hides them from this VM, answer alike, see
 * host-patch/exit-stats.rst.
 */
void hypervisor_explain(cpuid_fn *cpuid, char *line, size_t size);

#endif
