// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "affinity.h"

#define SET_SIZE CPU_ALLOC_SIZE(CPU_MAX + 1)

/* Where this thread might run at first */
static unsigned char original[SET_SIZE];
static bool saved;

static int save(void)
{
	if (!saved && sched_getaffinity(0, SET_SIZE, (cpu_set_t *)original))
		return errno;
	saved = true;
	return 0;
}

int affinity_pin(long cpu)
{
	unsigned char set[SET_SIZE];
	int error = save();

	if (error)
		return error;
	memset(set, 0, sizeof(set));
	CPU_SET_S(cpu, SET_SIZE, (cpu_set_t *)set);
	return sched_setaffinity(0, SET_SIZE, (cpu_set_t *)set) ? errno : 0;
}

void affinity_restore(void)
{
	if (saved)
		sched_setaffinity(0, SET_SIZE, (cpu_set_t *)original);
}

void affinity_visit_all(void)
{
	long cpu, last = sysconf(_SC_NPROCESSORS_CONF);

	for (cpu = 0; cpu < last; cpu++)
		affinity_pin(cpu);
	affinity_restore();
}

long affinity_online(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}
