# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the parts of make stress share.  They run on the KVM host, see tests/lab/vm.sh.

. /lab/lib.sh

# The kernel has given its init what it did not know on its command line.
: "${STRESS_SECONDS:=60}" "${STRESS_EXITS:=100000}"

# did PART QUANTITY VALUE: how much it was, for the page
did() { echo "# stress: $1 $2 $3"; }

# stress_listen: keep what the kernel has said since forget_messages, for it forgets the oldest.
# How slow the machine is is not of KVM's doing, and it may say which MSRs it has not.
stress_listen() {
	dmesg -c | grep -v -e perf_event_max_sample -e 'interrupt took' -e 'kvm \[[0-9]*\]: vcpu' \
		>>/tmp/messages
}

# stress_quiet PART: a check that the kernel has said nothing; $stress_excused is a filter
stress_quiet() {
	stress_listen
	${stress_excused:-cat} </tmp/messages >/tmp/said
	expect "the kernel has said nothing: $1" [ ! -s /tmp/said ]
	head -n 60 /tmp/said | sed 's/^/# /'
	did "$1" messages "$(wc -l </tmp/said)"
}

# asked NAME COMMAND TEXT: ask the monitor of a VM until it says TEXT
asked() {
	until vm_alive "$1" || return 1
	      vm_monitor "$1" "$2"
	      tail -n 3 "/run/vm/$1/monitor.log" | grep -q "$3"; do
		sleep 0.2
	done
}

# stress_load COMMANDS [MOVES]: for an inner VM: exits of many kinds and memory that changes while
# COMMANDS run, and what leaf-watch, $watch, has to say of that; then the mark "load done"
stress_load() {
	script "
		. ./tap.sh
		while :; do
			./exit-workload cpuid 500
			# In QEMU's TCG user mode may do no port I/O after a migration
			./exit-workload portio 500
			./exit-workload fork 5
			dd if=/dev/urandom of=/tmp/dirty bs=64k count=16
		done >/dev/null 2>&1 &
		load=\$!
		./leaf-watch ${2:-} >/tmp/watch &
		watch=\$!
		$1
		kill \$load \$watch 2>/dev/null
		wait \$watch
		cat /tmp/watch
		echo 'lab: load done' >/dev/console
		sleep 1000"
}

# stress_stop NAME: stop an inner VM
stress_stop() {
	vm_alive "$1" && vm_monitor "$1" stop && paused "$1"
}

# stress_quit NAME: end an inner VM
stress_quit() {
	! vm_alive "$1" || vm_monitor "$1" quit
	wait "$(cat "/run/vm/$1/pid")"
}

# kernel_memory: KiB that the kernel has allocated by its own accounts, and all that is neither
# free nor the page cache's nor processes'
kernel_memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		[ ! -e "$cache" ] || echo 1 >"$cache"
	done
	echo 1 >/proc/sys/vm/compact_memory
	# Free pages that a CPU keeps for itself are in zoneinfo.
	awk '$1 == "count:" { kept += 4 * $2 } { kib[$1] = $2 } END {
		print kib["SUnreclaim:"] + kib["VmallocUsed:"] + kib["Percpu:"] +
		      kib["KernelStack:"] + kib["PageTables:"]
		print kib["MemTotal:"] - kib["MemFree:"] - kib["Buffers:"] - kib["Cached:"] -
		      kib["AnonPages:"] - kib["SReclaimable:"] - kept
	}' /proc/zoneinfo /proc/meminfo
}

# stress_begin COMMAND...: load KVM's modules and do a little of what is to come, so that what
# is allocated once has been; then look at the memory, and forget the messages.  $stress_kvm
# are arguments for kvm.ko.
stress_begin() {
	load_kvm patched "${stress_kvm:-}"
	"$@" >/dev/null 2>&1
	unload_kvm
	forget_messages
	kernel_memory >/tmp/memory
	load_kvm patched "${stress_kvm:-}"
	forget_messages
	: >/tmp/messages
}

# stress_end PART: the last of each part.  A kernel that looks for leaks knows best.
stress_end() {
	stress_quiet "$1"
	if [ -e /lab/debug.sh ]; then
		scenario_end
		# shellcheck disable=SC2154 # from debug.sh
		did "$1" leaks "$debug_leaked"
		return
	fi
	unload_kvm
	expect 'KVM can be unloaded' [ ! -e /sys/module/kvm ]
	kernel_memory >/tmp/memory.end
	paste /tmp/memory.end /tmp/memory | awk '{ print $1 - $2 }' >/tmp/kept
	stress_kept=$(head -n 1 /tmp/kept)
	expect "the kernel has kept no memory: $stress_kept KiB, $(tail -n 1 /tmp/kept) in all" \
		[ "$stress_kept" -lt 512 -a "$(tail -n 1 /tmp/kept)" -lt 4096 ]
	did "$1" kept-KiB "$stress_kept"
	echo '# done'
}
