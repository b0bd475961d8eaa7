# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Exits of one VM in great numbers, to the last one; and CPUIDs at random.
. /lab/stress.sh

# Where an exit takes long
if [ "$ISA" = vmx ] || [ -e /lab/debug.sh ]; then
	STRESS_EXITS=$((STRESS_EXITS / 10))
fi

# exits COUNT: a raw VM that has caused them, and waits
exits() {
	mkdir -p /run/vm/exits
	: >/tmp/ready
	/lab/vm-exits "$1" /tmp/known >/tmp/ready &
	echo $! >/run/vm/exits/pid
	until grep -q ready /tmp/ready; do
		vm_alive exits || return 1
		sleep 0.5
	done
}

# exits_end: it ends.
exits_end() {
	kill "$(cat /run/vm/exits/pid)"
	wait "$(cat /run/vm/exits/pid)" 2>/dev/null
}

# cpuids COUNT SEED
cpuids() { /lab/vm-cpuids "$@"; }

warm_up() {
	exits 10000
	exits_end
	cpuids 10000 1
}

stress_begin warm_up
began=$(cut -d . -f 1 /proc/uptime)
trace_exits
exits "$STRESS_EXITS"
result $? "a VM makes $STRESS_EXITS exits, in $(($(cut -d . -f 1 /proc/uptime) - began)) s"
oracle exits 1
host_check marked /tmp/table /tmp/known
did exits exits "$(sed -n 's/^ *total *\([0-9]*\).*/\1/p' /tmp/table)"
did exits reasons "$(grep -c '^ *[0-9]* [^ ]* *[1-9]' /tmp/table)"
exits_end

# A tenth as many
began=$(cut -d . -f 1 /proc/uptime)
count=$((STRESS_EXITS / 10))
cpuids $count "$(date +%s)" || [ $? -eq 1 ] || result 1 'vm-cpuids'
did exits random-CPUIDs $count
echo "# that took $(($(cut -d . -f 1 /proc/uptime) - began)) s"
stress_end exits
