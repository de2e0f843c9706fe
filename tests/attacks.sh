# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# attacks.sh - packets that somebody on the client's LAN sends to the tunnel's
# address, for tests that read topology.sh and then this
#
# A packet is put together as send-packets reads it:
#
#	ip4 SOURCE DESTINATION "$(udp 7 5000)"
#	ip6 SOURCE DESTINATION "$(hop "$(echo_request6)")"

# A payload begins with its protocol and a colon
udp() { printf '11:%04x%04x.00000000.%s' "$1" "$2" "${3:-}"; }
# tcp FROM TO SEQUENCE ACKNOWLEDGED FLAGS, the latter as in RFC 793: 02 SYN, 04 RST, 10 ACK
tcp() { printf '06:%04x%04x.%08x.%08x.50%s0400.00000000' "$1" "$2" "$3" "$4" "$5"; }
echo_request() { echo 01:0800.0000.00070001; }
echo_request6() { echo 3a:8000.0000.00070001; }

# IPv6 extension headers before a payload: hop-by-hop and destination options, a routing
# header that has been through, of a type for experiments (RFC 4727), authentication
hop() { echo "00:${1%%:*}00.0104.00000000.${1#*:}"; }
dst() { echo "3c:${1%%:*}00.0104.00000000.${1#*:}"; }
routed() { echo "2b:${1%%:*}02.fd00.00000000.[fd44::2]${1#*:}"; }
authenticated() { echo "33:${1%%:*}01.0000.00000100.00000001.${1#*:}"; }

ip4() { echo "4500.0000.0001.0000.40${3%%:*}.0000.[$1][$2]${3#*:}"; }
ip6() { echo "6000.0000.0000.${3%%:*}40.[$1][$2]${3#*:}"; }

# watch_guarded: from now on the client counts what comes for 10.2.0.2 and fd02::2 by
# another device than wg0, after preraw and where it is let in, and the neighbour the
# answers
watch_guarded() {
	on "$client" nft -f - <<-EOF
		table inet watch {
			counter passed { }
			counter delivered { }
			chain passed {
				type filter hook prerouting priority raw + 1
				iifname != wg0 ip daddr 10.2.0.2 counter name passed
				iifname != wg0 ip6 daddr fd02::2 counter name passed
			}
			chain delivered {
				type filter hook input priority 0
				iifname != wg0 ip daddr 10.2.0.2 counter name delivered
				iifname != wg0 ip6 daddr fd02::2 counter name delivered
			}
		}
	EOF
	on "$neighbour" nft -f - <<-EOF
		table inet watch {
			counter answered { }
			chain answered {
				type filter hook prerouting priority raw
				ip saddr 10.2.0.2 counter name answered drop
				ip6 saddr fd02::2 counter name answered drop
			}
		}
	EOF
}

# counted NS: its counters since the last time, on the client of what passed and what was
# delivered, on the neighbour of what was answered
counted() {
	on "$1" nft reset counters table inet watch | awk '
		/counter/ { name = $2 }
		/packets/ { n[name] = $2 }
		END { print ("answered" in n ? n["answered"] : n["passed"] " " n["delivered"]) }'
}

# mac NS DEVICE
mac() {
	on "$1" cat "/sys/class/net/$2/address"
}

# How a tunnel's guard may be: off, the module's, that of nft's rules, and the module's two others.
# With learn nobody puts fragments together before the guard; with notrack it is another function,
# with what is for the tunnel's port.
# shellcheck disable=SC2034 # the tests go through it
guards="open kmod nft learn notrack"

# guarded_up [LINE...]: the tunnel is up, guarded in this $mode
guarded_up() {
	case $mode in
	open) client_up kmod 4 "#wgmark Guard = no" "$@" ;;
	learn) client_up kmod 4 "#wgmark Restore = learn" "$@" ;;
	notrack) client_up kmod 4 "#wgmark Restore = learn" "#wgmark NoTrack = yes" "$@" ;;
	*) client_up "$mode" 4 "$@" ;;
	esac
}

# verdict ATTACK RESULT: what came of it in this $mode
verdict() {
	printf '%s\t%s\t%s\n' "$1" "$mode" "$2" >>"$tmp/verdicts"
}

# proof WHAT: in one line, what the test has shown; then a line for each attack, with what
# came of it in each mode
proof() {
	_result="all as expected"
	[ "$failures" -eq 0 ] || _result="$failures NOT as expected"
	echo "proof $1, with the module, with nft's rules, without either | Linux $(uname -r) | $tests checks | - | $_result"
	awk -F '\t' -v kernel="Linux $(uname -r)" '
		!times[$1]++ { names[++n] = $1 }
		$1 in last && $3 == last[$1] { modes[$1] = modes[$1] ", " $2; next }
		{
			if ($1 in last)
				told[$1] = told[$1] modes[$1] ": " last[$1] "; "
			modes[$1] = $2
			last[$1] = $3
		}
		END {
			for (i = 1; i <= n; i++) {
				a = names[i]
				print "attack " a " | " kernel " | " times[a] " | - | " told[a] modes[a] ": " last[a]
			}
		}' "$tmp/verdicts"
}
