# SPDX-License-Identifier: GPL-2.0
# known.awk - a kernel log, without those reports of lockdep that are known to be about
# Linux 6.1 itself, each by the place that it names and the function that was there, and
# without what it says of its own wherever an allocation is made to fail. One with a function
# of a module in its traces is not left out, but for the stack that fault injection shows, nor
# one in which there is anything else to complain of, which -v complaints=PATTERN tells.

BEGIN {
	known["net/ipv4/fib_frontend.c", "fib_get_table"] = 1
	# a route of several ways, which RTM_GETROUTE tells of without RTNL
	known["include/net/nexthop.h", "fib_dump_info"] = 1
	known["include/net/nexthop.h", "rt6_fill_node"] = 1
	known["sysctl", "-12"] = 1
	known["vmalloc", "load-faults:"] = 1
	known["net/netfilter/nf_tables_api.c", "nft_set_lookup"] = 1
	known["net/netfilter/nf_tables_api.c", "nft_set_catchall_bind_check"] = 1
	known["net/netfilter/nf_tables_api.c", "nft_set_catchall_flush"] = 1
	known["net/netfilter/nf_tables_api.c", "nft_set_catchall_validate"] = 1
	known["net/netfilter/nft_set_bitmap.c", "nft_bitmap_elem_find"] = 1
	known["net/netfilter/nft_set_bitmap.c", "nft_bitmap_insert"] = 1
	known["net/netfilter/nft_set_hash.c", "nft_hash_walk"] = 1
	# User Mode Linux walks a program's memory without a lock
	known["lib/maple_tree.c", "force_flush_all"] = 1
}

# A frame with "?" is what the stack had before, but User Mode Linux has no others: there it is
# " [<60049ad0>] ? name+0x0/0x220"
function of_module() {
	return line ~ /^ *[a-z_].* \[[a-z0-9_]+\]$/ || (is_uml() && line ~ /\[[a-z0-9_]+\]$/)
}

function is_uml() {
	return line ~ /^ *\[<[0-9a-f]+>\] /
}

function end_report() {
	if (!((place, at) in known) || module)
		printf "%s", report
	report = place = at = module = framed = traced = ""
}

# What fault injection says when it has an allocation fail is its two lines and one stack.
function of_fault() {
	if (line ~ /^CPU: [0-9]+ PID: /)
		return !fault_cpu++
	if (line ~ /^Call Trace:$/)
		return !fault_trace++
	return line ~ /^name [a-z_]+, interval / || line ~ /^(Hardware name|Workqueue): / ||
		line ~ /^Stack:$/ || line ~ /^ *[0-9a-f]+( [0-9a-f]+)* *$/ || line ~ /^ *$/ ||
		line ~ /^ *(\[<[0-9a-f]+>\] )?(\? )?[A-Za-z0-9_.]+\+0x[0-9a-f]+\/0x[0-9a-f]+( \[[^ ]+\])?$/ ||
		line ~ /^ *<\/?(TASK|IRQ|SOFTIRQ)>$/ ||
		line ~ /^ *(RIP|RSP|Code|RAX|RDX|RBP|R10|R13): /
}

# One that has no place of its own, and who or what it is about
function begin(where, what) {
	if (report != "")
		end_report()
	report = $0 "\n"
	place = where
	at = what
}

{
	line = $0
	sub(/\r$/, "", line)
	sub(/^\[ *[0-9]+\.[0-9]+\] */, "", line)
}
/FAULT_INJECTION: forcing a failure/ {
	if (report != "")
		end_report()
	fault = 1
	fault_cpu = fault_trace = 0
	next
}
fault && of_fault() { next }
{ fault = 0 }
# a page of the program that has allocations fail
/Huh VM_FAULT_OOM leaked out to the #PF handler/ { next }
/sysctl could not get directory: / {
	word = line
	sub(/.* /, "", word)
	begin("sysctl", word)
	next
}
/vmalloc error: size / {
	word = line
	sub(/ .*/, "", word)
	begin("vmalloc", word)
	next
}
# Another one inside of it, of another processor, is no known one. The first trace is its own.
report != "" && line !~ /suspicious RCU/ && line ~ complaints {
	if (line !~ /^ *Call Trace:/ || traced)
		module = 1
	traced = 1
}
framed && !is_uml() { end_report() }
/WARNING: suspicious RCU usage/ {
	if (report != "")
		end_report()
	report = $0 "\n"
	next
}
report == "" {
	print
	next
}
{ report = report $0 "\n" }
line ~ /^[a-z0-9_\/]+\.[ch]:[0-9]+ / {
	place = line
	sub(/:.*/, "", place)
}
of_module() { module = 1 }
is_uml() {
	framed = 1
	sub(/^ */, "", line)
	split(line, frame, /[?+. ]+/)
	if ((place, frame[2]) in known)
		at = frame[2]
	next
}
line ~ /^ *lockdep_rcu_suspicious/ {
	suspect = 1
	next
}
suspect && line ~ /^ *[a-z]/ {
	at = line
	sub(/^ */, "", at)
	sub(/[.+].*/, "", at)
	suspect = 0
}
line ~ /<\/TASK>/ { end_report() }
END {
	if (report != "")
		end_report()
}
