# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What an exit and a reading cost, in Bochs in instructions: stock modules that the same
# compiler made, patched ones switched off, and on.
. /lab/lib.sh

# bench MODULES ROW ARGS VCPUS...: with ARGS for kvm.ko, in VMs of so many vCPUs, and with
# $bench_how for vm-bench
bench() {
	bench_row=$2
	load_kvm "$1" "$3"
	shift 3
	for vcpus; do
		/lab/vm-bench "$vcpus" ${bench_how:+"$bench_how"} | sed "s/^/$bench_row /"
	done
	unload_kvm
}

{
	bench unpatched stock '' 1
	bench patched off exit_stats=0 1
	bench patched on '' 1 16 64
	bench_how=other bench patched pmu exit_stats_soft_pmu=1 1
	bench_how=armed bench patched armed exit_stats_soft_pmu=1 1
} >/tmp/bench
sed 's/^/# bench: /' /tmp/bench

bounds /tmp/bench /lab/bench.bounds
echo "# done"
