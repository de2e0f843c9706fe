#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# restore learn does not learn from a program's socket that a device sends by: the program's
# namespace would stay for as long as the source is known.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
modprobe -a l2tp_eth l2tp_netlink 2>/dev/null || skip_all "needs L2TP"
mark=0xca6c
get=1 new=2

on "$client" l2tp-socket l2tp0 $mark 192.168.44.2 203.0.113.1 51821 >"$tmp/l2tp" 2>&1 &
wait_for 5 grep -q ready "$tmp/l2tp" || diag "$(cat "$tmp/l2tp")"
l2tp0=$(on "$client" cat /sys/class/net/l2tp0/ifindex)
on "$client" wgmark-nl $new "1:u32:$l2tp0" 3:u32:$mark 5:u32:2 >/dev/null
ip -n "$client" -batch - <<-EOF
	address add 10.2.0.2/24 dev l2tp0
	link set l2tp0 up
EOF
on "$client" nft -f - <<-EOF
	table ip probe {
		counter sent { }
		chain out {
			type filter hook output priority raw + 1
			udp sport 51821 meta mark $mark counter name sent
		}
	}
EOF
has_sent() {
	on "$client" nft list counter ip probe sent | grep -q "packets [1-9]"
}
# asks for the neighbour's address
on "$client" ping -n -q -c 1 -W 1 10.2.0.1 >/dev/null || :
check "the device's packets leave by the program's socket, with the mark" wait_for 5 has_sent
is "$(on "$client" wgmark-nl $get "1:u32:$l2tp0" | grep -o ' 15=' || :)" "" "and teach nothing"

done_testing
