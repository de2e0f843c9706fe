#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# packets.sh [quick] - what the hooks of each contender cost each kind of packet,
# in instructions, where the clock counts them (tests/vm/run.sh -i)
#
# Prints lines "CONTENDER TUNNELS FAMILY WHAT KIND COST VERDICT MARK CTMARK" as
# tests/bench/kmod/wgbench.c has them, and "control WHAT TUNNELS INSTRUCTIONS" for
# what a change costs; ends with 1 if a contender did another thing to a packet
# than it has to. "quick" is wgmark with few tunnels, for the limits.

set -e
cd "$(dirname "$0")/../.."
nl=$PWD/build/tools/wgmark-nl
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for module in nf_conntrack nf_defrag_ipv4 nf_defrag_ipv6; do
	modprobe $module
done
insmod wgmark.ko
insmod wgbench.ko

on() { ip netns exec bench "$@"; }

# A namespace with the devices and addresses of wgbench.c
begin() {
	ip netns add bench
	ip -n bench -batch - <<-EOF
		link set lo up
		link add lan type dummy
		link add wg0 type wireguard
		address add 192.168.44.2/24 dev lan
		address add fd44::2/64 dev lan nodad
		address add 10.2.0.2/32 dev wg0
		address add fd02::2/128 dev wg0 nodad
		link set lan up
		link set wg0 up
		route add default dev wg0
		route add ::/0 dev wg0
	EOF
}

end() {
	ip netns del bench
	sleep 1
}

# measure CONTENDER TUNNELS WHAT...: each packet, IPv4 and IPv6
measure() {
	_who=$1 _n=$2
	shift 2
	for _what; do
		for _family in ipv4 ipv6; do
			on cat "/proc/wgbench/$_family-$_what" >"$tmp/figures"
			sed "s/^/$_who $_n $_family $_what /" "$tmp/figures" | tee -a "$tmp/all"
		done
	done
}

# tunnels FROM TO: devices with an address of each family, as tunnels of wgmark;
# wg0 is the first
tunnels() {
	if [ "$1" = 1 ]; then
		echo "2 1:u32:$(on cat /sys/class/net/wg0/ifindex) 3:u32:0xca6c" | on "$nl" -c
		set -- 2 "$2"
	fi
	[ "$1" -le "$2" ] || return 0
	seq "$1" "$2" | awk '{
		printf "link add w%d index %d type dummy\n", $1, 100000 + $1
		printf "address add 10.%d.%d.1/32 dev w%d\n", 64 + $1 / 256, $1 % 256, $1
		printf "address add fd03:0:0:%x::1/128 dev w%d nodad\n", $1, $1
	}' | ip -n bench -batch -
	seq "$1" "$2" | awk '{ printf "2 1:u32:%d 3:u32:%d\n", 100000 + $1, 100000 + $1 }' | on "$nl" -c
}

# control TUNNELS: what it costs to add, change and delete one more
control() {
	ip -n bench link add probe index 99999 type dummy
	ip -n bench address add 10.1.1.1/32 dev probe
	ip -n bench link set probe up
	for _round in 1 2 3; do
		printf '%s\n' "2 1:u32:99999 3:u32:7" "3 1:u32:99999 3:u32:8" "4 1:u32:99999" |
			on "$nl" -c -t | paste -s -d ' '
	done >"$tmp/rounds"
	ip -n bench link del probe
	awk -v n="$1" '{
		for (i = 1; i <= 3; i++)
			if (!least[i] || $i < least[i])
				least[i] = $i
	} END {
		print "control add", n, least[1]
		print "control change", n, least[2]
		print "control delete", n, least[3]
	}' "$tmp/rounds"
}

# The three rules of wg-quick for each of N tunnels
wg_quick_rules() {
	seq 1 "$1" | awk '{
		dev = $1 == 1 ? "wg0" : "w" $1
		mark = $1 == 1 ? "0xca6c" : 100000 + $1
		addr["ip"] = $1 == 1 ? "10.2.0.2" : "10." int(64 + $1 / 256) "." $1 % 256 ".1"
		addr["ip6"] = $1 == 1 ? "fd02::2" : sprintf("fd03:0:0:%x::1", $1)
		for (ip in addr) {
			print "table", ip, "wg-quick-" dev, "{"
			print "chain preraw { type filter hook prerouting priority raw; policy accept;"
			print "iifname !=", dev, ip, "daddr", addr[ip], "fib saddr type != local drop; }"
			print "chain premangle { type filter hook prerouting priority mangle; policy accept;"
			print "meta l4proto udp meta mark set ct mark; }"
			print "chain postmangle { type filter hook postrouting priority mangle; policy accept;"
			print "meta l4proto udp meta mark", mark, "ct mark set meta mark; }"
			print "}"
		}
	}'
}

# The same for all tunnels at once, by sets
best_rules() {
	for ip in ip ip6; do
		seq 1 "$1" | awk -v ip=$ip '{
			dev = $1 == 1 ? "wg0" : "w" $1
			marks = marks sep ($1 == 1 ? "0xca6c" : 100000 + $1)
			if (ip == "ip")
				addr = $1 == 1 ? "10.2.0.2" : "10." int(64 + $1 / 256) "." $1 % 256 ".1"
			else
				addr = $1 == 1 ? "fd02::2" : sprintf("fd03:0:0:%x::1", $1)
			addrs = addrs sep addr
			owned = owned sep addr " . \"" dev "\""
			sep = ", "
		} END {
			type = ip == "ip" ? "ipv4_addr" : "ipv6_addr"
			print "table", ip, "best {"
			print "set guarded { type", type "; elements = {", addrs, "}; }"
			print "set owned { type", type, ". ifname; elements = {", owned, "}; }"
			print "set marks { type mark; elements = {", marks, "}; }"
			print "chain preraw { type filter hook prerouting priority raw; policy accept;"
			print ip, "daddr @guarded", ip, "daddr . iifname != @owned fib saddr type != local drop; }"
			print "chain premangle { type filter hook prerouting priority mangle; policy accept;"
			print "meta l4proto udp ct mark @marks meta mark set ct mark; }"
			print "chain postmangle { type filter hook postrouting priority mangle; policy accept;"
			print "meta l4proto udp meta mark @marks ct mark set meta mark; }"
			print "}"
		}'
	done
}

# rules CONTENDER COMMAND TUNNELS: what nft loads
rules() {
	begin
	"$2" "$3" >"$tmp/rules"
	on nft -f "$tmp/rules"
	measure "$1" "$3" rules full
	end
}

begin
measure none 0 rules
on sh -c 'echo 1 >/proc/wgbench/floor'
measure floor 0 rules
on sh -c 'echo 0 >/proc/wgbench/floor; echo 2 >/proc/wgbench/floor'
on cat /proc/wgbench/ipv4-rules | sed -n 's/^spoofed /floor 0 ipv4 rules &/p'
on sh -c 'echo 3 >/proc/wgbench/floor'
have=0
counts="1 10 100 1000 10000"
[ "$1" != quick ] || counts="1 100"
for n in $counts; do
	tunnels $((have + 1)) "$n"
	have=$n
	sleep 1		# a hash that grows
	measure wgmark "$n" rules
	control "$n"
done
end
begin
tunnels 1 1
measure wgmark 1 full
end
if [ "$1" != quick ]; then
	for n in 1 10 100 511; do
		rules nft wg_quick_rules $n
	done
	for n in 1 1000; do
		rules nft-sets best_rules $n
	done
fi

# What has to become of each packet
awk '
	$1 == "none" || $1 == "floor" { next }
	{ want = "accept 0x0 0x0" }
	$5 ~ /^outer/ { want = "accept 0xca6c 0xca6c" }
	$5 == "spoofed" { want = "drop 0x0 0x0" }
	# of somebody else, whose mark the rules of wg-quick take for theirs
	$5 == "udp-marked" { want = $1 == "nft" ? "accept 0x1 0x1" : "accept 0x0 0x1" }
	$7 " " $8 " " $9 != want { print "wrong:", $0, "for", want; wrong = 1 }
	END { exit wrong }
' "$tmp/all"
