#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory.sh [TUNNELS] - what the module allocates for so many tunnels (5,000), and then for
# an address of IPv4 and one of IPv6 of each
#
# The kernel's own trace of its allocators is read: what was allocated in the meantime and
# has not been freed since. Prints lines "memory TUNNELS PART BYTES ASKED WHO", for the
# parts "tunnel" and "addresses": bytes that the allocator gave and that it was asked for, for
# all together, by the function that asked; those of "percpu" are for one processor. What
# others than the module hold on to is theirs, but for the nodes of its xarray and the places
# of its hashes. "loaded BYTES" is the module itself, in whole pages, with the tables that the
# kernel wants of each module.

set -e
cd "$(dirname "$0")/../.."
. tests/bench/contenders.sh

n=${1:-5000}
trace=/sys/kernel/tracing

# measure PART COMMAND...
measure() {
	part=$1
	shift
	echo >$trace/trace
	echo 1 >$trace/tracing_on
	"$@"
	sleep 2		# hashes that grow, and what waits for RCU
	echo 0 >$trace/tracing_on
	awk -v n="$n" -v part="$part" '
		/ LOST .* EVENTS/ { print "the buffer for the trace is too small:", $0 >"/dev/stderr"; lost = 1 }
		{
			ptr = site = ""
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^call_site=/) { site = substr($i, 11); sub(/\+.*/, "", site) }
				if ($i ~ /^ptr=/) ptr = substr($i, 5)
				if ($i ~ /^(bytes_req|size)=/) { asked = $i; sub(/.*=/, "", asked) }
				if ($i ~ /^bytes_alloc=/) { given = $i; sub(/.*=/, "", given) }
			}
		}
		/ percpu_alloc_percpu: / && site ~ /^wgmark_/ { all["percpu"] += asked; asks["percpu"] += asked; next }
		/ (kfree|kmem_cache_free): / { delete live[ptr]; next }
		/ (kmalloc|kmalloc_node|kmem_cache_alloc|kmem_cache_alloc_node): / {
			live[ptr] = site
			size[ptr] = given
			want[ptr] = asked
		}
		END {
			for (ptr in live) {
				site = live[ptr]
				if (site !~ /^wgmark_/ && site !~ /^_*(xas_|kvmalloc_node)/)
					continue
				all[site] += size[ptr]
				asks[site] += want[ptr]
			}
			for (site in all)
				print "memory", n, part, all[site], asks[site], site
			exit lost
		}' $trace/trace
}

modprobe nf_conntrack
insmod wgmark.ko
awk '$1 == "wgmark" { print "loaded", $2 }' /proc/modules
begin
links plain 1 "$n"
# the first one also registers the hooks
ip -n bench link add first index 99999 type dummy
echo "2 1:u32:99999 3:u32:7" | on "$nl" -c

mount -t tracefs tracefs $trace 2>/dev/null || :
echo 0 >$trace/tracing_on
echo 131072 >$trace/buffer_size_kb
echo 0 >$trace/options/hash-ptr
for event in kmem/kmalloc kmem/kmalloc_node kmem/kfree kmem/kmem_cache_alloc \
		kmem/kmem_cache_alloc_node kmem/kmem_cache_free percpu/percpu_alloc_percpu; do
	# 6.12 has no kmalloc_node of its own
	[ ! -e $trace/events/$event ] || echo 1 >$trace/events/$event/enable
done
measure tunnel configure plain 1 "$n"
measure addresses addresses plain 1 "$n"
