#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "wgmarkctl explain" where NAT changes addresses, of what is forwarded and of this machine's
# own: what it says is what packets meet, with the module and with nft's rules.

. "$(dirname "$0")/../lib.sh"

need_module
for tool in jq socat conntrack; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
topo_up
ip -n "$neighbour" -batch - <<-EOF
	route add 198.51.100.1 via 192.168.44.2
	route add 192.0.2.77 via 192.168.44.2
	route add 2001:db8:100::1 via fd44::2
EOF
sysctl_set "$client" 1 ipv4/ip_forward ipv6/conf/all/forwarding
# what the tunnel brings to the server
on "$server" nft -f - <<-EOF
	table inet came {
		counter own { }
		counter other { }
		chain prerouting {
			type filter hook prerouting priority raw
			iifname wg0 ip saddr 10.2.0.2 counter name own
			iifname wg0 ip6 saddr fd02::2 counter name own
			iifname wg0 ip saddr != 10.2.0.2 counter name other
			iifname wg0 ip6 saddr != fd02::2 counter name other
		}
	}
EOF

# explain [OPTION...]
explain() {
	on "$client" "$wgmarkctl" explain "$@"
}

# says REGEX NAME [OPTION...]: the whole text, in one line, matches
says() {
	_regex=$1 _name=$2
	shift 2
	explain "$@" >"$tmp/explained" 2>&1 || diag "explain $*: status $?"
	if tr -s '\n ' ' ' <"$tmp/explained" | grep -Eq -e "$_regex"; then
		ok "$_name"
	else
		not_ok "$_name"
		diag "$(cat "$tmp/explained")"
	fi
}

# nat LINE...: the rules of table "nat", of both families, instead of those before
nat() {
	{
		echo "add table inet nat"
		echo "delete table inet nat"
		echo "table inet nat {"
		printf '%s\n' "$@"
		echo "}"
	} | on "$client" nft -f -
}

# at HOOK PRIORITY RULE: a chain for that
at() {
	_type=filter
	case $2 in
	srcnat | dstnat | -100) _type=nat ;;
	esac
	echo "chain $1-$(echo "$2" | tr -d -) { type $_type hook $1 priority $2; $3; }"
}

# counted NAME: at the server
counted() {
	on "$server" nft reset counter inet came "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# kept: the client sent one that has its source
kept() {
	on "$client" nft list counter inet nat kept | grep -q "packets [1-9]"
}

# came: one packet from the tunnel's own source
came() {
	on "$server" nft list counter inet came own | grep -q "packets 1 "
}

leaves='leaves through wg0 to peer [^ ]* at 203.0.113.1:51820, by lan\. *$'

# masquerade 4|6 BACKEND
masquerade() {
	case $1 in
	4) _to=198.51.100.1 _from=192.168.44.3 _own=10.2.0.2 _ip=ip ;;
	6) _to=2001:db8:100::1 _from=fd44::3 _own=fd02::2 _ip=ip6 ;;
	esac
	_what="masquerade, IPv$1, $2" _out=$(at postrouting srcnat "oifname wg0 masquerade")
	set -- --to $_to --from $_from --iif lan

	nat "$_out"
	says "gets the source $_own \(NAT\)" "$_what: explain has the new source" "$@"
	check "$_what: the reply is for that, then for the neighbour" \
		grep -Eq "A packet from $_to for $_own, with no mark" "$tmp/explained"
	says "its destination is $_from again.* It goes on by lan.*$leaves" "$_what: and arrives" "$@"
	counted own >/dev/null
	counted other >/dev/null
	check "$_what: and it does" ping_through "$neighbour" $_to
	is "$(counted own) $(counted other)" "1 0" "$_what: the server has it from that source"

	nat "$_out" "$(at prerouting raw "iifname wg0 $_ip daddr $_own drop")"
	says "no reply arrives: a rule of nftables in table nat, chain prerouting-raw" \
		"$_what: a rule at raw meets the tunnel's address" "$@"
	check_fails "$_what: it does" ping_through "$neighbour" $_to 1
	nat "$_out" "$(at prerouting raw "iifname wg0 $_ip daddr $_from drop")"
	says "$leaves" "$_what: and not the neighbour's" "$@"
	check "$_what: it does not" ping_through "$neighbour" $_to

	nat "$_out" "$(at forward filter "iifname wg0 $_ip daddr $_from drop")"
	says "no reply arrives: a rule of nftables in table nat, chain forward-filter" \
		"$_what: a rule at forward meets the neighbour's" "$@"
	check_fails "$_what: it does" ping_through "$neighbour" $_to 1
	nat "$_out" "$(at forward filter "iifname wg0 $_ip daddr $_own drop")"
	says "$leaves" "$_what: and not the tunnel's" "$@"
	check "$_what: it does not" ping_through "$neighbour" $_to

	nat "$_out" "$(at postrouting 0 "oifname wg0 $_ip saddr $_own drop")"
	says "$leaves" "$_what: before, it has the neighbour's source" "$@"
	check "$_what: it has" ping_through "$neighbour" $_to
	nat "$_out" "$(at postrouting 200 "oifname wg0 $_ip saddr $_own drop")"
	says "is not reached: a rule of nftables in table nat, chain postrouting-200" \
		"$_what: after, the tunnel's" "$@"
	check_fails "$_what: it has" ping_through "$neighbour" $_to 1
}

for backend in kmod nft; do
	check "$backend: up" client_up $backend 4
	check "$backend: the tunnel works" ping_through "$client" 198.51.100.1
	masquerade 4 $backend
	masquerade 6 $backend

	# What carries it, too: it has that source anyway
	nat "$(at postrouting srcnat "oifname lan masquerade")"
	says "source 192.168.44.2, which it has anyway.*$leaves" "$backend: outer: explain says that nothing changes" \
		--to 198.51.100.1
	check "$backend: outer: and the tunnel works" ping_through "$client" 198.51.100.1

	nat "$(at prerouting dstnat "iifname lan ip daddr 192.0.2.77 dnat ip to 198.51.100.1")" \
		"$(at postrouting srcnat "oifname wg0 snat ip to 10.2.0.2")"
	says "gets the destination 198.51.100.1 \(NAT\).*its source is 192.0.2.77 again.*192.0.2.77, which NAT makes 198.51.100.1, $leaves" \
		"$backend: another destination for the neighbour: explain follows it there and back" \
		--to 192.0.2.77 --from 192.168.44.3 --iif lan
	check "$backend: another destination for the neighbour: there it goes" \
		ping_through "$neighbour" 192.0.2.77

	nat "$(at output -100 "ip daddr 192.0.2.77 dnat ip to 192.168.44.3")"
	says "192.0.2.77, which NAT makes 192.168.44.3, leaves by lan, through no tunnel, but no reply arrives: (the guard of wg0|a rule of nftables in table wgmark-wg0)" \
		"$backend: another destination of this machine's: explain routes it again, and the guard has the reply" \
		--to 192.0.2.77
	check_fails "$backend: another destination of this machine's: it has" \
		ping_through "$client" 192.0.2.77 1
	nat "$(at output -100 "ip daddr 192.0.2.77 dnat ip to 192.168.44.3")" \
		"$(at postrouting srcnat "oifname lan masquerade")"
	says "gets the source 192.168.44.2 \(NAT\).*192.0.2.77, which NAT makes 192.168.44.3, leaves by lan, through no tunnel\. *$" \
		"$backend: another destination, and the source of that device: explain has a reply" --to 192.0.2.77
	check "$backend: another destination, and the source of that device: there is one" \
		ping_through "$client" 192.0.2.77

	# It is routed when it gets its destination, by the mark that it has then
	ip -n "$client" rule add fwmark 5 blackhole priority 5
	nat "$(at output -100 "ip daddr 192.0.2.77 dnat ip to 192.168.44.3")" \
		"$(at output 0 "ip daddr 192.168.44.3 meta mark set 5")" \
		"$(at postrouting srcnat "oifname lan masquerade")"
	says "192.0.2.77, which NAT makes 192.168.44.3, leaves by lan, through no tunnel\. *$" \
		"$backend: a mark that comes later: explain routes by none" --to 192.0.2.77
	check "$backend: a mark that comes later: and so does the kernel" \
		ping_through "$client" 192.0.2.77
	ip -n "$client" rule del priority 5
	# and for nobody
	ip -n "$client" -batch - <<-EOF
		route add default via 192.168.44.3 table 77
		rule add uidrange 1000-1000 lookup 77 priority 6
	EOF
	nat "$(at output -100 "ip daddr 192.0.2.77 dnat ip to 192.0.2.78")" \
		"$(at postrouting 0 "oifname wg0 ip daddr 192.0.2.78 counter")"
	says "192.0.2.77, which NAT makes 192.0.2.78, $leaves" \
		"$backend: a program's rule: explain asks again without it" \
		--to 192.0.2.77 --uid 1000 --from 10.2.0.2
	echo | on "$client" setpriv --reuid 1000 --clear-groups \
		socat -u - UDP4-SENDTO:192.0.2.77:7,bind=10.2.0.2 2>/dev/null || :
	check "$backend: a program's rule: so does the kernel" sh -c \
		'ip netns exec "$1" nft list chain inet nat postrouting-0 | grep -q "packets [1-9]"' sh "$client"
	ip -n "$client" -batch - <<-EOF
		rule del priority 6
		route flush table 77
	EOF
	# A verdict of a map ends its rule
	nat "$(at output filter "ip daddr vmap { 198.51.100.1 : accept, 192.0.2.1 : continue } drop")"
	says "$leaves" "$backend: a map and more: explain has it accepted" --to 198.51.100.1
	check "$backend: a map and more: and it is" ping_through "$client" 198.51.100.1

	nat "counter redirected { }" \
		"$(at output -100 "udp dport 5300 redirect")" \
		"$(at input filter "iif lo ip daddr 127.0.0.1 udp dport 5300 counter name redirected")"
	says "198.51.100.1, which NAT makes 127.0.0.1, is this machine itself" \
		"$backend: redirect: explain has it stay here" --to 198.51.100.1 --proto udp --dport 5300
	echo | on "$client" socat -u - UDP4-SENDTO:198.51.100.1:5300 2>/dev/null || :
	check "$backend: redirect: it does" sh -c \
		'ip netns exec "$1" nft list counter inet nat redirected | grep -q "packets [1-9]"' sh "$client"

	# Of a connection that is there, conntrack says it, not the rules; but without a chain for
	# NAT the kernel does none
	nat "$(at postrouting srcnat "oifname wg0 masquerade")"
	echo | on "$neighbour" socat -u - UDP4-SENDTO:198.51.100.1:7001,sourceport=7000
	nat "$(at postrouting srcnat "oifname lo masquerade")"
	set -- --from 192.168.44.3 --to 198.51.100.1 --iif lan --proto udp --dport 7001
	says "has NAT: it gets the source 10.2.0.2.*its destination is 192.168.44.3 again.*$leaves" \
		"$backend: a connection that is there: explain has its new source" "$@" --sport 7000
	says "with no mark.*for 192.168.44.3" "$backend: another one has none" "$@" --sport 7002
	counted own >/dev/null
	echo | on "$neighbour" socat -u - UDP4-SENDTO:198.51.100.1:7001,sourceport=7000
	check "$backend: a connection that is there: the server has it from that" wait_for 5 came
	nat "$(at postrouting srcnat "oifname lo masquerade")" \
		"$(at forward 110 "ip saddr 10.2.0.2 drop")"
	says "has NAT: it gets the source 10.2.0.2.*$leaves" \
		"$backend: a connection that is there: explain has the old source at forward" "$@" --sport 7000
	counted own >/dev/null
	echo | on "$neighbour" socat -u - UDP4-SENDTO:198.51.100.1:7001,sourceport=7000
	check "$backend: a connection that is there: and so it is" wait_for 5 came
	says "has NAT: it gets the destination 192.168.44.3.*10.2.0.2, which NAT makes 192.168.44.3, leaves by lan" \
		"$backend: a connection that is there: explain has whom a reply is for" \
		--from 198.51.100.1 --to 10.2.0.2 --iif wg0 --proto udp --sport 7001 --dport 7000
	nat "counter kept { }" \
		"$(at postrouting 300 "oifname wg0 ip saddr 192.168.44.3 udp sport 7000 counter name kept")"
	says "with no mark.*for 192.168.44.3" "$backend: without a chain for it explain has no NAT" \
		"$@" --sport 7000
	echo | on "$neighbour" socat -u - UDP4-SENDTO:198.51.100.1:7001,sourceport=7000
	check "$backend: without a chain for it there is none" wait_for 5 kept
	on "$client" conntrack -F >/dev/null 2>&1 || :

	# What cannot be known is said
	ip -n "$client" address add 10.2.0.3/32 dev wg0
	nat "$(at postrouting srcnat "oifname wg0 masquerade")"
	says "another source address \(NAT\).*as far as the rules of nftables can be judged" \
		"$backend: of two addresses explain does not choose one" \
		--to 198.51.100.1 --from 192.168.44.3 --iif lan
	ip -n "$client" address del 10.2.0.3/32 dev wg0
	ip -n "$client" address add 10.2.0.3/32 dev wg0 scope link
	says "gets the source 10.2.0.2 \(NAT\).*$leaves" \
		"$backend: one that is not for everywhere is none" \
		--to 198.51.100.1 --from 192.168.44.3 --iif lan
	counted own >/dev/null
	check "$backend: to the kernel, too" ping_through "$neighbour" 198.51.100.1
	is "$(counted own)" 1 "$backend: as the server sees"
	ip -n "$client" address del 10.2.0.3/32 dev wg0
	nat "$(at postrouting srcnat "masquerade")"
	says "another source address \(NAT\).*as far as the rules of nftables can be judged" \
		"$backend: lo has no address for masquerade" --to 127.0.0.1
	nat "$(at postrouting srcnat "oifname wg0 masquerade fully-random")"
	says "gets the source 10.2.0.2 \(NAT\).*its destination is 192.168.44.3, port 7 again.*$leaves" \
		"$backend: a random port changes nothing else" \
		--to 198.51.100.1 --from 192.168.44.3 --iif lan --proto udp --sport 7 --dport 7
	nat ""
	check "$backend: down" client_down
done

# The rules that OpenWrt's fw4 makes of a zone "lan" and a zone "vpn" with masquerade
fw4() {
	on "$client" nft -f - <<-EOF
		table inet fw4 {
			chain input {
				type filter hook input priority filter; policy drop;
				iifname "lo" accept
				ct state vmap { established : accept, related : accept }
				tcp flags & (fin | syn | rst | ack) == syn jump syn_flood
				iifname "lan" jump accept_from_lan
				jump handle_reject
			}
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state vmap { established : accept, related : accept }
				iifname "lan" jump forward_lan
				iifname "wg0" jump forward_vpn
				jump handle_reject
			}
			chain output {
				type filter hook output priority filter; policy accept;
				oifname "lo" accept
				ct state vmap { established : accept, related : accept }
			}
			chain handle_reject {
				meta l4proto tcp reject with tcp reset
				reject with icmpx port-unreachable
			}
			chain syn_flood {
				limit rate 25/second burst 50 packets return
				drop
			}
			chain accept_from_lan {
				iifname "lan" counter accept
			}
			chain forward_lan {
				jump accept_to_vpn
				jump accept_to_lan
			}
			chain forward_vpn {
				jump reject_to_lan
			}
			chain accept_to_lan {
				oifname "lan" counter accept
			}
			chain accept_to_vpn {
				meta nfproto ipv4 oifname "wg0" ct state invalid counter drop
				oifname "wg0" counter accept
			}
			chain reject_to_lan {
				oifname "lan" counter goto handle_reject
			}
			chain srcnat {
				type nat hook postrouting priority srcnat; policy accept;
				oifname "wg0" jump srcnat_vpn
			}
			chain srcnat_vpn {
				meta nfproto ipv4 masquerade
			}
			chain mangle_forward {
				type filter hook forward priority mangle; policy accept;
				iifname "wg0" tcp flags & (fin | syn | rst) == syn tcp option maxseg size set rt mtu
				oifname "wg0" tcp flags & (fin | syn | rst) == syn tcp option maxseg size set rt mtu
			}
		}
	EOF
}
check "OpenWrt's rules: up" client_up kmod 4
fw4
set -- --to 198.51.100.1 --from 192.168.44.3 --iif lan
for proto in udp icmp; do
	says "gets the source 10.2.0.2 \(NAT\).*chain forward: ct state vmap [^;]*The rule is for this packet: it may pass.*$leaves" \
		"OpenWrt's rules: explain knows them all, $proto" "$@" --proto $proto
done
check "OpenWrt's rules: and they are so" ping_through "$neighbour" 198.51.100.1
on "$client" nft flush chain inet fw4 accept_to_vpn
says "not reached: a rule of nftables in table fw4, chain handle_reject, has it refused\. *$" \
	"OpenWrt's rules: explain says where one that is not from this zone ends" "$@" --proto icmp
check_fails "OpenWrt's rules: and it does" ping_through "$neighbour" 198.51.100.1 1
on "$client" nft delete table inet fw4
check "OpenWrt's rules: down" client_down

done_testing
