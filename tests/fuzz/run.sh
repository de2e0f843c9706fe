#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [TARGET...] - random input for the parsers, as TAP
#
# Each target (default: all of tests/fuzz) runs for FUZZ_TIME seconds (60), two
# at a time, from its seeds in tests/fuzz/corpus and from what earlier runs found
# in build/fuzz/corpus. FUZZ_FLAGS go to libFuzzer.
#
# Input that makes a target fail is kept in build/fuzz/found.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
time=${FUZZ_TIME:-60}
if [ $# -eq 0 ]; then
	for f in tests/fuzz/fuzz-*.c; do
		f=${f##*/fuzz-}
		set -- "$@" "${f%.c}"
	done
fi

tests/vm/deps.sh fuzz || exit
mkdir -p build/logs build/fuzz/found
make -s -j2 "${@/#/build/fuzz/fuzz-}" "${@/#/build/asan/fuzz-}" >build/logs/fuzz-build.log 2>&1 || {
	cat build/logs/fuzz-build.log
	echo "Bail out! the targets cannot be built"
	exit 1
}

# fuzz TARGET: memory is bounded, so that a list which grows without end is found
fuzz() {
	local name=$1 flags=()
	mkdir -p "build/fuzz/corpus/$name"
	[ ! -e "tests/fuzz/$name.dict" ] || flags=("-dict=tests/fuzz/$name.dict")
	# shellcheck disable=SC2086
	"build/fuzz/fuzz-$name" -max_total_time="$time" -max_len=4096 -timeout=10 \
		-rss_limit_mb=1024 -malloc_limit_mb=64 -use_value_profile=1 -print_final_stats=1 \
		-artifact_prefix="build/fuzz/found/$name-" "${flags[@]}" ${FUZZ_FLAGS:-} \
		"build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" \
		>"build/logs/fuzz-$name.log" 2>&1 </dev/null
}

n=0
failed=0
# report TARGET STATUS
report() {
	local log=build/logs/fuzz-$1.log input runs
	n=$((n + 1))
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	if [ "$2" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "ok $n - $1: $runs runs, $(grep -o 'cov: [0-9]*' "$log" | tail -n1)"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $n - $1: status $2, see $log"
	grep -E 'does not hold|runtime error|ERROR: |SUMMARY: ' "$log" | sed 's/^/#   /'
	input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n1)
	[ -z "$input" ] || echo "#   once more: build/asan/fuzz-$1 $input"
}

echo "TAP version 13"
while [ $# -gt 0 ]; do
	fuzz "$1" &
	first=$!
	if [ $# -gt 1 ]; then
		fuzz "$2" &
		second=$!
	fi
	wait $first
	report "$1" $?
	shift
	if [ $# -gt 0 ]; then
		wait $second
		report "$1" $?
		shift
	fi
done
echo "1..$n"
echo "$((n - failed)) passed, $failed failed"
[ $failed -eq 0 ]
