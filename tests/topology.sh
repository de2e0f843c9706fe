# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# topology.sh - the network of a wg-quick user, read by lib.sh
#
#	client                    router                         server
#	lan 192.168.44.2 ----+--- lan 192.168.44.1
#	    fd44::2          |        fd44::1
#	                     |    wan 203.0.113.254 ------------ wan 203.0.113.1
#	neighbour            |        2001:db8:113::fe               2001:db8:113::1
#	lan 192.168.44.3 ----+
#	    fd44::3                                              internet
#	                                                             198.51.100.1
#	wg0 10.2.0.2 ============== the tunnel ==================== wg0 10.2.0.1
#	    fd02::2                                                  fd02::1
#
# The server is the VPN's; what stands behind it in the internet is addresses of
# its own, for which the router has no route: only the tunnel leads there.
# Every device of the client has strict rp_filter.

client='' neighbour='' router='' server=''

# ip_batch NS: "ip -batch -", without IPv6 where the kernel is
ip_batch() {
	if [ -e /proc/net/if_inet6 ]; then
		cat
	else
		grep -v ::
	fi | ip -n "$1" -batch -
}

# topo_up: sets $client, $neighbour, $router and $server to the namespaces, and
# leaves keys in $tmp. wg0 of the server is up, the client has none yet.
topo_up() {
	need_root
	for _end in client neighbour router server; do
		new_ns $_end
	done
	for _ns in "$client" "$neighbour" "$router" "$server"; do
		# addresses are usable at once, and nothing comes unasked
		sysctl_set "$_ns" 0 'ipv6/conf/*/accept_dad' 'ipv6/conf/*/accept_ra' \
			'ipv6/conf/*/router_solicitations'
		ip -n "$_ns" link set lo up
	done
	sysctl_set "$router" 1 ipv4/ip_forward ipv6/conf/all/forwarding

	# a bridge without an address of its own takes another's when a port comes
	# that has a lower one, and who knows the old one loses packets for 8 s
	ip_batch "$router" <<-EOF
		link add lan address 02:00:c0:a8:2c:01 type bridge mcast_snooping 0
		link add client type veth peer name lan netns $client
		link add neighbour type veth peer name lan netns $neighbour
		link add wan type veth peer name wan netns $server
		link set client master lan up
		link set neighbour master lan up
		address add 192.168.44.1/24 dev lan
		address add fd44::1/64 dev lan
		address add 203.0.113.254/24 dev wan
		address add 2001:db8:113::fe/64 dev wan
		link set lan up
		link set wan up
	EOF
	_lan_up "$client" 2
	_lan_up "$neighbour" 3
	sysctl_set "$client" 1 'ipv4/conf/*/rp_filter'
	# WireGuard turns this off with its first device and leaves it so
	sysctl_set "$client" 0 ipv4/conf/all/send_redirects

	ip_batch "$server" <<-EOF
		address add 203.0.113.1/24 dev wan
		address add 2001:db8:113::1/64 dev wan
		link set wan up
		route add default via 203.0.113.254
		route add default via 2001:db8:113::fe
		link add internet type dummy
		address add 198.51.100.1/32 dev internet
		address add 2001:db8:100::1/128 dev internet
		link set internet up
		link add wg0 type wireguard
		address add 10.2.0.1/24 dev wg0
		address add fd02::1/64 dev wg0
	EOF
	for _end in client server; do
		(umask 077 && wg genkey >"$tmp/$_end.key")
		wg pubkey <"$tmp/$_end.key" >"$tmp/$_end.pub"
	done
	on "$server" wg set wg0 private-key "$tmp/server.key" listen-port 51820 \
		peer "$(cat "$tmp/client.pub")" allowed-ips 10.2.0.2/32,fd02::2/128
	ip -n "$server" link set wg0 up
}

# _lan_up NS HOST
_lan_up() {
	ip_batch "$1" <<-EOF
		address add 192.168.44.$2/24 dev lan
		address add fd44::$2/64 dev lan
		link set lan up
		route add default via 192.168.44.1
		route add default via fd44::1
	EOF
}

# topo_down: earlier than at the end of the test
topo_down() {
	for _ns in "$client" "$neighbour" "$router" "$server"; do
		del_ns "$_ns"
	done
}

# client_conf 4|6 [ALLOWED-IPS]: the client's configuration file, to reach the
# server by that protocol; of everything by default
client_conf() {
	case $1 in
	4) _endpoint=203.0.113.1:51820 ;;
	6) _endpoint="[2001:db8:113::1]:51820" ;;
	esac
	cat <<-EOF
		[Interface]
		PrivateKey = $(cat "$tmp/client.key")
		Address = 10.2.0.2/32, fd02::2/128
		DNS = 10.2.0.1

		[Peer]
		PublicKey = $(cat "$tmp/server.pub")
		AllowedIPs = ${2:-0.0.0.0/0, ::/0}
		Endpoint = $_endpoint
	EOF
}

# client_conf_with 4|6 ALLOWED-IPS [LINE...]: likewise, without DNS and with LINEs
# more in [Interface]; "" as ALLOWED-IPS is everything
client_conf_with() {
	_outer=$1 _allowed=$2
	shift 2
	echo "[Interface]"
	printf '%s\n' "$@"
	client_conf "$_outer" "$_allowed" | grep -v ^DNS
}

# client_wg 4|6 ALLOWED-IPS: the client's wg0, made with ip and wg alone; routes
# and marks are the caller's
client_wg() {
	client_conf "$1" "$2" | grep -Ev '^(Address|DNS)' >"$tmp/wg.conf"
	ip -n "$client" link add wg0 type wireguard
	on "$client" wg setconf wg0 "$tmp/wg.conf"
	ip -n "$client" -batch - <<-EOF
		address add 10.2.0.2/32 dev wg0
		address add fd02::2/128 dev wg0
		link set wg0 up mtu 1420
	EOF
}

# ping_through NS ADDRESS [SECONDS]: is there an answer; by default within 8 s, as
# WireGuard tries its handshake again after 5
ping_through() {
	on "$1" ping -n -q -c 1 -W "${3:-8}" "$2"
}

# snapshot_state NS: all of a namespace that a tunnel could change
snapshot_state() {
	on "$1" "$top/tests/snapshot.sh"
}

# client_up BACKEND 4|6 [LINE...]: wgmarkctl brings the client's wg0 up with
# client_conf and LINEs more in its [Interface]; its output is in $tmp/up
client_up() {
	_backend=$1 _outer=$2
	shift 2
	{
		echo "[Interface]"
		printf '%s\n' "#wgmark Backend = $_backend" "$@"
		client_conf "$_outer"
	} >"$tmp/wg0.conf"
	chmod 600 "$tmp/wg0.conf"
	on "$client" "$wgmarkctl" up "$tmp/wg0.conf" >"$tmp/up" 2>&1 || {
		diag "$(cat "$tmp/up")"
		return 1
	}
}

# client_down [NAME]
client_down() {
	on "$client" "$wgmarkctl" down "${1:-wg0}" >"$tmp/down" 2>&1 || {
		diag "$(cat "$tmp/down")"
		return 1
	}
}

# shown KEY [NAME]: a number that "wgmarkctl show --json" gives of a tunnel
shown() {
	on "$client" "$wgmarkctl" show --json "${2:-wg0}" |
		sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" | head -n 1
}

# rpfilter_ipv6: what rp_filter is to IPv4, the kernel leaves to netfilter for
# IPv6. Drops the server's UDP by the rule that firewalld has for it.
rpfilter_ipv6() {
	on "$client" nft -f - <<-EOF
		table ip6 rpfilter {
			chain prerouting {
				type filter hook prerouting priority mangle + 10
				udp sport 51820 fib saddr . mark . iif oif missing counter drop
			}
		}
	EOF
}

# fib_suppresses: does it go by suppress_prefixlength? In Linux 7 it takes the default route
# that such a rule hides, as the look-up that it makes has no rt6_info for
# fib6_rule_suppress() (net/ipv6/fib6_rules.c).
fib_suppresses() {
	ip -n "$neighbour" address add 2001:db8:99::1/128 dev lan nodad
	ip -n "$client" -6 -batch - <<-EOF
		rule add pref 1 to 2001:db8:99::1 lookup main suppress_prefixlength 0
		rule add pref 2 to 2001:db8:99::1 prohibit
	EOF
	on "$client" nft -f - <<-EOF
		table ip6 probe {
			counter hidden { }
			chain prerouting {
				type filter hook prerouting priority mangle
				ip6 saddr 2001:db8:99::1 fib saddr . iif oif missing counter name hidden
			}
		}
	EOF
	on "$neighbour" ping -n -q -c 1 -W 1 -I 2001:db8:99::1 fd44::2 >/dev/null || :
	_counted=$(on "$client" nft list counter ip6 probe hidden)
	on "$client" nft delete table ip6 probe
	ip -n "$client" -6 -batch - <<-EOF
		rule del pref 1
		rule del pref 2
	EOF
	ip -n "$neighbour" address del 2001:db8:99::1/128 dev lan
	! echo "$_counted" | grep -q 'packets 0 '
}

# hold_packet NS: what a rule of nft puts into queue 7 there waits, from now on
hold_packet() {
	mkfifo "$tmp/go"
	ip netns exec "$1" hold-packet 7 <"$tmp/go" >"$tmp/hold" &
	hold=$!
	exec 3>"$tmp/go"
	wait_for 5 grep -q ready "$tmp/hold"
}

# is_held: does a packet wait
is_held() {
	wait_for 10 grep -q held "$tmp/hold"
}

# let_go: the packet goes on; nothing waits any more
let_go() {
	exec 3>&-
	_gone=0
	wait_for 5 grep -q gone "$tmp/hold" || _gone=1
	kill $hold
	wait $hold || :
	rm "$tmp/go"
	return $_gone
}

# echo_replies NS: how many IPv4 pings were answered there. The kernel counts
# those too that come when ping, on a busy machine, has given up waiting.
echo_replies() {
	on "$1" awk '/^IcmpMsg:/ {
		for (i = 2; i <= NF; i++)
			if (name[i] == "InType0") print $i
			else name[i] = $i
	}' /proc/net/snmp
}

# got_replies NS NUMBER
got_replies() {
	[ "$(echo_replies "$1")" -eq "$2" ]
}

# same_state NS FILE: is the namespace in the state that FILE holds
same_state() {
	snapshot_state "$1" >"$tmp/state"
	diff -U 2 "$2" "$tmp/state" >"$tmp/difference"
}

# check_state NAME NS FILE: it is, now or shortly: nf_tables and conntrack let
# their hooks go in the background
check_state() {
	if wait_for 5 same_state "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1"
		diag "$(cat "$tmp/difference")"
	fi
}

# before NAME: the client is as when snapshot_state wrote $tmp/before
before() {
	check_state "$1: all is as before" "$client" "$tmp/before"
}

# vrf_up: wg0 into a VRF "red" of the client's, table 9, to which the neighbour has a link too
vrf_up() {
	ip -n "$client" -batch - <<-EOF
		link add red type vrf table 9
		link set red up
		link set wg0 master red
		link add veth-red type veth peer name red netns $neighbour
		link set veth-red master red
		link set veth-red up
		address add 192.168.55.2/24 dev veth-red
		address replace fd55::2/64 dev veth-red nodad
		address replace fd02::2/128 dev wg0 nodad
	EOF
	ip -n "$neighbour" -batch - <<-EOF
		address add 192.168.55.3/24 dev red
		address add fd55::3/64 dev red nodad
		link set red up
		route add 10.2.0.2 via 192.168.55.2
		route add fd02::2 via fd55::2
	EOF
}
