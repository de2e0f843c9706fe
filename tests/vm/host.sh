#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# host.sh [TEST...] - the tests on a whole Debian 12 of its own: a virtual machine
# that systemd starts from a disk, where all is done as a user would
#
# TEST   as of tests/run; by default all of tests/netns, then those of tests/host
#        that look at the machine itself. tests/host/make.sh, which builds for that
#        machine's kernel, comes first in any case.
#
# The machine works on a copy of the disk of "kernel.sh host". Programs that only
# the tests need are built here and taken along.
#
# Prints TAP. Exit status: that of tests/run, or of boot.sh.
set -euo pipefail

cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- tests/netns/*.sh tests/host/as-before.sh tests/host/unit.sh tests/host/others.sh
dir=$(tests/vm/kernel.sh host)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/guest" <<-END
	#!/bin/sh
	cd wgmark
	echo guest-runs
	tests/run tests/host/make.sh $(printf '%q ' "$@")
	echo guest-exit \$?
	sync
	poweroff -f >/dev/null 2>&1
END
chmod 755 "$work/guest"
to=(--transform 's,^\.,wgmark,')
tar -cf "$work/payload" --exclude-vcs --exclude-vcs-ignores "${to[@]}" .
tar -rf "$work/payload" "${to[@]}" ./build/wgmarkctl-faults ./build/tools
tar -rf "$work/payload" -C "$work" guest

tests/vm/boot.sh host 5400 "root=/dev/vda rw" -m 2048 -nic user,restrict=on,model=virtio \
	-kernel "$dir/vmlinuz" -initrd "$dir/initrd" \
	-drive "file=$dir/disk,format=raw,if=virtio,snapshot=on" \
	-drive "file=$work/payload,format=raw,if=virtio,readonly=on"
