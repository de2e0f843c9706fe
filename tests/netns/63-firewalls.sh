#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "wgmarkctl explain" beside the firewalls that people have: rules as Docker, ufw, firewalld,
# wg-quick(8)'s kill switch, VPN clients and nft's own manual write them. What it says for
# certain is what packets do.

. "$(dirname "$0")/../lib.sh"

need_module
for tool in jq socat iptables-nft-restore ip6tables-nft-restore; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
topo_up
ip -n "$neighbour" -batch - <<-EOF
	route add 198.51.100.1 via 192.168.44.2
	route add 10.2.0.2 via 192.168.44.2
	route add 2001:db8:100::1 via fd44::2
EOF
sysctl_set "$client" 1 ipv4/ip_forward ipv6/conf/all/forwarding

# Who listens answers with what was said, on any address
servers=
serve() {
	on "$1" socat "$2,fork,reuseaddr" PIPE 2>/dev/null &
	servers="$servers $!"
}
for port in 22 80 8080; do
	for ns in "$client" "$neighbour" "$server"; do
		serve "$ns" "TCP6-LISTEN:$port,ipv6only=0"
	done
done
serve "$server" UDP4-RECVFROM:53,bind=198.51.100.1
serve "$client" UDP4-RECVFROM:53,bind=192.168.44.2
for ns in "$client" "$neighbour" "$server"; do
	wait_for 10 on "$ns" sh -c "ss -Htln | grep -q ':8080 '" || diag "nobody listens"
done
cleanup() {
	# shellcheck disable=SC2086
	kill $servers
	wait
} 2>/dev/null

# ipt OPTION..., ip6t OPTION...: as for iptables(8), which iptables-nft-restore has, too
ipt() {
	_program=${_restore:-iptables-nft-restore} _restore='' _table=filter
	if [ "$1" = -t ]; then
		_table=$2
		shift 2
	fi
	case $1 in
	-P) set -- ":$2 $3 [0:0]" ;;
	-N) set -- ":$2 - [0:0]" ;;
	esac
	printf '%s\n' "*$_table" "$*" COMMIT | on "$client" "$_program" -n
}

ip6t() {
	_restore=ip6tables-nft-restore
	ipt "$@"
}

# Not every kernel has all of these
if ! { ipt -A OUTPUT -p tcp -m multiport --dports 22,80 -m owner --uid-owner 0 -j REJECT &&
	ipt -t raw -A PREROUTING -p udp -j CT --notrack &&
	ipt -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 8080 &&
	ipt -t nat -A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.1:80 &&
	ip6t -A INPUT -m rt --rt-type 0 -m hl --hl-eq 255 -j REJECT; } 2>"$tmp/error"; then
	skip_all "needs more extensions of iptables: $(tail -n 1 "$tmp/error")"
fi
on "$client" nft flush ruleset

nft_rules() {
	on "$client" nft -f -
}

# talks NS PROTOCOL ADDRESS PORT: somebody answers there; the server asks from the internet
talks() {
	_bind=
	[ "$1" != "$server" ] || _bind=",bind=${_inet:-198.51.100.1}"
	case $_bind in
	*:*) _bind=",bind=[${_bind#*=}]" ;;
	esac
	case $2 in
	icmp) ping_through "$1" "$3" 2 ;;
	tcp) [ "$(echo word | on "$1" socat -t 2 -T 2 - "TCP:$3:$4,connect-timeout=2$_bind" 2>/dev/null)" = word ] ;;
	udp) [ "$(echo word | on "$1" socat -t 2 -T 2 - "UDP:$3:$4" 2>/dev/null)" = word ] ;;
	esac
}

# agrees NAME NS PROTOCOL ADDRESS PORT [OPTION...]: what explain says for certain of such a
# packet of NS is what becomes of it; sets $end to its last sentence
agrees() {
	_name=$1 _ns=$2 _proto=$3 _addr=$4 _port=$5
	shift 5
	case $_addr in
	*:*) _local=fd44::2 _beside=fd44::3 ;;
	*) _local=192.168.44.2 _beside=192.168.44.3 ;;
	esac
	[ "$_ns" != "$neighbour" ] || set -- --iif lan --from $_beside "$@"
	[ "$_ns" != "$server" ] || set -- --iif wg0 --from "${_inet:-198.51.100.1}" "$@"
	[ "$_proto" = icmp ] || set -- --sport 40000 --dport "$_port" "$@"
	on "$client" "$wgmarkctl" explain --to "${_addr#\[}" --proto "$_proto" --json "$@" >"$tmp/explained" 2>&1 || :
	end=$(jq -r '.[0].end' "$tmp/explained")
	case $end in
	*"as far as"* | *"or not"*)
		not_ok "$_name: explain is certain"
		on "$client" "$wgmarkctl" explain --to "$_addr" --proto "$_proto" "$@" >"$tmp/explained" 2>&1
		diag "$(cat "$tmp/explained")"
		return
		;;
	esac
	_does=check
	[ "$(jq '.[0].lost' "$tmp/explained")" = false ] || _does=check_fails
	case $_addr in
	*:*) _addr=[$_addr] ;;
	esac
	[ "$_proto" != icmp ] || _addr=$(echo "$_addr" | tr -d '[]')
	$_does "$_name: $end" talks "$_ns" "$_proto" "$_addr" "$_port"
}

# ends REGEX NAME: that was its last sentence
ends() {
	if echo "$end" | grep -Eq -e "$1"; then
		ok "$2"
	else
		not_ok "$2"
		diag "$end"
	fi
}

none() {
	on "$client" nft -f - <<-EOF
		$(on "$client" nft list tables | grep -v wgmark | sed 's/^/delete /')
	EOF
}

client_up kmod 4
check "the tunnel works" ping_through "$client" 198.51.100.1

# --- wg-quick(8)'s own example -----------------------------------------------------------

ipt -I OUTPUT ! -o wg0 -m mark ! --mark 0xca6c -m addrtype ! --dst-type LOCAL -j REJECT
ip6t -I OUTPUT ! -o wg0 -m mark ! --mark 0xca6c -m addrtype ! --dst-type LOCAL -j REJECT
agrees "a kill switch" "$client" tcp 198.51.100.1 80
agrees "a kill switch, past the tunnel" "$client" tcp 192.168.44.3 80
ends "is not reached: a rule of nftables in table filter, chain OUTPUT, has it refused" "which says why"
agrees "a kill switch, past the tunnel, IPv6" "$client" tcp fd44::3 80
none

# --- what Red Hat's had, and others still do ------------------------------------------------

ipt -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
ipt -A INPUT -p icmp -j ACCEPT
ipt -A INPUT -i lo -j ACCEPT
ipt -A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
ipt -A INPUT -j REJECT --reject-with icmp-host-prohibited
ipt -A FORWARD -j REJECT --reject-with icmp-host-prohibited
agrees "a firewall by REJECT" "$neighbour" tcp 192.168.44.2 22
agrees "a firewall by REJECT, another port" "$neighbour" tcp 192.168.44.2 8080
agrees "a firewall by REJECT, ping" "$neighbour" icmp 192.168.44.2 0
agrees "a firewall by REJECT, forwarded" "$neighbour" tcp 198.51.100.1 80
none

# --- Docker: a published port, and the source of containers ----------------------------------

docker() {
	ipt -t nat -N DOCKER
	ipt -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	ipt -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
	ipt -t nat -A POSTROUTING -s 192.168.44.0/24 ! -o lan -j MASQUERADE
	ipt -t nat -A DOCKER ! -i lan -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.168.44.3:80
}
docker
agrees "Docker: a published port" "$server" tcp 10.2.0.2 8080
ends "^10.2.0.2, which NAT makes 192.168.44.3, leaves by lan" "it goes to the container"
agrees "Docker: of a container's own" "$neighbour" tcp 198.51.100.1 80
# and the well-known surprise: ufw does not see it
ipt -P INPUT DROP
ipt -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
ipt -A INPUT -i lo -j ACCEPT
agrees "Docker beside ufw: a published port" "$server" tcp 10.2.0.2 8080
agrees "Docker beside ufw: one that is not" "$server" tcp 10.2.0.2 22
ipt -P FORWARD DROP
agrees "Docker that forwards nothing" "$server" tcp 10.2.0.2 8080
ipt -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
ipt -A FORWARD -d 192.168.44.3/32 ! -i lan -o lan -p tcp -m tcp --dport 80 -j ACCEPT
agrees "Docker that forwards to the container's port" "$server" tcp 10.2.0.2 8080
ipt -P INPUT ACCEPT
ipt -P FORWARD ACCEPT
none

# --- verdicts by name: Docker's own rules of nft, and kube-proxy's ----------------------------

docker_nft() {
	nft_rules <<-EOF
		table ip docker-bridges {
			map filter-forward-in-jumps { type ifname : verdict; elements = { lan : jump in__lan }; }
			map filter-forward-out-jumps { type ifname : verdict; elements = { lan : jump out__lan }; }
			map nat-postrouting-out-jumps { type ifname : verdict; elements = { lan : jump nat-out__lan }; }
			chain filter-FORWARD {
				type filter hook forward priority filter
				oifname vmap @filter-forward-in-jumps
				iifname vmap @filter-forward-out-jumps
			}
			chain nat-POSTROUTING {
				type nat hook postrouting priority srcnat
				iifname vmap @nat-postrouting-out-jumps
			}
			chain nat-PREROUTING {
				type nat hook prerouting priority dstnat
				fib daddr type local counter jump nat-prerouting-and-output
			}
			chain nat-OUTPUT {
				type nat hook output priority -100
				ip daddr != 127.0.0.0/8 fib daddr type local counter jump nat-prerouting-and-output
			}
			chain nat-prerouting-and-output {
				iifname != lan tcp dport 8080 counter dnat to 192.168.44.3:80
				iifname != lan tcp dport 2200 counter dnat to 192.168.44.3:22
			}
			chain in__lan {
				ct state established,related counter accept
				iifname lan counter accept
				ip daddr 192.168.44.3 tcp dport 80 counter accept
				counter drop comment "UNPUBLISHED PORT DROP"
			}
			chain out__lan {
				ct state established,related counter accept
				counter accept comment "OUTGOING"
			}
			chain nat-out__lan { oifname != lan ip saddr 192.168.44.0/24 counter masquerade; }
		}
	EOF
}
docker_nft
agrees "Docker by nft: a published port" "$server" tcp 10.2.0.2 8080
ends "^10.2.0.2, which NAT makes 192.168.44.3, leaves by lan" "it goes to the container"
agrees "Docker by nft: a port that is not" "$server" tcp 10.2.0.2 2200
ends "is not reached: a rule of nftables in table docker-bridges, chain in__lan" "the chain that the map leads to drops it"
agrees "Docker by nft: of a container's own" "$neighbour" tcp 198.51.100.1 80
agrees "Docker by nft: this machine's own" "$client" tcp 198.51.100.1 80
on "$client" nft 'delete element ip docker-bridges filter-forward-in-jumps { lan }'
agrees "Docker by nft: the map has it no more" "$server" tcp 10.2.0.2 2200
none
nft_rules <<-EOF
	table inet kube-proxy {
		map service-ips {
			type ipv4_addr . inet_proto . inet_service : verdict
			elements = {
				203.0.113.80 . tcp . 8000 : goto service,
				203.0.113.80 . tcp . 8001 : goto reject-it,
				203.0.113.81 . udp . 8000 : goto reject-it,
			}
		}
		map firewall-ips {
			type ipv4_addr . inet_service : verdict
			flags interval
			elements = { 198.51.100.0/25 . 80-90 : drop, 198.51.100.128/25 . 22 : drop }
		}
		map by-mark { type mark : verdict; elements = { 0x17 : drop, * : continue }; }
		set ways { type ifname . inet_proto; elements = { lan . tcp, lan . icmp }; }
		set six { type ipv6_addr . inet_service; elements = { 2001:db8:100::1 . 22 }; }
		chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
		chain service { meta l4proto tcp dnat ip to 198.51.100.1:8080; }
		chain reject-it { drop; }
		chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
		chain nat-output { type nat hook output priority -100; jump services; }
		chain forward {
			type filter hook forward priority filter
			ip daddr . tcp dport vmap @firewall-ips
			ip6 daddr . tcp dport @six drop
			iifname . meta l4proto != @ways drop
		}
		chain output {
			type filter hook output priority filter
			meta mark vmap @by-mark
			udp dport 53 meta mark set 0x17 meta mark vmap @by-mark
		}
	}
EOF
agrees "kube-proxy: a service" "$neighbour" tcp 203.0.113.80 8000
ends "^203.0.113.80, which NAT makes 198.51.100.1, leaves through wg0" "it goes where the map says"
agrees "kube-proxy: a service that this machine asks" "$client" tcp 203.0.113.80 8000
agrees "kube-proxy: a service without anybody" "$neighbour" tcp 203.0.113.80 8001
ends "is not reached: a rule of nftables in table kube-proxy, chain reject-it" "it ends where the map says"
agrees "kube-proxy: in a range of the firewall's" "$neighbour" tcp 198.51.100.1 80
agrees "kube-proxy: in none" "$neighbour" tcp 198.51.100.1 22
agrees "kube-proxy: in a set of two fields, IPv6" "$neighbour" tcp 2001:db8:100::1 22
agrees "kube-proxy: not in a set of two fields, IPv6" "$neighbour" tcp 2001:db8:100::1 80
agrees "kube-proxy: not in a set of a device and a protocol" "$neighbour" udp 198.51.100.1 53
ends "is not reached: a rule of nftables in table kube-proxy, chain forward" "which drops it"
agrees "kube-proxy: all else of a map by mark" "$client" tcp 198.51.100.1 80
agrees "kube-proxy: a mark of a map by mark" "$client" udp 198.51.100.1 53
none

# --- a router's own rules, of several fields -------------------------------------------------

nft_rules <<-EOF
	table inet router {
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state vmap { established : accept, related : accept, invalid : drop }
			iifname . oifname . meta l4proto { "lan" . "wg0" . icmp, "lan" . "wg0" . udp, "lan" . "wg0" . 58 } accept
			ip daddr . tcp dport vmap { 198.51.100.0/25 . 70-80 : jump web, 198.51.100.0/24 . 8080 : drop }
			ip6 daddr . tcp dport { 2001:db8:100::1 . 22 } accept
		}
		chain web { iifname . ip saddr { "lan" . 192.168.44.3 } accept; }
		chain post { type nat hook postrouting priority srcnat; oifname "wg0" masquerade; }
	}
EOF
agrees "a router of several fields, TCP" "$neighbour" tcp 198.51.100.1 80
agrees "a router of several fields, a port that is dropped" "$neighbour" tcp 198.51.100.1 8080
agrees "a router of several fields, one that is in no map" "$neighbour" tcp 198.51.100.1 22
agrees "a router of several fields, UDP" "$neighbour" udp 198.51.100.1 53
agrees "a router of several fields, ping" "$neighbour" icmp 198.51.100.1 0
agrees "a router of several fields, IPv6" "$neighbour" tcp 2001:db8:100::1 22
agrees "a router of several fields, IPv6, another port" "$neighbour" tcp 2001:db8:100::1 80
none

# --- ports and destinations, by either program -----------------------------------------------

ipt -t nat -A PREROUTING -i lan -p tcp --dport 80 -j REDIRECT --to-ports 8080
ipt -A FORWARD -j DROP
agrees "a transparent proxy by REDIRECT" "$neighbour" tcp 198.51.100.1 80
agrees "and what it is not for" "$neighbour" tcp 198.51.100.1 22
none
nft_rules <<-EOF
	table inet proxy {
		chain pre { type nat hook prerouting priority dstnat; iifname lan tcp dport 80 redirect to :8080; }
		chain in { type filter hook input priority filter; tcp dport 80 drop; }
		chain forward { type filter hook forward priority filter; policy drop; }
	}
EOF
agrees "a transparent proxy of nft's" "$neighbour" tcp 198.51.100.1 80
agrees "a transparent proxy of nft's, IPv6" "$neighbour" tcp 2001:db8:100::1 80
none
ipt -t nat -A OUTPUT -p udp --dport 53 -j DNAT --to-destination 198.51.100.1
agrees "names are asked of the tunnel" "$client" udp 192.0.2.53 53
ends "^192.0.2.53, which NAT makes 198.51.100.1, leaves through wg0" "whoever was asked"
none
nft_rules <<-EOF
	table inet ports {
		chain pre {
			type nat hook prerouting priority dstnat
			tcp dport 2200 dnat ip to 192.168.44.3:22
			tcp dport 2200 dnat ip6 to [fd44::3]:22
		}
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established,related accept
			ct status dnat accept
		}
	}
EOF
agrees "a port of nft's" "$server" tcp 10.2.0.2 2200
_inet=2001:db8:100::1
agrees "a port of nft's, IPv6" "$server" tcp fd02::2 2200
_inet=
agrees "and what it is not for" "$neighbour" tcp 198.51.100.1 80
none

# --- firewalld ---------------------------------------------------------------------------------

nft_rules <<-EOF
	table inet firewalld {
		ct helper ftp { type "ftp" protocol tcp; }
		chain filter_INPUT {
			type filter hook input priority filter + 10; policy accept
			ct state { established, related } accept
			ct status dnat accept
			iifname lo accept
			ct state invalid drop
			iifname lan goto zone_public
			reject with icmpx admin-prohibited
		}
		chain zone_public {
			tcp dport 21 ct helper set "ftp"
			tcp dport 22 accept
			meta l4proto { 1, 58 } accept
			meta l4proto 50 accept
			reject with icmpx admin-prohibited
		}
	}
EOF
agrees "firewalld, a service" "$neighbour" tcp 192.168.44.2 22
agrees "firewalld, none" "$neighbour" tcp 192.168.44.2 8080
agrees "firewalld, ping" "$neighbour" icmp 192.168.44.2 0
agrees "firewalld, IPv6" "$neighbour" tcp fd44::2 8080
none

# --- ufw's, and what nft's manual has for a workstation -----------------------------------------

ip6t -P INPUT DROP
ip6t -A INPUT -m rt --rt-type 0 -j DROP
ip6t -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
ip6t -A INPUT -p icmpv6 --icmpv6-type neighbour-solicitation -m hl --hl-eq 255 -j ACCEPT
ip6t -A INPUT -p icmpv6 --icmpv6-type neighbour-advertisement -m hl --hl-eq 255 -j ACCEPT
ip6t -A INPUT -p tcp -m multiport --dports 22,80 -j ACCEPT
agrees "ufw, IPv6, ping" "$neighbour" icmp fd44::2 0
agrees "ufw, IPv6, a service" "$neighbour" tcp fd44::2 22
agrees "ufw, IPv6, none" "$neighbour" tcp fd44::2 8080
ip6t -A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT
agrees "ufw, IPv6, ping is let in" "$neighbour" icmp fd44::2 0
ip6t -P INPUT ACCEPT
none
nft_rules <<-EOF
	table inet filter {
		counter in { }
		chain input {
			type filter hook input priority filter; policy drop
			counter name in
			meta nftrace set 0
			tcp flags & (fin | syn | rst | ack) != syn ct state new drop
			ct state vmap { invalid : drop, established : accept, related : accept }
			iif lo accept
			meta protocol ip6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
			icmp type echo-request accept
			ip protocol 2 accept
			meta l4proto { tcp, udp } th dport 53 accept
			tcp flags syn tcp dport 22 accept
		}
	}
EOF
agrees "a workstation, ssh" "$neighbour" tcp 192.168.44.2 22
agrees "a workstation, another port" "$neighbour" tcp 192.168.44.2 80
agrees "a workstation, names" "$neighbour" udp 192.168.44.2 53
agrees "a workstation, ping" "$neighbour" icmp 192.168.44.2 0
agrees "a workstation, ping, IPv6" "$neighbour" icmp fd44::2 0
none

# --- who asks from the internet, past the tunnel ---------------------------------------------

# outside: the server, from its own address
set -- --to 192.168.44.2 --from 203.0.113.1 --iif lan --proto tcp --sport 40000 --dport 22
outside() {
	[ "$(echo word | on "$server" socat -t 2 -T 2 - TCP:192.168.44.2:22,connect-timeout=2 2>/dev/null)" = word ]
}
asked_outside() {
	end=$(on "$client" "$wgmarkctl" explain "$@" --json | jq -r '.[0].end')
}
asked_outside "$@"
ends "is not reached: the reverse path check of lan" "who asks from outside, strict rp_filter: explain has it dropped"
sysctl_set "$client" 2 ipv4/conf/lan/rp_filter
nft_rules <<-EOF
	table inet out {
		counter wg { }
		chain post { type filter hook postrouting priority filter; oifname wg0 ip daddr 203.0.113.1 counter name wg; }
	}
EOF
asked_outside "$@"
ends "is this machine itself: the packet does not leave it, and its reply leaves by wg0, not by lan\.$" \
	"who asks from outside: explain has the reply go into the tunnel"
check_fails "who asks from outside: gets no answer" outside
check "who asks from outside: as it goes into the tunnel" sh -c \
	'ip netns exec "$1" nft list counter inet out wg | grep -q "packets [1-9]"' sh "$client"
# nor does the tunnel take everything
peer=$(on "$client" wg show wg0 peers)
on "$client" wg set wg0 peer "$peer" allowed-ips 0.0.0.0/1
refused() {
	ip -n "$client" -j -s link show wg0 | jq '.[0].stats64.tx.errors'
}
refused_before=$(refused)
asked_outside "$@"
ends "and its reply leaves by wg0, not by lan, but no reply arrives: no peer of wg0 has it in its AllowedIPs\.$" \
	"who asks from outside, of no peer's AllowedIPs: explain says so"
check_fails "of no peer's AllowedIPs: gets no answer" outside
check "of no peer's AllowedIPs: as WireGuard refuses it" [ "$(refused)" -gt "$refused_before" ]
on "$client" wg set wg0 peer "$peer" allowed-ips 0.0.0.0/0,::/0
# as many do it
nft_rules <<-EOF
	table inet out {
		chain pre { type filter hook prerouting priority mangle; iifname lan tcp dport 22 ct mark set 0xca6c; }
		chain route { type route hook output priority mangle; ct mark 0xca6c meta mark set ct mark; }
	}
EOF
asked_outside "$@"
ends "is this machine itself: the packet does not leave it\.$" "with a mark for its replies: explain has them leave as it came"
check "with a mark for its replies: and so they do" outside
nft_rules <<-EOF
	table inet out {
		chain refuse { type filter hook output priority filter; tcp sport 22 drop; }
	}
EOF
asked_outside "$@"
ends "but no reply arrives: a rule of nftables in table out, chain refuse" "a reply that is dropped: explain says so"
check_fails "a reply that is dropped: and it is" outside
sysctl_set "$client" 1 ipv4/conf/lan/rp_filter
none

# --- marks, and what is not tracked -------------------------------------------------------------

ipt -t mangle -A OUTPUT -m owner --uid-owner 0 -p tcp -m multiport --dports 22,80 -j MARK --set-mark 0xca6c
ipt -t nat -A POSTROUTING -o lan -j MASQUERADE
agrees "past the tunnel by program and port" "$client" tcp 203.0.113.1 80
ends "leaves by lan, through no tunnel" "which is said"
agrees "through it by another port" "$client" tcp 198.51.100.1 8080
ends "leaves through wg0" "which is said, too"
none
ipt -t raw -A PREROUTING -p tcp --dport 22 -j CT --notrack
ipt -t raw -A OUTPUT -p tcp --sport 22 -j CT --notrack
ipt -A INPUT -m state --state NEW,ESTABLISHED -j ACCEPT
ipt -A INPUT -p tcp -j DROP
agrees "one that is not tracked" "$neighbour" tcp 192.168.44.2 22
agrees "one that is" "$neighbour" tcp 192.168.44.2 80
none

# What answers a packet that is not tracked is part of no connection
nft_rules <<-EOF
	table inet half {
		chain raw { type filter hook prerouting priority raw; tcp dport 22 notrack; udp dport 53 notrack; }
		chain out {
			type filter hook output priority filter; policy drop
			oifname wg0 accept
			meta mark 0xca6c accept
			meta l4proto 58 accept
			ct state established,related accept
			udp sport 53 ct state new accept
		}
	}
EOF
agrees "one that is not tracked, and its reply" "$neighbour" tcp 192.168.44.2 22
ends "but no reply arrives" "which has no connection"
agrees "one that is, and its reply" "$neighbour" tcp 192.168.44.2 80
agrees "of UDP, a reply may begin one" "$neighbour" udp 192.168.44.2 53
none

# Another port alone is no other way
nft_rules <<-EOF
	table inet port {
		chain m { type filter hook output priority mangle; tcp dport 80 meta mark set 1; }
		chain n { type nat hook output priority -100; ip daddr 192.168.44.3 tcp dport 80 dnat ip to 192.168.44.3:8080; }
	}
EOF
ip -n "$client" rule add fwmark 1 blackhole priority 5
agrees "another port, and a mark that is set too late" "$client" tcp 192.168.44.3 80
ip -n "$client" rule del priority 5
none

# An echo reply of IPv6 is bound to the device that the request came by
ip -n "$client" -6 rule add oif lan blackhole priority 5
agrees "a rule by device, and an echo reply of IPv6" "$neighbour" icmp fd44::2 0
agrees "and TCP" "$neighbour" tcp fd44::2 22
ip -n "$client" -6 rule del priority 5
# and so is every reply to what is of that device alone
link_local=$(on "$neighbour" ip -6 -o address show dev lan scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
end=$(on "$client" "$wgmarkctl" explain --to fd44::2 --from "$link_local" --iif lan --proto tcp --sport 40000 \
	--dport 22 --json | jq -r '.[0].end')
ends "is this machine itself: the packet does not leave it\.$" "a link-local source: its reply leaves as it came"

# What is in a set up to so many a second alone
nft_rules <<-EOF
	table inet seldom {
		set often {
			type ipv4_addr . inet_service
			limit rate over 1000/second
			elements = { 192.168.44.3 . 22 limit rate over 1000/second }
		}
		chain input { type filter hook input priority filter; ip saddr . tcp dport @often drop; }
	}
EOF
on "$client" "$wgmarkctl" explain --to 192.168.44.2 --from 192.168.44.3 --iif lan --proto tcp \
	--sport 40000 --dport 22 >"$tmp/explained" || :
check "an element with a limit: explain does not say what becomes of the packet" \
	grep -q "as far as" "$tmp/explained"
check "an element with a limit: it passes" talks "$neighbour" tcp 192.168.44.2 22
none

# A trap: who asks for a port has the next packet, and this one, dropped
nft_rules <<-EOF
	table inet trap {
		set bad { type ipv4_addr; flags dynamic,timeout; size 100; }
		chain input {
			type filter hook input priority filter
			tcp dport 8080 add @bad { ip saddr timeout 1h30m }
			ip saddr @bad drop
		}
	}
EOF
agrees "a trap, before it" "$neighbour" tcp 192.168.44.2 22
on "$client" "$wgmarkctl" explain --to 192.168.44.2 --from 192.168.44.3 --iif lan --proto tcp \
	--sport 40000 --dport 8080 >"$tmp/explained" || :
check "a trap: explain does not say that the packet in it passes" grep -q "can be$\|as far as" "$tmp/explained"
check_fails "and it does not" talks "$neighbour" tcp 192.168.44.2 8080
agrees "a trap, after it" "$neighbour" tcp 192.168.44.2 22
none
client_down

# Answers to WireGuard by rules of iptables that copy some bits alone
client_up nft 4
on "$client" nft flush ruleset
check_fails "nobody gives marks back" ping_through "$client" 198.51.100.1 2
ipt -t mangle -A PREROUTING -p udp -j CONNMARK --restore-mark --nfmask 0xffff --ctmask 0xffff
ipt -t mangle -A POSTROUTING -p udp -m mark --mark 0xca6c -j CONNMARK --save-mark --nfmask 0xffff --ctmask 0xffff
wait_for 20 ping_through "$client" 198.51.100.1 2 || :
agrees "marks under a mask" "$client" icmp 198.51.100.1 0
none
client_down

done_testing
