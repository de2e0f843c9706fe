#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 77-netlink-any.sh [MESSAGES [SEED]] - whatever is sent to the family, by whomever,
# the module answers and does what tests/tools/nl-model.h says, and no more.

. "$(dirname "$0")/../lib.sh"

need_module
unshare --user true 2>/dev/null || skip_all "needs a kernel with user namespaces"
seed=${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

# Many more of them than there may be masks
new_ns box
for n in 1 2 3 4 5 6 7; do
	ip -n "$box" link add "wg$n" type wireguard
	ip -n "$box" link add "dummy$n" type dummy
	ip -n "$box" address add "10.2.0.$n/32" dev "wg$n"
	ip -n "$box" address add "fd02::$n/128" dev "wg$n" nodad
done

# Somebody listens all the time, so each change makes an event.
on "$box" wgmark-nl -m 100000 >"$tmp/events" 2>&1 &
listener=$!
wait_for 30 grep -q ready "$tmp/events"

# A kernel that has KCOV has to be used with it; ip-netns(8) gives a /sys of its own, without
guided=
! grep -q ' kcov_ioctl$' /proc/kallsyms || guided=-k
# shellcheck disable=SC2016,SC2086
check "any message, any sender${guided:+, guided by KCOV}" on "$box" sh -c '
	mount -t debugfs debugfs /sys/kernel/debug || [ "$1" != -k ] || exit
	exec nl-fuzz "$@"' sh $guided -n "${1:-20000}" -s "$seed"
cat "$tmp/output"

kill $listener
wait $listener || :
check "events were sent meanwhile" grep -q '^reply 5: 1=' "$tmp/events"

# The sender in a user namespace is gone, and with it its network namespace.
unused() {
	[ "$(cat /sys/module/wgmark/refcnt)" -eq 0 ]
}
check "no tunnel is left" wait_for 20 unused
wg1=$(on "$box" cat /sys/class/net/wg1/ifindex)
is "$(on "$box" wgmark-nl 2 "1:u32:$wg1" 3:u32:0xca6c)" ok "the family works as before"
ip -n "$box" link del wg1
check "and with its device it is gone" unused

done_testing
