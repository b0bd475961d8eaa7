# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Two VMs whose exits are known, and what all that counts exits says of them, in the same
# seconds as far as they bear each other; the global counters have modules of their own.
. /lab/lib.sh
. /lab/peers-lib.sh

# Leaves that answer exits and cycles of a reason: of the statistics, of tests/bench/atomics.patch
ours='0x4ffffffd 0x4ffffffd'
atomics='0x4ffffffe 0x4fffffff'

# both COMMAND: for each of the two
both() {
	for vm in 1 2; do
		"$@"
	done
}

# run_vms LEAVES [COMMAND...]: the first VM causes twice as many exits as the second, and both
# stay to be looked at; under a command.
run_vms() {
	rm -f /tmp/in1 /tmp/in2 /tmp/vm1 /tmp/vm2
	mkfifo /tmp/in1 /tmp/in2
	exec 6<>/tmp/in1 7<>/tmp/in2
	leaves=$1
	shift
	"$@" sh -c "
		/lab/exit-bench load 2 $leaves </tmp/in1 >/tmp/vm1 &
		/lab/exit-bench load 1 $leaves </tmp/in2 >/tmp/vm2 &
		wait" 2>/tmp/vms.log &
	vms=$!
	both vm_says pid
	${watch:-:}
	both next_line
	both vm_says ticks
	# The first one's reading is then the last that happens.
	for vm in 2 1; do
		next_line
		vm_says fast
	done
}
vm_says() { wait_for "$1" "/tmp/vm$vm"; }
next_line() { echo >"/tmp/in$vm"; }
pid() { sed -n 's/^pid //p' "/tmp/vm$vm"; }

watch_with_kvm_stat() {
	kvm_stat_begin -d
	kvm_stat_begin -t
}

end_vms() {
	both next_line
	wait $vms
	exec 6>&- 7>&-
}

# What each has seen, as "WHOSE REASON EXITS CYCLES": a VM, or "all"; "-" for what it has not.
seen_by_statistics() {
	awk -v vm="$vm" '!NF { exit } /^ *[0-9]/ { print vm, $1, $3, $4 }' \
		/sys/kernel/debug/kvm/"$(pid)"-*/exit_stats
}
seen_by_tracepoint() {
	tr -d '{}' </tmp/hist | awk '$1 == "exit_reason:" { print "all", $2, $4, "-" }'
}
seen_by_bpf() {
	awk -v pid="$(pid)" -v vm="$vm" -v khz="$khz" \
		'$1 == pid { print vm, $2, $3, int($4 * khz / 1000000) }' /tmp/bpf
}
seen_by_perf() {
	perf kvm -i /tmp/perf.data stat report -p "$(pid)" >/tmp/report 2>&1
	# A name of one word, exits, and eight columns
	awk -v vm="$vm" -v khz="$khz" '
		BEGIN {
			nr["CPUID"] = 10; nr["VMCALL"] = 18
			nr["IO_INSTRUCTION"] = 30; nr["MSR_WRITE"] = 32
		}
		/us \( \+-/ && $1 in nr {
			exits = $(NF - 9)
			print vm, nr[$1], exits, int(exits * $(NF - 4) * khz / 1000)
		}' /tmp/report
}
seen_by_kvm_stat() {
	awk -F , '
		BEGIN {
			nr["kvm_exit(CPUID)"] = 10; nr["kvm_exit(VMCALL)"] = 18
			nr["kvm_exit(IO_INSTRUCTION)"] = 30; nr["kvm_exit(MSR_WRITE)"] = 32
			nr["exits"] = "total"
		}
		$1 == "timestamp" { for (i = 1; i <= NF; i++) name[i] = $i; next }
		{ for (i = 2; i <= NF; i++) if (name[i] in nr) sum[nr[name[i]]] += $i }
		END { for (i in sum) print "all", i, sum[i], "-" }' "/tmp/kvm_stat$1"
}
seen_by_atomics() {
	# What it says is what a guest reads.  The last is how many of these that one has had by then.
	[ "$vm" -eq 1 ] && awk '$1 == "told" { print "all", $2, $3, $4, $5 }' /tmp/vm1
}

# facts PEER FILE INSIDE: of what it has seen, in FILE; INSIDE: can a guest read that?
facts() {
	awk -v peer="$1" -v inside="$3" -v total="${total:-}" '
	function fact(what, value) { printf "# sees: %s %s %s\n", peer, what, value }
	FNR == 1 { file++ }
	file < 3 && $1 == "exits" { caused[$2] += $3; made[file, $2] = $3 }
	file < 3 && $1 == "told" && $2 == 10 { told[file] = $3 " of " $5 }
	file < 3 && NF == 2 { said[file, $1] = $2 }
	file == 3 {
		exits[$2] += $3
		whose[$1]
		of[$1, $2] = $3
		cycles[$1, $2] = $4
		if (NF > 4)
			caused[$2] -= made[1, $2] - $5
		}
	END {
		for (i in caused) {
			all += caused[i]
			if (i in exits) { sum += exits[i]; had += caused[i] }
		}
		if ("total" in exits) {
			fact("exits", exits["total"] " of " total)
			fact("reasons", "no")
		} else {
			fact("exits", sum " of " had)
			fact("difference", sum - had)
			fact("reasons", "yes")
		}
		fast = said[1, "fast"] + said[2, "fast"]
		if (32 in exits)
			fact("fastpath", fast - caused[32] + exits[32] " of " fast)
		who = 1 in whose ? 1 : "all"
		n = of[who, 10]
		if (n != "")
			fact("whose", who == 1 ? "each VM: " n " CPUIDs of " made[1, 10] :
			     "all VMs together: " n " CPUIDs, one has " made[1, 10])
		else
			fact("whose", "all VMs together")
		if (n && cycles[who, 10] != "-")
			fact("time", int(cycles[who, 10] / n) " cycles a CPUID, which takes the guest " said[1, "ticks"])
		else
			fact("time", "no")
		fact("inside", inside == "" ? "no" : "yes: " told[1] " CPUIDs")
	}' /tmp/vm1 /tmp/vm2 "$2"
}

# shellcheck disable=SC2154 # from peers-lib.sh
load_kvm patched "$steady"
tracepoint_begin
bpf_begin time
run_vms "$ours"
khz=$(cat /sys/kernel/debug/kvm/*/exit_stats | sed -n 's/.* \([0-9]*\) kHz$/\1/p' | head -n 1)
both seen_by_statistics >/tmp/seen-on
tracepoint_end
bpf_end
end_vms
seen_by_tracepoint >/tmp/seen-tracepoint
both seen_by_bpf >/tmp/seen-bpf
facts on /tmp/seen-on yes | tee /tmp/facts
expect 'the statistics have seen each exit' grep -qx '# sees: on difference 0' /tmp/facts
facts tracepoint /tmp/seen-tracepoint ''
facts bpf /tmp/seen-bpf ''

# Apart from these: where a BPF program returns 0, as kvmexit does, perf is told nothing of the
# event.  kvm_stat lists the VMs that there are when it begins.
tracepoint_begin
watch=watch_with_kvm_stat
run_vms "$ours" perf kvm stat record -o /tmp/perf.data --
watch=
looked /tmp/kvm_stat-d
looked /tmp/kvm_stat-t
kvm_stat_end
tracepoint_end
end_vms
unload_kvm
seen_by_tracepoint >/tmp/seen-tracepoint
total=$(awk '{ sum += $3 } END { print sum }' /tmp/seen-tracepoint)
both seen_by_perf >/tmp/seen-perf
seen_by_kvm_stat -d >/tmp/seen-kvm_stat-d
seen_by_kvm_stat -t >/tmp/seen-kvm_stat
for peer in perf kvm_stat-d kvm_stat; do
	facts $peer /tmp/seen-$peer ''
done

load_kvm atomics "$steady"
run_vms "$atomics"
both seen_by_atomics >/tmp/seen-atomics
end_vms
unload_kvm
facts atomics /tmp/seen-atomics yes
echo "# done"
