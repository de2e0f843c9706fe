#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-kernels.sh KERNEL... - the module built without a warning, and all of
# tests/netns, for each of kernel.sh's kernels, two virtual machines at a time; for a
# kernel that lacks something its test of tests/lean
set -uo pipefail

cd "$(dirname "$0")/.." || exit
. tests/stages.sh

# tests KERNEL: that "make vm-KERNEL" runs
tests() {
	case $1 in
	uml-no-*) echo "tests/lean/${1#uml-}.sh" ;;
	*) echo tests/netns ;;
	esac
}

step dependencies tests/vm/deps.sh kernels
for kernel; do
	step "kernel-$kernel" tests/vm/kernel.sh "$kernel"
done
step programs make test-programs
step modules make "${@/#/module-}"

for kernel; do
	tap "style-$kernel" tests/style.sh -m "$kernel"
	proof "$kernel" "module built with W=1 and sparse" "$(find kmod -name '*.c' ! -name '*.mod.c' | wc -l) files"
done

start "$1" make "vm-$1" T=
while [ $# -gt 0 ]; do
	[ $# -eq 1 ] || start "$2" make "vm-$2" T=
	tap_vm "$1" "$(tests "$1")"
	shift
done
finish
