# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# KVM's own selftests, with stock modules and with patched ones, switched on and
# off.  Which, and what they come to, is in the file selftests-*.list.
. /lab/tap.sh

# Seconds that one may take, four times what it does on a busy machine
limit=120

# Some ask for more memory than they use.
echo 1 >/proc/sys/vm/overcommit_memory

outcome() {
	case $1 in
	0) echo pass ;;
	4) echo skip ;;
	143) echo timeout ;;
	*) echo fail ;;
	esac
}

seconds() { cut -d . -f 1 /proc/uptime; }

# as_expected OUTCOME EXPECTED WHOSE: what is listed as fail is a fault of an emulator, and
# another version of it may have it not.
as_expected() {
	[ "$1" = "$2" ] || [ "$2" = any ] || [ "$3 $2 $1" = "listed: fail pass" ]
}

# run_each VARIANT EXPECTED WHOSE: run the selftests and compare what they come to
# with EXPECTED, which is WHOSE.  Leaves the like of EXPECTED in /tmp/VARIANT: lines
# of an outcome and a command.
run_each() {
	: >"/tmp/$1"
	began=$(seconds)
	dmesg -c >/dev/null
	while read -r expected command; do
		started=$(seconds)
		status=0
		# shellcheck disable=SC2086 # words
		(cd /lab && timeout $limit ./$command) >/tmp/output 2>&1 </dev/null ||
			status=$?
		outcome=$(outcome $status)
		echo "$outcome $command" >>"/tmp/$1"
		expect "$1: $command: $outcome, $3 $expected" \
			as_expected "$outcome" "$expected" "$3"
		if ! as_expected "$outcome" "$expected" "$3"; then
			echo "# ended with $status after $(($(seconds) - started)) s"
			tail -n 20 /tmp/output | sed 's/^/# /'
		fi
		# The log would overflow.
		dmesg -c | sed "s/^/$command: /" >>"/tmp/$1.dmesg"
	done <"$2"
	echo "# $1: $(($(seconds) - began)) s"
}

# complaints VARIANT: of the kernel, without what differs from run to run and from
# one build to another
complaints() {
	grep -E 'BUG[: ]|WARNING: |Oops|UBSAN|general protection|stall.* on CPU|blocked for' \
		"/tmp/$1.dmesg" |
		sed 's/\[[^]]*\] *//; s/PID: [0-9]* *//; s/\.c:[0-9]*/.c/; s/+0x[^ ]*//' | sort -u
}

# variant NAME MODULES ARGUMENTS SWITCH EXPECTED WHOSE: SWITCH is what exit_stats says
# then, if it is there.
variant() {
	echo "# $1: $2 modules $3"
	expect "$1: the modules can be loaded" load_kvm "$2" "$3"
	expect "$1: exit_stats is ${4:-not there}" [ "$(
		cat /sys/module/kvm/parameters/exit_stats 2>/dev/null)" = "$4" ]
	run_each "$1" "$5" "$6"
	expect "$1: the modules can be unloaded" unload_kvm
	complaints "$1" >"/tmp/$1.complaints"
	sed 's/^/# /' "/tmp/$1.complaints"
}

# quiet VARIANT: has the kernel complained of nothing else than with stock modules?
quiet() {
	# shellcheck disable=SC2016 # for awk
	expect "$1: the kernel complains of nothing new" [ -z "$(
		awk 'FILENAME == ARGV[1] { stock[$0] = 1; next } !($0 in stock)' \
			/tmp/stock.complaints "/tmp/$1.complaints")" ]
}

sed "s/#.*//" /lab/selftests-*.list |
	awk -v isa="$ISA" '$1 == isa && $2 != "left-out" { $1 = ""; print }' >/tmp/list
variant stock stock '' '' /tmp/list 'listed:'
variant on patched exit_stats=1 Y /tmp/stock 'with stock modules:'
variant off patched exit_stats=0 N /tmp/stock 'with stock modules:'
quiet on
quiet off

# Those of the PMU skip without one.  With one of software they are to come to the same
# whether it has the event of VM exits or not.
awk '$2 ~ /pmu/ { print "any", $2 }' /tmp/stock >/tmp/pmu
variant without-event patched 'exit_stats_soft_pmu=1 exit_stats_perf=0' Y /tmp/pmu 'expected:'
variant with-event patched exit_stats_soft_pmu=1 Y /tmp/without-event 'without the event:'
echo '# done'
