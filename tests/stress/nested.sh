# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A guest that is a patched hypervisor itself: each level has its own statistics.
# shellcheck disable=SC2034 # vm_files for vm_start, and for stress.sh
. /lab/stress.sh

# KVM says that its guests do not wait.
excused() { grep -v 'MWAIT instruction emulated'; }

# nested OUTPUT COMMAND...: in a guest with KVM; then it waits, with the mark "load done".
nested() {
	output=$1
	shift
	for command; do
		echo "echo '# $command'"
		echo "./$command || [ \$? -eq 1 ] || result 1 '$command'"
	done >/tmp/commands
	vm_start nested 1 "$(script "
		. ./tap.sh
		insmod irqbypass.ko && insmod kvm.ko && insmod kvm-*.ko
		$(cat /tmp/commands)
		dmesg >/tmp/messages
		expect 'the guest says nothing of a fault' \
			sh -c \"! grep -e BUG -e WARNING -e Oops -e 'Call Trace' /tmp/messages\"
		echo 'lab: load done' >/dev/console
		sleep 1000")" "$output"
	vm_wait_mark nested 'load done'
	result $? 'the guest lives through it'
}

warm_up() {
	nested /dev/null 'levels 1'
	stress_quit nested
}

# shellcheck disable=SC2154 # from vm.sh
vm_files="/modules/inner/irqbypass.ko /modules/patched/kvm.ko /modules/patched/$vendor.ko"
stress_excused=excused
stress_begin warm_up
trace_exits
half=$((STRESS_SECONDS / 2))
nested /dev/ttyS1 "levels $half" 'tenants 3 same' "tenants $half" 'vm-check nested'
stress_stop nested
oracle nested 1
stress_quit nested
stress_end nested
