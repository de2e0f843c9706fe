#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# churn.sh [SECONDS] - everything is changed as fast as it goes, by several at once, for so long
# at the least in each way that a tunnel can have its marks restored, while packets of IPv4 and
# IPv6 come in on all ways. Of each of these the right answer is known, and they are counted
# where they arrive, or where they are dropped:
#
#	to the client's own address			arrive, all of them
#	from the server through the tunnel		arrive, all of them: the client has
#							a strict rp_filter, so each packet
#							around them needed its mark; and
#							each was given it, and counted
#	from the neighbour to the tunnel's address	not one arrives; each is counted
#	from the neighbour to that of a tunnel		not one arrives: the module has the
#	which is renamed, moved and deleted		tunnel before the machine has its address
#	from the neighbour to that of a tunnel in	not one is answered, as long as the
#	a namespace which is deleted meanwhile		namespace has a name
#	from the client, with the tunnel's mark		arrive, and each leaves its mark in
#							the connection, and is counted
#
# The tunnel that they are for is changed in ways that must make no difference to them;
# the others come and go, with their devices, addresses and namespaces, and what they learn.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

seconds=${1:-20}
need_module
# on one processor what is sent waits there, all of it
backlog=/proc/sys/net/core/netdev_max_backlog
had=$(cat $backlog)
cleanup() {
	echo "$had" >$backlog
}
echo 100000 >$backlog
topo_up
rpfilter_ipv6
watch_guarded
for n in 1 2 3 4 5 6 7 8; do
	ip -n "$client" link add "d$n" type dummy
done
client_mac=$(mac "$client" lan)
# A slow machine takes longer to answer, behind all that has come, than the 3 s that others wait
# for whom they want to send to.
# knows NS DEVICE MAC ADDRESSES
knows() {
	for _address in $4; do
		ip -n "$1" neigh replace "$_address" dev "$2" lladdr "$3" nud permanent
	done
}
knows "$router" lan "$client_mac" "192.168.44.2 fd44::2"
knows "$client" lan "$(mac "$router" lan)" "192.168.44.1 fd44::1"
knows "$router" wan "$(mac "$server" wan)" "203.0.113.1 2001:db8:113::1"
knows "$server" wan "$(mac "$router" wan)" "203.0.113.254 2001:db8:113::fe"

# What is let in for the address of the tunnel that is renamed and so on; and what the server's
# WireGuard sends, before any hook of the module.
on "$client" nft -f - <<-EOF
	table inet churn {
		counter moved { }
		counter outer { }
		chain delivered {
			type filter hook input priority 0
			iifname lan ip daddr 10.6.0.1 counter name moved
			iifname lan ip6 daddr fd06::1 counter name moved
		}
		chain first {
			type filter hook prerouting priority -350
			iifname lan ip saddr 203.0.113.1 udp sport 51820 counter name outer
			iifname lan ip6 saddr 2001:db8:113::1 udp sport 51820 counter name outer
		}
	}
EOF
# packets COUNTER [TABLE]
packets() {
	on "$client" nft list counter inet "${2:-churn}" "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# Of what has the tunnel's mark: what has yet to leave it in its connection, as bursts from the
# client have each time, and what has not afterwards. Only where there is conntrack: these rules
# would turn it on.
watch_saved() {
	on "$client" nft -f - <<-EOF
		table inet saved {
			counter to_save { }
			counter unsaved { }
			chain marked {
				type route hook output priority mangle
				udp dport 4004 meta mark set $1
			}
			chain before {
				type filter hook postrouting priority mangle - 1
				udp dport 4004 ct mark set 0
				meta mark $1 ct mark != $1 counter name to_save
			}
			chain after {
				type filter hook postrouting priority mangle + 1
				meta mark $1 ct mark != $1 counter name unsaved
			}
		}
	EOF
}

# The devices to namespaces that are deleted, by which an answer came
on "$neighbour" nft -f - <<-EOF
	table inet gone {
		set answered { type ifname; flags dynamic; }
		chain in {
			type filter hook prerouting priority raw
			ip saddr 10.6.0.1 update @answered { iifname }
			ip6 saddr fd06::1 update @answered { iifname }
		}
	}
EOF

# --- those who change things ------------------------------------------------

# until the time is over, and each has gone round often enough
running() {
	[ "$(date +%s)" -lt $end ] || [ ! -e "$tmp/enough_addresses" ] ||
		[ ! -e "$tmp/enough_devices" ] || [ ! -e "$tmp/enough_sources" ]
}

# round WHO N LEAST
round() {
	[ "$2" -lt "$3" ] || : >"$tmp/enough_$1"
	echo round
}

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

change() {
	while running; do
		on "$client" wgmark-nl -c -t -w 5 <"$tmp/change_$1" 2>&1
	done
}

change_addresses() {
	k=0
	while running; do
		k=$((k + 1))
		for n in $(seq 1 40); do
			echo "address add 10.7.0.$n/32 dev d$((n % 8 + 1))"
			echo "address add fd07::$n/128 dev d$((n % 8 + 1)) nodad"
			echo "address add 10.8.0.$n/32 dev wg0"
			echo "address add fd08::$n/128 dev wg0 nodad"
		done >"$tmp/addresses"
		ip -n "$client" -batch "$tmp/addresses"
		sed 's/ add / del /; s/ nodad//' "$tmp/addresses" | ip -n "$client" -batch -
		round addresses $k 1
	done
}

# A device with a tunnel is renamed, moved away, or deleted; so is its namespace, the first time
# with packets coming in.
change_devices() {
	k=0
	while running; do
		k=$((k + 1))
		n=$((way * 1000 + k))
		ip netns add "churn$$"
		ip -n "churn$$" -batch - <<-EOF
			link add lan type veth peer name gone$n netns $neighbour
			address add 192.168.66.2/24 dev lan
			address add fd66::2/64 dev lan nodad
			link set lan up
		EOF
		ip -n "$neighbour" -batch - <<-EOF
			address add 192.168.66.3/24 dev gone$n
			address add fd66::3/64 dev gone$n nodad
			link set gone$n up
		EOF
		knows "churn$$" lan "$(mac "$neighbour" "gone$n")" "192.168.66.3 fd66::3"
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
		echo "gone$n $(mac "churn$$" lan)" >"$tmp/gone.new"
		mv "$tmp/gone.new" "$tmp/gone"
		wait_for 60 drops_in "churn$$" || echo "no packet was dropped in churn$$"
		spoofed_in "churn$$" >>"$tmp/spoofed_gone"
		on "$neighbour" nft list set inet gone answered | grep -F "gone$n" || :
		[ $((n % 3)) -ne 0 ] || ip -n "churn$$" link del churn2
		ip netns del "churn$$"
		ip netns add "churn$$"
		case $((n % 3)) in
		0) ip -n "$client" link set churn2 netns "churn$$" ;;
		*) ip -n "$client" link del churn2 ;;
		esac
		ip netns del "churn$$"
		round devices $k 3
	done
	: >"$tmp/gone_over"
}

# spoofed_in NS: packets that its tunnel dropped
spoofed_in() {
	on "$1" "$wgmarkctl" show --json churn2 | sed -n 's/.*"spoofed": *\([0-9]*\).*/\1/p'
}

drops_in() {
	[ "$(spoofed_in "$1")" -gt 0 ]
}

# what goes to the namespace that is to be deleted, as long as there is one
spoof_gone() {
	until [ -e "$tmp/gone_over" ]; do
		_began=$(date +%s)
		read -r _device _mac <"$tmp/gone" &&
			on "$neighbour" send-packets "$_device" "$_mac" <"$tmp/pings" >/dev/null 2>&1 || sleep 0.1
		sleep $(($(date +%s) - _began))
	done
}
for _ in $(seq 50); do
	ip4 192.168.66.3 10.6.0.1 "$(echo_request)"
	ip6 fd66::3 fd06::1 "$(echo_request6)"
done >"$tmp/pings"

# Another tunnel begins with each peer anew, so that it sends at once, from a port and addresses
# that come and go; and with two of them at a time, on whichever processor.
on "$client" sh -c 'wg genkey | tee "$1" | wg pubkey' - "$tmp/learns.key" >/dev/null
for n in 1 2 3 4; do
	wg genkey | wg pubkey >"$tmp/peer$n"
done
ip -n "$client" -batch - <<-EOF
	link add learns type wireguard
	address add 10.9.0.1/24 dev learns
	link set learns up
EOF
on "$client" wg set learns private-key "$tmp/learns.key" fwmark 0x77
change_sources() {
	k=0
	while running; do
		k=$((k + 1))
		ip -n "$client" -batch - <<-EOF
			address add 192.168.44.50/32 dev lan
			route add 192.168.44.77/32 dev lan src 192.168.44.50
			address add fd44::50/128 dev lan nodad
			route add fd44::77/128 dev lan src fd44::50
		EOF
		on "$client" wg set learns listen-port $((5001 + k % 2)) \
			peer "$(cat "$tmp/peer1")" endpoint 192.168.44.77:9 allowed-ips 10.9.0.11/32 \
			peer "$(cat "$tmp/peer2")" endpoint 192.168.44.77:10 allowed-ips 10.9.0.12/32 \
			peer "$(cat "$tmp/peer3")" endpoint "[fd44::77]:9" allowed-ips 10.9.0.13/32 \
			peer "$(cat "$tmp/peer4")" endpoint "[fd44::77]:10" allowed-ips 10.9.0.14/32
		on "$client" bash -c 'for n in 1 2 3 4; do echo >/dev/udp/10.9.0.1$n/9; done'
		ip -n "$client" -batch - <<-EOF
			address del 192.168.44.50/32 dev lan
			route del fd44::77/128 dev lan
			address del fd44::50/128 dev lan
		EOF
		for n in 1 2 3 4; do
			on "$client" wg set learns peer "$(cat "$tmp/peer$n")" remove
		done
		round sources $k 5
	done
}

# each list of all tunnels has wg0 in it, once
list_all() {
	while running; do
		on "$client" wgmark-nl -f 0x300 1 | grep -c ' 2=77673000 ' || :
	done
}

# --- packets ----------------------------------------------------------------

# spoof FILE PACKET: again and again; how many goes into the file. A kernel so slow that they take
# seconds gets as long for all else, such as to end a grace period.
spoof() {
	n=0
	while running; do
		began=$(date +%s)
		yes "$2" | head -n 500 | on "$neighbour" send-packets lan "$client_mac" >/dev/null
		n=$((n + 500))
		sleep $(($(date +%s) - began))
	done
	echo $n >"$1"
}

burst() {
	udp-burst "$@" >"$tmp/burst" 2>&1 || lost=$lost$(cat "$tmp/burst")
}

all_changes=0 all_addresses=0 all_devices=0 all_sources=0 all_lists=0
all_sent=0 all_spoofed=0 all_moved=0 all_gone=0

# storm CHANGE...: wg0 is up; these are its changes. What it receives alone does not keep its
# entry of conntrack for the 30 s that a slow machine may have between two bursts through it.
storm() {
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" persistent-keepalive 5
	way=$((way + 1))
	wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
	learns=$(on "$client" cat /sys/class/net/learns/ifindex)
	for _change; do
		echo "3 1:u32:$wg0 $_change"
	done >"$tmp/change_wg0"
	on "$client" wgmark-nl 2 "1:u32:$learns" 3:u32:0x77 5:u32:2 "14:u8:$((way % 2))" \
		>/dev/null
	rm -f "$tmp"/enough_*
	counted "$client" >/dev/null
	on "$client" nft reset counters table inet churn >/dev/null
	restored=$(shown restored) spoofed=$(shown spoofed) saved=$(shown saved)
	[ $restore != conntrack ] || watch_saved "$(on "$client" wg show wg0 fwmark)"
	rm -f "$tmp/gone_over"
	: >"$tmp/gone"
	echo 0 >"$tmp/spoofed_gone"

	end=$(($(date +%s) + seconds))
	for who in wg0 others others2; do
		change $who >"$tmp/$who" &
	done
	for who in addresses devices sources; do
		change_$who >"$tmp/changed_$who" 2>&1 &
	done
	list_all >"$tmp/lists" 2>&1 &
	on "$client" wgmark-nl -m "$seconds" >/dev/null 2>&1 &
	spoof "$tmp/spoofed4" "$(ip4 192.168.44.3 10.2.0.2 "$(udp 7 5000)")" &
	spoof "$tmp/spoofed6" "$(ip6 fd44::3 fd02::2 "$(udp 7 5000)")" &
	spoof_gone &
	spoof "$tmp/moved4" "$(ip4 192.168.44.3 10.6.0.1 "$(udp 7 5000)")" &
	spoof "$tmp/moved6" "$(ip6 fd44::3 fd06::1 "$(udp 7 5000)")" &
	spoof "$tmp/learned4" "$(ip4 192.168.44.77 192.168.44.50 "$(udp 9 5001)")" &
	spoof "$tmp/learned6" "$(ip6 fd44::77 fd44::50 "$(udp 9 5001)")" &
	sent=0
	lost=
	while running; do
		burst "$router" "$client" 192.168.44.2 4000 100 200 5
		burst "$server" "$client" 10.2.0.2 4001 1000 50 5
		burst "$router" "$client" fd44::2 4002 100 200 5
		burst "$server" "$client" fd02::2 4003 1000 50 5
		sent=$((sent + 2500))
		[ $restore != conntrack ] || {
			burst "$client" "$router" 192.168.44.1 4004 100 50 5
			burst "$client" "$router" fd44::1 4004 100 50 5
			sent=$((sent + 500))
		}
	done
	wait

	is "$lost" "" "$with: $sent packets that have to arrive did"
	spoofs=$(($(cat "$tmp/spoofed4") + $(cat "$tmp/spoofed6")))
	is "$(counted "$client")" "0 0" "$with: none of $spoofs spoofed ones passed"
	is "$(($(shown spoofed) - spoofed))" "$spoofs" "$with: and each was counted"
	moved=$(($(cat "$tmp/moved4") + $(cat "$tmp/moved6")))
	is "$(packets moved)" 0 \
		"$with: none of $moved arrived that were for the tunnel that is renamed, moved and deleted"
	is "$(($(shown restored) - restored))" "$(packets outer)" \
		"$with: each packet around those in the tunnel got its mark, and was counted"

	[ $restore != conntrack ] || {
		is "$(packets unsaved saved)" 0 "$with: each packet with the mark left it in its connection"
		to_save=$(packets to_save saved)
		is "$(($(shown saved) - saved))" "$to_save" "$with: and was counted, where it had to"
		check "$with: as bursts from here had to" test "$to_save" -ge $((sent / 3000 * 500))
		on "$client" nft delete table inet saved
	}

	is "$(grep -v '^[0-9]*$' "$tmp/wg0")" "" "$with: no change of the tunnel was refused"
	# nine masks may be one too many, for a moment
	is "$(grep -hv -e '^[0-9]*$' -e '^reply ' -e '^error ENOSPC:' -e '^error ENOENT:' \
		"$tmp/others" "$tmp/others2")" "" "$with: nor one of the others but for want of a mask"
	changes=$(cat "$tmp/wg0" "$tmp/others" "$tmp/others2" | grep -c '^[0-9]*$')
	check "$with: there were many changes" test "$changes" -gt "$seconds"
	is "$(grep -hv '^round$' "$tmp"/changed_*)" "" \
		"$with: addresses, devices, namespaces and sources came and went, and nobody there answered"
	is "$(sort -u "$tmp/lists")" 1 "$with: each list of tunnels has it once"
	learned=$(shown saved learns)
	check "$with: sources were learned" test "$learned" -gt 0
	is "$(on "$client" wgmark-nl -f 0x300 1 | grep -c '^reply')" 2 "$with: two tunnels are left"
	on "$client" wgmark-nl 4 "1:u32:$learns" >/dev/null

	all_changes=$((all_changes + changes))
	all_addresses=$((all_addresses + $(grep -c round "$tmp/changed_addresses")))
	all_devices=$((all_devices + $(grep -c round "$tmp/changed_devices")))
	all_sources=$((all_sources + learned))
	all_lists=$((all_lists + $(grep -c . "$tmp/lists")))
	all_sent=$((all_sent + sent))
	all_spoofed=$((all_spoofed + spoofs))
	all_moved=$((all_moved + moved))
	all_gone=$((all_gone + $(paste -s -d + "$tmp/spoofed_gone")))
}

# The mark is the same in each, and with it what becomes of a packet.
way=0
for outer in 4 6; do
	restore=conntrack
	with="conntrack, outer IPv$outer"
	check "$with: up" client_up kmod $outer
	check "$with: the tunnel works" wait_for 20 ping_through "$client" 198.51.100.1
	storm 4:u32:0xffff 4:u32:0xfffff 4:u32:0xffffffff 7:u8:1 7:u8:0
	check "$with: down" client_down

	restore=learn
	for notrack in no yes; do
		with="learn, notrack $notrack, outer IPv$outer"
		check "$with: up" client_up kmod $outer "#wgmark Restore = learn" \
			"#wgmark NoTrack = $notrack"
		check "$with: the tunnel works" wait_for 20 ping_through "$client" 198.51.100.1
		set -- 4:u32:0xffff 4:u32:0xfffff 4:u32:0xffffffff
		[ $notrack = no ] || set -- "$@" 14:u8:0 14:u8:1
		storm "$@"
		check "$with: down" client_down
	done
done
check "nothing holds the module" wait_for 30 unload_module

# --- the module -------------------------------------------------------------

on "$neighbour" ping -n -q -f -w 20 192.168.44.2 >"$tmp/flood" 2>&1 &
on "$neighbour" ping -n -q -f -w 20 fd44::2 >"$tmp/flood6" 2>&1 &
udp-burst "$router" "$client" 192.168.44.2 4000 100 200 100 >"$tmp/burst" 2>&1 &
udp-burst "$router" "$client" fd44::2 4002 100 200 100 >"$tmp/burst6" 2>&1 &
any_dropped() {
	on "$client" wgmark-nl -f 0x300 1 | grep -q ' 10=0*[1-9a-f]'
}
loads=0
undropped=0
end=$(($(date +%s) + 20))
while [ "$(date +%s)" -lt $end ] || [ $loads -lt 6 ]; do
	insmod "$module"
	on "$client" wgmark-nl 2 "1:u32:$(on "$client" cat /sys/class/net/d1/ifindex)" 3:u32:1 \
		5:u32:$((loads % 2 + 1)) >/dev/null
	# an event of a packet that is dropped is sent within a second, in which all goes
	ip -n "$client" address add 10.6.0.1/32 dev d1
	ip4 192.168.44.3 10.6.0.1 "$(udp 7 5000)" | on "$neighbour" send-packets lan "$client_mac" >/dev/null
	wait_for 10 any_dropped || undropped=$((undropped + 1))
	ip -n "$client" link del d1
	ip -n "$client" link add d1 type dummy
	wait_for 10 unload_module
	loads=$((loads + 1))
done
wait
is "$(cat "$tmp/flood" "$tmp/flood6" | sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' | xargs)" "0 0" \
	"no packet is lost to loading and unloading"
is "$(awk '{ print $3 }' "$tmp/burst" "$tmp/burst6" | xargs)" "20000 20000" "nor any of UDP"
is $undropped 0 "each time a packet was dropped right before"
insmod "$module"

if [ "$failures" -eq 0 ]; then
	echo "proof stress: packets with a known answer while all is changed | $(uname -r) | $((all_sent + all_spoofed + all_moved)) packets in $way ways; $all_changes changes, $all_lists lists, $all_addresses rounds of addresses, $all_devices of devices and namespaces, $all_sources sources learned | - | $all_sent arrived, $all_spoofed dropped and counted, $all_moved dropped, $all_gone in namespaces that were deleted"
	echo "proof stress: module loaded and unloaded under packets | $(uname -r) | $loads times | - | no packet lost"
fi
done_testing
