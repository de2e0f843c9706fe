#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CVE-2019-14899: nobody on the LAN reaches the tunnel's address from outside.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$neighbour" route add fd02::2 via fd44::2

# Services on the tunnel's addresses, whether these are there or not, that say
# what they hear
servers=
for listen in UDP4-RECVFROM:7,bind=10.2.0.2 "UDP6-RECVFROM:7,bind=[fd02::2]" \
	TCP4-LISTEN:7,bind=10.2.0.2 "TCP6-LISTEN:7,bind=[fd02::2]"; do
	on "$client" socat "$listen,ip-freebind,fork" PIPE &
	servers="$servers $!"
done

cleanup() {
	# shellcheck disable=SC2086
	kill $servers
	wait
} 2>/dev/null

# echo_from SECONDS NS PROTOCOL ADDRESS: a word comes back
echo_from() {
	[ "$(echo word | on "$2" socat -t "$1" -T "$1" - "$3:$4:7,connect-timeout=$1" 2>/dev/null)" = word ]
}

# patiently NS PROTOCOL ADDRESS: the same, on a slow machine too
patiently() {
	echo_from 2 "$@" || echo_from 20 "$@"
}

# flows ADDRESS: conntrack entries of the client with that original destination
flows() {
	on "$client" conntrack -L -f "$1" 2>/dev/null | grep -c "dst=$2 " || :
}

# probes CHECK NAME ECHO...: ECHO is how long one is waited for
probes() {
	_how=$1 _probe=$2
	shift 2
	$_how "$_probe: ping" ping_through "$neighbour" 10.2.0.2 2
	$_how "$_probe: UDP" "$@" "$neighbour" UDP4 10.2.0.2
	$_how "$_probe: TCP" "$@" "$neighbour" TCP4 10.2.0.2
	$_how "$_probe: ping, IPv6" ping_through "$neighbour" fd02::2 2
	$_how "$_probe: UDP, IPv6" "$@" "$neighbour" UDP6 '[fd02::2]'
	$_how "$_probe: TCP, IPv6" "$@" "$neighbour" TCP6 '[fd02::2]'
}

for backend in kmod nft; do
	client_up $backend 4
	# the server learns where the client is
	ping_through "$client" 198.51.100.1 >/dev/null
	on "$client" conntrack -F 2>/dev/null
	probes check_fails "$backend: a neighbour gets no answer" echo_from 2
	is "$(flows ipv4 10.2.0.2) $(flows ipv6 fd02::2)" "0 0" "$backend: no conntrack entry was made"
	check "$backend: each of them is counted" test "$(shown spoofed)" -ge 6

	# the client's conntrack forgets the server in 30 s, and what comes from there then has no mark
	ping_through "$client" 198.51.100.1 >/dev/null
	for a in 10.2.0.2 fd02::2; do
		check "$backend: from inside the tunnel $a answers" ping_through "$server" $a
		check "$backend: from the host itself $a answers" ping_through "$client" $a
	done
	check "$backend: the host itself, UDP" patiently "$client" UDP4 10.2.0.2
	check "$backend: from inside the tunnel, TCP, IPv6" patiently "$server" TCP6 '[fd02::2]'
	check "$backend: the client's LAN address answers the neighbour" ping_through "$neighbour" 192.168.44.2
	client_down

	client_up $backend 4 "#wgmark Guard = no"
	probes check "$backend, without preraw: a neighbour gets an answer" patiently
	is "$(shown spoofed)" 0 "$backend, without preraw: nothing is counted"
	client_down
done

done_testing
