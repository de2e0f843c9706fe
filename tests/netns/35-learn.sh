#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# restore learn: the tunnel works under a strict reverse-path filter with nothing
# tracked, and what is not the tunnel's gets no mark.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
rpfilter_ipv6
mark=0xca6c
new=2 set=3
nl() {
	on "$client" wgmark-nl "$@" >/dev/null
}

# learned [NAME]: "ADDRESS:PORT " of each
learned() {
	on "$client" "$wgmarkctl" show --json "${1:-wg0}" | jq -r '.[0].learned[]' | sort | tr '\n' ' '
}

# tracks: does the kernel track what passes the client?
tracks() {
	on "$client" conntrack -F 2>/dev/null
	ping_through "$client" 192.168.44.3 >/dev/null
	on "$client" conntrack -L 2>/dev/null | grep -q 192.168.44.3
}

endpoint() {
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" endpoint "$1"
}

# --- without conntrack ----------------------------------------------------------

for outer in 4 6; do
	with="outer IPv$outer"
	[ $outer = 4 ] && from=192.168.44.2 || from='[fd44::2]'
	check "up ($with)" client_up kmod $outer "ListenPort = 51821" "#wgmark Restore = learn"
	check "IPv4 goes through the tunnel ($with)" ping_through "$client" 198.51.100.1
	check "IPv6 goes through the tunnel ($with)" ping_through "$client" 2001:db8:100::1
	check "marks were restored and are counted ($with)" test "$(shown restored)" -ge 2
	is "$(learned)" "$from:51821 " "its source was learned ($with)"
	is "$(shown saved)" 1 "and counted, once ($with)"
	check_fails "nothing is tracked ($with)" tracks
	check "down ($with)" client_down
done

# --- only what is the tunnel's ----------------------------------------------------

# A second tunnel, to nobody, at first with the same mark
check "up, next to another tunnel" client_up kmod 4 "ListenPort = 51821" "#wgmark Restore = learn"
wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
ip -n "$client" link add wg1 type wireguard
(umask 077 && wg genkey >"$tmp/wg1.key")
on "$client" wg set wg1 private-key "$tmp/wg1.key" listen-port 51822 fwmark $mark \
	peer "$(wg genkey | wg pubkey)" allowed-ips 192.0.2.0/24 endpoint 203.0.113.1:9
ip -n "$client" -batch - <<-EOF
	address add 192.168.44.9/24 dev lan
	address add 10.2.9.2/32 dev wg1
	link set wg1 up
	route add 192.0.2.0/24 dev wg1
	rule add fwmark 0x77 lookup main priority 10
EOF
wg1=$(on "$client" cat /sys/class/net/wg1/ifindex)
nl $new "1:u32:$wg1" 3:u32:$mark 5:u32:2

# What comes in for which address and port, and the mark that it has then
on "$client" nft -f - <<-EOF
	table ip probe {
		set seen {
			type ifname . ipv4_addr . inet_service . mark
			flags dynamic
			size 256
		}
		chain before {
			type filter hook prerouting priority raw - 1
		}
		chain after {
			type filter hook prerouting priority dstnat + 2
			meta l4proto udp add @seen { iifname . ip daddr . udp dport . meta mark }
		}
		chain forward {
			type filter hook forward priority filter
			udp sport 7777 meta mark set $mark
		}
	}
EOF

# seen DEVICE ADDRESS PORT: the marks that such datagrams had
seen() {
	on "$client" nft -j list set ip probe seen |
		jq -r --arg d "$1" --arg a "$2" --argjson p "$3" '.nftables[].set.elem // [] |
			.[].concat | select(.[0] == $d and .[1] == $a and .[2] == $p) | .[3]'
}

any_seen() {
	[ -n "$(seen "$@")" ]
}

# datagram NS ADDRESS PORT [OPTION]: one comes from there; not after others like it
datagram() {
	on "$client" nft flush set ip probe seen
	echo hello | on "$1" socat -u - "UDP4-SENDTO:$2:$3${4:+,$4}"
}

# seen_is DEVICE ADDRESS PORT MARK NAME
seen_is() {
	wait_for 5 any_seen "$1" "$2" "$3" || :
	is "$(seen "$1" "$2" "$3")" "$(($4))" "$5"
}

check "the tunnel works" ping_through "$client" 198.51.100.1
ping_through "$client" 192.0.2.1 1 >/dev/null || :
is "$(learned) $(learned wg1)" "192.168.44.2:51821  192.168.44.2:51822 " \
	"of two tunnels with the same mark each learns its own source"
on "$client" wg set wg1 fwmark 0x77
nl $set "1:u32:$wg1" 3:u32:0x77
datagram "$server" 192.168.44.2 51821
seen_is lan 192.168.44.2 51821 $mark "what is for the tunnel's address and port gets its mark"
datagram "$server" 192.168.44.2 51822
seen_is lan 192.168.44.2 51822 0x77 "what is for the other tunnel's gets the other's"
datagram "$server" 192.168.44.9 51821
seen_is lan 192.168.44.9 51821 0 "an address that it did not send from gives no mark"
datagram "$server" 192.168.44.2 51823
seen_is lan 192.168.44.2 51823 0 "nor does another port"

was=$(learned)
sysctl_set "$client" 1 ipv4/ip_forward
ip -n "$neighbour" route add 203.0.113.1 via 192.168.44.2
datagram "$neighbour" 203.0.113.1 51821 sourceport=7777
seen_is lan 203.0.113.1 51821 0 "a datagram to forward, to the same port, gets no mark"
is "$(learned)" "$was" "and teaches nothing, though a rule gave it the mark"

# The client masquerades for the neighbour, which has the tunnel's port
on "$server" socat -T 3 UDP4-LISTEN:9999,fork EXEC:cat &
wait_for 10 on "$server" sh -c "ss -Huln | grep -q ':9999 '" || diag "no server on port 9999"
on "$client" nft -f - <<-EOF
	table ip nat {
		chain srcnat {
			type nat hook postrouting priority srcnat
			ip saddr 192.168.44.3 masquerade
		}
	}
EOF
ip -n "$client" route add 203.0.113.1 via 192.168.44.1
on "$client" nft flush set ip probe seen
is "$(echo hello | on "$neighbour" socat -T 3 - UDP4:203.0.113.1:9999,sourceport=51821)" hello \
	"who is masqueraded gets its answer, though it has the tunnel's port"
check "which has the same address and port on the wire" eval \
	'on "$client" conntrack -L -p udp 2>/dev/null | grep -q "dst=192.168.44.2 sport=9999 dport=51821"'
seen_is lan 192.168.44.3 51821 0 "and no mark"
ip -n "$client" route del 203.0.113.1
on "$client" nft delete table ip nat
ip -n "$neighbour" route del 203.0.113.1 via 192.168.44.2
sysctl_set "$client" 0 ipv4/ip_forward

# inside of the tunnel the server may write what it likes
on "$server" wg set wg0 peer "$(cat "$tmp/client.pub")" \
	allowed-ips 10.2.0.2/32,fd02::2/128,192.168.44.2/32
datagram "$server" 192.168.44.2 51821 so-bindtodevice=wg0
seen_is wg0 192.168.44.2 51821 0 "what comes out of the tunnel itself gets no mark"
on "$server" wg set wg0 peer "$(cat "$tmp/client.pub")" allowed-ips 10.2.0.2/32,fd02::2/128

case $(uname -m) in
mips*) sol_socket=65535 ;;
*) sol_socket=1 ;;
esac
# 36 is SO_MARK
echo hello | on "$client" socat -u - \
	"UDP4-SENDTO:203.0.113.1:9,sourceport=51899,setsockopt-int=$sol_socket:36:$((mark))"
is "$(learned)" "$was" "a program's socket teaches nothing, whatever its mark"

# --- as things change ---------------------------------------------------------------

on "$client" wg set wg0 listen-port 51831
check "the tunnel works from another port" ping_through "$client" 198.51.100.1
is "$(learned)" "192.168.44.2:51831 " "that port was learned, the old one forgotten"
datagram "$server" 192.168.44.2 51821
seen_is lan 192.168.44.2 51821 0 "the old port gives no mark to who has it now"

# WireGuard looks for a source address anew when it is told an endpoint
ip -n "$client" route replace default via 192.168.44.1 src 192.168.44.9
endpoint 203.0.113.1:51820
check "the tunnel works from another address" ping_through "$client" 198.51.100.1
is "$(learned)" "192.168.44.2:51831 192.168.44.9:51831 " "which was learned"
ip -n "$client" route replace default via 192.168.44.1
ip -n "$client" address add 192.168.44.7/24 dev lan
ip -n "$client" address del 192.168.44.7/24 dev lan
is "$(learned)" "192.168.44.2:51831 192.168.44.9:51831 " "an address that goes takes no other's along"
ip -n "$client" address del 192.168.44.9/24 dev lan
is "$(learned)" "192.168.44.2:51831 " "one that goes is forgotten"
ip -n "$client" address add 192.168.44.9/24 dev lan

nl $set "1:u32:$wg0" 3:u32:0x88
datagram "$server" 192.168.44.2 51831
seen_is lan 192.168.44.2 51831 0x88 "what was learned gives the mark that the tunnel has now"
nl $set "1:u32:$wg0" 3:u32:0x600 4:u32:0xff00
on "$client" nft add rule ip probe before udp dport 51831 meta mark set 0x123405
datagram "$server" 192.168.44.2 51831
seen_is lan 192.168.44.2 51831 0x120605 "and only the bits of its mask"
on "$client" nft flush chain ip probe before

# WireGuard's own packets have another mark meanwhile and teach nothing: the marks are by what was
# learned before.
nl $set "1:u32:$wg0" 3:u32:0x88 4:u32:0xffffffff
nl $set "1:u32:$wg0" 8:u32:1
is "$(learned)" "192.168.44.2:51831 " "without IPv6 it still knows its source of IPv4"
datagram "$server" 192.168.44.2 51831
seen_is lan 192.168.44.2 51831 0x88 "which gives the mark"
nl $set "1:u32:$wg0" 8:u32:2
is "$(learned)" "" "without IPv4 it is forgotten"
nl $set "1:u32:$wg0" 8:u32:3
datagram "$server" 192.168.44.2 51831
seen_is lan 192.168.44.2 51831 0 "and gives no mark until it is learned again"
nl $set "1:u32:$wg0" 3:u32:$mark
check "which it is" ping_through "$client" 198.51.100.1
check "with the tunnel's next packet" eval "learned | grep -q ':51831 $'"

hooks() {
	on "$client" nft list hooks |
		sed -n 's/^\t*\([-+]\)0*\([0-9]* \(wgmark_[a-z_]*_ipv4\|ipv4_conntrack_[a-z]*\)\).*/\1\2/p' | tr '\n' ' '
}
if lists_hooks; then
	is "$(hooks)" "-300 wgmark_preraw_ipv4 -150 wgmark_premangle_learn_ipv4 -300 wgmark_outraw_ipv4 " \
		"its hooks are there, and none of conntrack's"
else
	skip "the hooks that are registered" "this kernel cannot list them"
fi

# A device that went elsewhere leaves its socket, and its index: a tunnel that has the same one
# is another
on "$client" nft -f - <<-EOF
	table ip probe {
		counter moved { }
		chain out {
			type filter hook output priority raw + 1
			udp sport 51829 counter name moved
		}
	}
EOF
sent_by_moved() {
	on "$client" nft list counter ip probe moved | grep -q "packets [1-9]"
}
new_ns box
ip -n "$client" link add moved index 4242 type wireguard
on "$client" wg set moved private-key "$tmp/wg1.key" listen-port 51829 fwmark $mark \
	peer "$(wg genkey | wg pubkey)" allowed-ips 0.0.0.0/0 endpoint 203.0.113.1:9
ip -n "$client" link set moved netns "$box"
ip -n "$client" link add wg2 index 4242 type dummy
nl $new 1:u32:4242 3:u32:$mark 5:u32:2
ip -n "$box" -batch - <<-EOF
	address add 10.2.8.2/32 dev moved
	link set moved up
	route add default dev moved
EOF
is "$(on "$box" cat /sys/class/net/moved/ifindex)" 4242 "a device in another namespace has a tunnel's index"
on "$box" ping -n -q -c 1 -W 1 192.0.2.9 >/dev/null || :
check "it sends from here" wait_for 5 sent_by_moved
is "$(on "$client" wgmark-nl 1 1:u32:4242 | grep -o ' 15=' || :)" "" "and teaches the tunnel nothing"
ip -n "$client" link del wg2
del_ns "$box"

ip -n "$client" link del wg1
datagram "$server" 192.168.44.2 51822
seen_is lan 192.168.44.2 51822 0 "a tunnel that is gone leaves nothing learned"
nl $set "1:u32:$wg0" 5:u32:1
datagram "$server" 192.168.44.2 51831
seen_is lan 192.168.44.2 51831 0 "nor does one that learns no more"
on "$client" nft delete table ip probe
check "down" client_down

# --- an address that goes while a packet with it is on its way --------------------------------

for outer in 4 6; do
	with="outer IPv$outer"
	case $outer in
	4)
		family=-4 ip=ip gateway=192.168.44.1 from=192.168.44.2
		late=192.168.44.77 prefix=/32
		;;
	6)
		family=-6 ip=ip6 gateway=fd44::1 from='[fd44::2]'
		late=fd44::77 prefix="/128 nodad"
		;;
	esac
	check "up (held, $with)" client_up kmod $outer "ListenPort = 51821" "#wgmark Restore = learn"
	check "the tunnel works (held, $with)" ping_through "$client" 198.51.100.1
	on "$client" nft -f - <<-EOF
		table inet hold {
			chain output {
				type filter hook output priority raw - 1
				$ip saddr $late udp sport 51821 queue num 7
			}
		}
	EOF
	hold_packet "$client"
	ip -n "$client" $family address add dev lan $late$prefix
	ip -n "$client" $family route replace default via $gateway dev lan src $late
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" \
		endpoint "$(on "$client" wg show wg0 endpoints | cut -f 2)"
	on "$client" ping -n -q -c 1 -W 1 198.51.100.1 >/dev/null || :
	check "a packet from another address waits ($with)" is_held
	ip -n "$client" $family route replace default via $gateway dev lan
	ip -n "$client" $family address del dev lan $late${prefix% *}
	check "and goes on when the address has gone ($with)" let_go
	is "$(learned)" "$from:51821 " "that one is not remembered ($with)"
	on "$client" nft delete table inet hold
	check "the tunnel works again ($with)" ping_through "$client" 198.51.100.1
	check "down (held, $with)" client_down
done

# --- fragments ------------------------------------------------------------------------

# server_mtu BYTES: of what it sends to the client
server_mtu() {
	ip -n "$server" route replace default via 203.0.113.254 mtu "$1"
	ip -n "$server" route replace default via 2001:db8:113::fe mtu "$1"
}
server_mtu 1280
for outer in 4 6; do
	for notrack in no yes; do
		with="outer IPv$outer, notrack $notrack"
		check "up (fragments, $with)" client_up kmod $outer "#wgmark Restore = learn" \
			"#wgmark NoTrack = $notrack"
		check "an answer in fragments gets through ($with)" \
			on "$client" ping -n -q -c 1 -W 8 -s 1300 198.51.100.1
		[ $notrack$outer = yes6 ] || check "down (fragments, $with)" client_down
	done
done
server_mtu 1500

# Those to others are left as they are: put together, they would be too big for some
sysctl_set "$client" 1 ipv4/ip_forward ipv6/conf/all/forwarding
on "$client" nft -f - <<-EOF
	table inet whole {
		counter fragments4 { }
		counter fragments6 { }
		chain forward {
			type filter hook forward priority filter
			ip frag-off & 0x1fff != 0 counter name fragments4
			exthdr frag exists counter name fragments6
		}
	}
EOF
ip -n "$neighbour" route add 203.0.113.1 via 192.168.44.2
ip -n "$neighbour" route add 2001:db8:113::1 via fd44::2
for to in UDP4-SENDTO:203.0.113.1:51820 UDP6-SENDTO:[2001:db8:113::1]:51820; do
	head -c 3000 /dev/zero | on "$neighbour" socat -u -b 3000 - "$to,sourceport=51820"
done
sleep 1
ip -n "$neighbour" route del 203.0.113.1 via 192.168.44.2
ip -n "$neighbour" route del 2001:db8:113::1 via fd44::2
for n in 4 6; do
	name="fragments to forward stay in pieces (notrack, IPv$n)"
	if older_than 5.13; then
		skip "$name" "conntrack was on: this kernel puts them together ever after"
	else
		check "$name" sh -c \
			'ip netns exec "$1" nft list counter inet whole fragments$2 | grep -q "packets [1-9]"' \
			sh "$client" $n
	fi
done
on "$client" nft delete table inet whole
sysctl_set "$client" 0 ipv4/ip_forward ipv6/conf/all/forwarding
check "down (fragments, $with)" client_down

# --- NAT, by this machine ----------------------------------------------------------------

on "$client" nft -f - <<-EOF
	table ip nat {
		chain srcnat {
			type nat hook postrouting priority srcnat
			oifname lan udp sport 51821 snat to 192.168.44.9:20000-20999 random
		}
	}
EOF
check "up (NAT)" client_up kmod 4 "ListenPort = 51821" "#wgmark Restore = learn"
check "a tunnel whose packets leave with another source works" ping_through "$client" 198.51.100.1
check "which they do" eval 'on "$client" conntrack -L -p udp 2>/dev/null |
	grep -q "dst=192.168.44.9 sport=51820 dport=20[0-9]* "'
is "$(learned)" "192.168.44.2:51821 " "its own source was learned"
check "down (NAT)" client_down
on "$client" nft delete table ip nat

# --- bounded ----------------------------------------------------------------------------------

seq 1 70 | sed 's,.*,address add 192.168.45.&/32 dev lan,' | ip -n "$client" -batch -
check "up (many addresses)" client_up kmod 4 "#wgmark Restore = learn"
check "the tunnel works (many addresses)" ping_through "$client" 198.51.100.1
n=1
while [ $n -le 70 ]; do
	ip -n "$client" route replace default via 192.168.44.1 src 192.168.45.$n
	endpoint 203.0.113.1:51820
	on "$client" ping -n -q -c 1 -W 0.02 198.51.100.1 >/dev/null || :
	n=$((n + 1))
done
is "$(learned | wc -w)" 64 "no more than 64 sources are remembered"
ip -n "$client" route replace default via 192.168.44.1
endpoint 203.0.113.1:51820
# a full list takes on one a second
check "the tunnel works then as well" wait_for 10 ping_through "$client" 198.51.100.1 1
check "down (many addresses)" client_down
seq 1 70 | sed 's,.*,address del 192.168.45.&/32 dev lan,' | ip -n "$client" -batch -

# --- notrack, where conntrack is on for others, and full ------------------------------------

on "$client" nft -f - <<-EOF
	table inet tracks {
		chain input {
			type filter hook input priority filter
			ct state established counter
		}
	}
EOF
max=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
room() {
	echo "$1" >/proc/sys/net/netfilter/nf_conntrack_max
}
cleanup() {
	room "$max"
}

# knows_tunnel [FAMILY]
knows_tunnel() {
	on "$client" conntrack -L -f "${1:-ipv4}" -p udp 2>/dev/null | grep -q port=51820
}

# fill: no more connections. One that had an answer is not given up for another.
fill() {
	on "$client" conntrack -F 2>/dev/null
	_n=1
	while [ $_n -le 20 ]; do
		on "$client" conntrack -I -s 192.0.2.1 -d 192.0.2.2 -p udp --sport $_n --dport 9 \
			-t 600 -u SEEN_REPLY,ASSURED >/dev/null 2>&1
		_n=$((_n + 1))
	done
	room 10
}

# handshake: does WireGuard come to one, with nothing sent through the tunnel?
has_handshake() {
	[ "$(on "$client" wg show wg0 latest-handshakes | cut -f 2)" -gt 0 ]
}
handshake() {
	on "$client" wg set wg0 peer "$(cat "$tmp/server.pub")" persistent-keepalive 1
	wait_for "$1" has_handshake
}

check "up (tracked)" client_up kmod 4 "#wgmark Restore = learn"
check "the tunnel works (tracked)" ping_through "$client" 198.51.100.1
check "conntrack, which is on for others, knows its packets" knows_tunnel
check "down (tracked)" client_down

# the router says that the tunnel's packets are too big
on "$client" nft -f - <<-EOF
	table ip6 errors {
		counter errors { }
		counter marked { }
		chain prerouting {
			type filter hook prerouting priority mangle + 1
			icmpv6 type packet-too-big counter name errors
			icmpv6 type packet-too-big meta mark != 0 counter name marked
		}
	}
EOF
counted() {
	on "$client" nft list counter ip6 errors "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
check "up (tracked, IPv6)" client_up kmod 6 "#wgmark Restore = learn"
check "the tunnel works (tracked, IPv6)" ping_through "$client" 198.51.100.1
ip -n "$router" link set wan mtu 1300
on "$client" ping -n -q -c 2 -s 1350 -W 1 198.51.100.1 >/dev/null || :
ip -n "$router" link set wan mtu 1500
check "an ICMPv6 error about the tunnel's packets comes" test "$(counted errors)" -gt 0
is "$(counted marked)" 0 "and gets no mark, which is for UDP alone"
on "$client" nft delete table ip6 errors
check "down (tracked, IPv6)" client_down
on "$client" conntrack -F 2>/dev/null
for outer in 4 6; do
	with="notrack, outer IPv$outer"
	on "$client" conntrack -F 2>/dev/null
	check "up ($with)" client_up kmod $outer "#wgmark Restore = learn" "#wgmark NoTrack = yes"
	check "the tunnel works ($with)" ping_through "$client" 198.51.100.1
	check "marks were restored ($with)" test "$(shown restored)" -ge 1
	check_fails "the tunnel's own packets are not tracked ($with)" knows_tunnel ipv$outer
	check "others are ($with)" tracks
	[ $outer = 6 ] || check "down ($with)" client_down
done
if lists_hooks; then
	is "$(hooks | grep -o 'wgmark_[a-z_]*' | tr '\n' ' ')" "wgmark_preraw_ipv wgmark_outraw_ipv " \
		"and preraw restores, in place of premangle"
else
	skip "notrack's hooks" "this kernel cannot list them"
fi
check "down (notrack)" client_down

fill
check_fails "with a full table others get no answer" ping_through "$neighbour" 192.168.44.2 1
check "up (full table)" client_up kmod 4 "#wgmark Restore = learn" "#wgmark NoTrack = yes"
check "a full table does not stop the tunnel" handshake 15
check "down (full table)" client_down
for backend in kmod nft; do
	check "up (full table, wg-quick's way, $backend)" client_up $backend 4 "#wgmark Compat = yes"
	check_fails "a full table stops wg-quick's way ($backend)" handshake 7
	check "down (full table, wg-quick's way, $backend)" client_down
done
room "$max"

done_testing
