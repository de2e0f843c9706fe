#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# All of the client's traffic goes through the tunnel under a strict
# reverse-path filter, and it is the marks that make it so: with the restore
# switched off and nothing else changed, nothing comes back.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
rpfilter_ipv6
suppresses=$(fib_suppresses && echo yes || :)

# received: bytes that the server has had through the tunnel
received() {
	on "$server" wg show wg0 transfer | cut -f 2
}

for backend in kmod nft; do
	for outer in 4 6; do
		with="$backend, outer IPv$outer"
		check "up ($with)" client_up $backend $outer
		is "$(on "$client" cat /proc/sys/net/ipv4/conf/lan/rp_filter \
			/proc/sys/net/ipv4/conf/all/src_valid_mark)" \
			"1
1" "rp_filter is strict and src_valid_mark is set ($with)"
		check "IPv4 goes through the tunnel ($with)" ping_through "$client" 198.51.100.1
		check "IPv6 goes through the tunnel ($with)" ping_through "$client" 2001:db8:100::1
		check "the LAN is still reached directly ($with)" ping_through "$client" 192.168.44.3
		check "marks were restored and are counted ($with)" test "$(shown restored)" -ge 1
		check "marks were saved and are counted ($with)" test "$(shown saved)" -ge 1
		check "down ($with)" client_down

		received=$(received)
		check "up without restore ($with)" client_up $backend $outer "#wgmark Restore = none"
		for to in 198.51.100.1 2001:db8:100::1; do
			name="$to gives no answer without restore ($with)"
			if [ $outer = 6 ] && [ -z "$suppresses" ]; then
				ping_through "$client" $to 2 >/dev/null || :
				skip "$name" "nft's fib of this kernel does not go by suppress_prefixlength"
			else
				check_fails "$name" ping_through "$client" $to 2
			fi
		done
		check "though the server heard the client ($with)" test "$(received)" -gt "$received"
		check "down again ($with)" client_down
	done
done

done_testing
