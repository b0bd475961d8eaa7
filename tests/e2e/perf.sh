# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# One CPU: what perf kvm stat records of a whole VM, beside what KVM counted.
. /lab/lib.sh

load_kvm patched
# shellcheck disable=SC2034 # for vm_start
vm_under="/lab/compare-with-perf $([ "$ISA" = vmx ] && echo 90 || echo 30)"
vm_start perf 1 "$(script './guest-check timer-load; sleep 1000')" /dev/ttyS1 >/tmp/perf
perf_status=0
wait "$(cat /run/vm/perf/pid)" || perf_status=$?
sed 's/^/# /' /tmp/perf
result "$perf_status" 'perf kvm stat has the same exits by reason, and the same time within 2 %'
[ $perf_status -eq 0 ] || sed 's/^/# /' /run/vm/perf/log
unload_kvm
echo '# done'
