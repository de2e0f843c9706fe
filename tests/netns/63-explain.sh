#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "wgmarkctl explain" on the machines of both documents' questions: what it says is
# that of tests/golden/explain-*, and is what packets really do. Then packets that are
# lost, each of which explain calls lost, with the reason, and each of which is.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../doctor.sh"
. "$top/tests/resolvconf.sh"

need_module
for tool in wg-quick bash jq socat conntrack; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
golden=$top/tests/golden
lan=lan tunnel=wg0 table=51820 mark=0xca6c port=51820
family=-4 ip=ip own=10.2.0.2 address=192.168.44.2 gateway=192.168.44.1 to=1.1.1.1
endpoint=185.159.157.129

# Fixed keys, the server's address in the first document, and one in the internet
topo_up
on "$server" wg set wg0 peer "$(cat "$tmp/client.pub")" remove
for end in client server; do
	(umask 077 && printf 'a private key of the %-10s\n' $end | head -c 32 | base64 >"$tmp/$end.key")
	wg pubkey <"$tmp/$end.key" >"$tmp/$end.pub"
done
on "$server" wg set wg0 private-key "$tmp/server.key" peer "$(cat "$tmp/client.pub")" \
	allowed-ips 10.2.0.2/32,fd02::2/128,10.147.23.252/32
ip -n "$server" address add $endpoint/32 dev wan
ip -n "$server" address add 1.1.1.1/32 dev internet
ip -n "$router" route add $endpoint via 203.0.113.1
ip -n "$router" route add 1.1.1.1 via 203.0.113.1
# a handshake that it began itself would come from its other address, and move the endpoint
on "$server" nft -f - <<-EOF
	table ip still {
		chain output {
			type filter hook output priority filter
			ip saddr 203.0.113.1 udp sport { 51820, 19955 } drop
		}
	}
EOF

# config [LINE...]: the first document's file, with LINEs more in [Interface]. Sets
# nothing that it does not have, but the port, so that there is one to be told.
config() {
	{
		echo "[Interface]"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		cat <<-EOF
			PrivateKey = $(cat "$tmp/client.key")
			Address = 10.2.0.2/32
			${dns:+DNS = $dns}
			ListenPort = 51821

			[Peer]
			PublicKey = $(cat "$tmp/server.pub")
			AllowedIPs = 0.0.0.0/0
			Endpoint = $endpoint:51820
		EOF
	} >"$tmp/wg0.conf"
	chmod 600 "$tmp/wg0.conf"
}

# explain [OPTION...]
explain() {
	on "$client" "$wgmarkctl" explain "$@"
}

# What differs from one run to the next
fixed() {
	sed -E 's/was [0-9]+ seconds ago/was N seconds ago/'
}

# golden NAME [OPTION...]: explain's output is that of the file explain-NAME
golden() {
	_name=$1
	shift
	explain "$@" >"$tmp/explained" 2>&1 || diag "explain $*: status $?"
	is "$(fixed <"$tmp/explained")" "$(cat "$golden/explain-$_name" 2>/dev/null)" \
		"explain $* is explain-$_name"
}

# says REGEX NAME [OPTION...]: its last line matches, and its status is 0
says() {
	_regex=$1 _name=$2
	shift 2
	explain "$@" >"$tmp/explained" 2>&1 || diag "explain $*: status $?"
	_end=$(tr '\n' ' ' <"$tmp/explained" | sed 's/.*  //')
	if printf '%s\n' "$_end" | grep -Eq -e "$_regex"; then
		ok "$_name"
	else
		not_ok "$_name"
		diag "$(cat "$tmp/explained")"
	fi
}

# lost REGEX ADDRESS NAME [OPTION...]: explain says so, in its last line, and it is
lost() {
	_lost=$1 _to=$2 _what=$3
	shift 3
	says "$_lost" "$_what: explain says that it is lost, and why" --to "$_to" "$@"
	check_fails "$_what: and it is" ping_through "$client" "$_to" 1
}

# error_of ADDRESS NAME [udp|tcp]: explain has, in quotes, the error that a program gets
error_of() {
	explain --to "$1" --proto "${3:-udp}" --dport 9 >"$tmp/explained"
	_error=$(tr -s '\n ' ' ' <"$tmp/explained" | sed -n 's/.*"\([A-Z][^"]*\)".*/\1/p')
	case $1 in
	*:*) _to=$(echo "${3:-udp}" | tr a-z A-Z)6:[$1]:9 ;;
	*) _to=$(echo "${3:-udp}" | tr a-z A-Z)4:$1:9 ;;
	esac
	echo | on "$client" socat -t 1 - "$_to" >"$tmp/program" 2>&1 || :
	check "$2: a program gets \"$_error\", as explain says" \
		grep -q "${_error:-nothing was said}" "$tmp/program"
}

# watch: rules that count on the client's way what explain says of it
watch() {
	_listen=$(on "$client" wg show $tunnel listen-port)
	on "$client" nft -f - <<-EOF
		table inet watch {
			counter plain { }
			counter outer { }
			counter saved { }
			counter bare { }
			counter marked { }
			counter inner { }
			chain out {
				type filter hook postrouting priority 200;
				oifname $lan $ip daddr $to counter name plain
				oifname $lan $ip saddr $address $ip daddr $endpoint udp sport $_listen udp dport $port meta mark $mark counter name outer
				oifname $lan $ip daddr $endpoint udp dport $port ct mark $mark counter name saved
			}
			chain first {
				type filter hook prerouting priority -401;
				iifname $lan $ip saddr $endpoint udp sport $port meta mark 0 counter name bare
			}
			chain in {
				type filter hook input priority 200;
				iifname $lan $ip saddr $endpoint $ip daddr $address udp sport $port udp dport $_listen meta mark $mark counter name marked
				iifname $tunnel $ip saddr $to $ip daddr $own meta mark 0 counter name inner
			}
		}
	EOF
}

# watched NAME: what the counter has
watched() {
	on "$client" nft list counter inet watch "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# packets WHAT [SAVED]: they do what explain says of $to in the tunnel. Without
# SAVED the mark is not kept in conntrack.
packets() {
	watch
	on "$client" conntrack -F 2>/dev/null
	check "$1: $to answers" ping_through "$client" $to
	is "$(watched plain)" 0 "$1: nothing for $to leaves by $lan as it is"
	check "$1: the outer packets leave by $lan, from its address, with the mark" test "$(watched outer)" -ge 1
	[ "$2" != saved ] ||
		check "$1: their connection has it, too" test "$(watched saved)" -ge 1
	check "$1: the replies come in without a mark" test "$(watched bare)" -ge 1
	check "$1: and WireGuard's port gets them with it" test "$(watched marked)" -ge 1
	check "$1: the replies inside come in by $tunnel, without a mark" test "$(watched inner)" -ge 1
	on "$client" nft delete table inet watch
	is "$(on "$client" ip -o route get $to | grep -o "dev $tunnel table $table")" \
		"dev $tunnel table $table" "$1: ip route get says the same of $to"
	is "$(on "$client" ip -o route get $endpoint mark "$mark" | grep -o "via [^ ]* dev $lan")" \
		"via $gateway dev $lan" "$1: and of the outer packet"
	is "$(on "$client" ip -o route get $endpoint | grep -o "dev $tunnel")" "dev $tunnel" \
		"$1: which without its mark would go into the tunnel"
	for _to in $to $endpoint; do
		is "$(ip -n "$client" $family route show table local match $_to)" "" "$1: $_to is no address of this machine"
		is "$(ip -n "$client" $family -o route show table main match $_to | cut -d ' ' -f 1)" default \
			"$1: and table main has only its default route to it"
	done
}

forget_connections() {
	on "$client" conntrack -F 2>/dev/null
	on "$client" conntrack -F -f ipv6 2>/dev/null
}

# trace: of a ping to $to, what it is carried in, and the replies, each rule is told
trace() {
	on "$client" nft -f - <<-EOF
		table inet trace {
			chain out {
				type filter hook output priority -400;
				$ip daddr { $to, $endpoint } meta nftrace set 1
			}
			chain in {
				type filter hook prerouting priority -400;
				$ip saddr { $to, $endpoint } meta nftrace set 1
			}
			chain end {
				type filter hook input priority 400;
				$ip saddr $to counter
			}
		}
	EOF
}

# traced WHAT: nft itself says which rules are for them, and when: these, in this order, and
# no others, explain says
traced() {
	trace
	: >"$tmp/trace"
	ip netns exec "$client" nft monitor trace >>"$tmp/trace" &
	_monitor=$!
	# the first ping may have left before it listened
	for _ping in first whole; do
		wait_for 20 trace_has_reply || diag "nothing was traced: $(cat "$tmp/trace")"
		# it may be behind
		until [ "$(wc -c <"$tmp/trace")" = "${_size:-}" ]; do
			_size=$(wc -c <"$tmp/trace")
			sleep 1
		done
		[ $_ping = whole ] || : >"$tmp/trace"
	done
	kill $_monitor
	wait $_monitor || :
	on "$client" nft delete table inet trace
	sed -n 's/^trace id [^ ]* \([^ ]* [^ ]* [^ ]*\) rule \(.*\) (verdict .*/\1 \2/p' "$tmp/trace" |
		grep -v '^inet trace ' | same_rules >"$tmp/traced"
	explain --to $to --proto icmp --json | jq -r '.[0].stations[].facts[] |
		select((.what // "" | startswith("nft, ")) and (.kind != "plain" or
			(.text | startswith("The rule is for this packet")))) | .what' |
		sed 's/^nft, table \([^,]*\), chain \([^:]*\): /\1 \2 /' | same_rules >"$tmp/told"
	check "$1: there are rules for it" test -s "$tmp/traced"
	is "$(cat "$tmp/told")" "$(cat "$tmp/traced")" "$1: they are those that explain says, as nft traces them"
}

# logged WHAT: so does the module where it changes a mark
logged() {
	_from="explained in $client: $1"
	log_packets "$client"
	trace
	echo "$_from" >/dev/kmsg
	forget_connections
	check "$1: $to answers, and all is traced" ping_through "$client" $to
	on "$client" nft delete table inet trace
	dmesg | sed "1,/$_from/d" | sed -n 's/.*TRACE: wgmark:\([a-z]*\):.*/\1/p' | sort -u >"$tmp/traced"
	explain --to $to --json | jq -r '.[0].stations[].facts[] | select(.kind == "decides") |
		.what // empty' | sed -n 's/^module wgmark, wg0: //p' | sort -u >"$tmp/told"
	check "$1: the module changes a mark" test -s "$tmp/traced"
	is "$(cat "$tmp/told")" "$(cat "$tmp/traced")" "$1: where explain says, as the module traces it"
}

# Without counts, and with the protocol's name, for which nft needs /etc/protocols; each once
same_rules() {
	sed -e 's/counter packets [0-9]* bytes [0-9]*/counter/' -e 's/l4proto 17 /l4proto udp /' |
		awk '!seen[$0]++'
}

# Each time with the first packets of their connections, as explain has them
trace_has_reply() {
	forget_connections
	on "$client" ping -n -q -c 1 -W 1 $to
	grep -q "inet trace end rule " "$tmp/trace"
}

# reverse_path WHAT: the kernel drops the reply without the mark, and takes it with it
reverse_path() {
	check_fails "$1: the kernel's reverse path check needs the mark" \
		on "$client" ip route get "$address" from $endpoint iif "$lan"
	check "$1: and passes with it" \
		on "$client" ip route get "$address" from $endpoint iif "$lan" mark "$mark"
}


# name_server WHAT: the one of the configuration is asked, and is behind the tunnel
name_server() {
	[ -n "$dns" ] || return 0
	is "$(grep '^nameserver' /etc/resolv.conf)" "nameserver $dns" "$1: programs ask the tunnel's name server"
	says "through wg0 .*, by lan\. *$" "$1: explain says that it is reached" --to $dns --proto udp --dport 53
	on "$server" socat "UDP4-RECVFROM:53,bind=$dns" SYSTEM:'echo hello' &
	wait_for 5 on "$server" grep -q ':0035 ' /proc/net/udp
	is "$(echo hello | on "$client" socat -t 5 - UDP4:$dns:53)" hello "$1: and it is"
}

# no_name_server WHAT
no_name_server() {
	[ -z "$dns" ] || is "$(grep -s '^nameserver' /etc/resolv.conf)" "" "$1: down takes the name server away"
}

# excluded COMMAND...: run by a program that Mullvad's client excludes
excluded() {
	on "$client" conntrack -F 2>/dev/null
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$tmp/cgroup/excluded" \
		ip netns exec "$client" "$@"
}

# excluded_ping ADDRESS SECONDS
excluded_ping() {
	excluded ping -n -q -c 1 -W "$2" "$1"
}

# without TEXT [CHAIN]: the second document's table without the rules that have it
without() {
	on "$client" nft delete table inet mullvad
	awk -v text="$1" -v only="${2:-}" '
		$1 == "chain" { chain = $2 }
		!index($0, text) || only != "" && only != chain
	' "$tmp/mullvad.nft" | on "$client" nft -f -
}

cleanup() {
	umount "$tmp/cgroup" 2>/dev/null
	resolvconf_remove
}

# --- the first document ------------------------------------------------------

ip -n "$client" -6 route del default
dns=
if resolvconf_possible; then
	dns=10.2.0.1
	resolvconf_install openresolv /lib/resolvconf
else
	skip "the first document's DNS" "needs $resolvconf_packages, and no /etc/resolv.conf to spoil"
fi
config
cd "$tmp"
check "wg-quick up" on "$client" wg-quick up ./wg0.conf
golden 1-wg-quick-idle
packets wg-quick saved
traced wg-quick
reverse_path wg-quick
name_server wg-quick
golden 1-wg-quick wg0
age=$(sed -n 's/.*was \([0-9]*\) seconds ago.*/\1/p' "$tmp/explained")
since=$(($(date +%s) - $(on "$client" wg show wg0 latest-handshakes | cut -f 2)))
check "the handshake is as old as explain says: $age s, now $since" test $((since - age)) -ge 0 -a $((since - age)) -le 5
golden 1.svg --svg
golden 1-lan --to 192.168.44.3
on "$client" nft -f - <<-EOF
	table inet watch {
		counter out { }
		counter back { }
		chain post {
			type filter hook postrouting priority 200;
			oifname $lan ip saddr $address ip daddr 192.168.44.3 meta mark 0 ct mark 0 counter name out
		}
		chain in {
			type filter hook input priority 200;
			iifname $lan ip saddr 192.168.44.3 ip daddr $address meta mark 0 counter name back
		}
	}
EOF
check "the LAN is reached directly" ping_through "$client" 192.168.44.3
check "the LAN: from the address and by the device that explain says, without a mark" \
	test "$(watched out)" -ge 1
check "the LAN: and back" test "$(watched back)" -ge 1
on "$client" nft delete table inet watch
is "$(on "$client" ip -o route get 192.168.44.3 from $address | grep -o "dev $lan")" "dev $lan" \
	"the LAN: which is the way back, too"
check "what this machine sends to itself passes the guard" ping_through "$client" 10.2.0.2
golden 1-guard --to 10.2.0.2 --from 192.168.44.3 --iif lan
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
on "$client" nft -f - <<-EOF
	table ip watch {
		counter before { }
		counter after { }
		chain before {
			type filter hook prerouting priority raw - 1
			iifname lan ip saddr 192.168.44.3 ip daddr 10.2.0.2 counter name before
		}
		chain after {
			type filter hook prerouting priority raw + 1
			iifname lan ip saddr 192.168.44.3 ip daddr 10.2.0.2 counter name after
		}
	}
EOF
check_fails "the neighbour gets no answer from it" ping_through "$neighbour" 10.2.0.2 1
is "$(on "$client" nft list counters | sed -n 's/.*packets \([0-9]*\).*/\1/p' | sed 's/[1-9].*/some/' | xargs)" "some 0" \
	"its packet is dropped where explain says"
on "$client" nft delete table ip watch
ip -n "$neighbour" route del 10.2.0.2

# wg-quick's own rules where there is no nft(8)
on "$client" nft delete table ip wg-quick-wg0
if on "$client" iptables-nft-restore -n <<-END
	*raw
	-I PREROUTING ! -i wg0 -d 10.2.0.2 -m addrtype ! --src-type LOCAL -j DROP -m comment --comment "wg-quick(8) rule for wg0"
	COMMIT
	*mangle
	-I POSTROUTING -m mark --mark $mark -p udp -j CONNMARK --save-mark -m comment --comment "wg-quick(8) rule for wg0"
	-I PREROUTING -p udp -j CONNMARK --restore-mark -m comment --comment "wg-quick(8) rule for wg0"
	COMMIT
END
then
	packets "wg-quick by iptables-nft" saved
	says "by lan\. *$" "wg-quick by iptables-nft: explain says that the reply arrives" --to 1.1.1.1
	on "$client" nft 'delete table ip raw; delete table ip mangle'
else
	skip "wg-quick by iptables-nft" "it does not work here"
fi
check "wg-quick down" on "$client" wg-quick down ./wg0.conf
no_name_server wg-quick

for backend in kmod nft; do
	config "#wgmark Backend = $backend"
	check "$backend: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
	packets $backend saved
	reverse_path $backend
	golden 1-$backend
	name_server $backend
	says "through wg0 .*, by lan\. *$" "$backend: explain says that the tunnel's address gets there" \
		--to 1.1.1.1 --from 10.2.0.2
	check "$backend: and it does" on "$client" ping -n -q -c 1 -W 8 -I 10.2.0.2 1.1.1.1
	says "not reached: its source is no address of this machine" "$backend: and another's does not" \
		--to 1.1.1.1 --from 192.168.44.3
	check_fails "$backend: and a program cannot have it" on "$client" ping -n -q -c 1 -I 192.168.44.3 1.1.1.1
	case $backend in
	kmod) logged $backend ;;
	nft) traced $backend ;;
	esac
	spoofed=$(shown spoofed)
	ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
	says "drop|guard" "$backend: explain says that the guard drops a neighbour's packet" \
		--to 10.2.0.2 --from 192.168.44.3 --iif lan
	check_fails "$backend: and the neighbour gets no answer" ping_through "$neighbour" 10.2.0.2 1
	ip -n "$neighbour" route del 10.2.0.2
	check "$backend: the guard counted it" test "$(shown spoofed)" -gt "$spoofed"
	check "$backend: down" client_down
	no_name_server $backend
done
resolvconf_remove
dns=

config "#wgmark Backend = kmod" "#wgmark Restore = learn" "#wgmark NoTrack = yes"
check "learn: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
packets learn none
golden 1-learn
check "learn: down" client_down

# --- what is lost ------------------------------------------------------------

config "#wgmark Backend = kmod" "#wgmark Restore = none"
check "no restore: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
received=$(on "$server" wg show wg0 transfer | cut -f 2)
on "$server" nft -f - <<-EOF
	table ip watch {
		counter inner { }
		chain in {
			type filter hook prerouting priority 0
			iifname wg0 ip daddr 1.1.1.1 counter name inner
		}
	}
EOF
# arrived: how many packets for 1.1.1.1 the server has had
arrived() {
	on "$server" nft list counter ip watch inner | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
lost "waits in wg0 for a handshake.*reverse path check of lan" 1.1.1.1 "no restore"
check "no restore: though the server heard of the handshake" \
	test "$(on "$server" wg show wg0 transfer | cut -f 2)" -gt "$received"
is "$(arrived)" 0 "no restore: but not of the packet"
golden 1-no-restore
sysctl_set "$client" 2 ipv4/conf/lan/rp_filter
says "by lan\. *$" "no restore, rp_filter loose: it arrives" --to 1.1.1.1
check "no restore, rp_filter loose: and it does" ping_through "$client" 1.1.1.1
sysctl_set "$client" 0 ipv4/conf/lan/rp_filter ipv4/conf/all/rp_filter
says "by lan\. *$" "no restore, no rp_filter: it arrives" --to 1.1.1.1
check "no restore, no rp_filter: and it does" ping_through "$client" 1.1.1.1
sysctl_set "$client" 1 ipv4/conf/lan/rp_filter ipv4/conf/all/rp_filter
before=$(arrived)
lost "no reply arrives.*reverse path check of lan" 1.1.1.1 "no restore, with a session"
check "no restore, with a session: the server has the packet" test "$(arrived)" -gt "$before"
on "$server" nft delete table ip watch
check "no restore: down" client_down

config "#wgmark Backend = kmod"
check "src_valid_mark: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
sysctl_set "$client" 0 ipv4/conf/all/src_valid_mark
lost "waits in wg0 for a handshake.*src_valid_mark is 0" 1.1.1.1 "src_valid_mark is off"
sysctl_set "$client" 1 ipv4/conf/all/src_valid_mark
check "src_valid_mark is on: it arrives" ping_through "$client" 1.1.1.1

says "is this machine itself" "a reply of the tunnel's own, asked about itself, arrives" \
	--to $address --from $endpoint --iif lan --proto udp --sport $port --dport 51821
says "not reached.*reverse path check of lan" "what is of no connection does not" \
	--to $address --from $endpoint --iif lan --proto udp --sport 9 --dport 51821
check "a reply without ports: explain says what may be" \
	sh -c 'ip netns exec "$1" "$2" explain --to "$3" --from "$4" --iif lan | grep -q "say --proto"' \
	sh "$client" "$wgmarkctl" $address $endpoint

# marks FIRST SECOND: of two chains with the same priority, the one that was made first has
# the last word
marks() {
	on "$client" nft -f - <<-EOF
		table ip first {
			chain output {
				type route hook output priority 7
				ip daddr 1.1.1.1 meta mark set $1
			}
		}
		table ip second {
			chain output {
				type route hook output priority 7
				ip daddr 1.1.1.1 meta mark set $2
			}
		}
	EOF
}
# plain: a ping, and how many packets for 1.1.1.1 have left by lan as they are
plain() {
	on "$client" ping -n -q -c 1 -W 1 1.1.1.1 >/dev/null || :
	watched plain
}
watch
marks $mark 1
says "leaves by lan, through no tunnel" "two marks: explain has the one that was set first" --to 1.1.1.1
past=$(plain)
check "two marks: and the packet has" test "$past" -ge 1
on "$client" nft -f - <<-EOF
	delete table ip first
	delete table ip second
EOF
marks 1 $mark
says "through wg0 .*, by lan" "two marks, the other way round: explain has the tunnel" --to 1.1.1.1
is "$(plain)" "$past" "two marks, the other way round: and the packet has"
on "$client" nft -f - <<-EOF
	delete table ip first
	delete table ip second
	delete table inet watch
	table ip n {
		counter changed { }
		chain prerouting {
			type nat hook prerouting priority -100
			drop
		}
		chain postrouting {
			type filter hook postrouting priority 0
			oifname lan ip daddr 192.168.44.3 counter name changed
		}
	}
EOF
says "by lan\. *$" "NAT: explain says that replies do not meet it" --to 1.1.1.1
check "NAT: and they do not" ping_through "$client" 1.1.1.1
on "$client" nft -f - <<-EOF
	table ip n {
		chain output {
			type nat hook output priority -100
			ip daddr 1.1.1.1 dnat to 192.168.44.3
		}
	}
EOF
says "1.1.1.1, which NAT makes 192.168.44.3, leaves by lan" \
	"NAT: explain follows what gets another destination" --to 1.1.1.1
on "$client" ping -n -q -c 1 -W 1 1.1.1.1 >/dev/null || :
check "NAT: and it went there" sh -c \
	'ip netns exec "$1" nft list counter ip n changed | grep -q "packets [1-9]"' sh "$client"
on "$client" nft delete table ip n
on "$client" nft -f - <<-EOF
	table ip n {
		chain output {
			type filter hook output priority -50
			meta mark 1 drop
		}
		chain nat {
			type nat hook output priority 50
			ip daddr 192.168.44.3 meta mark set 1
		}
	}
EOF
says "table n, chain output, has it dropped" \
	"NAT: explain has its chain before another, at a higher priority of its own" --to 192.168.44.3
check_fails "NAT: and so does the kernel" ping_through "$client" 192.168.44.3 1
on "$client" nft delete table ip n

# What this machine sends to itself comes in again by lo, with its mark
on "$client" nft -f - <<-EOF
	table ip self {
		chain output {
			type filter hook output priority 0
			ip daddr $address meta mark set 1
		}
		chain nat {
			type nat hook prerouting priority -100
			iif lo drop
		}
		chain input {
			type filter hook input priority 0
			iif lo meta mark 2 drop
		}
	}
EOF
says "is this machine itself" "to itself: explain has it pass" --to $address --proto icmp
check "to itself: and it does" ping_through "$client" $address
on "$client" nft -f - <<-EOF
	add rule ip self input iif lo meta mark 1 drop
EOF
says "table self, chain input, has it dropped" "to itself: explain has it dropped" --to $address --proto icmp
check_fails "to itself: and it is" ping_through "$client" $address
on "$client" nft delete table ip self

# What the neighbour sends a second time, where nobody has answered the first
on "$client" nft -f - <<-EOF
	table ip n {
		counter in { }
		chain prerouting {
			type nat hook prerouting priority -100
		}
		chain input {
			type filter hook input priority 0
			ip saddr 192.168.44.3 udp dport 7001 counter name in
		}
	}
EOF
# sends PORT: from there; prints how many have come in
sends() {
	echo | on "$neighbour" socat -u - UDP4-SENDTO:$address:7001,sourceport="$1"
	on "$client" nft list counter ip n in | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
# asked REGEX NAME PORT
asked() {
	says "$1" "$2" --to $address --from 192.168.44.3 --iif lan --proto udp --sport "$3" --dport 7001
}
is "$(sends 7000)" 1 "NAT: a packet comes in"
on "$client" nft add rule ip n prerouting drop
asked "is this machine itself" "NAT: explain says that the next of its connection does not meet it" 7000
is "$(sends 7000)" 2 "NAT: and it does not"
asked "table n, chain prerouting, has it dropped" "NAT: but that another connection's does" 7002
is "$(sends 7002)" 2 "NAT: and it does"
on "$client" nft delete table ip n

# The client as a router for the neighbour, with and without a rule for replies
on "$server" wg set wg0 peer "$(cat "$tmp/client.pub")" \
	allowed-ips 10.2.0.2/32,fd02::2/128,10.147.23.252/32,192.168.44.3/32
ip -n "$server" route add 192.168.44.3 dev wg0
ip -n "$neighbour" route add 1.1.1.1 via 192.168.44.2
# routed REGEX NAME
routed() {
	says "$1" "$2" --to 1.1.1.1 --from 192.168.44.3 --iif lan
}
routed "not reached: .* does not forward" "no router: explain says that it is none"
check_fails "no router: and it is none" ping_through "$neighbour" 1.1.1.1 1
sysctl_set "$client" 1 ipv4/ip_forward
on "$client" nft -f - <<-EOF
	table inet router {
		chain forward {
			type filter hook forward priority 0; policy drop;
			iifname lan accept
		}
	}
EOF
routed "no reply arrives.*table router, chain forward" "a router: explain says that no reply comes back"
check_fails "a router: and none does" ping_through "$neighbour" 1.1.1.1 1
on "$client" nft add rule inet router forward ct state established accept
routed "by lan\. *$" "a router that lets replies back: explain says so"
check "a router that lets replies back: and it does" ping_through "$neighbour" 1.1.1.1
on "$client" nft delete table inet router
sysctl_set "$client" 0 ipv4/ip_forward
ip -n "$neighbour" route del 1.1.1.1 via 192.168.44.2
ip -n "$server" route del 192.168.44.3 dev wg0
on "$server" wg set wg0 peer "$(cat "$tmp/client.pub")" \
	allowed-ips 10.2.0.2/32,fd02::2/128,10.147.23.252/32

# IPv6, which nobody says is forwarded, and a source of nobody's
ip -n "$client" -6 route add default via fd44::1
ip -n "$neighbour" route add 2001:db8:113::1 via fd44::2
says "not reached: .* does not forward IPv6" "no router, IPv6: explain says that it is none" \
	--to 2001:db8:113::1 --from fd44::3 --iif lan
check_fails "no router, IPv6: and it is none" ping_through "$neighbour" 2001:db8:113::1 1
sysctl_set "$client" 1 ipv6/conf/all/forwarding
says "leaves by lan" "a router, IPv6: explain says so" --to 2001:db8:113::1 --from fd44::3 --iif lan
check "a router, IPv6: and it is one" ping_through "$neighbour" 2001:db8:113::1
sysctl_set "$client" 0 ipv6/conf/all/forwarding
ip -n "$neighbour" route del 2001:db8:113::1 via fd44::2
says "not reached: its source is no address of this machine" "IPv6, another's source: explain says that it is none" \
	--to 2001:db8:113::1 --from fd44::3
check_fails "IPv6, another's source: and a program cannot have it" \
	on "$client" ping -n -q -c 1 -I fd44::3 2001:db8:113::1
ip -n "$client" -6 route del default

# What is for all on the LAN comes in, and meets input and no other
on "$client" nft -f - <<-EOF
	table ip everybody {
		counter came { }
		counter passed { }
		chain input {
			type filter hook input priority 0
			ip daddr 192.168.44.255 counter name came
		}
		chain forward {
			type filter hook forward priority 0; policy drop;
			counter name passed
		}
	}
EOF
says "is for this machine, too" "broadcast: explain says that it comes in" \
	--to 192.168.44.255 --from 192.168.44.3 --iif lan
echo | on "$neighbour" socat -u - UDP4-SENDTO:192.168.44.255:7001,broadcast
check "broadcast: and it does" wait_for 5 sh -c \
	'ip netns exec "$1" nft list counter ip everybody came | grep -q "packets [1-9]"' sh "$client"
check "broadcast: and is not forwarded" sh -c \
	'ip netns exec "$1" nft list counter ip everybody passed | grep -q "packets 0 "' sh "$client"
on "$client" nft delete table ip everybody

# A device's own chains are not read
on "$client" nft -f - <<-EOF
	table netdev early {
		chain first {
			type filter hook ingress device lan priority 0
			ip saddr 192.168.44.3 drop
		}
	}
EOF
says "by lan, through no tunnel, as far as can be told without nft's chains at ingress and egress\. *$" \
	"ingress: explain says what it does not know" --to 192.168.44.3
check_fails "ingress: which matters" ping_through "$client" 192.168.44.3 1
on "$client" nft delete table netdev early

# TCP looks again once it has a source: by it, and not by what sends without connecting
ip -n "$client" -batch - <<-EOF
	rule add pref 100 from 192.168.44.2 to 203.0.113.1 lookup 7
	rule add pref 101 to 203.0.113.1 lookup main
	route add default via 192.168.44.3 dev lan table 7
EOF
on "$neighbour" nft -f - <<-EOF
	table ip seen {
		counter by_tcp { }
		counter by_udp { }
		chain prerouting {
			type filter hook prerouting priority 0
			ip daddr 203.0.113.1 tcp dport 7001 counter name by_tcp
			ip daddr 203.0.113.1 udp dport 7001 counter name by_udp
		}
	}
EOF
# seen_by_neighbour PROTOCOL
seen_by_neighbour() {
	on "$neighbour" nft list counter ip seen "by_$1" | grep -q "packets [1-9]"
}
explain --to 203.0.113.1 --proto tcp --dport 7001 >"$tmp/explained" || :
check "TCP: explain says that it goes to the neighbour" grep -q "to the gateway 192.168.44.3" "$tmp/explained"
explain --to 203.0.113.1 --proto udp --dport 7001 >"$tmp/explained" || :
check_fails "UDP: and that it does not" grep -q "to the gateway 192.168.44.3" "$tmp/explained"
check "UDP: but would if it connected" grep -q "say --from 192.168.44.2" "$tmp/explained"
echo | on "$client" socat -u - UDP4-SENDTO:203.0.113.1:7001
on "$client" socat -u OPEN:/dev/null TCP4:203.0.113.1:7001,connect-timeout=1 2>/dev/null || :
check "TCP: and it does" wait_for 5 seen_by_neighbour tcp
check_fails "UDP: and it does not" seen_by_neighbour udp
on "$neighbour" nft delete table ip seen
ip -n "$client" -batch - <<-EOF
	rule del pref 100
	rule del pref 101
	route del default via 192.168.44.3 dev lan table 7
EOF

# a table that is switched off, and then on
on "$client" nft -f - <<-EOF
	table inet asleep {
		flags dormant
		chain output {
			type filter hook output priority filter; policy drop;
			drop
		}
	}
EOF
says "by lan\. *$" "a dormant table: explain says nothing of it" --to 1.1.1.1
check "a dormant table: and it does nothing" ping_through "$client" 1.1.1.1
on "$client" nft add table inet asleep
lost "is not reached: .*table asleep, chain output" 1.1.1.1 "a table that woke up"
on "$client" nft delete table inet asleep

# input STATES: as ufw lets answers in, by iptables-nft; all else is dropped
input() {
	printf '%s\n' '*filter' '-P INPUT DROP' \
		'-A INPUT -m conntrack --ctstate INVALID -j LOG --log-prefix "[UFW BLOCK] "' \
		"-A INPUT -m conntrack --ctstate $1 -j ACCEPT" COMMIT |
		on "$client" iptables-nft-restore
}
if input RELATED,ESTABLISHED; then
	says "by lan\. *$" "iptables-nft: explain says that answers are let in" --to 1.1.1.1
	check "iptables-nft: and they are" ping_through "$client" 1.1.1.1
	input NEW
	lost "no reply arrives.*table filter, chain INPUT" 1.1.1.1 "iptables-nft, answers are not let in"
	on "$client" nft delete table ip filter
else
	skip "iptables-nft" "it does not work here"
fi

on "$client" wg set wg0 fwmark 0
watch
lost "a loop" 1.1.1.1 "no fwmark"
is "$(watched outer)" 0 "no fwmark: nothing leaves by lan"
on "$client" wg set wg0 fwmark $mark
on "$client" nft delete table inet watch

peer=$(cat "$tmp/server.pub")

# Of two peers, the one with the longest prefix gets it, and no other may send from there
other=$(wg genkey | wg pubkey)
# sent PEER: bytes to it
sent() {
	on "$client" wg show wg0 transfer | awk -v peer="$1" '$1 == peer { print $3 }'
}
# from_inside: the server sends from 1.1.1.1; is there an answer?
from_inside() {
	on "$server" ping -n -q -c 1 -W "$1" -I 1.1.1.1 10.2.0.2
}
# whose NAME PEER ALLOWED: explain says that PEER alone sends from there
whose() {
	says "is this machine itself" "two peers: $1" --to 10.2.0.2 --from 1.1.1.1 --iif wg0
	check "two peers: of one with $3, and of that one alone" sh -c \
		'tr -s "\n " " " <"$1" | grep -qF "> peer $2 Its AllowedIPs have $3,"' sh "$tmp/explained" "$2" "$3"
}
# received PEER: bytes
received() {
	on "$client" wg show wg0 transfer | grep -F "$1" | cut -f 2
}
before=$(received "$peer")
check "two peers: one has it, and it answers" ping_through "$client" 1.1.1.1
check "two peers: by its session it is known as that one's" test "$(received "$peer")" -gt "$before"
whose "what comes from there may be the first one's" "$peer" 0.0.0.0/0
check "two peers: and is" from_inside 8
on "$client" wg set wg0 peer "$other" allowed-ips 1.1.1.0/24 endpoint 203.0.113.1:4500
before=$(sent "$peer")
says "through wg0 to peer $(printf %s "$other" | sed 's/[+]/[+]/g') at 203\.0\.113\.1:4500, by lan\. *$" \
	"two peers: explain has the one with the longest prefix" --to 1.1.1.1
check_fails "two peers: which does not answer here" ping_through "$client" 1.1.1.1 1
check "two peers: but was asked" test "$(sent "$other")" -gt 0
is "$(sent "$peer")" "$before" "two peers: and no other was"
whose "what comes from there may be that one's" "$other" 1.1.1.0/24
check_fails "two peers: and none of the first one's arrives" from_inside 1
is "$(received "$other")" 0 "two peers: as nothing ever was of that one"
on "$client" wg set wg0 peer "$other" remove

on "$client" wg set wg0 peer "$peer" allowed-ips 10.0.0.0/8
says "not reached: no peer of wg0 has its source" "no peer: explain says that nothing comes from there" \
	--to 10.2.0.2 --from 1.1.1.1 --iif wg0
check_fails "no peer: and nothing does" from_inside 1
lost "no peer of wg0 has it" 1.1.1.1 "no peer"
error_of 1.1.1.1 "no peer"
on "$client" wg set wg0 peer "$peer" remove
on "$client" wg set wg0 peer "$peer" allowed-ips 0.0.0.0/0
lost "the peer has no endpoint" 1.1.1.1 "no endpoint"
error_of 1.1.1.1 "no endpoint"
check "no endpoint: down" client_down

ip -n "$client" -batch - <<-EOF
	route add unreachable 198.51.100.1
	route add prohibit 198.51.100.2
	route add blackhole 198.51.100.3
	rule add to 198.51.100.4 prohibit
EOF
for n in 1 2 3 4; do
	lost "refuses it" 198.51.100.$n "198.51.100.$n"
	error_of 198.51.100.$n "198.51.100.$n"
done
ip -n "$client" rule del to 198.51.100.4 prohibit
for n in 1 2 3; do
	ip -n "$client" route del 198.51.100.$n
done

# More than one machine
ip -n "$client" route add 224.0.0.0/4 dev lan
for to in 192.168.44.255 224.0.0.251 ff0e::fb; do
	says "not reached: TCP does not go to more" "TCP to $to: explain says that it cannot be" \
		--to $to --proto tcp --dport 9
	error_of $to "TCP to $to" tcp
done
error_of 192.168.44.255 "a broadcast that the program does not ask for"
ip -n "$client" route del 224.0.0.0/4 dev lan

config "#wgmark LeakGuard = yes"
ip -n "$client" -6 route add default via fd44::1
check "LeakGuard: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
lost "LeakGuard" 2001:db8:113::1 "LeakGuard, IPv6"
error_of 2001:db8:113::1 "LeakGuard, IPv6"
check "LeakGuard: IPv4 goes through the tunnel" ping_through "$client" 1.1.1.1
check "LeakGuard: down" client_down

# one family in the tunnel, the other past it
config
check "IPv4 alone: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
is "$(explain --json | jq -r '.[] | "\(.layers[0].device) \(.lost)"')" "wg0 false
lan false" "without --to it is asked of an address of each family"
is "$(on "$client" ip -o route get 2001:db8:113::1 | grep -o 'dev [^ ]*')" "dev lan" \
	"IPv4 alone: ip route get says the same of IPv6"

ip -n "$client" rule add uidrange 1000-1000 prohibit priority 10
ip -n "$client" rule add ipproto 17 sport 7000 prohibit priority 11
says "refuses it" "a rule for a user: explain says that it refuses that one's packet" --to 1.1.1.1 --uid 1000
says "by lan\. *$" "and not another's" --to 1.1.1.1 --uid 1001
# program USER PORT: one sends to 1.1.1.1; what it is told
program() {
	echo | on "$client" setpriv --reuid "$1" socat -t 1 - UDP4:1.1.1.1:9,sourceport="$2" 2>&1
}
check "and it does" grep -q "Permission denied" <<-EOF
	$(program 1000 7001)
EOF
check "and not another's packet" grep -q "Connection refused" <<-EOF
	$(program 1001 7001)
EOF
says "refuses it" "a rule for a source port: explain says that it refuses it" \
	--to 1.1.1.1 --proto udp --sport 7000
says "by lan\. *$" "and not another one" --to 1.1.1.1 --proto udp --sport 7001
check "and it does" grep -q "Permission denied" <<-EOF
	$(program 1001 7000)
EOF
ip -n "$client" rule del priority 10
ip -n "$client" rule del priority 11
check "IPv4 alone: down" client_down

# What a rule takes into the tunnel by its mark has no mark any more when it comes back
config "Table = 77"
check "a mark of the user's: up" on "$client" "$wgmarkctl" up "$tmp/wg0.conf"
ip -n "$client" rule add fwmark 7 lookup 77 priority 10
# marked_ping SECONDS
marked_ping() {
	on "$client" ping -n -q -c 1 -W "$1" -m 7 1.1.1.1
}
sysctl_set "$client" 2 ipv4/conf/wg0/rp_filter
says "through wg0 to peer .*, by lan\. *$" "a mark of the user's, rp_filter loose: explain says that it arrives" \
	--to 1.1.1.1 --mark 7
check "a mark of the user's, rp_filter loose: and it does" marked_ping 8
sysctl_set "$client" 1 ipv4/conf/wg0/rp_filter
says "no reply arrives.*reverse path check of wg0" \
	"a mark of the user's: explain says that the tunnel's rp_filter drops the reply" --to 1.1.1.1 --mark 7
received=$(on "$client" cat /sys/class/net/wg0/statistics/rx_packets)
check_fails "a mark of the user's: and it does" marked_ping 2
check "a mark of the user's: which has come out of the tunnel" \
	test "$(on "$client" cat /sys/class/net/wg0/statistics/rx_packets)" -gt "$received"
ip -n "$client" rule del priority 10
check "a mark of the user's: down" client_down

# --- outside IPv6, and a tunnel in a tunnel ----------------------------------

suppresses=$(fib_suppresses && echo yes || :)
rpfilter_ipv6
family=-6 ip=ip6 own=fd02::2 address=fd44::2 gateway=fd44::1 to=2001:db8:100::1
endpoint=2001:db8:113::1
for backend in kmod nft; do
	check "outer IPv6, $backend: up" client_up $backend 6 "ListenPort = 51821"
	packets "outer IPv6, $backend" saved
	golden 6-$backend --to $to
	case $backend in
	kmod) logged "outer IPv6, $backend" ;;
	nft) traced "outer IPv6, $backend" ;;
	esac
	check "outer IPv6, $backend: down" client_down
done
family=-4 ip=ip gateway=192.168.44.1 to=1.1.1.1 endpoint=185.159.157.129
if [ -n "$suppresses" ]; then
	check "outer IPv6, no restore: up" client_up kmod 6 "#wgmark Restore = none"
	lost "waits in wg0 for a handshake.*table rpfilter" 2001:db8:100::1 "outer IPv6, no restore"
	check "outer IPv6, no restore: down" client_down
else
	skip "outer IPv6, no restore" "nft's fib of this kernel does not go by suppress_prefixlength"
fi
on "$client" nft delete table ip6 rpfilter
ip -n "$client" -6 route del default

config "#wgmark Backend = kmod"
sed 's/^ListenPort.*/ListenPort = 51822/; s/10\.2\.0\.2/10.3.0.2/; s/^Endpoint.*/Endpoint = 203.0.113.1:4500/' \
	"$tmp/wg0.conf" >"$tmp/wg1.conf"
chmod 600 "$tmp/wg1.conf"
for name in wg0 wg1; do
	check "two tunnels: up $name" on "$client" "$wgmarkctl" up "$tmp/$name.conf"
done
says "through wg1 to peer .* at 203.0.113.1:4500, this through wg0 .*, by lan\. *$" \
	"two tunnels: one is carried in the other" --to 1.1.1.1
says "wg0 has no part in it" "two tunnels: the LAN is in none" wg0 --to 192.168.44.3
is "$(on "$client" ip -o route get 203.0.113.1 mark "$(on "$client" wg show wg1 fwmark)" |
	grep -o 'dev [^ ]*')" "dev wg0" "two tunnels: ip route get says the same"
for name in wg1 wg0; do
	check "two tunnels: down $name" client_down $name
done

# --- a tunnel that was made elsewhere: its own packets are there --------------

new_ns box
sysctl_set "$box" 1 'ipv4/conf/*/rp_filter'
config
grep -v ^Address "$tmp/wg0.conf" >"$tmp/box.conf"
ip -n "$client" link add wg0 type wireguard
on "$client" wg setconf wg0 "$tmp/box.conf"
ip -n "$client" link set wg0 netns "$box"
ip -n "$box" -batch - <<-EOF
	link set lo up
	address add 10.2.0.2/32 dev wg0
	link set wg0 mtu 1420 up
	route add default dev wg0
EOF
outside=$client client=$box
check "another namespace: the tunnel carries" ping_through "$client" 1.1.1.1
says "is reached or not: .* from another network namespace, where wg0 was made" \
	"another namespace: explain says where its own packets are" --to 1.1.1.1
finds "another namespace: doctor does not take that for a loop" ""
name="iptables-legacy: explain says that it did not read its tables"
if printf '%s\n' '*mangle' COMMIT | on "$client" iptables-legacy-restore; then
	says "without the rules of iptables-legacy" "$name" --to 10.2.0.2
else
	skip "$name" "this kernel has none"
fi
client=$outside
del_ns "$box"

# --- the second document -----------------------------------------------------

# as its addresses, routes, rules and table have it. Mullvad's client sets
# src_valid_mark, too; without it its mark on replies would be for nothing.
lan=wlp0s20f3 tunnel=wg-mullvad table=1836018789 mark=0x6d6f6c65 port=19955
own=10.147.23.252 address=192.168.44.83 endpoint=185.195.233.76
ip -n "$server" -batch - <<-EOF
	address add $endpoint/32 dev wan
	address add 10.64.0.1/32 dev internet
EOF
ip -n "$server" route add $own dev wg0
ip -n "$router" route add $endpoint via 203.0.113.1
on "$server" wg set wg0 listen-port $port
ip -n "$client" -batch - <<-EOF
	link set lan down
	link set lan name $lan addrgenmode none
	address flush dev $lan
	address add $address/24 brd + dev $lan noprefixroute
	address add fe80::9f4e:c306:9e3d:8e8/64 dev $lan noprefixroute
	link set $lan up
	route add 192.168.44.0/24 dev $lan proto kernel scope link src $address metric 600
	route add default via 192.168.44.1 dev $lan proto dhcp src $address metric 600
	link add $tunnel type wireguard
	address add $own/32 dev $tunnel
	link set $tunnel mtu 1380
EOF
on "$client" wg set $tunnel private-key "$tmp/client.key" listen-port 51821 fwmark $mark \
	peer "$peer" allowed-ips 0.0.0.0/0 endpoint $endpoint:$port
ip -n "$client" -batch - <<-EOF
	link set $tunnel up
	route add 10.64.0.1 dev $tunnel proto static scope global
	route add default dev $tunnel proto static scope global table $table
	rule add priority 32764 lookup main suppress_prefixlength 0
	rule add priority 32765 not fwmark $mark lookup $table
EOF
is "$(ip -n "$client" route; ip -n "$client" rule; ip -n "$client" route show table $table;
	ip -n "$client" address show dev $lan | grep inet; ip -n "$client" address show dev $tunnel |
	grep inet; ip -n "$client" link show $tunnel | grep -o '<.*UP>* mtu [0-9]*')" \
	"default via 192.168.44.1 dev wlp0s20f3 proto dhcp src 192.168.44.83 metric 600 
10.64.0.1 dev wg-mullvad proto static 
192.168.44.0/24 dev wlp0s20f3 proto kernel scope link src 192.168.44.83 metric 600 
0:	from all lookup local
32764:	from all lookup main suppress_prefixlength 0
32765:	not from all fwmark 0x6d6f6c65 lookup 1836018789
32766:	from all lookup main
32767:	from all lookup default
default dev wg-mullvad proto static 
    inet 192.168.44.83/24 brd 192.168.44.255 scope global noprefixroute wlp0s20f3
    inet6 fe80::9f4e:c306:9e3d:8e8/64 scope link noprefixroute 
    inet 10.147.23.252/32 scope global wg-mullvad
<POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1380" "the second document's routes, rules and addresses are there"
sysctl_set "$client" 1 ipv4/conf/all/src_valid_mark
whole=yes
cp "$golden/ruleset-mullvad.nft" "$tmp/mullvad.nft"
if on "$client" nft -f "$tmp/mullvad.nft" 2>"$tmp/refused"; then
	ok "the whole table of the second document is there"
else
	whole=
	check_fails "a line of it is not for this kernel, which has no net_cls" grep -q net_cls /proc/cgroups
	grep -v cgroup "$golden/ruleset-mullvad.nft" >"$tmp/mullvad.nft"
	check "the table of the second document is there, but for the line with cgroup" \
		on "$client" nft -f "$tmp/mullvad.nft"
	diag "$(cat "$tmp/refused")"
fi
packets Mullvad none
traced Mullvad
reverse_path Mullvad
# golden_of_whole NAME [OPTION...]: golden, where all of the table is
golden_of_whole() {
	if [ -n "$whole" ]; then
		golden "$@"
	else
		skip "explain is explain-$1" "a line of the table is not for this kernel"
	fi
}
golden_of_whole 2 --to 1.1.1.1
golden_of_whole 2.svg --to 1.1.1.1 --svg
says "through wg-mullvad to peer .* at 185.195.233.76:19955, by wlp0s20f3" \
	"Mullvad: explain says that its name server is reached" \
	--to 10.64.0.1 --proto tcp --dport 53
golden_of_whole 2-dns --to 1.1.1.1 --proto tcp --dport 53
on "$server" socat TCP4-LISTEN:53,fork,reuseaddr SYSTEM:'echo hello' 2>/dev/null &
wait_for 5 on "$server" socat -u OPEN:/dev/null TCP4:1.1.1.1:53
check "Mullvad: and it is" \
	test "$(on "$client" socat -u TCP4:10.64.0.1:53 STDOUT)" = hello
# tcp_dns NS ADDRESS: what is asked there by TCP gets
tcp_dns() {
	on "$1" socat -u "TCP4:$2:53,connect-timeout=3" STDOUT 2>&1
}
check "Mullvad: another one is refused, as explain says" grep -q "refused" <<-EOF
	$(tcp_dns "$client" 1.1.1.1)
EOF
without "tcp dport 53 reject" output
is "$(tcp_dns "$client" 1.1.1.1)" hello "Mullvad: without the rule that refuses it, it answers"
without nothing
golden_of_whole 2-past --to 1.1.1.1 --mark $mark
# past: a ping with the tunnel's mark
past() {
	on "$client" ping -n -q -c 1 -W 1 -m $((mark)) 1.1.1.1
}
# counts CHAIN: its last rule counts from now on
counts() {
	without "$(printf '\t\treject')" "$1"
	on "$client" nft add rule inet mullvad "$1" counter reject
}
# refuses CHAIN NAME: it has refused something
refuses() {
	check "$2" sh -c \
		'ip netns exec "$1" nft list chain inet mullvad "$2" | grep -q "counter packets [1-9].* reject"' \
		sh "$client" "$1"
}
counts output
check_fails "Mullvad: past the tunnel nothing leaves, as explain says" past
refuses output "Mullvad: by the rule that explain names"
ip -n "$client" link set $tunnel down
says "not reached: .*chain output, has it refused" "Mullvad, the tunnel is down: explain says that nothing leaves" \
	--to 1.1.1.1
counts output
check_fails "Mullvad, the tunnel is down: and nothing does" ping_through "$client" 1.1.1.1 1
refuses output "Mullvad, the tunnel is down: by the rule that explain names"
ip -n "$client" -batch - <<-EOF
	link set $tunnel up
	route add 10.64.0.1 dev $tunnel proto static scope global
	route add default dev $tunnel proto static scope global table $table
EOF
without nothing
says "not reached" "Mullvad: explain says that the LAN is blocked" --to 192.168.44.3
check_fails "Mullvad: and it is" ping_through "$client" 192.168.44.3 1

# What it has for the tunnel's own packets and for name servers, each rule taken away once
for rule in "ip saddr $endpoint udp sport $port meta mark" 'ct state established accept' \
	'meta mark 0x6d6f6c65 accept' 'oif "wg-mullvad" accept'; do
	without "$rule"
	on "$client" conntrack -F 2>/dev/null
	check_fails "Mullvad: without \"$rule\" nothing comes back" ping_through "$client" 1.1.1.1 1
done
without nothing
for to in 1.1.1.1 10.64.0.1; do
	on "$server" socat UDP4-RECVFROM:53,bind=$to,fork SYSTEM:'echo hello' &
done
wait_for 5 sh -c '[ $(ip netns exec "$1" grep -c ":0035 " /proc/net/udp) = 2 ]' sh "$server"
# dns ADDRESS: what is asked there by UDP gets
dns() {
	echo question | on "$client" socat -t 5 - UDP4:$1:53 2>&1
}
is "$(dns 10.64.0.1)" hello "Mullvad: its name server answers by UDP"
says "not reached: .*chain output, has it refused" "Mullvad: explain says that another is refused by UDP" \
	--to 1.1.1.1 --proto udp --dport 53
check "Mullvad: and it is, which the program is told" grep -Eq "refused|not permitted" <<-EOF
	$(dns 1.1.1.1)
EOF
without "udp dport 53 reject"
is "$(dns 1.1.1.1)" hello "Mullvad: without the rule that refuses it, it answers"
without nothing

# As a router for the neighbour
sysctl_set "$client" 1 ipv4/ip_forward
ip -n "$server" route add 192.168.44.3 dev wg0
on "$server" wg set wg0 peer "$(wg pubkey <"$tmp/client.key")" \
	allowed-ips 10.2.0.2/32,fd02::2/128,$own/32,192.168.44.3/32
for to in 1.1.1.1 10.64.0.1; do
	ip -n "$neighbour" route add $to via $address
done
says "through wg-mullvad to peer .* by wlp0s20f3" "Mullvad, a router: explain says that the neighbour's packets go into the tunnel" \
	--to 1.1.1.1 --from 192.168.44.3 --iif $lan
check "Mullvad, a router: and they do" ping_through "$neighbour" 1.1.1.1
says "not reached: .*chain forward, has it refused" "Mullvad, a router: and that its questions to other name servers do not" \
	--to 1.1.1.1 --from 192.168.44.3 --iif $lan --proto udp --dport 53
is "$(echo question | on "$neighbour" socat -t 2 - UDP4:1.1.1.1:53)" "" "Mullvad, a router: and they do not"
is "$(echo question | on "$neighbour" socat -t 5 - UDP4:10.64.0.1:53 2>&1)" hello \
	"Mullvad, a router: but those to the tunnel's own"
is "$(tcp_dns "$neighbour" 10.64.0.1)" hello "Mullvad, a router: also by TCP"
without 'oif "wg-mullvad" tcp dport 53 ip daddr 10.64.0.1 accept' forward
# whoever is refused is not told, as the chain output refuses that
check_fails "Mullvad, a router: not without the rule for it" grep -q hello <<-EOF
	$(tcp_dns "$neighbour" 10.64.0.1)
EOF
without nothing
says "not reached: .*chain forward, has it refused" "Mullvad, a router: explain says that others are refused by TCP" \
	--to 1.1.1.1 --from 192.168.44.3 --iif $lan --proto tcp --dport 53
check_fails "Mullvad, a router: and they are" grep -q hello <<-EOF
	$(tcp_dns "$neighbour" 1.1.1.1)
EOF
without "tcp dport 53 reject" forward
is "$(tcp_dns "$neighbour" 1.1.1.1)" hello "Mullvad, a router: but for the rule that refuses it"
without nothing
says "not reached: .*chain forward, has it refused" "Mullvad, a router: explain says that nothing is forwarded past the tunnel" \
	--to $gateway --from 192.168.44.3 --iif $lan --proto icmp
ip -n "$neighbour" route add $gateway via $address
counts forward
check_fails "Mullvad, a router: and nothing is" ping_through "$neighbour" $gateway 1
refuses forward "Mullvad, a router: by the rule that explain names"
without nothing
ip -n "$neighbour" route del $gateway via $address
without 'iif "wg-mullvad" ct state established accept'
check_fails "Mullvad, a router: without the rule for answers none comes back" ping_through "$neighbour" 1.1.1.1 1
without nothing
for to in 1.1.1.1 10.64.0.1; do
	ip -n "$neighbour" route del $to via $address
done
sysctl_set "$client" 0 ipv4/ip_forward

# A program that is excluded from the tunnel goes past it, by five rules for it
if [ -n "$whole" ] && mkdir "$tmp/cgroup" && mount -t cgroup -o net_cls none "$tmp/cgroup" 2>"$tmp/refused"; then
	mkdir "$tmp/cgroup/excluded"
	echo 5087041 >"$tmp/cgroup/excluded/net_cls.classid"
	on "$client" nft -f - <<-EOF
		table inet watch {
			counter past { }
			counter back { }
			chain out {
				type filter hook postrouting priority 200;
				oifname $lan ip saddr $address ip daddr 1.1.1.1 meta mark $mark ct mark 0xf41 counter name past
			}
			chain in {
				type filter hook input priority 200;
				iifname $lan ip saddr 1.1.1.1 ip daddr $own meta mark $mark ct mark 0xf41 counter name back
			}
		}
	EOF
	check "Mullvad: an excluded program gets an answer" excluded_ping 1.1.1.1 8
	check "Mullvad: its packet leaves by $lan, from that one's address and with both marks" \
		test "$(watched past)" -ge 1
	check "Mullvad: the answer comes in by it, for the tunnel's address and with both marks" \
		test "$(watched back)" -ge 1
	for rule in 'iif != "wg-mullvad" ct mark' 'ct mark 0x00000f41 accept' masquerade; do
		without "$rule"
		check_fails "Mullvad: without \"$rule\" it gets none" excluded_ping 1.1.1.1 1
	done
	without "meta cgroup"
	past=$(watched past)
	check "Mullvad: without the rule for its group it gets one" excluded_ping 1.1.1.1 8
	is "$(watched past)" "$past" "Mullvad: through the tunnel, as explain takes it"
	without nothing
	check_fails "Mullvad: an excluded program gets no answer from the name server to a ping" \
		excluded_ping 10.64.0.1 1
	without 'ct mark 0x00000f41 drop'
	check "Mullvad: but would without the rule that drops it" excluded_ping 10.64.0.1 8
	without nothing
	# the name server of "Mullvad: and it is" still listens for TCP, that of dns() for UDP
	for proto in udp tcp; do
		socket=$(echo $proto | tr a-z A-Z)4:10.64.0.1:53
		is "$(echo question | excluded socat -t 5 - "$socket" 2>&1)" hello \
			"Mullvad: but to its question by $proto it does"
		without "oif \"wg-mullvad\" $proto dport 53" mangle
		is "$(echo question | excluded socat -t 1 - "$socket,connect-timeout=1" 2>/dev/null)" "" \
			"Mullvad: and would not if the chain mangle did not accept it by $proto"
		without nothing
	done
	on "$client" nft delete table inet watch
	umount "$tmp/cgroup"
else
	check_fails "no excluded programs: this kernel has no net_cls" grep -q net_cls /proc/cgroups
	skip "Mullvad: excluded programs" "$(cat "$tmp/refused")"
fi

# begun: when the last handshake was
begun() {
	on "$client" wg show $tunnel latest-handshakes | cut -f 2
}
check "Mullvad: there is a session" ping_through "$client" 1.1.1.1
# by which one may have begun
sleep 2
last=$(begun)
while [ "$(date +%s)" -le $((last + 120)) ]; do
	sleep 1
done
is "$(begun)" "$last" "Mullvad: while nothing is sent, no other handshake is"
check "Mullvad: something is" ping_through "$client" 1.1.1.1
check "Mullvad: after two minutes the next one begins, as explain says" test "$(begun)" -gt "$last"

# a way past the tunnel that is of no use
ip -n "$client" -batch - <<-EOF
	address add fd44::2/64 dev $lan nodad
	route add default via fd44::1 dev $lan
EOF
finds "Mullvad: doctor finds nothing wrong" ""
check_fails "Mullvad: though IPv6 has a route, nothing leaves by it" \
	ping_through "$client" 2001:db8:113::1 1
ip -n "$client" -batch - <<-EOF
	route del default via fd44::1 dev $lan
	address del fd44::2/64 dev $lan
EOF

# --- JSON, colour, and questions that cannot be answered ---------------------

check "JSON is JSON, and has what the text says" sh -c 'ip netns exec "$1" "$2" explain \
	--to 1.1.1.1 --json | jq -e ".[0] | .lost == false and .layers[0].device == \"wg-mullvad\" \
	and .layers[1].device == \"wlp0s20f3\" and .layers[1].mark == 1836018789 and \
	(.stations | length) > 5"' sh "$client" "$wgmarkctl"
check "JSON says what is lost" sh -c 'ip netns exec "$1" "$2" explain \
	--to 192.168.44.3 --json | jq -e ".[0].lost"' sh "$client" "$wgmarkctl"

[ -e /dev/pts/ptmx ] || { mkdir -p /dev/pts && mount -t devpts devpts /dev/pts; }
# on_terminal VARIABLE...: explain on a terminal
on_terminal() {
	on "$client" env TERM=vt100 "$@" socat -u \
		EXEC:"$wgmarkctl explain --to 1.1.1.1",pty STDOUT
}
escape=$(printf '\033')
check "a terminal gets colour" sh -c 'printf %s "$1" | grep -q "$2"' sh "$(on_terminal)" "$escape"
check_fails "but not with NO_COLOR" sh -c 'printf %s "$1" | grep -q "$2"' sh \
	"$(on_terminal NO_COLOR=1)" "$escape"

# refused STATUS TEXT [ARGUMENT...]
refused() {
	_want=$1 _text=$2 _status=0
	shift 2
	explain "$@" >"$tmp/explained" 2>&1 || _status=$?
	if [ $_status -eq "$_want" ] && grep -qF -e "$_text" "$tmp/explained"; then
		ok "explain $*: $_text"
	else
		not_ok "explain $*: status $_status"
		diag "$(cat "$tmp/explained")"
	fi
}
refused 2 "is not an IP address" --to nowhere
refused 2 "is a network" --to 10.0.0.0/8
refused 2 "is no destination" --to 0.0.0.0
refused 2 "is no destination" --to ::
refused 2 "is on a link" --to fe80::1
refused 2 "of IPv4 alone" --to ff02::1 --from fe80::1 --iif wlp0s20f3
refused 2 "not both" --to 1.1.1.1 --from ::1
refused 2 "--from needs --to" --from 10.2.0.2
refused 2 "none of udp, tcp and icmp" --to 1.1.1.1 --proto sctp
refused 2 "needs --proto" --to 1.1.1.1 --dport 53
refused 2 "needs --proto" --to 1.1.1.1 --proto icmp --sport 53
refused 2 "from 1 to 65535" --proto udp --dport 65536
refused 2 "from 0 to 4294967295" --mark -1
refused 2 "from 0 to 4294967294" --uid root
refused 4 "there is no device" --to 1.1.1.1 --from 192.168.44.3 --iif eth9
refused 2 "--iif needs --from" --to 1.1.1.1 --iif wlp0s20f3
refused 2 "--iif lo" --to 1.1.1.1 --from 127.0.0.1 --iif lo
refused 2 "--uid is for packets of this machine" \
	--to 1.1.1.1 --from 192.168.44.3 --iif wlp0s20f3 --uid 1
refused 2 "not both" --json --svg
refused 2 "takes no interface and no option" --ruleset --to 1.1.1.1
refused 4 "is not a WireGuard interface" wlp0s20f3
check_fails "without CAP_NET_ADMIN it is refused" on "$client" setpriv --bounding-set -net_admin \
	"$wgmarkctl" explain
cp "$tmp/output" "$tmp/said"
check "and says so" grep -q CAP_NET_ADMIN "$tmp/said"

done_testing
