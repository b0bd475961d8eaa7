# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What exits cost by the measure of KVM's unit tests: vmexit, with its loop around each, in
# QEMU.  It goes on for 2^30 ticks and more, a minute or two for each of its tests in Bochs.
. /lab/lib.sh

# vmexit MODULES ROW ARGS
vmexit() {
	load_kvm "$1" "$3"
	for test in cpuid inl_from_kernel inl_from_qemu tscdeadline_immed; do
		rm -f /tmp/vmexit
		qemu-system-x86_64 -L /lab -L /usr/share/qemu -M pc,accel=kvm -cpu host -m 64 \
			-nodefaults -no-user-config -display none -no-reboot -device pc-testdev \
			-device isa-debug-exit,iobase=0xf4,iosize=0x4 -serial file:/tmp/vmexit \
			-kernel /lab/vmexit.flat -append "$test" 2>/tmp/vmexit.log
		vmexit_ticks=$(tr -d '\r' </tmp/vmexit | sed -n "s/^$test \([0-9]*\)$/\1/p")
		result $((! ${vmexit_ticks:-0})) "vmexit $test, $2"
		echo "# bench: $2 vmexit-$test 1 ${vmexit_ticks:-0}"
		[ -n "$vmexit_ticks" ] || sed 's/^/# /' /tmp/vmexit /tmp/vmexit.log
	done
	unload_kvm
}

vmexit unpatched stock ''
vmexit patched off exit_stats=0
vmexit patched on ''
echo "# done"
