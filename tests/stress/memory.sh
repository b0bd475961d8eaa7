# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Memory that is not there: of a control group, which has a limit, and by the kernel's fault
# injection where it has that.
. /lab/stress.sh

group=/sys/fs/cgroup/limited
parameter=/sys/module/kvm/parameters/exit_stats
vcpus=32

# For sh -c: in the control group, run the words that follow.
limited="echo \$\$ >$group/cgroup.procs && exec \"\$@\""

# limit KIB: so much more than now
limit() { echo $(($(cat $group/memory.current) + $1 * 1024)) >$group/memory.max; }

# killed: how often somebody in the group was, for lack of memory
killed() { awk '$1 == "oom_kill" { print $2 }' $group/memory.events; }

# charged: KiB of the kernel's memory
charged() { awk '$1 == "kernel" { print int($2 / 1024) }' $group/memory.stat; }

# any N: a number below N
any() { echo $(($(od -An -N4 -tu4 /dev/urandom) % $1)); }

# lack_of_memory: a filter without what the kernel says of it: when it kills somebody of the
# group, when vmalloc() fails, when there is a file less in debugfs or a vCPU is refused.  What
# names the statistics stays, for they have nothing to say.
lack_of_memory() {
	awk '
		/ invoked oom-killer: / { end = "Memory cgroup out of memory: Killed process" }
		/ vmalloc error: | page allocation failure: / { end = " pages reserved" }
		end != "" {
			report = report $0 "\n"
			if (!index($0, end))
				next
			if (report ~ /exit_stats/)
				printf "%s", report
			end = report = ""
			next
		}
		/(oom_reaper|oom_kill_process|warn_alloc): / { next }
		/Memory cgroup out of memory: |kvm: failed to allocate / { next }
		/malloc apic regs error |kmemleak: Cannot allocate a scan area/ { next }
		/debugfs: out of free (dentries|inodes), |SLUB: Unable to allocate memory / { next }
		/cache: .*, object size: |debugging increased min order/ { next }
		/node [0-9]+: slabs: / { next }
		{ print }
		END { printf "%s", report }'
}
# shellcheck disable=SC2034 # for stress_quiet
stress_excused=lack_of_memory

# create LIMIT: vCPUs under it, which are all made, fail cleanly, or are the end of the VMM
create() {
	limit "$1"
	create_killed=$(killed)
	sh -c "$limited" limited /lab/vm-failures vcpus $vcpus 2>>/tmp/errors
	case $? in
	0)	made=$((made + 1)) ;;
	4)	refused=$((refused + 1)) ;;
	137)	ended=$((ended + 1))
		stress_listen
		[ "$(killed)" -gt "$create_killed" ] || wrong=$((wrong + 1)) ;;
	*)	wrong=$((wrong + 1)) ;;
	esac
	echo max >$group/memory.max
}

# switch LIMIT: the statistics of a VM that has no vCPU with slots, under it
switch() {
	echo 0 >$parameter
	: >/tmp/many
	sh -c "$limited" limited /lab/vm-check many >/tmp/many &
	many=$!
	until grep -q ready /tmp/many; do
		sleep 0.02
	done
	off=$(charged)
	limit "$1"
	if echo 1 >$parameter; then
		on=$((on + 1))
		grep -qx Y $parameter || wrong=$((wrong + 1))
	else
		off_again=$((off_again + 1))
		grep -qx N $parameter && [ $(($(charged) - off)) -lt 32 ] || wrong=$((wrong + 1))
	fi 2>/dev/null
	kill -0 $many || wrong=$((wrong + 1))
	echo max >$group/memory.max
	kill $many
	wait $many 2>/dev/null
	echo 1 >$parameter
}

# until_seconds SECONDS COMMAND...: again and again, with a limit from nothing to more than enough
until_seconds() {
	until=$(($(cut -d . -f 1 /proc/uptime) + $1))
	shift
	while [ "$(cut -d . -f 1 /proc/uptime)" -lt $until ]; do
		"$@" "$(any "$most")"
	done
}

has_groups() {
	mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null &&
		echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null && mkdir $group
}

warm_up() {
	/lab/vm-failures vcpus $vcpus
	has_groups || return
	sh -c "$limited" limited /lab/vm-failures vcpus $vcpus
	most=$(($(cat $group/memory.peak) * 5 / 4096))
	create $((most / 2))
}

control_group() {
	if [ ! -e $group ]; then
		echo '# This kernel has no memory cgroups'
		return
	fi
	before=$(charged)
	made=0 refused=0 ended=0 on=0 off_again=0 wrong=0
	until_seconds "$1" create
	expect "VMs under any limit: $made, $refused refused, $ended killed, $wrong wrong" \
		[ $wrong -eq 0 -a $made -gt 0 -a $refused -gt 0 -a $ended -gt 0 ]
	did memory limited-VMs $((made + refused + ended))
	did memory refused $refused
	did memory ended $ended

	wrong=0
	until_seconds "$1" switch
	expect "switching on, under any limit: $on times, $off_again times not, $wrong wrong" \
		[ $wrong -eq 0 -a $on -gt 0 -a $off_again -gt 0 ]
	did memory limited-switches $((on + off_again))
	did memory switches-refused $off_again
	kept=$(($(charged) - before))
	expect "the control group has kept no memory: $kept KiB" [ $kept -lt 256 ]
	expect 'it can be removed' rmdir $group
	grep -v Killed /tmp/errors | head -n 20 | sed "s/^/# /"
}

# refusals: how often kvm_exit_stats_create_vcpu() was without memory
# shellcheck disable=SC2154 # from lib.sh
refusals() { awk '$1 == "Hits:" { print $2 }' "$tracing/events/kprobes/slots/hist"; }

# listen UNTIL: keep what the kernel says, until there is a file UNTIL
listen() {
	until [ -e "$1" ]; do
		stress_listen
		sleep 0.5
	done
}

fault_injection() {
	listen /tmp/failures-end &
	# shellcheck disable=SC2016 # a name of the probe's
	echo 'r:slots kvm:kvm_exit_stats_create_vcpu ret=$retval:s32' >"$tracing/kprobe_events"
	echo 'hist:keys=common_pid if ret != 0' >"$tracing/events/kprobes/slots/trigger"
	echo 1 >"$tracing/events/kprobes/enable"
	until=$(($(cut -d . -f 1 /proc/uptime) + $1))
	while
		for how in nth pages slab; do
			/lab/vm-failures $how || [ $? -eq 1 ] || result 1 "vm-failures $how"
		done
		[ "$(cut -d . -f 1 /proc/uptime)" -lt $until ]
	do :; done
	expect "a vCPU's own slots could not be allocated, $(refusals) times" \
		[ "$(refusals)" -gt 0 ]
	touch /tmp/failures-end
	wait $!
	did memory slots-refused "$(refusals)"
	echo 0 >"$tracing/events/kprobes/enable"
	echo '!hist:keys=common_pid if ret != 0' >"$tracing/events/kprobes/slots/trigger"
	echo >"$tracing/kprobe_events"
}

stress_begin warm_up
if [ -e /sys/kernel/debug/fail_page_alloc ]; then
	fault_injection $((STRESS_SECONDS / 2))
	control_group $((STRESS_SECONDS / 4))
else
	control_group $((STRESS_SECONDS / 2))
fi
stress_end memory
