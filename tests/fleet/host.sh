# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The KVM host of tests/fleet/fleet.sh: does what that says, until it says "touch /run/end".
. /lab/vm.sh

network_up 10.0.2.15 /modules/net || exit
nc -ll -p 7 -e /lab/obey &
until [ -e /run/end ]; do
	sleep 1
done
