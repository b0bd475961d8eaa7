# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# One CPU, inner VMs of one vCPU.
# shellcheck disable=SC2016 # commands for the inner VM
. /lab/lib.sh

# A serial port costs an exit a character, hence only the sum of the dump.
without_statistics='
	./guest-check dump >/tmp/dump
	echo "$(wc -l </tmp/dump) answers, $(md5sum </tmp/dump)"
	./cpuid-query; echo "status $?"'

# A guest page is then a page of the host, and its first touch an exit.
echo never >/sys/kernel/mm/transparent_hugepage/enabled

echo '# Stock modules'
load_kvm stock
vm_start stock 1 "$(script "$without_statistics")" /tmp/stock.out
vm_wait stock
unload_kvm

echo '# Patched, switched off'
load_kvm patched exit_stats=0
vm_start off 1 "$(script "$without_statistics")" /tmp/off.out
vm_wait off
expect 'switched off, all leaves answer as with stock modules' \
	cmp /tmp/stock.out /tmp/off.out
expect 'those were 2304 answers' grep -q '^2304 answers' /tmp/off.out
expect 'cpuid-query says that there are no statistics' \
	grep -q 'no exit statistics: this KVM is without the patch' /tmp/off.out
expect 'and ends with status 2' grep -qx 'status 2' /tmp/off.out
unload_kvm

echo '# Patched, switched off and on again'
load_kvm patched exit_stats=0
parameter=/sys/module/kvm/parameters/exit_stats
group=/sys/fs/cgroup/many

# charged: KiB of the kernel's memory
charged() {
	# Each CPU adds up its own first, for two seconds at most.
	[ "$(nproc)" -eq 1 ] || sleep 3
	awk '$1 == "kernel" { print $2 / 1024 }' $group/memory.stat
}

if mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null &&
   echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
	mkdir $group
	sh -c "echo \$\$ >$group/cgroup.procs && exec /lab/vm-check many" >/tmp/many &
	many=$!
	until grep -q ready /tmp/many; do
		sleep 0.1
	done
	off=$(charged)
	# Room for some vCPUs, and a second try with room for all
	echo $(($(cat $group/memory.current) + 200000)) >$group/memory.max
	expect 'without memory for all vCPUs of a VM, they cannot be switched on' \
		sh -c "! echo 1 >$parameter"
	expect 'they are off then, and the VM has not been ended' \
		sh -c "grep -qx N $parameter && kill -0 $many"
	kept=$(($(charged) - off))
	expect "no memory has been kept: $kept KiB" [ $kept -lt 32 ]
	echo max >$group/memory.max
	expect 'with memory, they can' sh -c "echo 1 >$parameter && grep -qx Y $parameter"
	vcpu=$((($(charged) - off) / 32))
	expect "that takes $vcpu KiB a vCPU, charged to the VM" \
		[ $vcpu -eq "$([ "$ISA" = vmx ] && echo 32 || echo 64)" ]
	kill $many
	wait $many 2>/dev/null
	echo 0 >$parameter
else
	echo '# This kernel has no memory cgroups'
fi
/lab/vm-check late || [ $? -eq 1 ] || result 1 'vm-check late'
/lab/vm-check failing || [ $? -eq 1 ] || result 1 'vm-check failing'
/lab/vm-check stats || [ $? -eq 1 ] || result 1 'vm-check stats'
unload_kvm

echo '# One VM, against the tracepoint'
load_kvm patched
forget_messages
trace_start
vm_start one 1 "$(script '
	insmod /lab/msr.ko allow_writes=on
	./guest-check exact
	./guest-check leaves
	./cpuid-tests
	for i in 1 2 3 4 5 6 7 8 9 10; do
		echo "lab: snapshot $i starts" >/dev/console
		./guest-check snapshot | sed "s/^/snapshot $i: /" >/dev/console
		echo "lab: snapshot $i ends" >/dev/console
	done
	./guest-check switch')" \
	/dev/ttyS1 'mem=128M nox2apic lapic=notscdeadline'
vm_wait_mark one 'snapshot 1 starts'
paused one
dir=$(vm_debugfs one)
oracle one 1

# An interrupt may come between the guest's last read and the stop, without an exit of
# its own but with one for the EOI: one of ten times has to be without.
same=
for i in 1 2 3 4 5 6 7 8 9 10; do
	vm_wait_mark one "snapshot $i starts"
	paused one
	cat "$dir/exit_stats" >/tmp/table
	vm_monitor one cont
	vm_wait_mark one "snapshot $i ends"
	[ -z "$same" ] || continue
	tr -d '\r' <"/run/vm/one/console" | sed -n "s/^snapshot $i: //p" >/tmp/snapshot
	host_check snapshot /tmp/snapshot /tmp/table >/tmp/result
	grep -q '^not ok' /tmp/result || same=yes
done
cat /tmp/result

vm_wait_mark one 'ready to be off'
echo 1 >"$dir/exit_stats_log"
expect 'the log has the table when asked for it' \
	[ "$(dmesg | grep -ci 'cpuid  *[1-9]')" -eq 1 ]
# A slow machine is not the statistics', and the races in the kernel that KCSAN reports,
# between two lines of =, are for tests/debug-reports.
dmesg -c | grep -Ev -e '^(\[[^]]*\] )?kvm( \[[0-9]+\])?: ' -e 'hrtimer: interrupt took' | awk '
	edge && /^BUG: KCSAN: / { report = 1; edge = ""; next }
	edge { print edge; edge = "" }
	report { report = !/^=+$/; next }
	/^=+$/ { edge = $0; next }
	{ print }
	END { if (edge) print edge }' >/tmp/messages
expect 'the host kernel has said nothing but that' [ ! -s /tmp/messages ]
sed 's/^/# /' /tmp/messages

echo 0 >/sys/module/kvm/parameters/exit_stats
vm_wait_mark one 'ready to be on'
cat "$dir/exit_stats" >/tmp/off1
sleep 1
cat "$dir/exit_stats" >/tmp/off2
expect 'switched off, nothing is counted' cmp /tmp/off1 /tmp/off2
echo 1 >/sys/module/kvm/parameters/exit_stats
ends one 'the VM goes on to its end'

echo '# Timers, against the tracepoint'
trace_start
vm_start timer 1 "$(script '
	./guest-check timer-load
	echo "lab: load done" >/dev/console
	sleep 1000')" /dev/ttyS1
vm_wait_mark timer 'load done'
vm_monitor timer stop
paused timer
oracle timer 1
# Without a preemption timer there is no fast path.
[ "$ISA" != vmx ] || host_check fastpath /tmp/table /tmp/probes
vm_monitor timer quit
vm_wait timer

echo '# Two VMs at once'
vm_start busy 1 "$(script './guest-check busy')" /dev/ttyS1
vm_wait_mark busy 'busy waits'
paused busy
vm_start idle 1 "$(script './guest-check idle')" /dev/ttyS1
vm_wait_mark idle 'idle waits'
paused idle
vm_monitor busy cont
ends busy 'the busy VM comes to its end'
vm_monitor idle cont
ends idle 'the idle one, too'
scenario_end
