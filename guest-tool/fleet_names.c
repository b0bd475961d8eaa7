// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "fleet_names.h"
#include "leaves.h"
#include "util.h"

/* Exits of one class, from first to last */
struct fleet_range {
	uint32_t first, last;
	const char *class;
	/* The name, or NULL: that of exit_names.h */
	const char *reason;
};

static const struct fleet_range vmx_ranges[] = {
	{ 0, 0, "exception", NULL },
	{ 1, 1, "interrupt", "interrupt" },
	{ 2, 2, "shutdown", "shutdown" },
	{ 3, 3, "interrupt", "init" },
	{ 4, 4, "interrupt", "sipi" },
	{ 5, 5, "interrupt", NULL },
	{ 6, 6, "interrupt", "smi" },
	{ 7, 8, "interrupt_window", NULL },
	{ 9, 9, "instruction", NULL },
	{ 10, 10, "cpuid", NULL },
	{ 11, 11, "instruction", NULL },
	{ 12, 12, "halt", NULL },
	{ 13, 13, "cache", NULL },
	{ 14, 14, "tlb", NULL },
	{ 15, 15, "pmu", NULL },
	{ 16, 16, "tsc", NULL },
	{ 17, 17, "instruction", NULL },
	{ 18, 18, "hypercall", "hypercall" },
	{ 19, 27, "nested", NULL },
	{ 28, 28, "cr", NULL },
	{ 29, 29, "dr", NULL },
	{ 30, 30, "io", "io" },
	{ 31, 32, "msr", NULL },
	{ 33, 34, "failed_entry", NULL },
	{ 36, 36, "halt", "mwait" },
	{ 37, 37, "instruction", NULL },
	{ 39, 39, "halt", "monitor" },
	{ 40, 40, "pause", "pause" },
	{ 41, 41, "failed_entry", NULL },
	{ 43, 45, "apic", NULL },
	{ 46, 47, "descriptor", NULL },
	{ 48, 49, "memory", NULL },
	{ 50, 50, "nested", NULL },
	{ 51, 51, "tsc", NULL },
	{ 52, 52, "timer", NULL },
	{ 53, 53, "nested", NULL },
	{ 54, 54, "cache", NULL },
	{ 55, 55, "xsave", NULL },
	{ 56, 56, "apic", NULL },
	{ 57, 57, "random", NULL },
	{ 58, 58, "tlb", NULL },
	{ 59, 59, "nested", NULL },
	{ 60, 60, "confidential", NULL },
	{ 61, 61, "random", NULL },
	{ 62, 62, "memory", NULL },
	{ 63, 64, "xsave", NULL },
	{ 65, 65, "confidential", NULL },
	{ 66, 66, "memory", NULL },
	{ 67, 68, "halt", NULL },
	{ 69, 69, "instruction", NULL },
	{ 70, 70, "confidential", NULL },
	{ 72, 73, "instruction", NULL },
	{ 74, 74, "bus_lock", NULL },
	{ 75, 75, "instruction", NULL },
	{ 76, 77, "confidential", NULL },
	{ 78, 85, "msr", NULL },
};

static const struct fleet_range svm_ranges[] = {
	{ 0x00, 0x1f, "cr", NULL },
	{ 0x20, 0x3f, "dr", NULL },
	{ 0x40, 0x5f, "exception", NULL },
	{ 0x60, 0x60, "interrupt", NULL },
	{ 0x61, 0x61, "exception", NULL },
	{ 0x62, 0x63, "interrupt", NULL },
	{ 0x64, 0x64, "interrupt_window", "interrupt_window" },
	{ 0x65, 0x65, "cr", NULL },
	{ 0x66, 0x6d, "descriptor", NULL },
	{ 0x6e, 0x6e, "tsc", NULL },
	{ 0x6f, 0x6f, "pmu", NULL },
	{ 0x70, 0x71, "instruction", NULL },
	{ 0x72, 0x72, "cpuid", NULL },
	{ 0x73, 0x73, "instruction", NULL },
	{ 0x74, 0x74, "interrupt_window", NULL },
	{ 0x75, 0x75, "instruction", NULL },
	{ 0x76, 0x76, "cache", NULL },
	{ 0x77, 0x77, "pause", NULL },
	{ 0x78, 0x78, "halt", NULL },
	{ 0x79, 0x79, "tlb", NULL },
	{ 0x7a, 0x7a, "nested", NULL },
	{ 0x7b, 0x7b, "io", NULL },
	{ 0x7c, 0x7c, "msr", NULL },
	{ 0x7d, 0x7d, "instruction", NULL },
	{ 0x7e, 0x7e, "exception", NULL },
	{ 0x7f, 0x7f, "shutdown", NULL },
	{ 0x80, 0x80, "nested", NULL },
	{ 0x81, 0x81, "hypercall", NULL },
	{ 0x82, 0x86, "nested", NULL },
	{ 0x87, 0x87, "tsc", NULL },
	{ 0x88, 0x88, "exception", NULL },
	{ 0x89, 0x89, "cache", NULL },
	{ 0x8a, 0x8c, "halt", NULL },
	{ 0x8d, 0x8d, "xsave", NULL },
	{ 0x8e, 0x8e, "pmu", NULL },
	{ 0x8f, 0x8f, "msr", NULL },
	{ 0x90, 0x9f, "cr", NULL },
	{ 0xa0, 0xa2, "tlb", NULL },
	{ 0xa3, 0xa3, "instruction", NULL },
	{ 0xa4, 0xa4, "tlb", NULL },
	{ 0xa5, 0xa5, "bus_lock", "bus_lock" },
	{ 0xa6, 0xa6, "halt", NULL },
	{ 0x400, 0x400, "memory", NULL },
	{ 0x401, 0x402, "apic", NULL },
	{ 0x403, 0x403, "confidential", NULL },
};

static const struct fleet_range *find_range(unsigned int encoding, uint32_t number)
{
	bool svm = encoding == KVM_EXIT_STATS_ENCODING_SVM;
	const struct fleet_range *ranges = svm ? svm_ranges : vmx_ranges;
	size_t i, nr = svm ? ARRAY_SIZE(svm_ranges) : ARRAY_SIZE(vmx_ranges);

	for (i = 0; i < nr; i++) {
		if (number >= ranges[i].first && number <= ranges[i].last)
			return &ranges[i];
	}
	return NULL;
}

const char *fleet_reason(unsigned int encoding, uint32_t number, char reason[EXIT_NAME_MAX])
{
	const struct fleet_range *range = find_range(encoding, number);
	char *c;

	if (range && range->reason)
		return strcpy(reason, range->reason);
	if (!strcmp(exit_name(encoding, number, reason), "?"))
		return strcpy(reason, "unknown");
	for (c = reason; *c; c++)
		*c = *c == '-' ? '_' : tolower(*c);
	return reason;
}

const char *fleet_class(unsigned int encoding, uint32_t number)
{
	const struct fleet_range *range = find_range(encoding, number);

	return range ? range->class : "other";
}
