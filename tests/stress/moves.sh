# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# VMs that are moved from one QEMU to another under load, saved and continued, put back to a
# snapshot, reset: counts and times go on, or begin anew where the VM is another one.
# shellcheck disable=SC2016,SC2034 # commands for the inner VM, vm_* for vm_start
. /lab/stress.sh

tables=/tmp/tables

# says NAME TEXT: wait until QEMU's monitor has said it
says() {
	until grep -q "$2" "/run/vm/$1/monitor.log"; do
		vm_alive "$1" || return 1
		sleep 0.1
	done
}

# keep NAME: the table of a VM that has stopped for ever, beside those of the others
keep() {
	settled "$1"
	kept=$((kept + 1))
	cat "$(vm_debugfs "$1")/exit_stats" >$tables/$kept.table
	cat "$(vm_debugfs "$1")/exits" >$tables/$kept.exits
	host_check intervals $tables/$kept.table 1 >/tmp/intervals
	! grep '^not ok' /tmp/intervals || misfits=$((misfits + 1))
}

# leave NAME: keep its table, and end its QEMU
leave() {
	keep "$1"
	stress_quit "$1"
}

# begin: with a VM, or some, of which each is kept in the end
begin() {
	rm -rf $tables
	mkdir -p $tables
	kept=0 misfits=0
	trace_start
}

# end: all tables together against the tracepoint
end() {
	trace_stop
	awk 'FNR == 1 { histograms = "" }
		/log2/ { histograms = "yes" }
		histograms == "" && NF == 10 && $1 ~ /^[0-9]+$/ {
			name[$1] = $2
			for (i = 3; i <= NF; i++) sum[$1, i] += $i
			total += $3
		}
		END {
			for (n in name) {
				printf "%d %s", n, name[n]
				for (i = 3; i <= 10; i++) printf " %.0f", sum[n, i]
				print ""
			}
			printf " total %.0f\n", total
		}' $tables/*.table >/tmp/table
	cat $tables/*.exits | awk '{ n += $1 } END { printf "%.0f\n", n }' >/tmp/exits
	host_check oracle /tmp/table /tmp/exits /tmp/exits.hist /tmp/entries.hist
	expect "parts and histograms fit the cycles of each of $kept VMs" [ $misfits -eq 0 ]
}

# load MOVES: for an inner VM, until it has been moved so often, and the tool has noticed it
load() {
	stress_load "
		./cpuid-query log --csv -i 200 -o /tmp/log 2>/tmp/log.error &
		log=\$!
		wait \$watch
		sleep 1
		kill \$log
		noticed=\$(grep -c 'migrated or restored' /tmp/log.error)
		expect \"cpuid-query log has noticed it $1 times: \$noticed\" [ \$noticed -eq $1 ]" "$1"
}

# incoming NAME FROM: a VM that is to continue another
incoming() {
	vm_args="-incoming $2"
	vm_start "$1" 1 /tmp/script /dev/ttyS1
	vm_args=
}

# migrate FROM TO: under load
migrate() {
	rm -f /run/move
	incoming "$2" unix:/run/move
	until [ -e /run/move ]; do
		vm_alive "$2" || return 1
		sleep 0.1
	done
	vm_monitor "$1" 'migrate -d unix:/run/move'
	asked "$1" 'info status' 'postmigrate' || return 1
	leave "$1"
	asked "$2" 'info status' 'VM status: running'
}

# save FROM TO: into a file, and continued from that
save() {
	vm_monitor "$1" 'migrate -d exec:cat>/run/state'
	asked "$1" 'info status' 'postmigrate' || return 1
	leave "$1"
	incoming "$2" 'exec:cat</run/state'
	asked "$2" 'info status' 'VM status: running'
}

# move HOW TIMES: there and back
move() {
	load "$2" >/dev/null
	begin
	vm_start here 1 /tmp/script /dev/ttyS1
	vm_wait_mark here started
	sleep 2
	from=here to=there moves=0
	while [ $moves -lt "$2" ] && "$1" $from $to; do
		moves=$((moves + 1))
		swap=$from from=$to to=$swap
		sleep 1
	done
	expect "$1, $moves times of $2" [ $moves -eq "$2" ]
	vm_wait_mark $from 'load done'
	result $? 'the guest lives through it'
	stress_stop $from
	leave $from
	end
	did moves "$1" $moves
}

warm_up() {
	stress_load 'sleep 1' >/dev/null
	vm_start warm 1 /tmp/script /dev/null
	vm_wait_mark warm 'load done'
	stress_quit warm
}

seconds=$STRESS_SECONDS
stress_begin warm_up
echo '# Migration'
move migrate $((seconds / 8 + 2))
echo '# Saved to a file and continued'
move save $((seconds / 40 + 1))

echo '# Snapshots'
dd if=/dev/zero of=/run/raw bs=1M count=1 2>/dev/null
load 1000000 >/dev/null
begin
vm_args='-drive if=none,id=raw,format=raw,file=/run/raw'
vm_start snap 1 /tmp/script /dev/ttyS1
vm_args=
vm_wait_mark snap started
sleep 2
vm_monitor snap 'drive_backup raw /run/snapshots qcow2'
asked snap 'info block-jobs' 'No active jobs'
vm_monitor snap 'drive_add 0 if=none,id=snap,format=qcow2,file=/run/snapshots'
vm_monitor snap 'drive_del raw'
snapshots=0 wrong=
while [ $snapshots -lt $((seconds / 30 + 1)) ]; do
	vm_monitor snap "savevm s$snapshots"
	asked snap 'info snapshots' " s$snapshots " || break
	sleep 2
	before=$(awk '$1 == "total" { print $2 }' "$(vm_debugfs snap)/exit_stats")
	vm_monitor snap "loadvm s$snapshots"
	snapshots=$((snapshots + 1))
	vm_monitor snap "done-$snapshots"
	says snap "unknown command: .done-$snapshots" || break
	sleep 1
	after=$(awk '$1 == "total" { print $2 }' "$(vm_debugfs snap)/exit_stats")
	[ "$after" -gt "$before" ] || wrong="$wrong $snapshots"
done
expect "put back to a snapshot $snapshots times, counts go on" \
	[ -z "$wrong" -a $snapshots -eq $((seconds / 30 + 1)) ]
expect 'QEMU has had no error' sh -c '! grep Error /run/vm/snap/monitor.log'
stress_stop snap
leave snap
end
did moves snapshots $snapshots

echo '# Reset'
begin
vm_args='-action reboot=reset'
vm_start reset 1 "$(script '
	./leaf-watch >/tmp/watch &
	./exit-workload cpuid 1000 >/dev/null
	sleep 1
	kill $!
	wait $!
	! grep "^not ok" /tmp/watch >/dev/console
	set -- $(./cpuid-query --raw -s 0x10000 0x4FFFFFFC | tail -n 1)
	echo "lab: identity $*" >/dev/console
	sleep 1000')" /dev/ttyS1
vm_args=
resets=0
while [ $resets -lt $((seconds / 30 + 2)) ]; do
	until [ "$(grep -c '^lab: identity' /run/vm/reset/console)" -gt $resets ]; do
		vm_alive reset || break 2
		sleep 0.5
	done
	vm_monitor reset system_reset
	resets=$((resets + 1))
done
stress_stop reset
tr -d "\r" </run/vm/reset/console | awk '/^lab: identity/ { n++; seen[$5 $8] }
	/not ok/ { bad = 1 }
	END { exit bad || length(seen) != 1 || n < 2 }'
result $? "the guest has been reset $resets times, and is the same VM"
leave reset
end
did moves resets $resets
stress_end moves
