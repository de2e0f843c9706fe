#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A full tunnel of one IP version: without LeakGuard the other version goes past
# it, with LeakGuard nowhere, and the LAN is reached still.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up

# conf BACKEND 4|6 ALLOWED-IPS LEAKGUARD
conf() {
	client_conf_with "$2" "$3" "#wgmark Backend = $1" "#wgmark LeakGuard = $4" >"$tmp/wg0.conf"
	chmod 600 "$tmp/wg0.conf"
}

up() {
	on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
}

sysctl_set "$client" 1 'ipv4/conf/*/rp_filter'
snapshot_state "$client" >"$tmp/before"
for backend in kmod nft; do
	for outer in 4 6; do
		what="$backend, outer IPv$outer"
		conf $backend $outer 0.0.0.0/0 no
		check "$what, only IPv4, no LeakGuard: up" up
		check "$what: IPv6 goes past the tunnel" ping_through "$client" 2001:db8:113::1
		check "$what: down" client_down
		conf $backend $outer 0.0.0.0/0 yes
		check "$what, only IPv4, LeakGuard: up" up
		check "$what: IPv4 goes through the tunnel" ping_through "$client" 198.51.100.1
		check_fails "$what: IPv6 does not leak" ping_through "$client" 2001:db8:113::1 1
		check "$what: the LAN is reached by IPv6" ping_through "$client" fd44::3
		check "$what: down" client_down
		before "$what, only IPv4"

		conf $backend $outer ::/0 yes
		check "$what, only IPv6, LeakGuard: up" up
		check "$what: IPv6 goes through the tunnel" ping_through "$client" 2001:db8:100::1
		check_fails "$what: IPv4 does not leak" ping_through "$client" 203.0.113.1 1
		check "$what: the LAN is reached by IPv4" ping_through "$client" 192.168.44.3
		ip -n "$client" link del wg0
		check "$what: down, the device is gone" client_down
		before "$what, only IPv6"
	done
done

done_testing
