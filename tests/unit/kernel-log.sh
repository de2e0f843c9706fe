#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Of a kernel's log, known.awk leaves out the reports that it knows, and nothing that came in
# between from another processor.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/vm/complaints.sh"

# log FUNCTION [LINE [CALLER]]: a report that is known for fib_get_table, with LINE in it
log() {
	cat <<-EOR
		[    1.000000] wgmark: loading out-of-tree module taints kernel.
		[    2.000000] =============================
		[    2.000000] WARNING: suspicious RCU usage
		[    2.000000] 6.1.192-debug-kasan #1 Tainted: G           O
		[    2.000000] -----------------------------
		[    2.000000] net/ipv4/fib_frontend.c:98 suspicious rcu_dereference_check() usage!
		[    2.000000]
		[    2.000000] other info that might help us debug this:
		[    2.000000] rcu_scheduler_active = 2, debug_locks = 1
		[    2.000000] 1 lock held by ip/439:
		[    2.000000]  #0: ffff8880003373b8 (&nft_net->commit_mutex){+.+.}-{3:3}, at: here+0x28/0x60
		[    2.000000] stack backtrace:
		[    2.000000] CPU: 0 PID: 439 Comm: ip Tainted: G           O       6.1.192-debug-kasan #1
		${2:+[    2.000000] $2}
		[    2.000000] Call Trace:
		[    2.000000]  <TASK>
		[    2.000000]  dump_stack_lvl+0x51/0x66
		[    2.000000]  lockdep_rcu_suspicious.cold+0x3b/0x7b
		[    2.000000]  $1+0xa6/0xb0
		[    2.000000]  ${3:-inet_rtm_newroute+0x4dc/0x13b0}
		[    2.000000]  ? lock_is_held_type+0xd7/0x130
		[    2.000000] RIP: 0033:0x7ffff7eb0cb3
		[    2.000000]  </TASK>
		[    3.000000] trace of client
	EOR
}

# the same of User Mode Linux, by its way of frames
log_uml() {
	cat <<-EOR
		=============================
		WARNING: suspicious RCU usage
		6.1.192-uml-kasan #1 Not tainted
		-----------------------------
		lib/maple_tree.c:860 suspicious rcu_dereference_check() usage!
		${1:-}
		stack backtrace:
		Stack:
		 00000000 a8cbfcc0 41b58ab3 611aba0e
		Call Trace:
		 [<6004ba80>] ? dump_trace+0x0/0x220
		 [<60f5b0dc>] ? lockdep_rcu_suspicious.cold+0x82/0xce
		 [<6004678e>] ? force_flush_all+0x11e/0x260
		 [<6003f760>] ? fork_handler+0x0/0x240

		random: crng init done
	EOR
}

# complained LOG: as boot.sh sees it, a console whose lines end in \r
complained() {
	sed 's/$/\r/' "$1" | awk -v "complaints=$complaints" -f "$top/tests/vm/known.awk" >"$tmp/left"
	grep -E -q "$complaints" "$tmp/left"
}

log fib_get_table >"$tmp/log"
check_fails "a known report is left out" complained "$tmp/log"
is "$(tr -d '\r' <"$tmp/left")" "[    1.000000] wgmark: loading out-of-tree module taints kernel.
[    2.000000] =============================
[    3.000000] trace of client" "and what is around it is not"
log_uml >"$tmp/log"
check_fails "so is one of User Mode Linux" complained "$tmp/log"
{ log fib_get_table; log fib_get_table; } >"$tmp/log"
check_fails "and one after the other" complained "$tmp/log"

log nowhere_known >"$tmp/log"
check "one of another function is not" complained "$tmp/log"
log fib_get_table '' 'wgmark_tunnel_add+0x1/0x2 [wgmark]' >"$tmp/log"
check "nor one with a function of a module" complained "$tmp/log"
{ log fib_get_table; log nowhere_known; } >"$tmp/log"
check "nor one after a known one" complained "$tmp/log"

while read -r line; do
	log fib_get_table "$line" >"$tmp/log"
	check "nor one in which is: $line" complained "$tmp/log"
	log_uml "$line" >"$tmp/log"
	check "nor of User Mode Linux" complained "$tmp/log"
done <<-'EOL'
	WARNING: CPU: 1 PID: 12 at net/core/dev.c:10834 free_netdev+0x1/0x2
	BUG: KASAN: use-after-free in wgmark_hash_find+0x1/0x2
	BUG: KCSAN: data-race in wgmark_count / wgmark_total
	kernel BUG at mm/slub.c:440!
	Oops: 0000 [#1] PREEMPT SMP
	Call Trace:
	INFO: task kworker/1:1:34 blocked for more than 120 seconds.
	rcu: INFO: rcu_preempt self-detected stall on CPU
	UBSAN: shift-out-of-bounds in net/core/dev.c:1:2
	ODEBUG: free active (active state 0) object type: timer_list
	refcount_t: underflow; use-after-free.
	general protection fault, probably for non-canonical address
	traps: ip[12] general protection ip:1 sp:2 error:0
	unregister_netdevice: waiting for wg0 to become free. Usage count = 2
	ref_tracker: reference already leaked
	kmem_cache_destroy wgmark_source: Slab cache still has objects when called from
	kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
EOL

done_testing
