# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# On the KVM host, for make report: an inner VM that runs all workloads, and its boot
# as the host sees it.  Prints an archive of what was measured, in base64.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_disk for vm_start
. /lab/vm.sh

load_kvm patched
# A guest page is then a page of the host.
echo never >/sys/kernel/mm/transparent_hugepage/enabled
mkdir -p /tmp/report
dd if=/dev/zero of=/run/disk bs=1M count=4 2>/dev/null

vm_disk=/run/disk
vm_start report "$SMP" /lab/report-guest /tmp/archive
# From before the vCPUs run, so that all that firmware does is there.
until [ -e "$(vm_debugfs report)/exit_stats" ]; do
	vm_alive report || exit
done
/lab/cpuid-query log --json --from "$(vm_debugfs report)/exit_stats" -i 100 \
	-o /tmp/report/boot.log &
log=$!
vm_wait_mark report started
kill $log
wait $log

tail -n +1 -f /run/vm/report/console | while read -r lab running name; do
	[ "$lab $running" != 'lab: running' ] || echo "Running $name" >&2
done &
vm_wait report || exit
tr -d '\r' </tmp/archive | base64 -d | tar -x -z -C /tmp/report
echo 'report: begins'
tar -c -z -C /tmp/report . | base64
echo 'report: ends'
