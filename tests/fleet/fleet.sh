# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A KVM host in the lab that is told what to do from outside, for fleet-tests.
# $kernel is a KERNEL-DIR, $build the folder that all was built in.
# shellcheck disable=SC2154 # these two

# Ports of the KVM host, and those of 127.0.0.1 that are forwarded to them: what obeys, and the
# exporters of the host, of its node_exporter, and of inner VMs.
declare -A forwarded
fleet=
vms=0

# fleet_start LOG [PORT...]: boot the KVM host and wait until it obeys; PORTs are forwarded, too.
fleet_start() {
	local log=$1 port programs="nice $build/cpuid-query $build/cpuid-query-exporter"

	shift
	for port in 7 "$@"; do
		forwarded[$port]=$(free_port)
	done
	env ISA=svm SMP=1 MEMORY=2048 LIMIT=1800 SCENARIO=tests/fleet/host.sh \
		PROGRAMS="$programs $build/prometheus/usr/bin/prometheus-node-exporter" \
		NETWORK="$(for port in "${!forwarded[@]}"; do echo "${forwarded[$port]}:$port"; done)" \
		HOST_FILES="tests/fleet/obey tests/fleet/host-functions.sh tests/fleet/guest.sh
			tests/fleet/loop $build/exit-workload" \
		tests/lab/lab "$kernel" >"$log" 2>&1 </dev/null &
	fleet=$!
	# QEMU takes connections before there is anybody to obey.
	until [ "$(patience=3 host echo ready 2>/dev/null)" = ready ]; do
		kill -0 "$fleet" 2>/dev/null || { tail -n 20 "$log" >&2; return 1; }
		sleep 1
	done
}

fleet_end() {
	host touch /run/end || :
	wait "$fleet" || :
	fleet=
}

fleet_kill() {
	[ -z "$fleet" ] || { kill "$fleet"; wait "$fleet"; } 2>/dev/null
	fleet=
}

# host COMMANDS...: have the KVM host run them, with host-functions.sh; returns their status, or
# 3 if it has not answered for $patience seconds.
host() {
	local line status=3

	exec 3<>"/dev/tcp/127.0.0.1/${forwarded[7]}" || return 3
	printf '%s\nend\n' "$*" >&3
	while IFS= read -r -t "${patience:-120}" line <&3; do
		case $line in
		'status '[0-9]*) status=${line#status } ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	exec 3>&-
	return "$status"
}

# vm_start NAME [UNDER [QEMU-ARGS]]: start an inner VM, see host-functions.sh, and wait until it
# obeys.  Its exporter is the host's port 10301 for the first of them, 10302 for the next...
vm_start() {
	vms=$((vms + 1))
	patience=600 host "vm_under='${2:-}'
		start $1 $((7000 + vms)) $((10300 + vms)) '${3:-}' && vm_wait_mark $1 obeys" && return
	host "tail -n 20 /run/vm/$1/console; cat /run/vm/$1/log /run/$1.out" >&2
	return 1
}

# vm_loop NAME [COMMANDS]: have an inner VM run them again and again, in place of the last ones
vm_loop() { host "tell $1 './loop ${2:+\"$2\"}'" >/dev/null; }
