#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# snapshot.sh - all of the network namespace that a tunnel could change, one
# thing a line, for diff. What changes by itself (counters, timers) is left out.
set -u

# a process for each family, not for each object, as tests do this very often
for family in -4 -6; do
	echo "== links, addresses, rules and routes $family"
	ip $family -d -o -batch - <<-EOF | sed 's/ *[a-z_]*_timer *[0-9.]*//g; s/[0-9]*sec/sec/g; s/\\ *valid_lft/ valid_lft/' | sort
		link
		address
		rule
		route show table all
	EOF
done
echo "== wireguard"
for link in $(wg show interfaces); do
	echo "$link"
	wg showconf "$link"
done
echo "== nftables"
nft -s list ruleset
echo "== hooks"
nft list hooks 2>/dev/null
echo "== sysctl"
grep -rs . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf \
	/proc/sys/net/ipv4/fwmark_reflect /proc/sys/net/ipv6/fwmark_reflect \
	/proc/sys/net/ipv4/ip_forward /proc/sys/net/netfilter |
	grep -v nf_conntrack_count | sort
echo "== files"
# kernels before 5.14 have no cookie
name=$(netns-cookie 2>/dev/null || stat -L -c %i /proc/self/ns/net)
find /run/wgmark -name "$name:*" -type f \
	-exec grep -H . {} + 2>/dev/null | sort
