#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limits.sh [--write] - does wgmark cost each packet no more than tests/bench/limits
# says? In instructions, which an emulator counts exactly, so it is not a matter of
# how busy the machine is.
#
# The figures hold for the kernel that the file names. Another one's may be a
# tenth higher. With many tunnels two may share a place of the hash, a packet for an
# address like theirs is looked up there, and the kernel has more addresses to ask
# whether one is local: some steps more. A mark that is nobody's can share its place with
# that of the one tunnel, by the numbers that are drawn at each start: one step more.
#
# --write   take what is measured as the limits
set -euo pipefail

cd "$(dirname "$0")/../.."
limits=tests/bench/limits
kernel=6.1
release=$(cat "$(tests/vm/kernel.sh $kernel)/release")
figures=build/logs/packets.log
mkdir -p "${figures%/*}"
tests/vm/run.sh -i -t 900 $kernel tests/bench/packets.sh quick >"$figures"

# the kinds of packets with restore learn and notrack are called notrack-KIND
rows='$1 == "wgmark-notrack" { $5 = "notrack-" $5 }
	$1 !~ /^wgmark/ || $4 == "full" { next }'

if [ "${1:-}" = --write ]; then
	{
		echo "# SPDX-License-Identifier: GPL-2.0"
		echo "# instructions of wgmark with one tunnel: FAMILY KIND LIMIT; see limits.sh"
		echo "kernel $release"
		awk "$rows"' $2 == 1 { print $3, $5, $6 }' "$figures" | sort -u
	} >$limits
fi
awk -v release="$release" -v steps=72 -v step=6 '
	FNR == NR && $1 == "kernel" { slack = $2 == release ? 0 : 0.1 }
	FNR == NR { limit[$1, $2] = $3; next }
	'"$rows"'
	{
		name = sprintf("%s %s with %d tunnels", $3, $5, $2)
		most = limit[$3, $5]
		allowed = int(most * (1 + slack)) + ($2 > 1 ? steps : $5 ~ /udp-marked$/ ? step : 0)
		verdict = $6 > allowed ? "not ok" : "ok"
		bad += $6 > allowed
		printf "%s %d - %s: %d instructions, limit %d\n", verdict, ++n, name, $6, most
	}
	END { print "1.." n; exit !n || bad }
' $limits "$figures"
