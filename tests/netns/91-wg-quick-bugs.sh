#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Where wg-quick goes wrong and wgmarkctl does not. Each time the real wg-quick
# shows it first: the day that it does not, its test here fails and can go.

. "$(dirname "$0")/../lib.sh"

need_module
for tool in wg-quick bash; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
modprobe wireguard

umask 077
cd "$tmp"
private=$(wg genkey)
public=$(wg genkey | wg pubkey)

# conf NAME ALLOWED-IPS [LINE...]: NAME.conf, with LINEs in its [Interface]
conf() {
	_conf=$1 _allowed=$2
	shift 2
	printf '%s\n' "[Interface]" "PrivateKey = $private" "$@" "[Peer]" "PublicKey = $public" \
		"AllowedIPs = $_allowed" "Endpoint = 203.0.113.1:51820" >"$_conf.conf"
}

# machines: a fresh one for each, $quick and $mark, with an uplink
quick='' mark=''
machines() {
	for _ns in $quick $mark; do
		del_ns "$_ns"
	done
	for _machine in quick mark; do
		new_ns $_machine
		ip -n "$_ns" -batch - <<-END
			link set lo up
			link add eth0 type dummy
			address add 192.0.2.2/24 dev eth0
			link set eth0 up
			route add default via 192.0.2.1
		END
	done
}

# wg_quick VERB NAME, wgmarkctl VERB NAME: on their machines
wg_quick() {
	on "$quick" wg-quick "$1" "./$2.conf"
}
wgmarkctl() {
	on "$mark" "$wgmarkctl" "$1" "./$2.conf"
}

# said REGEX NAME, not_said REGEX NAME: the last command
said() {
	cp output last
	check "$2" grep -q -e "$1" last
}
not_said() {
	cp output last
	check_fails "$2" grep -q -e "$1" last
}

# both VERB NAME: succeeds with both
both() {
	check "wg-quick $1 $2" wg_quick "$1" "$2"
	check "wgmarkctl $1 $2" wgmarkctl "$1" "$2"
}

# rules NS WORD: how many of its rules for IPv4 have the word
rules() {
	ip -n "$1" -4 rule show | grep -c -- "$2" || :
}

# --- two full tunnels, and the newer one comes down --------------------------

machines
conf wg0 0.0.0.0/0 "Address = 10.2.0.2/32"
conf wg1 0.0.0.0/0 "Address = 10.3.0.2/32"
both up wg0
both up wg1
both down wg1
is "$(rules "$quick" suppress_prefixlength)" 0 \
	"wg-quick: the older tunnel has lost its rule for the LAN"
is "$(rules "$mark" suppress_prefixlength)" 1 "wgmarkctl: the older tunnel keeps its own"
both down wg0

# --- src_valid_mark ----------------------------------------------------------

is "$(on "$quick" cat /proc/sys/net/ipv4/conf/all/src_valid_mark)" 1 \
	"wg-quick: src_valid_mark stays on for ever"
is "$(on "$mark" cat /proc/sys/net/ipv4/conf/all/src_valid_mark)" 0 \
	"wgmarkctl: src_valid_mark is what it was"

# --- a mark that is the beginning of another one -----------------------------

machines
conf wg2 0.0.0.0/0 "Address = 10.4.0.2/32" "FwMark = 5182"
both up wg0
both up wg2
check_fails "wg-quick: lookup 5182 is found in lookup 51820, and down fails" wg_quick down wg2
check "wg-quick: the device stays" ip -n "$quick" link show wg2
check "wgmarkctl: down" wgmarkctl down wg2
check_fails "wgmarkctl: the device is gone" ip -n "$mark" link show wg2
is "$(rules "$mark" 'lookup 51820')" 1 "wgmarkctl: the other tunnel keeps its rule"

# --- the device is gone, by a crash or by hand --------------------------------

machines
both up wg0
for ns in "$quick" "$mark"; do
	ip -n "$ns" link del wg0
done
check_fails "wg-quick: down refuses" wg_quick down wg0
both up wg0
is "$(rules "$quick" 'lookup 51820')" 2 "wg-quick: the next up adds the rules a second time"
is "$(rules "$mark" 'lookup 51820')" 1 "wgmarkctl: the next up does not"
ip -n "$mark" link del wg0
check "wgmarkctl: down takes away what is left" wgmarkctl down wg0
is "$(rules "$mark" 'lookup 51820')" 0 "wgmarkctl: the rule is gone"

# --- a mark that is the number of the table main -----------------------------

machines
conf wg3 0.0.0.0/0 "Address = 10.5.0.2/32" "FwMark = 254"
for ns in "$quick" "$mark"; do
	ip -n "$ns" route del default
done
ip -n "$mark" rule show >before
check "wg-quick up wg3" wg_quick up wg3
check "wg-quick down wg3" wg_quick down wg3
is "$(rules "$quick" 'not from all fwmark 0xfe')" 1 "wg-quick: the rule of the mark 254 stays"
check_fails "wgmarkctl: up with the mark 254 is refused" wgmarkctl up wg3
said "number of the routing table main" "wgmarkctl: and says why"
is "$(ip -n "$mark" rule show)" "$(cat before)" "wgmarkctl: no rule has changed"

# --- Table = Off -------------------------------------------------------------

machines
conf wg4 0.0.0.0/0 "Address = 10.6.0.2/32" "Table = Off"
check_fails "wg-quick: Table = Off is taken for a table's name" wg_quick up wg4
check "wgmarkctl: Table = Off" wgmarkctl up wg4
is "$(ip -n "$mark" -4 route show table all dev wg4 type unicast)" "" \
	"wgmarkctl: Table = Off adds no route"
check "wgmarkctl: down" wgmarkctl down wg4

# --- two halves --------------------------------------------------------------

conf wg5 "0.0.0.0/1, 128.0.0.0/1" "Address = 10.7.0.2/32"
check "wg-quick up wg5" wg_quick up wg5
not_said "full tunnel" "wg-quick: it does not say that two halves are no full tunnel"
is "$(ip -n "$quick" route get 203.0.113.1 | grep -o 'dev [^ ]*')" "dev wg5" \
	"wg-quick: WireGuard's own packets go into the tunnel"
check "wgmarkctl up wg5" wgmarkctl up wg5
said "no full tunnel.* write 0.0.0.0/0" \
	"wgmarkctl: it says that two halves are no full tunnel, and what to write"

# --- many routes -------------------------------------------------------------

# forks COMMAND...: how many processes it took; others' may be among them
forks() {
	_before=$(awk '$1 == "processes" { print $2 }' /proc/stat)
	"$@" >output 2>&1
	_after=$(awk '$1 == "processes" { print $2 }' /proc/stat)
	echo $((_after - _before))
}

machines
conf wg6 "$(seq 60 | sed 's|.*|10.100.&.0/24|' | paste -s -d ,)" "Address = 10.8.0.2/32"
n=$(forks wg_quick up wg6)
diag "wg-quick: $n processes"
check "wg-quick: two processes and more for each of 60 routes" test "$n" -ge 120
n=$(forks wgmarkctl up wg6)
diag "wgmarkctl: $n processes"
check "wgmarkctl: not one for each" test "$n" -lt 60
is "$(ip -n "$mark" -4 route show dev wg6 | wc -l)" 60 "wgmarkctl: all of the 60 routes"

done_testing
