#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# results.sh KERNEL... - write what has been measured, which is in build/bench, into this
# folder: results.json has all figures; the tables in RESULTS.md, between the comments
# that name them, and packets.svg are made of the same. The text around the tables is not.
set -euo pipefail

cd "$(dirname "$0")/../.."
here=tests/bench
raw=build/bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for kernel; do
	[ -e "$raw/packets-$kernel" ] || continue
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
{
	cat <<-END
		<!-- SPDX-License-Identifier: GPL-2.0 -->
		# Where the instructions are

		Of wgmark with one tunnel, on Debian's kernel $(cat "$(tests/vm/kernel.sh "$1")/release"): each
		instruction of the module that is executed for one packet, of those that RESULTS.md has
		to explain. Written by make bench; listing.sh says how.

	END
	cat "$raw/listing-$1"
} >"$work/listing"
mv "$work/listing" $here/LISTING.md

# table FILE NAME KERNEL
table() {
	local ps=
	[ "$3" != uml ] || ps=1
	[ "$2" != memory ] || set -- "$@" "$raw/module-$3"
	awk -v table="$2" -v picoseconds=$ps -f $here/table.awk "${@:4}" "$1"
}

# <!-- table NAME-KERNEL --> to <!-- end -->
while IFS= read -r line; do
	printf '%s\n' "$line"
	[[ $line =~ ^'<!-- table '(.*)-(.*)' -->'$ ]] || continue
	name=${BASH_REMATCH[1]} kernel=${BASH_REMATCH[2]}
	case $name in
	forward | memory) file=$raw/$name-$kernel ;;
	*) file=$raw/packets-$kernel ;;
	esac
	[ -e "$file" ] || continue
	table "$file" "$name" "$kernel" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
	while [ "$line" != '<!-- end -->' ]; do
		IFS= read -r line
	done
	printf '%s\n' "$line"
done <$here/RESULTS.md >"$work/results"
mv "$work/results" $here/RESULTS.md
