#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wgmarkctl doctor finds what others on the machine do to a tunnel: their tables, network
# managers, a full table of connections, and another module or none. Their marks are
# 69-doctor-marks.sh's.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/doctor.sh"

need_module
topo_up

# --- other tools for the same interface -------------------------------------------------

client_up kmod 4
handshake
finds "silent before" ""
on "$client" nft -f - <<-EOF
	table ip6 wg-quick-wg0 {
		chain premangle {
			type filter hook prerouting priority mangle
			meta l4proto udp meta mark set ct mark
		}
	}
	table ip wg-quick-wg0 {
		chain preraw {
			type filter hook prerouting priority raw
			iifname != "wg0" ip daddr 10.2.0.2 fib saddr type != local drop
		}
		chain premangle {
			type filter hook prerouting priority mangle
			meta l4proto udp meta mark set ct mark
		}
		chain postmangle {
			type filter hook postrouting priority mangle
			meta l4proto udp meta mark 51820 ct mark set mark
		}
	}
EOF
finds "rules of wg-quick beside the module's" "warning tables wg0
warning tables wg0"
says "what to do" tables "nft delete table ip wg-quick-wg0"
says "what to do about those of IPv6" tables "nft delete table ip6 wg-quick-wg0"
on "$client" nft delete table ip6 wg-quick-wg0
on "$client" nft delete table ip wg-quick-wg0
on "$client" nft -f - <<-EOF
	table ip wg-quick-wg0 {
		flags dormant
		chain premangle {
			type filter hook prerouting priority mangle
			meta l4proto udp meta mark set ct mark
		}
	}
EOF
finds "but not of a table that is dormant" ""
on "$client" nft delete table ip wg-quick-wg0
on "$client" nft -f "$top/tests/golden/ruleset-networkmanager.nft"
finds_also "rules of NetworkManager beside the module's" "warning tables wg0"
says "what to do" tables "nm-wg-wg0"
on "$client" nft delete table ip nm-wg-wg0

networkd='mkdir -p /run/systemd/netif/links /etc/systemd/networkd.conf.d
	: >/run/systemd/netif/state'
finds "systemd-networkd leaves wgmarkctl's rules alone" "" "$networkd"
nm='mkdir -p /run/NetworkManager /etc/NetworkManager/system-connections
	cd /etc/NetworkManager/system-connections'
finds "a connection of NetworkManager for the same interface" "warning networkmanager wg0" \
	"$nm; printf '[connection]\ntype=wireguard\ninterface-name=wg0\n' >vpn.nmconnection"
finds "or one until the machine starts again" "warning networkmanager wg0" \
	"$nm; mkdir /run/NetworkManager/system-connections
	printf '[connection]\ninterface-name=wg0\n' >/run/NetworkManager/system-connections/vpn.nmconnection"
says "what to do" networkmanager "nmcli device set wg0 managed no"
finds "not for another one" "" \
	"$nm; printf '[connection]\ntype=wireguard\ninterface-name=wg1\n' >vpn.nmconnection"
client_down

client_conf_with 4 "" >"$tmp/wg0.conf"
chmod 600 "$tmp/wg0.conf"
on "$client" wg-quick up "$tmp/wg0.conf" >/dev/null 2>&1
handshake
finds "silent on a healthy tunnel of wg-quick" ""
on "$client" nft -f "$top/tests/golden/ruleset-networkmanager.nft"
finds_also "rules of NetworkManager beside those of wg-quick" "warning tables wg0"
says "what to do" tables "nft delete table ip nm-wg-wg0"
on "$client" nft delete table ip nm-wg-wg0
finds "a connection of NetworkManager for the same interface as wg-quick's" "warning networkmanager wg0" \
	"$nm; printf '[connection]\ntype=wireguard\ninterface-name=wg0\n' >vpn.nmconnection"
finds "systemd-networkd removes the rules of wg-quick" "warning networkd wg0" "$networkd"
says "what to do" networkd "ManageForeignRoutingPolicyRules=no"
finds "not where it never ran, though its folder is there" "" "$networkd; rm /run/systemd/netif/state"
has="echo NETWORK_FILE=/etc/systemd/network/wg0.network >/run/systemd/netif/links/$(on "$client" cat /sys/class/net/wg0/ifindex)"
finds "of a link that it has, others' rules too" "warning networkd wg0" "$networkd; $has"
ip -n "$client" rule add priority 32000 not fwmark 51820 lookup 51820 protocol static
finds "but not its own" "" "$networkd; $has"
ip -n "$client" rule del priority 32000
off="printf '[Network]\nManageForeignRoutingPolicyRules = off\n'"
finds "not if it is told to leave them" "" "$networkd; $off >/etc/systemd/networkd.conf"
finds "a drop-in has the last word" "warning networkd wg0" "$networkd; $off >/etc/systemd/networkd.conf
	printf '[Network]\nManageForeignRoutingPolicyRules=yes\n' >/etc/systemd/networkd.conf.d/b.conf
	$off >/etc/systemd/networkd.conf.d/a.conf"
finds "the folder in /etc before that in /run" "" "$networkd; mkdir /run/systemd/networkd.conf.d
	printf '[Network]\nManageForeignRoutingPolicyRules=yes\n' >/run/systemd/networkd.conf.d/b.conf
	$off >/etc/systemd/networkd.conf.d/b.conf"
on "$client" wg-quick down "$tmp/wg0.conf" >/dev/null 2>&1

# --- healthy tunnels that others made -----------------------------------------------------

# full MARK TABLE PRIORITY PROTOCOL: the client's wg0 with these, of the rules PROTOCOL
full() {
	client_wg 4 "0.0.0.0/0, ::/0"
	on "$client" wg set wg0 fwmark "$1"
	for _family in -4 -6; do
		ip -n "$client" $_family -batch - <<-EOF
			route add default dev wg0 table $2
			rule add priority $3 lookup main suppress_prefixlength 0 protocol $4
			rule add priority $(($3 + 1)) not fwmark $1 lookup $2 protocol $4
		EOF
	done
	handshake
}

# full_down PRIORITY
full_down() {
	ip -n "$client" link del wg0
	for _family in -4 -6; do
		ip -n "$client" $_family rule del priority "$1"
		ip -n "$client" $_family rule del priority $(($1 + 1))
	done
}

# explained REGEX WHAT: explain's last sentence on the way to the internet
explained() {
	on "$client" "$wgmarkctl" explain wg0 --to 198.51.100.1 >"$tmp/explained"
	check "$2: explain says so" grep -Ezq "$1" "$tmp/explained"
}

# NetworkManager's get_extra_rules() (nm-device-wireguard.c) names no protocol
sysctl_set "$client" 1 ipv4/conf/all/src_valid_mark
on "$client" nft -f "$top/tests/golden/ruleset-networkmanager.nft"
full 0xcb0a 51978 31264 0
finds "on one of NetworkManager, only that its guard is none" "warning guard wg0" \
	"$nm; printf '[connection]\ntype=wireguard\ninterface-name=wg0\n' >vpn.nmconnection"
explained "gets[[:space:]]the[[:space:]]mark.*leaves through wg0.*by[[:space:]]lan\.[[:space:]]*$" \
	"through one of NetworkManager packets go, and come back"
check "and they do" ping_through "$client" 198.51.100.1
full_down 31264
on "$client" nft delete table ip nm-wg-wg0
sysctl_set "$client" 0 ipv4/conf/all/src_valid_mark

# systemd.network(5): FirewallMark=, InvertRule=, Priority=. Nobody gives marks back, and
# systemd makes rp_filter loose
sysctl_set "$client" 2 ipv4/conf/lan/rp_filter
full 0x8888 1000 9 static
networkd="$networkd
	printf 'NETWORK_FILE=/etc/systemd/network/wg0.network\nDNS=10.2.0.1\nDOMAINS=\nROUTE_DOMAINS=.\n' \
		>/run/systemd/netif/links/$(on "$client" cat /sys/class/net/wg0/ifindex)
	echo nameserver 127.0.0.53 >/etc/resolv.conf
	mkdir -p /run/systemd/resolve
	printf 'nameserver 10.2.0.1\nnameserver 192.168.44.1\n' >/run/systemd/resolve/resolv.conf"
finds "on one of systemd-networkd, only that there is no guard" "warning guard wg0" "$networkd"
explained "by[[:space:]]lan\.[[:space:]]*$" "through one of systemd-networkd packets go, and come back"
check "and they do" ping_through "$client" 198.51.100.1
sysctl_set "$client" 1 ipv4/conf/lan/rp_filter
explained "reverse path check of[[:space:]]lan[[:space:]]drops" "where rp_filter is strict nothing comes back"
finds "and where answers are dropped" "error rp_filter wg0
warning guard wg0" "$networkd"
check_fails "and they are" ping_through "$client" 198.51.100.1 2
says "the remedy is one that helps" rp_filter "sysctl -w net.ipv4.conf.lan.rp_filter=2"
on "$client" sysctl -q -w net.ipv4.conf.lan.rp_filter=2
check "and it does" ping_through "$client" 198.51.100.1
sysctl_set "$client" 1 ipv4/conf/lan/rp_filter
full_down 9

# --- tunnels for some, by somebody's own rules --------------------------------------------

client_conf_with 4 0.0.0.0/0 "Table = 100" >"$tmp/wg0.conf"
chmod 600 "$tmp/wg0.conf"
on "$client" "$wgmarkctl" up "$tmp/wg0.conf" 2>/dev/null
ip -n "$client" rule add from 192.168.50.0/24 lookup 100
lan_dns='echo nameserver 192.168.44.1 >/etc/resolv.conf'
finds "a tunnel for a network behind this machine is no full one" "" "$lan_dns"
ip -n "$client" rule del from 192.168.50.0/24 lookup 100
ip -n "$client" route add default dev wg0 metric 5000
finds "nor is one whose default route is the second" "" "$lan_dns"
ip -n "$client" route del default dev wg0
ip -n "$client" rule add priority 32767 not fwmark 0x1 lookup 100
finds_also "one whose rule comes too late is" "error rule-order wg0" "$lan_dns"
says "and the rule of main stays" rule-order "let the rule of the tunnel's table come first"
ip -n "$client" rule del priority 32767 not fwmark 0x1 lookup 100
ip -n "$client" rule add not fwmark 0/0x10000 lookup 100
finds "one for packets with a bit of the mark is none" "" "$lan_dns"
ip -n "$client" rule del not fwmark 0/0x10000 lookup 100
ip -n "$client" rule add fwmark 0/0x10000 lookup 100
finds_also "one for packets without it is one" "warning other-family wg0"
ip -n "$client" rule del fwmark 0/0x10000 lookup 100
client_down

# --- connections --------------------------------------------------------------------------

client_up kmod 4
handshake
max=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
cleanup() {
	echo "$max" >/proc/sys/net/netfilter/nf_conntrack_max
}
sysctl_set "$client" 600 netfilter/nf_conntrack_udp_timeout
for port in $(seq 1 40); do
	on "$client" bash -c "echo >/dev/udp/192.168.44.1/$((4000 + port))" 2>/dev/null || :
done
count=$(on "$client" cat /proc/sys/net/netfilter/nf_conntrack_count)
check "there are connections" test "$count" -ge 40
echo $((count * 10 / 8)) >/proc/sys/net/netfilter/nf_conntrack_max
finds "silent while there is room" ""
# some may end in the meantime
echo $((count * 100 / 96)) >/proc/sys/net/netfilter/nf_conntrack_max
finds "a table of connections that is nearly full" "warning conntrack "
says "its numbers" conntrack "nf_conntrack_max $((count * 100 / 96))"
finds_also "also without /proc" "warning conntrack " "mount -t tmpfs proc /proc"
# that of the tunnel is enough for this one
handshake
echo 1 >/proc/sys/net/netfilter/nf_conntrack_max
finds "and one that is full" "error conntrack "
cleanup
client_down

# --- the module -----------------------------------------------------------------------------

no_modprobe
if wait_for 10 unload_module; then
	client_up nft 4
	handshake
	finds "no module" "note module "
	is "$status" 0 "is but a note, as nftables do the same"
	# of another version: of struct genl_family the name, 16 bytes, and the number after it
	at=$(od -An -v -tx1 "$module" | tr -d ' \n' |
		awk '{ print (index($0, "77676d61726b0000000000000000000001000000") - 1) / 2 }')
	cp "$module" "$tmp/wgmark.ko"
	printf '\002' | dd of="$tmp/wgmark.ko" bs=1 seek=$((at + 16)) conv=notrunc 2>/dev/null
	insmod "$tmp/wgmark.ko"
	finds "a module of another version" "warning module "
	says "which one" module "version of the netlink family wgmark: 2, and wgmarkctl's: 1"
	unload_module
	insmod "$module"
	finds "silent with that of the same" ""
	client_down
	wait_for 10 unload_module || :
else
	skip "no module, or another one" "others use it"
fi
# hooks of tables that are gone go in the background
if [ -d /sys/module/wgmark ] || ! wait_for 10 without nf_tables; then
	skip "neither module nor nf_tables" "others use them, or they are part of the kernel"
else
	finds "neither module nor nf_tables, without a tunnel" ""
	client_conf_with 4 198.51.100.0/24 >"$tmp/wg0.conf"
	chmod 600 "$tmp/wg0.conf"
	on "$client" "$wgmarkctl" up "$tmp/wg0.conf" 2>/dev/null
	handshake
	finds "with one that has no mark" "note module "
	is "$status" 0 "that is but a note, as all works"
	says "what is missing" module "neither the module wgmark nor nf_tables is there"
	client_down
	modprobe nf_tables
	modprobe_again
	client_up nft 4
	handshake
	on "$client" nft flush ruleset
	if wait_for 10 without nf_tables; then
		finds "with one that has a mark, under strict rp_filter" \
			"$(printf '%s\n' "error module " "error rp_filter wg0" "warning guard wg0")"
		is "$status" 6 "that is an error"
		says "what to do" module "modprobe wgmark"
		check_fails "as nothing comes back" ping_through "$client" 198.51.100.1 2
	else
		skip "neither module nor nf_tables, under strict rp_filter" "nf_tables is in use"
	fi
	client_down
fi
modprobe_again
[ -d /sys/module/wgmark ] || insmod "$module"
done_testing
