#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-debug.sh KERNEL... - tests on kernels that look for bugs, debug-kasan and debug-kcsan
# of kernel.sh, both at a time
#
# T   in the environment: tests of tests/netns, or programs; by default all there is;
#     allocations fail only in the first
set -uo pipefail

cd "$(dirname "$0")/.." || exit
. tests/stages.sh

declare -A tests what
netns=$(cd tests/netns && echo *.sh)
what[debug-kasan]="tests/netns and tests/stress"
what[debug-kcsan]="tests/netns and tests/stress/churn.sh"
tests[debug-kasan]="$netns $(echo tests/stress/*.sh)"
tests[debug-kcsan]="$netns tests/stress/churn.sh"

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
