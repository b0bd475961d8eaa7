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
			./exit-workload cpuid 500 >/dev/null
			./exit-workload portio 500 >/dev/null
			./exit-workload fork 5 >/dev/null
			dd if=/dev/urandom of=/tmp/dirty bs=64k count=16 2>/dev/null
		done &
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

# stress_quit NAME: end an inner VM
stress_quit() {
	vm_monitor "$1" quit
	wait "$(cat "/run/vm/$1/pid")"
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
# is allocated once has been; then look at the memory, and forget the messages.  $stress_kvm
# are arguments for kvm.ko.
stress_begin() {
	load_kvm patched "${stress_kvm:-}"
	"$@" >/dev/null 2>&1
	unload_kvm
	forget_messages
	stress_memory=$(kernel_memory)
	load_kvm patched "${stress_kvm:-}"
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
