# SPDX-License-Identifier: GPL-2.0
# The figures of a whole run as JSON, an object on each line. Reads the lines of packets.sh,
# forward.sh, memory.sh and up.sh, each behind the name of its kernel; results.sh says the rest.

function number(text,    n, i) {
	if (text !~ /^0x/)
		return text
	for (i = 3; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}

function add(list, object) {
	all[list] = all[list] (all[list] == "" ? "" : ",\n") \
		sprintf("    { \"kernel\": \"%s\", %s }", list == "packets" ? kernel : $1, object)
}

# the packets that a contender gets
function close_packets() {
	if (packets != "")
		add("packets", group ", \"packets\": {" packets " }")
	packets = ""
}

NF == 10 && $5 ~ /^(rules|bare|full)$/ {
	this = sprintf("\"contender\": \"%s\", \"tunnels\": %d, \"family\": \"%s\", \"hooks\": \"%s\"",
		$2, $3, $4, $5)
	if (kernel " " group != $1 " " this)
		close_packets()
	kernel = $1
	group = this
	packets = packets (packets == "" ? "" : ",") sprintf(" \"%s\": { \"%s\": %d, " \
		"\"verdict\": \"%s\", \"mark\": %d, \"ctmark\": %d }", $6,
		kernel == "uml" ? "picoseconds" : "instructions", $7, $8, number($9), number($10))
	next
}

{ close_packets() }

$2 == "control" {
	add("requests", sprintf("\"request\": \"%s\", \"tunnels\": %d, \"instructions\": %d", $3, $4, $5))
}

$2 == "forwarded" {
	add("forwarded", sprintf("\"contender\": \"%s\", \"tunnels\": %d, \"way\": \"%s\", " \
		"\"instructions\": %d, \"least\": %d, \"arrived\": %d, \"sent\": %d",
		$3, $4, $5, $6, $7, $8, $9))
}

$2 == "memory" {
	add("memory", sprintf("\"tunnels\": %d, \"part\": \"%s\", \"allocated\": %d, \"asked\": %d, " \
		"\"by\": \"%s\"", $3, $4, $5, $6, $7))
}

$2 == "module" { add("module", sprintf("\"text\": %d, \"data\": %d", $3, $4)) }

$2 == "loaded" { add("module", sprintf("\"loaded\": %d", $3)) }

$2 == "figure" {
	add("up", sprintf("\"what\": \"%s\", \"contender\": \"%s\", \"verb\": \"%s\", \"wall_us\": %s, " \
		"\"processor_us\": %s, \"peak_kib\": %s", $3, $4, $5, $6, $7, $8))
}

$2 == "release" { kernels = kernels (kernels == "" ? "" : ", ") "\"" $1 "\": \"" $3 "\"" }

END {
	close_packets()
	print "{"
	print "  \"license\": \"SPDX-License-Identifier: GPL-2.0\","
	printf "  \"date\": \"%s\",\n  \"emulator\": \"%s\",\n  \"kernels\": { %s }", date, emulator, kernels
	count = split("module packets requests forwarded memory up", order)
	for (i = 1; i <= count; i++)
		if (all[order[i]] != "")
			printf ",\n  \"%s\": [\n%s\n  ]", order[i], all[order[i]]
	print "\n}"
}
