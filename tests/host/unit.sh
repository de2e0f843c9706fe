#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The machine itself is the client: a full tunnel brought up by hand, then make
# install, and the same by wgmark@.service, beside systemd-networkd and -resolved.

. "$(dirname "$0")/../lib.sh"

need_root
[ -e /etc/systemd/system/guest.service ] ||
	skip_all "installs wgmark: only on the machine of tests/vm/host.sh"
conf=/etc/wireguard/wg0.conf
umask 077
cleanup() {
	systemctl stop wgmark@wg0
	rm -f $conf
	ip link delete lan
}

. "$top/tests/host/server.sh"
# the last one WireGuard turns off with its first device, and leaves so
sysctl -q net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.lan.rp_filter=1 \
	net.ipv4.conf.all.send_redirects=0

mkdir -p /etc/wireguard
# file LINE...: wg0.conf with LINEs in its [Interface]
file() {
	{
		echo "[Interface]"
		printf '%s\n' "$@"
		client_conf 4 0.0.0.0/0 | sed 's/, fd02::2.*//'
	} >$conf
}

# works NAME: the tunnel does all that it should, and show says so
works() {
	check "$1: the internet answers" ping -n -q -c 1 -W 8 198.51.100.1
	check_fails "$1: who stands outside does not reach it" \
		on "$server" ping -n -q -c 1 -W 1 -I lan 10.2.0.2
	"$wgmarkctl" show wg0 >"$tmp/show"
	check "$1: show: the backend" grep -q 'backend: kmod' "$tmp/show"
	check "$1: show: counted" grep -q 'packets: [1-9].* dropped, [1-9].* restored' "$tmp/show"
	is "$(resolvectl dns wg0 | sed 's/.*: //')" 10.2.0.1 "$1: resolved asks the tunnel's server"
	is "$(tunnel_rules)" "32764: from all lookup main suppress_prefixlength 0 proto kernel
32765: not from all fwmark 0xca6c lookup 51820 proto kernel" "$1: rules"
}

tunnel_rules() {
	ip -4 -d rule | grep -E 'suppress|fwmark' | sed 's/ unicast//; s/:\t/: /; s/ *$//'
}

settled() {
	"$top/tests/snapshot.sh" >"$tmp/now"
	diff -U 1 "$tmp/before" "$tmp/now" >"$tmp/difference"
}

as_before() {
	check "$1: all is as before" wait_for 10 settled
	[ ! -s "$tmp/difference" ] || diag "$(cat "$tmp/difference")"
}

modprobe nf_conntrack
insmod "$module"
"$top/tests/snapshot.sh" >"$tmp/before"
file
check "by hand: up" "$wgmarkctl" up wg0
works "by hand"
check "by hand: down" "$wgmarkctl" down wg0
as_before "by hand"
rmmod wgmark

check "make install" make -C "$top" install
depmod
for f in sbin/wgmarkctl lib/systemd/system/wgmark@.service share/man/man8/wgmarkctl.8 \
	share/bash-completion/completions/wgmarkctl include/linux/wgmark.h; do
	check "installed: $f" test -s /usr/local/$f
done
is "$(modinfo -F filename wgmark | sed 's/.*updates/updates/')" updates/wgmark.ko "installed: the module"
systemctl daemon-reload
check "systemd-analyze verify" systemd-analyze verify --man=no wgmark@wg0.service
is "$(systemd-analyze verify --man=no wgmark@wg0.service 2>&1 | grep wgmark)" "" "it says nothing of the unit"
check "systemd-analyze security: exposure 3.0 at most" \
	systemd-analyze security --no-pager --threshold=30 wgmark@wg0.service

# unit VERB: systemctl VERB wgmark@wg0; why it failed stands in the journal
unit() {
	systemctl "$1" wgmark@wg0 && return
	journalctl --no-pager -o cat -n 30 -u wgmark@wg0
	return 1
}

file "SaveConfig = true" "PreUp = nft add table ip by-hook" \
	"PostUp = ip route add 192.0.2.0/24 dev %i" "PostUp = wg show %i >/tmp/shown" \
	"PreDown = wg set %i listen-port 4711" "PostDown = nft delete table ip by-hook"
check "unit: start" unit start
is "$(systemctl is-active wgmark@wg0)" active "unit: active"
check "unit: it had the module loaded" test -d /sys/module/wgmark
works "unit"
check "unit: PreUp" nft list table ip by-hook
is "$(ip route show 192.0.2.0/24 | sed 's/ *$//')" "192.0.2.0/24 dev wg0 scope link" "unit: PostUp"
check_fails "unit: its /tmp is its own" test -e /tmp/shown

# networkd manages the machine's network, and takes rules that it does not know
# for remains of its own. Only those of protocol kernel are sure to stay.
check "networkd manages this machine's device" sh -c 'networkctl --no-legend | grep "ether .*configured"'
ip rule add fwmark 0x77 table 77
systemctl restart systemd-networkd
check "networkd: restarted, online again" /lib/systemd/systemd-networkd-wait-online --any --timeout=60
check "networkd: a rule without protocol is gone" \
	wait_for 30 sh -c '! ip rule | grep -q 0x77'
works "after networkd"
check "unit: restart" unit restart
works "restarted"

check "unit: stop" unit stop
is "$(systemctl is-active wgmark@wg0)" inactive "unit: inactive"
check "unit: SaveConfig and PreDown" grep -q '^ListenPort = 4711$' $conf
as_before "unit"

file "MTU = none"
check_fails "a wrong file: the unit fails" systemctl start wgmark@wg0
is "$(systemctl is-active wgmark@wg0)" failed "a wrong file: it is known as failed"
check "a wrong file: the journal says why" \
	sh -c 'journalctl -o cat -n 9 -u wgmark@wg0 | grep "MTU"'
as_before "a wrong file"
file
check "and mended: start" unit start
works "mended"
check "and mended: stop" unit stop
as_before "mended"
rmmod wgmark
done_testing
