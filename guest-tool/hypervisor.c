// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hypervisor.h"
#include "exit_leaves.h"
#include "util.h"

#define CPUID_FEATURES			0x00000001
#define CPUID_FEATURES_ECX_HYPERVISOR	(1U << 31)
#define CPUID_HYPERVISOR		0x40000000
/* Where one hypervisor speaks for several, they are this far apart. */
#define CPUID_HYPERVISOR_STEP		0x100
#define CPUID_HYPERVISOR_RANGES		16

static const struct {
	const char *signature;
	const char *name;
} hypervisors[] = {
	{ "Microsoft Hv", "Hyper-V" },
	{ "VMwareVMware", "VMware" },
	{ "XenVMMXenVMM", "Xen" },
	{ "TCGTCGTCGTCG", "QEMU's TCG" },
	{ "bhyve bhyve ", "bhyve" },
	{ "VBoxVBoxVBox", "VirtualBox" },
	{ "ACRNACRNACRN", "ACRN" },
	{ "QNXQVMBSQG", "QNX" },
	{ " lrpepyh  vr", "Parallels" },
	{ "OpenBSDVMM58", "OpenBSD vmm" },
	{ "___ NVMM ___", "NVMM" },
};

static void read_signature(cpuid_fn *cpuid, unsigned int range, char signature[13])
{
	struct cpuid_regs regs = cpuid(CPUID_HYPERVISOR +
				       range * CPUID_HYPERVISOR_STEP, 0);
	int i;

	memcpy(signature, &regs.ebx, 4);
	memcpy(signature + 4, &regs.ecx, 4);
	memcpy(signature + 8, &regs.edx, 4);
	signature[12] = '\0';

	for (i = 0; signature[i]; i++) {
		if (!isprint((unsigned char)signature[i]))
			signature[i] = '?';
	}
}

static bool is_kvm(cpuid_fn *cpuid)
{
	char signature[13];
	unsigned int i;

	for (i = 0; i < CPUID_HYPERVISOR_RANGES; i++) {
		read_signature(cpuid, i, signature);
		if (!strcmp(signature, "KVMKVMKVM"))
			return true;
	}
	return false;
}

static const char *hypervisor_name(const char *signature)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hypervisors); i++) {
		if (!strcmp(hypervisors[i].signature, signature))
			return hypervisors[i].name;
	}
	return signature;
}

void hypervisor_explain(cpuid_fn *cpuid, char *line, size_t size)
{
	struct cpuid_regs features = cpuid(CPUID_FEATURES, 0);
	char signature[13];

	if (exit_leaves_signature(cpuid)) {
		snprintf(line, size,
			 "the host has their signature, but does not show them to this VM");
		return;
	}

	if (!(features.ecx & CPUID_FEATURES_ECX_HYPERVISOR)) {
		snprintf(line, size, "this machine is not virtualized");
		return;
	}

	if (is_kvm(cpuid)) {
		snprintf(line, size, "this KVM is without the patch, has them switched off, "
			 "or does not show them to this VM");
		return;
	}

	read_signature(cpuid, 0, signature);
	if (signature[0])
		snprintf(line, size, "the hypervisor is %s, not KVM",
			 hypervisor_name(signature));
	else
		snprintf(line, size, "the hypervisor does not say what it is");
}
