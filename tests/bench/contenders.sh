# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# contenders.sh - what is compared, for packets.sh, forward.sh and memory.sh: tunnels,
# and those who see to their packets. All is in the namespace "bench".
#
# A tunnel is a line "DEVICE INDEX MARK MASK IPV4 IPV6". The first one is wg0, the
# same everywhere; the others are dummies, which only have to be there.

nl=$PWD/build/tools/wgmark-nl

on() { ip netns exec bench "$@"; }

# list SHAPE FROM TO: tunnels, whose addresses and marks are
#   plain      as somebody would number them
#   scattered  such that no bit is the same for all of them
#   regular    multiples of 65536, as the machine reads them; in IPv6 regular in both halves
#   one-64     plain; in IPv6 all of the network on the LAN
#   odd-mask   plain addresses, and marks in the bits of a mask with gaps
#   masks      plain addresses, and eight different masks, seven of them with gaps
list() {
	seq "$2" "$3" | awk -v shape="$1" '
	# the bits of n at the places of the mask
	function spread(n, mask,    bit, out) {
		for (bit = 1; mask >= 1; bit *= 2) {
			if (mask % 2 == 1) {
				out += n % 2 * bit
				n = int(n / 2)
			}
			mask = int(mask / 2)
		}
		return out
	}
	{
		n = $1
		k = int(n / 2)
		mark = 100000 + n
		mask = 4294967295
		ipv4 = sprintf("10.%d.%d.1", 64 + n / 256, n % 256)
		ipv6 = sprintf("fd03:0:0:%x::1", n)
	}
	shape == "scattered" && n % 2 == 0 {
		ipv4 = sprintf("53.%d.%d.1", k % 256, k / 256)
		ipv6 = sprintf("2aaa:5555:%x:1::1", k)
	}
	shape == "scattered" && n % 2 == 1 {
		ipv4 = sprintf("202.%d.%d.254", 255 - k % 256, 255 - k / 256)
		ipv6 = sprintf("d555:aaaa:%x:fffe::1", 65535 - k)
	}
	shape == "regular" {
		mark = n * 65536
		ipv4 = sprintf("10.7.%d.%d", n / 256, n % 256)
		ipv6 = sprintf("fd03:0:0:%x::%x", n % 100, 1 + n / 100)
	}
	shape == "one-64" { ipv6 = sprintf("fd44::1:%x", n) }
	# one of them over the 16 bits of 0xca6c, and so never 1, which is of somebody else
	shape == "odd-mask" {
		mask = 2779105900	# 0xa5a5ca6c
		mark = spread(16384 + n, mask)
	}
	shape == "masks" && n > 1 {
		mask = 2779096485	# 0xa5a5a5a5
		for (i = n % 7; i > 0; i--)
			mask = int(mask / 2) + mask % 2 * 2147483648
		mark = spread(16384 + n, mask)
	}
	n == 1 { ipv4 = "10.2.0.2"; ipv6 = "fd02::2"; mark = 51820 }
	{
		printf "%s %d %.0f %.0f %s %s\n", n == 1 ? "wg0" : "w" n, 100000 + n, mark, mask,
			ipv4, ipv6
	}'
}

# begin [TYPE...]: the devices and addresses of wgbench; lan is a dummy, or of that type
begin() {
	ip netns add bench
	ip -n bench -batch - <<-EOF2
		link set lo up
		link add lan type ${*:-dummy}
		link add wg0 index 100001 type wireguard
		address add 192.168.44.2/24 dev lan
		address add fd44::2/64 dev lan nodad
		address add 10.2.0.2/32 dev wg0
		address add fd02::2/128 dev wg0 nodad
		link set lan up
		link set wg0 up
		route add default dev wg0
		route add ::/0 dev wg0
	EOF2
}

end() {
	ip netns del bench
	sleep 1
}

# links SHAPE FROM TO: the devices of the tunnels, but for wg0
links() {
	list "$@" | awk '$1 != "wg0" { print "link add", $1, "index", $2, "type dummy" }' |
	ip -n bench -batch -
}

# addresses SHAPE FROM TO: those of these devices
addresses() {
	list "$@" | awk '$1 != "wg0" {
		print "address add", $5 "/32 dev", $1
		print "address add", $6 "/128 dev", $1, "nodad"
	}' | ip -n bench -batch -
}

devices() {
	links "$@"
	addresses "$@"
}

# configure SHAPE FROM TO: as tunnels of wgmark, wg0 the last, whose mask is then the last
# that a packet is compared by
configure() {
	list "$@" | tac | awk '{ printf "2 1:u32:%s 3:u32:%s 4:u32:%s\n", $2, $3, $4 }' | on "$nl" -c
}

# configure_notrack FROM TO: plain ones, with restore learn and notrack
configure_notrack() {
	list plain "$@" | awk '{ printf "2 1:u32:%s 3:u32:%s 5:u32:2 14:u8:1\n", $2, $3 }' | on "$nl" -c
}

# The three rules of wg-quick for each tunnel of standard input, as nft reads them
wg_quick_nft() {
	awk '{
		addr["ip"] = $5
		addr["ip6"] = $6
		for (ip in addr) {
			print "table", ip, "wg-quick-" $1, "{"
			print "chain preraw { type filter hook prerouting priority raw; policy accept;"
			print "iifname !=", $1, ip, "daddr", addr[ip], "fib saddr type != local drop; }"
			print "chain premangle { type filter hook prerouting priority mangle; policy accept;"
			print "meta l4proto udp meta mark set ct mark; }"
			print "chain postmangle { type filter hook postrouting priority mangle; policy accept;"
			print "meta l4proto udp meta mark", $3, "ct mark set meta mark; }"
			print "}"
		}
	}'
}

# wg_quick_iptables ADDRESS: the same as iptables-restore reads them; ADDRESS is the
# number of its field, 5 or 6
wg_quick_iptables() {
	awk -v addr="$1" '{
		of = " -m comment --comment \"wg-quick(8) rule for " $1 "\"\n"
		raw = raw "-I PREROUTING ! -i " $1 " -d " $addr \
			" -m addrtype ! --src-type LOCAL -j DROP" of
		mangle = mangle "-I POSTROUTING -m mark --mark " $3 \
			" -p udp -j CONNMARK --save-mark" of \
			"-I PREROUTING -p udp -j CONNMARK --restore-mark" of
	} END { printf "*raw\n%sCOMMIT\n*mangle\n%sCOMMIT\n", raw, mangle }'
}

# One table for all tunnels of standard input, by sets
best_nft() {
	awk '{
		marks = marks sep $3
		addrs["ip"] = addrs["ip"] sep $5
		addrs["ip6"] = addrs["ip6"] sep $6
		owned["ip"] = owned["ip"] sep $5 " . \"" $1 "\""
		owned["ip6"] = owned["ip6"] sep $6 " . \"" $1 "\""
		sep = ", "
	} END {
		for (ip in addrs) {
			type = ip == "ip" ? "ipv4_addr" : "ipv6_addr"
			print "table", ip, "best {"
			print "set guarded { type", type "; elements = {", addrs[ip], "}; }"
			print "set owned { type", type, ". ifname; elements = {", owned[ip], "}; }"
			print "set marks { type mark; elements = {", marks, "}; }"
			print "chain preraw { type filter hook prerouting priority raw; policy accept;"
			print ip, "daddr @guarded", ip, "daddr . iifname != @owned fib saddr type != local drop; }"
			print "chain premangle { type filter hook prerouting priority mangle; policy accept;"
			print "meta l4proto udp ct mark @marks meta mark set ct mark; }"
			print "chain postmangle { type filter hook postrouting priority mangle; policy accept;"
			print "meta l4proto udp meta mark @marks ct mark set meta mark; }"
			print "}"
		}
	}'
}

# load CONTENDER TUNNELS: its rules for plain tunnels
load() {
	case $1 in
	nft) list plain 1 "$2" | wg_quick_nft | on nft -f - ;;
	nft-sets) list plain 1 "$2" | best_nft | on nft -f - ;;
	iptables-*)
		list plain 1 "$2" | wg_quick_iptables 5 | on "$1-restore" -n
		list plain 1 "$2" | wg_quick_iptables 6 | on "ip6${1#ip}-restore" -n
		;;
	esac
}
