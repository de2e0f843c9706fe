#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The network of topology.sh works by itself, without wgmark: what fails in the
# other tests is not the network's fault.

. "$(dirname "$0")/../lib.sh"

topo_up
for a in 192.168.44.1 192.168.44.3 203.0.113.1 fd44::1 fd44::3 2001:db8:113::1; do
	check "the client reaches $a" ping_through "$client" $a
done
check "the neighbour reaches the client" ping_through "$neighbour" 192.168.44.2
check "the neighbour reaches the client, IPv6" ping_through "$neighbour" fd44::2
check_fails "the internet is not reached without a tunnel" ping_through "$client" 198.51.100.1 2
check_fails "the same, IPv6" ping_through "$client" 2001:db8:100::1 2
is "$(on "$client" cat /proc/sys/net/ipv4/conf/lan/rp_filter)" 1 "the client's rp_filter is strict"

snapshot_state "$client" >"$tmp/before"
for family in 4 6; do
	client_wg $family 10.2.0.0/24,198.51.100.0/24,fd02::/64,2001:db8:100::/64
	ip -n "$client" route add 198.51.100.0/24 dev wg0
	ip -n "$client" route add 2001:db8:100::/64 dev wg0
	check "a split tunnel over IPv$family carries IPv4" ping_through "$client" 198.51.100.1
	check "a split tunnel over IPv$family carries IPv6" ping_through "$client" 2001:db8:100::1
	on "$client" wg show wg0 latest-handshakes >"$tmp/handshake"
	check_fails "there was a handshake" grep -q '[[:space:]]0$' "$tmp/handshake"
	ip -n "$client" link delete wg0
done
snapshot_state "$client" >"$tmp/after"
check "the snapshot shows nothing left behind" diff "$tmp/before" "$tmp/after"

on "$client" nft add table ip x
ip -n "$client" rule add fwmark 7 table 7
sysctl_set "$client" 1 ipv4/conf/all/src_valid_mark
snapshot_state "$client" >"$tmp/changed"
is "$(diff -U 0 "$tmp/after" "$tmp/changed" | grep -c '^[-+][^-+]')" 5 "the snapshot shows what was left behind"

done_testing
