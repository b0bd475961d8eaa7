# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# How costs grow, in Bochs in instructions: with vCPUs, with reasons, with VMs.
# shellcheck disable=SC2034 # for vm_start
. /lab/lib.sh

group=/sys/fs/cgroup/growth
mount -t cgroup2 none /sys/fs/cgroup
echo +memory >/sys/fs/cgroup/cgroup.subtree_control

# growth WHAT N VALUE UNIT
growth() { echo "$*" >>/tmp/growth; }

# hold VMS VCPUS: so many VMs, until release, in a group whose memory is counted.
hold() {
	mkdir $group
	mkfifo /tmp/ready
	sh -c "echo 0 >$group/cgroup.procs; exec /lab/vm-growth hold $1 $2" >/tmp/ready &
	held=$!
	read -r _ </tmp/ready
}

release() {
	kill $held
	wait $held 2>/dev/null
	rm /tmp/ready
	rmdir $group
}

# kernel_memory MODULES ARGS VCPUS: bytes of the kernel's that a VM's process takes.  The
# kernel sums them up every two seconds.
kernel_memory() {
	load_kvm "$1" "$2"
	hold 1 "$3"
	sleep 5
	sed -n 's/^kernel //p' $group/memory.stat
	release
	unload_kvm
}

load_kvm patched
for vcpus in 1 4 16 64 240; do
	/lab/vm-bench $vcpus >/tmp/bench
	while read -r what n ticks; do
		case $what in
		cpuid) growth exit "$n" "$ticks" instructions ;;
		totals | occupancy | reason | own) growth "$what" "$n" "$ticks" instructions ;;
		esac
	done </tmp/bench
done
unload_kvm

for vcpus in 1 4 16 64 240; do
	stock=$(kernel_memory unpatched '' $vcpus)
	off=$(kernel_memory patched exit_stats=0 $vcpus)
	on=$(kernel_memory patched '' $vcpus)
	echo "# $vcpus vCPUs: $stock bytes with stock modules, $off switched off, $on with statistics"
	growth memory $vcpus $(((on - stock) / 1024)) KiB
done

load_kvm patched
for vms in 1 4 16 64; do
	hold $vms 1
	ticks=$(/lab/vm-growth ticks /lab/cpuid-query metrics --host)
	growth metrics $vms $((ticks / 1000)) thousand instructions
	release
done

vm_start growth 2 /lab/growth-guest /tmp/guest maxcpus=1
vm_wait growth
result $? 'a VM reads tables that become longer'
tr -d '\r' </tmp/guest >>/tmp/growth
unload_kvm

sed 's/^/# growth: /' /tmp/growth

awk '
	FILENAME == "/tmp/growth" {
		n[$1, ++numbers[$1]] = $2
		value[$1, $2] = $3
		next
	}
	/^#/ || !NF { next }
	numbers[$1] < 3 {
		printf "not ok - %s was not measured\n", $1
		next
	}
	{ first = n[$1, 1]; last = n[$1, numbers[$1]] }
	$2 == "flat" {
		least = most = value[$1, first]
		for (i = 2; i <= numbers[$1]; i++) {
			now = value[$1, n[$1, i]]
			if (now < least) least = now
			if (now > most) most = now
		}
		good = least > 0 && most - least <= $3
		printf "%sok - %s: %d to %d with %d to %d, at most %d apart\n",
		       good ? "" : "not ", $1, least, most, first, last, $3
	}
	$2 == "linear" {
		middle = n[$1, int((numbers[$1] + 1) / 2)]
		lower = (value[$1, middle] - value[$1, first]) / (middle - first)
		upper = (value[$1, last] - value[$1, middle]) / (last - middle)
		off = upper > lower ? upper - lower : lower - upper
		good = upper > 0 && upper <= $4 && off <= lower * $3 / 100
		printf "%sok - %s: one more is %.2f up to %d and %.2f up to %d, within %s %%, at most %d\n",
		       good ? "" : "not ", $1, lower, middle, upper, last, $3, $4
	}' /tmp/growth /lab/growth.bounds
echo "# done"
