#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# forward.sh - what a packet costs on its whole way through a router, in instructions,
# where the clock counts them (tests/vm/run.sh -i)
#
#	client --- lan  bench  wan --- server
#	                  wg0 ========= wg0
#
# bench, the router, has a full tunnel to server with wg-quick's own routing. Datagrams
# go
#	forward      from client to server, past the tunnel
#	tunnel-out   from client into the tunnel: WireGuard encrypts, and decrypts at server
#	tunnel-in    the same way back
#
# Prints lines "forwarded CONTENDER TUNNELS WAY MEDIAN LEAST ARRIVED SENT": instructions of one
# packet, from the program that sends to the one that receives, both included, in the middle
# one of the rounds and in the least one. "none" has no rules, "conntrack" has conntrack on and
# no rules. Ends with 1 if a packet is lost.

set -e
cd "$(dirname "$0")/../.."
. tests/bench/contenders.sh

# One at a time: where there are several, the order in which WireGuard's threads take turns is
# chance, and more of a difference than the rules
packets=1
rounds=999
# what fits into a tunnel of MTU 1420
bytes=1392

modprobe nf_conntrack
insmod wgmark.ko
insmod wgbench.ko
server_key=$(wg genkey)
bench_key=$(wg genkey)

setup() {
	ip netns add client
	ip netns add server
	begin veth peer name eth0 netns client
	ip -n client -batch - <<-EOF2
		link set eth0 up
		address add 192.168.44.3/24 dev eth0
		route add default via 192.168.44.2
	EOF2
	ip -n server -batch - <<-EOF2
		link set lo up
		link add eth0 type veth peer name wan netns bench
		link add wg0 type wireguard
		address add 203.0.113.1/24 dev eth0
		address add 198.51.100.1/32 dev lo
		link set eth0 up
	EOF2
	ip -n bench -batch - <<-EOF2
		address add 203.0.113.2/24 dev wan
		link set wan up
		route del default
		route add default dev wg0 table 51820
		rule add not fwmark 51820 table 51820
		rule add table main suppress_prefixlength 0
	EOF2
	on sysctl -qw net.ipv4.ip_forward=1
	echo "$server_key" | ip netns exec server wg set wg0 listen-port 51820 private-key /dev/fd/0 \
		peer "$(echo "$bench_key" | wg pubkey)" allowed-ips 10.2.0.2/32,192.168.44.0/24
	ip -n server link set wg0 up
	ip -n server route add 192.168.44.0/24 dev wg0 src 198.51.100.1
	echo "$bench_key" | on wg set wg0 fwmark 51820 private-key /dev/fd/0 \
		peer "$(echo "$server_key" | wg pubkey)" allowed-ips 0.0.0.0/0 \
		endpoint 203.0.113.1:51820
}

# way CONTENDER TUNNELS NAME FROM TO ADDRESS
way() {
	_figures=$(build/tools/udp-burst "$4" "$5" "$6" 9 $bytes $packets $rounds)
	echo "forwarded $1 $2 $3 $_figures $((packets * rounds))"
}

# contender NAME TUNNELS: all have the same devices
contender() {
	setup
	devices plain 1 "$2"
	case $1 in
	none) ;;
	conntrack) on sh -c 'echo 4 >/proc/wgbench/floor' ;;
	wgmark) configure plain 1 "$2" ;;
	wgmark-notrack) configure_notrack 1 "$2" ;;
	*) load "$1" "$2" ;;
	esac
	way "$1" "$2" forward client server 203.0.113.1
	way "$1" "$2" tunnel-out client server 198.51.100.1
	way "$1" "$2" tunnel-in server client 192.168.44.3
	[ "$1" != conntrack ] || on sh -c 'echo 5 >/proc/wgbench/floor'
	ip netns del client
	ip netns del server
	end
}

for tunnels in 1 100; do
	for name in none conntrack wgmark-notrack wgmark nft; do
		contender $name $tunnels
	done
done
