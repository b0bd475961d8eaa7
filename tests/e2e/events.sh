# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# VM exits as events of the virtual PMU, for the perf of an inner VM.
. /lab/lib.sh

load_kvm patched exit_stats_soft_pmu=1
forget_messages
# shellcheck disable=SC2034 # for vm_start
vm_perf=yes vm_cpu=host,pmu=on
vm_start events 1 "$(script './event-tests')" /dev/ttyS1
vm_wait_mark events 'switch off'
echo 0 >/sys/module/kvm/parameters/exit_stats_perf
ends events 'the VM comes to its end'
expect 'the host has said nothing meanwhile' \
	sh -c '! dmesg | grep -v -e perf_event_max_sample -e "interrupt took"'

# AMD has counters all the same, and what counts in them is the VMM's to say.
if [ "$ISA" = vmx ]; then
	echo 1 >/sys/module/kvm/parameters/exit_stats_perf
	# shellcheck disable=SC2034 # for vm_start
	vm_perf='' vm_cpu=host,pmu=off
	vm_start no-pmu 1 "$(script './event-tests no-pmu')" /dev/ttyS1
	ends no-pmu 'and one without a PMU'
fi
unload_kvm
echo '# done'
