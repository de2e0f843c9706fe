#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A tunnel in a VRF, whose packets the kernel takes through PRE_ROUTING twice,
# the second time as the VRF's, is guarded, and reached from inside.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
client_wg 4 0.0.0.0/0,::/0
ip -n "$client" -batch - <<-EOF
	link add red type vrf table 9
	link set red up
	link set wg0 master red
	link add veth-red type veth peer name red netns $neighbour
	link set veth-red master red
	link set veth-red up
	address add 192.168.55.2/24 dev veth-red
	address replace fd55::2/64 dev veth-red nodad
	address replace fd02::2/128 dev wg0
	route replace default dev wg0 table 9
	route replace ::/0 dev wg0 table 9
EOF
ip -n "$neighbour" -batch - <<-EOF
	address add 192.168.55.3/24 dev red
	address add fd55::3/64 dev red nodad
	link set red up
	route add 10.2.0.2 via 192.168.55.2
	route add fd02::2 via fd55::2
EOF
sysctl_set "$client" 0 'ipv4/conf/*/rp_filter'
on "$client" ping -n -q -c 1 -W 3 -I red 198.51.100.1 >/dev/null || :
check "without the module the neighbour reaches 10.2.0.2" ping_through "$neighbour" 10.2.0.2
check "without the module the neighbour reaches fd02::2" ping_through "$neighbour" fd02::2

index=$(on "$client" cat /sys/class/net/wg0/ifindex)
on "$client" wgmark-nl 2 "1:u32:$index" 3:u32:0xca6c >/dev/null
for a in 10.2.0.2 fd02::2; do
	check "from inside the tunnel $a answers" ping_through "$server" $a
	check_fails "a neighbour in the VRF gets no answer from $a" ping_through "$neighbour" $a 1
done

done_testing
