#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# state.sh - all of the machine that the tests could leave behind, one thing a
# line, for diff
set -u

"$(dirname "$0")/../snapshot.sh"
echo "== other settings"
sysctl -a 2>/dev/null | grep -E '^net\.|^kernel\.(printk|modprobe) ' |
	grep -Ev '^net\.ipv[46]\.(conf|neigh)|^net\.netfilter|^net\.ipv6\.route'
echo "== module"
lsmod | grep ^wgmark
echo "== namespaces"
ip netns list
echo "== mounts"
cut -d ' ' -f 1,2,3 /proc/mounts | grep -v -e credentials -e binfmt_misc
echo "== files"
# not /run/wgmark: what a tunnel that went with its namespace had saved stays there
find /etc /opt /usr/local/sbin /run/netns \
	\( -type d -printf '%p/\n' -o -printf '%p %s %T@\n' \) 2>/dev/null | sort
# names by mktemp: there are as many as before
find /tmp -mindepth 1 -maxdepth 1 | sed 's/\.[A-Za-z0-9]\{10\}$/.X/' | sort
echo "== services"
systemctl --failed --plain --no-legend
resolvectl dns
resolvectl domain
