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
	./cpuid-query -A --csv | awk -F , "{ seen[\$NF] } END { exit !(0 in seen && 1 in seen) }"
	result $? "cpuid-query -A has both vCPUs"
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

echo "# KVM's binary statistics, as QEMU shows them"
for vcpu in 0 1; do
	vcpu_stats two $vcpu /tmp/stats$vcpu
	host_check stats /tmp/stats$vcpu /tmp/vcpu$vcpu
done
expect 'they make no files of the host, which would show the first reason alone' \
	sh -c "! ls '$dir' /sys/kernel/debug/kvm | grep -E 'exit_stats_(exits|cycles|reasons)'"

echo '# Who sees them'
policy=/sys/module/kvm/parameters/exit_stats_guest
expect 'built for a stock kernel, all guests see them' grep -qx all $policy
expect 'the host has said nothing of this VM' grep -qx inherit "$dir/exit_stats_guest"
vm_monitor two cont

# seen N WORD FILE WORD FILE TEXT: by the first the guest is not to see them, by the second it is
seen() {
	vm_wait_mark two "ready to be hidden $1"
	echo "$2" >"$3"
	vm_wait_mark two "ready to be shown $1"
	result $? "$6"
	echo "$4" >"$5"
}

seen 1 hide "$dir/exit_stats_guest" inherit "$dir/exit_stats_guest" 'the host hides them from one VM'
vm_wait_mark two 'ready to be hidden 2'
expect 'hidden from the guest, the host still has the table' \
	grep -qi 'cpuid  *[1-9]' "$dir/exit_stats"
seen 2 vmm $policy show "$dir/exit_stats_guest" 'of a VMM that passes nothing on, as QEMU, "vmm" hides them'
vm_wait_mark two 'ready to be hidden 3'
echo none >$policy
seen 3 inherit "$dir/exit_stats_guest" all $policy 'and "none" does, unless the host shows them'
ends two 'the VM comes to its end'

# selftest NAME TEXT: does it pass, and skip nothing?
selftest() {
	echo 1 >/sys/module/kvm/parameters/force_emulation_prefix
	"/lab/$1" >/tmp/selftest 2>&1
	result $? "$2"
	expect 'it skips nothing' sh -c '! grep -i skip /tmp/selftest'
	sed 's/^/# /' /tmp/selftest
}

echo "# KVM's selftest of the statistics"
selftest exit_stats_test 'it passes'
echo 0 >/sys/module/kvm/parameters/exit_stats
/lab/exit_stats_test >/dev/null 2>&1
result $(($? != 4)) 'switched off, it skips all'
unload_kvm

load_kvm patched mmio_caching=0
selftest exit_stats_test 'it passes without a cache of MMIO'
unload_kvm

load_kvm patched exit_stats_soft_pmu=1
selftest exit_stats_pmu_test 'the one of the virtual PMU passes'
selftest exit_stats_test 'it passes with a PMU of software'
unload_kvm

paging=ept=0
[ "$ISA" = vmx ] || paging=npt=0
load_kvm patched '' $paging
/lab/exit_stats_test >/tmp/selftest 2>&1
result $? "it passes with $paging"
sed 's/^/# /' /tmp/selftest
scenario_end
