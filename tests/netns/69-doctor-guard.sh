#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wgmarkctl doctor finds out whether a tunnel's address is reached from outside: as packets do.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/doctor.sh"

need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$neighbour" route add 10.2.0.9 via 192.168.44.2
ip -n "$neighbour" route add fd02::2 via fd44::2

# reached ADDRESS NAME, not_reached ADDRESS NAME: a packet of the neighbour's comes to a
# program of the client, which counts it; no reply is needed
counted() {
	on "$client" nft -f - <<-END
		add table inet seen
		delete table inet seen
		table inet seen { chain in { type filter hook input priority 300; iifname lan icmp type echo-request counter; iifname lan icmpv6 type echo-request counter; }; }
	END
	ping_through "$neighbour" "$1" 1 || :
	on "$client" nft list table inet seen | grep -q 'packets [1-9]'
}

reached() {
	check "$2: packets come in" counted "$1"
	on "$client" nft delete table inet seen
}

not_reached() {
	check_fails "$2: packets do not come in" counted "$1"
	on "$client" nft delete table inet seen
}

# --- wgmarkctl's own -------------------------------------------------------------------------

for backend in kmod nft; do
	client_up $backend 4
	handshake
	not_reached 10.2.0.2 "$backend"
	finds "$backend: silent" ""
	ip -n "$client" address add 10.2.0.9/32 dev wg0
	if [ $backend = nft ]; then
		reached 10.2.0.9 "an address that came later"
		finds "an address that came later" "warning guard wg0"
		is "$status" 6 "has status 6"
		says "which one" guard "a packet of a connection to 10.2.0.9 that comes from 192.168.44.1 by lan is let in"
		says "what to do" guard "wgmarkctl reload wg0"
	else
		not_reached 10.2.0.9 "the module guards an address that came later"
		finds "and doctor is silent" ""
	fi
	client_down
	client_up $backend 4 "#wgmark Guard = no"
	handshake
	reached 10.2.0.2 "$backend, Guard = no"
	finds "$backend, Guard = no: a note" "note guard wg0"
	is "$status" 0 "$backend, Guard = no: with status 0"
	says "$backend, Guard = no: what to do" guard "write #wgmark Guard = yes into the file"
	client_down
done

# --- nobody's, and others' -------------------------------------------------------------------

client_up nft 4
on "$client" nft flush ruleset
# answers come in without the mark
sysctl_set "$client" 2 ipv4/conf/lan/rp_filter
handshake
for addr in 10.2.0.2 fd02::2; do
	reached $addr "no guard, $addr"
	finds "no guard, $addr" "warning guard wg0"
	says "which address" guard "to $addr that comes from"
	jq -r '.[] | select(.check == "guard").remedy' "$tmp/doctor" | sed 's/.*; or nft/nft/' >"$tmp/remedy"
	check "its remedy is a command" on "$client" sh "$tmp/remedy"
	not_reached $addr "with that, $addr"
done
finds "with both: silent" ""
on "$client" nft delete table ip wg-guard

# guards FINDINGS NAME RULES: of nft alone, for IPv4
guards() {
	on "$client" nft "$3"
	finds "$2" "$1"
	if [ -n "$1" ]; then
		reached 10.2.0.2 "$2"
	else
		not_reached 10.2.0.2 "$2"
	fi
	on "$client" nft delete table ip a
}
pre="type filter hook prerouting priority raw"
in="type filter hook input priority filter"
guards "" "a rule before programs get it" \
	"add table ip a { chain in { $in; iifname lan ip daddr 10.2.0.2 drop; }; }"
guards "" "a firewall that lets in by address" \
	"add table ip a { chain in { $in; policy drop; iifname { lo, wg0 } accept; ip daddr 192.168.44.0/24 accept; }; }"
guards "warning guard wg0" "a rule for another device" \
	"add table ip a { chain in { $in; iifname eth0 ip daddr 10.2.0.2 drop; }; }"
guards "warning guard wg0" "a chain without a hook" \
	"add table ip a { chain pre { iifname lan ip daddr 10.2.0.2 drop; }; }"
guards "warning guard wg0" "a table that is switched off" \
	"add table ip a { flags dormant; chain pre { $pre; iifname lan ip daddr 10.2.0.2 drop; }; }"

# A firewall that lets in what it takes for answers: an attacker's probes may be some
on "$client" nft "add table ip a { chain in { $in; policy drop; iifname { lo, wg0 } accept; ct state established accept; }; }"
not_reached 10.2.0.2 "a firewall by connections, a new one"
finds "a firewall by connections is no guard" "warning guard wg0"
on "$client" nft delete table ip a

# What cannot be judged may be a guard
for rules in "table ip a { chain in { $in; ip daddr 10.2.0.2 numgen random mod 2 0 drop; }; }" \
	"table netdev a { chain in { type filter hook ingress device lan priority 0; ip daddr 10.2.0.2 drop; }; }"; do
	on "$client" nft "add $rules"
	finds "silent where a rule cannot be judged" ""
	on "$client" nft delete "${rules%% \{*}"
done
finds "as before, then" "warning guard wg0"
client_down

done_testing
