# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The tool, in an inner VM of two vCPUs, see tool-guest.
# shellcheck disable=SC2034 # vm_args for vm_start
. /lab/stress.sh

# tool COMMAND: in an inner VM, with memory for many at once
tool() {
	vm_args='-m 512M'
	vm_start tool 2 "$(script "
		$1 >/tmp/results 2>/tmp/errors
		cat /tmp/results
		sed 's/^/# /' /tmp/errors")" /dev/ttyS1
	ends tool 'the VM comes to its end'
}

stress_begin tool true
tool "./tool-guest $STRESS_SECONDS"
stress_end tool
