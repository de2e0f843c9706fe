# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# lib.sh - what the tests in tests/netns share, for a POSIX shell. A test is
#
#	. "$(dirname "$0")/../lib.sh"
#	need_module
#	topo_up
#	check "the server answers" ping_through "$client" 198.51.100.1
#	is "$(cat file)" "what it should hold" "the file is as it should be"
#	done_testing
#
# Results are TAP on standard output. A command that fails outside of check ends
# the test as failed. All that was set up goes away at the end, however that
# comes. What a script itself must take back belongs in a function cleanup().

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
# shellcheck disable=SC2034
wgmarkctl=$top/build/wgmarkctl wgmarkctl_faults=$top/build/wgmarkctl-faults
module=$top/wgmark.ko
PATH=$top/build/tools:$PATH

tests=0
failures=0
ended=
loaded=
modprobe_before=
logs_before=
namespaces=

# --- results ----------------------------------------------------------------

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# ok NAME, not_ok NAME
ok() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

not_ok() {
	tests=$((tests + 1))
	failures=$((failures + 1))
	echo "not ok $tests - $1"
}

# skip NAME REASON: one test that cannot run here
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# skip_all REASON: the whole script cannot run here
skip_all() {
	echo "1..0 # SKIP $1"
	ended=1
	exit 4
}

# is GOT EXPECTED NAME
is() {
	if [ "$1" = "$2" ]; then
		ok "$3"
		return
	fi
	not_ok "$3"
	printf '%s\n' "$1" >"$tmp/got"
	printf '%s\n' "$2" >"$tmp/expected"
	diag "$(diff -U 2 "$tmp/expected" "$tmp/got")"
}

# check NAME COMMAND...: the command succeeds
check() {
	_name=$1
	shift
	if "$@" >"$tmp/output" 2>&1; then
		ok "$_name"
	else
		_status=$?
		not_ok "$_name"
		diag "status $_status: $*"
		diag "$(cat "$tmp/output")"
	fi
}

# check_fails NAME COMMAND...: the command fails; its output is in $tmp/output
check_fails() {
	_name=$1
	shift
	if "$@" >"$tmp/output" 2>&1; then
		not_ok "$_name"
		diag "succeeded: $*"
		diag "$(cat "$tmp/output")"
	else
		ok "$_name"
	fi
}

# done_testing: the last line of a test
done_testing() {
	echo "1..$tests"
	ended=1
	[ $failures -eq 0 ]
}

# wait_for SECONDS COMMAND...: until the command succeeds, or fail
wait_for() {
	_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$_end" ] || return 1
		sleep 0.1
	done
}

# older_than VERSION: is the kernel?
older_than() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" != "$1" ]
}

# lists_hooks: can nft list them on this kernel? Asked of a chain, which is there for sure: where
# there are none, or none of the module's, nft says as little as where it cannot.
lists_hooks() {
	unshare -n sh -c '
		nft "add table ip t; add chain ip t c { type filter hook input priority 0; }"
		nft list hooks' 2>/dev/null | grep -q 'chain ip t c'
}

# --- namespaces and the module ----------------------------------------------

# on NS COMMAND...: in a network namespace
on() {
	ip netns exec "$@"
}

# new_ns NAME: a namespace of that name with a random suffix. Sets $NAME to it.
new_ns() {
	_ns=$1-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
	ip netns add "$_ns"
	# before Linux 5.14 it may have the number of one that is gone with a tunnel in it
	rm -f /run/wgmark/"$(stat -L -c %i "/run/netns/$_ns")":*
	namespaces="$namespaces $_ns"
	eval "$1=\$_ns"
}

# del_ns NS: and every process in it
del_ns() {
	# shellcheck disable=SC2046
	kill -KILL $(ip netns pids "$1") 2>/dev/null || :
	ip netns del "$1"
}

# sysctl_set NS VALUE PATH...: paths below /proc/sys/net, patterns allowed; those of IPv6
# only where there is IPv6
sysctl_set() {
	_ns=$1
	shift
	# shellcheck disable=SC2016
	on "$_ns" sh -c '
		cd /proc/sys/net
		v=$1
		shift
		for f in $*; do
			case $f in
			ipv6/*) [ -e ipv6 ] || continue ;;
			esac
			echo $v >$f
		done' sh "$@"
}

# log_packets NS: from now on dmesg has what is logged of packets there
log_packets() {
	modprobe -a nf_log_ipv4 nf_log_ipv6
	[ -n "$logs_before" ] || logs_before=$(cat /proc/sys/net/netfilter/nf_log_all_netns)
	echo 1 >/proc/sys/net/netfilter/nf_log_all_netns
	sysctl_set "$1" nf_log_ipv4 netfilter/nf_log/2
	sysctl_set "$1" nf_log_ipv6 netfilter/nf_log/10
}

# hex32 NUMBER, hex64 NUMBER: as wgmark-nl prints such a number, which is as it lies in memory
hex32() {
	if [ "$(printf '\001\000' | od -An -tu2 | tr -d ' ')" -eq 1 ]; then
		printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
	else
		printf '%08x' "$(($1 & 0xffffffff))"
	fi
}

hex64() {
	if [ "$(hex32 1)" = 00000001 ]; then
		echo "$(hex32 $(($1 >> 32)))$(hex32 "$1")"
	else
		echo "$(hex32 "$1")$(hex32 $(($1 >> 32)))"
	fi
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	for _tool in ip wg nft ping; do
		command -v $_tool >/dev/null || skip_all "needs $_tool"
	done
	unshare -n ip link add wg0 type wireguard 2>/dev/null ||
		skip_all "needs a kernel with WireGuard"
}

# need_module: wgmark is loaded, for the time of the test if it was not before
need_module() {
	need_root
	[ ! -d /sys/module/wgmark ] || return 0
	[ -e "$module" ] || skip_all "no $module: run make modules"
	for _dep in $(modinfo -F depends "$module" | tr , ' '); do
		modprobe "$_dep"
	done
	insmod "$module" || skip_all "insmod $module failed: is it for $(uname -r)?"
	loaded=1
}

unload_module() {
	rmmod wgmark
}

# without MODULE: it and those that use it go, and do not come back by themselves. Fails if the
# machine needs one of them.
without() {
	no_modprobe
	# shellcheck disable=SC2046
	for _module in $(lsmod | awk -v m="$1" '$1 == m { gsub(",", " ", $4); print $4 }') "$1"; do
		rmmod "$_module" || return 1
	done
}

# no_modprobe: from now on the kernel loads no module by itself
no_modprobe() {
	[ -n "$modprobe_before" ] || modprobe_before=$(cat /proc/sys/kernel/modprobe)
	echo /bin/false >/proc/sys/kernel/modprobe
}

# modprobe_again: earlier than at the end of the test
modprobe_again() {
	[ -z "$modprobe_before" ] || echo "$modprobe_before" >/proc/sys/kernel/modprobe
}

on_exit() {
	_status=$?
	trap - EXIT
	set +e
	if [ -z "$ended" ]; then
		not_ok "the script ended early, with status $_status"
		echo "1..$tests"
		[ $_status -ne 0 ] || _status=1
	fi
	if command -v cleanup >/dev/null; then
		cleanup
	fi
	modprobe_again
	[ -z "$logs_before" ] || echo "$logs_before" >/proc/sys/net/netfilter/nf_log_all_netns
	for _ns in $namespaces; do
		[ ! -e "/run/netns/$_ns" ] || del_ns "$_ns"
	done
	# namespaces go in the background, and a tunnel in one holds the module
	if [ -n "$loaded" ] && ! wait_for 10 unload_module; then
		diag "rmmod wgmark: $(unload_module 2>&1)"
		_status=1
	fi
	rm -rf "$tmp"
	exit $_status
}
trap on_exit EXIT
trap 'exit 130' INT TERM

. "$top/tests/topology.sh"
