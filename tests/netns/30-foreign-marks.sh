#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Marks that are not the tunnel's are never touched, neither on packets that
# have nothing to do with it nor, with a mask, on its own.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up

# seen SET: what a probe saw, a line for each kind of packet
seen() {
	on "$client" nft -p list set inet probe "$1" | tr -d '\n\t' |
		sed 's/.*elements = {\(.*\)}.*}.*/\1/; s/,/\n/g' | tr -d ' }' | LC_ALL=C sort
}

# Port 7001 is marked at raw; 7002 has another owner's ct mark besides.
foreign_rules() {
	on "$client" nft -f - <<-EOF
		table inet other
		delete table inet other
		table inet other {
			chain raw {
				type filter hook prerouting priority raw - 5
				meta l4proto { tcp, udp } th dport { 7001, 7002 } meta mark set 0x40000
			}
			chain prerouting {
				type filter hook prerouting priority mangle - 5
				meta l4proto { tcp, udp } th dport 7002 ct mark set 0x10000
			}
		}
		table inet probe
		delete table inet probe
		table inet probe {
			set before {
				typeof meta mark . ct mark . meta l4proto . th dport
				flags dynamic
			}
			set after {
				typeof meta mark . ct mark . meta l4proto . th dport
				flags dynamic
			}
			chain before {
				type filter hook prerouting priority mangle - 2
				th dport { 7001, 7002 } update @before { meta mark . ct mark . meta l4proto . th dport }
			}
			chain after {
				type filter hook prerouting priority mangle + 2
				th dport { 7001, 7002 } update @after { meta mark . ct mark . meta l4proto . th dport }
			}
		}
	EOF
}

send() {
	for port in 7001 7002; do
		echo x | on "$neighbour" socat -u - "UDP$1-SENDTO:$2:$port" 2>/dev/null || :
		on "$neighbour" socat -u /dev/null "TCP$1:$2:$port,connect-timeout=2" 2>/dev/null || :
	done
}

for backend in kmod nft; do
	client_up $backend 4
	for f in "4 192.168.44.2" "6 [fd44::2]"; do
		foreign_rules
		# shellcheck disable=SC2086
		send $f
		is "$(seen after)" "0x00040000.0x00000000.17.7001
0x00040000.0x00000000.6.7001
0x00040000.0x00010000.17.7002
0x00040000.0x00010000.6.7002" "$backend: another owner's marks arrive untouched, IPv${f%% *}"
		is "$(seen after)" "$(seen before)" "$backend: as they were before, IPv${f%% *}"
	done
	client_down
done

# Untracked packets have no ct mark to restore from; UDP is UDP also behind
# IPv6's extension headers and in fragments, but not behind the authentication
# header (RFC 4302), which nft takes for a protocol, too.
for backend in kmod nft; do
	client_up $backend 4 "FwMark = 0xca6c"
	on "$client" nft -f - <<-EOF
		table inet other
		delete table inet other
		table inet other {
			counter untracked { }
			counter restored { }
			counter saved { }
			counter authenticated { }
			chain raw {
				type filter hook prerouting priority raw - 5
				udp dport 7003 meta mark set 0x40000 notrack
			}
			chain prerouting {
				type filter hook prerouting priority mangle - 5
				meta l4proto udp th dport { 7004, 7005 } ct mark set 0xca6c
				meta l4proto ah ct mark set 0xca6c
			}
			chain after {
				type filter hook prerouting priority mangle + 5
				udp dport 7003 meta mark 0x40000 counter name untracked
				meta l4proto udp th dport { 7004, 7005 } meta mark 0xca6c counter name restored
				meta l4proto ah meta mark 0 ct mark 0xca6c counter name authenticated
			}
			chain output {
				type filter hook output priority mangle
				meta l4proto udp th dport 7006 meta mark set 0xca6c
			}
			chain left {
				type filter hook postrouting priority mangle + 5
				meta l4proto udp th dport 7006 ct mark 0xca6c counter name saved
			}
		}
	EOF
	for f in "4 192.168.44.2" "6 [fd44::2]"; do
		echo x | on "$neighbour" socat -u - "UDP${f%% *}-SENDTO:${f##* }:7003"
		head -c 4000 /dev/zero | on "$neighbour" socat -u -b 4000 - "UDP${f%% *}-SENDTO:${f##* }:7004"
	done
	on "$neighbour" udp6-options fd44::2 7005
	on "$client" udp6-options fd44::3 7006
	# next header UDP, 16 octets, SPI 256, number 1; from port 7 to 7006, no data
	printf '\021\002\0\0\0\0\001\0\0\0\0\001\0\0\0\0\0\007\033\136\0\010\351\352' |
		on "$neighbour" socat -u - 'IP6-SENDTO:[fd44::2]:51'
	wait_for 3 eval 'on "$client" nft list counter inet other authenticated | grep -q "packets 1"' || :
	is "$(on "$client" nft list counters table inet other |
		sed -n 's/.*counter \([a-z]*\) .*/\1/p; s/.*packets \([0-9]*\).*/\1/p')" "untracked
2
restored
3
saved
1
authenticated
1" "$backend: untracked and authenticated packets keep their mark, fragments and options do not matter"
	client_down
	on "$client" nft delete table inet other
done

# With mask 0xff00 all other bits are somebody else's.
masked_rules() {
	on "$client" nft -f - <<-EOF
		table inet other
		delete table inet other
		table inet other {
			chain output {
				type filter hook output priority mangle
				udp dport 51820 meta mark & 0xff00 == 0xca00 meta mark set meta mark | 0x50000
				udp dport 51820 ct mark set ct mark | 0x3000000
			}
			chain raw {
				type filter hook prerouting priority raw - 5
				udp sport 51820 meta mark set 0x70000
			}
		}
		table inet probe
		delete table inet probe
		table inet probe {
			set in {
				typeof meta mark . ct mark
				flags dynamic
			}
			set out {
				typeof meta mark . ct mark
				flags dynamic
			}
			chain in {
				type filter hook prerouting priority mangle + 2
				udp sport 51820 update @in { meta mark . ct mark }
			}
			chain out {
				type filter hook postrouting priority mangle + 2
				udp dport 51820 update @out { meta mark . ct mark }
			}
		}
	EOF
}

for backend in kmod nft; do
	for outer in 4 6; do
		masked_rules
		client_up $backend $outer "FwMark = 0xca00" "#wgmark Mask = 0xff00"
		check "$backend, mask, outer IPv$outer: the tunnel works" ping_through "$client" 198.51.100.1
		is "$(seen out)" 0x0005ca00.0x0300ca00 \
			"$backend, mask, outer IPv$outer: save keeps foreign bits of both marks"
		is "$(seen in)" 0x0007ca00.0x0300ca00 \
			"$backend, mask, outer IPv$outer: restore keeps foreign bits of both marks"
		client_down
	done
done

done_testing
