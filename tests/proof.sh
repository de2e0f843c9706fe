#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# proof.sh TARGET COMMAND [ARGUMENT...] - run what "make TARGET" runs, and write into
# tests/PROOF.md what it says of itself
#
# COMMAND prints, among other things, a line for each thing that it ran:
#
#	proof WHAT | ON WHAT | HOW MANY | SEED | RESULT
#
# These become TARGET's table there, with the day and the commit, also when the command fails:
# then a row says so. Without such a line nothing is written. Exit status: the command's.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
target=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$@" | tee "$work/output" | grep --line-buffered -v '^proof '
status=${PIPESTATUS[0]}

grep -q '^proof ' "$work/output" || exit "$status"
commit=$(git rev-parse --short HEAD 2>/dev/null)
git diff --quiet HEAD -- . ':!tests/PROOF.md' 2>/dev/null || commit="$commit, changed"
{
	echo "$(date -u +%F), at ${commit:-an unknown commit}:"
	echo
	echo "| what | on what | how many | seed | result |"
	echo "|---|---|---|---|---|"
	sed -n 's/^proof \(.*\)/| \1 |/p' "$work/output"
	[ "$status" -eq 0 ] || echo "| make $target | | | | FAILED, status $status |"
} >"$work/table"
awk -v target="$target" -v table="$work/table" '
	!skip { print }
	$0 == "<!-- " target " -->" {
		while ((getline line <table) > 0)
			print line
		skip = 1
	}
	skip && $0 == "<!-- end -->" { print; skip = 0 }
' tests/PROOF.md >"$work/proof" && cp "$work/proof" tests/PROOF.md
exit "$status"
