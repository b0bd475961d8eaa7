# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the KVM host can be told to do, see obey.
. /lab/env
. /lab/vm.sh

# start NAME CONTROL EXPORTER: start an inner VM, with ports of the KVM host to tell it what to
# do and to ask its exporter.  Nothing of it may keep the connection.
# shellcheck disable=SC2034 # for vm_start
start() {
	vm_network="$2:7 $3:10245"
	vm_programs="cpuid-query cpuid-query-exporter"
	vm_files="/lab/exit-workload /lab/obey /lab/loop"
	vm_args="-name $1 ${4:-}"
	echo "$2" >"/run/$1.control"
	echo "$3" >"/run/$1.exporter"
	vm_start "$1" 1 /lab/guest.sh "/run/$1.out" >/dev/null 2>&1 </dev/null
}

# tell NAME COMMANDS: have an inner VM run them
tell() {
	printf '%s\nend\n' "$2" | nc 127.0.0.1 "$(cat "/run/$1.control")"
}

# until_status NAME paused|running: wait until QEMU says so of an inner VM
until_status() {
	until vm_monitor "$1" 'info status'
	      tail -n 3 "/run/vm/$1/monitor.log" | grep -q "VM status: $2"; do
		vm_alive "$1" || return
		sleep 0.5
	done
}

# settled_vm NAME: wait until QEMU has stopped it and no exit is counted any more
settled_vm() {
	settled_before=
	until_status "$1" paused || return
	while settled_now=$(cat "$(vm_debugfs "$1")/exit_stats") &&
	      [ "$settled_now" != "$settled_before" ]; do
		settled_before=$settled_now
		sleep 0.5
	done
}

# move NAME: save an inner VM and have another QEMU go on with it
move() {
	vm_monitor "$1" "migrate \"exec:cat >/run/$1.state\""
	until vm_monitor "$1" 'info migrate'
	      grep -q 'Migration status: completed' "/run/vm/$1/monitor.log"; do
		grep -q 'Migration status: failed' "/run/vm/$1/monitor.log" && return 1
		sleep 0.5
	done
	kill "$(cat "/run/vm/$1/pid")"
	sleep 1
	start "$1" "$(cat "/run/$1.control")" "$(cat "/run/$1.exporter")" \
		"-incoming exec:cat</run/$1.state"
	until_status "$1" running || return
}
