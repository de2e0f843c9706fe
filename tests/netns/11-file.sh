#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every key of the configuration file arrives where it belongs, and "down" takes
# all of it away again.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
psk=$(wg genpsk)
mkdir -p "/etc/netns/$client"
cat >"/etc/netns/$client/hosts" <<-EOF
	203.0.113.1 vpn4.example
	2001:db8:113::1 vpn6.example
EOF
cleanup() {
	rm -r "/etc/netns/$client"
	rmdir /etc/netns 2>/dev/null
}
snapshot_state "$client" >"$tmp/before"

# file INTERFACE-LINES PEER-LINES: what wg0.conf says besides the keys
file() {
	cat >"$tmp/wg0.conf" <<-EOF
		[Interface]
		PrivateKey = $(cat "$tmp/client.key")
		$1
		[Peer]
		PublicKey = $(cat "$tmp/server.pub")
		$2
	EOF
	chmod 600 "$tmp/wg0.conf"
}

up() {
	check "$1: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
	cp "$tmp/output" "$tmp/up"
}

down() {
	check "$1: down" on "$client" "$wgmarkctl" down "$tmp/wg0.conf"
	check_state "$1: all is as it was before" "$client" "$tmp/before"
}

routes() {
	ip -n "$client" -4 route show table all dev wg0 type unicast
	ip -n "$client" -6 route show table all dev wg0 type unicast | grep -v ^fe80
}

# In words of wg, ip and sysctl
file "ListenPort = 5182
FwMark = 0x1234
Address = 10.2.0.2/24,fd02::2/64
Address = 10.2.0.3
MTU = 1300
#wgmark Backend = nft" "PresharedKey = $psk
AllowedIPs = 198.51.100.9/24, 10.2.0.0/24
AllowedIPs = 2001:db8:100::/64
Endpoint = vpn4.example:51820
PersistentKeepalive = 21"
up "each key"
is "$(on "$client" wg show wg0 | sed -n 's/^  *//; /^fwmark\|^listening\|^endpoint\|^allowed\|^persistent/p')" "listening port: 5182
fwmark: 0x1234
endpoint: 203.0.113.1:51820
allowed ips: 198.51.100.0/24, 10.2.0.0/24, 2001:db8:100::/64
persistent keepalive: every 21 seconds" "each key: wg"
is "$(on "$client" wg show wg0 preshared-keys | cut -f 2)" "$psk" "each key: the preshared key"
is "$(on "$client" wg show wg0 private-key)" "$(cat "$tmp/client.key")" "each key: the private key"
is "$(ip -n "$client" -br address show dev wg0 | tr -s ' ' | cut -d ' ' -f 3-)" \
	"10.2.0.2/24 10.2.0.3/32 fd02::2/64 " "each key: addresses"
is "$(on "$client" cat /sys/class/net/wg0/mtu)" 1300 "each key: MTU"
is "$(routes | sed 's/ *proto kernel.*//; s/ *metric.*//; s/ scope link.*//; s/ *$//')" "10.2.0.0/24
198.51.100.0/24
2001:db8:100::/64
fd02::/64" "each key: routes, and none twice"
is "$(ip -n "$client" rule | wc -l)" 3 "each key: a split tunnel has no rules"
down "each key"

file "Address = 10.2.0.2/32, fd02::2/128" "AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = vpn6.example:51820"
up "a name with an IPv6 address"
is "$(on "$client" wg show wg0 endpoints | cut -f 2)" "[2001:db8:113::1]:51820" \
	"a name with an IPv6 address: endpoint"
is "$(on "$client" cat /sys/class/net/wg0/mtu)" 1420 "a name with an IPv6 address: MTU by the route"
is "$(ip -n "$client" -d rule | sed 's/ *$//')" "0:	from all lookup local proto kernel
32764:	from all lookup main suppress_prefixlength 0 proto kernel
32765:	not from all fwmark 0xca6c lookup 51820 proto kernel
32766:	from all lookup main proto kernel
32767:	from all lookup default proto kernel" "full tunnel: rules"
is "$(ip -n "$client" route show table 51820) $(ip -n "$client" -6 route show table 51820 |
	cut -d ' ' -f 1-3)" "default dev wg0 scope link  default dev wg0" "full tunnel: routes"
check "full tunnel: it works" ping_through "$client" 198.51.100.1
check_fails "up twice is refused" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
check "and leaves the tunnel working" ping_through "$client" 2001:db8:100::1
down "full tunnel"

file "Address = 10.2.0.2/32
Table = 77" "AllowedIPs = 0.0.0.0/0, 10.2.0.0/24
Endpoint = 203.0.113.1:51820"
up "a table of one's own"
is "$(ip -n "$client" route show table 77 | sed 's/ *$//')" "default dev wg0 scope link
10.2.0.0/24 dev wg0 scope link" "a table of one's own: all routes are there"
is "$(ip -n "$client" rule | wc -l) $(on "$client" wg show wg0 fwmark)" "3 off" \
	"a table of one's own: no rules and no mark"
down "a table of one's own"

file "Address = 10.2.0.2/32
Table = off" "AllowedIPs = 0.0.0.0/0"
up "no table"
is "$(routes)" "" "no table: no routes"
down "no table"

# What a plan says is what up does, and planning does nothing.
file "Address = 10.2.0.2/32, fd02::2/128
DNS = 10.2.0.1" "AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 203.0.113.1:51820"
on "$client" "$wgmarkctl" up --dry-run "$tmp/wg0.conf" >"$tmp/dry" 2>/dev/null
on "$client" "$wgmarkctl" plan "$tmp/wg0.conf" >"$tmp/plan" 2>/dev/null
check "plan says what up --dry-run says" diff "$tmp/dry" "$tmp/plan"
check_state "and neither changes anything" "$client" "$tmp/before"
up "the plan"
grep '^\[#\]' "$tmp/up" >"$tmp/done"
check "up does what the plan says" diff "$tmp/plan" "$tmp/done"
check "up says that DNS is not set" grep -q "note: DNS is not set" "$tmp/up"
down "the plan"

# wg-quick's table for the same interface is no hindrance, and up says so.
on "$client" nft -f - <<-EOF
	table ip wg-quick-wg0 {
		chain premangle {
			type filter hook prerouting priority mangle
			meta l4proto udp meta mark set ct mark
		}
	}
EOF
up "beside wg-quick's table"
check "beside wg-quick's table: up says so" grep -q "wg-quick-wg0" "$tmp/up"
check "beside wg-quick's table: it works" ping_through "$client" 198.51.100.1
check "beside wg-quick's table: down" on "$client" "$wgmarkctl" down wg0
check "beside wg-quick's table: which is left alone" on "$client" nft list table ip wg-quick-wg0

done_testing
