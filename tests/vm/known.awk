# SPDX-License-Identifier: GPL-2.0
# known.awk - a kernel log, without those reports of lockdep that are known to be about
# Linux 6.1 itself, each by the place that it names and the function that was there, without
# what it says of its own wherever an allocation is made to fail, and without reports of
# KCSAN, of which a kernel has many. One with a function of a module in its traces is not
# left out, unless an interrupt came upon it there.

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

function end_race() {
	if (module)
		printf "%s", race
	race = module = ""
}

{
	line = $0
	sub(/\r$/, "", line)
	sub(/^\[ *[0-9]+\.[0-9]+\] */, "", line)
}
/BUG: KCSAN: / || race != "" {
	race = race $0 "\n"
	# each stack anew; what an interrupt came upon has no part in it
	if (line ~ /^ *$/ || line ~ / bytes by /)
		below = 0
	if (line ~ /^ *asm_/)
		below = 1
	if (!below && of_module())
		module = 1
	if (line ~ /^=====/)
		end_race()
	next
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
	# cut off: nobody knows what followed
	if (race != "")
		printf "%s", race
}
