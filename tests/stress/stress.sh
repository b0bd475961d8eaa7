# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the parts of make stress share.  They run on the KVM host, see tests/lab/vm.sh.

. /lab/lib.sh

# The kernel has given its init what it did not know on its command line.
: "${STRESS_SECONDS:=60}" "${STRESS_EXITS:=100000}"

# did PART QUANTITY VALUE: how much it was, for the page
did() { echo "# stress: $1 $2 $3"; }

# stress_messages: what the kernel has said since forget_messages.  How slow the machine is is
# not of KVM's doing.
stress_messages() {
	dmesg -c | grep -v -e perf_event_max_sample -e 'interrupt took'
}

# stress_quiet PART: a check that the kernel has said nothing; $stress_excused is a filter
stress_quiet() {
	stress_messages | ${stress_excused:-cat} >/tmp/messages
	expect "the kernel has said nothing: $1" [ ! -s /tmp/messages ]
	head -n 60 /tmp/messages | sed 's/^/# /'
	did "$1" messages "$(wc -l </tmp/messages)"
}

# kernel_memory: KiB that are neither free nor the page cache's nor processes'
kernel_memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
	awk '{ kib[$1] = $2 } END {
		print kib["MemTotal:"] - kib["MemFree:"] - kib["Buffers:"] - kib["Cached:"] -
		      kib["AnonPages:"] - kib["SReclaimable:"]
	}' /proc/meminfo
}

# stress_begin COMMAND...: load KVM's modules and do a little of what is to come, so that what
# is allocated once has been; then look at the memory, and forget the messages.
stress_begin() {
	load_kvm patched
	"$@" >/dev/null 2>&1
	unload_kvm
	forget_messages
	stress_memory=$(kernel_memory)
	load_kvm patched
	forget_messages
}

# stress_end PART: the last of each part.  A kernel that looks for leaks knows best.
stress_end() {
	stress_quiet "$1"
	if [ -e /lab/debug.sh ]; then
		scenario_end
		did "$1" leaks "$(grep -c 'unreferenced object' /tmp/leaks)"
		return
	fi
	unload_kvm
	expect 'KVM can be unloaded' [ ! -e /sys/module/kvm ]
	stress_kept=$(($(kernel_memory) - stress_memory))
	expect "the kernel has kept no memory: $stress_kept KiB" [ $stress_kept -lt 2048 ]
	did "$1" kept-KiB $stress_kept
	echo '# done'
}
