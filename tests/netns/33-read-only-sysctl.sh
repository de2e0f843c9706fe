#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# /proc/sys is read-only, as in containers: src_valid_mark is set on the device
# that the peer's packets come in by, and put back.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up

# read_only COMMAND...: in the client's namespace, with /proc/sys read-only
read_only() {
	on "$client" sh -c 'mount --bind /proc/sys /proc/sys &&
		mount -o remount,bind,ro /proc/sys && exec "$@"' sh "$@"
}

# setting DEV
setting() {
	on "$client" cat "/proc/sys/net/ipv4/conf/$1/src_valid_mark"
}

sysctl_set "$client" 1 'ipv4/conf/*/rp_filter'
sysctl_set "$client" 0 'ipv4/conf/*/src_valid_mark'
snapshot_state "$client" >"$tmp/before"
umask 077
client_conf 4 >"$tmp/wg0.conf"
check "up" read_only "$wgmarkctl" up "$tmp/wg0.conf"
is "$(grep -c '^wgmarkctl: note: /proc/sys is read-only' "$tmp/output")" 1 "up says so"
is "$(grep sysctl "$tmp/output")" "[#] sysctl -q net.ipv4.conf.lan.src_valid_mark=1" "the step is shown"
is "$(setting all) $(setting lan) $(setting lo)" "0 1 0" "only that device has it"
check "IPv4 through the tunnel under strict rp_filter" ping_through "$client" 198.51.100.1
sysctl_set "$client" 0 ipv4/conf/lan/src_valid_mark
check_fails "not without the setting" ping_through "$client" 198.51.100.1 2
sysctl_set "$client" 1 ipv4/conf/lan/src_valid_mark
check "down" read_only "$wgmarkctl" down wg0
before "up and down"

check_fails "up fails" read_only env WGMARKCTL_FAIL_AT=13 "$wgmarkctl_faults" up "$tmp/wg0.conf"
before "up fails"

sysctl_set "$client" 1 ipv4/conf/all/src_valid_mark
snapshot_state "$client" >"$tmp/before"
check "it was on: up" read_only "$wgmarkctl" up "$tmp/wg0.conf"
is "$(setting lan)" 0 "it was on: nothing is set"
check "it was on: down" read_only "$wgmarkctl" down wg0
before "it was on"
sysctl_set "$client" 0 ipv4/conf/all/src_valid_mark

# The device went, and with it the setting and what was kept of it
snapshot_state "$client" >"$tmp/before"
client_conf 4 >"$tmp/wg0.conf"
ip -n "$client" link add way type dummy
ip -n "$client" link set way up
ip -n "$client" route add 203.0.113.1 dev way
check "another way: up" read_only "$wgmarkctl" up "$tmp/wg0.conf"
is "$(setting way) $(setting lan)" "1 0" "another way: that device has it"
ip -n "$client" link del way
snapshot_state "$client" >"$tmp/gone"
check "another way: what was kept of it is there" grep -q '/run/wgmark/.*:src_valid_mark:' "$tmp/gone"
read_only "$wgmarkctl" plan "$tmp/wg0.conf" >/dev/null 2>&1 || :
check "another way: down --dry-run" on "$client" "$wgmarkctl" down --dry-run wg0
check_state "another way: what changes nothing leaves it" "$client" "$tmp/gone"
check "another way: down" client_down
before "another way"

ip -n "$client" route del default
status=0
read_only "$wgmarkctl" up "$tmp/wg0.conf" >"$tmp/up" 2>&1 || status=$?
is "$(tail -n 1 "$tmp/up" | cut -c 1-70), status $status" \
	"wgmarkctl: /proc/sys is read-only, and no IPv4 route leads to an endpo, status 4" \
	"no way: refused"
client_conf 6 >"$tmp/wg0.conf"
check "endpoint by IPv6: up" read_only "$wgmarkctl" up "$tmp/wg0.conf"
check "endpoint by IPv6: IPv4 through the tunnel" ping_through "$client" 198.51.100.1
check "endpoint by IPv6: down" client_down

done_testing
