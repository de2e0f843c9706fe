#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# On a kernel that was built without IPv6, all works for IPv4, and what asks for IPv6 is
# refused by name.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../doctor.sh"

[ ! -e /proc/net/if_inet6 ] || skip_all "this kernel has IPv6"
need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2

# up BACKEND [LINE...]: like client_up, without IPv6 in the file
up() {
	_backend=$1
	shift
	client_conf_with 4 0.0.0.0/0 "#wgmark Backend = $_backend" "$@" |
		sed 's|, fd02::2/128||' >"$tmp/wg0.conf"
	chmod 600 "$tmp/wg0.conf"
	on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
}

# has FILE TEXT: one of its lines
has() {
	grep -qF "$2" "$1" || {
		cat "$1"
		return 1
	}
}

for backend in kmod nft; do
	snapshot_state "$client" >"$tmp/before"
	check "$backend: up" up $backend
	check "$backend: the tunnel carries" ping_through "$client" 198.51.100.1
	check "$backend: marks were saved and restored" test "$(shown saved)" -ge 1 -a "$(shown restored)" -ge 1
	check_fails "$backend: nobody on the LAN reaches the tunnel's address" \
		ping_through "$neighbour" 10.2.0.2 2
	is "$(shown spoofed)" 1 "$backend: that is counted"
	check "$backend: reload" on "$client" "$wgmarkctl" reload "$tmp/wg0.conf"
	check "$backend: rules" on "$client" "$wgmarkctl" rules wg0
	on "$client" "$wgmarkctl" explain wg0 >"$tmp/explain" 2>&1 || diag "explain: status $?"
	check "$backend: explain ends in the way" has "$tmp/explain" "leaves through wg0 to peer"
	check_fails "$backend: and speaks of no IPv6" grep -q 2606: "$tmp/explain"
	finds "$backend: doctor has nothing to say" ""
	check "$backend: down" on "$client" "$wgmarkctl" down wg0
	before "$backend"

	check "$backend: up without restore" up $backend "#wgmark Restore = none"
	check_fails "$backend: without it nothing comes back" ping_through "$client" 198.51.100.1 2
	check "$backend: down again" on "$client" "$wgmarkctl" down wg0
done

check "learn: up" up kmod "#wgmark Restore = learn" "#wgmark NoTrack = yes"
check "learn: the tunnel carries" ping_through "$client" 198.51.100.1
check "learn: marks were restored" test "$(shown restored)" -ge 1
check "learn: down" on "$client" "$wgmarkctl" down wg0

check "LeakGuard: up" up kmod "#wgmark LeakGuard = yes"
check "LeakGuard: the tunnel carries" ping_through "$client" 198.51.100.1
check "LeakGuard: down" on "$client" "$wgmarkctl" down wg0

check_fails "an IPv6 address is refused" client_up auto 4
check "by name, and nothing was begun" has "$tmp/up" "wgmarkctl: there is no IPv6 here"
before "refused"

done_testing
