#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# listing.sh KERNEL - where the instructions are that packets.sh counts, as Markdown
#
# The same packets are sent once more, in an emulator that notes each instruction of the module
# and of nf_hook_slow() as it is executed; listing.pl puts that beside the module's code. Two
# runs: the first one tells where the module is, which is the same in both.
set -euo pipefail

cd "$(dirname "$0")/../.."
if [ "$1" = guest ]; then
	# shellcheck source=tests/bench/contenders.sh
	. tests/bench/contenders.sh
	for module in nf_conntrack nf_defrag_ipv4 nf_defrag_ipv6; do
		modprobe $module
	done
	insmod wgmark.ko
	insmod wgbench.ko
	echo "text $(cat /sys/module/wgmark/sections/.text)"
	awk '$3 ~ /^least/ && $4 == "[wgbench]" { print "least 0x" $1 }
		slow { print "slow 0x" slow, "0x" $1; slow = "" }
		$3 == "nf_hook_slow" { slow = $1 }' /proc/kallsyms
	send() {
		on cat "/proc/wgbench/$1-$2" | sed "s/^/sent $1 $2 /"
	}
	begin
	configure plain 1 1
	send ipv4 rules
	send ipv6 rules
	end
	begin
	configure_notrack 1 1
	on sh -c 'echo 6 >/proc/wgbench/floor'
	# the first packets teach
	send ipv4 bare
	send ipv4 bare
	on sh -c 'echo 7 >/proc/wgbench/floor'
	end
	exit
fi

kernel=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guest=(-i -t 3600 "$kernel" tests/bench/listing.sh guest)
tests/vm/run.sh "${guest[@]}" >"$work/places"
code=build/$kernel/wgmark.ko
size=$((16#$(objdump -h "$code" | awk '$2 == ".text" { print $3 }')))
where=$(awk -v size=$size '
	$1 == "text" { filter = filter "," $2 "+" size }
	$1 == "least" { filter = filter "," $2 "+1" }
	$1 == "slow" { filter = filter "," $2 ".." $3 }
	END { print substr(filter, 2) }' "$work/places")
tests/vm/run.sh -q "-singlestep -d exec,nochain -dfilter $where -D $work/executed" \
	"${guest[@]}" >"$work/sent"
objdump -d -r --no-show-raw-insn -j .text "$code" >"$work/code"
perl tests/bench/listing.pl "$work/sent" "$work/executed" "$work/code"
