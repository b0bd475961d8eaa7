# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Lines of TAP, without numbers, for the KVM host and the inner VMs.

# result STATUS TEXT: a check that passes if STATUS is 0.
result() {
	[ "$1" -eq 0 ] || printf 'not '
	echo "ok - $2"
}

# expect TEXT COMMAND...: a check that passes if COMMAND does.
expect() {
	expect_text=$1
	shift
	expect_status=0
	"$@" || expect_status=$?
	result $expect_status "$expect_text"
}
