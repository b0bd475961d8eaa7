# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Two tenants of a host: no value that the one reads is one that only the other can have caused.
. /lab/lib.sh

load_kvm patched exit_stats_soft_pmu=1
forget_messages
/lab/tenants 3 same || [ $? -eq 1 ] || result 1 'tenants same'
/lab/tenants "${STRESS_SECONDS:-20}" || [ $? -eq 1 ] || result 1 'tenants'
# KVM says which of the MSRs it does not have, and that it does not wait.
dmesg | grep -Ev 'kvm \[[0-9]+\]: |MWAIT instruction emulated' >/tmp/messages
expect 'the host has said nothing meanwhile' [ ! -s /tmp/messages ]
sed 's/^/# /' /tmp/messages
scenario_end
