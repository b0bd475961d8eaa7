# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# VM exits as events of the virtual PMU, for the perf of an inner VM.
. /lab/lib.sh

# events_vm NAME CPU: run the tests NAME of event-tests in an inner VM
events_vm() {
	# shellcheck disable=SC2034 # for vm_start
	vm_perf=yes vm_cpu=$2
	vm_start "$1" 1 "$(script "./event-tests $1")" /dev/ttyS1
	ends "$1" "$1: the VM comes to its end"
}

load_kvm patched exit_stats_soft_pmu=1
dmesg -c >/dev/null
events_vm offered host,pmu=on
expect 'the host has said nothing meanwhile' \
	sh -c '! dmesg | grep -v -e perf_event_max_sample -e "perf: interrupt took"'
events_vm no-pmu host,pmu=off
echo 0 >/sys/module/kvm/parameters/exit_stats_perf
events_vm switched-off host,pmu=on
unload_kvm
echo '# done'
