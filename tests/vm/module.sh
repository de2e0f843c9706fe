#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# module.sh KERNEL DIR [MAKE-ARGUMENT...] - build wgmark.ko for a kernel of
# kernel.sh in DIR, a copy, so that several kernels' objects do not meet.
set -euo pipefail

cd "$(dirname "$0")/../.."
kernel=$(tests/vm/kernel.sh "$1")
dir=$2
shift 2

mkdir -p "$dir"
find Kbuild kmod include \( -name '*.[ch]' -o -name Kbuild \) ! -name '*.mod.c' -print0 |
	cpio --null -p -d -u -m --quiet "$dir"
make --no-print-directory -C "$kernel/build" M="$(realpath "$dir")" "$@" modules
