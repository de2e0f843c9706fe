#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# With compat the outcome is that of wg-quick's three rules, packet for packet:
# the same packets go to a host with the rules and to one with wgmark.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up

# quick: one more host on the LAN, whose wg0 has wg-quick's rules. The client's
# wg0 sends nothing either: the routes stay out of it.
new_ns quick
sysctl_set "$quick" 0 'ipv6/conf/*/accept_dad'
ip -n "$router" link add quick type veth peer name lan netns "$quick"
ip -n "$router" link set quick master lan up
_lan_up "$quick" 4
ip -n "$quick" link set lo up
ip -n "$quick" -batch - <<-EOF
	link add wg0 type wireguard
	address add 10.2.0.2/32 dev wg0
	address add fd02::2/128 dev wg0
	link set wg0 up
EOF
for f in "ip 10.2.0.2" "ip6 fd02::2"; do
	on "$quick" nft -f - <<-EOF
		table ${f%% *} wg-quick-wg0 {
			chain preraw {
				type filter hook prerouting priority raw
				iifname != "wg0" ${f%% *} daddr ${f##* } fib saddr type != local drop
			}
			chain premangle {
				type filter hook prerouting priority mangle
				meta l4proto udp meta mark set ct mark
			}
			chain postmangle {
				type filter hook postrouting priority mangle
				meta l4proto udp meta mark 0xca6c ct mark set meta mark
			}
		}
	EOF
done

# Each port stands for a mark and a ct mark that the packet has beforehand.
ports="7000-7008"
probes() {
	on "$1" nft -f - <<-EOF
		table inet probe
		delete table inet probe
		table inet probe {
			map marks {
				type inet_service : mark
				elements = { 7000 : 0, 7001 : 0xca6c, 7002 : 0x40000,
					     7003 : 0, 7004 : 0xca6c, 7005 : 0x40000,
					     7006 : 0, 7007 : 0xca6c, 7008 : 0x4ca6c }
			}
			map ctmarks {
				type inet_service : mark
				elements = { 7000 : 0, 7001 : 0, 7002 : 0,
					     7003 : 0xca6c, 7004 : 0xca6c, 7005 : 0xca6c,
					     7006 : 0x10000, 7007 : 0x10000, 7008 : 0x1ca6c }
			}
			set in {
				typeof meta mark . ct mark . meta l4proto . th dport
				flags dynamic
				counter
			}
			set out {
				typeof meta mark . ct mark . meta l4proto . th dport
				flags dynamic
				counter
			}
			chain raw {
				type filter hook prerouting priority raw - 5
				th dport $ports meta mark set th dport map @marks
			}
			chain before {
				type filter hook prerouting priority mangle - 5
				th dport $ports ct mark set th dport map @ctmarks
			}
			chain after {
				type filter hook prerouting priority mangle + 5
				th dport $ports update @in { meta mark . ct mark . meta l4proto . th dport }
			}
			chain output {
				type filter hook output priority mangle
				th dport $ports meta mark set th dport map @marks
				th dport $ports ct mark set th dport map @ctmarks
			}
			chain left {
				type filter hook postrouting priority mangle + 5
				th dport $ports update @out { meta mark . ct mark . meta l4proto . th dport }
			}
			chain input {
				type filter hook input priority 0
				ip daddr 10.2.0.2 counter
				ip6 daddr fd02::2 counter
			}
		}
	EOF
}

# send NS PROTOCOL ADDRESS PORT
send() {
	case $2 in
	UDP*) echo x | on "$1" socat -u - "$2-SENDTO:$3:$4" ;;
	TCP*) on "$1" socat -u /dev/null "$2:$3:$4,connect-timeout=2" ;;
	esac 2>/dev/null || :
}

# traffic NS HOST: in from the neighbour, to the LAN and to the tunnel address,
# and out to the neighbour
traffic() {
	ip -n "$neighbour" route replace 10.2.0.2 via "192.168.44.$2"
	ip -n "$neighbour" route replace fd02::2 via "fd44::$2"
	for port in 7000 7001 7002 7003 7004 7005 7006 7007 7008; do
		send "$neighbour" UDP4 "192.168.44.$2" $port
		send "$neighbour" UDP6 "[fd44::$2]" $port
		send "$neighbour" TCP4 "192.168.44.$2" $port
		send "$neighbour" TCP6 "[fd44::$2]" $port
		send "$neighbour" UDP4 10.2.0.2 $port
		send "$neighbour" UDP6 "[fd02::2]" $port
		send "$1" UDP4 192.168.44.3 $port
		send "$1" UDP6 "[fd44::3]" $port
		send "$1" TCP4 192.168.44.3 $port
		send "$1" TCP6 "[fd44::3]" $port
	done
}

# outcome NS: a line for each kind of packet, with how many there were
outcome() {
	on "$1" nft list table inet probe | tr -d '\n\t' |
		sed 's/map [a-z]* {[^}]*}[^}]*}//g; s/bytes [0-9]*/\n/g; s/[,{}]/\n/g' |
		grep packets | sed 's/^ *//' | sort
}

probes "$quick"
traffic "$quick" 4
outcome "$quick" >"$tmp/quick"
check "every kind of packet was seen" test "$(wc -l <"$tmp/quick")" -ge 29

for backend in kmod nft; do
	client_up $backend 4 "FwMark = 0xca6c" "#wgmark Compat = yes"
	probes "$client"
	traffic "$client" 2
	outcome "$client" >"$tmp/compat"
	check "$backend: compat gives what wg-quick's rules give" diff "$tmp/quick" "$tmp/compat"
	client_down

	client_up $backend 4 "FwMark = 0xca6c"
	probes "$client"
	traffic "$client" 2
	outcome "$client" >"$tmp/plain"
	check_fails "$backend: without compat the foreign marks make a difference" \
		diff "$tmp/quick" "$tmp/plain"
	client_down
done

done_testing
