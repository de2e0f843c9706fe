#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh KERNEL... - everything that must pass: build all, test all
#
# Fetches first what it needs (deps.sh, kernel.sh).
set -uo pipefail

cd "$(dirname "$0")/.." || exit
. tests/stages.sh

step dependencies tests/vm/deps.sh
for kernel; do
	step "kernel-$kernel" tests/vm/kernel.sh "$kernel"
done
step kernel-source tests/vm/kernel.sh source
step programs make test-programs
for kernel; do
	step "module-$kernel" make "module-$kernel"
done
tap unit make unit
tap packets make bench-limits
tap style tests/style.sh "$@"
# A virtual machine keeps little more than one processor busy: all at once
for kernel; do
	start "$kernel" make "vm-$kernel"
done
for kernel; do
	tap "vm-$kernel" collect "$kernel"
done
finish
