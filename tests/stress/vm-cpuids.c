// SPDX-License-Identifier: GPL-2.0
/*
 * vm-cpuids COUNT SEED: COUNT random CPUIDs, of the statistics' leaves, at their edges and of
 * their neighbours, in two virtual machines: one that sees the statistics, where each answer has
 * to fit the ABI and all answers before it, and one whose VMM hides them, where the leaves have
 * to be like any other that there is not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "leaf.h"
#include "raw-vm.h"
#include "reasons.h"

#define BATCH		1024
#define REQUESTS	0x2000
#define ANSWERS		0x4000

#define FIRST_LEAF	KVM_EXIT_STATS_CPUID_SIGNATURE
#define LAST_LEAF	KVM_EXIT_STATS_CPUID_MAX
/* The first beyond them */
#define NEIGHBOUR	(LAST_LEAF + 1)

#define NR_BLOCKS	512
#define NR_VIEWS	(KVM_EXIT_STATS_VIEW_HISTOGRAM + KVM_EXIT_STATS_NR_BUCKETS / 2)
#define VCPUS		2
/* Of those answers that do not fit, so many are shown. */
#define SHOWN		20

struct request {
	uint32_t eax, ecx;
};

extern const char cpuids_begin[], cpuids_end[];

/* As many CPUIDs as RESULT says, from REQUESTS to ANSWERS. */
asm(".pushsection .rodata\n"
    "	.code16\n"
    "cpuids_begin:\n"
    "	movl " XSTR(RESULT) ", %ebp\n"
    "	movl $" XSTR(REQUESTS) ", %esi\n"
    "	movl $" XSTR(ANSWERS) ", %edi\n"
    "1:	movl (%esi), %eax\n"
    "	movl 4(%esi), %ecx\n"
    "	cpuid\n"
    "	movl %eax, (%edi)\n"
    "	movl %ebx, 4(%edi)\n"
    "	movl %ecx, 8(%edi)\n"
    "	movl %edx, 12(%edi)\n"
    "	addl $8, %esi\n"
    "	addl $16, %edi\n"
    "	decl %ebp\n"
    "	jnz 1b\n"
    "	hlt\n"
    "cpuids_end:\n"
    "	.code64\n"
    ".popsection\n");

static uint64_t state;

/* xorshift64* */
static uint32_t any(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ULL >> 32;
}

static uint32_t pick(uint32_t n)
{
	return any() % n;
}

static uint32_t any_leaf(void)
{
	const uint32_t leaves[] = {
		KVM_EXIT_STATS_CPUID_SIGNATURE, KVM_EXIT_STATS_CPUID_TOTALS,
		KVM_EXIT_STATS_CPUID_REASON, KVM_EXIT_STATS_CPUID_REASON,
	};
	uint32_t leaf = leaves[pick(4)];

	switch (pick(8)) {
	case 0:
		return leaf + pick(9) - 4;
	case 1:
		return leaf ^ 1U << pick(32);
	case 2:
		return FIRST_LEAF + pick(0x100);
	case 3:
		return pick(4) ? pick(0x20) : any();
	default:
		return leaf;
	}
}

static uint32_t any_number(void)
{
	const uint32_t ends[] = {
		KVM_EXIT_STATS_NR_VMX_REASONS, KVM_EXIT_STATS_NR_SVM_CODES,
		KVM_EXIT_STATS_SVM_HIGH_CODES,
		KVM_EXIT_STATS_SVM_HIGH_CODES + KVM_EXIT_STATS_NR_SVM_HIGH_CODES,
		KVM_EXIT_STATS_OTHER, 0x8000,
	};

	switch (pick(8)) {
	case 0:
		return (ends[pick(ARRAY_SIZE(ends))] + pick(5) - 2) & KVM_EXIT_STATS_NUMBER_MASK;
	case 1:
		return any() & KVM_EXIT_STATS_NUMBER_MASK;
	case 2:
		return reasons->cpuid;
	case 3:
		return KVM_EXIT_STATS_SVM_HIGH_CODES + pick(KVM_EXIT_STATS_NR_SVM_HIGH_CODES);
	default:
		return pick(KVM_EXIT_STATS_NR_SVM_CODES);
	}
}

static uint32_t any_index(void)
{
	const uint32_t edges[] = {
		0, KVM_EXIT_STATS_DESCRIPTION, KVM_EXIT_STATS_OCCUPANCY,
		KVM_EXIT_STATS_OCCUPANCY + 8, KVM_EXIT_STATS_OCCUPANCY + NR_BLOCKS,
		KVM_EXIT_STATS_IDENTITY, KVM_EXIT_STATS_NUMBER_MASK, 0x7fffffff, 0xffffffff,
	};
	uint32_t scope = pick(2) ? KVM_EXIT_STATS_SCOPE_VCPU : 0;

	switch (pick(8)) {
	case 0:
		return any();
	case 1:
		return scope ^ (edges[pick(ARRAY_SIZE(edges))] + pick(5) - 2);
	case 2:
		return scope | edges[pick(ARRAY_SIZE(edges))];
	case 3:
		return scope | 1U << pick(32) | any_number();
	default:
		return scope | pick(NR_VIEWS + 2) << KVM_EXIT_STATS_VIEW_SHIFT | any_number();
	}
}

/* Have the machine do @nr of them. */
static void ask(const struct vm *vm, const struct request *requests, uint32_t nr,
		struct regs *answers)
{
	memcpy(vm->memory + REQUESTS, requests, nr * sizeof(*requests));
	memcpy(vm->memory + RESULT, &nr, sizeof(nr));
	start_in_real_mode(vm->vcpu);
	kvm_ioctl(vm->vcpu, KVM_RUN, NULL, "KVM_RUN");
	if (vm->run->exit_reason != KVM_EXIT_HLT)
		errx(3, "KVM_RUN: exit reason %" PRIu32, vm->run->exit_reason);
	memcpy(answers, vm->memory + ANSWERS, nr * sizeof(*answers));
}

/* What has been read of a number until now */
struct known {
	bool asked, defined;
	struct pair views[NR_VIEWS];
};

/* The numbers from NR_NUMBERS up have nothing but OTHER. */
static struct known numbers[NR_NUMBERS + 1];
static struct regs blocks[NR_BLOCKS];
static struct pair totals, identity;
static struct regs description;
/* CPUIDs that the machine that sees the statistics has executed, this one included */
static uint64_t cpuids;

static bool same(struct regs a, struct regs b)
{
	return a.eax == b.eax && a.ebx == b.ebx && a.ecx == b.ecx && a.edx == b.edx;
}

static bool is_zero(struct regs answer)
{
	return same(answer, (struct regs) {});
}

static bool is_signature(struct regs answer)
{
	return answer.eax == LAST_LEAF && !memcmp(&answer.ebx, KVM_EXIT_STATS_SIGNATURE, 4) &&
	       !memcmp(&answer.ecx, KVM_EXIT_STATS_SIGNATURE + 4, 4) &&
	       !memcmp(&answer.edx, KVM_EXIT_STATS_SIGNATURE + 8, 4);
}

static bool grew(struct pair *before, struct pair now)
{
	bool grown = now.a >= before->a && now.b >= before->b;

	*before = now;
	return grown;
}

static bool fits_description(struct regs answer, bool scope)
{
	bool right = answer.edx == (scope ? 1 : VCPUS);

	answer.edx = 0;
	if (!description.eax)
		description = answer;
	return right && same(answer, description) &&
	       answer.eax == (KVM_EXIT_STATS_VERSION |
			      reasons->encoding << KVM_EXIT_STATS_ENCODING_SHIFT);
}

/* No bit goes, and each is of a number that is defined. */
static bool fits_block(struct regs answer, uint32_t block)
{
	struct regs *before = &blocks[block];
	const uint32_t words[] = { answer.eax, answer.ebx, answer.ecx, answer.edx };
	bool right = !(before->eax & ~answer.eax) && !(before->ebx & ~answer.ebx) &&
		     !(before->ecx & ~answer.ecx) && !(before->edx & ~answer.edx);
	uint32_t i, number;

	*before = answer;
	for (i = 0; i < 128; i++) {
		number = 128 * block + i;
		if (!(words[i / 32] >> (i % 32) & 1))
			right &= number != reasons->cpuid;
		else
			right &= number < NR_NUMBERS &&
				 (!numbers[number].asked || numbers[number].defined);
	}
	return right;
}

static bool fits_totals(struct regs answer, uint32_t index, bool scope)
{
	struct pair pair = pair_of(answer);
	uint64_t exits = totals.exits;

	if (index == KVM_EXIT_STATS_SUM)
		return grew(&totals, pair) && pair.exits > exits && pair.exits >= cpuids;
	if (index == KVM_EXIT_STATS_DESCRIPTION)
		return fits_description(answer, scope);
	if (index == KVM_EXIT_STATS_IDENTITY) {
		if (!identity.a)
			identity = pair;
		return pair.a == identity.a && grew(&identity, pair) && pair.a;
	}
	if (index - KVM_EXIT_STATS_OCCUPANCY < NR_BLOCKS)
		return fits_block(answer, index - KVM_EXIT_STATS_OCCUPANCY);
	return is_zero(answer);
}

/* The parts, as they were read before, in the whole */
static bool fits_parts(const struct known *known)
{
	const struct pair *views = known->views;
	const struct pair *whole = &views[KVM_EXIT_STATS_VIEW_COUNT];
	uint64_t closed = 0;
	uint32_t i;

	for (i = KVM_EXIT_STATS_VIEW_HISTOGRAM; i < NR_VIEWS; i++)
		closed += views[i].a + views[i].b;
	return closed <= whole->exits &&
	       views[KVM_EXIT_STATS_VIEW_LONGEST].a <= whole->cycles &&
	       views[KVM_EXIT_STATS_VIEW_SPLIT].a + views[KVM_EXIT_STATS_VIEW_SPLIT].b <=
	       whole->cycles &&
	       views[KVM_EXIT_STATS_VIEW_STEAL].a + views[KVM_EXIT_STATS_VIEW_STEAL].b +
	       views[KVM_EXIT_STATS_VIEW_SPLIT].b <= whole->cycles;
}

static bool fits_view(struct known *known, uint32_t number, uint32_t view, struct pair pair)
{
	if (!grew(&known->views[view], pair))
		return false;
	/* No guest of this guest has run. */
	if (view == KVM_EXIT_STATS_VIEW_LONGEST)
		return !pair.b;
	if (view != KVM_EXIT_STATS_VIEW_COUNT)
		return true;
	return fits_parts(known) && (pair.exits || !pair.cycles) &&
	       (number != reasons->cpuid || pair.exits == cpuids);
}

static bool fits_reason(struct regs answer, uint32_t index)
{
	const struct regs undefined = { .edx = KVM_EXIT_STATS_UNDEFINED };
	uint32_t number = index & KVM_EXIT_STATS_NUMBER_MASK;
	uint32_t view = index >> KVM_EXIT_STATS_VIEW_SHIFT;
	bool defined = !same(answer, undefined);
	struct known *known;

	if (view >= NR_VIEWS || (view > KVM_EXIT_STATS_VIEW_STEAL &&
				 view < KVM_EXIT_STATS_VIEW_HISTOGRAM))
		return is_zero(answer);
	if (number >= NR_NUMBERS && number != KVM_EXIT_STATS_OTHER)
		return !defined;
	known = &numbers[number < NR_NUMBERS ? number : NR_NUMBERS];
	if (known->asked && known->defined != defined)
		return false;
	known->asked = true;
	known->defined = defined;
	if (!defined)
		return number != reasons->cpuid && number != KVM_EXIT_STATS_OTHER;
	return fits_view(known, number, view, pair_of(answer));
}

/* In the machine that sees them, a leaf of the range */
static bool fits(struct request request, struct regs answer)
{
	bool scope = request.ecx & KVM_EXIT_STATS_SCOPE_VCPU;
	uint32_t index = request.ecx & ~KVM_EXIT_STATS_SCOPE_VCPU;

	switch (request.eax) {
	case KVM_EXIT_STATS_CPUID_SIGNATURE:
		return is_signature(answer);
	case KVM_EXIT_STATS_CPUID_TOTALS:
		return fits_totals(answer, index, scope);
	case KVM_EXIT_STATS_CPUID_REASON:
		return fits_reason(answer, index);
	default:
		return is_zero(answer);
	}
}

static bool in_range(uint32_t leaf)
{
	return leaf >= FIRST_LEAF && leaf <= LAST_LEAF;
}

static uint64_t wrong;

static void judge(bool right, const char *which, struct request request, struct regs answer)
{
	if (right || wrong++ >= SHOWN)
		return;
	printf("# %s: leaf %08" PRIx32 " %08" PRIx32 ": %08" PRIx32 " %08" PRIx32 " %08" PRIx32
	       " %08" PRIx32 "\n", which, request.eax, request.ecx, answer.eax, answer.ebx,
	       answer.ecx, answer.edx);
}

/* Answers of leaves of the range and of others.  Returns how many of the first there were. */
static uint32_t batch(const struct vm *seeing, const struct vm *other)
{
	static struct regs seen[BATCH], hidden[BATCH], neighbours[BATCH];
	static struct request requests[BATCH], changed[BATCH];
	uint32_t i, nr = 0;

	for (i = 0; i < BATCH; i++) {
		requests[i] = (struct request) { any_leaf(), any_index() };
		changed[i] = requests[i];
		if (in_range(requests[i].eax))
			changed[i].eax = NEIGHBOUR;
	}
	ask(seeing, requests, BATCH, seen);
	ask(other, requests, BATCH, hidden);
	ask(other, changed, BATCH, neighbours);
	for (i = 0; i < BATCH; i++) {
		cpuids++;
		if (in_range(requests[i].eax)) {
			nr++;
			judge(fits(requests[i], seen[i]), "seen", requests[i], seen[i]);
		} else {
			judge(same(seen[i], hidden[i]), "outside", requests[i], seen[i]);
		}
		/* The VMM has defined this one, of zeros. */
		if (requests[i].eax == FIRST_LEAF)
			judge(is_zero(hidden[i]), "hidden", requests[i], hidden[i]);
		else
			judge(same(hidden[i], neighbours[i]), "hidden", requests[i], hidden[i]);
	}
	return nr;
}

/* A machine of two vCPUs, with all that KVM supports but the statistics, and a zero for these. */
static struct vm create(bool hides)
{
	struct vm vm = create_vm(cpuids_begin, cpuids_end);

	set_cpuid_hiding(&vm, hides);
	kvm_ioctl(vm.fd, KVM_CREATE_VCPU, (void *)1, "KVM_CREATE_VCPU");
	return vm;
}

int main(int argc, char **argv)
{
	uint64_t count, done, ours = 0;
	struct vm seeing, other;
	uint32_t i, nr = 0;

	if (argc != 3)
		errx(1, "usage: vm-cpuids COUNT SEED");
	choose_reasons();
	count = strtoull(argv[1], NULL, 10);
	state = strtoull(argv[2], NULL, 10) | 1ULL << 63;
	seeing = create(false);
	other = create(true);
	for (done = 0; done < count; done += BATCH)
		ours += batch(&seeing, &other);
	for (i = 0; i < NR_NUMBERS; i++)
		nr += numbers[i].defined;
	printf("# seed %s: %" PRIu64 " random CPUIDs, %" PRIu64 " of them of the statistics' leaves"
	       ", which define %" PRIu32 " numbers\n", argv[2], done, ours, nr);
	check(!wrong && nr > 10 && identity.a && totals.exits && description.eax,
	      "each answer fits the ABI, those before it, and a leaf that there is not: %" PRIu64
	      " wrong", wrong);
	return checks_failed != 0;
}
