#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A tunnel in a VRF, whose packets the kernel takes through PRE_ROUTING twice,
# the second time as the VRF's, is guarded, and reached from inside.

. "$(dirname "$0")/../lib.sh"

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
on "$client" wgmark-nl 2 "1:u32:$index" 3:u32:0xca6c >/dev/null
for a in 10.2.0.2 fd02::2; do
	check "from inside the tunnel $a answers" ping_through "$server" $a
	check_fails "a neighbour in the VRF gets no answer from $a" ping_through "$neighbour" $a 1
done

done_testing
