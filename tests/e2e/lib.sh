# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the scenarios share.  They run on the KVM host, see tests/lab/vm.sh.

. /lab/tap.sh

tracing=/sys/kernel/tracing

# In QEMU's TCG, a CPU was seen now and then to still meet the breakpoint of a static
# branch that another has patched, and the kernel panics of it: where the scheduler looks
# whether there are VMs at all, or KVM whether all have their APICs switched on.  VMs that
# do nothing are then always there, so that these are not patched.
if [ "$ISA" = svm ] && [ "$(nproc)" -gt 1 ]; then
	kvm_loaded() {
		/lab/vm-check hold &
		holder=$!
	}

	kvm_unloads() {
		kill "$holder"
		wait "$holder" 2>/dev/null
	}
fi

# scenario_end: the last of each scenario.
scenario_end() {
	[ ! -e /lab/debug.sh ] || debug_no_leaks "by VMs that have ended"
	unload_kvm
	[ ! -e /lab/debug.sh ] || debug_end
	echo "# done"
}

# trace_exits: the oracle, code that is not ours.  Counts by reason all exits of all VMs, and
# their entries.
trace_exits() {
	echo 'hist:keys=exit_reason' >$tracing/events/kvm/kvm_exit/trigger
	echo 'hist:keys=vcpu_id' >$tracing/events/kvm/kvm_entry/trigger
}

# trace_start: that, and how often KVM handles an exit in the slow path.
trace_start() {
	trace_exits
	# shellcheck disable=SC2154 # from vm.sh
	echo "p:slow $(echo "$vendor" | tr - _):${ISA}_handle_exit" >$tracing/kprobe_events
	echo 1 >$tracing/events/kprobes/enable
}

# trace_stop: keep what was counted, in /tmp.
trace_stop() {
	cat $tracing/events/kvm/kvm_exit/hist >/tmp/exits.hist
	cat $tracing/events/kvm/kvm_entry/hist >/tmp/entries.hist
	cat $tracing/kprobe_profile >/tmp/probes
	[ ! -e $tracing/events/kprobes ] || echo 0 >$tracing/events/kprobes/enable
	echo >$tracing/kprobe_events
	echo '!hist:keys=exit_reason' >$tracing/events/kvm/kvm_exit/trigger
	echo '!hist:keys=vcpu_id' >$tracing/events/kvm/kvm_entry/trigger
}

# forget_messages: what the kernel has said so far.  It goes on to tell of its clocks for some
# seconds after its start.
forget_messages() {
	while [ "$(cut -d . -f 1 /proc/uptime)" -lt 5 ]; do
		sleep 0.5
	done
	dmesg -c >/dev/null
}

# ends NAME TEXT: a check that an inner VM comes to its end, with what it said last if not
ends() {
	ends_status=0
	vm_wait "$1" || ends_status=$?
	result $ends_status "$2"
	[ $ends_status -eq 0 ] || tail -n 60 "/run/vm/$1/console" | sed 's/^/# /'
}

# script COMMANDS: a file for vm_start that runs them in the inner VM.
script() {
	echo "$1" >/tmp/script
	echo /tmp/script
}

# settled NAME: wait until no exit of an inner VM is counted any more.
settled() {
	settled_before=
	while settled_now=$(cat "$(vm_debugfs "$1")/exit_stats") &&
	      [ "$settled_now" != "$settled_before" ]; do
		settled_before=$settled_now
		sleep 0.2
	done
}

# paused NAME: wait until QEMU has stopped an inner VM, which is about to be.
paused() {
	until vm_monitor "$1" 'info status'; tail -n 3 "/run/vm/$1/monitor.log" |
	      grep -q 'VM status: paused'; do
		vm_alive "$1" || return 1
		sleep 0.5
	done
	settled "$1"
}

# oracle NAME VCPUS: stop the trace and compare it with the tables of a stopped VM.
oracle() {
	oracle_dir=$(vm_debugfs "$1")
	cat "$oracle_dir/exit_stats" >/tmp/table
	cat "$oracle_dir/exits" >/tmp/exits
	trace_stop
	host_check oracle /tmp/table /tmp/exits /tmp/exits.hist /tmp/entries.hist
	host_check intervals /tmp/table "$2"
}

# vcpu_stats NAME VCPU FILE: what QEMU says of a vCPU, of the first one first.
vcpu_stats() {
	vm_monitor "$1" "cpu $2"
	vm_monitor "$1" 'info stats vcpu exit_stats_exits,exit_stats_cycles,exit_stats_reasons'
	until [ "$(grep -c '^ *exit_stats_exits (' "/run/vm/$1/monitor.log")" -gt "$2" ]; do
		vm_alive "$1" || return 1
		sleep 0.5
	done
	grep '^ *exit_stats_' "/run/vm/$1/monitor.log" | tail -n 3 >"$3"
}

# bounds FILE BOUNDS: do the costs in FILE, as "ROW WHAT VCPUS TICKS", keep to BOUNDS?  A bound
# is of a difference from what the same takes with stock modules, or in another row.
bounds() {
	# shellcheck disable=SC2154 # from awk
	awk -v release="$(uname -r)" -v costs="$1" '
	FILENAME == costs {
		ticks[$1, $2, $3] = $4
		next
	}
	/^#/ || !NF { next }
	NF > 5 && index(release, $6 ".") != 1 { next }
	{
		base = NF > 4 ? $5 : "stock"
		from = ticks[base, $2, 1]
		cost = ticks[$1, $2, $3]
		more = cost - from
		printf "%sok - %s, %s, %d vCPUs: %d more than %s, at most %d\n",
		       cost && from && more <= $4 ? "" : "not ", $1, $2, $3, more, base, $4
	}' "$1" "$2"
}

# host_check NAME FILE...: the program that compares tables, see host-check.c.
host_check() {
	/lab/host-check "$@" || [ $? -eq 1 ] || result 1 "host-check $*"
}

if [ -e /lab/debug.sh ]; then
	. /lab/debug.sh
	debug_begin
fi
