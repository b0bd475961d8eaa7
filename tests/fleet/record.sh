# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The KVM host of tests/fleet/record, which says what is recorded.
. /lab/host-functions.sh

tables=/tmp/recorded/tables
steps=4 seconds=15

table() { tr -s ' ' <"$(vm_debugfs "$1")/exit_stats" | sed -e 's/^ //' -e 's/ $//'; }

# loop NAME COMMANDS: have an inner VM run them again and again, in place of the last ones
loop() { tell "$1" "./loop \"$2\"" >/dev/null; }

# phase NAME: record it, once what was before has gone
phase() {
	mark "running $1"
	sleep 5
	step=0
	while [ $step -le $steps ]; do
		[ $step -eq 0 ] || sleep $seconds
		for vm in web db; do
			table $vm >>$tables/$vm-"$1"
		done
		step=$((step + 1))
	done
}

mkdir -p $tables
ip link set lo up
load_kvm patched
start web 7001 10301 && vm_wait_mark web obeys || exit
# shellcheck disable=SC2034 # for vm_start
vm_under='nice -n 19'
start db 7002 10302 && vm_wait_mark db obeys || exit
loop web './exit-workload spin 100; sleep 1' || exit
loop db './exit-workload timer 5; sleep 2' || exit
phase calm
loop db './exit-workload portio 10000' || exit
phase io
loop web './exit-workload spin 1000' || exit
loop db './exit-workload spin 1000' || exit
phase steal
for vm in web db; do
	kill "$(cat /run/vm/$vm/pid)"
done
sleep 2
unload_kvm
load_kvm stock
cpuid-query metrics --host >/tmp/recorded/stock.metrics
echo 'record: begins'
tar -c -z -C /tmp/recorded . | base64
echo 'record: ends'
