#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-debug.sh KERNEL... - tests on kernels that look for bugs, debug-kasan and debug-kcsan
# of kernel.sh, both at a time
#
# T   in the environment: tests of tests/netns, or programs; by default all there is for the
#     first, and for the second, which looks for data races, what changes things from many
#     sides at once
set -uo pipefail

cd "$(dirname "$0")/.." || exit
. tests/stages.sh

declare -A tests what
what[debug-kasan]="tests/netns and tests/stress"
what[debug-kcsan]="what changes things from many sides"
tests[debug-kasan]="$(cd tests/netns && echo *.sh) $(echo tests/stress/*.sh)"
tests[debug-kcsan]="12-hooks 32-change 35-learn 40-lifetime 60-two-tunnels 72-events 77-netlink-any"
tests[debug-kcsan]+=" tests/stress/churn.sh"

step dependencies tests/vm/deps.sh debug
for kernel; do
	step "kernel-$kernel" tests/vm/kernel.sh "$kernel"
done
step programs make test-programs
step modules make "${@/#/module-}"
for kernel; do
	read -r -a names <<<"${T:-${tests[$kernel]}}"
	start "$kernel" tests/vm/run.sh -t 14400 "$kernel" tests/run -a "${names[@]}" tests/vm/sound.sh
done
for kernel; do
	tap_vm "$kernel" "${T:-${what[$kernel]}}"
done
finish
