# SPDX-License-Identifier: GPL-2.0
# The figures of packets.sh as a table for the README: for each contender what it
# adds to each kind of packet, in instructions, beyond no hooks at all; and how
# many times that of wgmark with one tunnel it is.

$1 == "control" {
	control[$3] = control[$3] sprintf(" %s |", $4)
	if (!($3 in controls)) {
		controls[$3]
		control_order[++control_len] = $3
	}
	next
}

NF == 9 && $4 == "rules" {
	who = $1 " " $2
	if (!(who in seen)) {
		seen[who]
		order[++len] = who
	}
	cost[who, $3, $5] = $6
}

# of the hooks at prerouting and postrouting together
function both(who, family, kind) {
	return cost[who, family, kind "-in"] + cost[who, family, kind "-out"]
}

function figure(n, one) {
	if (n == "" || n == 0)
		return "-"
	return sprintf(n < 10 * one ? "%d (%.2fx)" : "%d (%dx)", n, n / one)
}

function row(who, family, name,    one) {
	one = "wgmark 1"
	printf "| %s | %s | %s | %s | %s | %s | %s |\n", name,
		figure(both(who, family, "outer"), both(one, family, "outer")),
		figure(both(who, family, "udp"), both(one, family, "udp")),
		figure(both(who, family, "tcp"), both(one, family, "tcp")),
		figure(cost[who, family, "inner-udp"], cost[one, family, "inner-udp"]),
		figure(cost[who, family, "inner-tcp"], cost[one, family, "inner-tcp"]),
		figure(cost[who, family, "spoofed"], cost[one, family, "spoofed"])
}

END {
	split("ipv4 ipv6", families)
	for (f = 1; f <= 2; f++) {
		print "| " (f == 1 ? "IPv4" : "IPv6") \
			" | tunnel's outer UDP | other UDP | other TCP | inner UDP | inner TCP | spoofed |"
		print "|---|---|---|---|---|---|---|"
		for (i = 1; i <= len; i++) {
			split(order[i], part)
			if (part[1] == "none")
				continue
			name = part[1] == "floor" ? "hooks that do nothing" : part[1] ", " part[2]
			row(order[i], families[f], name)
		}
		print ""
	}
	print "| instructions of a request, with so many tunnels | add | change | delete |"
	print "|---|---|---|---|"
	for (i = 1; i <= control_len; i++)
		print "| " control_order[i] " |" control[control_order[i]]
}
