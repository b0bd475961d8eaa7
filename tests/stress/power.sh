# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# CPUs that go, guests and hosts that sleep: counts go on, and times are ones that can be.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_* for vm_start
. /lab/stress.sh

# in_load NAME: is it not at its end yet?
in_load() { vm_alive "$1" && ! grep -q '^lab: load done' "/run/vm/$1/console"; }

# compare NAME VCPUS: at the end of its load, with the tracepoint
compare() {
	vm_wait_mark "$1" 'load done'
	result $? "$1: the guest lives through it"
	stress_stop "$1" || return
	oracle "$1" "$2"
	stress_quit "$1"
}

# affine MASK: let the vCPUs of a VM run there
affine() {
	for vcpu in "$(vm_debugfs cpus)"/vcpu*; do
		taskset -p "$1" "$(cat "$vcpu/pid")" >/dev/null && moved=$((moved + 1))
	done
}

warm_up() {
	stress_load 'sleep 1' >/dev/null
	vm_start warm 1 /tmp/script /dev/null
	vm_wait_mark warm 'load done'
	stress_quit warm
}

# Of CPUs and devices that go and come, and of tasks that wait for it
excused() { grep -e BUG -e WARNING -e Oops -e 'Call Trace' -e kvm; }

stress_excused=excused
seconds=$STRESS_SECONDS
stress_begin warm_up

if [ "$(nproc)" -gt 1 ]; then
	echo '# CPUs of the host go and come, and the vCPUs from one to the other'
	trace_start
	vm_start cpus 2 "$(stress_load "sleep $((seconds / 3 + 1))")" /dev/ttyS1
	vm_wait_mark cpus started
	gone=0 moved=0 stuck=0
	while in_load cpus; do
		affine 1
		sleep 0.2
		affine 2
		sleep 0.2
		echo 0 >/sys/devices/system/cpu/cpu1/online || stuck=$((stuck + 1))
		gone=$((gone + 1))
		sleep 0.5
		echo 1 >/sys/devices/system/cpu/cpu1/online || stuck=$((stuck + 1))
		affine 3
	done
	compare cpus 2
	expect "CPU 1 went and came $gone times, vCPUs moved $moved times" \
		[ $stuck -eq 0 -a $gone -gt 1 -a $moved -gt 1 ]
	did power CPUs-offline $gone
	did power vCPUs-moved $moved
fi

echo '# The guest sleeps, and its memory is kept (S3)'
trace_start
# An unpacked kernel is loaded anew when QEMU wakes.
vm_args='-M q35 -kernel /lab/vmlinuz'
vm_start memory 1 "$(stress_load "
	cat /sys/power/mem_sleep >/dev/console
	for i in 1 2 3; do
		echo \"lab: sleep \$i\" >/dev/console
		echo mem >/sys/power/state
		result \$? \"sleep \$i\"
		sleep 2
	done")" /dev/ttyS1
vm_args=
while in_load memory; do
	vm_monitor memory system_wakeup
	sleep 1
done
compare memory 1
did power guest-memory 3

echo '# The guest sleeps on its disk (S4), and wakes in another VM'
dd if=/dev/zero of=/run/disk bs=1M count=1 seek=511 2>/dev/null
vm_disk=/run/disk vm_args='-m 512M'
stress_load '
	for module in virtio_ring virtio virtio_mmio virtio_blk; do
		[ ! -e /lab/$module.ko ] || insmod /lab/$module.ko
	done
	cat /sys/block/vda/dev >/sys/power/resume
	mkswap /dev/vda >/dev/null && swapon /dev/vda
	./cpuid-query log -i 100 -o /tmp/log 2>/tmp/log.error &
	log=$!
	sleep 5
	echo shutdown >/sys/power/disk
	for i in 1 2 3; do
		echo "lab: hibernate $i" >/dev/console
		echo disk >/sys/power/state
		result $? "hibernation $i"
		sleep 5
	done
	kill $log
	noticed=$(grep -c "migrated or restored" /tmp/log.error)
	expect "cpuid-query log has noticed it 3 times: $noticed" [ $noticed -eq 3 ]' >/dev/null
for i in 1 2 3 4; do
	vm_start disk 1 /tmp/script /dev/ttyS1
	[ $i -eq 4 ] || wait "$(cat /run/vm/disk/pid)"
	tr -d '\r' </run/vm/disk/console | grep '^lab' | sed 's/^/# /'
done
vm_disk='' vm_args=
vm_wait_mark disk 'load done'
result $? 'the guest lives through it'
stress_quit disk

# sleep_host: in memory (S3), until its clock wakes it.  From s2idle nothing of QEMU's would.
sleep_host() {
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo +2 >/sys/class/rtc/rtc0/wakealarm
	echo deep >/sys/power/mem_sleep && echo mem >/sys/power/state
}

if [ -e /sys/class/rtc/rtc0/wakealarm ]; then
	echo '# The host sleeps while there is a VM'
	trace_start
	vm_start host 1 "$(stress_load "sleep $((seconds / 3 + 8))")" /dev/ttyS1
	vm_wait_mark host started
	slept=0 awake=0
	while in_load host; do
		if sleep_host; then slept=$((slept + 1)); else awake=$((awake + 1)); fi
		sleep 1
	done
	compare host 1
	expect "the host has slept $slept times" [ $slept -gt 0 -a $awake -eq 0 ]
	did power host-memory $slept
else
	echo '# This machine has no clock to wake it'
fi
stress_end power
