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
	"$@" >/tmp/costs 2>/tmp/costs.log
	result $? "costs of $costs_row"
	sed "s/^/# bench: $costs_row /" /tmp/costs
	grep -v '^\[ perf record' /tmp/costs.log | sed 's/^/# /'
}

# modules MODULES ROW ARGS [HOW]: what exits cost with ARGS for kvm.ko, HOW for exit-bench
modules() {
	# shellcheck disable=SC2154 # from peers-lib.sh
	load_kvm "$1" "$steady $3"
	costs "$2" /lab/exit-bench ${4:+"$4"}
	unload_kvm
}

# peer MODULES ROW [BEGIN END]: the same while a peer looks, with CPUID, which bench.sh has only
# for the rows above; perf runs what it looks at
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

modules unpatched stock ''
modules patched off exit_stats=0
modules patched on ''
modules patched pmu exit_stats_soft_pmu=1 other
modules patched armed exit_stats_soft_pmu=1 armed
peer compiled-out compiled-out
peer atomics atomics
peer unpatched tracepoint tracepoint_begin tracepoint_end
peer unpatched bpf 'bpf_begin' bpf_end
peer unpatched bpf-time 'bpf_begin time' bpf_end
peer_under='perf kvm stat record -o /tmp/perf.data --'
peer unpatched perf
peer_under=
rm -f /tmp/perf.data
peer unpatched kvm_stat-d 'kvm_stat_begin -d' kvm_stat_end
peer unpatched kvm_stat 'kvm_stat_begin -t' kvm_stat_end
echo "# done"
