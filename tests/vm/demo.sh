#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# demo.sh [--color] - a full tunnel from insmod to rmmod, for people to look at
#
# Runs in the guest of a kernel of which nft can list the hooks (6.12). What it
# says of a stage has been tested before it is said: the first thing that is not
# so ends it with status 1.

. "$(dirname "$0")/../lib.sh"

ended=1		# what lib.sh prints of a test is not wanted here
PATH=$top/build:$PATH
conf=/etc/wireguard/wg0.conf
made_conf=
stage=0

bold='' dim='' green='' red='' plain=''
if [ "${1:-}" = --color ]; then
	esc=$(printf '\033')
	bold="${esc}[1m" dim="${esc}[36m" green="${esc}[32m" red="${esc}[31m" plain="${esc}[0m"
fi

cleanup() {
	[ -z "$made_conf" ] || rm -f $conf
	[ "$_status" -eq 0 ] || echo "${red}The demo stopped at stage $stage, with status $_status.$plain"
}

indent() {
	sed 's/^./    &/; s/ *$//' "$@"
}

title() {
	stage=$((stage + 1))
	printf '\n%s%d. %s%s\n\n' "$bold" $stage "$1" "$plain"
}

# at END COMMAND: show a command line and what it prints, which stays in
# $tmp/out, run in the namespace of that name, or in the first one as root
at() {
	printf '  %s%s# %s%s\n' "$dim" "$1" "$2" "$plain"
	_code=0
	if [ "$1" = root ]; then
		sh -c "$2" >"$tmp/out" 2>&1 </dev/null || _code=$?
	else
		_in=''
		eval "_in=\$$1"
		on "$_in" sh -c "$2" >"$tmp/out" 2>&1 </dev/null || _code=$?
	fi
	indent "$tmp/out"
	return $_code
}

# so COMMAND...: what the next sentence says holds only if this succeeds
so() {
	"$@" >"$tmp/so" 2>&1 && return
	printf '  %sThis should hold, and does not: %s%s\n' "$red" "$*" "$plain"
	indent "$tmp/so"
	exit 1
}

not() {
	! "$@"
}

sentence() {
	echo
	printf '%s\n' "$*" | fold -s -w 84 | {
		_arrow='=>'
		while IFS= read -r _line; do
			printf '  %s%-2s %s%s\n' "$green" "$_arrow" "${_line% }" "$plain"
			_arrow=''
		done
	}
}

said() {
	grep -E -q -e "$1" "$tmp/out"
}

# dropped_by_rp_filter: how many packets the client's reverse-path filter dropped
dropped_by_rp_filter() {
	on "$client" awk '/^TcpExt:/ {
		for (i = 1; i <= NF; i++)
			if (name[i] == "IPReversePathFilter") print $i
			else name[i] = $i
	}' /proc/net/netstat
}

two_more_dropped() {
	[ "$(dropped_by_rp_filter)" -ge $((filtered + 2)) ]
}

# event: the first spoof event in $tmp/events, in words
event() {
	sed -n 's/^reply 8://p' "$tmp/events" | head -n 1 | tr ' ' '\n' | {
		count=0 from='' to=''
		while IFS='=' read -r id hex; do
			case $id in
			3) count=$((0x$(reversed "$hex"))) ;;
			4) from=$(dotted "$hex") ;;
			5) to=$(dotted "$hex") ;;
			esac
		done
		echo "event: wg0: $count spoofed, first from $from to $to"
	}
}

# The module gives numbers in the order of the machine, addresses as on the wire.
reversed() {
	echo "$1" | sed 's/../& /g' | awk '{ for (i = NF; i > 0; i--) printf "%s", $i }'
}

dotted() {
	echo "$1" | sed 's/../0x& /g' | {
		read -r a b c d
		echo $((a)).$((b)).$((c)).$((d))
	}
}

# hooks: of what nft lists, IPv4's on a packet's way in and out, around ours
hooks() {
	on "$client" nft list hooks | awk '
		/^family/ { v4 = $2 == "ip" }
		v4 && /hook (prerouting|postrouting)/ { print "hook " $2; show = 1; next }
		v4 && /^[ \t]*}/ { show = 0 }
		v4 && show { sub(/^[ \t]*/, "    "); print }'
}

in_order() {
	awk '/prerouting/ { on = 1 } /postrouting/ { on = 0 }
	     on && /preraw/ { raw = NR } on && /ipv4_conntrack_in/ { ct = NR } on && /premangle/ { mangle = NR }
	     END { exit !(raw && raw < ct && ct < mangle) }' "$tmp/hooks"
}

# nf_tables and conntrack let their hooks go in the background
as_before() {
	wait_for 5 same_state "$client" "$tmp/before" || {
		cat "$tmp/difference"
		return 1
	}
}

[ ! -e $conf ] || skip_all "$conf exists"

echo "${bold}wgmark: a full tunnel in a network of four, on Linux $(uname -r)$plain"
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2

title "The network: namespaces, veth, and real WireGuard between client and server"
# the drawing of topology.sh, without what is IPv6
sed -n 's/^#\t//p' "$top/tests/topology.sh" | awk '{
	while (match($0, /(fd|2001:)[0-9a-f:]*/))
		$0 = substr($0, 1, RSTART - 1) sprintf("%" RLENGTH "s", "") substr($0, RSTART + RLENGTH)
	sub(/ +$/, "")
	if ($0 != "") print "    " $0
}'
echo
at client "sysctl net.ipv4.conf.lan.rp_filter"
so said '= 1$'
at client "ping -c 1 -W 1 198.51.100.1 | grep loss" || :
so said '100% packet loss'
sentence "The client's reverse-path filter is strict, and nothing but a tunnel leads to" \
	"198.51.100.1, an address in the internet."

title "The module"
printf '  %sroot# modprobe nf_conntrack; insmod wgmark.ko%s\n' "$dim" "$plain"
need_module
at root "lsmod | grep ^wgmark"
at client "nft list hooks | grep -c wgmark" || :
so said '^0$'
sentence "It is loaded and does nothing: none of its hooks is registered yet."
snapshot_state "$client" >"$tmp/before"

title "Up: wg-quick's configuration file, and wg-quick's steps"
mkdir -p ${conf%/*}
made_conf=1
(umask 077 && client_conf 4 0.0.0.0/0 | sed 's/, fd02.*//' >$conf)
at client "sed 's/Key = .*/Key = .../' $conf"
echo
at client "wgmarkctl up wg0"
so said 'wgmark tunnel-new wg0'
sentence "Each [#] is a step done over netlink, in the words of the tool that would do the" \
	"same. The module has the place of wg-quick's three nftables chains."

title "Traffic goes through the tunnel under the strict filter"
filtered=$(dropped_by_rp_filter)
at client "ip rule"
at client "ip route get 1.1.1.1 | head -n 1"
so said 'dev wg0 table 51820'
at client "ip route get 1.1.1.1 mark 51820 | head -n 1"
so said 'via 192.168.44.1 dev lan'
at client "ping -c 3 198.51.100.1"
so said ' 0% packet loss'
so test "$(dropped_by_rp_filter)" -eq "$filtered"
sentence "All goes into wg0, but for what carries the mark 51820: WireGuard's own UDP. Its" \
	"replies get past the filter, because they carry the mark again when it looks."

title "Where the module sits"
hooks >"$tmp/hooks"
printf '  %sclient# nft list hooks%s        (of it: IPv4, prerouting and postrouting)\n' "$dim" "$plain"
indent "$tmp/hooks"
so in_order
sentence "preraw stands before conntrack, so a spoofed packet never gets an entry there;" \
	"premangle stands after it, where the connection's mark is known, and before routing."

title "Counters move"
at client "wgmarkctl show wg0"
restored=$(shown restored) saved=$(shown saved)
at client "ping -q -c 10 -l 10 198.51.100.1 | grep loss"
so said ' 0% packet loss'
at client "wgmarkctl show wg0 | grep packets:"
so test "$(shown restored)" -ge $((restored + 10))
so test "$(shown saved)" -eq "$saved"
sentence "Every one of the server's packets was given its mark back ($restored before," \
	"$(shown restored) now). Saving it took one write for the connection."

title "A neighbour on the LAN sends to the tunnel's address (CVE-2019-14899)"
on "$client" wgmark-nl -m 60 >"$tmp/events" &
monitor=$!
so wait_for 5 grep -q ready "$tmp/events"
at neighbour "ping -c 2 -i 0.2 -W 1 10.2.0.2 | grep loss" || :
so said '100% packet loss'
at client "wgmarkctl show wg0 | grep packets:"
so test "$(shown spoofed)" -eq 2
so wait_for 10 grep -q '^reply 8:' "$tmp/events"
kill $monitor
event | indent
so grep -q 'spoofed, first from 192.168.44.3 to 10.2.0.2' <<-END
	$(event)
END
at client "conntrack -L -d 10.2.0.2 2>/dev/null | wc -l"
so said '^0$'
index=$(on "$client" cat /sys/class/net/wg0/ifindex)
at client "wgmark-nl 3 1:u32:$index 6:u8:0        # tunnel-set: guard no"
at neighbour "ping -c 1 -W 5 10.2.0.2 | grep loss"
so said ' 0% packet loss'
at client "wgmark-nl 3 1:u32:$index 6:u8:1        # tunnel-set: guard yes"
sentence "No answer, both counted, an event for whoever listens, and no conntrack entry." \
	"With preraw off the neighbour gets its answer: that is the hole."

title "The firewall is loaded anew, in the middle of a ping"
before=$(echo_replies "$client")
on "$client" ping -q -c 20 -i 0.1 198.51.100.1 >/dev/null &
sleep 0.5
at client "nft add table ip firewall; nft flush ruleset"
at client "nft list ruleset | wc -l"
so said '^0$'
so wait_for 20 got_replies "$client" $((before + 20))
echo "20 pings, $(($(echo_replies "$client") - before)) answers" | indent
so not ping_through "$neighbour" 10.2.0.2 1
sentence "nft flush ruleset changes nothing: no packet was lost, and the guard still holds."

title "The same ping without the marks"
filtered=$(dropped_by_rp_filter)
at client "wgmark-nl 3 1:u32:$index 5:u32:0       # tunnel-set: restore none"
at client "ping -c 2 -i 0.2 -W 1 198.51.100.1 | grep loss" || :
so said '100% packet loss'
so wait_for 5 two_more_dropped
at client "wgmark-nl 3 1:u32:$index 5:u32:1       # tunnel-set: restore conntrack"
at client "ping -c 2 -l 2 198.51.100.1 | grep loss"
so said ' 0% packet loss'
sentence "Restore off and nothing else changed: no answer, for the reverse-path filter" \
	"dropped the server's packets. On again: answers."

title "Down, and away"
at client "wgmarkctl down wg0"
at root "rmmod wgmark"
loaded=
so as_before
at client "ip rule; ip link show wg0; nft list ruleset; nft list hooks | grep wgmark" || :
sentence "Nothing is left: the client's links, addresses, rules, routes, nftables, hooks and" \
	"sysctls are what they were before."
