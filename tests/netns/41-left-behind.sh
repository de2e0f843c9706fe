#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A tunnel whose device was renamed, got another mark or went, by another hand:
# "down" knows it, and the next "up" or "down" removes what is left. For the
# backend nft, also what it follows and what it does not.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
for a in 10.2.0.2 10.2.0.3; do
	ip -n "$neighbour" route add $a via 192.168.44.2
done
ip -n "$neighbour" route add fd02::2 via fd44::2

# link_del [NAME]: by another hand
link_del() {
	ip -n "$client" link del "${1:-wg0}"
}

carries() {
	check "$1: IPv4 through the tunnel" ping_through "$client" 198.51.100.1
	check "$1: IPv6 through the tunnel" ping_through "$client" 2001:db8:100::1
}

snapshot_state "$client" >"$tmp/before"

for backend in kmod nft; do
	what="$backend, renamed"
	client_up $backend 4
	ip -n "$client" link set wg0 down
	ip -n "$client" link set wg0 name tun7
	ip -n "$client" link set tun7 up
	ip -n "$client" address add fd02::2/128 dev tun7 2>/dev/null || :
	check_fails "$what: 10.2.0.2 does not answer the neighbour" ping_through "$neighbour" 10.2.0.2 1
	check_fails "$what: fd02::2 does not answer the neighbour" ping_through "$neighbour" fd02::2 1
	is "$(on "$client" "$wgmarkctl" show --json tun7 | grep -c "\"$backend\"")" 1 "$what: show knows it"
	check "$what: down" client_down tun7
	before "$what"

	what="$backend, another mark"
	client_up $backend 4
	on "$client" wg set wg0 fwmark 7
	check "$what: down" client_down
	before "$what"

	# A user's own routes in the tunnel's table are not the tunnel's
	what="$backend, other routes in its table"
	client_up $backend 4
	ip -n "$client" route add default via 192.168.44.1 dev lan metric 1000 table 51820
	ip -n "$client" route add 10.99.0.0/16 via 192.168.44.1 dev lan table 51820
	check "$what: down" client_down
	ip -n "$client" route flush table 51820
	before "$what"
	client_up $backend 4
	ip -n "$client" route add 10.99.0.0/16 via 192.168.44.1 dev lan table 51820
	link_del
	check "$what, and the device is gone: down" client_down
	ip -n "$client" route flush table 51820
	before "$what, and the device is gone"

	what="$backend, the device is gone"
	client_up $backend 4
	link_del
	check "$what: down" client_down
	is "$(grep -c "note: a tunnel is gone without wgmarkctl down; what it left behind is removed" \
		"$tmp/down")" 1 "$what: down says so"
	before "$what"
	check_fails "$what: a second down has nothing to do" client_down

	what="$backend, the device was gone before up"
	client_up $backend 4
	link_del
	check "$what: up" client_up $backend 4
	is "$(on "$client" ip -4 rule | grep -c ca6c)" 1 "$what: one rule, with the same mark"
	carries "$what"
	check "$what: down" client_down
	before "$what"

	what="$backend, the device was gone before up fails"
	client_up $backend 4
	link_del
	check_fails "$what: up" on "$client" env WGMARKCTL_FAIL_AT=12 "$wgmarkctl_faults" up "$tmp/wg0.conf"
	before "$what"
done

# What is left of one tunnel does not run the commands of another
printf '%s\n' "[Interface]" "PostDown = echo %i >>$tmp/said" >"$tmp/wg7.conf"
for backend in kmod nft; do
	what="$backend, the device is gone: down of a file that was never up"
	client_up $backend 4
	link_del
	check "$what" on "$client" "$wgmarkctl" down "$tmp/wg7.conf"
	check "$what: its PostDown is not run" test ! -e "$tmp/said"
	before "$what"
done

# What is left of one tunnel is nothing of another's.
what="nft, beside another tunnel"
client_up nft 4
sed 's/^PrivateKey.*/#wgmark Backend = kmod/; s/^Address.*/Address = 10.3.0.2/; s/^AllowedIPs.*/AllowedIPs = 0.0.0.0\/0/' \
	"$tmp/wg0.conf" >"$tmp/wg1.conf"
(umask 077 && sed -i "/Backend = nft/d" "$tmp/wg1.conf")
chmod 600 "$tmp/wg1.conf"
check "$what: up" on "$client" "$wgmarkctl" up "$tmp/wg1.conf"
snapshot_state "$client" | grep -v '^wg0\|wg0:' >"$tmp/two"
link_del wg1
check "$what: down of the one that is gone" client_down wg1
carries "$what"
check "$what: down of the other" client_down
before "$what"

# A device that was renamed keeps its tables, and its name is free for another
what="nft, the name again"
client_up nft 4
ip -n "$client" link set wg0 down
ip -n "$client" link set wg0 name tun7
snapshot_state "$client" >"$tmp/renamed"
sed 's/^Address.*/Address = 10.3.0.2/' "$tmp/wg0.conf" >"$tmp/other"
mkdir "$tmp/again"
(umask 077 && mv "$tmp/other" "$tmp/again/wg0.conf")
status=0
on "$client" "$wgmarkctl" up "$tmp/again/wg0.conf" >"$tmp/up" 2>&1 || status=$?
is "$(tail -n 1 "$tmp/up"), status $status" \
	"wgmarkctl: the nft table \`wgmark-wg0' is that of \`tun7', which had that name before; take it down first, or give the file another name, status 4" \
	"$what: refused"
check_state "$what: nothing has changed" "$client" "$tmp/renamed"
check "$what: down" client_down tun7
before "$what"

# Addresses of later on: the module guards them at once (40-lifetime), nft when they are used
what="nft, addresses added later"
for a in 10.2.0.4 169.254.7.7; do
	ip -n "$neighbour" route add $a via 192.168.44.2
done
for a in fd02::3 fd02::4; do
	ip -n "$neighbour" route add $a via fd44::2
done

answers() {
	for a; do
		check "$what: $a answers the neighbour" ping_through "$neighbour" "$a"
	done
}

silent() {
	for a; do
		check_fails "$what: $a does not answer the neighbour" ping_through "$neighbour" "$a" 1
	done
}

client_up nft 4
ping_through "$client" 198.51.100.1 >/dev/null	# the server learns where the client is
on "$server" wg set wg0 peer "$(cat "$tmp/client.pub")" \
	allowed-ips 10.2.0.2/31,10.2.0.4/32,169.254.7.7/32,fd02::2/127,fd02::4/128
for a in 10.2.0.3 10.2.0.4 169.254.7.7 fd02::3 fd02::4; do
	ip -n "$client" address add $a dev wg0
done
answers 10.2.0.3 10.2.0.4 fd02::3 fd02::4
unguarded() {
	on "$client" "$wgmarkctl" show --json wg0 | jq -c '.[0].unguarded | sort'
}
is "$(unguarded)" '["10.2.0.3","10.2.0.4","fd02::3","fd02::4"]' "$what: show names them"
is "$(on "$client" "$wgmarkctl" show wg0 | grep -c "NOT guarded: ")" 1 "$what: and says it"
what="$what, and asked from the tunnel"
check "$what: the server reaches 10.2.0.3" ping_through "$server" 10.2.0.3
check "$what: the server reaches fd02::3" ping_through "$server" fd02::3
silent 10.2.0.3 fd02::3
what="nft, addresses added later, and sent from"
ping_from() {
	on "$client" ping -q -c 1 -W 2 -I "$1" "$2"
}
check "$what: 10.2.0.4" ping_from 10.2.0.4 198.51.100.1
check "$what: fd02::4" ping_from fd02::4 2001:db8:100::1
ping_from 169.254.7.7 198.51.100.1 >/dev/null 2>&1 || :	# the server has no way back
silent 10.2.0.4 fd02::4
answers 169.254.7.7
is "$(unguarded)" "[]" "$what: show has none left"
what="nft, addresses removed"
spoofed() {
	on "$client" "$wgmarkctl" show --json wg0 | jq '.[0].spoofed'
}
check "$what: what came for them was counted" test "$(spoofed)" -ge 4
for a in 10.2.0.2/32 10.2.0.3/32 fd02::3/128; do
	ip -n "$client" address del $a dev wg0
done
counted=$(spoofed)
silent 10.2.0.2 10.2.0.3 fd02::3
is "$(spoofed)" "$counted" "$what: nothing is dropped that comes for them"
ip -n "$client" address add 10.2.0.3 dev wg0
silent 10.2.0.3
is "$(spoofed)" "$((counted + 1))" "$what: one that is back is guarded"
check "$what: down" client_down
before "$what"

done_testing
