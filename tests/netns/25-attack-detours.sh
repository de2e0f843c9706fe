#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ICMP errors about the tunnel's connections, and source-routed packets: those to the
# tunnel's address are dropped. Those to another address of the client's are not, neither
# by this guard nor by wg-quick's, which look at the address that a packet is for; source
# routes are off in the kernel unless somebody turns them on.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

need_module
topo_up
sysctl_set "$client" 0 'ipv4/conf/*/rp_filter' ipv4/icmp_ratemask
client_mac=$(mac "$client" lan)
socket_pid=

cleanup() {
	kill $socket_pid
	wait
} 2>/dev/null

# A socket of UDP that waits for what comes from outside, through the tunnel
open_socket() {
	case $1 in
	4) _socket=UDP4-CONNECT:198.51.100.1:9,bind=10.2.0.2:5555 ;;
	6) _socket="UDP6-CONNECT:[2001:db8:100::1]:9,bind=[fd02::2]:5555" ;;
	esac
	# not by "on", so that $! is the program and not a shell around it
	ip netns exec "$client" socat -u "$_socket" - >/dev/null 2>&1 &
	socket_pid=$!
	wait_for 5 bound
}

bound() {
	on "$client" ss -Hun | grep -q ':5555'
}

close_socket() {
	kill $socket_pid 2>/dev/null || :
	wait $socket_pid 2>/dev/null || :
}

broken() {
	! [ -d /proc/$socket_pid ]
}

send() {
	printf '%s\n' "$@" | on "$neighbour" send-packets lan "$client_mac" >/dev/null
	ping_through "$neighbour" 192.168.44.2 >/dev/null
}

# port_unreachable 4|6 TO: an error about the socket's packet, from the router or so
port_unreachable() {
	case $1 in
	4)
		about=$(ip4 10.2.0.2 198.51.100.1 "$(udp 5555 9)")
		# its length, which the other fields of an inner packet need not have
		about=4500.001c.${about#4500.0000.}
		ip4 192.168.44.1 "$2" "01:0303.0000.00000000.$about"
		;;
	6)
		about=$(ip6 fd02::2 2001:db8:100::1 "$(udp 5555 9)")
		about=6000.0000.0008.${about#6000.0000.0000.}
		ip6 fd44::1 "$2" "3a:0104.0000.00000000.$about"
		;;
	esac
}

# error 4|6 TO: is the socket of that kind broken by it
error() {
	open_socket "$1"
	send "$(port_unreachable "$1" "$2")"
	_result=0
	wait_for 1 broken || _result=1
	close_socket
	return $_result
}

# 10.2.0.2 by way of 192.168.44.2: a loose source route (RFC 791, 3.1); fd02::2 by way
# of fd44::2: a segment (RFC 8754)
source_route() {
	echo "4700.0000.0001.0000.4001.0000.[192.168.44.3][192.168.44.2]8307.04[10.2.0.2]00.0800.0000.00070001"
}

segment_route() {
	echo "6000.0000.0000.2b40.[fd44::3][fd44::2]3a04.0401.01000000.[fd02::2][fd44::2]8000.0000.00070001"
}

# by_route PACKET EXPECTED WHAT: how many answers the neighbour gets from the tunnel's address
by_route() {
	send "$1"
	got=$(counted "$neighbour")
	is "$got" "$2" "$mode: $3: $2 answers"
	verdict "$3" "answers: $got"
}

watch_guarded
ping_through "$neighbour" 192.168.44.2 >/dev/null
for mode in $guards; do
	guarded_up

	for f in "4 10.2.0.2 192.168.44.2" "6 fd02::2 fd44::2"; do
		# shellcheck disable=SC2086
		set -- $f
		got=broken expected="not broken"
		[ $mode != open ] || expected=broken
		error $1 $2 || got="not broken"
		is "$got" "$expected" "$mode: a connection of the tunnel's, after an ICMP error to $2: $expected"
		verdict "an ICMP error to $2 about a connection" "$got"
		got=broken
		error $1 $3 || got="not broken"
		is "$got" broken "$mode: and after one to $3: broken, as without a guard"
		verdict "an ICMP error to $3 about a connection" "$got"
	done
	counted "$neighbour" >/dev/null

	by_route "$(source_route)" 0 "a source route"
	by_route "$(segment_route)" 0 "a segment route"
	sysctl_set "$client" 1 'ipv4/conf/*/accept_source_route' ipv6/conf/all/seg6_enabled ipv6/conf/lan/seg6_enabled
	by_route "$(source_route)" 1 "a source route, which the kernel is told to follow"
	by_route "$(segment_route)" 1 "a segment route, which the kernel is told to follow"
	sysctl_set "$client" 0 'ipv4/conf/*/accept_source_route' ipv6/conf/all/seg6_enabled ipv6/conf/lan/seg6_enabled
	client_down
done

proof "ICMP errors and source routes to the tunnel's address"
done_testing
