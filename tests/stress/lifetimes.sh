# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# VMs that come and are killed at any moment, in rounds between which, and at random in which, the
# modules are unloaded and loaded.
. /lab/stress.sh

round=10
most_vcpus=240
# A stale breakpoint of a static branch, see tests/e2e/lib.sh, would be the emulator's fault.
switches=1
[ "$ISA" = vmx ] || [ "$(nproc)" -eq 1 ] || switches=0

# How long a VM lives at most, in ms
longest=200
[ ! -e /lab/debug.sh ] || longest=3000

# lifetimes SECONDS SEED
lifetimes() { /lab/vm-lifetimes "$1" "$2" $most_vcpus $longest $switches; }

# any N: a number below N
any() { echo $(($(od -An -N4 -tu4 /dev/urandom) % $1)); }

# any_load: the modules, with any parameters
any_load() {
	load_kvm patched "exit_stats=$(any 2) exit_stats_perf=$(any 2) exit_stats_soft_pmu=$(any 2)"
}

# reload UNTIL: unload the modules in a moment when nobody uses them, and load them again, until
# there is a file UNTIL
reload() {
	until [ -e "$1" ]; do
		sleep "0.$(any 100)"
		# shellcheck disable=SC2154 # from vm.sh
		! rmmod "$vendor" 2>/dev/null || {
			until rmmod kvm 2>/dev/null || [ -e "$1" ]; do
				sleep 0.02
			done
			any_load
			echo again >>/tmp/reloads
		}
	done
}

# What is said by who loads KVM, and by whom the log is asked for a table
echo >/tmp/loaded
# shellcheck disable=SC2034 # for stress_quiet
stress_excused=excused
excused() { grep -vF -f /tmp/loaded | grep -Ev 'kvm: (# | *([0-9]+|total) .* [0-9]+$)'; }

dmesg -c >/dev/null
load_kvm patched
dmesg -c | sed 's/^\[[^]]*\] //' >>/tmp/loaded
sed -i '/^$/d' /tmp/loaded
[ -s /tmp/loaded ] || echo '(nothing)' >/tmp/loaded
unload_kvm

stress_begin lifetimes 5 1
: >/tmp/done
: >/tmp/reloads
rounds=0 stuck=0 left=$STRESS_SECONDS
while [ "$left" -gt 0 ]; do
	began=$(cut -d . -f 1 /proc/uptime)
	rm -f /tmp/round-ends
	[ $switches -eq 0 ] || reload /tmp/round-ends &
	lifetimes $round "$(any 1000000)" >>/tmp/done
	touch /tmp/round-ends
	wait $!
	stress_listen
	unload_kvm
	[ ! -e /sys/module/kvm ] || stuck=$((stuck + 1))
	any_load
	rounds=$((rounds + 1))
	left=$((left - $(cut -d . -f 1 /proc/uptime) + began))
done

awk '/^#/ { print; next } { sum[$1] += $2; n++ } END {
	for (what in sum)
		print "# stress: lifetimes", what, sum[what]
	printf "%sok - VMs came and were killed, %d, and nothing unexpected was met: %d\n",
	       n && sum["vCPUs"] && sum["killed"] && !sum["unexpected"] ? "" : "not ",
	       sum["VMs"], sum["unexpected"]
}' /tmp/done
result $stuck "the modules were unloaded after each of $rounds rounds"
did lifetimes rounds $rounds
did lifetimes loads $((rounds + $(wc -l </tmp/reloads)))
stress_end lifetimes
