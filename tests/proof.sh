#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# proof.sh TARGET COMMAND [ARGUMENT...] - run what "make TARGET" runs, and write into
# tests/PROOF.md what it says of itself
#
# COMMAND prints, among other things, a line for each thing that it ran:
#
#	proof WHAT | ON WHAT | HOW MANY | SEED | RESULT
#
# These become rows of TARGET's table there, with the day and the commit, also when the command
# fails: then a row says so. A row takes the place of the one with the same WHAT and ON WHAT; the
# others stay, for hours of tests may be run a part at a time. Without such a line nothing is
# written. Exit status: the command's.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
target=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# what is tested, whatever is committed meanwhile
if commit=$(git rev-parse --short HEAD 2>/dev/null); then
	[ -z "$(git status --porcelain -- . ':!tests/PROOF.md')" ] || commit="$commit, changed"
fi
"$@" | tee "$work/output" | grep --line-buffered -v '^proof '
status=${PIPESTATUS[0]}

grep -q '^proof ' "$work/output" || exit "$status"
{
	sed -n "s/^proof \(.*\)/| \1 | $(date -u +%F), ${commit:-an unknown commit} |/p" "$work/output"
	[ "$status" -eq 0 ] || echo "| make $target | | | | FAILED, status $status | $(date -u +%F) |"
} >"$work/rows"
awk -F ' *\\| *' -v target="$target" -v rows="$work/rows" '
	function key() { return $2 " | " $3 }
	BEGIN {
		while ((getline <rows) > 0) {
			new[key()] = 1
			lines[++n] = $0
		}
	}
	!inside { print }
	# kept, unless it is said anew; that the target failed is said anew or is over
	inside && /^\|/ && $2 != "what" && !/^\|-/ && $2 != "make " target && !(key() in new) {
		kept[++k] = $0
	}
	$0 == "<!-- " target " -->" { inside = 1 }
	inside && $0 == "<!-- end -->" {
		print "| what | on what | how many | seed | result | when, at |"
		print "|---|---|---|---|---|---|"
		for (i = 1; i <= k; i++)
			print kept[i]
		for (i = 1; i <= n; i++)
			print lines[i]
		print
		inside = 0
	}
' tests/PROOF.md >"$work/proof" && cp "$work/proof" tests/PROOF.md
exit "$status"
