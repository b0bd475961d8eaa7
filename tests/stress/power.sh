# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# CPUs that go, guests and hosts that sleep: counts go on, and times are ones that can be.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_* for vm_start
. /lab/lib.sh

seconds=${STRESS_SECONDS:-40}

did() { echo "# stress: power $1 $2"; }

asked() {
	until vm_alive "$1" || return 1; vm_monitor "$1" "$2"; tail -n 3 "/run/vm/$1/monitor.log" | grep -q "$3"; do
		sleep 0.2
	done
}

# load COMMANDS: for an inner VM, exits of many kinds while COMMANDS run, and what it has seen
# of its statistics meanwhile; then the mark "load done".
load() {
	script "
		. ./tap.sh
		while :; do
			./exit-workload cpuid 500 >/dev/null
			./exit-workload portio 500 >/dev/null
			./exit-workload fork 5 >/dev/null
		done &
		load=\$!
		./leaf-watch >/tmp/watch &
		watch=\$!
		$1
		kill \$load \$watch
		wait \$watch
		cat /tmp/watch
		echo 'lab: load done' >/dev/console
		sleep 1000"
}

# in_load NAME: is it not at its end yet?
in_load() { vm_alive "$1" && ! grep -q '^lab: load done' "/run/vm/$1/console"; }

# compare NAME VCPUS: at the end of its load, with the tracepoint
compare() {
	vm_wait_mark "$1" 'load done'
	result $? "$1: the guest lives through it"
	vm_monitor "$1" stop
	paused "$1"
	oracle "$1" "$2"
	vm_monitor "$1" quit
	wait "$(cat "/run/vm/$1/pid")"
}

# affine MASK: let the vCPUs of a VM run there
affine() {
	for vcpu in "$(vm_debugfs cpus)"/vcpu*; do
		taskset -p "$1" "$(cat "$vcpu/pid")" >/dev/null && moved=$((moved + 1))
	done
}

load_kvm patched
forget_messages

if [ "$(nproc)" -gt 1 ]; then
	echo '# CPUs of the host go and come, and the vCPUs from one to the other'
	trace_start
	vm_start cpus 2 "$(load "sleep $((seconds / 3 + 1))")" /dev/ttyS1
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
	did CPUs-offline $gone
	did vCPUs-moved $moved
fi

# sleep_host STATE: until its clock wakes it
sleep_host() {
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo +2 >/sys/class/rtc/rtc0/wakealarm
	echo "$1" >/sys/power/state
}

# host_sleeps NAME STATE: while there is a VM
host_sleeps() {
	trace_start
	vm_start "$1" 1 "$(load "sleep $((seconds / 3 + 8))")" /dev/ttyS1
	vm_wait_mark "$1" started
	slept=0 awake=0
	while in_load "$1"; do
		if sleep_host "$2"; then slept=$((slept + 1)); else awake=$((awake + 1)); fi
		sleep 1
	done
	compare "$1" 1
	expect "the host has slept $slept times" [ $slept -gt 0 -a $awake -eq 0 ]
	did "$1" $slept
}

if [ -e /sys/class/rtc/rtc0/wakealarm ]; then
	echo "# The host sleeps: $(cat /sys/power/state), $(cat /sys/power/mem_sleep)"
	host_sleeps host-idle freeze
	if grep -q deep /sys/power/mem_sleep; then
		echo deep >/sys/power/mem_sleep
		host_sleeps host-memory mem
	fi
else
	echo '# This machine has no clock to wake it'
fi

echo '# The guest sleeps, and its memory is kept (S3)'
trace_start
vm_args='-M q35'
vm_start memory 1 "$(load "
	cat /sys/power/mem_sleep >/dev/console
	for i in 1 2 3; do
		echo \"lab: sleep \$i\" >/dev/console
		echo mem >/sys/power/state
		result \$? \"sleep \$i\"
		sleep 2
	done")" /dev/ttyS1
vm_args=
slept=0
for i in 1 2 3; do
	vm_wait_mark memory "sleep $i" || break
	asked memory 'info status' 'suspended' || break
	vm_monitor memory system_wakeup
	slept=$((slept + 1))
done
expect "the guest has slept $slept times" [ $slept -eq 3 ]
compare memory 1
did guest-memory $slept

echo '# The guest sleeps on its disk (S4), and wakes in another VM'
dd if=/dev/zero of=/run/disk bs=1M count=1 seek=511 2>/dev/null
vm_disk=/run/disk
load '
	for module in virtio_ring virtio virtio_mmio virtio_blk; do
		[ ! -e /lab/$module.ko ] || insmod /lab/$module.ko
	done
	cat /sys/block/vda/dev >/sys/power/resume
	mkswap /dev/vda >/dev/null && swapon /dev/vda
	./cpuid-query log -i 100 -o /tmp/log 2>/tmp/log.error &
	log=$!
	sleep 1
	echo shutdown >/sys/power/disk
	for i in 1 2 3; do
		echo "lab: hibernate $i" >/dev/console
		echo disk >/sys/power/state
		result $? "hibernation $i"
		sleep 2
	done
	kill $log
	noticed=$(grep -c "migrated or restored" /tmp/log.error)
	expect "cpuid-query log has noticed it 3 times: $noticed" [ $noticed -eq 3 ]' >/dev/null
for i in 1 2 3 4; do
	vm_start disk 1 /tmp/script /dev/ttyS1
	[ $i -eq 4 ] || wait "$(cat /run/vm/disk/pid)"
	tr -d '\r' </run/vm/disk/console | grep '^lab' | sed 's/^/# /'
done
vm_disk=
vm_wait_mark disk 'load done'
result $? 'the guest lives through it'
vm_monitor disk quit
wait "$(cat /run/vm/disk/pid)"

dmesg >/tmp/messages
expect "none of the host's messages is of a fault" \
	sh -c '! grep -e BUG -e WARNING -e Oops -e "Call Trace" -e kvm /tmp/messages'
scenario_end
