#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# results.sh KERNEL... - write what "make bench" has measured, which is in build/bench, into
# this folder: results.json has all figures; the tables in RESULTS.md, between the comments
# that name them, and packets.svg are made of the same. The text around the tables is not.
set -euo pipefail

cd "$(dirname "$0")/../.."
here=tests/bench
raw=build/bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for kernel; do
	echo "$kernel release $(cat "$(tests/vm/kernel.sh "$kernel")/release")"
	for what in module packets forward memory up; do
		[ ! -e "$raw/$what-$kernel" ] || sed "s/^/$kernel /" "$raw/$what-$kernel"
	done
done | awk -v date="$(date -u +%F)" \
	-v emulator="$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9.]*\).*/qemu \1/p')" \
	-f $here/json.awk >"$work/json"
mv "$work/json" $here/results.json
awk -f $here/plot.awk "$raw/packets-$1" >"$work/svg"
mv "$work/svg" $here/packets.svg

table() {
	local name=${1%-*} kernel=${1##*-} from=packets more=
	case $name in
	forward) from=forward ;;
	memory) from=memory more=$raw/module-$kernel ;;
	esac
	awk -v table="$name" -f $here/table.awk ${more:+"$more"} "$raw/$from-$kernel"
}

# <!-- table NAME-KERNEL --> to <!-- end -->
while IFS= read -r line; do
	case $line in
	'<!-- table '*)
		name=${line#<!-- table }
		printf '%s\n' "$line"
		table "${name% -->}" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
		while [ "$line" != '<!-- end -->' ]; do
			IFS= read -r line
		done
		;;
	esac
	printf '%s\n' "$line"
done <$here/RESULTS.md >"$work/results"
mv "$work/results" $here/RESULTS.md
