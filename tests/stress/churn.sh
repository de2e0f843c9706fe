#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# churn.sh [SECONDS] - everything is changed as fast as it goes, by several at once,
# while packets of IPv4 and IPv6 come in on all ways. Of each of these the right answer is
# known, and they are counted where they arrive, or where they are dropped:
#
#	to the client's own address			arrive, all of them
#	from the server through the tunnel		arrive, all of them: the client has
#							a strict rp_filter, so each packet
#							around them needed its mark; and
#							each was given it, and counted
#	from the neighbour to the tunnel's address	not one arrives; each is counted
#	from the neighbour to that of a tunnel		not one arrives: the module has the
#	which is renamed, moved and deleted		tunnel before the machine has its address
#
# The tunnel that they are for is changed in ways that must make no difference to them;
# the others come and go, with their devices, addresses and namespaces.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

seconds=${1:-60}
need_module
# on one processor what is sent waits there, all of it
backlog=/proc/sys/net/core/netdev_max_backlog
had=$(cat $backlog)
cleanup() {
	echo "$had" >$backlog
}
echo 100000 >$backlog
topo_up
check "up" client_up kmod 4
check "the tunnel works" wait_for 20 ping_through "$client" 198.51.100.1
wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
watch_guarded
for n in 1 2 3 4 5 6 7 8; do
	ip -n "$client" link add "d$n" type dummy
done

# --- those who change things ------------------------------------------------

running() {
	[ "$(date +%s)" -lt $end ]
}

# The mark is the same, and with it what becomes of a packet.
for mask in 0xffff 0xfffff 0xffffffff; do
	echo "3 1:u32:$wg0 4:u32:$mask"
done >"$tmp/change_wg0"
echo "3 1:u32:$wg0 7:u8:1" >>"$tmp/change_wg0"
echo "3 1:u32:$wg0 7:u8:0" >>"$tmp/change_wg0"

# changes N...: other tunnels of all kinds; with notrack all packets take another way in the hooks
changes() {
	for n; do
		i=$(($(on "$client" cat "/sys/class/net/d$n/ifindex")))
		echo "2 1:u32:$i 3:u32:$n"
		echo "3 1:u32:$i 5:u32:2 14:u8:1"
		echo "3 1:u32:$i 8:u32:1"
		echo "3 1:u32:$i 5:u32:1 14:u8:0 4:u32:0xff"
		echo "3 1:u32:$i 6:u8:0 8:u32:3"
		echo "3 1:u32:$i 5:u32:0 6:u8:1"
		echo "1 1:u32:$i"
		echo "4 1:u32:$i"
	done
}
changes 1 2 3 4 >"$tmp/change_others"
changes 5 6 7 8 >"$tmp/change_others2"

change_addresses() {
	while running; do
		for n in $(seq 1 40); do
			echo "address add 10.7.0.$n/32 dev d$((n % 8 + 1))"
			echo "address add fd07::$n/128 dev d$((n % 8 + 1)) nodad"
			echo "address add 10.8.0.$n/32 dev wg0"
			echo "address add fd08::$n/128 dev wg0 nodad"
		done >"$tmp/addresses"
		ip -n "$client" -batch "$tmp/addresses"
		sed 's/ add / del /; s/ nodad//' "$tmp/addresses" | ip -n "$client" -batch -
		echo round
	done
}

# A device with a tunnel is renamed, moved away, or deleted; so is its namespace.
change_devices() {
	n=0
	while running; do
		n=$((n + 1))
		ip netns add "churn$$"
		for ns in "$client" "churn$$"; do
			ip -n "$ns" link add churn index $((1000 + n)) type wireguard
			on "$ns" wgmark-nl 2 "1:u32:$((1000 + n))" "3:u32:$n" "5:u32:$((n % 2 + 1))" >/dev/null
			ip -n "$ns" address add 10.6.0.1/32 dev churn
			ip -n "$ns" address add fd06::1/128 dev churn nodad
			ip -n "$ns" link set churn up
			ip -n "$ns" link set churn down
			ip -n "$ns" link set churn name churn2
			ip -n "$ns" link set churn2 up
			ip -n "$ns" address add fd06::1/128 dev churn2 nodad
		done
		[ $((n % 2)) -ne 0 ] || ip -n "churn$$" link del churn2
		ip netns del "churn$$"
		ip netns add "churn$$"
		case $((n % 3)) in
		0) ip -n "$client" link set churn2 netns "churn$$" ;;
		*) ip -n "$client" link del churn2 ;;
		esac
		ip netns del "churn$$"
		echo round
	done
}

end=$(($(date +%s) + seconds))
for who in wg0 others others2; do
	on "$client" wgmark-nl -c -t -w "$seconds" <"$tmp/change_$who" >"$tmp/$who" 2>&1 &
done
change_addresses >"$tmp/change_addresses" 2>&1 &
change_devices >"$tmp/change_devices" 2>&1 &

# --- packets ----------------------------------------------------------------

# what is let in for the address of the tunnel that is renamed and so on
on "$client" nft -f - <<-EOF
	table inet moved {
		counter delivered { }
		chain delivered {
			type filter hook input priority 0
			iifname lan ip daddr 10.6.0.1 counter name delivered
			iifname lan ip6 daddr fd06::1 counter name delivered
		}
	}
EOF

# what the server's WireGuard sends, before any hook of the module; an entry of conntrack that
# has the mark is there already, and another one begins with the client's packet
on "$client" nft -f - <<-EOF
	table ip watch {
		counter outer { }
		chain first {
			type filter hook prerouting priority -350
			iifname lan ip saddr 203.0.113.1 udp sport 51820 counter name outer
		}
	}
EOF
restored=$(shown restored)
client_mac=$(mac "$client" lan)
# spoof FILE PACKET: again and again; how many goes into the file
spoof() {
	n=0
	while running; do
		yes "$2" | head -n 500 | on "$neighbour" send-packets lan "$client_mac" >/dev/null
		n=$((n + 500))
	done
	echo $n >"$1"
}
spoof "$tmp/spoofed4" "$(ip4 192.168.44.3 10.2.0.2 "$(udp 7 5000)")" &
spoof "$tmp/spoofed6" "$(ip6 fd44::3 fd02::2 "$(udp 7 5000)")" &
spoof "$tmp/moved4" "$(ip4 192.168.44.3 10.6.0.1 "$(udp 7 5000)")" &
spoof "$tmp/moved6" "$(ip6 fd44::3 fd06::1 "$(udp 7 5000)")" &
sent=0
lost=
while running; do
	udp-burst "$router" "$client" 192.168.44.2 4000 100 200 5 >"$tmp/burst" 2>&1 || lost=$lost$(cat "$tmp/burst")
	udp-burst "$server" "$client" 10.2.0.2 4001 1000 50 5 >"$tmp/burst" 2>&1 || lost=$lost$(cat "$tmp/burst")
	udp-burst "$router" "$client" fd44::2 4002 100 200 5 >"$tmp/burst" 2>&1 || lost=$lost$(cat "$tmp/burst")
	udp-burst "$server" "$client" fd02::2 4003 1000 50 5 >"$tmp/burst" 2>&1 || lost=$lost$(cat "$tmp/burst")
	sent=$((sent + 2500))
done
wait

is "$lost" "" "$sent packets that have to arrive did"
spoofs=$(($(cat "$tmp/spoofed4") + $(cat "$tmp/spoofed6")))
is "$(counted "$client")" "0 0" "none of $spoofs spoofed ones passed"
is "$(shown spoofed)" "$spoofs" "and each was counted"
moved=$(($(cat "$tmp/moved4") + $(cat "$tmp/moved6")))
is "$(on "$client" nft list counter inet moved delivered | grep -o 'packets [0-9]*')" "packets 0" \
	"none of $moved arrived that were for the tunnel that is renamed, moved and deleted"
outer=$(on "$client" nft list counter ip watch outer | sed -n 's/.*packets \([0-9]*\).*/\1/p')
is "$(($(shown restored) - restored))" "$outer" "each packet around those in the tunnel got its mark, and was counted"

# --- what was done ----------------------------------------------------------

is "$(grep -v '^[0-9]*$' "$tmp/wg0")" "" "no change of the tunnel was refused"
# nine masks may be one too many, for a moment
is "$(grep -hv -e '^[0-9]*$' -e '^reply ' -e '^error ENOSPC:' -e '^error ENOENT:' \
	"$tmp/others" "$tmp/others2")" "" "nor one of the others but for want of a mask"
changes=$(cat "$tmp/wg0" "$tmp/others" "$tmp/others2" | grep -c '^[0-9]*$')
check "there were many changes" test "$changes" -gt "$seconds"
is "$(grep -v '^round$' "$tmp/change_addresses")" "" "addresses came and went"
is "$(grep -v '^round$' "$tmp/change_devices")" "" "devices and namespaces came and went"
rounds=$(cat "$tmp/change_addresses" "$tmp/change_devices" | grep -c round)

is "$(on "$client" wgmark-nl -f 0x300 1 | grep -c '^reply')" 1 "one tunnel is left"
check "down" client_down
check "nothing holds the module" wait_for 30 unload_module

# --- the module -------------------------------------------------------------

on "$neighbour" ping -n -q -f -w 20 192.168.44.2 >"$tmp/flood" 2>&1 &
on "$neighbour" ping -n -q -f -w 20 fd44::2 >"$tmp/flood6" 2>&1 &
udp-burst "$router" "$client" 192.168.44.2 4000 100 200 100 >"$tmp/burst" 2>&1 &
udp-burst "$router" "$client" fd44::2 4002 100 200 100 >"$tmp/burst6" 2>&1 &
loads=0
end=$(($(date +%s) + 20))
while running; do
	insmod "$module"
	on "$client" wgmark-nl 2 "1:u32:$(on "$client" cat /sys/class/net/d1/ifindex)" 3:u32:1 \
		5:u32:$((loads % 2 + 1)) >/dev/null
	ip -n "$client" link del d1
	ip -n "$client" link add d1 type dummy
	wait_for 10 unload_module
	loads=$((loads + 1))
done
wait
is "$(cat "$tmp/flood" "$tmp/flood6" | sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' | xargs)" "0 0" \
	"no packet is lost to loading and unloading"
is "$(awk '{ print $3 }' "$tmp/burst" "$tmp/burst6" | xargs)" "20000 20000" "nor any of UDP"
insmod "$module"

if [ "$failures" -eq 0 ]; then
	echo "proof stress: packets with a known answer while all is changed | $(uname -r) | $((sent + spoofs + moved)) packets, $changes changes, $rounds rounds of addresses and devices | - | $sent arrived, $spoofs dropped and counted, $moved dropped"
	echo "proof stress: module loaded and unloaded under packets | $(uname -r) | $loads times | - | no packet lost"
fi
done_testing
