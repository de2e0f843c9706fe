#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# sound.sh - at the end of a run on the kernel "debug": what it has found that is not in
# its log, and whether it was still looking, as TAP
set -u

leaks=/sys/kernel/debug/kmemleak
echo 1..2
# what is waiting to be freed is no leak, and an object is reported at some age
sleep 6
echo scan >$leaks
sleep 6
echo scan >$leaks
if [ -r $leaks ] && [ -z "$(cat $leaks)" ]; then
	echo "ok 1 - nothing leaked (kmemleak)"
else
	echo "not ok 1 - nothing leaked (kmemleak)"
	sed 's/^/# /' $leaks
fi
# after a report, and where memory for it runs out, lockdep is off
if grep -q 'debug_locks: *1' /proc/lockdep_stats; then
	echo "ok 2 - lockdep was on to the end"
	echo "proof debug kernel: KASAN, UBSAN, lockdep, kmemleak, object and reference debugging | $(uname -r) | up $(cut -d. -f1 /proc/uptime) s | - | nothing leaked, lockdep on to the end"
else
	echo "not ok 2 - lockdep was on to the end"
fi
