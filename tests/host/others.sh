#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Full tunnels that the real systemd-networkd, NetworkManager and wg-quick set up on this
# machine: what explain and doctor say of each is what packets do there.

. "$(dirname "$0")/../lib.sh"

need_root
for file in /etc/systemd/system/guest.service /usr/sbin/NetworkManager; do
	[ -e $file ] || skip_all "no $file: only on the machine of tests/vm/host.sh"
done
umask 077
networkd=/etc/systemd/network
cleanup() {
	systemctl stop NetworkManager
	rm -f $networkd/wg0.netdev $networkd/wg0.network /etc/NetworkManager/system-connections/wg0
	ip link delete wg0
	ip link delete lan
} 2>/dev/null

. "$top/tests/host/server.sh"
# The server's address is beyond a router, and so has only a default route
ip -n "$server" address add 192.0.2.1/32 dev internet
ip route add default via 203.0.113.1 dev lan metric 1
sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.all.src_valid_mark=0
for conf in /proc/sys/net/ipv6/conf/en*; do
	echo 1 >"$conf/disable_ipv6"
done

rp_filter() {
	sysctl -q net.ipv4.conf.lan.rp_filter="$1"
}

# answers SECONDS: does somebody in the internet
answers() {
	ping -n -q -c 1 -W "$1" 198.51.100.1
}

# explained TEXT NAME: what explain says of the way there has it
explained() {
	"$wgmarkctl" explain wg0 --to 198.51.100.1 >"$tmp/explained" 2>&1 || :
	case $(tr -s '\n ' ' ' <"$tmp/explained") in
	*"$1"*) ok "$2: explain says so" ;;
	*)
		not_ok "$2: explain says so"
		diag "$(cat "$tmp/explained")"
		;;
	esac
}

# carries NAME, is_lost REASON NAME
carries() {
	explained "198.51.100.1 leaves through wg0 to peer $(cat "$tmp/server.pub") at 192.0.2.1:51820, by lan. " "$1"
	check "$1: there is an answer" answers 8
}

is_lost() {
	explained "$1" "$2"
	check_fails "$2: there is no answer" answers 2
}

# finds EXPECTED NAME: "SEVERITY CHECK" of doctor's findings about wg0
finds() {
	"$wgmarkctl" doctor --json >"$tmp/doctor" 2>&1 || :
	check "$2: doctor speaks JSON" jq -es 'map(type) == ["array"]' "$tmp/doctor"
	is "$(jq -r '.[] | select(.interface == "wg0") | [.severity, .check] | join(" ")' "$tmp/doctor")" \
		"$1" "$2: what doctor finds"
}

# --- systemd-networkd: systemd.netdev(5), systemd.network(5) -----------------------------

cat >$networkd/wg0.netdev <<-END
	[NetDev]
	Name=wg0
	Kind=wireguard
	[WireGuard]
	PrivateKey=$(cat "$tmp/client.key")
	FirewallMark=0x8888
	[WireGuardPeer]
	PublicKey=$(cat "$tmp/server.pub")
	AllowedIPs=0.0.0.0/0
	Endpoint=192.0.2.1:51820
END
cat >$networkd/wg0.network <<-END
	[Match]
	Name=wg0
	[Network]
	Address=10.2.0.2/32
	DNS=10.2.0.1
	Domains=~.
	[RoutingPolicyRule]
	FirewallMark=0x8888
	InvertRule=yes
	Table=1000
	Priority=10
	[Route]
	Destination=0.0.0.0/0
	Table=1000
	Scope=link
END
chgrp systemd-network $networkd/wg0.*
chmod 640 $networkd/wg0.*
rp_filter 2
networkctl reload
check "networkd: the tunnel is up" /lib/systemd/systemd-networkd-wait-online -i wg0 --timeout=60
carries networkd
finds "" networkd
rp_filter 1
is_lost "reverse path check of lan" "networkd, rp_filter strict"
finds "error rp_filter" "networkd, rp_filter strict"
rp_filter 2
rm $networkd/wg0.*
networkctl reload
networkctl delete wg0
check "networkd: its rules go" wait_for 10 sh -c '! ip rule | grep 0x8888'

# --- NetworkManager: nm-settings-keyfile(5) -----------------------------------------------

cat >/etc/NetworkManager/system-connections/wg0 <<-END
	[connection]
	id=wg0
	type=wireguard
	interface-name=wg0
	autoconnect=false
	[wireguard]
	private-key=$(cat "$tmp/client.key")
	[wireguard-peer.$(cat "$tmp/server.pub")]
	endpoint=192.0.2.1:51820
	allowed-ips=0.0.0.0/0;
	[ipv4]
	method=manual
	address1=10.2.0.2/32
	dns=10.2.0.1;
	dns-search=~;
	[ipv6]
	method=disabled
END
check "NetworkManager: it starts" systemctl start NetworkManager
check "NetworkManager: the tunnel is up" nmcli --wait 60 connection up wg0
carries NetworkManager
# rules without a protocol, on a machine that networkd manages
finds "warning networkd" NetworkManager
rp_filter 1
is_lost "reverse path check of lan" "NetworkManager, rp_filter strict"
rp_filter 2
check "NetworkManager: down" nmcli connection down wg0
check "NetworkManager: it stops" systemctl stop NetworkManager
rm /etc/NetworkManager/system-connections/wg0

# --- wg-quick -----------------------------------------------------------------------------

mkdir -p /etc/wireguard
client_conf_with 4 0.0.0.0/0 | sed 's/, fd02::2.*//; s/203.0.113.1/192.0.2.1/' >/etc/wireguard/wg0.conf
rp_filter 1
check "wg-quick: up" wg-quick up wg0
carries wg-quick
finds "warning networkd" wg-quick
systemctl restart systemd-networkd
check "wg-quick: networkd, started again, removes its rules, as doctor said" \
	wait_for 60 sh -c '! ip rule | grep 0xca6c'
explained "198.51.100.1 leaves by lan" "wg-quick without its rules"
check "wg-quick without its rules: and it does, past the tunnel" answers 8
wg-quick down wg0 >"$tmp/output" 2>&1 || :
rm /etc/wireguard/wg0.conf

done_testing
