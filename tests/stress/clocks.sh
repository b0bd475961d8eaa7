# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a VMM does to its guest's clocks, and to the events of its virtual PMU, changes no count.
. /lab/lib.sh

load_kvm patched exit_stats_soft_pmu=1
forget_messages
/lab/clocks "${STRESS_SECONDS:-10}" || [ $? -eq 1 ] || result 1 'clocks'
expect 'the host has said nothing meanwhile' sh -c '! dmesg | grep .'
scenario_end
