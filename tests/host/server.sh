# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# server.sh - for the tests in tests/host: this machine is the client of a server, which has one
# link to it, lan, and the internet behind it. Needs lib.sh, and a cleanup() that deletes lan;
# sets $server, and writes the keys of both, $tmp/client.key and so on.

new_ns server
ip link add lan type veth peer name lan netns "$server"
# without an address that comes by itself, some time
ip -batch - <<-END
	link set lan addrgenmode none
	address add 203.0.113.2/24 dev lan
	link set lan up
END
ip -n "$server" -batch - <<-END
	address add 203.0.113.1/24 dev lan
	link set lan up
	link add internet type dummy
	address add 198.51.100.1/32 dev internet
	link set internet up
	link add wg0 type wireguard
	address add 10.2.0.1/24 dev wg0
	rule add oif lan table 7
	route add 10.2.0.2 via 203.0.113.2 table 7
END
for end in client server; do
	wg genkey >"$tmp/$end.key"
	wg pubkey <"$tmp/$end.key" >"$tmp/$end.pub"
done
on "$server" wg set wg0 private-key "$tmp/server.key" listen-port 51820 \
	peer "$(cat "$tmp/client.pub")" allowed-ips 10.2.0.2/32
ip -n "$server" link set wg0 up
