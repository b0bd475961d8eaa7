# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A guest that is a patched hypervisor itself: each level has its own statistics.
# shellcheck disable=SC2034 # vm_files for vm_start
. /lab/lib.sh

seconds=${STRESS_SECONDS:-20}

load_kvm patched
forget_messages
trace_start
# shellcheck disable=SC2154 # from vm.sh
vm_files="/modules/inner/irqbypass.ko /modules/patched/kvm.ko /modules/patched/$vendor.ko"
vm_start nested 1 "$(script "
	. ./tap.sh
	insmod irqbypass.ko && insmod kvm.ko && insmod kvm-*.ko
	for check in 'levels $((seconds / 2))' 'tenants 3 same' 'tenants $((seconds / 2))' 'vm-check nested'; do
		echo \"# \$check\"
		./\$check || [ \$? -eq 1 ] || result 1 \"\$check\"
	done
	dmesg >/tmp/messages
	expect 'the guest has said nothing of a fault' \
		sh -c \"! grep -e BUG -e WARNING -e Oops -e 'Call Trace' /tmp/messages\"
	echo 'lab: load done' >/dev/console
	sleep 1000")" /dev/ttyS1
vm_files=
vm_wait_mark nested 'load done'
result $? 'the guest lives through it'
vm_monitor nested stop
paused nested
oracle nested 1
vm_monitor nested quit
wait "$(cat /run/vm/nested/pid)"
dmesg | grep -Ev 'kvm \[[0-9]+\]: |MWAIT instruction emulated' >/tmp/messages
expect 'the host has said nothing meanwhile' [ ! -s /tmp/messages ]
sed 's/^/# /' /tmp/messages
scenario_end
