// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpuid_dump.h"

struct answer {
	uint32_t leaf, subleaf;
	struct cpuid_regs regs;
};

static struct answer *answers;
static size_t nr, room;

static struct answer *find(uint32_t leaf, uint32_t subleaf)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (answers[i].leaf == leaf && answers[i].subleaf == subleaf)
			return &answers[i];
	}
	return NULL;
}

static struct answer *append(void)
{
	struct answer *more;

	if (nr == room) {
		more = reallocarray(answers, 2 * room + 64, sizeof(*answers));
		if (!more)
			return NULL;
		answers = more;
		room = 2 * room + 64;
	}
	return &answers[nr++];
}

bool cpuid_dump_set(uint32_t leaf, uint32_t subleaf, struct cpuid_regs regs)
{
	struct answer *answer = find(leaf, subleaf);

	if (!answer)
		answer = append();
	if (!answer)
		return false;
	*answer = (struct answer) { leaf, subleaf, regs };
	return true;
}

int cpuid_dump_load(const char *text)
{
	uint32_t leaf, subleaf;
	struct cpuid_regs regs;
	char line[256];
	size_t length;

	for (nr = 0; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		if (length >= sizeof(line))
			continue;
		memcpy(line, text, length);
		line[length] = '\0';
		if (sscanf(line, " %" SCNx32 " %" SCNx32 ": eax=%" SCNx32 " ebx=%" SCNx32
			   " ecx=%" SCNx32 " edx=%" SCNx32, &leaf, &subleaf, &regs.eax,
			   &regs.ebx, &regs.ecx, &regs.edx) == 6 &&
		    !cpuid_dump_set(leaf, subleaf, regs))
			return -1;
	}
	return nr;
}

struct cpuid_regs cpuid_dump(uint32_t leaf, uint32_t subleaf)
{
	const struct answer *answer = find(leaf, subleaf);

	return answer ? answer->regs : (struct cpuid_regs) { 0 };
}
