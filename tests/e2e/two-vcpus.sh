# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Two CPUs, an inner VM of two vCPUs.
# shellcheck disable=SC2016 # commands for the inner VM
. /lab/lib.sh

load_kvm stock
/lab/exit_stats_test >/dev/null 2>&1
result $(($? != 4)) "with stock modules, KVM's selftest of the statistics skips all"
unload_kvm

load_kvm patched
trace_start
vm_start two 2 "$(script '
	./guest-check scope
	. ./tap.sh
	./cpuid-query -v 1 >/tmp/vcpu && grep -q "of this vCPU" /tmp/vcpu
	result $? "cpuid-query -v 1 reads vCPU 1"
	./workload-tests ipi=1000
	./guest-check timer-load & ./guest-check timer-load; wait
	echo "lab: load done" >/dev/console
	./guest-check hide')" /dev/ttyS1
vm_wait_mark two 'load done'
vm_monitor two stop
paused two
dir=$(vm_debugfs two)
cat "$dir/vcpu0/exit_stats" >/tmp/vcpu0
cat "$dir/vcpu1/exit_stats" >/tmp/vcpu1
oracle two 2
[ "$ISA" != vmx ] || host_check fastpath /tmp/table /tmp/probes
host_check vcpus /tmp/table /tmp/vcpu0 /tmp/vcpu1

# The VM's operator hides the statistics from it, and shows them again.
vm_monitor two cont
vm_wait_mark two 'ready to be hidden'
echo 0 >"$dir/exit_stats"
vm_wait_mark two 'ready to be shown'
expect 'hidden from the guest, the host still has the table' \
	grep -qi 'cpuid  *[1-9]' "$dir/exit_stats"
echo 1 >"$dir/exit_stats"
ends two 'the VM comes to its end'

# selftest TEXT: does it pass, and skip nothing?
selftest() {
	echo 1 >/sys/module/kvm/parameters/force_emulation_prefix
	/lab/exit_stats_test >/tmp/selftest 2>&1
	result $? "$1"
	expect 'it skips nothing' sh -c '! grep -i skip /tmp/selftest'
	sed 's/^/# /' /tmp/selftest
}

echo "# KVM's selftest of the statistics"
selftest 'it passes'
echo 0 >/sys/module/kvm/parameters/exit_stats
/lab/exit_stats_test >/dev/null 2>&1
result $(($? != 4)) 'switched off, it skips all'
unload_kvm

load_kvm patched mmio_caching=0
selftest 'it passes without a cache of MMIO'
unload_kvm

paging=ept=0
[ "$ISA" = vmx ] || paging=npt=0
load_kvm patched '' $paging
/lab/exit_stats_test >/tmp/selftest 2>&1
result $? "it passes with $paging"
sed 's/^/# /' /tmp/selftest
scenario_end
