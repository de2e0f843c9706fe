#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# listing.sh KERNEL - where the instructions are that packets.sh counts, as Markdown
#
# The same packets are sent once more, in an emulator that notes each instruction of a module
# as it is executed; listing.pl puts those of wgmark.ko beside its code.
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
	awk '$4 == "[wgbench]" && $3 ~ /^(least|send)(\.|$)/ { sub(/\..*/, "", $3); print $3, "0x" $1 }' /proc/kallsyms
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
# where x86_64 has its modules: Documentation/x86/x86_64/mm.rst
tests/vm/run.sh -i -t 3600 -q "-singlestep -d exec,nochain -dfilter 0xffffffffa0000000+0x5f000000 -D $work/executed" \
	"$kernel" tests/bench/listing.sh guest >"$work/sent"
objdump -d -r --no-show-raw-insn -j .text "build/$kernel/wgmark.ko" >"$work/code"
perl tests/bench/listing.pl "$work/sent" "$work/executed" "$work/code"
