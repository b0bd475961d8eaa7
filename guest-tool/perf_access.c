// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpuid.h"
#include "exit_leaves.h"
#include "perf_access.h"
#include "source.h"
#include "util.h"

#define NOT_OFFERED "this host does not offer VM exits as events of perf"

/* perf_event_paranoid: the highest at which who is not root may count so much */
enum {
	PARANOID_SYSTEM = 0,
	PARANOID_KERNEL = 1,
	PARANOID_USER = 2,
};

/* A vCPU without a PMU is not offered the events for that reason alone. */
static int check_host(const struct perf_access *wanted, const struct exit_info *info)
{
	if (access(wanted->pmu, F_OK))
		return fail(STATUS_NO_STATISTICS,
			    "the VM needs a virtual PMU: QEMU -cpu host,pmu=on");
	if (!exit_info_has(info, KVM_EXIT_STATS_FEATURE_PMU))
		return fail(STATUS_NO_STATISTICS, NOT_OFFERED);
	return STATUS_OK;
}

static bool is_in(const char *search, const char *program)
{
	size_t length;
	char *path;
	bool found;

	for (; *search; search += length + (search[length] == ':')) {
		length = strcspn(search, ":");
		if (asprintf(&path, "%.*s/%s", (int)length, search, program) < 0)
			return false;
		found = length && !access(path, X_OK);
		free(path);
		if (found)
			return true;
	}
	return false;
}

static int check_paranoid(struct perf_access *wanted)
{
	size_t size;
	char *text = file_read(wanted->paranoid, &size);
	long level;

	if (!text)
		return fail(STATUS_FAILURE, "this kernel has no perf events");
	level = strtol(text, NULL, 10);
	free(text);
	wanted->user_only = false;
	if (wanted->privileged)
		return STATUS_OK;
	if (level > PARANOID_USER)
		return fail(STATUS_FAILURE, "perf is for root only while "
			    "kernel.perf_event_paranoid is %ld: sysctl sets it", level);
	if (wanted->system_wide && level > PARANOID_SYSTEM)
		return fail(STATUS_FAILURE, "-a is for root only while "
			    "kernel.perf_event_paranoid is %ld, not 0: sysctl sets it", level);
	wanted->user_only = level > PARANOID_KERNEL;
	return STATUS_OK;
}

int perf_access_check(struct perf_access *wanted, const struct exit_info *info)
{
	int status = check_host(wanted, info);

	if (status)
		return status;
	if (wanted->search && !is_in(wanted->search, "perf"))
		return fail(STATUS_FAILURE, "there is no perf in $PATH: install linux-perf");
	return check_paranoid(wanted);
}

/* As the kernel's perfmon_capable() */
static bool is_privileged(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return false;
	return (data[CAP_TO_INDEX(CAP_PERFMON)].effective & CAP_TO_MASK(CAP_PERFMON)) ||
	       (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN));
}

static int check_this_machine(bool system_wide, const char *search, bool *user_only)
{
	struct perf_access wanted = {
		.system_wide = system_wide, .privileged = is_privileged(),
		.pmu = "/sys/bus/event_source/devices/cpu",
		.paranoid = "/proc/sys/kernel/perf_event_paranoid",
		.search = search,
	};
	struct exit_leaves leaves;
	int status = source_open_cpuid(&leaves, -1, FIRST_TOTAL);

	if (!status)
		status = source_check_version(&leaves.info);
	if (!status)
		status = perf_access_check(&wanted, &leaves.info);
	if (status)
		return status;
	*user_only = wanted.user_only;
	if (*user_only)
		fail(0, "only exits of code in user mode are counted: for the kernel's, "
		     "kernel.perf_event_paranoid is to be 1 or less");
	return STATUS_OK;
}

int perf_access_open(bool system_wide, bool *user_only)
{
	const char *search = getenv("PATH");

	return check_this_machine(system_wide, search ? search : "/usr/bin:/bin", user_only);
}

int perf_access_open_counters(bool *user_only)
{
	return check_this_machine(false, NULL, user_only);
}

void perf_access_note(cpuid_fn *cpuid)
{
	struct exit_leaves leaves;

	if (!exit_leaves_open(&leaves, cpuid, 0, FIRST_TOTAL, cpuid_encoding()) ||
	    !exit_info_has(&leaves.info, KVM_EXIT_STATS_FEATURE_PMU))
		fail(0, NOT_OFFERED);
}
