#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The configuration follows its device: addresses as they come and go, renames,
# removal; and holds the module until then.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
for a in 10.2.0.2 10.2.0.3 10.2.0.4; do
	ip -n "$neighbour" route add $a via 192.168.44.2
done
for a in fd02::2 fd02::3 fd02::4; do
	ip -n "$neighbour" route add $a via fd44::2
done

answers() {
	check "$2: $1 answers the neighbour" ping_through "$neighbour" "$1"
}

silent() {
	check_fails "$2: $1 does not answer the neighbour" ping_through "$neighbour" "$1" 1
}

client_up kmod 4
silent 10.2.0.2 "as configured"
silent fd02::2 "as configured"
check_fails "rmmod is refused while a tunnel is configured" unload_module

ip -n "$client" address add 10.2.0.3/24 dev wg0
ip -n "$client" address add fd02::3/64 dev wg0 nodad
silent 10.2.0.3 "added"
silent fd02::3 "added"
ping_through "$client" 198.51.100.1 >/dev/null	# the server learns where the client is
on "$server" wg set wg0 peer "$(cat "$tmp/client.pub")" allowed-ips 10.2.0.2/31,fd02::2/127
check "the server reaches the added address" ping_through "$server" 10.2.0.3
check "and the added IPv6 address" ping_through "$server" fd02::3

# The same IPv4 address may be there twice, with other prefix lengths.
ip -n "$client" address add 10.2.0.3/32 dev wg0
ip -n "$client" address del 10.2.0.3/24 dev wg0
silent 10.2.0.3 "one of two removed"
ip -n "$client" address del 10.2.0.3/32 dev wg0
ip -n "$client" address del fd02::3/64 dev wg0
ip -n "$client" address add 10.2.0.3/32 dev lo
ip -n "$client" address add fd02::3/128 dev lo
answers 10.2.0.3 "removed, and now another device's"
answers fd02::3 "removed, and now another device's"

ip -n "$client" address add 169.254.7.7/32 dev wg0
ip -n "$client" address add fe80::7/64 dev wg0 nodad
ip -n "$neighbour" route add 169.254.7.7 via 192.168.44.2
answers 169.254.7.7 "link-local is not guarded"

ip -n "$client" link set wg0 down
ip -n "$client" link set wg0 name tun7
ip -n "$client" link set tun7 up
ip -n "$client" address add fd02::2/128 dev tun7 2>/dev/null || :
silent 10.2.0.2 "renamed, down and up"
silent fd02::2 "renamed, down and up"
is "$(on "$client" "$wgmarkctl" show --json tun7 | grep -c kmod)" 1 "show knows it by the new name"

# IPv6 keeps static addresses of a link that is down only when told to.
sysctl_set "$client" 1 ipv6/conf/tun7/keep_addr_on_down
ip -n "$client" link set tun7 down
ip -n "$client" link set tun7 up
silent fd02::2 "kept while the link was down"

# Two tunnels may have the same address; it is reached through either.
ip -n "$router" link add shared type veth peer name shared netns "$client"
ip -n "$router" address add 192.168.77.1/24 dev shared
ip -n "$router" link set shared up
ip -n "$client" link set shared up
ip -n "$client" address add 192.168.77.2/24 dev shared
ip -n "$client" address add 10.2.0.2/32 dev shared
sysctl_set "$client" 0 ipv4/conf/shared/rp_filter ipv4/conf/all/rp_filter ipv4/conf/lan/rp_filter
ip -n "$router" route add 10.2.0.2 via 192.168.77.2
check_fails "a device that is no tunnel does not lead to the address, though it has it" \
	ping_through "$router" 10.2.0.2
index=$(on "$client" cat /sys/class/net/shared/ifindex)
check "it becomes a tunnel" on "$client" wgmark-nl 2 "1:u32:$index" 3:u32:7
check "an address of two tunnels is reached through the other" ping_through "$router" 10.2.0.2
silent 10.2.0.2 "an address of two tunnels, from elsewhere"
ip -n "$client" link del shared

on "$client" wgmark-nl -m 30 >"$tmp/events" &
wait_for 5 grep -q ready "$tmp/events"
ip -n "$client" link del tun7
is "$(on "$client" wgmark-nl -f 0x300 1)" ok "deleting the device removes the tunnel"
check "and tells of it" wait_for 5 grep -q "^reply 7:" "$tmp/events"
if lists_hooks; then
	is "$(on "$client" nft list hooks | grep wgmark)" "" "no hook is left"
else
	skip "no hook is left" "this kernel cannot list them"
fi
check "rmmod is allowed again" wait_for 5 unload_module
insmod "$module"

# A namespace goes with everything in it. What leaks, the kernel log tells.
new_ns gone
ip -n "$gone" link add wg0 type wireguard
ip -n "$gone" address add 10.9.0.1/32 dev wg0
ip -n "$gone" address add fd09::1/128 dev wg0
ip -n "$gone" link set wg0 up
index=$(on "$gone" cat /sys/class/net/wg0/ifindex)
check "a tunnel in a namespace of its own" on "$gone" wgmark-nl 2 "1:u32:$index" 3:u32:0xca6c
del_ns "$gone"
check "deleting the namespace lets go of the module" wait_for 20 unload_module

# Loaded, used and unloaded while packets fly.
replies=$(echo_replies "$neighbour")
# not by on(), whose process would get the signal in ping's place
ip netns exec "$neighbour" ping -n -q -i 0.01 -w 60 192.168.44.2 >"$tmp/flood" &
for round in 1 2 3 4 5; do
	insmod "$module"
	ip -n "$client" link add wg7 type wireguard
	ip -n "$client" address add 10.2.0.4/32 dev wg7
	ip -n "$client" link set wg7 up
	index=$(on "$client" cat /sys/class/net/wg7/ifindex)
	on "$client" wgmark-nl 2 "1:u32:$index" 3:u32:0xca6c >/dev/null
	[ "$round" -gt 1 ] || silent 10.2.0.4 "loaded under traffic"
	on "$client" wgmark-nl 4 "1:u32:$index" >/dev/null
	rmmod wgmark
	ip -n "$client" link del wg7
done
kill -INT $!
wait $! || :
sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$tmp/flood")
check "loaded and unloaded under traffic: $sent pings were sent" test "$sent" -gt 50
check "and none was lost" wait_for 5 got_replies "$neighbour" $((replies + sent))
insmod "$module"

done_testing
