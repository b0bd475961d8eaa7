# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Prometheus on this machine, for the tests.  $build is the folder that all was built in.
# shellcheck disable=SC2154 # that

export PATH="$build/prometheus/usr/bin:$PATH"
rules=$(realpath guest-tool/metrics)

# free_port: one of 127.0.0.1 that nobody listens on
free_port() {
	local port

	while
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
	do :; done
	echo "$port"
}

# prometheus_start DIR: with DIR/data and DIR/prometheus.yml, which need not be there; sets
# $prometheus, where it listens
prometheus_start() {
	local tries

	[ -e "$1/prometheus.yml" ] || echo '{}' >"$1/prometheus.yml"
	prometheus=127.0.0.1:$(free_port)
	"$build/prometheus/usr/bin/prometheus" --config.file="$1/prometheus.yml" \
		--storage.tsdb.path="$1/data" --storage.tsdb.retention.time=60d \
		--web.listen-address="$prometheus" --web.console.templates="$rules/consoles" \
		--web.console.libraries="$rules/consoles" >>"$1/prometheus.log" 2>&1 &
	prometheus_pid=$!
	for ((tries = 0; tries < 100; tries++)); do
		[[ $(http_get "$prometheus" /-/ready 2>/dev/null) = *Ready* ]] && return
		sleep 0.2
	done
	tail "$1/prometheus.log" >&2
	return 1
}

prometheus_end() {
	kill "$prometheus_pid"
	wait "$prometheus_pid" || :
}

# http_get ADDRESS:PORT PATH: the answer's body
http_get() {
	exec 4<>"/dev/tcp/${1%:*}/${1#*:}" || return
	printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&4
	sed '1,/^\r$/d' <&4
	exec 4>&-
}
