#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The capabilities that wgmark@.service leaves are enough for all that wgmarkctl
# does by itself, and for commands that set up the network.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
umask 077
cd "$tmp"
unit=$top/user/wgmark@.service
caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')

# as_unit COMMAND...: as the unit's commands run
as_unit() {
	on "$client" setpriv --bounding-set "-all,$caps" --inh-caps=-all --no-new-privs "$@"
}

is "$(as_unit sed -n 's/^CapEff:\t//p' /proc/self/status)" 0000000000001000 \
	"CAP_NET_ADMIN is the only capability"
snapshot_state "$client" >before
for backend in kmod nft; do
	client_conf_with 4 0.0.0.0/0 "#wgmark Backend = $backend" "#wgmark LeakGuard = yes" \
		"SaveConfig = true" "PostUp = ip route add 192.0.2.0/24 dev %i" \
		"PostUp = nft add table ip by-hook-%i" \
		"PostDown = nft delete table ip by-hook-%i" >wg0.conf
	check "$backend: up" as_unit "$wgmarkctl" up ./wg0.conf
	check "$backend: the tunnel carries packets" ping_through "$client" 198.51.100.1
	sed -i 's/^Address.*/&, 10.2.0.9\/32/' wg0.conf
	check "$backend: reload" as_unit "$wgmarkctl" reload ./wg0.conf
	check "$backend: which brings the new address" \
		sh -c "ip -n $client -o address show dev wg0 | grep -q 10.2.0.9/32"
	on "$client" wg set wg0 listen-port 4711
	check "$backend: show" as_unit "$wgmarkctl" show wg0
	check "$backend: down" as_unit "$wgmarkctl" down ./wg0.conf
	check "$backend: SaveConfig has saved" grep -q '^ListenPort = 4711$' wg0.conf
	before "$backend"
done
done_testing
