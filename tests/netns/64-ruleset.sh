#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "wgmarkctl explain --ruleset": each rule in nft's own words, and what it is for.
#
# 64-ruleset.sh [RULES [SEED]]: so many random rules, by that seed; the same each time without

. "$(dirname "$0")/../lib.sh"

need_root
command -v jq >/dev/null || skip_all "needs jq"
rules=${1:-200} seed=${2:-5}
golden=$top/tests/golden
umask 077
cd "$tmp"
private=$(wg genkey)
public=$(wg genkey | wg pubkey)

# nft(8) has the names of protocols from a file, which a small machine does without
protocols=''
cleanup() {
	[ -z "$protocols" ] || rm $protocols
}
if [ ! -e /etc/protocols ]; then
	protocols=/etc/protocols
	printf '%s\n' "icmp 1" "tcp 6" "udp 17" "gre 47" "ipv6-icmp 58" >$protocols
fi

# machine: a new one, $host, with an uplink
host=''
machine() {
	[ -z "$host" ] || del_ns "$host"
	new_ns host
	ip -n "$host" -batch - <<-END
		link set lo up
		link add eth0 type dummy
		address add 192.0.2.2/24 dev eth0
		link set eth0 up
		route add default via 192.0.2.1
	END
}

# tunnel NAME: a device that no rule is for yet
tunnel() {
	ip -n "$host" link add "$1" type wireguard
}

# conf NAME [LINE...]
conf() {
	_conf=$1
	shift
	printf '%s\n' "[Interface]" "PrivateKey = $private" "$@" "Address = 10.2.0.2/32, fd02::2/128" \
		"[Peer]" "PublicKey = $public" "AllowedIPs = 0.0.0.0/0, ::/0" \
		"Endpoint = 203.0.113.1:51820" >"$_conf.conf"
}

explain() {
	on "$host" "$wgmarkctl" explain --ruleset "$@"
}

# by_nft, by_us: all rules, a line "FAMILY TABLE CHAIN: RULE" for each; a "?" before
# RULE where we have no words for an expression
by_nft() {
	on "$host" nft list ruleset 2>/dev/null | awk '
		/^table / { table = $2 " " $3; next }
		/^\t(set|map|counter|flowtable) / { skip = 1 }
		/^\tchain / { chain = $2; next }
		/^\t}/ { skip = 0; chain = ""; next }
		/^}/ || skip || !chain || /^\t\ttype [a-z]* hook / { next }
		{ sub(/^\t\t/, ""); print table " " chain ": " $0 }' | LC_ALL=C sort -s -t : -k 1,1
}
by_us() {
	explain --json | jq -r '.[] | "\(.family) \(.name)" as $table | .chains[] | .name as $chain |
		.rules[] | "\($table) \($chain): \(if .text | contains("[") then "?" else "" end)\(.text)"' |
		LC_ALL=C sort -s -t : -k 1,1
}

# wrong: the rules of which we claim to know the text, and it is another one
wrong() {
	# until nothing of the machine's own, such as IPv6's, is counted in between
	for _try in 1 2 3 4 5 6 7 8 9; do
		by_nft >nft
		by_us >us
		! by_nft | diff -q - nft >/dev/null || break
	done
	if [ "$(wc -l <nft)" -ne "$(wc -l <us)" ]; then
		echo "not the same number of rules"
		diff nft us
	fi
	awk 'NR == FNR { nft[FNR] = $0; next }
		index($0, ": ?") && !index(nft[FNR], ": ?") { next }
		$0 != nft[FNR] { print "nft: " nft[FNR]; print "us:  " $0 }' nft us
}

# shows NAME TITLE: the ruleset's explanation is the expected one, and nft's words
shows() {
	is "$(explain 2>&1)" "$(cat "$golden/ruleset-$1.txt")" "$2"
	is "$(wrong)" "" "$2: each rule as nft lists it"
}

unknown() {
	explain --json | jq -r '[.[].chains[].rules[] | select(.role == "unknown")] | length'
}

# purposeless: rules of tables that concern a tunnel, for which we have no words
purposeless() {
	explain --json | jq -r '[.[] | select(.concerns) | .chains[].rules[] |
		select(.purpose == null)] | length'
}

machine
is "$(explain)" "No nftables rule here has to do with a tunnel." "no table"
is "$(explain --json)" "[]" "no table, JSON"

# The documents' tables, from files
tunnel wg0
on "$host" nft -f "$golden/ruleset-wg-quick.nft"
shows wg-quick "the first document's table"
is "$(unknown) $(purposeless)" "0 0" "the first document's table: no rule is unknown"
is "$(explain --json | jq -r '.[].chains[].rules[] | "\(.role) \(.mark) \(.device) \(.protocol)"')" \
	"guard null wg0 null
restore null null 17
save 51820 null 17" "the first document's table: what each rule does"

machine
tunnel wg-mullvad
sed '/meta cgroup/d' "$golden/ruleset-mullvad.nft" >mullvad.nft
on "$host" nft -f mullvad.nft
if on "$host" nft add rule inet mullvad mangle \
	meta cgroup 5087041 ct mark set 0x00000f41 meta mark set 0x6d6f6c65; then
	shows mullvad "the second document's table"
else
	check_fails "the second document's table: this kernel has no net_cls" grep -q net_cls /proc/cgroups
	skip "the second document's table" "this kernel has no net_cls control groups"
fi
is "$(unknown) $(purposeless)" "0 0" "the second document's table: no rule is unknown"

# A rule that differs in one word from one of theirs is none of theirs
near_miss() {
	on "$host" nft flush ruleset
	sed "/meta cgroup/d; s/$2/$3/" "$golden/ruleset-$1.nft" >near.nft
	on "$host" nft -f near.nft
	is "$(explain --json | jq -r '[.[].chains[].rules[] | select(.purpose == null) | .text] | unique[]')" \
		"$(echo "$4" | sed "s/$2/$3/")" "$1: unknown with \"$3\" for \"$2\""
}
guard='iifname != "wg0" ip daddr 10.2.0.2 fib saddr type != local drop'
save='meta l4proto udp meta mark 0x0000ca6c ct mark set meta mark'
tunnel wg0
near_miss wg-quick "ip daddr" "ip saddr" "$guard"
near_miss wg-quick "local drop" "local accept" "$guard"
near_miss wg-quick "type != local" "type local" "$guard"
near_miss wg-quick "fib saddr" "fib daddr" "$guard"
near_miss wg-quick "udp meta mark set" "tcp meta mark set" "meta l4proto udp meta mark set ct mark"
near_miss wg-quick "ct mark set meta mark" "ct mark set 0x00000005" "$save"
near_miss wg-quick "mark 0x0000ca6c" "mark != 0x0000ca6c" "$save"
near_miss mullvad "udp dport 53 reject" "udp dport 54 reject" "udp dport 53 reject"
near_miss mullvad "tcp dport 53 reject with tcp reset" "tcp dport 53 accept" \
	"tcp dport 53 reject with tcp reset"
near_miss mullvad "mark 0x00000f41 masquerade" "mark != 0x00000f41 masquerade" \
	'oif != "lo" ct mark 0x00000f41 masquerade'
near_miss mullvad "19955 ct state established" "19955 ct state new" \
	"ip saddr 185.195.233.76 udp sport 19955 ct state established accept"
near_miss mullvad "dport 19955 meta" "sport 19955 meta" \
	"ip daddr 185.195.233.76 udp dport 19955 meta mark 0x6d6f6c65 accept"

# Nor is one that asks for a device where the packet has none yet, or never had
near_miss mullvad 'oif "lo" accept' 'iif "lo" accept' 'oif "lo" accept'
near_miss mullvad 'iif "wg-mullvad" accept' 'oif "wg-mullvad" accept' 'iif "wg-mullvad" accept'

# Whoever makes it
if command -v wg-quick >/dev/null; then
	machine
	conf wg0
	check "wg-quick up" on "$host" wg-quick up ./wg0.conf
	shows wg-quick-up "wg-quick's own tables"
	is "$(unknown) $(purposeless)" "0 0" "wg-quick's own tables: no rule is unknown"
else
	skip "wg-quick's own tables" "needs wg-quick"
fi

for with in "" "#wgmark Mask = 0xffff" "#wgmark Compat = yes"; do
	machine
	conf wg0 "#wgmark Backend = nft" "FwMark = 0xca6c" "$with"
	name=wgmark${with:+-$(echo "${with#*wgmark }" | cut -d ' ' -f 1 | tr A-Z a-z)}
	check "wgmarkctl up, $name" on "$host" "$wgmarkctl" up ./wg0.conf
	shows "$name" "wgmarkctl's own tables, $name"
	is "$(unknown) $(purposeless)" "0 0" "wgmarkctl's own tables, $name: no rule is unknown"
done

machine
tunnel wg0
on "$host" nft -f "$golden/ruleset-networkmanager.nft"
shows networkmanager "NetworkManager's table, whose guard no packet meets"
is "$(explain --json | jq -r '.[].chains[] | select(.name == "preraw") | .purpose[:20]')" \
	"No packet gets here:" "that is said of its chain"

machine
tunnel wg0
on "$host" wg set wg0 fwmark 51820
if on "$host" iptables-nft-restore -n <<-END
	*raw
	-I PREROUTING ! -i wg0 -d 10.2.0.2 -m addrtype ! --src-type LOCAL -j DROP -m comment --comment "wg-quick(8) rule for wg0"
	COMMIT
	*mangle
	-I POSTROUTING -m mark --mark 51820 -p udp -j CONNMARK --save-mark -m comment --comment "wg-quick(8) rule for wg0"
	-I PREROUTING -p udp -j CONNMARK --restore-mark -m comment --comment "wg-quick(8) rule for wg0"
	COMMIT
END
then
	shows iptables "wg-quick's rules by iptables-nft"
	is "$(purposeless)" 0 "wg-quick's rules by iptables-nft: each has a purpose"
else
	skip "wg-quick's rules by iptables-nft" "it does not work here"
fi

# As ufw has it, by which answers come in
machine
tunnel wg0
if on "$host" iptables-nft-restore -n <<-END
	*filter
	-P INPUT DROP
	-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	-A INPUT -m conntrack ! --ctstate NEW -j LOG --log-prefix "[UFW BLOCK] "
	-A INPUT -m state --state INVALID -j DROP
	-A INPUT -m conntrack --ctstate NEW,UNTRACKED -j DROP
	-A INPUT -m conntrack --ctstate NEW --ctdir ORIGINAL -j DROP
	COMMIT
END
then
	explain --json | jq -r '.[] | select(.name == "filter") | .chains[].rules[].text' >"$tmp/got"
	is "$(cut -d ' ' -f 1-4 "$tmp/got")" "ct state established,related counter
ct state ! new
ct state invalid counter
[match conntrack] counter packets
[match conntrack] counter packets" "ufw's rules: states are known, what else they ask for is not"
else
	skip "ufw's rules" "iptables-nft does not work here"
fi

# Marks, in nft's own words for the same
machine
tunnel wg0
if on "$host" iptables-nft-restore -n <<-END
	*mangle
	-A PREROUTING -j MARK --set-mark 5
	-A PREROUTING -j MARK --set-xmark 0x10/0xff
	-A PREROUTING -j MARK --or-mark 7
	-A PREROUTING -j MARK --and-mark 7
	-A PREROUTING -j MARK --xor-mark 7
	-A PREROUTING -j CONNMARK --set-mark 5
	-A PREROUTING -j CONNMARK --set-xmark 0x10/0xff
	-A PREROUTING -j CONNMARK --save-mark --mask 0xff
	-A PREROUTING -m mark --mark 5/0xf -j RETURN
	-A PREROUTING -m mark ! --mark 5 -j RETURN
	-A PREROUTING -m connmark --mark 5/0xf -j RETURN
	-A PREROUTING -m connmark ! --mark 5 -j RETURN
	COMMIT
END
then
	explain --json | jq -r '.[] | select(.name == "mangle") | .chains[].rules[] | "\(.mark) \(.mask) \(.text)"' |
		sed 's/counter packets [0-9]* bytes [0-9]* //' >"$tmp/got"
	is "$(cat "$tmp/got")" "5 4294967295 meta mark set 0x00000005
16 255 meta mark set meta mark & 0xffffff10 | 0x00000010
7 7 meta mark set meta mark | 0x00000007
null null meta mark set meta mark & 0x00000007
null null meta mark set meta mark ^ 0x00000007
5 4294967295 ct mark set 0x00000005
16 255 ct mark set ct mark & 0xffffff10 | 0x00000010
null null ct mark set ct mark & 0xffffff00 ^ meta mark & 0x000000ff
5 15 meta mark & 0x0000000f == 0x00000005 return
null null meta mark != 0x00000005 return
null null ct mark & 0x0000000f == 0x00000005 return
null null ct mark != 0x00000005 return" "marks by iptables-nft"
else
	skip "marks by iptables-nft" "it does not work here"
fi

# NAT, as Docker, libvirt and ufw have it
machine
tunnel wg0
cat >masquerade <<-END
	*nat
	-A POSTROUTING -o wg0 -j MASQUERADE
	-A POSTROUTING -o wg0 -j MASQUERADE --random-fully
	COMMIT
END
if on "$host" iptables-nft-restore -n <masquerade 2>refused; then
	is "$(wrong)" "" "masquerade by iptables-nft: each rule as nft lists it"
	# of which nft 1.0.6 lists nothing
	on "$host" ip6tables-nft-restore -n <masquerade
	is "$(explain --json | jq -r '.[].chains[].rules[] | "\(.role) \(.text)"' |
		sed 's/ counter packets [0-9]* bytes [0-9]*//')" \
		'masquerade oifname "wg0" masquerade
masquerade oifname "wg0" masquerade fully-random
masquerade oifname "wg0" masquerade
masquerade oifname "wg0" masquerade fully-random' "masquerade by iptables-nft"
else
	skip "masquerade by iptables-nft" "$(cat refused)"
fi

# Sets and verdict maps with a name, also of several fields
machine
on "$host" nft -f - <<-END
	table inet several {
		map jumps { type ifname : verdict; }
		map services { type ipv4_addr . inet_proto . inet_service : verdict; }
		map ranges { type ipv4_addr . inet_service : verdict; flags interval; }
		map marks { type mark : verdict; }
		map states { type ct_state : verdict; }
		set ways { type ifname . ifname; }
		set four { type ipv4_addr . inet_proto . inet_service . ipv4_addr; }
		set six { type ipv6_addr . inet_service; }
		set states-marks { type ct_state . mark; }
		chain forward {
			type filter hook forward priority filter
			iifname vmap @jumps
			ip daddr . meta l4proto . th dport vmap @services
			ip daddr . tcp dport vmap @ranges
			ip saddr . th sport vmap @ranges
			meta mark vmap @marks
			ct state vmap @states
			iifname . oifname @ways accept
			iifname . oifname != @ways drop
			ip daddr . meta l4proto . th dport . ip saddr @four accept
			ip6 daddr . udp dport @six accept
			ct state . meta mark @states-marks accept
			iifname . oifname { "lan" . "wg0", "wg0" . "lan", "a" . "b" } accept
			iifname . oifname vmap { "lan" . "wg0" : accept, "wg0" . "lan" : jump other }
			ip saddr . ip daddr . tcp dport != { 192.168.44.3 . 10.0.0.1 . 80, 10.0.0.1 . 1.1.1.1 . 443 } drop
			ip saddr . tcp dport { 192.168.44.3 . 80, 10.0.0.1 . 443, 192.168.44.3 . 22 } accept
			ip saddr . tcp dport { 192.168.0.0/16 . 22, 10.0.0.0/8 . 80-90, 1.2.3.4-1.2.3.9 . 443 } accept
			ip6 saddr . udp dport vmap { 2001:db8::/32 . 22 : drop, fd00::1-fd00::9 . 80-90 : accept }
			meta l4proto . th dport { tcp . 53, udp . 53, tcp . 22 } accept
			meta mark . ip daddr vmap { 0x5 . 1.1.1.1 : drop }
		}
		chain other { }
	}
	table ip several {
		map services { type ipv4_addr . inet_proto . inet_service : verdict; }
		set pairs { type ipv4_addr . inet_service; }
		chain forward {
			type filter hook forward priority filter
			ip daddr . meta l4proto . th dport vmap @services
			ip daddr . tcp dport @pairs
		}
	}
END
is "$(wrong)" "" "maps with a name, keys of several fields: each rule as nft lists it"
is "$(explain --json | jq -c '[[.[].chains[].rules[].text] | length, (map(select(contains("["))) | .[])]')" \
	"[21]" "and none is unknown"

# A table that is like none of them
machine
tunnel wg0
on "$host" nft -f "$golden/ruleset-foreign.nft"
shows foreign "somebody's own table"
is "$(unknown)" 2 "somebody's own table: rules that are not understood are unknown"
is "$(explain --json | jq -r '.[] | select(.name == ("wg-quick-home", "mullvad")) | "\(.owner) \(.concerns)"')" \
	"unknown false
unknown false" "a name alone makes no table wg-quick's or Mullvad's"
is "$(explain --json | jq -r '.[] | select(.dormant) | "\(.name) \(.chains[].hook)"')" \
	"asleep input" "one table is dormant"

# One that keeps marks in connections as wg-quick does, but not for a tunnel
machine
tunnel wg0
on "$host" nft -f - <<-END
	table ip balancer {
		chain pre {
			type filter hook prerouting priority mangle;
			meta l4proto udp meta mark set ct mark
		}
		chain post {
			type filter hook postrouting priority mangle;
			meta l4proto udp meta mark 7 ct mark set meta mark
		}
	}
END
concerned() {
	explain --json | jq -r '[.[] | .concerns, (.chains[].rules[].purpose | contains("None of this"))] |
		map(tostring) | join(" ")'
}
is "$(concerned)" "false true true" "a load balancer's table is no tunnel's"
on "$host" wg set wg0 fwmark 51820
is "$(concerned)" "true false true" "but one that restores any mark also restores a tunnel's"
on "$host" wg set wg0 fwmark 7
is "$(concerned)" "true false false" "and one that saves a tunnel's mark is for that"

# tables: one for each family, with chains for random rules. What comes in meets those
# at input, and no program.
tables() {
	for family in ip ip6 inet; do
		on "$host" nft -f - <<-END
			table $family t {
				set addrs4 { type ipv4_addr; elements = { 10.9.0.1 }; }
				set nets4 { type ipv4_addr; flags interval; elements = {
					10.2.0.0-10.2.0.9, 10.9.0.0/16 }; }
				set ports { type inet_service; elements = { 53, 1000 }; }
				set names { type ifname; elements = { "eth0", "wg0" }; }
				set addrs6 { type ipv6_addr; elements = { fd09::1 }; }
				set services4 { type ipv4_addr . inet_service; flags interval; elements = {
					10.9.0.0/16 . 50-60, 10.0.1.5 . 68 }; }
				set protos4 { type ipv4_addr . inet_proto . inet_service; elements = {
					10.0.0.1 . tcp . 22, 10.9.0.1 . udp . 53, 10.9.0.1 . tcp . 53 }; }
				set services6 { type ipv6_addr . inet_service; elements = { fd00::2 . 53 }; }
				set ways { type ifname . inet_proto; elements = { "eth0" . udp, "lo" . tcp }; }
				map says4 { type ipv4_addr : verdict; flags interval; elements = {
					10.2.0.0/24 : continue, 192.0.2.9 : continue }; }
				map saysname { type ifname : verdict; elements = { "eth0" : continue }; }
				map saysport { type inet_proto . inet_service : verdict; elements = {
					tcp . 22 : continue, udp . 53 : continue }; }
				map saysmark { type mark : verdict; elements = { 0xca6c : continue, 5 : drop }; }
				set seen4 { type ipv4_addr; size 100; flags dynamic,timeout; }
				chain other { }
				chain pre { type filter hook prerouting priority raw; counter; }
				chain in { type filter hook input priority filter; counter; }
				chain out { type filter hook output priority filter; counter; }
				chain end { type filter hook input priority 300; policy drop; }
			}
		END
		# since Linux 5.13
		on "$host" nft add set $family t all4 \
			'{ type ipv4_addr; elements = { 10.9.0.1, * }; }' 2>/dev/null || :
	done
}

# any_rules [counted]: make random rules; counted, each sets the marks before all else, has
# its counter last, and neither a verdict nor what other rules would notice. nft -i goes on
# after one that it refuses.
any_rules() {
	awk -v seed="$seed" -v rules="$rules" -v counted="${1:-}" '
		function any(kind) { return " " list[kind, int(rand() * n[kind]) + 1] }
		BEGIN { srand(seed) }
		counted && /^s (counter|notrack)/ { next }
		/^[msv] / { list[$1, ++n[$1]] = substr($0, 3) }
		END {
			split("ip ip6 inet", families)
			split("pre in out", chains)
			# nft refuses about half of them
			for (i = 0; i < 3 * rules; i++) {
				rule = counted ? " meta mark set 0x0000ca6c ct mark set 0x00000f41" : ""
				for (j = int(rand() * (counted ? 3 : 4)); j > 0; j--)
					rule = rule any(rand() < 0.85 ? "m" : "s")
				rule = rule any("m")
				if (!counted && rand() < 0.5) rule = rule any("s")
				if (!counted && rand() < 0.8) rule = rule any("v")
				if (counted) rule = rule " counter"
				print "add rule", families[i % 3 + 1], "t", chains[int(rand() * 3) + 1] rule
			}
		}' "$golden/statements" >random
	on "$host" nft -i <random >/dev/null 2>&1 || :
}

diag "seed $seed"
machine
tables
any_rules
made=$(by_nft | wc -l)
check "$made random rules are at least $rules" test "$made" -ge "$rules"
is "$(wrong)" "" "random rules are as nft lists them, or unknown (seed $seed)"
known=$((made - $(unknown)))
check "$known of them are known, more than half" test $((2 * known)) -gt "$made"

# Packets, and what counts them. Nothing else is on the wire: no address has to be resolved
# or made known.
machine
new_ns sender
ip -n "$host" link del eth0
for _ns in "$host" "$sender"; do
	sysctl_set "$_ns" 1 ipv6/conf/default/addr_gen_mode
	sysctl_set "$_ns" 0 'ipv4/conf/*/rp_filter'
done
ip -n "$host" link add eth0 address 02:00:00:00:00:01 type veth \
	peer name eth0 address 02:00:00:00:00:01 netns "$sender"
for _ns in "$host" "$sender"; do
	ip -n "$_ns" -batch - <<-END
		link set lo up
		link set eth0 arp off up
		route add default dev eth0
		route add ::/0 dev eth0
	END
done
ip -n "$host" -batch - <<-END
	address add 10.2.0.2 dev lo
	address add 10.5.0.5 dev lo
	address add fd00::2 dev lo
END
tables
any_rules counted
name="random rules count the packets that explain says they are for, seed $seed"
if on "$host" match-any "/run/netns/$sender" >matched 2>&1; then
	ok "$name"
else
	not_ok "$name"
fi
cat matched

# What there is no leave for
check_fails "without CAP_NET_ADMIN it is refused" \
	on "$host" setpriv --bounding-set -net_admin --inh-caps -net_admin "$wgmarkctl" explain --ruleset
is "$(cat "$tmp/output")" \
	"wgmarkctl: needs CAP_NET_ADMIN over this network namespace; run it as root" "and it says why"

done_testing
