#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# programs.sh CPU [MAKE-ARGUMENT...] - build wgmarkctl, the tools and the unit tests
# for another CPU of kernel.sh, in build/CPU/build
#
# A copy is built, beside the module's, so that the objects do not meet this
# machine's. No sanitizers: the compilers for other CPUs bring none for all of them.
set -euo pipefail

cd "$(dirname "$0")/../.."
. tests/vm/cpu.sh
name=$1
shift
cpu "$name"
[ -n "$cross" ] || { echo "programs.sh: which CPU? arm64, mipsel or s390x" >&2; exit 2; }
root=$(tests/vm/kernel.sh "$name")/root
dir=$PWD/build/$name

cc="${cross}gcc -isystem $root/usr/include -L$root/usr/lib/${cross%-} -L$root/lib/${cross%-}"

mkdir -p "$dir"
find Makefile include user tests/unit tests/tools tests/packets tests/fuzz -name corpus -prune -o -type f -print0 |
	cpio --null -p -d -u -m --quiet "$dir"
exec make --no-print-directory -C "$dir" CC="$cc" TEST_CFLAGS="-O2 -g -DWGMARKCTL_FAULTS" \
	REPLAYS= "$@" test-programs
