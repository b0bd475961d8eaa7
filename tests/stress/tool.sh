# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The tool, in an inner VM of two vCPUs, see tool-guest.
. /lab/lib.sh

load_kvm patched
forget_messages
vm_start tool 2 "$(script "
	./tool-guest ${STRESS_SECONDS:-40} >/tmp/results 2>/tmp/errors
	cat /tmp/results
	sed 's/^/# /' /tmp/errors")" /dev/ttyS1
ends tool 'the VM comes to its end'
expect 'the host has said nothing meanwhile' sh -c '! dmesg | grep .'
scenario_end
