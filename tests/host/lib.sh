# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What test-host and test-host-life share: trees of Debian below $dir, what is done in
# them as in a machine that runs, and machines that boot them.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tests=$(dirname "$here")
. "$tests/e2e/tap.sh"

build=$(realpath "$1")
dir=$build/host-test
log=$build/log
machine=

[ "$(id -u)" -eq 0 ] || { echo "Hosts for tests are trees of Debian: as root only" >&2; exit 1; }
mkdir -p "$dir/archives/partial"

end_machine() {
	[ -z "$machine" ] || kill "$machine" 2>/dev/null || :
	machine=
}

# stage SECONDS NAME TEXT COMMAND...
stage() { "$tests/lab/stage" "$1" "$log/$2.log" "${@:3}"; }

# log_of TEXT: the name of a log
log_of() { echo "host-test-${1//[^a-zA-Z0-9.]/-}"; }

remove() { stage 600 remove "Removing $1" rm -rf --one-file-system "${@:2}"; }

# scratch NAME...: what is to be made below $dir, and does not stay
scratch=()
scratch() {
	scratch+=("$@")
	rm -rf --one-file-system "$@"
}
clean_up() {
	end_machine
	[ ${#scratch[@]} -eq 0 ] || remove 'trees and disks' "${scratch[@]}"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# packages_of GROUP
packages_of() { awk -v group="$1" '$1 == group { print $2 }' "$tests/lab/packages"; }

# sources SUITE...: lines for apt, with the security updates if this machine's apt has those
sources() {
	local suite mirror security

	mirror=$("$here/../../host-patch/mirror")
	security=$("$here/../../host-patch/mirror" Debian-Security 2>/dev/null) || :
	for suite; do
		echo "deb $mirror $suite main"
		[[ -z $security || $suite = *-* ]] || echo "deb $security $suite-security main"
	done
}

# base NAME SUITE GROUP: a tree NAME of Debian with the packages of a group.  It stays for
# a week: the archive does not keep kernels for long.
base() {
	local tree=$dir/$1 stamp lines

	stamp="$2 $(date +%G-%V) $(packages_of "$3" | paste -sd ' ')"
	[ "$(cat "$tree.stamp" 2>/dev/null)" != "$stamp" ] || return 0
	rm -rf --one-file-system "$tree" "$tree.stamp"
	mapfile -t lines < <(sources "$2")
	stage 900 "$1" "A tree of Debian: $1" mmdebstrap --variant=minbase \
		--include="$(packages_of "$3" | paste -sd ,)" \
		--aptopt='Acquire::Languages "none"' \
		--essential-hook="$here/customize early \"\$1\"" \
		--customize-hook="$here/customize late \"\$1\"" "$2" "$tree" "${lines[@]}"
	echo "$stamp" >"$tree.stamp"
}

# copy NAME TREE: a new tree like the one NAME
copy() {
	scratch "$2"
	stage 300 copy "Copying $1" cp -a "$dir/$1" "$2"
	install -D -t "$2/opt/test" "$tests/e2e/tap.sh"
}

# repository TREE FILE.deb...: packages that apt in the tree can install
repository() {
	local packages=$1/srv/packages

	mkdir -p "$packages"
	cp "${@:2}" "$packages"
	(cd "$packages" && dpkg-scanpackages -m . 2>/dev/null >Packages)
	echo 'deb [trusted=yes] file:/srv/packages ./' >"$1/etc/apt/sources.list.d/packages.list"
}

# in_tree SECONDS NAME TEXT TREE COMMAND: a stage that is a shell's command in the tree.  apt
# finds there what it has downloaded before.
in_tree() {
	ARCHIVES=$dir/archives stage "$1" "$2" "$3" "$tests/in-tree" "$4" / \
		env DEBIAN_FRONTEND=noninteractive sh -euc "$5"
}

# step SECONDS TEXT TREE COMMAND: a check that a shell's command in the tree succeeds
step() {
	local status=0

	in_tree "$1" "$(log_of "$2")" "$2" "$3" "$4" || status=$?
	result $status "$2"
}

# said TEXT WORDS: did that step say this?
said() {
	local line

	line=$(grep -a -m 1 -e "$2" "$log/$(log_of "$1").log") || :
	expect "$1: says: $line" [ -n "$line" ]
}

# disk TREE FILE SIZE: a disk for a machine, of a tree's files
disk() {
	scratch "$2" "$1.disk"
	stage 300 disk "A disk of $(basename "$1")" "$here/make-disk" "$@"
}

# newest TREE: the release of its newest kernel, not of headers alone
newest() {
	local modules

	for modules in "$1"/lib/modules/*/kernel; do
		basename "$(dirname "$modules")"
	done | sort -V | tail -n 1
}

# kernel TREE RELEASE: where the tree has a kernel.  Newer packages have it beside the
# modules.
kernel() {
	local file=$1/boot/vmlinuz-$2

	[ -e "$file" ] || file=$1/usr/lib/modules/$2/vmlinuz
	echo "$file"
}

# boot NAME SECONDS TREE RELEASE DISK...: boot a machine and print the TAP that it prints
# to its second serial port, up to the line "# done".
boot() {
	local name=$1 limit=$2 tree=$3 release=$4 console=$log/$1.console out=$log/$1.out
	local emulator=$log/$1.emulator monitor=$dir/monitor drives=() disk start=$SECONDS last fd

	for disk in "${@:5}"; do
		drives+=(-drive "file=$disk,format=raw,if=virtio,cache=unsafe")
	done
	: >"$console"
	: >"$out"
	echo "Booting $name ..." >&2
	rm -f "$monitor"
	mkfifo "$monitor"
	exec {fd}<>"$monitor"
	# With two CPUs, QEMU's TCG now and then meets breakpoints that are there no more, and
	# that of QEMU 7.2 gets flags wrong after CMPXCHG16B, of which linux 6.12 crashes.
	timeout --kill-after=10 $((limit + 60)) "$here/../lab/one-cpu" "$log" \
		qemu-system-x86_64 -accel tcg -monitor stdio \
		-cpu EPYC-Rome,+svm,+npt,-cx16 -M q35 -smp 1 -m 3072 -nodefaults -display none -no-reboot \
		-serial "file:$console" -serial "file:$out" "${drives[@]}" \
		-kernel "$(kernel "$tree" "$release")" -initrd "$tree/boot/initrd.img-$release" \
		-append "console=ttyS0 root=/dev/vda rw mitigations=off panic=-1" \
		<"$monitor" >"$emulator" 2>&1 &
	machine=$!
	timeout "$limit" tail -n +1 -s 0.2 --pid="$machine" -f "$out" | sed -u 's/\r//; /^# done/Q'
	last=$(tr -d '\r' <"$out" | grep -c '^# done') || :
	# What its CPU waits for.  One that has come to its end powers off.
	[ "$last" -eq 1 ] || printf '%s\n' 'info registers' 'info lapic' quit >&"$fd"
	timeout 60 tail --pid="$machine" -f /dev/null || :
	end_machine
	exec {fd}>&-
	if [ "$last" -ne 1 ]; then
		echo "not ok - $name: did not come to its end ($((SECONDS - start)) of $limit s)"
		{
			# Not the echo of what is asked, nor floating-point registers
			grep -a -v -e "TCG doesn't support" -e $'\e' -e '^FPR' -e '^[XY]MM' "$emulator"
			tail -n 30 "$console"
		} | tr -cd '\11\12\40-\176' | sed 's/^/# /'
	elif grep -aq -e 'Kernel panic' -e 'Oops' -e 'BUG:' -e 'WARNING:' "$console"; then
		echo "not ok - $name: the kernel complains"
		grep -a -A 20 -e 'Kernel panic' -e 'Oops' -e 'BUG:' -e 'WARNING:' "$console" |
			tr -cd '\11\12\40-\176' | sed 's/^/# /'
	else
		echo "ok - $name: comes to its end, and the kernel has no complaint ($((SECONDS - start)) s)"
	fi
}
