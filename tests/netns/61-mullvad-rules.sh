#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The second document's table, rule by rule, for what "wgmarkctl explain --ruleset" says of
# the rules that 63-explain sends nothing to: this machine to itself, DHCP, DHCPv6, IPv6
# neighbour discovery, and connections of excluded programs. With the whole table their
# packet comes through, and without the rule it does not. The machine has a bridge, for what
# it passes on.

. "$(dirname "$0")/../lib.sh"

need_root
command -v socat >/dev/null || skip_all "needs socat"
lan=wlp0s20f3
new_ns box
new_ns here
new_ns there
modprobe br_netfilter
sysctl_set "$box" 1 bridge/bridge-nf-call-iptables bridge/bridge-nf-call-ip6tables
ip -n "$box" -batch - <<-EOF
	link add $lan type bridge mcast_snooping 0
	link set $lan addrgenmode none address 02:00:00:00:00:83
	link add wg-mullvad type wireguard
	link set lo up
EOF
for end in "$here 2" "$there 3"; do
	ip -n "$box" link add "to-${end#* }" type veth peer name $lan netns "${end% *}"
	ip -n "$box" link set "to-${end#* }" addrgenmode none master $lan up
	ip -n "${end% *}" link set $lan addrgenmode none address "02:00:00:00:00:${end#* }"
done
# neighbours that are known are not asked for, and nothing asks for a router
for end in "$box 83" "$here 2" "$there 3"; do
	sysctl_set "${end% *}" 0 ipv6/conf/$lan/accept_ra ipv6/conf/$lan/router_solicitations
	{
		echo "address add 192.168.44.${end#* }/24 dev $lan"
		echo "address add fe80::${end#* }/64 dev $lan nodad"
		echo "address add fd44::${end#* }/64 dev $lan nodad"
		echo "link set $lan up"
		for n in 2 3 83; do
			for to in 192.168.44.$n fe80::$n fd44::$n; do
				[ "$n" = "${end#* }" ] ||
					echo "neighbour add $to lladdr 02:00:00:00:00:$n dev $lan nud permanent"
			done
		done
	} | ip -n "${end% *}" -batch -
done

# table [CHAIN RULE]...: the whole table, but for those rules. That for a control group is
# not for every kernel.
table() {
	awk '
		BEGIN {
			for (i = 2; i < ARGC; i += 2) {
				gone[ARGV[i], ARGV[i + 1]] = 1
				ARGV[i] = ARGV[i + 1] = ""
			}
			print "table inet mullvad\ndelete table inet mullvad"
		}
		$1 == "chain" { chain = $2 }
		{
			rule = $0
			sub(/^\t*/, "", rule)
		}
		!/cgroup/ && !((chain, rule) in gone)
	' "$top/tests/golden/ruleset-mullvad.nft" "$@" | on "$box" nft -f -
}

# seen: has the packet come
seen() {
	! on "$at" nft list counter inet seen packet | grep -q "packets 0 "
}

# lets CHAIN RULE BYTES SOCKET [MATCH]: the file BYTES, sent by that socket, comes through the
# chain by that rule and by no other. Where it should come, it is known by MATCH, which is what
# the rule asks for. The rule $other of the chain is not there.
lets() {
	_chain=$1 _rule=$2 _bytes=$3 _socket=$4 _match=${5:-${2% accept}}
	for _without in '' "$_rule"; do
		table "$_chain" "$_without" "$_chain" "$other"
		on "$at" nft -f - <<-END
			table inet seen
			delete table inet seen
			table inet seen {
				counter packet { }
				chain seen {
					type filter hook $hook priority 300;
					$_match counter name packet
				}
			}
		END
		on "$from" socat -u "OPEN:$tmp/$_bytes" "$_socket" >/dev/null 2>&1 || :
		if [ -z "$_without" ]; then
			check "$_chain: $_rule: what it is for comes through" wait_for 5 seen
		else
			sleep 0.2
			check_fails "$_chain: $_rule: without it nothing does" seen
		fi
	done
}

# udp FROM PORT TO PORT: a datagram
udp() {
	case $3 in
	*:*) echo "UDP6-DATAGRAM:[$3]:$4,bind=[$1]:$2,so-bindtodevice=$lan" ;;
	*) echo "UDP4-DATAGRAM:$3:$4,bind=$1:$2,broadcast,so-bindtodevice=$lan" ;;
	esac
}

# icmpv6 FROM TO: one of neighbour discovery, whose type is the first byte
icmpv6() {
	echo "IP6-DATAGRAM:[$2]:58,bind=[$1],so-bindtodevice=$lan"
}

# the types of RFC 4861, 4.1 to 4.5, each with its code, a checksum that the kernel sets, and
# addresses of zeroes
for type in 133 134 135 136 137; do
	printf "\\$(printf %o $type)" >"$tmp/$type"
	head -c 39 /dev/zero >>"$tmp/$type"
done
echo x >"$tmp/text"
other=

ns='icmpv6 type nd-neighbor-solicit icmpv6 code no-route accept'
na='icmpv6 type nd-neighbor-advert icmpv6 code no-route accept'
rs='icmpv6 type nd-router-solicit icmpv6 code no-route accept'
ra='icmpv6 type nd-router-advert icmpv6 code no-route accept'
redirect='icmpv6 type nd-redirect icmpv6 code no-route accept'
request='udp sport 68 ip daddr 255.255.255.255 udp dport 67 accept'
answer='udp sport 67 udp dport 68 accept'
request6='ip6 saddr fe80::/10 udp sport 546 ip6 daddr ff02::1:2 udp dport 547 accept'
request6_site='ip6 saddr fe80::/10 udp sport 546 ip6 daddr ff05::1:3 udp dport 547 accept'
answer6='ip6 saddr fe80::/10 udp sport 547 ip6 daddr fe80::/10 udp dport 546 accept'

from=$box at=$box hook=input
lets output 'oif "lo" accept' text UDP4:127.0.0.1:9 "ip daddr 127.0.0.1"
lets input 'iif "lo" accept' text UDP4:127.0.0.1:9 "ip daddr 127.0.0.1"

from=$box at=$here hook=prerouting
lets output "$request" text "$(udp 192.168.44.83 68 255.255.255.255 67)"
lets output "$request6" text "$(udp fe80::83 546 ff02::1:2 547)"
lets output "$request6_site" text "$(udp fe80::83 546 ff05::1:3 547)"
lets output "ip6 daddr ff02::2 $rs" 133 "$(icmpv6 fe80::83 ff02::2)"
lets output "ip6 daddr ff02::1:ff00:0/104 $ns" 135 "$(icmpv6 fe80::83 ff02::1:ff00:2)"
lets output "ip6 daddr fe80::/10 $ns" 135 "$(icmpv6 fe80::83 fe80::2)"
lets output "ip6 daddr fe80::/10 $na" 136 "$(icmpv6 fe80::83 fe80::2)"

from=$here at=$box hook=input
lets input "$answer" text "$(udp 192.168.44.2 67 255.255.255.255 68)"
lets input "$answer6" text "$(udp fe80::2 547 fe80::83 546)"
lets input "ip6 saddr fe80::/10 $ra" 134 "$(icmpv6 fe80::2 ff02::1)"
lets input "ip6 saddr fe80::/10 $redirect" 137 "$(icmpv6 fe80::2 fe80::83)"
lets input "ip6 saddr fe80::/10 $ns" 135 "$(icmpv6 fe80::2 fe80::83)"
lets input "$na" 136 "$(icmpv6 fd44::2 fd44::83)"

from=$here at=$there hook=prerouting
lets forward "$request" text "$(udp 192.168.44.2 68 255.255.255.255 67)"
lets forward "$answer" text "$(udp 192.168.44.2 67 192.168.44.3 68)"
lets forward "$request6" text "$(udp fe80::2 546 ff02::1:2 547)"
lets forward "$request6_site" text "$(udp fe80::2 546 ff05::1:3 547)"
lets forward "$answer6" text "$(udp fe80::2 547 fe80::3 546)"
lets forward "ip6 daddr ff02::2 $rs" 133 "$(icmpv6 fe80::2 ff02::2)"
lets forward "ip6 saddr fe80::/10 $ra" 134 "$(icmpv6 fe80::2 ff02::1)"
lets forward "ip6 saddr fe80::/10 $redirect" 137 "$(icmpv6 fe80::2 fe80::3)"
lets forward "ip6 daddr ff02::1:ff00:0/104 $ns" 135 "$(icmpv6 fd44::2 ff02::1:ff00:3)"
lets forward "ip6 daddr fe80::/10 $ns" 135 "$(icmpv6 fd44::2 fe80::3)"
lets forward "ip6 saddr fe80::/10 $ns" 135 "$(icmpv6 fe80::2 fd44::3)"
lets forward "$na" 136 "$(icmpv6 fd44::2 fd44::3)"
other=$na
lets forward "ip6 daddr fe80::/10 $na" 136 "$(icmpv6 fd44::2 fe80::3)"
other=

# As if of excluded programs: the connections to port 7
on "$box" nft -f - <<-END
	table inet excluded {
		chain out {
			type filter hook output priority mangle;
			udp dport 7 ct mark set 0xf41
		}
		chain in {
			type filter hook prerouting priority mangle;
			udp dport 7 ct mark set 0xf41
		}
	}
END
excluded='ct mark 0x00000f41 accept'
from=$box at=$here hook=prerouting
lets output "$excluded" text UDP4:192.168.44.2:7 "udp dport 7"
from=$here at=$box hook=input
lets input "$excluded" text UDP4:192.168.44.83:7 "udp dport 7"
from=$here at=$there hook=prerouting
lets forward "$excluded" text UDP4:192.168.44.3:7 "udp dport 7"

done_testing
