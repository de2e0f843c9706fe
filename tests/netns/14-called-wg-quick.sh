#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# By a link named wg-quick, wgmarkctl takes that program's arguments, prints its
# messages and has its exit statuses.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
umask 077
mkdir "$tmp/bin"
ln -s "$wgmarkctl" "$tmp/bin/wg-quick"
client_conf 4 | grep -v ^DNS >"$tmp/wg0.conf"
snapshot_state "$client" >"$tmp/before"
cd "$tmp"

# says STATUS LAST-LINE ARGUMENT...
says() {
	_status=$1 _line=$2
	shift 2
	_got=0
	on "$client" "$tmp/bin/wg-quick" "$@" >"$tmp/out" 2>"$tmp/err" || _got=$?
	is "$(tail -n 1 "$tmp/err"), status $_got" "$_line, status $_status" "wg-quick $*"
}

usage="/etc/wireguard/INTERFACE.conf. See wgmarkctl(8)."
says 1 "$usage"
says 1 "$usage" up
says 1 "$usage" up wg0 wg1
says 1 "$usage" show wg0
says 1 "wg-quick: \`--dry-run' does not exist" up --dry-run
says 1 "$usage" --json up
says 0 "$usage" help
says 0 "$usage" --help
says 1 "wg-quick: \`/etc/wireguard/none.conf' does not exist" up none
says 1 "wg-quick: \`./none.conf' does not exist" up ./none.conf
says 1 "wg-quick: The config file must be a valid interface name, followed by .conf" up ./err
says 1 "wg-quick: \`wg0' is not a WireGuard interface" down ./wg0.conf
says 0 "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 51820" up ./wg0.conf
check "the tunnel is up" ping_through "$client" 198.51.100.1
says 1 "wg-quick: \`wg0' already exists" up ./wg0.conf
says 0 "" strip ./wg0.conf
is "$(sed -n 1,2p "$tmp/out")" "$(printf '[Interface]\nPrivateKey = %s' "$(cat client.key)")" "strip prints the file for wg"
says 0 "" save ./wg0.conf
says 0 "[#] sysctl -q net.ipv4.conf.all.src_valid_mark=0" down ./wg0.conf
check_state "all is as before" "$client" "$tmp/before"
echo "Nonsense = 1" >>wg0.conf
_status=0
on "$client" "$tmp/bin/wg-quick" up ./wg0.conf >out 2>&1 || _status=$?
is "$(cut -d : -f 1 out), status $_status" "wg-quick, status 1" "a bad file"

done_testing
