# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a VMM does to its guest's clocks, and to the events of its virtual PMU, changes no count.
# shellcheck disable=SC2034 # for stress.sh
. /lab/stress.sh

clocks() { /lab/clocks "$@" || [ $? -eq 1 ] || result 1 'clocks'; }

# KVM says that it makes no TSC slower.
excused() { grep -v -e 'TSC rate below hardware speed' -e 'set_tsc_khz: .* suppressed'; }

stress_excused=excused
stress_kvm=exit_stats_soft_pmu=1
stress_begin clocks 1
clocks "$STRESS_SECONDS"
stress_end clocks
