#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each allocation that a command, an address, a namespace, a hash that grows, a source that is
# learned, or loading needs fails once: nothing is done by half, and nothing leaks.
# Needs a kernel that can have allocations fail (tests/vm/debug-kasan.config).

. "$(dirname "$0")/../lib.sh"

need_module
[ -e /proc/self/fail-nth ] || skip_all "needs a kernel with CONFIG_FAULT_INJECTION"

# Those that may sleep too, of any size, and without a word in the log for each
for f in failslab/ignore-gfp-wait fail_page_alloc/ignore-gfp-wait \
	fail_page_alloc/ignore-gfp-highmem fail_page_alloc/min-order \
	failslab/verbose fail_page_alloc/verbose; do
	echo 0 >/sys/kernel/debug/$f
done
leaks=/sys/kernel/debug/kmemleak
echo clear >$leaks

new_ns box
ip -n "$box" link add wg1 type wireguard
for n in 1 2 3 4 5 6 7 8; do
	ip -n "$box" address add "10.2.0.$n/32" dev wg1
	ip -n "$box" address add "fd02::$n/128" dev wg1 nodad
done
wg1=$(on "$box" cat /sys/class/net/wg1/ifindex)

check "an allocation fails" on "$box" nl-faults "$wg1"
cat "$tmp/output"
is "$(on "$box" nft list hooks | grep wgmark || :)" "" "no hook is left"

# The kernel's own threads, in which a hash gets its size and WireGuard sends:
# fail_workers N: the Nth allocation that each of them makes from now on fails
fail_workers() {
	for _w in /proc/[0-9]*/comm; do
		read -r _comm <"$_w" || continue
		case $_comm in
		kworker/*) echo "$1" >"${_w%comm}fail-nth" 2>/dev/null || : ;;
		esac
	done
}

# Adds to $hits how many did
count_hits() {
	for _w in /proc/[0-9]*/comm; do
		read -r _comm <"$_w" || continue
		case $_comm in
		kworker/*)
			read -r _left <"${_w%comm}fail-nth" || continue
			[ "$_left" != 0 ] || hits=$((hits + 1))
			;;
		esac
	done
	fail_workers 0
}

guarded() {
	on "$box" wgmark-nl 1 "1:u32:$wg1" | grep -o ' 9=' | wc -l
}

for n in $(seq 1 250); do
	echo "address add 10.4.0.$n/32 dev wg1"
done >"$tmp/add"
sed 's/ add / del /' "$tmp/add" >"$tmp/del"
on "$box" wgmark-nl 2 "1:u32:$wg1" 3:u32:0xca6c >/dev/null
check "the hooks are seen where there are some" sh -c "ip netns exec $box nft list hooks | grep wgmark"
hits=0
for nth in 1 2 3; do
	fail_workers $nth
	ip -n "$box" -batch "$tmp/add"
	sleep 1
	is "$(guarded)" 266 "addresses that a hash cannot grow for are guarded (allocation $nth)"
	count_hits
	fail_workers $nth
	ip -n "$box" -batch "$tmp/del"
	sleep 1
	is "$(guarded)" 16 "and each is found again when it goes"
	count_hits
done
check "allocations of the kernel's threads failed" test $hits -gt 0
resizes=$hits
on "$box" wgmark-nl 4 "1:u32:$wg1" >/dev/null

# A tunnel that learns. Each time it has another port, and begins with a handshake.
topo_up
check "up" client_up kmod 4 "#wgmark Restore = learn"
hits=0
for nth in $(seq 1 30); do
	on "$client" wg set wg0 listen-port $((40000 + nth))
	fail_workers "$nth"
	on "$client" ping -c 1 -W 1 198.51.100.1 >/dev/null 2>&1 || :
	count_hits
done
check "allocations on the way out failed" test $hits -gt 0
check "the tunnel works" wait_for 30 ping_through "$client" 198.51.100.1
is "$(on "$client" "$wgmarkctl" show --json wg0 | jq -r '.[0].learned | length')" 1 \
	"and its source is learned"
topo_down

del_ns "$box"
check "nothing holds the module" wait_for 30 rmmod wgmark
loaded=
check "an allocation of loading fails" load-faults "$module"
cat "$tmp/output"
# An object is reported when it is some seconds old
sleep 6
echo scan >$leaks
sleep 6
echo scan >$leaks
is "$(cat $leaks)" "" "nothing leaked (kmemleak)"

echo "proof fault injection: a hash grows, shrinks | $(uname -r) | $resizes allocations of kernel threads | - | all addresses found"
echo "proof fault injection: a source is learned | $(uname -r) | $hits allocations of kernel threads | - | the tunnel works, its source is learned"
done_testing
