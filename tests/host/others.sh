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
nm='' bus=''
cleanup() {
	systemctl stop NetworkManager
	kill $nm $bus
	umount $newer/proc $newer/sys $newer/dev
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
# nothing keeps others from its address
finds "warning guard" networkd
rp_filter 1
is_lost "reverse path check of lan" "networkd, rp_filter strict"
# which keeps the neighbours out, too: the way back to them is the tunnel's
finds "error rp_filter" "networkd, rp_filter strict"
rp_filter 2
rm $networkd/wg0.*
networkctl reload
networkctl delete wg0
check "networkd: its rules go" wait_for 10 sh -c '! ip rule | grep 0x8888'

# --- NetworkManager: nm-settings-keyfile(5) -----------------------------------------------

# nm_profile FOLDER
nm_profile() {
	cat >"$1/wg0" <<-END
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
}

nm_profile /etc/NetworkManager/system-connections
check "NetworkManager: it starts" systemctl start NetworkManager
check "NetworkManager: the tunnel is up" nmcli --wait 60 connection up wg0
carries NetworkManager
# rules without a protocol, on a machine that networkd manages
finds "warning guard
warning networkd" NetworkManager
rp_filter 1
is_lost "reverse path check of lan" "NetworkManager, rp_filter strict"
rp_filter 2
check "NetworkManager: down" nmcli connection down wg0
check "NetworkManager: it stops" systemctl stop NetworkManager
rm /etc/NetworkManager/system-connections/wg0

# --- NetworkManager of sid, which has rules of nftables, too ------------------------------

# With a bus of its own; with /sys read only it does not wait for udev
newer=/srv/networkmanager
mount -t proc proc $newer/proc
mount -t sysfs -o ro sysfs $newer/sys
mount --bind /dev $newer/dev
mkdir -p $newer/run/dbus
nm_profile $newer/etc/NetworkManager/system-connections
cp /etc/NetworkManager/conf.d/wg0.conf $newer/etc/NetworkManager/conf.d
chroot $newer dbus-daemon --system --nofork --nopidfile >"$tmp/bus.log" 2>&1 &
bus=$!
wait_for 10 test -S $newer/run/dbus/system_bus_socket
chroot $newer NetworkManager --no-daemon >"$tmp/nm.log" 2>&1 &
nm=$!
version=$(chroot $newer NetworkManager --version)
check "NetworkManager $version: it starts" wait_for 60 chroot $newer nmcli general
check "NetworkManager $version: the tunnel is up" chroot $newer nmcli --wait 60 connection up wg0 ||
	diag "$(cat "$tmp/nm.log")"
carries "NetworkManager $version"
finds "warning guard
warning networkd" "NetworkManager $version"
# its mark is made of the profile's UUID
mark=$(ip rule | sed -n 's/.*not from all fwmark \(0x[0-9a-f]*\) .*/\1/p')
# as_golden FILE: what it says with this mark in place of its own
as_golden() {
	sed "/^#/d; s/0x0000cb0a/0x0000${mark#0x}/" "$top/tests/golden/$1"
}
is "$(nft list ruleset)" "$(as_golden ruleset-networkmanager.nft)" \
	"NetworkManager $version: its rules are those that other tests take for them"
is "$("$wgmarkctl" explain --ruleset)" "$(as_golden ruleset-networkmanager.txt)" \
	"NetworkManager $version: explain --ruleset"
check "NetworkManager $version: its guard does nothing, as that says" \
	on "$server" ping -n -q -c 1 -W 8 -I lan 10.2.0.2
rp_filter 1
is_lost "reverse path check of lan" "NetworkManager $version, rp_filter strict"
finds "error rp_filter
warning guard
warning networkd" "NetworkManager $version, rp_filter strict"
sysctl -q net.ipv4.conf.all.src_valid_mark=1
carries "NetworkManager $version, rp_filter strict, its rules for the mark in use"
finds "warning guard
warning networkd" "NetworkManager $version, rp_filter strict, src_valid_mark"
sysctl -q net.ipv4.conf.all.src_valid_mark=0
rp_filter 2
check "NetworkManager $version: down" chroot $newer nmcli connection down wg0
is "$(nft list ruleset)" "" "NetworkManager $version: its rules go"
kill $nm $bus

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
