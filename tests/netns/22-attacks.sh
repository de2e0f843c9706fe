#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Packets from the LAN to the tunnel's address, as an attacker would write them, without
# the guard and with that of each backend. Of each packet it is known whether it passes
# preraw, is let in, and is answered to the LAN. The reverse-path filter is off: it would
# stop many of them by itself.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

need_module
topo_up
sysctl_set "$client" 0 'ipv4/conf/*/rp_filter' ipv4/icmp_ratemask ipv6/icmp/ratelimit
client_mac=$(mac "$client" lan)

# attack NAME OPEN GUARDED LINE...: what is expected of it without the guard and with,
# as "PASSED DELIVERED ANSWERED"
attack() {
	_what="$mode: $1" _expected=$2
	[ "$mode" = open ] || _expected=$3
	shift 3
	printf '%s\n' "$@" | on "$neighbour" send-packets lan "$client_mac" >/dev/null
	# that one comes after them, and so does its answer
	ping_through "$neighbour" 192.168.44.2 >/dev/null
	_got="$(counted "$client") $(counted "$neighbour")"
	is "$_got" "$_expected" "$_what"
	case $_got in
	"0 0 0") _got="dropped" ;;
	"1 0 0") _got="dropped after preraw" ;;
	"1 1 0") _got="let in" ;;
	"1 1 1") _got="let in, answered" ;;
	"2 2 0") _got="let in, and its answer" ;;
	esac
	verdict "${_what#*: }" "$_got"
}

me4=192.168.44.3 you4=10.2.0.2 me6=fd44::3 you6=fd02::2
data=000102030405060708090a0b0c0d0e0f

attacks() {
	attack "ping" "1 1 1" "0 0 0" "$(ip4 $me4 $you4 "$(echo_request)")"
	attack "ping, IPv6" "1 1 1" "0 0 0" "$(ip6 $me6 $you6 "$(echo_request6)")"
	attack "TCP to a closed port" "1 1 1" "0 0 0" "$(ip4 $me4 $you4 "$(tcp 5000 5001 1 0 02)")"
	attack "TCP to a closed port, IPv6" "1 1 1" "0 0 0" "$(ip6 $me6 $you6 "$(tcp 5000 5001 1 0 02)")"

	# as if it came from inside the tunnel; the answer goes there
	for from in 10.2.0.1 198.51.100.1; do
		attack "from $from" "1 1 0" "0 0 0" "$(ip4 $from $you4 "$(udp 7 5000)")"
	done
	for from in fd02::1 2001:db8:100::1; do
		attack "from $from" "1 1 0" "0 0 0" "$(ip6 $from $you6 "$(udp 7 5000)")"
	done
	# A local source is let by, as wg-quick does, since the host talks to itself. From
	# outside the kernel takes none in IPv4, and does in IPv6, where nobody else gets an
	# answer.
	for from in 192.168.44.2 10.2.0.2 127.0.0.1; do
		attack "from $from, which is local" "1 0 0" "1 0 0" "$(ip4 $from $you4 "$(echo_request)")"
	done
	attack "from fd44::2, which is local" "1 1 0" "1 1 0" "$(ip6 fd44::2 $you6 "$(echo_request6)")"
	# and so does the answer to itself
	attack "from fd02::2, which is local" "2 2 0" "2 2 0" "$(ip6 fd02::2 $you6 "$(echo_request6)")"
	attack "from ::1" "0 0 0" "0 0 0" "$(ip6 ::1 $you6 "$(echo_request6)")"
	# martians, and no local address
	for from in 0.0.0.0 224.0.0.1 255.255.255.255; do
		attack "from $from" "1 0 0" "0 0 0" "$(ip4 $from $you4 "$(udp 7 5000)")"
	done
	attack "from ::" "1 1 0" "0 0 0" "$(ip6 :: $you6 "$(udp 7 5000)")"
	attack "from ff02::1" "0 0 0" "0 0 0" "$(ip6 ff02::1 $you6 "$(udp 7 5000)")"

	attack "behind options and a routing header, IPv6" "1 1 1" "0 0 0" \
		"$(ip6 $me6 $you6 "$(hop "$(dst "$(routed "$(dst "$(echo_request6)")")")")")"
	# the kernel answers that it does not know this
	attack "behind an authentication header, IPv6" "1 1 1" "0 0 0" \
		"$(ip6 $me6 $you6 "$(hop "$(authenticated "$(udp 5000 7)")")")"
}

# Some overlap, come twice or in another order
fragments() {
	udp4=$(ip4 $me4 $you4 "$(udp 5000 7 $data)") udp6=$(ip6 $me6 $you6 "$(udp 5000 7 $data)")
	chain=$(ip6 $me6 $you6 "$(hop "$(dst "$(udp 5000 7 $data)")")")
	for how in "0-8 8-" "8- 0-8" "0-8 0-8 8-"; do
		attack "in fragments $how" "1 1 1" "0 0 0" "$udp4 $how"
		attack "in fragments $how, IPv6" "1 1 1" "0 0 0" "$udp6 $how"
	done
	for how in "0-16 8-" "8- 0-16"; do
		attack "in fragments $how, which overlap" "0 0 0" "0 0 0" "$udp4 $how"
		attack "in fragments $how, which overlap, IPv6" "0 0 0" "0 0 0" "$udp6 $how"
	done
	attack "TCP in fragments of 8 bytes" "1 1 1" "0 0 0" \
		"$(ip4 $me4 $you4 "$(tcp 5000 5001 1 0 02)") 0-8 8-16 16-"
	attack "a fragment that is all of it, IPv6" "1 1 1" "0 0 0" "$udp6 0-"
	attack "behind options in fragments, IPv6" "1 1 1" "0 0 0" "$chain 0-16 16-"
}

watch_guarded
ping_through "$neighbour" 192.168.44.2 >/dev/null
for mode in $guards; do
	guarded_up
	attacks
	fragments
	client_down
done

proof "packets from the LAN to the tunnel's address"
done_testing
