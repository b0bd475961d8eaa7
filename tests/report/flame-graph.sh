# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# On the KVM host, for make flame-graph: prints the call graphs of the code in an inner VM that
# causes VM exits, a line each.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_perf and vm_cpu for vm_start
. /lab/vm.sh

load_kvm patched exit_stats_soft_pmu=1
vm_perf=yes vm_cpu=host,pmu=on
reasons=EPT_VIOLATION,IO_INSTRUCTION,MSR_WRITE,CPUID
[ "$ISA" = vmx ] || reasons=npf,io,msr,cpuid
echo "
	export HOME=/tmp
	echo 0 >/proc/sys/kernel/perf_cpu_time_max_percent
	./cpuid-query who --stacks -c 40 -e $reasons -- sh -c '
		dmesg | head -n 60 >/dev/ttyS0
		./exit-workload fork 100
		./exit-workload timer 1000
		./cpuid-query >/dev/null' 2>/tmp/stacks >/dev/null || exit
	cat /tmp/stacks" >/run/script
vm_start flame 1 /run/script /run/stacks
vm_wait flame || exit
tr -d '\r' </run/stacks
