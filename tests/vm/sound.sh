#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# sound.sh - at the end of a run on a kernel that looks for bugs (debug.config): what it has
# found that is not in its log, and whether it was still looking, as TAP
set -u

debug=/sys/kernel/debug
n=0
failed=0

# result STATUS WHAT
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# calls FUNCTION WHAT: the module was built to be looked at
calls() {
	grep -q "$1" wgmark.ko
	result $? "$2 is in the module"
}

# after a report, and where memory for it runs out, lockdep is off
grep -q 'debug_locks: *1' /proc/lockdep_stats
result $? "lockdep was on to the end"

found="lockdep on to the end"
if [ -e $debug/kmemleak ]; then
	calls __asan_report_load "KASAN"
	calls __ubsan_handle "UBSAN"
	case $(uname -r) in
	*-uml-*) looks=KASAN ;;
	*) looks="KASAN in the module" ;;
	esac
	looks="$looks, UBSAN, lockdep, kmemleak, object and reference debugging"
	# what is waiting to be freed is no leak, and an object is reported at some age
	sleep 6
	echo scan >$debug/kmemleak
	sleep 6
	leaks=
	# where it has no memory left for itself, it is off, and refuses
	echo scan >$debug/kmemleak && leaks=$(cat $debug/kmemleak) && [ -z "$leaks" ]
	result $? "nothing leaked (kmemleak)"
	[ -z "$leaks" ] || echo "$leaks" | sed 's/^/# /'
	found="nothing leaked, $found"
fi
if [ -e $debug/kcsan ]; then
	looks="KCSAN, strict, in the module, and lockdep"
	calls __tsan_read "KCSAN"
	# what it finds is in the log
	watched=$(sed -n 's/^setup_watchpoints: *//p' $debug/kcsan)
	[ "$watched" -gt 0 ] && grep -q '^enabled: 1' $debug/kcsan
	result $? "KCSAN was on to the end"
	found="$watched accesses watched, $found"
fi
[ $failed -ne 0 ] ||
	echo "proof debug kernel: $looks | $(uname -r) | up $(cut -d. -f1 /proc/uptime) s | - | $found"
echo "1..$n"
exit $failed
