# SPDX-License-Identifier: GPL-2.0
# known.awk - a kernel log, without those reports of lockdep that are known to be about
# Linux 6.1 itself, each by the place that it names and the function that was there, and
# without what it says of its own wherever an allocation is made to fail. One with a function
# of a module in its traces is not left out.

BEGIN {
	known["net/ipv4/fib_frontend.c", "fib_get_table"] = 1
	known["sysctl", "-12"] = 1
	known["net/netfilter/nf_tables_api.c", "nft_set_lookup"] = 1
	known["net/netfilter/nf_tables_api.c", "nft_set_catchall_flush"] = 1
	known["net/netfilter/nft_set_bitmap.c", "nft_bitmap_elem_find"] = 1
	known["net/netfilter/nft_set_bitmap.c", "nft_bitmap_insert"] = 1
}

# A frame with "?" is what the stack had before
function of_module() {
	return line ~ /^ *[a-z_].* \[[a-z0-9_]+\]$/
}

function end_report() {
	if (!((place, at) in known) || module)
		printf "%s", report
	report = place = at = module = ""
}

{
	line = $0
	sub(/\r$/, "", line)
	sub(/^\[ *[0-9]+\.[0-9]+\] */, "", line)
}
# a page of the program that has allocations fail
/Huh VM_FAULT_OOM leaked out to the #PF handler/ { next }
/sysctl could not get directory: / {
	if (report != "")
		end_report()
	report = $0 "\n"
	place = "sysctl"
	at = line
	sub(/.* /, "", at)
	next
}
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
line ~ /^[a-z0-9_\/]+\.c:[0-9]+ / {
	place = line
	sub(/:.*/, "", place)
}
of_module() { module = 1 }
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
