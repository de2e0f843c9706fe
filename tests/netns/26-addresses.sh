#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Addresses come and go while packets arrive at any moment in between: one that the machine has
# is guarded as long as it is reachable, also one that a router advertisement brought back while
# it was being deleted.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/attacks.sh"

need_module
topo_up
new_ns advertiser
new=2

# All on one processor, where a timer lets out one packet at a time: that interrupts what changes
# the addresses anywhere, and has gone all its way before that goes on. A kernel that looks for
# bugs would do nothing else at that rate.
taskset -p 1 $$ >/dev/null
rate=1mbit
[ ! -e /proc/lockdep_stats ] || rate=100kbit
# pace NS DEVICE
pace() {
	on "$1" tc qdisc add dev "$2" root netem rate $rate limit 100000 2>"$tmp/tc" ||
		skip_all "needs a kernel with sch_netem: $(cat "$tmp/tc")"
}
sysctl_set "$client" 2 ipv6/conf/default/accept_ra
ip -n "$client" -batch - <<-EOF
	link add tun address 02:00:00:00:00:01 type veth peer name tun netns $advertiser
	link set tun up
EOF
ip -n "$advertiser" link set tun up
# When a thread of IPv6 sends by these devices, the timer moves to its processor: what comes is
# received on the first one all the same, where there are two.
for dev in lan tun; do
	rps=/sys/class/net/$dev/queues/rx-0/rps_cpus
	on "$client" sh -c "[ ! -e $rps ] || echo 1 >$rps"
done
pace "$neighbour" lan
pace "$advertiser" tun
on "$client" wgmark-nl $new "1:u32:$(on "$client" cat /sys/class/net/tun/ifindex)" 3:u32:0xca6c >/dev/null

on "$client" nft -f - <<-EOF
	table inet watch {
		counter came { }
		counter delivered { }
		chain came {
			type filter hook prerouting priority -350
			iifname lan udp dport 5000 counter name came
		}
		chain delivered {
			type filter hook input priority 0
			iifname lan udp dport 5000 counter name delivered
		}
	}
EOF
packets() {
	on "$client" nft list counter inet watch "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
# drained NS DEVICE: has all gone that was to be let out there
drained() {
	on "$1" tc -s qdisc show dev "$2" | grep -q 'backlog 0b 0p'
}

# flap PACKET CHANGE...: the changes again and again while the neighbour sends the packet
flap() {
	_packet=$1
	shift
	for _ in $(seq 1 500); do
		printf '%s\n' "$@"
	done >"$tmp/changes"
	on "$client" nft reset counters table inet watch >/dev/null
	yes "$_packet" | head -n 3000 | on "$neighbour" send-packets lan "$(mac "$client" lan)" >/dev/null &
	_sender=$!
	_rounds=0
	while kill -0 $_sender 2>/dev/null || ! drained "$neighbour" lan; do
		ip -n "$client" -force -batch "$tmp/changes" 2>"$tmp/errors" || :
		_rounds=$((_rounds + 1))
	done
	diag "$((_rounds * 500)) times"
	check "packets come" test "$(packets came)" -gt 2000
}

flap "$(ip4 192.168.44.3 10.6.0.1 "$(udp 7 5000)")" \
	"address add 10.6.0.1/32 dev tun" "address del 10.6.0.1/32 dev tun"
is "$(packets delivered)" 0 "no packet finds an IPv4 address that is not guarded"
flap "$(ip6 fd44::3 fd06::1 "$(udp 7 5000)")" \
	"address add fd06::1/128 dev tun" "address del fd06::1/128 dev tun"
is "$(packets delivered)" 0 "nor one of IPv6"

# with one prefix of 64 bits that the host makes its address of (RFC 4861, 4.2 and 4.6.2)
prefix="0304.4040.00001000.00001000.00000000.[fd0a::]"
advertisement="6000.0000.0000.3aff.[fe80::9][ff02::1]8600.0000.4000.0000.00000000.00000000.$prefix"
# netem takes what is sent from its socket, which then waits for nothing: a few at a time
: >"$tmp/advertise"
while [ -e "$tmp/advertise" ]; do
	yes "$advertisement" | head -n 100 | on "$advertiser" send-packets tun 33:33:00:00:00:01
	until drained "$advertiser" tun; do
		sleep 0.01
	done
done >"$tmp/advertised" &
own=fd0a::ff:fe00:1
has_own() {
	ip -n "$client" -6 address show dev tun | grep -q "$own"
}
check "a router advertisement brings an address" wait_for 20 has_own
flap "$(ip6 fd44::3 $own "$(udp 7 5000)")" "address del $own/64 dev tun"
check "it is advertised to the end" wait_for 20 has_own
rm "$tmp/advertise"
wait
is "$(packets delivered)" 0 "nor one that comes back while it is deleted"
# a slow kernel takes its time to end a namespace, and the module is held as long
ip -n "$client" link del tun

# Whoever adds an address pays for its place in the module, as for the address.
# charged DEVICE: bytes of the kernel's that 2000 addresses of it cost; it may be 2 s before the
# kernel tells of the last ones, and 5.10 never tells of some 128 KB
charged() {
	mkdir "$tmp/cgroup/pays"
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$tmp/cgroup/pays" \
		ip -n "$client" -batch "$tmp/addresses_$1" >&2
	sleep 3
	awk '$1 == "slab_unreclaimable" { print $2 }' "$tmp/cgroup/pays/memory.stat"
	ip -n "$client" link del "$1"
	rmdir "$tmp/cgroup/pays"
}
mkdir "$tmp/cgroup"
if mount -t cgroup2 none "$tmp/cgroup" 2>/dev/null &&
	echo +memory 2>/dev/null >"$tmp/cgroup/cgroup.subtree_control"; then
	for device in plain tun; do
		ip -n "$client" link add "$device" type dummy
		for n in $(seq 2000); do
			echo "address add 10.7.$((n / 250)).$((n % 250 + 1))/32 dev $device"
		done >"$tmp/addresses_$device"
	done
	on "$client" wgmark-nl 2 "1:u32:$(on "$client" cat /sys/class/net/tun/ifindex)" 3:u32:1 \
		>/dev/null
	plain=$(charged plain)
	guarded=$(charged tun)
	check "who adds an address is charged for guarding it ($plain bytes, $guarded guarded)" \
		test "$guarded" -gt $((plain + 2000 * 32))
else
	skip "who adds an address is charged for guarding it" "this kernel does not count memory"
fi
umount "$tmp/cgroup" 2>/dev/null || :
rmdir "$tmp/cgroup"
done_testing
