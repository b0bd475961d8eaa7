# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For check-*: lines of TAP, with the output of what they check in $log.

# check TEXT COMMAND...: a check that passes if COMMAND does.
# shellcheck disable=SC2154 # log is the one's who sources this
check() {
	text=$1
	shift
	if "$@" >>"$log" 2>&1; then
		echo "ok - $text"
	else
		echo "not ok - $text"
		tail -n 20 "$log" | sed 's/^/# /'
	fi
}

# quiet COMMAND...: has it nothing to say?
quiet() {
	output=$("$@" 2>&1)
	[ -z "$output" ] || { echo "$output"; return 1; }
}
