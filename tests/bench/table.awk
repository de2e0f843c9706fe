# SPDX-License-Identifier: GPL-2.0
# A table for RESULTS.md of what packets.sh, forward.sh and memory.sh print; -v table=NAME:
#   packets   for each contender what it adds to each kind of packet, in instructions, beyond
#             no hooks at all, and how many times that of wgmark with one tunnel it is
#   bare      the same of restore learn with notrack, where nothing is tracked
#   full      the same with conntrack's own work, of packets that come in
#   shapes    wgmark with addresses and marks that are hard on it
#   control   of requests to the module
#   forward   of packets on their whole way, and how many more than with no rules
#   memory    of a tunnel, in bytes
# With -v picoseconds=1 the first four are of figures in these, and print nanoseconds.

$1 == "control" {
	control[$3] = control[$3] sprintf(" %s |", $4)
	if (!($3 in controls)) {
		controls[$3]
		control_order[++control_len] = $3
	}
	next
}

$1 == "forwarded" {
	if (!(($2, $3) in way))
		way_order[++way_len] = $2 SUBSEP $3
	way[$2, $3]
	cost[$2, $3, $4] = $5
	next
}

$1 == "module" {
	text = $2
	data = $3
	next
}

$1 == "loaded" {
	loaded = $2
	next
}

$1 == "memory" {
	if ($6 == "percpu")
		percpu = $5 / $2
	else {
		given[$3] += $4 / $2
		asked[$3] += $5 / $2
	}
	next
}

NF == 9 {
	who = $1 " " $2
	if (!(($4, who) in seen)) {
		seen[$4, who]
		order[$4, ++len[$4]] = who
	}
	cost[$4, who, $3, $5] = $6
}

# what a packet is sent through where it comes in and where it goes out
function both(what, who, family, kind) {
	return cost[what, who, family, kind "-in"] + cost[what, who, family, kind "-out"]
}

function amount(n) {
	return picoseconds ? sprintf("%.1f", n / 1000) : n
}

function figure(n, one) {
	if (n == "" || n == 0)
		return "-"
	return sprintf(n < 10 * one ? "%s (%.2fx)" : "%s (%dx)", amount(n), n / one)
}

function name(who,    part) {
	split(who, part)
	if (part[1] == "floor")
		return "hooks that do nothing"
	return part[1] ", " part[2]
}

function head(first, columns) {
	print "| " first " | " columns " |"
	gsub(/[^|]+/, "---", columns)
	print "|---|" columns "|"
}

function family_name(f) { return f == "ipv4" ? "IPv4" : "IPv6" }

function packets_row(what, who, one, family) {
	printf "| %s | %s | %s | %s | %s | %s | %s |\n", name(who),
		figure(both(what, who, family, "outer"), both(what, one, family, "outer")),
		figure(both(what, who, family, "udp"), both(what, one, family, "udp")),
		figure(both(what, who, family, "tcp"), both(what, one, family, "tcp")),
		figure(cost[what, who, family, "inner-udp"], cost[what, one, family, "inner-udp"]),
		figure(cost[what, who, family, "inner-tcp"], cost[what, one, family, "inner-tcp"]),
		figure(cost[what, who, family, "spoofed"], cost[what, one, family, "spoofed"])
}

# of "rules", or with another one in the role of wgmark
function packets(what, one, family,    i) {
	head(family_name(family), "tunnel's outer UDP | other UDP | other TCP | inner UDP | inner TCP | spoofed")
	for (i = 1; i <= len[what]; i++)
		if (what != "rules" || order[what, i] !~ /^(none|wgmark-)/)
			packets_row(what, order[what, i], one, family)
	print ""
}

function full(family,    i, who) {
	head(family_name(family) ", coming in", "tunnel's outer UDP | other UDP | other TCP | spoofed")
	for (i = 1; i <= len["full"]; i++) {
		who = order["full", i]
		printf "| %s | %s | %s | %s | %s |\n", name(who),
			figure(cost["full", who, family, "outer-in"], cost["full", "wgmark 1", family, "outer-in"]),
			figure(cost["full", who, family, "udp-in"], cost["full", "wgmark 1", family, "udp-in"]),
			figure(cost["full", who, family, "tcp-in"], cost["full", "wgmark 1", family, "tcp-in"]),
			figure(cost["full", who, family, "spoofed"], cost["full", "wgmark 1", family, "spoofed"])
	}
	print ""
}

function shapes(family,    i, who) {
	head(family_name(family),
		"tunnel's outer UDP | other UDP | marked by others | other TCP | inner UDP | spoofed")
	for (i = 1; i <= len["rules"]; i++) {
		who = order["rules", i]
		if (who !~ /^wgmark/ || !(("rules", who, family, "udp-in") in cost))
			continue
		printf "| %s | %s | %s | %s | %s | %s | %s |\n", name(who),
			amount(both("rules", who, family, "outer")),
			amount(both("rules", who, family, "udp")),
			amount(cost["rules", who, family, "udp-marked"]),
			amount(both("rules", who, family, "tcp")),
			amount(cost["rules", who, family, "inner-udp"]),
			amount(cost["rules", who, family, "spoofed"])
	}
	print ""
}

function forward_figure(who, tunnels, to,    n) {
	n = cost[who, tunnels, to]
	return sprintf("%d (%+d) | %d", n, n - cost["none", tunnels, to], 1e9 / n)
}

function forward(    i, part) {
	head("on the whole way", "past the tunnel | a second | into the tunnel | a second | out of it | a second")
	for (i = 1; i <= way_len; i++) {
		split(way_order[i], part, SUBSEP)
		printf "| %s, %s | %s | %s | %s |\n", part[1], part[2],
			forward_figure(part[1], part[2], "forward"),
			forward_figure(part[1], part[2], "tunnel-out"),
			forward_figure(part[1], part[2], "tunnel-in")
	}
}

function memory() {
	head("bytes", "asked for | allocated")
	printf "| the module: text and data | %d | %d |\n", text + data, loaded
	printf "| a tunnel | %.0f | %.0f |\n", asked["tunnel"], given["tunnel"]
	printf "| its two addresses | %.0f | %.0f |\n", asked["addresses"], given["addresses"]
	printf "| its counters, for each processor | %.0f | |\n", percpu
}

function requests(    i) {
	head("instructions of a request, with so many tunnels", "add | change | delete")
	for (i = 1; i <= control_len; i++)
		printf "| %s |%s\n", control_order[i], control[control_order[i]]
}

END {
	if (table == "forward")
		forward()
	else if (table == "memory")
		memory()
	else if (table == "control")
		requests()
	else {
		split("ipv4 ipv6", families)
		for (f = 1; f <= 2; f++) {
			if (table == "full")
				full(families[f])
			else if (table == "shapes")
				shapes(families[f])
			else if (table == "bare")
				packets("bare", "wgmark-notrack 1", families[f])
			else
				packets("rules", "wgmark 1", families[f])
		}
	}
}
