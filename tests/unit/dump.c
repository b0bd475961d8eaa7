// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpuid_dump.h"
#include "dump.h"
#include "util.h"

static unsigned int calls;

void dump_set(uint32_t leaf, uint32_t subleaf, struct cpuid_regs regs)
{
	if (!cpuid_dump_set(leaf, subleaf, regs))
		errx(1, "no memory");
}

char *dump_text(const char *name)
{
	char path[256], *text;
	size_t size;

	snprintf(path, sizeof(path), "tests/unit/dumps/%s", name);
	text = file_read(path, &size);
	if (!text)
		err(1, "%s", path);
	return text;
}

void dump_load(const char *name)
{
	char *text = dump_text(name);

	calls = 0;
	if (cpuid_dump_load(text) < 0)
		errx(1, "no memory");
	free(text);
}

struct cpuid_regs dump_cpuid(uint32_t leaf, uint32_t subleaf)
{
	calls++;
	return cpuid_dump(leaf, subleaf);
}

unsigned int dump_calls(void)
{
	return calls;
}
