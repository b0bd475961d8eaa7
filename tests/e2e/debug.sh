# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a scenario does besides where the KVM host is a kernel that looks for
# faults.  What that reports on its console is for tests/debug-reports.

kmemleak=/sys/kernel/debug/kmemleak
zcat /proc/config.gz >/tmp/config
: >/tmp/leaks
# How many objects in all
debug_leaked=0

debug_has() { grep -qx "CONFIG_$1=y" /tmp/config; }

# debug_config: has the kernel all that was asked for?
debug_config() {
	sed '/^# CONFIG/!{ /^#/d; /^$/d; }' /lab/debug.config | while read -r setting; do
		case $setting in
		'# '*) ! grep -q "^$(echo "$setting" | cut -d ' ' -f 2)=" /tmp/config ;;
		*) grep -qx "$setting" /tmp/config ;;
		esac || echo "$setting"
	done >/tmp/missing
	expect 'the kernel is one that looks for faults' [ ! -s /tmp/missing ]
	sed 's/^/# missing: /' /tmp/missing
}

# debug_leaks: an object counts only some seconds after it was allocated, and a
# pointer on the move is missed by one scan, not by the next, too.
debug_leaks() {
	sleep 6
	echo scan >$kmemleak
	sleep 1
	echo scan >$kmemleak
	cat $kmemleak
}

# debug_no_leaks WHEN
debug_no_leaks() {
	debug_has DEBUG_KMEMLEAK || return 0
	debug_leaks >/tmp/leaks
	debug_leaked=$((debug_leaked + $(grep -c 'unreferenced object' /tmp/leaks)))
	expect "no memory is leaked $1" [ ! -s /tmp/leaks ]
	head -n 60 /tmp/leaks | sed 's/^/# /'
}

# debug_fault OPTION NAME REPORT: is a fault found where the kernel has OPTION?
debug_fault() {
	debug_has "$1" || return 0
	insmod /lab/faults.ko "fault=$2"
	[ "$2" != leak ] || debug_leaks >/tmp/leaks
	rmmod faults
	dmesg >/tmp/dmesg
	expect "a deliberate fault is found: $2" grep -q "$3" /tmp/dmesg /tmp/leaks
}

debug_begin() {
	debug_config
	# It is off while the kernel starts.
	! debug_has KCSAN || echo on >/sys/kernel/debug/kcsan
	if debug_has DEBUG_KMEMLEAK; then
		# What leaked while the kernel started is not ours.
		debug_leaks >/tmp/leaks
		echo clear >$kmemleak
	fi
}

debug_end() {
	expect 'KVM can be unloaded' [ ! -e /sys/module/kvm ]
	debug_no_leaks 'once KVM is unloaded'
	if debug_has PROVE_LOCKING; then
		# It ends with the first report, of lockdep or of KASAN.
		expect 'lockdep has watched to the end' \
			grep -q 'debug_locks: *1' /proc/lockdep_stats
		debug_fault PROVE_LOCKING lock 'possible circular locking dependency'
	fi
	debug_fault KASAN overflow 'BUG: KASAN: slab-out-of-bounds in faults_overflow'
	debug_fault UBSAN shift 'UBSAN: shift-out-of-bounds in .*faults.c'
	debug_fault DEBUG_ATOMIC_SLEEP sleep \
		'BUG: sleeping function called from invalid context at .*faults.c'
	debug_fault DEBUG_KMEMLEAK leak 'faults_leak'
	# It takes two.
	[ "$(nproc)" -eq 1 ] || debug_fault KCSAN race 'BUG: KCSAN: data-race in faults_'
}
