#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "reload" brings a live tunnel to its file: one kind of change after the other,
# with both backends, under a flood of pings of which none is lost, without a
# handshake; then all is as "down" and "up" make it, from where the next change
# goes on. Failing at each of its steps it leaves all as it was.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
umask 077
cd "$tmp"
wg genkey >other.key
wg pubkey <other.key >other.pub

# The server knows all of the addresses that the client is going to have. What is
# pinged is reached through the tunnel alone, whatever the client's routes.
on "$server" wg set wg0 peer "$(cat client.pub)" \
	allowed-ips 10.2.0.0/28,fd02::2/127
ip -n "$server" address add 10.77.0.1/32 dev internet

# conf ADDRESS ALLOWED-IPS [LINE...]: wg0.conf; a LINE that begins with "[" is of
# the end of the file
conf() {
	_address=$1 _allowed=$2
	shift 2
	{
		echo "[Interface]"
		for _line; do
			case $_line in "["*) ;; *) echo "$_line" ;; esac
		done
		client_conf 4 "$_allowed" | grep -v ^DNS | sed "s|^Address.*|Address = $_address|"
		for _line; do
			case $_line in "["*) printf '%b\n' "$_line" ;; esac
		done
	} >wg0.conf
}

ctl() {
	on "$client" "$wgmarkctl" "$@" >"$tmp/said" 2>&1 || {
		diag "wgmarkctl $*: $(cat "$tmp/said")"
		return 1
	}
}

handshakes() {
	on "$client" wg show wg0 latest-handshakes | grep "$(cat server.pub)"
}

# The state but for what is of the moment: which port, the order and the time, and
# how many addresses the file had for which a set was made
normal() {
	snapshot_state "$client" | sed -e 's/^[0-9]*: wg0/wg0/' -e '/^ListenPort/d' \
		-e 's/interface [0-9]*"/interface"/' -e 's/link-netnsid.*//' \
		-e 's/table \([0-9]*\) .*metric/table \1 metric/' -e '/^\t\tsize [0-9]*$/d' \
		-e '/^AllowedIPs/s/, /\nAllowedIPs = /g' | sort
}

more_replies() {
	[ "$(echo_replies "$client")" -ge $(($1 + $2)) ]
}

# On a slow machine WireGuard may send a second handshake before the first is answered, 5 s
# later (REKEY_TIMEOUT)
settled() {
	[ $(($(date +%s) - $(handshakes | cut -f 2 | sort -n | tail -n 1))) -gt 6 ]
}

# change NAME: to ./wg0.conf, under a flood
change() {
	check "$1: the tunnel works" ping_through "$client" 10.77.0.1
	wait_for 20 settled
	_shaken=$(handshakes)
	_replies=$(echo_replies "$client")
	# not by on(), whose process would get the signal in ping's place
	ip netns exec "$client" ping -n -q -i 0.005 -w 60 10.77.0.1 >flood &
	_ping=$!
	wait_for 5 more_replies "$_replies" 20
	check "$1: reload" ctl reload ./wg0.conf
	cp said steps
	_now=$(echo_replies "$client")
	wait_for 5 more_replies "$_now" 20
	kill -INT $_ping
	wait $_ping || :
	_sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' flood)
	if wait_for 5 got_replies "$client" $((_replies + _sent)); then
		ok "$1: of $_sent pings none is lost"
	else
		not_ok "$1: of $_sent pings some are lost"
		diag "$(cat flood steps)"
	fi
	is "$(handshakes)" "$_shaken" "$1: no handshake"
	check "$1: reload again" ctl reload ./wg0.conf
	is "$(cat said)" "" "$1: the second time there is nothing to do"
	normal >is
	check "$1: down" ctl down ./wg0.conf
	check "$1: up with the new file" ctl up ./wg0.conf
	normal >should
	if diff -U 1 should is >difference; then
		ok "$1: all is as after down and up"
	else
		not_ok "$1: all is as after down and up"
		diag "$(cat difference)"
	fi
}

# fails NAME EVERY LEAST: after each EVERYth step, of which there are LEAST at least;
# all is as before. One beyond the last is not made to fail.
cat >every <<'EOF'
	state() { "$snapshot" | grep -v "^		size [0-9]*$"; }
	state >before
	for step in $(seq 0 "$every" 99); do
		env "WGMARKCTL_FAIL_AFTER=$step" "$ctl" reload ./wg0.conf >said 2>&1 && break
		for try in 1 2 3 4; do
			state >now
			cmp -s before now && continue 2
			sleep 0.5
		done
		echo "step $step: $(cat said)"
		diff -U 0 before now
	done
	echo "$step" >count
EOF
fails() {
	on "$client" env every="$2" ctl="$wgmarkctl_faults" snapshot="$top/tests/snapshot.sh" \
		sh ./every >did 2>&1 || :
	is "$(cat did)" "" "$1: fails after step 0, $2 ... of $(cat count), and all is as before"
	check "$1: there are at least $3 steps" test "$(cat count)" -ge "$3"
}

addr="10.2.0.2/32, fd02::2/128"
all="0.0.0.0/0, ::/0"
peer="[Peer]\nPublicKey = $(cat other.pub)\nAllowedIPs = 10.88.0.0/16\nPersistentKeepalive = 25"
split="10.77.0.0/16, 10.66.0.0/16"
kmod="#wgmark Backend = kmod" nft="#wgmark Backend = nft"

conf "$addr" "$all" "$kmod"
check_fails "a tunnel that is not up is refused" \
	on "$client" "$wgmarkctl" reload ./wg0.conf
cp output said
check "which says so" grep -q "is not up; bring it up" said
check "up" ctl up ./wg0.conf

for backend in kmod nft; do
	b="#wgmark Backend = $backend"

	conf "10.2.0.2/32, 10.2.0.3/24, fd02::3/128" "$all" "$b" "MTU = 1300" "$peer"
	change "$backend: addresses, MTU, a peer comes"
	conf "10.2.0.2/32, fd02::2/64" "$all" "$b" "FwMark = 0x77"
	change "$backend: the mark"
	conf "$addr" "0.0.0.0/0" "$b" "FwMark = 0x77" \
		"#wgmark Mask = 0xffff" "#wgmark Guard = no"
	change "$backend: a mask, IPv6 leaves, no guard, the length of an IPv6 address"
	conf "$addr" "$split" "$b" "$peer"
	change "$backend: no full tunnel any more"
	conf fd02::2/128 "$split" "$b" "$peer"
	check "$backend: no IPv4 address" ctl reload ./wg0.conf
	conf "$addr" "$split" "$b" "$peer"
	fails "$backend: the first IPv4 address, with the routes of before" 1 3
	# it keeps its way: one that goes while a wider one stays has a moment without
	conf "$addr" "$all, 10.77.0.0/16" "$b"
	change "$backend: a full tunnel again"

	conf "$addr" "$all" "$b" "#wgmark Restore = none"
	check "$backend: no restore" ctl reload ./wg0.conf
	is "$(on "$client" "$wgmarkctl" show wg0 | grep fwmark:)" "  fwmark: 0xca6c$([ $backend = nft ] || echo /0xffffffff)" \
		"$backend: no restore: show takes nothing else for the mark"
	conf "$addr" "$all, 10.77.0.0/16" "$b"
	check "$backend: restore again" ctl reload ./wg0.conf

	# it keeps the address that is pinged from, with another length
	conf "10.2.0.2/24, 10.2.0.3/24, fd02::3/128" "0.0.0.0/0, 10.88.0.0/16" "$b" "MTU = 1300" \
		"FwMark = 0x77" "#wgmark Guard = no" "${peer%10.88*}10.99.0.0/16"
	every=1 other=$nft
	[ $backend = kmod ] || every=6 other=$kmod
	fails "$backend: all at once" $every 15
	conf "$addr" "$all" "$other"
	change "$backend: all back, and the other backend"
done

done_testing
