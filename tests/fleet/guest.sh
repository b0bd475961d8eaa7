# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# An inner VM of tests/fleet: does what it is told, forever.
for module in virtio_ring virtio virtio_mmio failover net_failover virtio_net; do
	[ ! -e /lab/$module.ko ] || insmod /lab/$module.ko
done
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
cpuid-query-exporter --listen=10.0.2.15:10245 &
nc -ll -p 7 -e ./obey &
sleep 1
echo 'lab: obeys' >/dev/console
wait
