# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Two tenants of a host: no value that the one reads is one that only the other can have caused.
# shellcheck disable=SC2034 # for stress.sh
. /lab/stress.sh

# tenants SECONDS [same]
tenants() { /lab/tenants "$@" || [ $? -eq 1 ] || result 1 'tenants'; }

# KVM says that its guests do not wait.
excused() { grep -v 'MWAIT instruction emulated'; }

stress_excused=excused
stress_kvm=exit_stats_soft_pmu=1
stress_begin tenants 1
tenants 3 same
tenants $((STRESS_SECONDS > 20 ? STRESS_SECONDS - 10 : 10))
stress_end tenants
