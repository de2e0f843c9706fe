#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# packets.sh [quick|native] - what the hooks of each contender cost each kind of packet:
# in instructions, where the clock counts them (tests/vm/run.sh -i), or with "native", in
# picoseconds, on a machine that is not emulated
#
# Prints lines "CONTENDER TUNNELS FAMILY WHAT KIND COST VERDICT MARK CTMARK" as
# tests/bench/kmod/main.c has them, and "control WHAT TUNNELS INSTRUCTIONS" for
# what a change costs; ends with 1 if a contender did another thing to a packet
# than it has to. wgmark-notrack has restore learn with notrack; wgmark-SHAPE is wgmark
# with tunnels of such a shape, see contenders.sh. "quick" is wgmark with few tunnels, for the limits.

set -e
cd "$(dirname "$0")/../.."
. tests/bench/contenders.sh
mode=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for module in nf_conntrack nf_defrag_ipv4 nf_defrag_ipv6; do
	modprobe $module
done
insmod wgmark.ko
case $mode in
native) insmod wgbench.ko batch=1000 ;;
*) insmod wgbench.ko ;;
esac

# measure CONTENDER TUNNELS FAMILIES WHAT...: each packet
measure() {
	_who=$1 _n=$2 _families=$3
	shift 3
	for _what; do
		for _family in $_families; do
			on cat "/proc/wgbench/$_family-$_what" >"$tmp/figures"
			sed "s/^/$_who $_n $_family $_what /" "$tmp/figures" | tee -a "$tmp/all"
		done
	done
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

both="ipv4 ipv6"

# wgmark SHAPE TUNNELS...: with so many
wgmark() {
	_shape=$1 _have=0
	shift
	begin
	for _tunnels; do
		devices "$_shape" $((_have + 1)) "$_tunnels"
		configure "$_shape" $((_have + 1)) "$_tunnels"
		_have=$_tunnels
		sleep 1		# a hash that grows
		case $_shape in
		plain)
			measure wgmark "$_tunnels" "$both" rules full
			[ "$mode" = native ] || control "$_tunnels"
			;;
		one-64) measure wgmark-one-64 "$_tunnels" ipv6 rules ;;
		*) measure "wgmark-$_shape" "$_tunnels" "$both" rules ;;
		esac
	done
	end
}

begin
measure none 0 "$both" rules
on sh -c 'echo 1 >/proc/wgbench/floor'
measure floor 0 "$both" rules
on sh -c 'echo 4 >/proc/wgbench/floor'
measure floor 0 "$both" full
on sh -c 'echo 5 >/proc/wgbench/floor'
on sh -c 'echo 0 >/proc/wgbench/floor; echo 2 >/proc/wgbench/floor'
on cat /proc/wgbench/ipv4-rules | sed -n 's/^spoofed /floor 0 ipv4 rules &/p'
on sh -c 'echo 3 >/proc/wgbench/floor'
end
counts="1 10 100 1000 10000"
[ "$mode" != quick ] || counts="1 100"
# shellcheck disable=SC2086
wgmark plain $counts
begin
on sh -c 'echo 8 >/proc/wgbench/floor'
measure floor 0 "$both" bare
on sh -c 'echo 9 >/proc/wgbench/floor'
end
notrack() {
	begin
	devices plain 1 "$1"
	configure_notrack 1 "$1"
	on sh -c 'echo 6 >/proc/wgbench/floor'
	# the first packets teach
	on cat /proc/wgbench/ipv4-bare /proc/wgbench/ipv6-bare >/dev/null
	measure wgmark-notrack "$1" "$both" bare
	on sh -c 'echo 7 >/proc/wgbench/floor'
	end
}
notrack 1
[ "$mode" = quick ] || notrack 10000
if [ "$mode" != quick ]; then
	most=10000
	# User Mode Linux takes minutes to make so many devices
	[ "$mode" != native ] || most=1000
	for shape in scattered regular one-64 odd-mask masks; do
		wgmark $shape 10 $most
	done
	# iptables last: what it loads leaves hooks behind
	for contender in nft:1 nft:10 nft:100 nft:511 nft-sets:1 nft-sets:1000 \
			iptables-nft:1 iptables-nft:1000 iptables-legacy:1 iptables-legacy:1000; do
		begin
		load ${contender%:*} ${contender#*:}
		measure ${contender%:*} ${contender#*:} "$both" rules full
		end
	done
fi

# What has to become of each packet
awk '
	$1 == "none" || $1 == "floor" { next }
	{ want = "accept 0x0 0x0" }
	$5 ~ /^outer/ { want = $4 == "bare" ? "accept 0xca6c 0x0" : "accept 0xca6c 0xca6c" }
	$5 == "spoofed" { want = "drop 0x0 0x0" }
	# of somebody else, whose mark the rules of wg-quick take for theirs
	$5 == "udp-marked" && $4 != "bare" { want = $1 ~ /^(nft|iptables-.*)$/ ? "accept 0x1 0x1" : "accept 0x0 0x1" }
	$7 " " $8 " " $9 != want { print "wrong:", $0, "for", want; wrong = 1 }
	END { exit wrong }
' "$tmp/all"
