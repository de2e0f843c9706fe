#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# record.sh - print seeds for the netlink targets, as the real kernel answers:
# lines "NAME/FUNCTION HEX"; "make fuzz-seeds" runs this in a virtual machine
# and writes tests/fuzz/corpus.

. "$(dirname "$0")/../lib.sh"

need_module
cd "$tmp"
umask 077

# tunnel BACKEND: wg0, the first device of a new namespace
tunnel() {
	new_ns seed
	cat >wg0.conf <<-END
		[Interface]
		PrivateKey = $(wg genkey)
		Address = 10.2.0.2/32, fd00::2/128
		MTU = 1420
		#wgmark Backend = $1
		[Peer]
		PublicKey = $(wg genkey | wg pubkey)
		AllowedIPs = 0.0.0.0/0, ::/0
		Endpoint = 192.0.2.1:51820
		PersistentKeepalive = 25
		[Peer]
		PublicKey = $(wg genkey | wg pubkey)
		AllowedIPs = 10.2.0.3/32, fd00::3/128
		Endpoint = [2001:db8::1]:51820
	END
	on "$seed" "$wgmarkctl" up ./wg0.conf >output 2>&1 || diag "$(cat output)"
	on "$seed" ip route add default dev wg0 metric 5
}

tunnel nft
on "$seed" "$top"/build/tools/record-nft
on "$seed" "$top"/build/tools/record-ruleset
tunnel kmod
for name in nlsock rtnl kmod wg; do
	on "$seed" "$top/build/tools/record-$name"
done
check "the tunnel is the first device" test "$(on "$seed" cat /sys/class/net/wg0/ifindex)" = 2
done_testing
