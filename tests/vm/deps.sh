#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# deps.sh [LANE] - install what building and testing need on Debian 12, as root;
# LANE: arch, debug, fuzz, host, kernels or native for what make check-arch and so on
# (make bench-native) need.
# Does nothing, and asks no server, when all of it is there.
set -eu

# pahole: 6.12 wants it for a module's BTF
build="make gcc libc6-dev linux-libc-dev libmnl-dev libnftnl-dev libelf1 pahole"
style="sparse shellcheck codespell mandoc perl python3 python3-yaml python3-jsonschema
       systemd"
vm="qemu-system-x86 cpio kmod xz-utils busybox dash nftables iptables iproute2
    wireguard-tools iputils-ping conntrack tcpdump socat netcat-openbsd
    bash sed coreutils util-linux debianutils dbus-daemon libsystemd-shared
    jq procps"
# libFuzzer; afl++ would bring this clang as well, and more
fuzz="clang libclang-rt-dev"

host="qemu-system-x86 mmdebstrap e2fsprogs"
# for the CPUs of cpu.sh; modules and root are packed as for this machine
arch="sparse qemu-system-arm qemu-system-mips qemu-system-misc
      gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-mipsel-linux-gnu libc6-dev-mipsel-cross
      gcc-s390x-linux-gnu libc6-dev-s390x-cross cpio kmod xz-utils busybox"

# to build a kernel
native="flex bison bc xz-utils"
debug="$native libelf-dev"

packages="$build $style $vm"
case ${1:-} in
arch) packages="$build $arch" ;;
fuzz) packages="$build $fuzz" ;;
host) packages="$build $host" ;;
native) packages="$build $vm $native" ;;
kernels) packages="$packages $native mmdebstrap" ;;
debug) packages="$build $vm $debug" ;;
esac
missing=
for p in $packages; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
	installed) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "deps.sh: not installed:$missing (run this as root)" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
get() {
	# shellcheck disable=SC2086
	apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >/dev/null
}
echo "installing:$missing"
# the lists may be absent, or older than what the mirror holds
get 2>/dev/null || { apt-get -qq update && get; }
