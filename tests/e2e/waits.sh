# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# One CPU: steal and halted, against what they are not computed from.
# shellcheck disable=SC2016 # commands for the inner VM
. /lab/lib.sh

# What is said to be the same differs by no more than so much of the time elapsed, in %.
# In QEMU's TCG, whatever else runs on the machine takes some of both.
tolerance=5
[ "$ISA" = vmx ] || tolerance=30

# run_time NAME: what the task of a VM's vCPU has run, in us
run_time() {
	awk '{ print int($1 / 1000) }' /proc/"$(cat "$(vm_debugfs "$1")/vcpu0/pid")"/schedstat
}

# waits NAME LOAD [spinner]: run guest-check LOAD-waits in an inner VM, beside a process
# that spins; its line of numbers, and what the task has run, are in /tmp/NAME.waits then.
waits() {
	vm_start "$1" 1 "$(script "./guest-check $2-waits >/dev/console; sleep 1000")" /dev/ttyS1
	vm_wait_mark "$1" 'waits begin'
	paused "$1"
	spinner=
	if [ "${3:-}" = spinner ]; then
		while :; do :; done &
		spinner=$!
	fi
	ran=$(run_time "$1")
	vm_monitor "$1" cont
	vm_wait_mark "$1" 'waits end'
	[ -z "$spinner" ] || kill "$spinner"
	paused "$1"
	ran=$(($(run_time "$1") - ran))
	vm_monitor "$1" cont
	# The whole line, which a carriage return ends
	until grep -q '^waits.* proc-steal-us [0-9]*[^0-9]' "/run/vm/$1/console"; do
		sleep 0.5
	done
	khz=$(sed -n 's/^# .*, \([0-9]*\) kHz/\1/p' "$(vm_debugfs "$1")/exit_stats")
	echo "$(tr -d '\r' <"/run/vm/$1/console" | grep '^waits') ran $ran khz $khz" >"/tmp/$1.waits"
	sed 's/^/# /' "/tmp/$1.waits"
	vm_monitor "$1" quit
	vm_wait "$1"
}

# For awk: v has the numbers that waits has found, us() makes microseconds of cycles.
numbers='
	function us(name) { return v[name] * 1000 / v["khz"] }
	{ for (i = 3; i < NF; i += 2) v[$i] = $(i + 1) }'

# holds TEXT NAME EXPRESSION: does it, of what waits has found?
holds() {
	expect "$1" awk "$numbers { exit !($3) }" "/tmp/$2.waits"
}

# close_to TEXT NAME EXPRESSION EXPRESSION: two times in us, of what waits has found
close_to() {
	awk -v text="$1" -v tolerance=$tolerance "$numbers"'
		function difference(a, b) { return a > b ? a - b : b - a }
		{
			a = '"$3"'; b = '"$4"'
			ok = us("elapsed") > 1000000 && difference(a, b) <= us("elapsed") * tolerance / 100
			printf "%sok - %s: %.0f and %.0f us of %.0f\n", ok ? "" : "not ",
			       text, a, b, us("elapsed")
		}' "/tmp/$2.waits"
}

load_kvm patched

echo '# A vCPU that spins, beside a process that does'
waits spin spin spinner
close_to 'steal is what the task did not run' spin 'us("steal")' 'us("elapsed") - v["ran"]'
close_to 'steal is what the guest says of it' spin 'us("steal")' 'v["proc-steal-us"]'
holds 'it is a good part of the time' spin 'v["steal"] > 0.25 * v["elapsed"]'
close_to 'nothing is halted' spin 'us("halted")' 0

echo '# A guest that wakes each millisecond, beside a process that spins'
waits wake wake spinner
close_to 'steal and halted are what the task did not run' wake \
	'us("steal") + us("halted")' 'us("elapsed") - v["ran"]'
close_to 'steal is what the guest says of it' wake 'us("steal")' 'v["proc-steal-us"]'

echo '# An idle guest, without halt polling and with'
echo 0 >/sys/module/kvm/parameters/halt_poll_ns
waits still sleep
echo 50000000 >/sys/module/kvm/parameters/halt_poll_ns
echo 10000000 >/sys/module/kvm/parameters/halt_poll_ns_grow_start
waits polling sleep
close_to 'without polling, halted is what the task did not run' still \
	'us("halted") + us("steal")' 'us("elapsed") - v["ran"]'
holds 'with polling, the task ran a good part of the time' polling 'v["ran"] > 0.4 * us("elapsed")'
paste -d ' ' /tmp/still.waits /tmp/polling.waits | awk -v tolerance=$tolerance '
	function near(share) { return share * share <= tolerance * tolerance / 10000 }
	{
		for (i = 3; $i != "waits"; i += 2) a[$i] = $(i + 1)
		for (i += 2; i < NF; i += 2) b[$i] = $(i + 1)
		halted = a["halted"] / a["elapsed"] - b["halted"] / b["elapsed"]
		kvm = (a["cycles"] - a["vmm"] - a["steal"] - a["halted"]) / a["elapsed"] -
		      (b["cycles"] - b["vmm"] - b["steal"] - b["halted"]) / b["elapsed"]
		printf "%sok - polled for or asleep, as much is halted: %.1f %% of the time more\n",
		       near(halted) ? "" : "not ", -100 * halted
		printf "%sok - and KVM has no more work: %.1f %% of the time\n",
		       near(kvm) ? "" : "not ", -100 * kvm
	}'
scenario_end
