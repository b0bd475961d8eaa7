// SPDX-License-Identifier: GPL-2.0
/*
 * One fault of each kind that make test-debug looks for, on purpose: what finds
 * none of these would find none of ours either.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>

static char *fault = "";
module_param(fault, charp, 0);

static DEFINE_MUTEX(faults_one);
static DEFINE_MUTEX(faults_two);
static unsigned long faults_shared;

static noinline void faults_overflow(void)
{
	volatile char *bytes = kmalloc(20, GFP_KERNEL);

	if (bytes)
		bytes[20] = 1;
	kfree((void *)bytes);
}

static noinline void faults_shift(void)
{
	volatile int by = 40;
	volatile int shifted = 1 << by;

	(void)shifted;
}

static noinline void faults_sleep(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static noinline void faults_lock(void)
{
	mutex_lock(&faults_one);
	mutex_lock(&faults_two);
	mutex_unlock(&faults_two);
	mutex_unlock(&faults_one);

	mutex_lock(&faults_two);
	mutex_lock(&faults_one);
	mutex_unlock(&faults_one);
	mutex_unlock(&faults_two);
}

static noinline void faults_leak(void)
{
	void * volatile leaked __maybe_unused;
	int i;

	/* Some may still be in a register, or in what was a stack. */
	for (i = 0; i < 20; i++)
		leaked = kmalloc(1000, GFP_KERNEL);
	leaked = NULL;
}

static int faults_thread(void *unused)
{
	while (!kthread_should_stop()) {
		(*(volatile unsigned long *)&faults_shared)++;
		cond_resched();
	}
	return 0;
}

static noinline void faults_race(void)
{
	struct task_struct *thread = kthread_run(faults_thread, NULL, "faults");
	unsigned long end = jiffies + 5 * HZ;

	if (IS_ERR(thread))
		return;
	while (time_before(jiffies, end)) {
		faults_shared++;
		barrier();
		cond_resched();
	}
	kthread_stop(thread);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "overflow", faults_overflow },
	{ "shift", faults_shift },
	{ "sleep", faults_sleep },
	{ "lock", faults_lock },
	{ "leak", faults_leak },
	{ "race", faults_race },
};

static int __init faults_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(fault, faults[i].name)) {
			faults[i].make();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit faults_exit(void)
{
}

module_init(faults_init);
module_exit(faults_exit);
MODULE_DESCRIPTION("Faults, to see that they are found");
MODULE_LICENSE("GPL");
