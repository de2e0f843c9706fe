#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh [PACKETS [SEED]] - random packets through the module and through nft's rules,
# as TAP: compare-packets.c in two network namespaces that are alike
#
#	lan   192.168.44.2/24   fd44::2/64   fe80::2/64     default routes
#	lan2  192.168.55.2/24   fd55::2/64
#	wgN   what the configuration says; routes to 10.66.N.0/24 and fd66:N::/64
#
# All of them are TUN devices, into which packets are written; nobody reads what goes
# out by them. Without SEED, a new one each time.

. "$(dirname "$0")/../lib.sh"

packets=${1:-100000}
seed=${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

# lay_out NS
lay_out() {
	# the kernel takes packets from anywhere, has no addresses or answers of its own,
	# and forgets nothing while they are compared but parts of packets
	sysctl_set "$1" 1 'ipv6/conf/*/addr_gen_mode' ipv4/ip_forward ipv6/conf/all/forwarding \
		'ipv4/conf/*/accept_local'
	sysctl_set "$1" 0 'ipv4/conf/*/rp_filter' 'ipv6/conf/*/accept_dad' \
		'ipv6/conf/*/router_solicitations' 'ipv4/conf/*/send_redirects' ipv4/icmp_ratemask
	for _dev in lan lan2 wg0 wg1 wg2 wg3; do
		ip -n "$1" tuntap add $_dev mode tun
		ip -n "$1" link set $_dev up
	done
	ip -n "$1" -batch - <<-EOF
		link set lo up
		address add 192.168.44.2/24 dev lan
		address add fd44::2/64 dev lan nodad
		address add fe80::2/64 dev lan nodad
		address add 192.168.55.2/24 dev lan2
		address add fd55::2/64 dev lan2 nodad
		route add default dev lan
		route add ::/0 dev lan
	EOF
	for _n in 0 1 2 3; do
		ip -n "$1" route add 10.66.$_n.0/24 dev wg$_n
		ip -n "$1" route add fd66:$_n::/64 dev wg$_n
	done
	sysctl_set "$1" 3600 'netfilter/nf_conntrack_*timeout*'
	sysctl_set "$1" 5 ipv4/ipfrag_time netfilter/nf_conntrack_frag6_timeout
}

need_module
for _module in tun nf_conntrack_netlink nfnetlink_log; do
	modprobe $_module
done
new_ns module
new_ns rules
lay_out "$module"
lay_out "$rules"

name="$packets packets, seed $seed: the module does what the rules do"
if compare-packets "$module" "$rules" "$packets" "$seed" >"$tmp/out"; then
	ok "$name"
else
	not_ok "$name"
fi
cat "$tmp/out"
done_testing
