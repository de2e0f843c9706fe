#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# After all tests the machine's own network and files are as make.sh found them.

. "$(dirname "$0")/../lib.sh"

need_root
before=/run/wgmark-before
[ -e $before ] || skip_all "needs $before, which make.sh writes"
as_before() {
	"$top/tests/host/state.sh" >"$tmp/now"
	diff -U 1 $before "$tmp/now" >"$tmp/difference"
}

# namespaces and their hooks go in the background
if wait_for 20 as_before; then
	ok "the machine is as before"
else
	not_ok "the machine is as before"
	diag "$(cat "$tmp/difference")"
fi
is "$(dmesg | grep -c 'Linux version')" 1 "its kernel log is still whole"
done_testing
