#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# module.sh [-b] KERNEL DIR [MAKE-ARGUMENT...] - build wgmark.ko, or with -b the
# benchmark's wgbench.ko, for a kernel of kernel.sh in DIR, a copy, so that several
# kernels' objects do not meet. Where the kernel brings its compiler, that builds.
set -euo pipefail

cd "$(dirname "$0")/../.."
. tests/vm/cpu.sh
source=.
if [ "$1" = -b ]; then
	source=tests/bench/kmod
	shift
fi
kernel=$(tests/vm/kernel.sh "$1")
cpu "$1"
dir=$2
shift 2

mkdir -p "$dir"
dir=$(realpath "$dir")
(cd "$source" && find . -path ./build -prune -o -path ./tests -prune -o \
	\( -name '*.[ch]' -o -name Kbuild \) ! -name '*.mod.c' -print0 |
	cpio --null -p -d -u -m --quiet "$dir")
# mean something where the kernel has CONFIG_KCOV, CONFIG_UBSAN
set -- KCOV_INSTRUMENT=y UBSAN_SANITIZE=y "$@"
[ ! -e "$kernel/linux" ] || set -- ARCH=um "$@"
[ -z "$cross" ] || set -- ARCH="$arch" CROSS_COMPILE="$cross" "$@"
build=(make --no-print-directory -C "$kernel/build" M="$dir" "$@" modules)
[ -d "$kernel/chroot" ] || exec "${build[@]}"

# The same places in there; the mounts go with the namespace.
export kernel dir
# shellcheck disable=SC2016
exec unshare -m sh -ec '
	root=$kernel/chroot
	mkdir -p "$root$kernel" "$root$dir"
	mount -t proc proc "$root/proc"
	mount --bind "$kernel" "$root$kernel"
	mount --bind "$dir" "$root$dir"
	exec chroot "$root" "$@"' sh "${build[@]}"
