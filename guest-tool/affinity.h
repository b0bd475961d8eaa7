/* SPDX-License-Identifier: GPL-2.0 */
#ifndef AFFINITY_H
#define AFFINITY_H

/* More than any kernel has */
#define CPU_MAX 65535

/*
 * Run this thread on one CPU alone, from its next instruction on.  Returns 0 or an
 * errno.  affinity_restore() lets it run where it might before the first of these.
 */
int affinity_pin(long cpu);
void affinity_restore(void);

/*
 * Run on each CPU for a moment, those that this thread may not use left out: a vCPU
 * that was halted is then accounted for: KVM adds an exit's time when the vCPU exits
 * again, see leaves.h.
 */
void affinity_visit_all(void);

/* The CPUs that are online. */
long affinity_online(void);

#endif
