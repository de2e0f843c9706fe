#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module beside nftables: it outlives "nft flush ruleset", nft lists its
# hooks, a traced packet tells of them, and chains just before and after each
# hook see the marks that they should.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$neighbour" route add fd02::2 via fd44::2

for outer in 4 6; do
	client_up kmod $outer
	ping_through "$client" 198.51.100.1 >/dev/null
	replies=$(echo_replies "$client")
	on "$client" ping -n -q -i 0.05 -c 60 198.51.100.1 >/dev/null &
	for _ in 1 2 3 4 5; do
		sleep 0.3
		on "$client" nft add table ip victim
		on "$client" nft flush ruleset
	done
	wait $! || :
	check "nft flush ruleset under traffic: none of 60 pings is lost, outer IPv$outer" \
		wait_for 5 got_replies "$client" $((replies + 60))
	check_fails "the guard is still there ($outer)" ping_through "$neighbour" 10.2.0.2 1
	client_down
done

if lists_hooks; then
	is "$(on "$client" nft list hooks | grep wgmark)" "" "no hook without a tunnel"
	client_up kmod 4
	on "$client" nft list hooks |
		sed -n 's/^family \(ip6*\) .*/\1/p; s/^\thook \([a-z]*\) .*/\1/p; s/^[\t ]*\([-+0]*[0-9]* wgmark.*\)/\1/p' |
		grep -B 9 wgmark | grep -E '^ip|wgmark' | sed 's/-0*/-/' >"$tmp/listed"
	is "$(cat "$tmp/listed")" "ip
-300 wgmark_preraw_ipv4 [wgmark]
-150 wgmark_premangle_ipv4 [wgmark]
-150 wgmark_postmangle_ipv4 [wgmark]
ip6
-300 wgmark_preraw_ipv6 [wgmark]
-150 wgmark_premangle_ipv6 [wgmark]
-150 wgmark_postmangle_ipv6 [wgmark]" "nft list hooks shows the hooks"
	client_down
else
	skip "nft list hooks" "this kernel cannot list them"
fi

# Chains one step before and one after each hook. F is 0xca6c.
neighbours() {
	on "$client" nft -f - <<-EOF
		table inet near {
			counter spoof_before { }
			counter spoof_after { }
			counter restore_before { }
			counter restore_after { }
			counter save_before { }
			counter save_after { }
			chain before_preraw {
				type filter hook prerouting priority raw - 1
				icmp type echo-request ip daddr 10.2.0.2 counter name spoof_before
				icmpv6 type echo-request ip6 daddr fd02::2 counter name spoof_before
			}
			chain after_preraw {
				type filter hook prerouting priority raw + 1
				icmp type echo-request ip daddr 10.2.0.2 counter name spoof_after
				icmpv6 type echo-request ip6 daddr fd02::2 counter name spoof_after
			}
			chain before_premangle {
				type filter hook prerouting priority mangle - 1
				udp sport 51820 meta mark 0 ct mark 0xca6c counter name restore_before
			}
			chain after_premangle {
				type filter hook prerouting priority mangle + 1
				udp sport 51820 meta mark 0xca6c ct mark 0xca6c counter name restore_after
			}
			chain before_postmangle {
				type filter hook postrouting priority mangle - 1
				udp dport 51820 meta mark 0xca6c ct mark 0 counter name save_before
			}
			chain after_postmangle {
				type filter hook postrouting priority mangle + 1
				udp dport 51820 meta mark 0xca6c ct mark 0xca6c counter name save_after
			}
		}
	EOF
}

packets() {
	on "$client" nft list counter inet near "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

for backend in kmod nft; do
	for outer in 4 6; do
		with="$backend, outer IPv$outer"
		on "$client" conntrack -F 2>/dev/null
		neighbours
		client_up $backend $outer "FwMark = 0xca6c"
		ping_through "$neighbour" 10.2.0.2 1 >/dev/null || :
		ping_through "$neighbour" fd02::2 1 >/dev/null || :
		check "the tunnel works ($with)" ping_through "$client" 198.51.100.1
		check "raw - 1 sees spoofed packets ($with)" test "$(packets spoof_before)" -ge 2
		is "$(packets spoof_after)" 0 "raw + 1 sees none ($with)"
		check "mangle - 1 sees replies unmarked ($with)" test "$(packets restore_before)" -ge 1
		is "$(packets restore_after)" "$(packets restore_before)" \
			"mangle + 1 sees each of them marked ($with)"
		is "$(packets restore_after)" "$(shown restored)" "and each is counted ($with)"
		is "$(packets save_before)" 1 "mangle - 1 sees the flow's first packet with ct mark 0 ($with)"
		is "$(shown saved)" 1 "that is the one that is counted as saved ($with)"
		check "mangle + 1 sees all with the ct mark ($with)" \
			test "$(packets save_after)" -gt "$(packets save_before)"
		client_down
		on "$client" nft delete table inet near
	done
done

# A traced packet
log_packets "$client"
client_up kmod 4 "FwMark = 0xca6c"
on "$client" conntrack -F 2>/dev/null
on "$client" nft -f - <<-EOF
	table inet trace {
		chain prerouting {
			type filter hook prerouting priority raw - 10
			ip daddr 10.2.0.2 meta nftrace set 1
			ip6 daddr fd02::2 meta nftrace set 1
			udp sport 51820 meta nftrace set 1
		}
		chain output {
			type filter hook output priority mangle
			udp dport 51820 meta nftrace set 1
		}
	}
EOF
from="trace of $client"
echo "$from" >/dev/kmsg
ping_through "$neighbour" 10.2.0.2 1 >/dev/null || :
ping_through "$neighbour" fd02::2 1 >/dev/null || :
ping_through "$client" 198.51.100.1 >/dev/null || :
dmesg | sed "1,/$from/d" | grep "TRACE: wgmark" >"$tmp/trace" || :
check "a traced packet tells of its drop" \
	grep -q "TRACE: wgmark:preraw:drop:not-from-wg0 IN=lan .*SRC=192.168.44.3 DST=10.2.0.2" "$tmp/trace"
check "the same, IPv6" grep -q "TRACE: wgmark:preraw:drop:not-from-wg0 IN=lan .*PROTO=ICMPv6" "$tmp/trace"
check "of its new mark" grep -q "TRACE: wgmark:premangle:mark:0x0-to-0xca6c IN=lan .*SPT=51820" "$tmp/trace"
check "of its flow's new ct mark" grep -q "TRACE: wgmark:postmangle:ctmark:0x0-to-0xca6c .*OUT=lan .*DPT=51820" "$tmp/trace"
client_down

on "$client" nft delete table inet trace

# The ruleset that is printed is the one that is made
new_ns other
ip -n "$other" link add wg0 type dummy
for line in "#wgmark Guard = no" "#wgmark Restore = none" "#wgmark Mask = 0xffff" "#wgmark Compat = yes"; do
	client_up nft 4 "$line"
	on "$client" nft -s list ruleset | sed '/comment "wgmarkctl(8)/d' >"$tmp/made"
	client_down
	on "$client" "$wgmarkctl" plan --json "$tmp/wg0.conf" |
		jq -r '.steps[] | select(.type == "nft-add") | .ruleset' >"$tmp/printed"
	on "$other" nft -f "$tmp/printed"
	on "$other" nft -s list ruleset >"$tmp/loaded"
	is "$(cat "$tmp/made")" "$(cat "$tmp/loaded")" "nft, $line: what plan prints loads as what up makes"
	on "$other" nft flush ruleset
done

done_testing
