#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Names, comments and log prefixes of nftables that read like other words of a rule, or another
# line: "wgmarkctl explain" takes them for what they are.

. "$(dirname "$0")/../lib.sh"

need_root
command -v jq >/dev/null || skip_all "needs jq"

new_ns host
ip -n "$host" -batch - <<-END
	link set lo up
	link add eth0 type dummy
	address add 192.0.2.2/24 dev eth0
	link set eth0 up
	route add default via 192.0.2.1
END
ip -n "$host" link add 'eth1"drop' type dummy

explain() {
	on "$host" "$wgmarkctl" explain "$@"
}

# rule EXPRESSIONS [COMMENT]: nft's JSON for it; only that takes any name
rule() {
	jq -n --argjson expr "[$1]" --arg comment "${2:-}" '{ add: { rule: ({
		family: "ip", table: "t\nchain forged", chain: "o {\nut", expr: $expr } +
		if $comment == "" then {} else { comment: $comment } end) } }'
}

{
	jq -n '"ip" as $family | "t\nchain forged" as $table |
		{ add: { table: { $family, name: $table } } },
		{ add: { chain: { $family, $table, name: "o {\nut", type: "filter", hook: "output",
			prio: 0, policy: "accept" } } },
		{ add: { chain: { $family, $table, name: "on drop" } } },
		{ add: { set: { $family, $table, name: "set } drop", type: "ipv4_addr" } } },
		{ add: { set: { $family, $table, name: "seen { } drop", type: "ipv4_addr",
			flags: ["timeout"], size: 9 } } }'
	rule '{ "log": { "prefix": "a\" drop log prefix \"b\nc" } }'
	rule '{ "counter": null }' '" drop comment "'
	rule '{ "jump": { "target": "on drop" } }'
	rule '{ "match": { "op": "!=", "left": { "payload": { "protocol": "ip", "field": "daddr" } },
		"right": "@set } drop" } }'
	rule '{ "set": { "op": "add", "set": "@seen { } drop",
		"elem": { "payload": { "protocol": "ip", "field": "daddr" } } } }'
	rule '{ "match": { "op": "!=", "left": { "meta": { "key": "oif" } }, "right": "eth1\"drop" } }'
	rule '{ "match": { "op": "!=", "left": { "meta": { "key": "oifname" } }, "right": "b\" drop" } }'
} | jq -s '{ nftables: . }' >"$tmp/rules.json"
check "nft takes such rules" on "$host" nft -j -f "$tmp/rules.json"

is "$(explain --ruleset --json | jq -r '.[] | .name, (.chains[] | "  " + .name, ("    " + .rules[].text))')" \
	't?chain?forged
  o???ut
    log prefix "a? drop log prefix ?b?c"
    counter packets 0 bytes 0 comment "? drop comment ?"
    jump on?drop
    ip daddr != @set???drop
    add @seen?????drop { ip daddr }
    oif != "eth1?drop"
    oifname != "b? drop"
  on?drop' "no name or comment ends where its rule's text takes it to"
is "$(explain --to 192.0.2.9 | tail -n 1)" "192.0.2.9 leaves by eth0, through no tunnel." \
	"and none of them drops a packet"

done_testing
