#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A packet that a program has in a queue between two of the module's hooks, while a tunnel
# changes: it gets its mark as one before or after.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
modprobe nfnetlink_queue 2>/dev/null || :
mark=0xca6c
get=1 new=2 set=3

# Between preraw and premangle
on "$client" nft -f - 2>/dev/null <<-EOF || skip_all "needs a kernel with queues for nft"
	table ip probe {
		counter marked { }
		counter unmarked { }
		chain between {
			type filter hook prerouting priority -250
			udp sport 9999 udp dport 51821 queue num 7
		}
		chain after {
			type filter hook prerouting priority -100
			udp sport 9999 udp dport 51821 meta mark $mark counter name marked
			udp sport 9999 udp dport 51821 meta mark != $mark counter name unmarked
		}
	}
EOF

counted() {
	on "$client" nft list counter ip probe "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# meanwhile NAME COMMAND...: it runs while a datagram for the tunnel is held
meanwhile() {
	_during=$1
	shift
	hold_packet "$client"
	echo hello | on "$server" socat -u - UDP4-SENDTO:192.168.44.2:51821,sourceport=9999
	check "a packet waits" is_held
	check "$_during" on "$client" "$@"
	check "and it goes on" let_go
}

check "up" client_up kmod 4 "ListenPort = 51821" "#wgmark Restore = learn"
check "the tunnel works" ping_through "$client" 198.51.100.1
wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
# Another one that learns keeps premangle where it is: a hook that goes takes with it what is
# in a queue
ip -n "$client" link add wg1 type dummy
wg1=$(on "$client" cat /sys/class/net/wg1/ifindex)
on "$client" wgmark-nl $new "1:u32:$wg1" 3:u32:7 5:u32:2 >/dev/null

meanwhile "nothing changes" wgmark-nl $get "1:u32:$wg0"
meanwhile "the tunnel gets notrack" wgmark-nl $set "1:u32:$wg0" 14:u8:1
is "$(counted marked) $(counted unmarked)" "2 0" "both got the mark"
meanwhile "notrack goes" wgmark-nl $set "1:u32:$wg0" 14:u8:0
is "$(counted marked) $(counted unmarked)" "3 0" "and that got it"
check "down" client_down

done_testing
