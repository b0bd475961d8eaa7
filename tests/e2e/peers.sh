# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What an exit of each kind costs, in Bochs in instructions: with stock modules, with patched
# ones in each state, and with what counts exits in other ways, its peers.
. /lab/lib.sh
. /lab/peers-lib.sh

# costs ROW COMMAND...: lines of the row
costs() {
	costs_row=$1
	shift
	"$@" >/tmp/costs 2>/tmp/costs.log || result 1 "$costs_row: $*"
	sed "s/^/$costs_row /" /tmp/costs | tee -a /tmp/bench | sed '/^stock cpuid/d; s/^/# bench: /'
	grep -v -e '^$' -e '^\[ perf record: ' /tmp/costs.log | sed 's/^/# /'
}

# modules MODULES ROW ARGS [HOW]: with ARGS for kvm.ko, HOW for exit-bench
modules() {
	# shellcheck disable=SC2154 # from peers-lib.sh
	load_kvm "$1" "$steady $3"
	costs "$2" /lab/exit-bench ${4:+"$4"}
	unload_kvm
}

# peer MODULES ROW [BEGIN END]: while a peer looks; with CPUID, which bench.sh has for the rows
# of modules, and says of stock ones.  $peer_under is a command to run each with.
peer() {
	load_kvm "$1" "$steady"
	${3:-:}
	# shellcheck disable=SC2086 # words
	costs "$2" ${peer_under:-} /lab/vm-bench 1 cpuid
	# shellcheck disable=SC2086
	costs "$2" ${peer_under:-} /lab/exit-bench
	${4:-:}
	unload_kvm
}

: >/tmp/bench
peer unpatched stock
modules patched off exit_stats=0
modules patched on ''
modules patched pmu exit_stats_soft_pmu=1 other
modules patched armed exit_stats_soft_pmu=1 armed
peer compiled-out compiled-out
peer atomics atomics
peer unpatched tracepoint tracepoint_begin tracepoint_end
peer unpatched bpf bpf_begin bpf_end
peer unpatched bpf-time 'bpf_begin time' bpf_end
peer_under='perf kvm stat record -o /tmp/perf.data --'
peer unpatched perf
peer_under=
rm -f /tmp/perf.data
peer unpatched kvm_stat-d 'kvm_stat_begin -d' kvm_stat_end
peer unpatched kvm_stat 'kvm_stat_begin -t' kvm_stat_end
bounds /tmp/bench /lab/peers.bounds
echo "# done"
