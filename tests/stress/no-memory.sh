#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each allocation that a command, an address, a device that goes, a namespace, a hash that grows or
# shrinks, a source that is learned, an event of spoofed packets, or loading needs fails once:
# nothing is done by half, and nothing leaks. Of those of a namespace and of loading it is the last
# ones only, see nl-faults.c and load-faults.c. A tunnel's counters, of alloc_percpu(), are refused
# where the kernel has probes.
# Needs a kernel that can have allocations fail (tests/vm/debug-kasan.config).

. "$(dirname "$0")/../lib.sh"

need_module
[ -e /proc/self/fail-nth ] || skip_all "needs a kernel with CONFIG_FAULT_INJECTION"

# Those that may sleep too, of any size
for f in failslab/ignore-gfp-wait fail_page_alloc/ignore-gfp-wait \
	fail_page_alloc/ignore-gfp-highmem fail_page_alloc/min-order fail_page_alloc/verbose; do
	echo 0 >/sys/kernel/debug/$f
done
# With a stack for each, by which own-faults finds wgmark's own. Its head, a notice, has to be
# where the stack is, on the console: known.awk leaves both out together.
echo 2 >/sys/kernel/debug/failslab/verbose
printk=$(cat /proc/sys/kernel/printk)
echo 6 >/proc/sys/kernel/printk
cleanup() {
	only_some 0
	echo "$printk" >/proc/sys/kernel/printk
	echo 0 >/sys/kernel/debug/failslab/verbose
}
leaks=/sys/kernel/debug/kmemleak
echo clear >$leaks

new_ns box
ip -n "$box" link add wg1 type wireguard
for n in 1 2 3 4 5 6 7 8; do
	ip -n "$box" address add "10.2.0.$n/32" dev wg1
	ip -n "$box" address add "fd02::$n/128" dev wg1 nodad
done
wg1=$(on "$box" cat /sys/class/net/wg1/ifindex)

ip -n "$box" -batch - <<-EOF
	link add beside1 type dummy
	link add beside2 type dummy
EOF
check "an allocation fails" on "$box" nl-faults "$wg1" \
	"$(on "$box" cat /sys/class/net/beside1/ifindex)" "$(on "$box" cat /sys/class/net/beside2/ifindex)"
cat "$tmp/output"
ip -n "$box" -batch - <<-EOF
	link del beside1
	link del beside2
EOF
is "$(on "$box" nft list hooks | grep wgmark || :)" "" "no hook is left"

# refused_counters: a new tunnel has no memory for its counters, and all is as before
refused_counters() {
	_inject=/sys/kernel/debug/fail_function
	on "$box" wgmark-nl -f 0x300 1 >"$tmp/before"
	echo __alloc_percpu_gfp >$_inject/inject
	for _setting in verbose:0 times:1 probability:100; do
		echo "${_setting#*:}" >$_inject/"${_setting%:*}"
	done
	on "$box" wgmark-nl 2 "1:u32:$wg1" 3:u32:0xca6c >"$tmp/answer" 2>&1 || :
	_left=$(cat $_inject/times)
	echo 0 >$_inject/probability
	echo >$_inject/inject
	on "$box" wgmark-nl -f 0x300 1 >"$tmp/after"
	cat "$tmp/answer"
	grep -q '^error ENOMEM' "$tmp/answer" && [ "$_left" -eq 0 ] && cmp "$tmp/before" "$tmp/after" &&
		! on "$box" nft list hooks | grep wgmark
}
counters="a tunnel whose counters are refused is none"
if [ -e /sys/kernel/debug/fail_function ]; then
	check "$counters" refused_counters
else
	skip "$counters" "this kernel has no probes"
fi

# The kernel's own threads, in which a hash gets its size and WireGuard sends:
# fail_workers N: the Nth allocation that each of them makes from now on fails
fail_workers() {
	for _w in /proc/[0-9]*/comm; do
		{ read -r _comm <"$_w"; } 2>/dev/null || continue
		case $_comm in
		kworker/*) echo "$1" >"${_w%comm}fail-nth" 2>/dev/null || : ;;
		esac
	done
}

# only_some 1|0: only allocations from the caches that run.sh names fail, or all again. Between
# two works a worker that shows its stack ends User Mode Linux: its work is read, which is none,
# and there nothing catches that. It asks for no memory from these then.
only_some() {
	grep -q slub_debug=A, /proc/cmdline || return 0
	echo "$1" >/sys/kernel/debug/failslab/cache-filter
	echo "$1" >/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait
}

# own FUNCTION...: sets $own to how often one of these was refused memory since it was last
# asked; from now on none is
own() {
	fail_workers 0
	own=$(own-faults "$@")
}

guarded() {
	on "$box" wgmark-nl 1 "1:u32:$wg1" | grep -o ' 9=' | wc -l
}

# No more than have their places in one page: with more the kernel tries vmalloc() then. And
# before them so many that what the hash shrinks to is not of the caches that workers use.
for n in $(seq 1 20); do
	ip -n "$box" address add "10.2.1.$n/32" dev wg1
done
for n in $(seq 1 200); do
	echo "address add 10.4.0.$n/32 dev wg1"
done >"$tmp/add"
sed 's/ add / del /' "$tmp/add" >"$tmp/del"
on "$box" wgmark-nl 2 "1:u32:$wg1" 3:u32:0xca6c >/dev/null
check "the hooks are seen where there are some" sh -c "ip netns exec $box nft list hooks | grep wgmark"
grown=0 shrunk=0
only_some 1
own-faults >/dev/null
# until both were refused some: it may have been another worker, one that is new
for nth in 1 2 3 1 2 3 1 2 3; do
	fail_workers $nth
	ip -n "$box" -batch "$tmp/add"
	sleep 1
	is "$(guarded)" 236 "addresses that a hash cannot grow for are guarded (allocation $nth)"
	own wgmark_buckets_new wgmark_hash_resize
	grown=$((grown + own))
	fail_workers $nth
	ip -n "$box" -batch "$tmp/del"
	sleep 1
	is "$(guarded)" 36 "and each is found again when it goes"
	own wgmark_buckets_new wgmark_hash_resize
	shrunk=$((shrunk + own))
	[ $nth -ne 3 ] || [ $grown -eq 0 ] || [ $shrunk -eq 0 ] || break
done
check "a hash that grows was refused memory" test $grown -gt 0
check "a hash that shrinks was" test $shrunk -gt 0
on "$box" wgmark-nl 4 "1:u32:$wg1" >/dev/null

# A tunnel that learns. Each time it has another port, from which a packet leaves: by the thread
# that encrypts, which asks for nothing else, as there is a session by then. That its memory was
# refused shows in that it was not learned though the server has it: a stack there is not, as
# the module asks with __GFP_NOWARN.
topo_up
check "up" client_up kmod 4 "#wgmark Restore = learn"
learned() {
	on "$client" "$wgmarkctl" show --json wg0 | jq -r '.[0].learned[]'
}
# leaves PORT NTH: a packet leaves from there, with an allocation failing; has the server it?
leaves() {
	on "$client" wg set wg0 listen-port "$1"
	fail_workers "$2"
	on "$client" ping -c 1 -W 1 198.51.100.1 >/dev/null 2>&1 || :
	fail_workers 0
	on "$server" wg show wg0 endpoints | grep -q ":$1\$"
}
missed=0 taught=0
only_some 0
echo 0 >/sys/kernel/debug/failslab/verbose
for port in 40001 40002 40003 40004; do
	wait_for 30 ping_through "$client" 198.51.100.1 || :
	if leaves $port 1 && [ "$(learned)" = "" ]; then
		missed=$((missed + 1))
		ping_through "$client" 198.51.100.1 >/dev/null || :
		[ "$(learned)" != "192.168.44.2:$port" ] || taught=$((taught + 1))
	fi
done
check "a source that is learned was refused memory" test $missed -gt 0
is $taught $missed "and the next packet taught it"
leaves 40005 0 || :
is "$(learned)" 192.168.44.2:40005 "with memory the first one does"
check "the tunnel works" wait_for 30 ping_through "$client" 198.51.100.1
is "$(learned)" 192.168.44.2:40005 "and its source is learned"

# The neighbour's packets to the tunnel's address are dropped. Of a second's there is an event,
# whose memory is refused; what it would have told of, the next one tells.
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
on "$client" wgmark-nl -m 600 >"$tmp/events" 2>&1 &
monitor=$!
wait_for 5 grep -q ready "$tmp/events"
# number HEX: what hex64 made of it
number() {
	if [ "$(hex32 1)" = 00000001 ]; then
		echo $((0x$1))
	else
		echo $((0x$(echo "$1" | fold -w 2 | sed '1!G; h; $!d' | tr -d '\n')))
	fi
}
told() {
	_sum=0
	for _hex in $(sed -n 's/^reply 8:.* 3=\([0-9a-f]*\).*/\1/p' "$tmp/events"); do
		_sum=$((_sum + $(number "$_hex")))
	done
	echo $_sum
}
all_told() {
	[ "$(told)" -eq "$(shown spoofed)" ]
}
spoof() {
	on "$neighbour" ping -q -c 1 -W 1 10.2.0.2 >/dev/null 2>&1 || :
}
before=$(shown spoofed)
untold=0
echo 2 >/sys/kernel/debug/failslab/verbose
only_some 1
own-faults >/dev/null
for nth in 1 2 1 2 1 2; do
	fail_workers $nth
	spoof
	sleep 1
	own wgmark_nl_spoof_event wgmark_nl_spoof_work
	untold=$((untold + own))
done
check "an event of spoofed packets was refused memory" test $untold -gt 0
only_some 0
is "$(grep -c lost "$tmp/events")" $untold "each time who listens is told that one was lost"
spoof
wait_for 10 all_told || :
is "$(told)" "$(shown spoofed)" "a later one tells of all that was dropped"
is "$(shown spoofed)" $((before + 7)) "which is what was sent"
kill $monitor
wait $monitor 2>/dev/null || :
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

if [ "$failures" -eq 0 ]; then
	echo "proof fault injection: a hash grows, shrinks | $(uname -r) | $grown and $shrunk of wgmark's own allocations | - | all addresses found"
	echo "proof fault injection: a source is learned | $(uname -r) | $missed of wgmark's own allocations | - | the tunnel works, its source is learned"
	echo "proof fault injection: an event of spoofed packets | $(uname -r) | $untold of wgmark's own allocations | - | who listens is told, and a later one has the whole count"
fi
done_testing
