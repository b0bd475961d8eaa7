# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The metrics for Prometheus: in a VM, of all VMs of the host by debugfs, and by QMP.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_args for vm_start
. /lab/lib.sh
cd /lab || exit

# metrics ARGUMENT...
metrics() { /lab/cpuid-query metrics "$@"; }

load_kvm patched
metrics --host >/tmp/none
expect 'a host without VMs' grep -qx 'kvm_exit_stats_vms 0' /tmp/none
expect 'with modules that have statistics' grep -qx 'kvm_exit_stats_modules 1' /tmp/none
expect 'which are on' grep -qx 'kvm_exit_stats_enabled 1' /tmp/none

number=0
for name in one two; do
	number=$((number + 1))
	vm_args="-name guest=$name,debug-threads=on -uuid 00000000-1111-2222-3333-00000000000$number
		-qmp unix:/run/$name.qmp,server=on,wait=off"
	vm_start $name 1 "$(script '
		./metrics-tests >/tmp/results
		cat /tmp/results
		echo "lab: metrics done" >/dev/console
		until [ -e /tmp/forever ]; do ./cpuid-query >/dev/null; sleep 1; done')" /tmp/$name.out
	vm_wait_mark $name 'metrics done'
	result $? "VM $name runs"
	sleep 1
	cat /tmp/$name.out
done
mkdir /tmp/running
runs=0
while [ $runs -lt 20 ]; do
	metrics --host >/tmp/running/$runs || break
	runs=$((runs + 1))
done
expect 'the metrics of running VMs' [ $runs -eq 20 ]

# not_backwards FILE...: counters of VMs that run
not_backwards() {
	awk '/^kvm_vm_[a-z_]*_(total|bucket|sum|count)[{]/ {
		value = $NF; sub(/ [^ ]*$/, "")
		if ($0 in last && value + 0 < last[$0]) { print $0, last[$0], value; bad = 1 }
		last[$0] = value + 0
	     } END { exit bad }' "$@"
}
# shellcheck disable=SC2046 # words
expect 'no counter goes backwards' not_backwards $(seq 0 19 | sed 's,^,/tmp/running/,')

for name in one two; do
	vm_monitor $name stop
	paused $name
	cat "$(vm_debugfs $name)/exit_stats" >/tmp/$name.table
done
metrics --host >/tmp/host
result $? 'the metrics of two stopped VMs'
sed 's/^/# /' /tmp/host >/dev/console
metrics --qmp '/run/*.qmp' >/tmp/qmp
result $? 'the same, asked of QEMU'
for name in one two; do
	./metrics-tests against_table /tmp/host $name /tmp/$name.table
	./metrics-tests against_qmp /tmp/qmp /tmp/host $name
	started=$(grep "^kvm_vm_start_time_seconds{vm=\"$name\"" /tmp/host | cut -d ' ' -f 2)
	asked=$(grep "^kvm_vm_start_time_seconds{vm=\"$name\"" /tmp/qmp | cut -d ' ' -f 2)
	expect "$name was started at $started, its QEMU at $asked" \
		[ $((started - asked)) -ge -1 -a $((started - asked)) -le 30 ]
done
echo "# by QMP: $(grep -c '^kvm_vm_exits_total' /tmp/qmp) reasons, of $(grep -c '^kvm_vm_exits_total' /tmp/host)"
metrics --host -A >/tmp/vcpus
expect 'each vCPU by itself' [ "$(grep -c '^kvm_vm_exits_total{.*,vcpu="0",' /tmp/vcpus)" \
	-eq "$(grep -c '^kvm_vm_exits_total' /tmp/host)" ]

# One that ends while all are read: it is there or not, and nothing fails.
(sleep 1; kill -9 "$(cat /run/vm/two/pid)") &
ended=0 failed=0
until [ $ended -eq 3 ]; do
	metrics --host >/tmp/ending 2>/tmp/said || failed=$((failed + 1))
	[ ! -s /tmp/said ] || failed=$((failed + 1))
	grep -qx 'kvm_exit_stats_read_errors 0' /tmp/ending || failed=$((failed + 1))
	grep -q '^kvm_vm_up{vm="two"' /tmp/ending || ended=$((ended + 1))
done
expect "a VM that ends does not disturb: $failed" [ $failed -eq 0 ]
expect 'the other one is still there' grep -q '^kvm_vm_up{vm="one",uuid="[0-9-]*"} 1$' /tmp/ending
metrics --qmp /run/one.qmp --qmp /run/two.qmp >/tmp/qmp 2>/tmp/said
expect 'by QMP, one that does not answer is an error of its own' \
	grep -qx 'kvm_exit_stats_read_errors 1' /tmp/qmp
expect 'which is said' grep -q 'VM /run/two.qmp: .*cannot connect' /tmp/said

echo 0 >/sys/module/kvm/parameters/exit_stats
metrics --host >/tmp/off
expect 'switched off, that is a metric' grep -qx 'kvm_exit_stats_enabled 0' /tmp/off
kill "$(cat /run/vm/one/pid)"
wait
unload_kvm

load_kvm stock
metrics --host >/tmp/stock
result $? 'with stock modules, too'
expect 'that they have no statistics is a metric' grep -qx 'kvm_exit_stats_modules 0' /tmp/stock
unload_kvm
metrics --host >/tmp/unloaded
expect 'as is, by its absence, that no kvm is loaded' \
	sh -c '! grep "^kvm_exit_stats_modules" /tmp/unloaded'
load_kvm patched
scenario_end
