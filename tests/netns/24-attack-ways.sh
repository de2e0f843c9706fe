#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Other ways to the tunnel's address than the LAN's device: over lo, through a second
# tunnel, inside a VRF, through a bridge of the client's with br_netfilter. Each works
# without the guard, and none with that of either backend.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

need_module
topo_up
sysctl_set "$client" 0 'ipv4/conf/*/rp_filter'

# reached NAME COMMAND...: there is an answer, or with a guard there is none
reached() {
	_how=$1 _expected="no answer" _got=answered
	[ "$mode" != open ] || _expected=answered
	shift
	"$@" >"$tmp/output" 2>&1 || _got="no answer"
	is "$_got" "$_expected" "$mode: $_how: $_expected"
	verdict "$_how" "$_got"
}

# --- lo ----------------------------------------------------------------------

# over_lo SOURCE4 SOURCE6: two pings come out of lo; prints how many passed preraw, and
# how many were let in
over_lo() {
	on "$client" send-packets lo 0:0:0:0:0:0 >/dev/null <<-EOF
		$(ip4 "$1" 10.2.0.2 "$(echo_request)")
		$(ip6 "$2" fd02::2 "$(echo_request6)")
	EOF
	ping_through "$client" 192.168.44.2 >/dev/null
	counted "$client"
}

watch_guarded
for mode in $guards; do
	guarded_up "FwMark = 0xca6c"
	got=$(over_lo 198.51.100.9 2001:db8:100::9)
	case $mode in
	open) is "$got" "2 2" "$mode: over lo, from elsewhere: let in" ;;
	*) is "$got" "0 0" "$mode: over lo, from elsewhere: dropped" ;;
	esac
	verdict "over lo, IPv4 and IPv6, from elsewhere" "${got% *} past preraw, ${got#* } let in"
	# of what is not its own doing, in IPv4, the kernel says no later
	got=$(over_lo 192.168.44.2 fd44::2)
	is "$got" "2 1" "$mode: over lo, from the host's address: not dropped"
	verdict "over lo, IPv4 and IPv6, from the host's address" "${got% *} past preraw, ${got#* } let in"
	client_down
done
on "$neighbour" nft delete table inet watch

# --- a second tunnel ---------------------------------------------------------

(umask 077 && wg genkey >"$tmp/second.key")
on "$server" ip link add wg1 type wireguard
on "$server" wg set wg1 private-key "$tmp/server.key" listen-port 51821 \
	peer "$(wg pubkey <"$tmp/second.key")" allowed-ips 10.3.0.2/32,10.2.0.2/32,fd03::2/128,fd02::2/128
ip -n "$server" -batch - <<-EOF
	address add 10.3.0.1/24 dev wg1
	address add fd03::1/64 dev wg1
	link set wg1 up
EOF
for mode in $guards; do
	guarded_up "FwMark = 0xca6c"
	ip -n "$client" link add wg1 type wireguard
	on "$client" wg set wg1 private-key "$tmp/second.key" fwmark 0xca6c peer "$(cat "$tmp/server.pub")" \
		endpoint 203.0.113.1:51821 allowed-ips 10.3.0.0/24,fd03::/64
	ip -n "$client" -batch - <<-EOF
		address add 10.3.0.2/24 dev wg1
		address add fd03::2/64 dev wg1
		link set wg1 up
	EOF
	check "$mode: the second tunnel carries IPv4" ping_through "$client" 10.3.0.1
	check "$mode: the second tunnel carries IPv6" ping_through "$client" fd03::1
	ip -n "$server" route add 10.2.0.2/32 dev wg1
	ip -n "$server" route add fd02::2/128 dev wg1
	reached "through the second tunnel" on "$server" ping -n -q -c 1 -W 3 -I 10.3.0.1 10.2.0.2
	reached "through the second tunnel, IPv6" on "$server" ping -n -q -c 1 -W 3 -I fd03::1 fd02::2
	ip -n "$server" route del 10.2.0.2/32 dev wg1
	ip -n "$server" route del fd02::2/128 dev wg1
	ip -n "$client" link del wg1
	client_down
done

# --- a VRF -------------------------------------------------------------------

# knows_vrf FAMILY ADDRESS: does nft's fib find an address of a VRF, which the backend nft
# asks for
knows_vrf() {
	on "$client" nft -f - <<-EOF
		table $1 vrf {
			counter local { }
			chain prerouting {
				type filter hook prerouting priority raw - 1
				$1 daddr $2 fib daddr type local counter name local
			}
		}
	EOF
	ping_through "$neighbour" "$2" 3 >/dev/null || :
	_counted=$(on "$client" nft list counter "$1" vrf local)
	on "$client" nft delete table "$1" vrf
	! echo "$_counted" | grep -q 'packets 0 '
}

# inside_vrf FAMILY ADDRESS
inside_vrf() {
	if [ $mode = nft ] && ! knows_vrf "$1" "$2"; then
		skip "$mode: inside the VRF, $1" "nft's fib of this kernel does not know VRFs"
	else
		reached "inside the VRF, $1" ping_through "$neighbour" "$2" 3
	fi
}

for mode in $guards; do
	guarded_up "FwMark = 0xca6c"
	vrf_up
	sysctl_set "$client" 0 'ipv4/conf/*/rp_filter'
	inside_vrf ip 10.2.0.2
	inside_vrf ip6 fd02::2
	ip -n "$client" link del veth-red
	ip -n "$client" link del red
	client_down
done

# --- a bridge ----------------------------------------------------------------

# The client's LAN address moves to a bridge, behind which there is one who has the
# tunnel's address himself, as customers of one provider may.
modprobe br_netfilter
new_ns behind
ip -n "$behind" link set lo up
sysctl_set "$behind" 0 'ipv6/conf/*/accept_dad' 'ipv4/conf/*/rp_filter'
ip -n "$client" -batch - <<-EOF
	link add br0 type bridge mcast_snooping 0
	link add behind type veth peer name lan netns $behind
	address flush dev lan scope global
	link set lan master br0
	link set behind master br0
	link set behind up
	link set br0 up
	address add 192.168.44.2/24 dev br0
	address add fd44::2/64 dev br0 nodad
	route add default via 192.168.44.1
	route replace ::/0 via fd44::1
EOF
ip -n "$behind" -batch - <<-EOF
	link set lan up
	address add 192.168.44.5/24 dev lan
	address add fd44::5/64 dev lan nodad
	address add 10.2.0.2/32 dev lo
	address add fd02::2/128 dev lo
EOF
sysctl_set "$client" 0 'ipv4/conf/*/rp_filter'
sysctl_set "$client" 1 bridge/bridge-nf-call-iptables bridge/bridge-nf-call-ip6tables

# by_way_of HOST: the neighbour sends to the tunnel's address by way of it
by_way_of() {
	ip -n "$neighbour" route replace 10.2.0.2 via "192.168.44.$1"
	ip -n "$neighbour" route replace fd02::2 via "fd44::$1"
}

ip -n "$neighbour" neigh flush dev lan
for mode in $guards; do
	guarded_up "FwMark = 0xca6c"
	check "$mode: the neighbour reaches the client over the bridge" ping_through "$neighbour" 192.168.44.2
	check "$mode: and who is behind it" ping_through "$neighbour" 192.168.44.5
	by_way_of 2
	reached "over the bridge" ping_through "$neighbour" 10.2.0.2 3
	reached "over the bridge, IPv6" ping_through "$neighbour" fd02::2 3
	# what the client only passes on, br_netfilter shows to the guard as well
	by_way_of 5
	reached "across the bridge" ping_through "$neighbour" 10.2.0.2 3
	reached "across the bridge, IPv6" ping_through "$neighbour" fd02::2 3
	client_down
done

proof "over lo, a second tunnel, a VRF and a bridge to the tunnel's address"
done_testing
