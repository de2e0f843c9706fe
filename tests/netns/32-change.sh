#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A tunnel changed in place leaves no gap: of the packets that fly meanwhile
# each one is restored, and each spoofed one is dropped. Only the hooks that a
# tunnel needs are there.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
# bare_wg0: a device without a peer
bare_wg0() {
	ip -n "$client" -batch - <<-EOF
		link add wg0 type wireguard
		address add 10.2.0.2/32 dev wg0
		link set wg0 up
	EOF
	wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
}
bare_wg0
new=2 set=3 del=4
nl() {
	on "$client" wgmark-nl "$@" >/dev/null
}
nl $new "1:u32:$wg0" 3:u32:0xca6c

# Everything from the neighbour has a conntrack entry with the tunnel's mark.
on "$client" nft -f - <<-EOF
	table ip change {
		counter restored { }
		counter missed { }
		counter dropped { }
		counter passed { }
		chain preraw {
			type filter hook prerouting priority raw - 1
			ip daddr 10.2.0.2 counter name dropped
		}
		chain raw {
			type filter hook prerouting priority raw + 1
			ip daddr 10.2.0.2 counter name passed
		}
		chain before {
			type filter hook prerouting priority mangle - 1
			udp dport 7001 ct mark set 0xca6c
		}
		chain after {
			type filter hook prerouting priority mangle + 1
			udp dport 7001 meta mark 0xca6c counter name restored
			udp dport 7001 meta mark != 0xca6c counter name missed
		}
	}
EOF
packets() {
	on "$client" nft list counter ip change "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

for to in 192.168.44.2 10.2.0.2; do
	on "$neighbour" socat -u -b 8 /dev/zero "UDP4-SENDTO:$to:7001" 2>/dev/null &
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
	nl $set "1:u32:$wg0" 4:u32:0xffff
	nl $set "1:u32:$wg0" 4:u32:0xffffffff 7:u8:1
	nl $set "1:u32:$wg0" 7:u8:0 8:u32:1
	nl $set "1:u32:$wg0" 4:u32:0xfffff 8:u32:3
done
for ns in $neighbour; do
	# shellcheck disable=SC2046
	kill $(ip netns pids "$ns")
done
wait
check "packets flew in number" test "$(packets restored)" -gt 1000
is "$(packets missed)" 0 "each of them was restored"
check "spoofed packets flew in number" test "$(packets dropped)" -gt 1000
is "$(packets passed)" 0 "each of them was dropped"
on "$client" nft delete table ip change

# The same where preraw or premangle gives the mark, whichever notrack says: a packet that was
# past the one meets the other. It is a long way from one to the other here, as far as lockdep, which
# looks at each step of it, lets packets through.
steps=500
[ ! -e /proc/lockdep_stats ] || steps=50
ip -n "$client" link del wg0
check "up" client_up kmod 4 "ListenPort = 51821" "#wgmark Restore = learn"
check "the tunnel works" ping_through "$client" 198.51.100.1
wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
on "$client" nft -f - <<-EOF
	table ip change {
		counter restored { }
		counter missed { }
		chain after {
			type filter hook prerouting priority mangle + 1
			udp dport 51821 meta mark 0xca6c counter name restored
			udp dport 51821 meta mark != 0xca6c counter name missed
		}
	}
EOF
{
	echo "add chain ip change between { type filter hook prerouting priority -250; }"
	for _ in $(seq $steps); do
		echo "add rule ip change between udp dport 51821 counter"
	done
} | on "$client" nft -f -
printf '%s\n' "$set 1:u32:$wg0 14:u8:1" "$set 1:u32:$wg0 14:u8:0" >"$tmp/notrack"
on "$server" timeout 10 socat -u -b 8 /dev/zero UDP4-SENDTO:192.168.44.2:51821 2>/dev/null &
on "$client" wgmark-nl -c -t -w 10 <"$tmp/notrack" >"$tmp/changes"
wait
check "notrack came and went" test "$(grep -c '^[0-9]*$' "$tmp/changes")" -gt 20
check "packets flew in number" test "$(packets restored)" -gt 1000
is "$(packets missed)" 0 "each of them was restored"
diag "$(packets restored) packets, $(grep -c . "$tmp/changes") changes"
on "$client" nft delete table ip change
check "down" client_down
bare_wg0
nl $new "1:u32:$wg0" 3:u32:0xca6c 4:u32:0xfffff

# With a tunnel of one family alone, conntrack sees that family: nothing else
# here asks for it.
tracked() {
	on "$client" conntrack -F 2>/dev/null
	ping_through "$client" "$2" >/dev/null
	on "$client" conntrack -L -f "$1" 2>/dev/null | grep -q "dst=$2 "
}

untracked() {
	! tracked ipv4 192.168.44.3 && ! tracked ipv6 fd44::3
}

# tracks_alone FAMILIES ipv4|ipv6 ADDRESS
tracks_alone() {
	nl $del "1:u32:$wg0"
	# nf_tables lets go of conntrack in the background
	wait_for 5 untracked || :
	nl $new "1:u32:$wg0" 3:u32:0xca6c "8:u32:$1"
	check "conntrack is held for $2 alone" tracked "$2" "$3"
}
tracks_alone 1 ipv4 192.168.44.3
tracks_alone 2 ipv6 fd44::3
nl $set "1:u32:$wg0" 8:u32:3

# hooks: those of the module and of conntrack that are registered
hooks() {
	on "$client" nft list hooks |
		sed -n 's/^\t\t[-+][0-9]* \(wgmark_[a-z]*_ipv[46]\|ipv[46]_conntrack_in\)\( .*\)*$/\1/p' | tr '\n' ' '
}
all4="wgmark_preraw_ipv4 ipv4_conntrack_in wgmark_premangle_ipv4 wgmark_postmangle_ipv4"
all6="wgmark_preraw_ipv6 ipv6_conntrack_in wgmark_premangle_ipv6 wgmark_postmangle_ipv6"
# hooks_are EXPECTED NAME: conntrack lets go of its hooks in the background
hooks_are() {
	wait_for 5 eval "[ \"\$(hooks)\" = \"$1\" ]" || :
	is "$(hooks)" "$1" "$2"
}
if lists_hooks; then
	hooks_are "$all4 $all6 " "both families, all hooks, and conntrack held"
	nl $set "1:u32:$wg0" 8:u32:2
	hooks_are "$all6 " "IPv6 only"
	nl $set "1:u32:$wg0" 8:u32:1
	hooks_are "$all4 " "IPv4 only"
	nl $set "1:u32:$wg0" 5:u32:0
	hooks_are "wgmark_preraw_ipv4 " "without restore no mangle hook, and conntrack let go"
	nl $set "1:u32:$wg0" 6:u8:0
	hooks_are "" "with nothing to do no hook at all"
	nl $set "1:u32:$wg0" 5:u32:1
	hooks_are "ipv4_conntrack_in wgmark_premangle_ipv4 wgmark_postmangle_ipv4 " "without guard no preraw"
	nl $del "1:u32:$wg0"
	hooks_are "" "without a tunnel no hook"
else
	skip "the hooks that are registered" "this kernel cannot list them"
fi

done_testing
