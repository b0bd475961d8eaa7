# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The guest's tools: the workloads cause the exits that exit-workload says, and
# cpuid-query measures that.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_disk for vm_start
. /lab/lib.sh

load_kvm patched
dd if=/dev/zero of=/run/disk bs=1M count=4 2>/dev/null

# A guest page is then a page of the host.
echo never >/sys/kernel/mm/transparent_hugepage/enabled

echo '# One vCPU'
# What is printed meanwhile would be port I/O.
vm_disk=/run/disk
vm_start one 1 "$(script '
	for module in msr virtio_ring virtio virtio_mmio virtio_blk; do
		[ ! -e /lab/$module.ko ] || insmod /lab/$module.ko
	done
	{
		. ./tap.sh
		./workload-tests idle=2 spin=1000 syscall=10000 cpuid=1000 portio=1000 \
			msr=1000 touch=1000 mmio=1000 timer=1000 fork=100 disk=1000 pipe=1000
		! ./exit-workload ipi >/tmp/said 2>&1 && grep -q "two CPUs" /tmp/said
		result $? "ipi says that it takes two CPUs"
		./tool-tests
	} >/tmp/results
	cat /tmp/results')" /dev/ttyS1 'nox2apic lapic=notscdeadline'
ends one 'the VM comes to its end'
scenario_end
