#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The group "events" tells of tunnels added, changed and removed, and of spoofed
# packets once a second at most; a dump tells all of many tunnels and addresses.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$neighbour" route add fd02::2 via fd44::2
ip -n "$client" -batch - <<-EOF
	link add wg0 type wireguard
	address add 10.2.0.2/32 dev wg0
	address add fd02::2/128 dev wg0 nodad
	link set wg0 up
EOF
# IPv6 keeps static addresses of a link that is down only when told to.
sysctl_set "$client" 1 ipv6/conf/wg0/keep_addr_on_down
wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
lan=$(on "$client" cat /sys/class/net/lan/ifindex)
get=1 new=2 set=3 del=4 dump=0x300
nl() {
	on "$client" wgmark-nl "$@"
}

# counts: of spoofed packets, one a line
counts() {
	sed -n 's/^reply 8:.* 3=0*\([0-7]\)0*$/\1/p' "$tmp/events"
}

# told_of NUMBER: of spoofed packets, in all
told_of() {
	[ "$(($(counts | tr '\n' '+')0))" -eq "$1" ]
}

# no_zeros NAME: no event of spoofed packets tells of none
no_zeros() {
	is "$(grep '^reply 8:.* 3=0*$' "$tmp/events")" "" "$1"
}

nl -m 60 >"$tmp/events" 2>/dev/null &
monitor=$!
wait_for 5 grep -q ready "$tmp/events"
nl $new "1:u32:$wg0" 3:u32:0xca6c >/dev/null
on "$neighbour" ping -q -i 0.2 -c 3 -W 1 10.2.0.2 >/dev/null || :
wait_for 5 told_of 3 || :
ip -n "$client" -batch - <<-EOF
	link set wg0 down
	link set wg0 name tun7
	link set tun7 up
EOF
is "$(nl $get "1:u32:$wg0" | sed -n 's/.* 2=\([^ ]*\) .*/\1/p')" 74756e3700 \
	"a renamed tunnel is told of by its new name"
on "$neighbour" ping -q -i 0.2 -c 4 -W 1 fd02::2 >/dev/null || :
wait_for 5 told_of 7 || :
nl $set "1:u32:$wg0" 6:u8:0 >/dev/null
nl $del "1:u32:$wg0" >/dev/null
wait_for 5 grep -q "^reply 7:" "$tmp/events" || :
# shellcheck disable=SC2046
kill $(ip netns pids "$client")
wait $monitor || :

params="3=$(hex32 0xca6c) 4=ffffffff 5=$(hex32 1)"
counters() {
	echo "10=$(hex64 "$1") 11=$(hex64 0) 12=$(hex64 0) 14=00"
}
# Without the padding that some machines need before 64 bits
is "$(sed -n 's/ 13=//g; s/^reply 5: //p' "$tmp/events")" \
	"1=$(hex32 "$wg0") 2=77673000 $params 6=01 7=00 8=$(hex32 3) $(counters 0) 9=0a020002 9=fd020000000000000000000000000002" \
	"tunnel-added, with its parameters and addresses"
is "$(sed -n 's/ 13=//g; s/^reply 6: //p' "$tmp/events")" \
	"1=$(hex32 "$wg0") 2=74756e3700 $params 6=00 7=00 8=$(hex32 3) $(counters 7)" \
	"tunnel-changed, with what it is now and its new name"
is "$(sed -n 's/ 13=//g; s/^reply 7: //p' "$tmp/events")" \
	"1=$(hex32 "$wg0") 2=74756e3700 $params 6=00 7=00 8=$(hex32 3) $(counters 7)" \
	"tunnel-removed, with the last counters"
is "$(sed -n 's/ 7=//; s/^reply 8: \(.*\) 3=[^ ]*$/\1/p' "$tmp/events" | uniq)" \
	"1=$(hex32 "$wg0") 2=77673000 4=c0a82c03 5=0a020002 6=$(hex32 "$lan")
1=$(hex32 "$wg0") 2=74756e3700 4=fd440000000000000000000000000003 5=fd020000000000000000000000000002 6=$(hex32 "$lan")" \
	"spoofed, with the first packet's addresses and device, and the tunnel's name of then"
check "which counts every packet" told_of 7
check "but not one by one" test "$(counts | wc -l)" -lt 7
no_zeros "and each event counts some"

# The last packet comes while an event is made, after it may be noted for the next one and before
# they are counted: it is in this count, and for the next one none is left. That moment is short.
# Two hundred probes with a trace of the stack each, where the counting begins, make it long; and
# of 40 tunnels, whose events are made one after the other, each gets a packet from the other
# processor once that has begun, which is then the moment of one of them.
tracing=$tmp/tracing
trace=$tracing/instances/wgmark_test
cleanup() {
	[ ! -d "$trace" ] || { echo 0 >"$trace/events/wgmark_test/enable"; rmdir "$trace"; }
	sed -n 's,^p:\(wgmark_test/[^ ]*\) .*,\1,p' "$tracing/kprobe_events" | while read -r probe; do
		echo "-:$probe" >>"$tracing/kprobe_events"
	done
	umount -l "$tracing" || :
} 2>/dev/null

# probes: there are some, and nobody else sees them
probes() {
	mkdir "$tracing" && mount -t tracefs tracefs "$tracing" || return 1
	echo "p:wgmark_test/note wgmark_spoof_note" >>"$tracing/kprobe_events" || return 1
	for n in $(seq 1 200); do
		echo "p:wgmark_test/total$n wgmark_total" >>"$tracing/kprobe_events" || return 1
	done
	mkdir "$trace" && echo 1 >"$trace/options/stacktrace" &&
		echo 1 >"$trace/events/wgmark_test/enable"
}

noted() {
	awk '$1 == "note" { print $2 }' "$tracing/kprobe_profile"
}

# datagrams PROCESSOR: one to each tunnel, once there is a line to read
datagrams() {
	# shellcheck disable=SC2016
	ip netns exec "$neighbour" taskset "$1" bash -c '
		read -r
		for n in {1..40}; do
			echo >/dev/udp/10.78.0.$n/9
		done'
}

# last_packets: how many came at that moment. Those of tunnels whose event had been made are noted
# twice, those of tunnels that had it to come are two in one event, and these are both.
last_packets() {
	was=$(noted)
	echo >"$trace/trace"
	ip netns exec "$client" taskset 1 wgmark-nl -m 10 >"$tmp/events" 2>/dev/null &
	wait_for 5 grep -q ready "$tmp/events"
	ip netns exec "$neighbour" sed -u -n '/ total[0-9]*: /{p;q}' "$trace/trace_pipe" | datagrams 2 &
	sleep 0.5
	echo | datagrams 1
	wait_for 5 grep -q '^reply 8:' "$tmp/events" || :
	# what there is to say after that is said in a second
	sleep 2
	# shellcheck disable=SC2046
	kill $(ip netns pids "$client") $(ip netns pids "$neighbour") 2>/dev/null || :
	wait
	late=$(($(noted) - was + $(counts | grep -c '^2$' || :) - 80))
}

race="a packet that is counted in one event and noted for the next"
if [ "$(nproc)" -lt 2 ]; then
	skip "$race" "needs two processors"
elif ! probes 2>/dev/null; then
	skip "$race" "needs a kernel with probes"
else
	ip -n "$neighbour" route add 10.78.0.0/24 via 192.168.44.2
	for n in $(seq 1 40); do
		ip -n "$client" link add "d$n" type dummy
		ip -n "$client" address add "10.78.0.$n/32" dev "d$n"
		nl $new "1:u32:$(on "$client" cat "/sys/class/net/d$n/ifindex")" 3:u32:7 >/dev/null
	done
	for _try in $(seq 1 3); do
		last_packets
		[ $late -le 0 ] || break
	done
	if [ $late -gt 0 ]; then
		no_zeros "$race makes no event of none"
	else
		skip "$race" "it did not come about"
	fi
	for n in $(seq 1 40); do
		ip -n "$client" link del "d$n"
	done
fi
cleanup

# However full a message of the dump is, no address gets lost: the first tunnel
# grows by one address at a time, which moves what follows through the end of the
# first message by more than the size of a tunnel. The 80 take more than 8192 bytes.
for n in $(seq 1 80); do
	ip -n "$client" link add "d$n" type dummy
	ip -n "$client" address add "10.78.0.$n/32" dev "d$n"
	nl $new "1:u32:$(on "$client" cat "/sys/class/net/d$n/ifindex")" 3:u32:7 >/dev/null
done
lost=0 extra=0
for n in $(seq 1 20); do
	ip -n "$client" address add "10.79.0.$n/32" dev d1
	nl -b 8192 -f $dump $get >"$tmp/dump"
	[ "$(tr ' ' '\n' <"$tmp/dump" | grep -c '^9=0a4[ef]')" -eq $((80 + n)) ] || lost=$((lost + 1))
	[ "$(grep -c '^reply' "$tmp/dump")" -eq 80 ] || extra=$((extra + 1))
done
is "$lost" 0 "no address is lost, wherever a message of the dump ends"
is "$extra" 0 "and a tunnel that does not fit there any more is told of once"
for n in $(seq 1 80); do
	echo "link del d$n"
done | ip -n "$client" -batch -

# A tunnel with more addresses than fit into one message of a dump, among others
for n in 1 2 3; do
	ip -n "$client" link add "m$n" type wireguard
	nl $new "1:u32:$(on "$client" cat "/sys/class/net/m$n/ifindex")" 3:u32:7 >/dev/null
done
seq 1 2000 | while read -r n; do
	printf 'address add fd77::%x/128 dev m2 nodad\n' "$n"
done | ip -n "$client" -batch -
on "$client" timeout 10 wgmark-nl -f $dump $get >"$tmp/dump" || :
m2=$(hex32 "$(on "$client" cat /sys/class/net/m2/ifindex)")
check "a dump tells of it in several messages" test "$(grep -c "1=$m2 " "$tmp/dump")" -gt 1
is "$(tr ' ' '\n' <"$tmp/dump" | grep -c ^9=fd77)" 2000 "with all of its addresses"
is "$(tr ' ' '\n' <"$tmp/dump" | grep ^9=fd77 | sort | uniq -d | head -n 3)" "" "each of them once"
is "$(grep -c ^reply "$tmp/dump")" "$((2 + $(grep -c "1=$m2 " "$tmp/dump")))" "and of the others once"
is "$(nl $get "1:u32:$(on "$client" cat /sys/class/net/m2/ifindex)" | tr ' ' '\n' | grep -c ^9=)" 2000 \
	"one tunnel comes in one message"

# What changes between two messages of a dump is told twice or not at all, and the kernel says
# so: wgmarkctl asks again, then.
# interrupted NAME COMMAND
interrupted() {
	nl -b 8192 -f $dump -i "$2" $get >"$tmp/dump"
	check "a dump says that $1" grep -q ^inconsistent "$tmp/dump"
}
m2=$(on "$client" cat /sys/class/net/m2/ifindex)
interrupted "an address went meanwhile" "ip address del fd77::1/128 dev m2"
is "$(tr ' ' '\n' <"$tmp/dump" | grep -c ^9=fd77)" 1999 "which had one the less"
interrupted "an address came meanwhile" "ip address add fd77::ffff/128 dev m2 nodad"
interrupted "a tunnel changed meanwhile" "wgmark-nl $set 1:u32:$m2 7:u8:1"
interrupted "a tunnel went meanwhile" "wgmark-nl $del 1:u32:$(on "$client" cat /sys/class/net/m3/ifindex)"
interrupted "a tunnel came meanwhile" "wgmark-nl $new 1:u32:$(on "$client" cat /sys/class/net/m3/ifindex) 3:u32:7"
nl -b 8192 -f $dump -i true $get >"$tmp/dump"
check_fails "and does not where nothing did" grep -q ^inconsistent "$tmp/dump"

done_testing
