#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ynl.sh YNL DIR - write the files made from include/wgmark.yaml into DIR
#
# YNL   tools/net/ynl of the 6.12 kernel's source: another version words its
#       output otherwise. Needs python3 with yaml and jsonschema.
set -eu

ynl=$(realpath "$1")
dir=$(realpath "$2")
top=$(cd "$(dirname "$0")/.." && pwd)

# The generator looks for the schema in a kernel tree around the spec, and knows
# a kernel tree by the file MAINTAINERS.
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/Documentation/netlink/specs" "$dir/include/uapi/linux" "$dir/kmod/generated"
: >"$tree/MAINTAINERS"
cp "$ynl"/../../../Documentation/netlink/*.yaml "$tree/Documentation/netlink/"
spec=$tree/Documentation/netlink/specs/wgmark.yaml
cp "$top/include/wgmark.yaml" "$spec"

generate() {
	# the distribution's Python, for its yaml
	(cd "$tree" && PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 "$ynl/ynl-gen-c.py" --spec "$spec" "$@")
}
generate --mode uapi --header -o "$dir/include/uapi/linux/wgmark.h"
generate --mode kernel --header -o "$dir/kmod/generated/netlink.h"
generate --mode kernel --source -o "$dir/kmod/generated/netlink.c"
