# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# One CPU: whose time the cycles of an exit are.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_files for vm_start
. /lab/lib.sh

load_kvm patched

# Where a tick of the TSC is an instruction
if [ "$ISA" = vmx ]; then
	echo '# A vCPU alone on its CPU'
	/lab/vm-check closure || [ $? -eq 1 ] || result 1 'vm-check closure'
fi

echo '# Two vCPUs on one CPU, under load'
split=shares
[ ! -e /lab/debug.sh ] || split='split'
vm_start loaded 2 "$(script "./guest-check $split"'
	echo "lab: load done" >/dev/console
	sleep 1000')" /dev/ttyS1
vm_wait_mark loaded 'load done'
vm_monitor loaded stop
paused loaded
cat "$(vm_debugfs loaded)/exit_stats" >/tmp/table
host_check intervals /tmp/table 2
vm_monitor loaded quit
vm_wait loaded

echo '# A guest of the guest'
# shellcheck disable=SC2154 # from vm.sh
vm_files="/modules/inner/irqbypass.ko /modules/inner/kvm.ko /modules/inner/$vendor.ko"
vm_start nested 1 "$(script '
	. ./tap.sh
	insmod irqbypass.ko && insmod kvm.ko && insmod kvm-*.ko
	./vm-check nested || [ $? -eq 1 ] || result 1 "vm-check nested"')" /dev/ttyS1
ends nested 'the VM comes to its end'
vm_files=
scenario_end
