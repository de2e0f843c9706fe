#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A tunnel in a VRF, whose packets the kernel takes through PRE_ROUTING twice,
# the second time as the VRF's, is guarded, and reached from inside. Which addresses are this
# machine's is asked of the VRF's table. And one whose encrypted packets go through a VRF.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

need_module
topo_up
client_wg 4 0.0.0.0/0,::/0
vrf_up
ip -n "$client" route replace default dev wg0 table 9
ip -n "$client" route replace ::/0 dev wg0 table 9
sysctl_set "$client" 0 'ipv4/conf/*/rp_filter'
on "$client" ping -n -q -c 1 -W 3 -I red 198.51.100.1 >/dev/null || :
check "without the module the neighbour reaches 10.2.0.2" ping_through "$neighbour" 10.2.0.2
check "without the module the neighbour reaches fd02::2" ping_through "$neighbour" fd02::2

index=$(on "$client" cat /sys/class/net/wg0/ifindex)
watch_guarded
vrf_mac=$(mac "$client" veth-red)
# passes PACKET: does it get past preraw?
passes() {
	echo "$1" | on "$neighbour" send-packets red "$vrf_mac" >/dev/null
	ping_through "$neighbour" 192.168.55.2 >/dev/null
	_counted=$(counted "$client")
	[ "${_counted% *}" -gt 0 ]
}

# guarded HOW: by the module, whichever of its functions does it
guarded() {
	for a in 10.2.0.2 fd02::2; do
		check "$1: from inside the tunnel $a answers" ping_through "$server" $a
		check_fails "$1: a neighbour in the VRF gets no answer from $a" ping_through "$neighbour" $a 1
		check "$1: the VRF itself reaches $a" on "$client" ping -n -q -c 1 -W 3 -I red $a
	done
	counted "$client" >/dev/null
	check "$1: a source that is the VRF's own passes, as wg-quick has it" \
		passes "$(ip4 192.168.55.2 10.2.0.2 "$(udp 7 5000)")"
	check "$1: the same, IPv6" passes "$(ip6 fd55::2 fd02::2 "$(udp 7 5000)")"
	check_fails "$1: a source that is this machine's, but not the VRF's, does not" \
		passes "$(ip4 192.168.44.2 10.2.0.2 "$(udp 7 5000)")"
	# IPv6 goes by the rules, of which table local's is the first, before the VRF's, until it
	# is moved as the kernel's vrf.rst has it
	check "$1: IPv6's does, for which the VRF is not asked" \
		passes "$(ip6 fd44::2 fd02::2 "$(udp 7 5000)")"
	ip -n "$client" -6 -batch - <<-EOF
		rule add pref 32765 lookup local
		rule del pref 0
	EOF
	check_fails "$1: until it is" passes "$(ip6 fd44::2 fd02::2 "$(udp 7 5000)")"
	check "$1: which the VRF's own still does" passes "$(ip6 fd55::2 fd02::2 "$(udp 7 5000)")"
	ip -n "$client" -6 -batch - <<-EOF
		rule add pref 0 lookup local
		rule del pref 32765
	EOF
}

on "$client" wgmark-nl 2 "1:u32:$index" 3:u32:0xca6c >/dev/null
guarded conntrack
on "$client" wgmark-nl 3 "1:u32:$index" 5:u32:2 14:u8:1 >/dev/null
guarded notrack

# The other way round: its own packets go through a VRF
ip -n "$client" link del wg0
ip -n "$client" -batch - <<-EOF
	link add blue type vrf table 10
	link set blue up
	link set lan master blue
	address replace fd44::2/64 dev lan nodad
	route add default via 192.168.44.1 table 10
	route add ::/0 via fd44::1 table 10
	rule add fwmark 0xca6c lookup 10 pref 100
EOF
ip -n "$client" -6 rule add fwmark 0xca6c lookup 10 pref 100
sysctl_set "$client" 1 ipv4/udp_l3mdev_accept
for outer in 4 6; do
	client_wg $outer 0.0.0.0/0
	on "$client" wg set wg0 fwmark 0xca6c
	ip -n "$client" route replace default dev wg0
	index=$(on "$client" cat /sys/class/net/wg0/ifindex)
	on "$client" wgmark-nl 2 "1:u32:$index" 3:u32:0xca6c >/dev/null
	check "by IPv$outer through a VRF the tunnel works" ping_through "$client" 198.51.100.1
	check "and its replies get the mark" test "$(shown restored)" -gt 0
	on "$client" wgmark-nl 3 "1:u32:$index" 5:u32:2 >/dev/null
	ping_through "$client" 198.51.100.1 >/dev/null || :
	is "$(on "$client" wgmark-nl 1 "1:u32:$index" | grep -o ' 15=.*')" "" \
		"with learn nothing is learned, as the manual says"
	ip -n "$client" link del wg0
done

done_testing
