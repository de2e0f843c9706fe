#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 62-walk.sh [SETUPS [SEED]] - where random packets go over random rules and routes is what
# the walk says, and rules and routes are written as ip(8) does. Without SEED it is
# the one of a run that showed a bug.

. "$(dirname "$0")/../lib.sh"

seed=${2:-419611638}
modprobe -a veth vrf

# Older ones have a few cases of IPv6 and VRFs otherwise; explain says where the kernel does
name="the walk is what the kernel does, seed $seed"
if older_than 6.1; then
	skip "$name" "the walk is that of Linux 6.1 and later"
elif walk-any -n "${1:-1000}" -s "$seed" >"$tmp/out" 2>&1; then
	ok "$name"
else
	not_ok "$name"
fi
[ ! -e "$tmp/out" ] || cat "$tmp/out"

new_ns host
# no addresses that the kernel makes, when it likes
sysctl_set "$host" 1 ipv6/conf/all/addr_gen_mode ipv6/conf/default/addr_gen_mode
ip -n "$host" link add va type veth peer name vb
for dev in lo va vb; do
	ip -n "$host" link set $dev up
done
ip -n "$host" -batch - <<-EOF
	address add 10.0.0.1/24 dev va
	address add fd01::1/64 dev va nodad
	rule add not from 10.0.0.0/8 to 1.2.3.4 iif lo oif va uidrange 5-6 ipproto 17 sport 53 dport 1-100 fwmark 0x1/0xff tos 0x10 lookup main suppress_prefixlength 0 suppress_ifgroup 3
	rule add pref 50 goto 32766
	rule add pref 51 nop
	rule add pref 52 unreachable
	rule add pref 53 from 1.2.3.4 prohibit
	rule add pref 54 from 1.2.3.0/24 blackhole
	rule add pref 55 ipproto 6 dport 443 lookup 77 proto static
	rule add pref 56 l3mdev
	rule add pref 57 fwmark 0 lookup 1836018789
	rule add pref 58 not fwmark 0xca6c lookup default
	route add default via 10.0.0.9 dev va mtu 1400 metric 7
	route add 1.0.0.0/8 nexthop via 10.0.0.3 dev va nexthop via inet6 fe80::1 dev va
	route add throw 2.0.0.0/8 table 77
	route add unreachable default table 78
	route add blackhole 1.1.1.1 tos 0x10 proto static
	route add 3.0.0.0/8 via inet6 fe80::2 dev va src 10.0.0.1 proto dhcp
	nexthop add id 5 via 10.0.0.7 dev va
	route add 4.0.0.0/8 nhid 5
	route add 2001:db8::/32 from fd01::/64 dev va
	route add 2001:db9::/32 nexthop via fe80::1 dev va nexthop via fe80::2 dev va
EOF
ip -n "$host" -6 route add default via fe80::1 dev va pref high proto ra

# Without what ip tells more; it has the names of protocols only with /etc/protocols
{
	ip -n "$host" rule
	ip -n "$host" -6 rule
	ip -n "$host" -4 route show table all
	ip -n "$host" -6 route show table all
} | tr '\t' ' ' | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n *nexthop/ nexthop/g' |
	sed -E -e 's/ table [^ ]+//' -e 's/ weight [0-9]+//g' -e 's/ pref medium//' \
		-e 's/ipproto-17/udp/' -e 's/ipproto-6/tcp/' -e 's/ +/ /g' -e 's/ $//' | sort >"$tmp/ip"
on "$host" walk-any -t | sort >"$tmp/walk"
check "rules and routes are written as ip does" diff "$tmp/ip" "$tmp/walk"

done_testing
