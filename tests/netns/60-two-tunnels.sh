#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Two full tunnels in one namespace, and the same in two namespaces, up and down
# in every order: what remains works, and nothing of the other is left.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up

# The second tunnel of the client leads to the server's wg1. A third namespace
# has tunnels of the same names, marks and addresses.
ip -n "$server" -batch - <<-EOF
	link add wg1 type wireguard
	address add 10.3.0.1/24 dev wg1
	address add fd03::1/64 dev wg1
EOF
(umask 077 && wg genkey >"$tmp/second.key")
on "$server" wg set wg1 private-key "$tmp/server.key" listen-port 51821 \
	peer "$(wg pubkey <"$tmp/second.key")" allowed-ips 10.3.0.2/32,fd03::2/128
ip -n "$server" link set wg1 up

conf() {
	cat >"$tmp/wg$1.conf" <<-EOF
		[Interface]
		PrivateKey = $(cat "$2")
		Address = 10.$(($1 + 2)).0.2/32, fd0$(($1 + 2))::2/128
		#wgmark Backend = $3

		[Peer]
		PublicKey = $(cat "$tmp/server.pub")
		AllowedIPs = 0.0.0.0/0, ::/0
		Endpoint = 203.0.113.1:5182$1
	EOF
	chmod 600 "$tmp/wg$1.conf"
}

up() {
	check "$2: up wg$1" on "${3:-$client}" "$wgmarkctl" up "$tmp/wg$1.conf"
}

down() {
	check "$2: down wg$1" on "${3:-$client}" "$wgmarkctl" down "wg$1"
}

# works N: traffic leaves by wgN, which leaves by nothing of the other's
works() {
	check "$2: wg$1 carries IPv4" ping_through "$client" 198.51.100.1
	check "$2: wg$1 carries IPv6" ping_through "$client" 2001:db8:100::1
	is "$(ip -n "$client" route get 198.51.100.1 | sed -n 's/.* dev \([^ ]*\).*/\1/p')" \
		"wg$1" "$2: it is wg$1 that carries it"
	check_fails "$2: the neighbour does not reach wg$1" \
		ping_through "$neighbour" 10.$(($1 + 2)).0.2 1
	check "$2: the client still reaches the neighbour" ping_through "$client" 192.168.44.3
}

# nothing_of N: of a tunnel that is down, in the whole namespace
nothing_of() {
	snapshot_state "$client" | grep -vE '^(Endpoint|P[a-z]*Key)' |
		grep -E "wg$1|0x$(printf %x "$3")|[^0-9]$3|10\.$(($1 + 2))\.0\.2|fd0$(($1 + 2))::2" >"$tmp/left" || :
	is "$(cat "$tmp/left")" "" "$2: nothing of wg$1 is left"
}

ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$neighbour" route add 10.3.0.2 via 192.168.44.2
snapshot_state "$client" >"$tmp/before"

for backends in "kmod kmod" "nft nft" "kmod nft"; do
	conf 0 "$tmp/client.key" "${backends% *}"
	conf 1 "$tmp/second.key" "${backends#* }"
	for order in "0 1 0" "0 1 1" "1 0 0" "1 0 1"; do
		# shellcheck disable=SC2086
		set -- $order
		how="$backends, up wg$1 wg$2, down wg$3"
		up "$1" "$how"
		first=$(on "$client" wg show "wg$1" fwmark)
		up "$2" "$how"
		second=$(on "$client" wg show "wg$2" fwmark)
		works "$2" "$how, both up"
		down "$3" "$how"
		if [ "$3" = "$1" ]; then
			works "$2" "$how"
			nothing_of "$1" "$how" $((first))
			down "$2" "$how"
		else
			works "$1" "$how"
			nothing_of "$2" "$how" $((second))
			down "$1" "$how"
		fi
		check_state "$how: all is as it was before" "$client" "$tmp/before"
	done
done

# Many providers give each tunnel the same address. The module lets two have
# it; nft's guard of one would drop what comes in through the other.
same_address() {
	conf 0 "$tmp/client.key" "$1"
	conf 1 "$tmp/second.key" "$2"
	sed -i 's/^Address.*/Address = 10.2.0.2/; s/^Allowed.*/AllowedIPs = 0.0.0.0\/0/' "$tmp"/wg?.conf
	up 0 "$1 $2, same address"
}
same_address kmod kmod
up 1 "kmod kmod, same address"
ping_through "$neighbour" 10.2.0.2 1 >/dev/null || :
is "$(shown spoofed wg0) $(shown spoofed wg1)" "1 0" \
	"kmod kmod, same address: what is dropped is counted once, for the older"
down 1 "kmod kmod, same address"
down 0 "kmod kmod, same address"
for backends in "kmod nft" "nft kmod" "nft nft"; do
	same_address "${backends% *}" "${backends#* }"
	check_fails "$backends, same address: the second is refused" \
		on "$client" "$wgmarkctl" up "$tmp/wg1.conf"
	down 0 "$backends, same address"
done

# Another namespace on the same machine with the same tunnel
new_ns twin
(umask 077 && wg genkey >"$tmp/twin.key")
sysctl_set "$twin" 0 'ipv6/conf/*/accept_dad' ipv4/conf/all/send_redirects
ip -n "$router" link add twin type veth peer name lan netns "$twin"
ip -n "$router" link set twin master lan up
ip -n "$twin" link set lo up
_lan_up "$twin" 5
for backend in kmod nft; do
	conf 0 "$tmp/client.key" $backend
	snapshot_state "$twin" >"$tmp/twin-before"
	up 0 "$backend, two namespaces"
	# with the client's key it would take the client's place at the server
	conf 0 "$tmp/twin.key" $backend
	up 0 "$backend, two namespaces" "$twin"
	down 0 "$backend, two namespaces" "$twin"
	check_state "$backend: the twin is as it was before" "$twin" "$tmp/twin-before"
	works 0 "$backend, the twin is down"
	down 0 "$backend, two namespaces"
	check_state "$backend: the client is as it was before" "$client" "$tmp/before"
done

done_testing
