#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "wgmarkctl rules": the module's work as nft text. Packets fare the same with the
# module and, once it does nothing, with that text.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$neighbour" route add fd02::2 via fd44::2

# What arrives with which mark, before and after the mangle hooks. Port 7001 is
# somebody else's UDP, marked by his own rule; its flow has another ct mark.
probes() {
	on "$client" nft -f - <<-END
		table inet probe
		delete table inet probe
		table inet probe {
			counter other { }
			counter spoofed { }
			chain raw {
				type filter hook prerouting priority raw - 5
				udp dport 7001 meta mark set 0x40000
			}
			chain guard {
				type filter hook prerouting priority raw + 5
				iifname "lan" ip daddr 10.2.0.2 counter name spoofed
				iifname "lan" ip6 daddr fd02::2 counter name spoofed
			}
			chain after {
				type filter hook prerouting priority mangle + 5
				udp dport 7001 meta mark 0x40000 counter name other
			}
		}
	END
}

packets() {
	on "$client" nft list counter inet probe "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# seen: how packets fare, a word for each kind
seen() {
	on "$client" conntrack -F 2>/dev/null
	probes
	word() {
		_word=$1
		shift
		if "$@" >/dev/null 2>&1; then echo "$_word: yes"; else echo "$_word: no"; fi
	}
	# replies pass strict rp_filter only with their mark
	word "IPv4 through the tunnel" ping_through "$client" 198.51.100.1 4
	word "IPv6 through the tunnel" ping_through "$client" 2001:db8:100::1 4
	word "IPv4 from the neighbour to the tunnel's address" ping_through "$neighbour" 10.2.0.2 1
	word "IPv6 from the neighbour to the tunnel's address" ping_through "$neighbour" fd02::2 1
	word "from inside of the tunnel" ping_through "$server" 10.2.0.2 4
	echo x | on "$neighbour" socat -u - UDP4-SENDTO:192.168.44.2:7001 2>/dev/null || :
	echo x | on "$neighbour" socat -u - "UDP6-SENDTO:[fd44::2]:7001" 2>/dev/null || :
	echo "others' marks that stay: $(packets other)"
	echo "spoofed packets behind the guard: $(packets spoofed)"
	on "$client" conntrack -L -p udp --dport 51820 2>/dev/null | sed -n 's/.*\(mark=[0-9]*\).*/ct \1/p'
	on "$client" conntrack -L -f ipv6 -p udp --dport 51820 2>/dev/null |
		sed -n 's/.*\(mark=[0-9]*\).*/ct \1/p'
}

# off: the module does nothing any more, and is not there if nobody else has a tunnel
off() {
	# WGMARK_CMD_TUNNEL_DEL, WGMARK_A_TUNNEL_IFINDEX
	on "$client" wgmark-nl 4 "1:u32:$(on "$client" cat /sys/class/net/wg0/ifindex)" || return
	[ -n "$shared" ] || wait_for 10 unload_module
}

rules() {
	on "$client" "$wgmarkctl" rules wg0
}

shared=
rmmod wgmark 2>"$tmp/rmmod" && insmod "$module" || shared=1
no_modprobe
for outer in 4 6; do
	for with in "" "#wgmark Mask = 0xffff" "#wgmark Guard = no" "#wgmark Compat = yes" \
		"#wgmark Restore = none"; do
		name="outer IPv$outer, ${with:-by default}"
		# the guard is the same whatever is outside
		[ "$outer $with" != "6 #wgmark Guard = no" ] || continue
		client_up kmod $outer "FwMark = 0xca6c" "$with"
		# IPv6 has no rp_filter of its own
		[ $outer = 4 ] || rpfilter_ipv6
		seen >"$tmp/module"
		rules >"$tmp/rules"
		check "$name: the module goes" off
		[ -n "$with" ] || seen >"$tmp/none"
		[ -n "$shared" ] || check_fails "$name: it is not there" test -d /sys/module/wgmark
		check "$name: nft loads the rules" on "$client" nft -f "$tmp/rules"
		seen >"$tmp/nft"
		is "$(cat "$tmp/nft")" "$(cat "$tmp/module")" "$name: packets fare the same with the rules"
		[ -n "$with" ] || check_fails "$name: and not so without" cmp "$tmp/none" "$tmp/module"
		on "$client" nft flush ruleset
		[ -n "$shared" ] || insmod "$module"
		client_down
	done
done
modprobe_again

# The backend nft: what it made
for with in "" "#wgmark Mask = 0xffff" "#wgmark Compat = yes"; do
	client_up nft 4 "FwMark = 0xca6c" "$with"
	rules >"$tmp/rules"
	on "$client" nft -s list ruleset | sed '/comment "wgmarkctl(8)/d; /^\t\tsize /d' >"$tmp/made"
	on "$client" nft flush ruleset
	on "$client" nft -f "$tmp/rules"
	on "$client" nft -s list ruleset | sed '/^\t\tsize /d' >"$tmp/loaded"
	is "$(cat "$tmp/loaded")" "$(cat "$tmp/made")" "nft, ${with:-by default}: the rules are those that up made"
	on "$client" nft flush ruleset
	client_down
done

# What nft has no words for
client_up kmod 4 "#wgmark Restore = learn" "#wgmark NoTrack = yes"
check_fails "learning: the exit status says that it is not all" rules
cp "$tmp/output" "$tmp/rules"
check "it is named" grep -q '^# Not in here.*"Restore = learn"' "$tmp/rules"
check "notrack too" grep -q '^# Not in here.*"NoTrack = yes"' "$tmp/rules"
check "the guard is there" grep -q '@guarded.*drop' "$tmp/rules"
check_fails "no rule restores" grep -q premangle "$tmp/rules"
client_down

# Nothing to be said
ip -n "$client" link add wg0 type wireguard
check_fails "a tunnel that is not wgmark's" rules
is "$(cat "$tmp/output")" \
	"wgmarkctl: nothing is done for \`wg0': wgmarkctl did not bring it up, or it is no full tunnel" \
	"it says so"
ip -n "$client" link del wg0
check_fails "an interface that is not there" rules
is "$(cat "$tmp/output")" "wgmarkctl: \`wg0' is not a WireGuard interface" "it says that, too"

done_testing
