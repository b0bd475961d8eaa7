# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Functions for what runs on the KVM host, L1: modules and inner VMs.

# The vendor's module of KVM
vendor=kvm-intel
[ "$ISA" = vmx ] || vendor=kvm-amd

# mark TEXT: tell the machine outside how far this one is.
mark() {
	echo "lab: $1" >/dev/console
}

# load_kvm patched|stock [ARGS [VENDOR-ARGS]]: load KVM's modules, ARGS for kvm.ko and
# VENDOR-ARGS for the vendor's.
load_kvm() {
	[ -d /sys/module/irqbypass ] || insmod /modules/stock/irqbypass.ko || return
	# shellcheck disable=SC2086 # words
	insmod "/modules/$1/kvm.ko" ${2:-} && insmod "/modules/$1/$vendor.ko" ${3:-} && kvm_loaded
}

unload_kvm() {
	kvm_unloads
	rmmod "$vendor"
	rmmod kvm
}

# For a scenario to redefine: what else is to be done.
kvm_loaded() { :; }
kvm_unloads() { :; }

# network_up ADDRESS FOLDER: the network card's, in a network of QEMU's; FOLDER has the modules
network_up() {
	for module in failover net_failover virtio_net; do
		[ ! -e "$2/$module.ko" ] || insmod "$2/$module.ko" || return
	done
	ip link set lo up && ip addr add "$1/24" dev eth0 && ip link set eth0 up
}

# vm_start NAME VCPUS SCRIPT OUTPUT [KERNEL-ARGS]: start an inner VM that runs
# SCRIPT, with what that prints in OUTPUT and $vm_files in its current directory.
# $vm_under is a command to run QEMU with, $vm_disk a file that is its disk; it has the
# modules for that in /lab.  $vm_cpu is for QEMU's -cpu in place of host.  With $vm_perf it
# has the KVM host's perf, and those of its programs that $vm_programs names.  $vm_network is
# ports of the KVM host to forward to it, as PORT:PORT, for which it has modules, too.  $vm_args
# are more arguments for QEMU.
vm_start() {
	vm=/run/vm/$1
	# QEMU itself would put the initrd of an unpacked kernel over the ACPI tables.
	initrd_at=0x5000000
	# QEMU's TCG and the KVM in it do not agree on the size of the XSAVE area.
	noxsave=
	[ "$ISA" = vmx ] || noxsave=noxsave
	disk=
	[ -z "${vm_disk:-}" ] ||
		disk="-drive if=none,id=disk,format=raw,file=$vm_disk -device virtio-blk-device,drive=disk"
	network=
	for ports in ${vm_network:-}; do
		network="${network:--device virtio-net-device,netdev=net -netdev user,id=net,restrict=on},hostfwd=tcp::${ports%:*}-:${ports#*:}"
	done
	rm -rf "$vm"
	mkdir -p "$vm/tree/lab/files"
	cp "$3" "$vm/tree/lab/cmd"
	# shellcheck disable=SC2086 # words
	[ -z "${vm_files:-}" ] || cp $vm_files "$vm/tree/lab/files/"
	{
		cat /lab/l2.cpio
		for program in ${vm_perf:+perf} ${vm_programs:-}; do
			(cd / && cpio -o -H newc 2>/dev/null <"/lab/$program.files")
		done
		(cd "$vm/tree" && find . | cpio -o -H newc 2>/dev/null)
	} >"$vm/initrd"
	# In MiB
	initrd_room=$(($(stat -c %s "$vm/initrd") / 1048576 / 16 * 16 + 16))
	mkfifo "$vm/monitor.in" "$vm/monitor.out"
	cat "$vm/monitor.out" >"$vm/monitor.log" &
	: >"$vm/console"
	# shellcheck disable=SC2086 # words
	${vm_under:-} qemu-system-x86_64 -L /usr/share/qemu -M microvm,accel=kvm -cpu "${vm_cpu:-host}" \
		-smp "$2" -m $((128 + 3 * initrd_room))M -nodefaults -no-user-config -display none \
		-device pvpanic -action panic=pause $disk $network \
		-no-reboot -kernel /lab/vmlinux \
		-device "loader,file=$vm/initrd,addr=$initrd_at,force-raw=on" \
		-append "$KERNEL_ARGS $noxsave reboot=t panic=-1 memmap=${initrd_room}M\$$initrd_at initrdmem=$initrd_at,$(stat -c %s "$vm/initrd") ${5:-}" \
		-serial "file:$vm/console" \
		-chardev "file,id=output,path=$4,append=on" \
		-device isa-serial,index=1,chardev=output \
		-chardev "pipe,id=monitor,path=$vm/monitor" \
		-mon chardev=monitor ${vm_args:-} 2>"$vm/log" &
	echo $! >"$vm/pid"
}

# vm_alive NAME: is it running?
vm_alive() {
	grep -q "^State:.[^Z]" "/proc/$(cat "/run/vm/$1/pid")/status" 2>/dev/null
}

# vm_wait_mark NAME TEXT: wait until an inner VM has said mark TEXT.
vm_wait_mark() {
	until grep -q "^lab: $2" "/run/vm/$1/console"; do
		if ! vm_alive "$1" || grep -q "Kernel panic" "/run/vm/$1/console"; then
			return 1
		fi
		sleep 0.5
	done
}

# vm_wait NAME: wait until an inner VM has ended; return its script's status.  It is 3, and
# the log has why, if the VM ended in another way.
vm_wait() {
	wait "$(cat "/run/vm/$1/pid")"
	vm_status=$(sed -n 's/^lab: status \([0-9]*\).*/\1/p' "/run/vm/$1/console")
	[ -n "$vm_status" ] || vm_show_log "$1"
	return "${vm_status:-3}"
}

# vm_monitor NAME COMMAND: give QEMU's monitor a command.
vm_monitor() {
	echo "$2" >"/run/vm/$1/monitor.in"
}

# vm_debugfs NAME: the folder of an inner VM's statistics.
vm_debugfs() {
	echo /sys/kernel/debug/kvm/"$(cat "/run/vm/$1/pid")"-*
}

# vm_show_log NAME: what went wrong?
vm_show_log() {
	sed 's/^/QEMU: /' "/run/vm/$1/log" >/dev/console
	tail -n 20 "/run/vm/$1/console" | sed 's/^/inner VM: /' >/dev/console
}
