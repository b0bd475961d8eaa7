# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What counts exits in other ways: how each begins and ends.

# Without what makes the same wake-up another one each time; no kernel has all of these.
# shellcheck disable=SC2034 # for scenarios
steady='halt_poll_ns=0 lapic_timer_advance_ns=0 lapic_timer_advance=0'

kvm_exit=/sys/kernel/tracing/events/kvm/kvm_exit

# wait_for TEXT FILE
wait_for() {
	until grep -q "$1" "$2" 2>/dev/null; do
		sleep 0.2
	done
}

tracepoint_begin() { echo 'hist:keys=exit_reason' >$kvm_exit/trigger; }
tracepoint_end() {
	cat $kvm_exit/hist >/tmp/hist
	echo '!hist:keys=exit_reason' >$kvm_exit/trigger
}

# bpf_begin [time]; at the end /tmp/bpf has its counts.
bpf_begin() {
	rm -f /tmp/bpf
	/lab/bpf-exits /lab/exits.bpf.o "$@" >/tmp/bpf &
	bpf=$!
	wait_for ready /tmp/bpf
}
bpf_end() {
	kill "$bpf"
	wait "$bpf"
}

# kvm_stat_begin -d|-t: from debugfs or from the tracepoints; a line of counts each second in
# /tmp/kvm_stat-d or -t
kvm_stat_begin() {
	rm -f "/tmp/kvm_stat$1"
	PYTHONHOME=/usr python3 -S -u /lab/kvm_stat "$1" -l -c >"/tmp/kvm_stat$1" &
	kvm_stat="${kvm_stat:-} $!"
	wait_for timestamp "/tmp/kvm_stat$1"
}
# looked FILE: wait until two more lines are in it.
looked() {
	looked_lines=$(wc -l <"$1")
	until [ "$(wc -l <"$1")" -ge $((looked_lines + 2)) ]; do
		sleep 0.5
	done
}

kvm_stat_end() {
	# shellcheck disable=SC2086 # one or two
	kill $kvm_stat
	# shellcheck disable=SC2086
	wait $kvm_stat 2>/dev/null
	kvm_stat=
}
