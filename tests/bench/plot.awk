# SPDX-License-Identifier: GPL-2.0
# The figures of packets.sh as a drawing (SVG): what the hooks cost one of the
# tunnel's own UDP packets, IPv4, there and back, over the number of tunnels; both
# axes by powers of ten.

NF == 9 && $3 == "ipv4" && $4 == "rules" && $5 ~ /^outer-(in|out)$/ && $1 !~ /^(none|wgmark-.*)$/ {
	if (!($1 in points))
		order[++len] = $1
	if (!(($1, $2) in cost))
		points[$1] = points[$1] " " $2
	cost[$1, $2] += $6
}

function x(n) {
	return 70 + 125 * log(n) / log(10)
}

function y(n) {
	return 360 - 68 * (log(n) / log(10) - 1.5)
}

function text(at_x, at_y, anchor, what) {
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", at_x, at_y, anchor, what
}

END {
	split("#888 #0a7d34 #c0392b #2763b8 #8e44ad #b9770e", colour, " ")
	name["floor"] = "hooks that do nothing"
	name["wgmark"] = "wgmark"
	name["nft"] = "wg-quick's nft rules"
	name["nft-sets"] = "one nft table with sets"
	name["iptables-nft"] = "wg-quick's, iptables-nft"
	name["iptables-legacy"] = "wg-quick's, iptables-legacy"
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 420\" font-family=\"sans-serif\" font-size=\"13\">"
	print "<!-- SPDX-License-Identifier: GPL-2.0 -->"
	print "<rect width=\"780\" height=\"420\" fill=\"white\"/>"
	for (n = 1; n <= 10000; n *= 10) {
		printf "<path d=\"M%d 30V360\" stroke=\"#ddd\"/>\n", x(n)
		text(x(n), 380, "middle", n)
	}
	for (n = 100; n <= 1000000; n *= 10) {
		printf "<path d=\"M70 %dH570\" stroke=\"#ddd\"/>\n", y(n)
		text(62, y(n) + 4, "end", n)
	}
	text(320, 405, "middle", "tunnels")
	text(70, 20, "start", "instructions for a UDP packet of the tunnel, out and back (IPv4)")
	for (i = 1; i <= len; i++) {
		count = split(points[order[i]], at, " ")
		path = ""
		for (k = 1; k <= count; k++) {
			value = cost[order[i], at[k]]
			if (order[i] == "floor")
				path = sprintf("M70 %dH570", y(value))
			else
				path = path sprintf("%s%d %d", k == 1 ? "M" : "L", x(at[k]), y(value))
		}
		printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", path,
			colour[i], order[i] == "floor" ? " stroke-dasharray=\"4 4\"" : ""
		for (k = 1; k <= count && order[i] != "floor"; k++)
			printf "<circle cx=\"%d\" cy=\"%d\" r=\"3\" fill=\"%s\"/>\n", x(at[k]),
				y(cost[order[i], at[k]]), colour[i]
		printf "<g fill=\"%s\">", colour[i]
		end = order[i] == "floor" ? 570 : x(at[count])
		# right of the end; left of it where iptables-nft goes on
		if (order[i] == "nft")
			text(end - 8, y(value) + 4, "end", name[order[i]])
		else
			text(end + 8, y(value) + 4 + (order[i] == "floor" ? 10 : 0), "start",
			     name[order[i]])
		print "</g>"
	}
	print "</svg>"
}
