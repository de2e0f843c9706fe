#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-debug.sh KERNEL... - tests on kernels that look for bugs, uml-kasan, debug-kasan and
# debug-kcsan of kernel.sh, all at a time
#
# T   in the environment: tests of tests/netns, or programs; by default all there is
#     for uml-kasan; for debug-kasan, which has two processors and takes three times as long,
#     what changes things from many sides; for debug-kcsan all where no allocation fails
set -uo pipefail

cd "$(dirname "$0")/.." || exit
. tests/stages.sh

declare -A tests what
netns=$(cd tests/netns && echo *.sh)
what[uml-kasan]="tests/netns and tests/stress"
what[debug-kasan]="what changes things from many sides"
what[debug-kcsan]="tests/netns and tests/stress/churn.sh"
tests[uml-kasan]="$netns $(echo tests/stress/*.sh)"
tests[debug-kasan]="12-hooks 20-guard 26-addresses 32-change 35-learn 40-lifetime 60-two-tunnels 70-netlink"
tests[debug-kasan]+=" 72-events 77-netlink-any $(echo tests/stress/*.sh)"
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
