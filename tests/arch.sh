#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# arch.sh CPU... - module and wgmarkctl built for other CPUs, and tested on emulated
# machines: the unit tests, then those of tests/netns that are about the module: its hooks,
# its netlink interface, its life
#
# CPU   arm64; mipsel, a router's, of 32 bits; s390x, which is big endian
# T     in the environment: other tests of tests/netns
#
# Prints a line for each CPU, what failed, and then the lines for tests/PROOF.md. The
# output of each stage is in build/logs. Exit status: 0 all passed.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
logs=build/logs
mkdir -p "$logs"
failed=0
what=${T:-of tests/netns, those about the module}
core="00-smoke 10-full-tunnel 20-guard 22-attacks 30-foreign-marks 31-compat 32-change"
core+=" 35-learn 36-packets 37-queued 38-learn-sockets 40-lifetime 60-two-tunnels 70-netlink"
core+=" 72-events 77-netlink-any"
T=${T:-$core}

# build CPU: has to say nothing but what is built. sparse knows macros of its own that
# mips's Makefile defines too, and pahole looks for what the headers do not have.
build() {
	tests/vm/module.sh "$1" "build/$1" -s W=1 C=2 CF=-D__CHECK_ENDIAN__ 2>&1 |
		grep -v -e '^command-line: note: in included file:$' -e '^builtin:[01]:[09]: ' \
			-e '^Skipping BTF generation'
	[ -e "build/$1/wgmark.ko" ] || echo "no wgmark.ko was built"
	tests/vm/programs.sh "$1" -s WERROR=-Werror 2>&1 | { grep -v -E '^  (CC|LD) ' || :; }
}

# guest CPU: all tests in one machine; the programs are known there
guest() {
	local script="tests/run -a build/asan/test-* $T"
	tests/vm/run.sh -t 5400 "$1" sh -c "$script"
}

# count PATTERN: results of the log that match, skipped ones aside
count() {
	grep -v '# SKIP' "$log" | grep -c "$1"
}

proof=()
for cpu; do
	start=$SECONDS
	result=passed
	on="$cpu, Linux $(cat "$(tests/vm/kernel.sh "$cpu")/release")" || exit
	log=$logs/arch-$cpu.log
	printf '%-8s' "$cpu"

	rm -f "build/$cpu/wgmark.ko"
	build "$cpu" >"$log" 2>&1
	status=$?
	if [ $status -ne 0 ] || [ -s "$log" ]; then
		printf 'not built, status %d, or with warnings; %s:\n' $status "$log"
		head -n 40 "$log" | sed 's/^/    /'
		proof+=("proof module and wgmarkctl built | $on | 1 | - | FAILED")
		failed=$((failed + 1))
		continue
	fi
	proof+=("proof module, W=1 and sparse, and wgmarkctl, -Werror, built | $on | 1 | - | no warning")

	guest "$cpu" >"$log" 2>&1 </dev/null
	status=$?
	unit=$(count '^ok [0-9]* - test-')
	netns=$(($(count '^ok ') - unit))
	skip=$(grep -c '^ok .* # SKIP' "$log")
	bad=$(grep -c '^not ok ' "$log")
	[ "$bad" -gt 0 ] || [ $status -eq 0 ] || bad=1
	# tests/netns has given nothing: it did not run
	[ "$bad" -gt 0 ] || [ $netns -gt 0 ] || bad=1
	if [ "$bad" -gt 0 ]; then
		result="$bad FAILED"
		failed=$((failed + 1))
	fi
	printf '%5d s   %d passed, %d skipped' $((SECONDS - start)) $((unit + netns)) "$skip"
	[ "$bad" -eq 0 ] || printf ', %d FAILED, status %d, see %s' "$bad" $status "$log"
	echo
	awk '/^not ok/ { show = 1 } /^ok|^1\.\./ { show = 0 }
	     show || /^# the (guest|kernel)|^#   / { print "    " $0 }' "$log" | head -n 80
	proof+=("proof unit tests | $on | $unit results | - | $result"
		"proof $what | $on | $netns results, $skip skipped | - | $result")
done
printf '%s\n' "${proof[@]}"
[ $failed -eq 0 ]
