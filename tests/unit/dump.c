// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <inttypes.h>

#include "dump.h"
#include "util.h"

static struct dump_line {
	uint32_t leaf, subleaf;
	struct cpuid_regs regs;
} lines[512];
static unsigned int nr_lines, calls;

void dump_set(uint32_t leaf, uint32_t subleaf, struct cpuid_regs regs)
{
	unsigned int i;

	for (i = 0; i < nr_lines; i++) {
		if (lines[i].leaf == leaf && lines[i].subleaf == subleaf)
			break;
	}
	if (i == ARRAY_SIZE(lines))
		errx(1, "too many lines");
	lines[i] = (struct dump_line) { leaf, subleaf, regs };
	if (i == nr_lines)
		nr_lines++;
}

void dump_load(const char *name)
{
	uint32_t leaf, subleaf;
	struct cpuid_regs regs;
	char text[256];
	FILE *file;

	snprintf(text, sizeof(text), "tests/unit/dumps/%s", name);
	file = fopen(text, "r");
	if (!file)
		err(1, "%s", text);

	nr_lines = 0;
	calls = 0;
	while (fgets(text, sizeof(text), file)) {
		if (sscanf(text, " %" SCNx32 " %" SCNx32 ": eax=%" SCNx32 " ebx=%" SCNx32
			   " ecx=%" SCNx32 " edx=%" SCNx32, &leaf, &subleaf,
			   &regs.eax, &regs.ebx, &regs.ecx, &regs.edx) == 6)
			dump_set(leaf, subleaf, regs);
	}
	fclose(file);
}

struct cpuid_regs dump_cpuid(uint32_t leaf, uint32_t subleaf)
{
	unsigned int i;

	calls++;
	for (i = 0; i < nr_lines; i++) {
		if (lines[i].leaf == leaf && lines[i].subleaf == subleaf)
			return lines[i].regs;
	}
	return (struct cpuid_regs) { 0 };
}

unsigned int dump_calls(void)
{
	return calls;
}
