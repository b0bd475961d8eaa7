// SPDX-License-Identifier: GPL-2.0
/*
 * VM-Exit statistics: count every exit by reason, per vCPU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/list.h>
#include <linux/math64.h>
#include <linux/memcontrol.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/preempt.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/trace_events.h>
#include <linux/xarray.h>

#include <asm/svm.h>
#include <asm/tsc.h>
#include <asm/vmx.h>

#include "exit_stats.h"
#include "exit_stats_pmu.h"

static const struct trace_print_flags vmx_names[] = { VMX_EXIT_REASONS };
static const struct trace_print_flags svm_names[] = { SVM_EXIT_REASONS };

DEFINE_STATIC_KEY_TRUE(kvm_exit_stats_tsc_key);
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_tsc_key);
DEFINE_STATIC_KEY_TRUE(kvm_exit_stats_key);
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_key);

static const char * const more_vmx_names[KVM_EXIT_STATS_NR_VMX_REASONS] = {
	KVM_EXIT_STATS_MORE_VMX_REASONS,
};

static const char * const more_svm_names[KVM_EXIT_STATS_NR_SVM_CODES] = {
	KVM_EXIT_STATS_MORE_SVM_REASONS,
};

/* Numbers whose slots follow one another.  The first begins a block of 128. */
struct kvm_exit_range {
	u32 number;
	u32 nr;
	u32 slot;
};

struct kvm_exit_stats_isa {
	const char *name;
	u32 encoding;
	/* The last slot is for all numbers without one of their own. */
	u32 nr_slots;
	u32 (*slot)(u64 number);
	struct kvm_exit_range ranges[2];
	const struct trace_print_flags *names;
	u32 nr_names;
	/* By number, those that are not in names. */
	const char * const *more_names;
	u32 nr_more_names;
};

static const struct kvm_exit_stats_isa kvm_exit_stats_vmx = {
	.name		= "vmx",
	.encoding	= KVM_EXIT_STATS_ENCODING_VMX,
	.nr_slots	= KVM_EXIT_STATS_NR_VMX_SLOTS,
	.slot		= kvm_exit_stats_vmx_slot,
	.ranges		= {
		{ 0, KVM_EXIT_STATS_NR_VMX_REASONS, 0 },
	},
	.names		= vmx_names,
	.nr_names	= ARRAY_SIZE(vmx_names),
	.more_names	= more_vmx_names,
	.nr_more_names	= ARRAY_SIZE(more_vmx_names),
};

static const struct kvm_exit_stats_isa kvm_exit_stats_svm = {
	.name		= "svm",
	.encoding	= KVM_EXIT_STATS_ENCODING_SVM,
	.nr_slots	= KVM_EXIT_STATS_NR_SVM_SLOTS,
	.slot		= kvm_exit_stats_svm_slot,
	.ranges		= {
		{ 0, KVM_EXIT_STATS_NR_SVM_CODES, 0 },
		{ KVM_EXIT_STATS_SVM_HIGH_CODES, KVM_EXIT_STATS_NR_SVM_HIGH_CODES,
		  KVM_EXIT_STATS_NR_SVM_CODES },
	},
	.names		= svm_names,
	.nr_names	= ARRAY_SIZE(svm_names),
	.more_names	= more_svm_names,
	.nr_more_names	= ARRAY_SIZE(more_svm_names),
};

static const struct kvm_exit_stats_isa *isa __read_mostly;

/* The slots whose number the vendor's manual defines, and those of all others. */
static DECLARE_BITMAP(defined_slots, KVM_EXIT_STATS_MAX_SLOTS) __read_mostly;
static u16 other_slots[KVM_EXIT_STATS_MAX_SLOTS] __read_mostly;
static u32 nr_other_slots __read_mostly;

/* Guards the switch, and the list of all vCPUs. */
static DEFINE_MUTEX(kvm_exit_stats_lock);
static LIST_HEAD(kvm_exit_stats_vcpus);
static bool __read_mostly exit_stats = true;

static int kvm_exit_stats_param_set(const char *val, const struct kernel_param *kp);

static const struct kernel_param_ops kvm_exit_stats_param_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = kvm_exit_stats_param_set,
	.get = param_get_bool,
};

module_param_cb(exit_stats, &kvm_exit_stats_param_ops, &exit_stats, 0644);
__MODULE_PARM_TYPE(exit_stats, "bool");

/* Exits that happen while the statistics are off leave no trace. */
static void kvm_exit_stats_reset(struct kvm_vcpu_exit_stats *stats)
{
	stats->last = &stats->slots[isa->nr_slots - 1];
	stats->since = KVM_EXIT_STATS_NO_TSC;
	stats->hidden_tsc = KVM_EXIT_STATS_NO_TSC;
	stats->has_parts = false;
	stats->vmm_tsc = 0;
	stats->idle_tsc = 0;
}

/*
 * Memory is charged to the VM, whoever switches the statistics on.  If there is none, that
 * fails, and nobody is killed to make room.
 */
static struct kvm_exit_stat *kvm_exit_stats_alloc(struct kvm_vcpu *vcpu)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(vcpu->kvm->mm);
	struct mem_cgroup *old = set_active_memcg(memcg);
	struct kvm_exit_stat *slots;

	slots = kvcalloc(isa->nr_slots, sizeof(*slots) + sizeof(local64_t),
			 GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	set_active_memcg(old);
	mem_cgroup_put(memcg);
	return slots;
}

static void kvm_exit_stats_set_slots(struct kvm_vcpu_exit_stats *stats,
				     struct kvm_exit_stat *slots)
{
	stats->longest = (local64_t *)&slots[isa->nr_slots];
	/* Pairs with smp_load_acquire() in kvm_exit_stats_visit(). */
	smp_store_release(&stats->slots, slots);
}

/* Give slots to all vCPUs that have none, or to none of them. */
static int kvm_exit_stats_alloc_all(void)
{
	struct kvm_vcpu_exit_stats *stats;
	int r = 0;

	list_for_each_entry(stats, &kvm_exit_stats_vcpus, list) {
		if (stats->slots)
			continue;

		stats->new_slots = kvm_exit_stats_alloc(container_of(stats, struct kvm_vcpu,
								     arch.exit_stats));
		if (!stats->new_slots) {
			r = -ENOMEM;
			break;
		}
	}

	list_for_each_entry(stats, &kvm_exit_stats_vcpus, list) {
		if (r)
			kvfree(stats->new_slots);
		else if (stats->new_slots)
			kvm_exit_stats_set_slots(stats, stats->new_slots);
		stats->new_slots = NULL;
	}
	return r;
}

static int kvm_exit_stats_enable(void)
{
	struct kvm_vcpu_exit_stats *stats;
	int r;

	r = kvm_exit_stats_alloc_all();
	if (r)
		return r;

	list_for_each_entry(stats, &kvm_exit_stats_vcpus, list)
		kvm_exit_stats_reset(stats);

	/*
	 * When the first key is enabled, all CPUs have taken an interrupt since.  Each
	 * VM-Exit from now on has its TSC for what the second one enables.
	 */
	static_branch_enable(&kvm_exit_stats_tsc_key);
	static_branch_enable(&kvm_exit_stats_key);
	return 0;
}

static void kvm_exit_stats_disable(void)
{
	static_branch_disable(&kvm_exit_stats_key);
	static_branch_disable(&kvm_exit_stats_tsc_key);
	/* Wait for readers of the key, which have preemption disabled. */
	synchronize_rcu();
}

static int kvm_exit_stats_param_set(const char *val, const struct kernel_param *kp)
{
	bool enable;
	int r;

	r = kstrtobool(val ?: "1", &enable);
	if (r)
		return r;

	mutex_lock(&kvm_exit_stats_lock);
	if (enable && !exit_stats)
		r = kvm_exit_stats_enable();
	else if (!enable && exit_stats)
		kvm_exit_stats_disable();
	if (!r)
		exit_stats = enable;
	mutex_unlock(&kvm_exit_stats_lock);

	return r;
}

/* Return NULL if the vendor's manual does not define the number. */
const char *kvm_exit_stats_name(u16 number)
{
	u32 i;

	if (number == KVM_EXIT_STATS_OTHER)
		return "OTHER";

	for (i = 0; i < isa->nr_names; i++) {
		if (isa->names[i].mask == number)
			return isa->names[i].name;
	}
	return number < isa->nr_more_names ? isa->more_names[number] : NULL;
}

const char *kvm_exit_stats_isa_name(void)
{
	return isa->name;
}

u32 kvm_exit_stats_encoding(void)
{
	return isa->encoding;
}

void kvm_exit_stats_hardware_setup(u32 encoding)
{
	u32 number, slot;

	isa = encoding == KVM_EXIT_STATS_ENCODING_VMX ? &kvm_exit_stats_vmx :
							&kvm_exit_stats_svm;

	BUILD_BUG_ON(KVM_EXIT_STATS_SVM_HIGH_CODES % KVM_EXIT_STATS_BLOCK);

	bitmap_zero(defined_slots, KVM_EXIT_STATS_MAX_SLOTS);
	for (number = 0; number < KVM_EXIT_STATS_OTHER; number++) {
		slot = isa->slot(number);
		if (slot != isa->nr_slots - 1 && kvm_exit_stats_name(number))
			__set_bit(slot, defined_slots);
	}

	nr_other_slots = 0;
	for_each_clear_bit(slot, defined_slots, isa->nr_slots)
		other_slots[nr_other_slots++] = slot;
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_hardware_setup);

int kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;
	struct kvm_exit_stat *slots;
	int r = 0;

	mutex_lock(&kvm_exit_stats_lock);
	if (exit_stats) {
		slots = kvm_exit_stats_alloc(vcpu);
		if (!slots) {
			r = -ENOMEM;
			goto unlock;
		}
		kvm_exit_stats_set_slots(stats, slots);
		kvm_exit_stats_reset(stats);
	}
	list_add(&stats->list, &kvm_exit_stats_vcpus);
unlock:
	mutex_unlock(&kvm_exit_stats_lock);
	return r;
}

void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	mutex_lock(&kvm_exit_stats_lock);
	list_del(&stats->list);
	mutex_unlock(&kvm_exit_stats_lock);
	kvfree(stats->slots);
}

/*
 * Some of the time since the last VM-Exit is not KVM's.  Return false if no exit is timed.
 */
static bool kvm_exit_stats_split(struct kvm_vcpu_exit_stats *stats)
{
	kvm_exit_stats_hide_tsc(stats);
	if (!stats->has_parts) {
		stats->has_parts = true;
		stats->off_cpu = 0;
		stats->vmm = 0;
		stats->steal = 0;
		stats->halted = 0;
	}
	return stats->hidden_tsc != KVM_EXIT_STATS_NO_TSC;
}

void __kvm_exit_stats_vcpu_put(struct kvm_vcpu *vcpu)
{
	vcpu->arch.exit_stats.run_delay = current->sched_info.run_delay;
}

static u64 kvm_exit_stats_cycles(u64 ns)
{
	return mul_u64_u32_div(ns, tsc_khz, USEC_PER_SEC);
}

/* Cycles that the task has waited for a CPU, as the scheduler counts them. */
static u64 kvm_exit_stats_stolen(struct kvm_vcpu_exit_stats *stats)
{
	return kvm_exit_stats_cycles(current->sched_info.run_delay - stats->run_delay);
}

/* Halt polling until now, in ns */
static u64 kvm_exit_stats_polled(struct kvm_vcpu *vcpu)
{
	return vcpu->stat.generic.halt_poll_success_ns + vcpu->stat.generic.halt_poll_fail_ns;
}

void __kvm_exit_stats_sched_in(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;
	u64 cycles, stolen;

	/* All of this time is the VMM's, its other ioctls included. */
	if (stats->vmm_tsc || !kvm_exit_stats_split(stats))
		return;

	cycles = rdtsc() - vcpu->arch.last_host_tsc;
	stolen = min(cycles, kvm_exit_stats_stolen(stats));
	stats->off_cpu += cycles;
	stats->steal += stolen;
	stats->slept += cycles - stolen;
}

void __kvm_exit_stats_run_begin(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	if (stats->vmm_tsc && kvm_exit_stats_split(stats))
		stats->vmm += rdtsc() - stats->vmm_tsc;
	stats->vmm_tsc = 0;
}

void __kvm_exit_stats_run_end(struct kvm_vcpu *vcpu)
{
	vcpu->arch.exit_stats.vmm_tsc = rdtsc();
}

void __kvm_exit_stats_idle_begin(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	/* Being scheduled in writes the same. */
	preempt_disable();
	if (kvm_exit_stats_split(stats)) {
		stats->idle_tsc = rdtsc();
		stats->idle_polled = kvm_exit_stats_polled(vcpu);
		stats->idle_steal = stats->steal;
		stats->slept = 0;
	}
	preempt_enable();
}

/* Idle is asleep until woken, or polling.  The rest is KVM's work, or stolen. */
void __kvm_exit_stats_idle_end(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;
	u64 halted, limit;

	preempt_disable();
	if (stats->idle_tsc && kvm_exit_stats_split(stats)) {
		halted = stats->slept;
		halted += kvm_exit_stats_cycles(kvm_exit_stats_polled(vcpu) - stats->idle_polled);
		limit = rdtsc() - stats->idle_tsc;
		limit -= min(limit, stats->steal - stats->idle_steal);
		stats->halted += min(halted, limit);
	}
	stats->idle_tsc = 0;
	preempt_enable();
}

/*
 * Add @part of the cycles, of which there are @rest, if the TSCs are synchronized, and
 * take it off that.
 */
static void kvm_exit_stats_add_part(struct kvm_vcpu_exit_stats *stats,
				    enum kvm_exit_stat_value value, u64 part, u64 *rest)
{
	part = min(part, *rest);
	*rest -= part;
	local64_add(part, &stats->last->values[value]);
}

static void kvm_exit_stats_add_parts(struct kvm_vcpu_exit_stats *stats, u64 cycles)
{
	u64 rest = cycles;

	/* The whole first: who reads parts and whole reads them in reverse. */
	smp_wmb();
	kvm_exit_stats_add_part(stats, KVM_EXIT_STAT_VMM, stats->vmm, &rest);
	local64_add(min(stats->off_cpu, rest), &stats->last->values[KVM_EXIT_STAT_OFF_CPU]);
	kvm_exit_stats_add_part(stats, KVM_EXIT_STAT_STEAL, stats->steal, &rest);
	kvm_exit_stats_add_part(stats, KVM_EXIT_STAT_HALTED, stats->halted, &rest);
}

/*
 * What is rare when time ends is not inlined, for a guest whose virtual PMU counts exits has it
 * end here at each of them.
 */
static noinline void kvm_exit_stats_close_rest(struct kvm_vcpu_exit_stats *stats, u64 cycles)
{
	struct kvm_exit_stat *stat = stats->last;
	local64_t *longest = &stats->longest[stat - stats->slots];

	if (cycles > stat->limit) {
		local64_set(longest, max_t(u64, cycles, local64_read(longest)));
		stat->limit = min_t(u64, cycles, U32_MAX);
	}
	if (stats->has_parts)
		kvm_exit_stats_add_parts(stats, cycles);
	stats->has_parts = false;
}

/* The time since the exit before this one ends with the last VM-Enter. */
static void kvm_exit_stats_close(struct kvm_vcpu_exit_stats *stats)
{
	u64 since = min(stats->since, stats->hidden_tsc), cycles;
	struct kvm_exit_stat *stat = stats->last;
	local64_t *histogram = &stat->values[KVM_EXIT_STAT_HISTOGRAM];

	stats->hidden_tsc = KVM_EXIT_STATS_NO_TSC;
	if (unlikely(since == KVM_EXIT_STATS_NO_TSC)) {
		stats->has_parts = false;
		return;
	}

	/* Negative if the TSCs are not synchronized. */
	cycles = max_t(s64, stats->enter_tsc - since, 0);
	local64_add(cycles, &stat->values[KVM_EXIT_STAT_CYCLES]);
	local64_inc(&histogram[__fls(min_t(u64, cycles, U32_MAX) | 1)]);
	if (unlikely(cycles > stat->limit || stats->has_parts))
		kvm_exit_stats_close_rest(stats, cycles);
}

void kvm_exit_stats_count_slow(struct kvm_vcpu *vcpu, u32 slot)
{
	struct kvm_vcpu_exit_stats *stats = &vcpu->arch.exit_stats;

	kvm_exit_stats_close(stats);
	kvm_exit_stats_open(stats, slot);
	if (is_guest_mode(vcpu))
		local64_inc(&stats->last->values[KVM_EXIT_STAT_NESTED]);
	kvm_exit_stats_pmu_count(vcpu, slot);
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_count_slow);

void __kvm_exit_stats_nested(struct kvm_vcpu *vcpu)
{
	kvm_exit_stats_hide_tsc(&vcpu->arch.exit_stats);
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(__kvm_exit_stats_nested);

/* The slot of a number, which is safe against speculation. */
u32 kvm_exit_stats_slot(u16 number)
{
	return array_index_nospec(isa->slot(number), isa->nr_slots);
}

bool kvm_exit_stats_defined(u16 number)
{
	return number == KVM_EXIT_STATS_OTHER ||
	       test_bit(kvm_exit_stats_slot(number), defined_slots);
}

/* How many vCPUs are read without a place to reschedule. */
#define KVM_EXIT_STATS_BATCH	64

typedef void (*kvm_exit_stats_fn_t)(struct kvm_vcpu_exit_stats *stats, void *data);

/* There are no slots if the statistics have been off since the vCPU was created. */
static void kvm_exit_stats_visit(struct kvm_vcpu *vcpu, kvm_exit_stats_fn_t fn, void *data)
{
	/* Pairs with smp_store_release() in kvm_exit_stats_set_slots(). */
	if (smp_load_acquire(&vcpu->arch.exit_stats.slots))
		fn(&vcpu->arch.exit_stats, data);
}

/* Visit one vCPU, or all of the VM if @vcpu is NULL. */
static void kvm_exit_stats_walk(struct kvm *kvm, struct kvm_vcpu *vcpu,
				kvm_exit_stats_fn_t fn, void *data)
{
	XA_STATE(xas, &kvm->vcpu_array, 0);
	int nr;

	if (vcpu) {
		kvm_exit_stats_visit(vcpu, fn, data);
		return;
	}

	nr = atomic_read(&kvm->online_vcpus);
	if (!nr)
		return;

	/* Pairs with smp_wmb() in kvm_vm_ioctl_create_vcpu(). */
	smp_rmb();
	rcu_read_lock();
	xas_for_each(&xas, vcpu, nr - 1) {
		if (xas_retry(&xas, vcpu))
			continue;
		kvm_exit_stats_visit(vcpu, fn, data);
		if (xas.xa_index % KVM_EXIT_STATS_BATCH == KVM_EXIT_STATS_BATCH - 1) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
}

static u64 kvm_exit_stats_value(struct kvm_vcpu_exit_stats *stats, u32 slot,
				enum kvm_exit_stat_value value)
{
	if (value == KVM_EXIT_STAT_LONGEST)
		return local64_read(&stats->longest[slot]);

	return local64_read(&stats->slots[slot].values[value]);
}

/* Add the value of one vCPU or reason to that of @all: the longest, or the sum. */
void kvm_exit_stats_add(enum kvm_exit_stat_value value, u64 *all, u64 one)
{
	if (value == KVM_EXIT_STAT_LONGEST)
		*all = max(*all, one);
	else
		*all += one;
}

struct kvm_exit_stats_reading {
	struct kvm_exit_stats_pair *pair;
	const u16 *slots;
	u32 nr_slots;
};

static void kvm_exit_stats_visit_pair(struct kvm_vcpu_exit_stats *stats, void *data)
{
	struct kvm_exit_stats_reading *reading = data;
	struct kvm_exit_stats_pair *pair = reading->pair;
	u32 i, slot;

	for (i = 0; i < reading->nr_slots; i++) {
		slot = reading->slots[i];
		kvm_exit_stats_add(pair->value_a, &pair->a,
				   kvm_exit_stats_value(stats, slot, pair->value_a));
		kvm_exit_stats_add(pair->value_b, &pair->b,
				   kvm_exit_stats_value(stats, slot, pair->value_b));
	}
}

/*
 * Read two values of the exits with the given number, which must be a defined one, of
 * one vCPU, or of all the VM's vCPUs if @vcpu is NULL: the longest of
 * KVM_EXIT_STAT_LONGEST, the sum of all others.
 *
 * To compare parts of the cycles with the whole, read them first, and
 * KVM_EXIT_STAT_CYCLES in another call.
 */
void kvm_exit_stats_read(struct kvm *kvm, struct kvm_vcpu *vcpu, u16 number,
			 struct kvm_exit_stats_pair *pair)
{
	u16 slot = kvm_exit_stats_slot(number);
	struct kvm_exit_stats_reading reading = {
		.pair = pair,
		.slots = &slot,
		.nr_slots = 1,
	};

	if (number == KVM_EXIT_STATS_OTHER) {
		reading.slots = other_slots;
		reading.nr_slots = nr_other_slots;
	}

	pair->a = 0;
	pair->b = 0;
	kvm_exit_stats_walk(kvm, vcpu, kvm_exit_stats_visit_pair, &reading);
	/* Pairs with the barrier in kvm_exit_stats_close(). */
	smp_rmb();
}

static void kvm_exit_stats_visit_totals(struct kvm_vcpu_exit_stats *stats, void *data)
{
	struct kvm_exit_stat *slot, *end = &stats->slots[isa->nr_slots];
	struct kvm_exit_stats_totals *totals = data;
	u64 exits = 0, cycles = 0;

	for (slot = stats->slots; slot < end; slot++) {
		exits += local64_read(&slot->values[KVM_EXIT_STAT_EXITS]);
		cycles += local64_read(&slot->values[KVM_EXIT_STAT_CYCLES]);
	}
	totals->exits += exits;
	totals->cycles += cycles;
}

/* Exits and cycles of all numbers. */
void kvm_exit_stats_read_totals(struct kvm *kvm, struct kvm_vcpu *vcpu,
				struct kvm_exit_stats_totals *totals)
{
	totals->exits = 0;
	totals->cycles = 0;
	kvm_exit_stats_walk(kvm, vcpu, kvm_exit_stats_visit_totals, totals);
}

struct kvm_exit_stats_block {
	u32 first;
	u32 nr;
	unsigned long *seen;
};

static void kvm_exit_stats_visit_block(struct kvm_vcpu_exit_stats *stats, void *data)
{
	struct kvm_exit_stats_block *block = data;
	struct kvm_exit_stat *slot = &stats->slots[block->first];
	u32 i;

	for (i = 0; i < block->nr; i++, slot++) {
		if (local64_read(&slot->values[KVM_EXIT_STAT_EXITS]))
			__set_bit(i, block->seen);
	}
}

/* Set in @seen the bits of those exits of a block that have happened. */
void kvm_exit_stats_read_block(struct kvm *kvm, struct kvm_vcpu *vcpu, u32 index,
			       unsigned long *seen)
{
	u32 number = index * KVM_EXIT_STATS_BLOCK, i, offset;
	struct kvm_exit_stats_block block = { .seen = seen };
	const struct kvm_exit_range *range;

	bitmap_zero(seen, KVM_EXIT_STATS_BLOCK);
	for (i = 0; i < ARRAY_SIZE(isa->ranges); i++) {
		range = &isa->ranges[i];
		offset = number - range->number;
		if (offset >= range->nr)
			continue;

		offset = array_index_nospec(offset, range->nr);
		block.first = range->slot + offset;
		block.nr = min_t(u32, range->nr - offset, KVM_EXIT_STATS_BLOCK);
		kvm_exit_stats_walk(kvm, vcpu, kvm_exit_stats_visit_block, &block);
		for (offset = 0; offset < block.nr; offset++) {
			if (!test_bit(block.first + offset, defined_slots))
				__clear_bit(offset, seen);
		}
	}
}

static void kvm_exit_stats_visit_data(struct kvm_vcpu_exit_stats *stats, void *into)
{
	struct kvm_exit_stats_data *data = into;
	struct kvm_exit_stat *stat;
	u32 slot, bucket;
	u64 exits;

	for (slot = 0; slot < isa->nr_slots; slot++) {
		stat = &stats->slots[slot];
		exits = local64_read(&stat->values[KVM_EXIT_STAT_EXITS]);
		bucket = test_bit(slot, defined_slots) ? slot : KVM_EXIT_STATS_MAX_SLOTS - 1;
		data->exit_stats_exits += exits;
		data->exit_stats_cycles += local64_read(&stat->values[KVM_EXIT_STAT_CYCLES]);
		data->exit_stats_reasons[bucket] += exits;
	}
}

/* Add to @data, of zeros, what has been counted of a vCPU. */
void kvm_exit_stats_read_data(struct kvm_vcpu *vcpu, struct kvm_exit_stats_data *data)
{
	kvm_exit_stats_visit(vcpu, kvm_exit_stats_visit_data, data);
}

/* All values of all slots, of one vCPU or of all together. */
struct kvm_exit_stats_sums {
	u64 values[KVM_EXIT_STATS_MAX_SLOTS][KVM_EXIT_STAT_NR_ALL];
};

static void kvm_exit_stats_visit_sums(struct kvm_vcpu_exit_stats *stats, void *data)
{
	struct kvm_exit_stats_sums *sums = data;
	u32 slot, value;

	for (slot = 0; slot < isa->nr_slots; slot++) {
		u64 *all = sums->values[slot];

		/* The exits last, the cycles before, as their parts are in these. */
		for (value = KVM_EXIT_STAT_NR_ALL; value--; ) {
			if (value == KVM_EXIT_STAT_CYCLES) {
				/* Pairs with the barrier in kvm_exit_stats_close(). */
				smp_rmb();
			}
			kvm_exit_stats_add(value, &all[value],
					   kvm_exit_stats_value(stats, slot, value));
		}
	}
}

/* Return what kvm_exit_stats_sum() looks into, or NULL if there is no memory. */
struct kvm_exit_stats_sums *kvm_exit_stats_read_sums(struct kvm *kvm, struct kvm_vcpu *vcpu)
{
	struct kvm_exit_stats_sums *sums = kvzalloc(sizeof(*sums), GFP_KERNEL | __GFP_NOWARN);

	if (sums)
		kvm_exit_stats_walk(kvm, vcpu, kvm_exit_stats_visit_sums, sums);
	return sums;
}

/* One value of the exits with the given number, which must be a defined one. */
u64 kvm_exit_stats_sum(const struct kvm_exit_stats_sums *sums, u16 number,
		       enum kvm_exit_stat_value value)
{
	u64 all = 0;
	u32 i;

	if (number != KVM_EXIT_STATS_OTHER)
		return sums->values[kvm_exit_stats_slot(number)][value];

	for (i = 0; i < nr_other_slots; i++)
		kvm_exit_stats_add(value, &all, sums->values[other_slots[i]][value]);
	return all;
}
