# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Ten minutes of a guest that drives its virtual PMU at random, under a host that does
# the same with its parameters.
. /lab/lib.sh

load_kvm patched exit_stats_soft_pmu=1
seed=$(cut -d . -f 1 /proc/uptime)
forget_messages
# shellcheck disable=SC2034 # for vm_start
vm_cpu=host,pmu=on
vm_start storm 2 "$(script "
	insmod /lab/msr.ko allow_writes=on
	./perf-storm 600 $seed")" /dev/ttyS1

parameters=/sys/module/kvm/parameters
switches=0
while vm_alive storm; do
	for change in exit_stats_perf=0 exit_stats_perf=1 exit_stats_guest=none \
			 exit_stats_guest=all exit_stats=0 exit_stats=1; do
		echo "${change#*=}" >"$parameters/${change%=*}"
		switches=$((switches + 1))
		sleep 0.7
	done
done
ends storm "a VM lives through it, with the host's parameters switched $switches times"
expect 'the host has said nothing meanwhile' \
	sh -c '! dmesg | grep -v -e perf_event_max_sample -e "interrupt took"'
scenario_end
