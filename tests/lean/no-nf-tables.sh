#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# On a kernel that was built without nf_tables the module does all, and the backend nft is
# refused by name.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../doctor.sh"

! nft list tables >/dev/null 2>&1 || skip_all "this kernel has nf_tables"
need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$neighbour" route add fd02::2 via fd44::2
snapshot_state "$client" >"$tmp/before" 2>/dev/null

# has FILE TEXT: one of its lines
has() {
	grep -qF "$2" "$1" || {
		cat "$1"
		return 1
	}
}

for backend in kmod auto; do
	for outer in 4 6; do
		with="$backend, outer IPv$outer"
		check "up ($with)" client_up $backend $outer
		check "the tunnel carries IPv4 ($with)" ping_through "$client" 198.51.100.1
		check "the tunnel carries IPv6 ($with)" ping_through "$client" 2001:db8:100::1
		check "marks were saved and restored ($with)" \
			test "$(shown saved)" -ge 1 -a "$(shown restored)" -ge 1
		check_fails "nobody on the LAN reaches 10.2.0.2 ($with)" \
			ping_through "$neighbour" 10.2.0.2 2
		check_fails "nor fd02::2 ($with)" ping_through "$neighbour" fd02::2 2
		is "$(shown spoofed)" 2 "that is counted ($with)"
		check "reload ($with)" on "$client" "$wgmarkctl" reload "$tmp/wg0.conf"
		check "rules ($with)" on "$client" "$wgmarkctl" rules wg0
		on "$client" "$wgmarkctl" explain wg0 >"$tmp/explain" 2>&1 || diag "explain: status $?"
		check "explain ends in the way ($with)" has "$tmp/explain" "leaves through wg0 to peer"
		on "$client" "$wgmarkctl" explain --ruleset >"$tmp/ruleset" 2>&1 ||
			diag "explain --ruleset: status $?"
		check "there are no tables to explain ($with)" has "$tmp/ruleset" "No nftables rule here has to do"
		finds "doctor has nothing to say ($with)" ""
		check "down ($with)" client_down
		before "$with"
	done
done

check "learn: up" client_up kmod 4 "#wgmark Restore = learn"
check "learn: the tunnel carries" ping_through "$client" 198.51.100.1
check "learn: marks were restored" test "$(shown restored)" -ge 1
check "learn: down" client_down

check_fails "nft is refused" client_up nft 4
check "by name" has "$tmp/up" "nf_tables"
before "refused"

done_testing
