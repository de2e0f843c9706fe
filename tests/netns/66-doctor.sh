#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wgmarkctl doctor is silent on a healthy machine, and finds what is wrong with a
# tunnel and its way: each on a machine that has just that. What becomes of the answers is
# in 69-doctor-answers.sh.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/doctor.sh"

need_module
topo_up

# --- healthy ------------------------------------------------------------------------

finds "silent without a tunnel" ""
for backend in kmod nft; do
	for outer in 4 6; do
		client_up $backend $outer
		handshake
		finds "silent on a healthy full tunnel ($backend, outer IPv$outer)" ""
		is "$status" 0 "with status 0 ($backend, outer IPv$outer)"
		client_down
	done
done
client_conf_with 4 "198.51.100.0/24" "#wgmark Backend = kmod" >"$tmp/wg0.conf"
chmod 600 "$tmp/wg0.conf"
on "$client" "$wgmarkctl" up "$tmp/wg0.conf" 2>/dev/null
handshake
finds "and on one that is not full" "" 'echo nameserver 192.168.44.1 >/etc/resolv.conf'
client_down

# --- the way of the packets -----------------------------------------------------------

client_up kmod 4
handshake
ip -n "$client" rule add priority 100 lookup main
finds "a rule of somebody else that comes first" "error rule-order wg0
warning dns "
is "$status" 6 "has status 6"
says "it is named" rule-order "priority 100: from all lookup main; so packets leave by lan"
ip -n "$client" rule del priority 100
ip -n "$client" -6 rule add priority 101 unreachable
finds "a rule of IPv6 that refuses" "error rule-order wg0"
says "it is named, and what it does" rule-order "priority 101: from all unreachable; so packets are refused"
ip -n "$client" -6 rule del priority 101
ip -n "$client" route add 1.1.1.1 via 192.168.44.1
finds "a route to one address alone is none" ""
ip -n "$client" route del 1.1.1.1
ip -n "$client" rule add priority 102 uidrange 0-0 to 203.0.113.1 unreachable
finds_also "a rule for root, which WireGuard's own packets meet" "error endpoint wg0"
ip -n "$client" rule del priority 102

finds "a name server outside of the tunnel" "warning dns " 'echo nameserver 192.168.44.1 >/etc/resolv.conf'
says "is named" dns "/etc/resolv.conf: 192.168.44.1; ip route get 192.168.44.1: dev lan"
finds "one of this machine is none" "" 'echo nameserver 127.0.0.1 >/etc/resolv.conf'
ip -n "$client" -batch - <<-EOF
	route add 100.100.100.100 via 192.168.44.1
	route add fd7a:115c:a1e0::53 via fd44::1
EOF
finds "nor is Tailscale's" "" 'printf "nameserver %s\n" 100.100.100.100 fd7a:115c:a1e0::53 >/etc/resolv.conf'
ip -n "$client" -batch - <<-EOF
	route del 100.100.100.100 via 192.168.44.1
	route del fd7a:115c:a1e0::53 via fd44::1
EOF
resolved='echo nameserver 127.0.0.53 >/etc/resolv.conf
	mkdir -p /run/systemd/resolve/netif
	echo nameserver 192.168.44.1 >/run/systemd/resolve/resolv.conf'
finds "and of systemd-resolved" "warning dns " "$resolved"
wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
finds "not where that asks those of the tunnel for all names" "" "$resolved
	printf 'SERVERS=10.2.0.1\nDOMAINS=lan ~.\n' >/run/systemd/resolve/netif/$wg0"
finds "but where these are outside of it" "warning dns " "$resolved
	printf 'SERVERS=192.168.44.3\nDOMAINS=~.\n' >/run/systemd/resolve/netif/$wg0"
says "which are named" dns "/run/systemd/resolve/netif/: 192.168.44.3; ip route get 192.168.44.3: dev lan"
finds "and where it asks those of the tunnel for some names" "warning dns " "$resolved
	printf 'SERVERS=10.2.0.1\nDOMAINS=lan\n' >/run/systemd/resolve/netif/$wg0"
# link SERVERS DOMAINS ROUTE-DOMAINS: a line of networkd's state of wg0 for each
link() {
	echo "$resolved
		mkdir -p /run/systemd/netif/links
		printf 'ADMIN_STATE=configured\nDNS=$1\nDNSSEC=no\nDOMAINS=$2\nROUTE_DOMAINS=$3\n' \
			>/run/systemd/netif/links/$wg0"
}
finds "likewise of systemd-networkd: those of the tunnel for all names" "" "$(link 10.2.0.1 lan .)"
finds "for some names" "warning dns " "$(link 10.2.0.1 lan corp)"
says "the others go elsewhere" dns "/run/systemd/resolve/resolv.conf: 192.168.44.1;"
finds "for all names, outside of the tunnel" "warning dns " "$(link 192.168.44.3 '' '. corp')"
says "which it named" dns "/run/systemd/netif/links/: 192.168.44.3; ip route get 192.168.44.3: dev lan"

ip -n "$client" route del default
finds_also "no way to the endpoint" "error endpoint wg0"
says "says what the kernel says" endpoint "203.0.113.1 mark 0xca6c: Network is unreachable"
ip -n "$client" route add default via 192.168.44.1

on "$client" wg set wg0 fwmark 0x1234
finds_also "a mark that only WireGuard has" "error backend wg0"
finds_also "which lets its packets into the tunnel itself" "error endpoint wg0"
says "and that is said" endpoint "leads into the tunnel itself"
on "$client" wg set wg0 fwmark 51820
finds "all of that is gone when the mark is back" ""

endpoint=$(on "$client" wg show wg0 endpoints)
on "$client" wg set wg0 peer "${endpoint%%	*}" endpoint 127.0.0.1:51999
findings >"$tmp/findings"
check_fails "the answers of an endpoint here are not dropped" grep rp_filter "$tmp/findings"
on "$client" wg set wg0 peer "${endpoint%%	*}" endpoint "${endpoint##*	}"
client_down

# --- MTU ----------------------------------------------------------------------------------

client_up kmod 4
handshake
ip -n "$client" link set wg0 mtu 1441
finds "an MTU that does not fit into the way" "warning mtu wg0"
says "with the one that does" mtu "ip link set wg0 mtu 1440"
ip -n "$client" link set wg0 mtu 1440
finds "that one does" ""
ip -n "$client" link set wg0 mtu 1279
finds_also "an MTU that IPv6 cannot work with" "error mtu wg0"
client_down
client_up kmod 6
handshake
ip -n "$client" link set wg0 mtu 1421
finds "an MTU that does not fit into the way over IPv6" "warning mtu wg0"
client_down

# --- one family, no family, two tunnels --------------------------------------------------

# up_with ALLOWED-IPS [LINE...]
up_with() {
	_ips=$1
	shift
	client_conf_with 4 "$_ips" "#wgmark Backend = kmod" "$@" >"$tmp/wg0.conf"
	on "$client" "$wgmarkctl" up "$tmp/wg0.conf" 2>/dev/null
}
up_with 0.0.0.0/0
handshake
finds "a full tunnel of IPv4 alone" "warning other-family wg0"
says "by what IPv6 leaks" other-family "ip route get 2606:4700:4700::1111: dev lan"
on "$client" nft -f - <<-EOF
	table inet killswitch {
		chain output {
			type filter hook output priority filter; policy drop;
			oifname "lo" accept
			oifname "wg0" accept
			meta mark 0xca6c accept
		}
	}
EOF
finds "not where rules of nft drop what leaks" ""
check_fails "and nothing leaks" ping_through "$client" 2001:db8:113::1 1
on "$client" nft add rule inet killswitch output tcp dport 22 accept
finds "but where some of it may pass" "warning other-family wg0"
on "$client" nft -f - <<-EOF
	flush chain inet killswitch output
	add rule inet killswitch output oifname "wg0" accept
	add rule inet killswitch output meta mark 0xca6c accept
	add rule inet killswitch output meta skuid 1000 accept
EOF
finds "and where that cannot be told" "warning other-family wg0"
on "$client" nft delete table inet killswitch
client_down
up_with 0.0.0.0/0 "#wgmark LeakGuard = yes"
handshake
finds "not with LeakGuard" ""
client_down
up_with ::/0
wait_for 20 ping_through "$client" 2001:db8:100::1 2
finds_also "a full tunnel of IPv6 alone" "warning other-family wg0"
says "by what IPv4 leaks" other-family "ip route get 1.1.1.1: dev lan"
says "and what to do" other-family "add 0.0.0.0/0 to AllowedIPs"
client_down
up_with "0.0.0.0/1, 128.0.0.0/1"
finds_also "halves of everything, which take the endpoint along" "error endpoint wg0"
ip -n "$client" -batch - <<-EOF
	route add 203.0.113.1 via 192.168.44.1
	route del 0.0.0.0/1 dev wg0
EOF
handshake
finds "one of which is gone, and the other router has it" "error half wg0
warning other-family wg0
warning guard wg0
warning dns "
says "which" half "table 254 has a route to 128.0.0.0/1 by it, and none to 0.0.0.0/1, which leaves by lan"
on "$client" sh -c "$(jq -r '.[0].remedy' "$tmp/doctor" | sed 's/.* or //')"
finds "and its remedy helps" "warning other-family wg0
warning guard wg0"
ip -n "$client" route del 128.0.0.0/1 dev wg0
finds_also "the other one" "error half wg0"
says "which" half "none to 128.0.0.0/1, which leaves by lan"
check "reload" on "$client" "$wgmarkctl" reload "$tmp/wg0.conf"
finds "helps as well" "warning other-family wg0
warning guard wg0"
ip -n "$client" -batch - <<-EOF
	route del 0.0.0.0/1 dev wg0
	route add 0.0.0.0/1 via 192.168.44.3
EOF
finds "not where another route is meant to be there" "warning other-family wg0
warning guard wg0
warning dns "
ip -n "$client" -batch - <<-EOF
	route del default via 192.168.44.1
	route del 0.0.0.0/1 via 192.168.44.3
EOF
finds_also "one of which is gone, and nothing else leads there" "error rule-order wg0"
says "that is said" rule-order "no rule applies; so packets are refused: Network is unreachable"
ip -n "$client" -batch - <<-EOF
	route add default via 192.168.44.1
	route del 203.0.113.1 via 192.168.44.1
EOF
client_down

client_up kmod 4
handshake
sed 's/10\.2\.0\.2/10.3.0.2/; s/fd02::2/fd03::2/; s/203\.0\.113\.1:51820/203.0.113.7:51820/' \
	"$tmp/wg0.conf" >"$tmp/wg1.conf"
chmod 600 "$tmp/wg1.conf"
on "$client" "$wgmarkctl" up "$tmp/wg1.conf" 2>/dev/null
finds_also "a full tunnel inside of another one" "warning nested wg1"
says "which one" nested "inside of the full tunnel wg0"
check "a tunnel can be named" on "$client" "$wgmarkctl" doctor --json wg0
is "$(jq -r '.[] | select(.check == "nested").interface' "$tmp/output")" "" "and it is no fault of the outer one"
on "$client" "$wgmarkctl" down wg1 2>/dev/null
finds "gone with it" ""

client_down

# --- handshakes ----------------------------------------------------------------------------

# of IPv4 alone: that of IPv6 sends something (MLD) by itself
up_with 0.0.0.0/0 "#wgmark LeakGuard = yes"
handshake
ip -n "$server" link set wg0 down
if [ "$top" = /wgmark ]; then
	# later, on this virtual machine
	now=$(date +%s)
	date -s "@$((now + 300))" >/dev/null
	finds "an old handshake, where nothing is sent, is none" ""
	on "$client" ping -q -i 0.5 198.51.100.1 >/dev/null 2>&1 &
	finds "an old handshake, and packets are sent" "error handshake wg0"
	says "is said" handshake "seconds ago, though packets are sent"
	kill $!
	wait
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" persistent-keepalive 60
	finds "an old handshake, and a keepalive" "error handshake wg0"
	says "too" handshake "seconds ago, though there is a keepalive"
	on "$client" wg set wg0 peer "$(wg genkey | wg pubkey)" allowed-ips 10.9.0.0/24
	finds "of a peer with the default route it is an error, whoever else there is" "error handshake wg0"
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" allowed-ips 198.51.100.0/24
	finds "of one of several without that it is a note" "note handshake wg0"
	is "$status" 0 "with status 0"
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" persistent-keepalive off
	on "$client" ping -q -i 0.5 198.51.100.1 >/dev/null 2>&1 &
	finds "so it is where packets are sent" "note handshake wg0"
	says "which is said" handshake "seconds ago, though packets are sent"
	kill $!
	wait
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" persistent-keepalive 60 allowed-ips 0.0.0.0/0
	date -s "@$((now + 200))" >/dev/null
	finds "not while the next one may still come" ""
	date -s "@$((now + 20))" >/dev/null
else
	skip "an old handshake" "only where the clock can be set"
fi
client_down
up_with 0.0.0.0/0 "#wgmark LeakGuard = yes"
finds "no handshake where nothing was sent is none" ""
ping_through "$client" 198.51.100.1 0.1 >/dev/null || :
findings >"$tmp/findings"
# five seconds later the next one begins
if [ "$(on "$client" wg show wg0 transfer | cut -f 3)" -eq 148 ]; then
	is "$(cat "$tmp/findings")" "" "nor is one that has just begun"
else
	skip "nor is one that has just begun" "this machine is too slow"
fi
ping_through "$client" 198.51.100.1 7 >/dev/null || :
finds "a peer that never answered" "error handshake wg0"
says "is named" handshake "$(cat "$tmp/server.pub")"
on "$client" wg set wg0 peer "$(wg genkey | wg pubkey)" allowed-ips 10.9.0.0/24
finds "one of two too, as it has the default route" "error handshake wg0"
on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" allowed-ips 198.51.100.0/24
finds "but without that it may be away" "note handshake wg0"
on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" allowed-ips 0.0.0.0/0
ip -n "$server" link set wg0 up
handshake
finds "until it does" ""

# --- how it is said -------------------------------------------------------------------------

doctor :
is "$status $(cat "$tmp/doctor")" "0 Nothing was found." "in words, on a healthy machine"
doctor 'echo nameserver 192.168.44.1 >/etc/resolv.conf'
is "$status $(cat "$tmp/doctor")" "6 warning: names are asked for outside of the tunnel
  seen: /etc/resolv.conf: 192.168.44.1; ip route get 192.168.44.1: dev lan
  do:   write DNS = SERVER into the file of wg0, a server that the tunnel leads to; then wgmarkctl reload wg0" \
	"in words, with evidence and remedy"
doctor : lan
is "$status $(cat "$tmp/doctor")" "4 wgmarkctl: \`lan' is not a WireGuard interface" "another interface"
client_down
doctor :
is "$status $(cat "$tmp/doctor")" "0 The kernel has no WireGuard interface." "no interface"
done_testing
