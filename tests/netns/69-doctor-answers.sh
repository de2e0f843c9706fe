#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wgmarkctl doctor finds out whether strict rp_filter drops a peer's answers: as packets do.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/doctor.sh"

need_module
topo_up

# --- src_valid_mark, and no restore ---------------------------------------------------------

client_up kmod 4
handshake
finds "silent before" ""
sysctl_set "$client" 0 ipv4/conf/all/src_valid_mark
finds "strict rp_filter without src_valid_mark" "error rp_filter wg0"
says "the remedy is a command" rp_filter "sysctl -w net.ipv4.conf.all.src_valid_mark=1"
check_fails "and nothing comes back" ping_through "$client" 198.51.100.1 2
sysctl_set "$client" 2 ipv4/conf/lan/rp_filter
finds "a loose one does without" ""
sysctl_set "$client" 1 ipv4/conf/lan/rp_filter ipv4/conf/all/src_valid_mark
client_down
client_up kmod 4 "#wgmark Restore = none"
finds_also "a tunnel without restore" "error rp_filter wg0"
check_fails "nothing comes back either" ping_through "$client" 198.51.100.1 2
client_down
client_up nft 4
handshake
on "$client" nft flush ruleset
finds "rules that were flushed" "error rp_filter wg0
warning guard wg0"
says "that is said" rp_filter "backend none, no nft rule that restores 0xca6c"
client_down

# --- rules of others that restore ------------------------------------------------------------

# restored FINDINGS NAME RULES: answers come in by these rules of nft alone
restored() {
	client_up kmod 4 "#wgmark Restore = none"
	on "$client" nft "$3"
	check "$2: answers come in" handshake
	finds "$2: ${1:-silent}" "$1"
	on "$client" nft flush ruleset
	client_down
}
pre="type filter hook prerouting priority mangle"
post="type filter hook postrouting priority mangle"
restored "" "marks by the server's port" \
	"add table ip a { chain pre { $pre; udp sport 51820 meta mark set 0xca6c; }; }"
restored "" "marks saved where packets are made" \
	"add table ip a {
		chain pre { $pre; meta mark set ct mark; }
		chain out { type route hook output priority mangle; meta mark 0xca6c ct mark set meta mark; }
	}"
restored "" "marks restored in a chain that another jumps to" \
	"add table ip a {
		chain in { meta l4proto udp meta mark set ct mark; }
		chain pre { $pre; jump in; }
		chain post { $post; meta mark 0xca6c ct mark set meta mark; }
	}"
restored "note rp_filter wg0" "marks by a chain at ingress, which is not followed" \
	"add table netdev a {
		chain in { type filter hook ingress device lan priority 0; udp sport 51820 meta mark set 0xca6c; }
	}"
restored "note rp_filter wg0
note mark-nft wg0" "marks by a map, which is not known" \
	"add table ip a {
		chain pre { $pre; meta mark set ct mark map { 0x7 : 0xca6c }; }
		chain post { $post; meta mark 0xca6c ct mark set 0x7; }
	}"
says "it says how to see them" rp_filter "wgmarkctl explain --to 203.0.113.1 --mark 0xca6c --proto udp"
client_up nft 4
handshake
on "$client" nft "add table ip wgmark-wg0 { flags dormant; }"
finds_also "rules of a table that is dormant" "error rp_filter wg0"
check_fails "nothing comes back" ping_through "$client" 198.51.100.1 2
client_down

# --- a mark does not help --------------------------------------------------------------------

# routing by sources, as for two lines, with the wrong one
ip -n "$client" -batch - <<-EOF
	link add wan type dummy
	link set wan up
	route add default dev wan table 77
	rule add priority 50 from 192.168.44.2 lookup 77
EOF
# wrong_line MARK: the remedy's command shows what is wrong
wrong_line() {
	says "the remedy is a command" rp_filter \
		"ip route get 203.0.113.1 from 192.168.44.2 mark $1 has to lead to lan"
	ip -n "$client" route get 203.0.113.1 from 192.168.44.2 mark "$1" >"$tmp/route"
	check "which shows that it does not" grep "dev wan" "$tmp/route"
	check_fails "nothing comes back" ping_through "$client" 198.51.100.1 2
}
dropped="the answers of 203.0.113.1:51820 are dropped by the strict reverse-path filter"
client_up kmod 4
finds "a rule by which strict rp_filter drops answers with the mark too" "error rp_filter wg0"
is "$(jq -r '.[].problem' "$tmp/doctor")" "$dropped, with the mark too" "and that is said"
wrong_line 0xca6c
client_down
client_conf_with 4 198.51.100.0/24 "#wgmark Backend = kmod" >"$tmp/wg0.conf"
on "$client" "$wgmarkctl" up "$tmp/wg0.conf" 2>/dev/null
finds "and those of a tunnel without a mark" "error rp_filter wg0"
is "$(jq -r '.[].problem' "$tmp/doctor")" "$dropped" "no mark is spoken of"
wrong_line 0x0
client_down
ip -n "$client" rule del priority 50
ip -n "$client" link del wan

# --- iptables-legacy, whose tables stay ------------------------------------------------------

client_up kmod 4 "#wgmark Restore = none"
if on "$client" iptables-legacy-restore -n <<-EOF
	*mangle
	-A PREROUTING -p udp -j CONNMARK --restore-mark
	-A POSTROUTING -p udp -m mark --mark 0xca6c -j CONNMARK --save-mark
	COMMIT
EOF
then
	check "marks by rules of iptables-legacy: answers come in" handshake
	finds "marks by rules of iptables-legacy, which are not read" "note rp_filter wg0"
	is "$status" 0 "are a note"
	says "which says why" rp_filter "and tables of iptables-legacy, which are not read"
	# from now on there is an empty table
	printf '%s\n' '*mangle' COMMIT | on "$client" iptables-legacy-restore
	check_fails "without them nothing comes back" ping_through "$client" 198.51.100.1 2
	client_down
	client_up kmod 4
	handshake
	finds "a table of iptables-legacy where the module restores is none" ""
else
	skip "rules of iptables-legacy" "this kernel has none"
fi
client_down
done_testing
