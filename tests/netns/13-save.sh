#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "save" writes into the file what the machine has, and leaves the rest of it as
# it is; "strip" prints what wg takes.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
psk=$(wg genpsk)
wg genkey >"$tmp/other.key"
other=$(wg pubkey <"$tmp/other.key")
file=$tmp/wg0.conf

cat >"$file" <<-EOF2
	# top
	[Interface] # me
	PrivateKey = $(cat "$tmp/client.key")
	Address = 10.2.0.2/32 # old
	DNS = 10.2.0.1, corp.example
	MTU = 1380
	#wgmark Backend = nft
	#wgmark Mask = 0xffff

	# the server
	[Peer]
	PublicKey = $(cat "$tmp/server.pub")
	AllowedIPs = 0.0.0.0/0
	Endpoint = 203.0.113.1:51820 # by hand
EOF2
chmod 640 "$file"
check "up" on "$client" "$wgmarkctl" up "$file"
cp "$file" "$tmp/before"

# without a change only the port and the mark, which the kernel chose, are new
check "save" on "$client" "$wgmarkctl" save "$file"
port=$(on "$client" wg show wg0 listen-port)
sed "s/^#wgmark Mask.*/&\nListenPort = $port\nFwMark = 0xca6c/" "$tmp/before" >"$tmp/want"
is "$(cat "$file")" "$(cat "$tmp/want")" "save: the file has all that it had, port and mark"
is "$(stat -c %a "$file")" 600 "save: root alone can read it"
is "$(ls "$tmp"/wg0.conf*)" "$file" "save: no other file is left"
check "save again" on "$client" "$wgmarkctl" save "$file"
is "$(cat "$file")" "$(cat "$tmp/want")" "save again: nothing has changed"

# the machine changes, and a symbolic link stands for the file
mkdir "$tmp/links"
ln -s "$file" "$tmp/links/wg0.conf"
printf '%s\n' "$psk" >"$tmp/psk"
on "$client" wg set wg0 listen-port 5182 peer "$(cat "$tmp/server.pub")" \
	endpoint 203.0.113.1:500 persistent-keepalive 9 preshared-key "$tmp/psk"
on "$client" wg set wg0 peer "$other" allowed-ips 192.0.2.0/24,2001:db8:7::/64
ip -n "$client" address add fd02::2/64 dev wg0
ip -n "$client" link set wg0 mtu 1300
check "save through a link" on "$client" "$wgmarkctl" save "$tmp/links/wg0.conf"
check "save through a link: it stays one" test -L "$tmp/links/wg0.conf"
is "$(cat "$file")" "# top
[Interface] # me
PrivateKey = $(cat "$tmp/client.key")
Address = 10.2.0.2/32 # old
Address = fd02::2/64
DNS = 10.2.0.1, corp.example
MTU = 1300
#wgmark Backend = nft
#wgmark Mask = 0xffff
ListenPort = 5182
FwMark = 0xca6c

# the server
[Peer]
PublicKey = $(cat "$tmp/server.pub")
AllowedIPs = 0.0.0.0/0
Endpoint = 203.0.113.1:500 # by hand
PresharedKey = $psk
PersistentKeepalive = 9

[Peer]
PublicKey = $other
AllowedIPs = 192.0.2.0/24, 2001:db8:7::/64" "save: what the machine has"

# a full disk leaves the file as it was
cp "$file" "$tmp/before"
mkdir "$tmp/small"
mount -t tmpfs -o size=4k,nr_inodes=8 none "$tmp/small"
cleanup() {
	umount "$tmp/small"
}
mkdir "$tmp/small/x"
cp "$file" "$tmp/small/x/wg0.conf"
check_fails "no room" on "$client" "$wgmarkctl" save "$tmp/small/x/wg0.conf"
is "$(grep -v '^\[#\]' "$tmp/output")" \
	"wgmarkctl: cannot write \`$tmp/small/x/wg0.conf': No space left on device" "no room: it says so"
check "no room: the file is as it was" cmp "$tmp/before" "$tmp/small/x/wg0.conf"
is "$(ls "$tmp/small/x")" wg0.conf "no room: nothing else is left"

# what strip prints is for wg, which then changes nothing
on "$client" wg showconf wg0 >"$tmp/conf"
check "strip" "$wgmarkctl" strip "$file"
"$wgmarkctl" strip "$file" >"$tmp/stripped"
check_fails "strip: wg-quick's keys are gone" grep -qE '^(Address|DNS|MTU)' "$tmp/stripped"
check "strip: wg takes it" on "$client" wg syncconf wg0 "$tmp/stripped"
on "$client" wg showconf wg0 >"$tmp/conf2"
check "strip: and nothing has changed" cmp "$tmp/conf" "$tmp/conf2"

check "down" on "$client" "$wgmarkctl" down wg0
check_fails "save of what is down" on "$client" "$wgmarkctl" save "$file"
check "save of what is down: the file is as it was" cmp "$tmp/before" "$file"
check "up from what was saved" on "$client" "$wgmarkctl" up "$file"
is "$(on "$client" wg showconf wg0)" "$(cat "$tmp/conf")" "which is the same tunnel"
check "down again" on "$client" "$wgmarkctl" down wg0
done_testing
