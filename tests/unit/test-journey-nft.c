// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of nft against one packet: whether each is for it, what it does then, and that the
 * time for many of them is linear. test-journey.c has them on a packet's journey.
 */
#include <netdb.h>

#include "journey_case.h"

/* Of a UDP packet from 10.2.0.2:1000 to 1.1.1.1:53 by wg0, of mark 0x51, connection 0x300.
 * A rule that is not for it need not be read to its verdict.
 */
static const struct {
	const char *text;
	enum tri want;
	enum verdict verdict;
} matches[] = {
	{ "accept", YES, VERDICT_ACCEPT },
	{ "counter packets 5 bytes 420 drop", YES, VERDICT_DROP },
	{ "oifname \"wg0\" drop", YES, VERDICT_DROP },
	{ "oifname \"wg*\" drop", YES, VERDICT_DROP },
	{ "oifname { \"lan\", \"wg0\" } drop", YES, VERDICT_DROP },
	{ "oifname { \"x}y\", \"wg0\" } drop", YES, VERDICT_DROP },
	{ "oifname { \"wg0\", \"lan\" } drop", YES, VERDICT_DROP },
	{ "oifname { \"wg0}\", \"lan\", \"w,0\" } drop", NO, VERDICT_DROP },
	{ "oifname != \"wg0\" drop", NO, VERDICT_DROP },
	{ "oif \"lan\" drop", NO, VERDICT_DROP },
	{ "iifname \"lan\" drop", NO, VERDICT_DROP },
	{ "ip daddr 1.1.1.1 drop", YES, VERDICT_DROP },
	{ "ip daddr 1.0.0.0/8 drop", YES, VERDICT_DROP },
	{ "ip daddr != 1.0.0.0/8 drop", NO, VERDICT_DROP },
	{ "ip daddr { 8.8.8.8, 1.1.1.1 } drop", YES, VERDICT_DROP },
	{ "ip daddr 8.8.8.8-9.9.9.9 drop", NO, VERDICT_DROP },
	{ "ip daddr 1.1.1.0-1.1.1.9 drop", YES, VERDICT_DROP },
	{ "ip daddr { 1.0.0.0-1.1.1.0, 1.1.1.2-1.1.1.3 } drop", NO, VERDICT_DROP },
	{ "ip daddr 1.1.1.1-? drop", MAYBE, VERDICT_DROP },
	{ "ip daddr @others drop", MAYBE, VERDICT_DROP },
	{ "ip daddr @have drop", YES, VERDICT_DROP },
	{ "ip saddr @have drop", NO, VERDICT_DROP },
	{ "ip saddr != @have drop", YES, VERDICT_DROP },
	{ "ip daddr @h?ve drop", MAYBE, VERDICT_DROP },
	{ "udp dport @have drop", YES, VERDICT_DROP },
	{ "udp sport @have drop", NO, VERDICT_DROP },
	{ "oifname @have drop", YES, VERDICT_DROP },
	{ "iifname @have drop", NO, VERDICT_DROP },
	{ "meta mark @have drop", YES, VERDICT_DROP },
	{ "ct mark @have drop", NO, VERDICT_DROP },
	{ "meta mark & 0x000000ff @have drop", MAYBE, VERDICT_DROP },
	{ "meta l4proto @have drop", YES, VERDICT_DROP },
	{ "meta l4proto != @have drop", NO, VERDICT_DROP },
	{ "ip protocol @have drop", YES, VERDICT_DROP },
	{ "ip ttl @have drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . meta l4proto . th dport @have drop", YES, VERDICT_DROP },
	{ "ip daddr . ip protocol . udp dport != @have drop", NO, VERDICT_DROP },
	{ "ip saddr . meta l4proto . th dport @have drop", NO, VERDICT_DROP },
	{ "ip daddr . meta l4proto . tcp dport @have drop", NO, VERDICT_DROP },
	{ "ip6 daddr . meta l4proto . th dport @have drop", NO, VERDICT_DROP },
	{ "ip daddr . ip ttl . th dport @have drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . ct state . th dport @have drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . meta l4proto . th dport 5 drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . meta l4proto . th dport { 5 } drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . meta l4proto . th dport < 5 drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . meta l4proto . th dport @have ip daddr @have drop", YES, VERDICT_DROP },
	{ "ip daddr . meta l4proto . th dport vmap @says", YES, VERDICT_JUMP },
	{ "ip daddr . meta l4proto . th dport vmap { 1 : drop }", MAYBE, VERDICT_NONE },
	{ "iifname . oifname { \"lan\" . \"wg0\", \"lo\" . \"lo\" } drop", NO, VERDICT_DROP },
	{ "oifname . ip daddr { \"lan\" . 1.1.1.1, \"wg0\" . 1.1.1.1 } drop", YES, VERDICT_DROP },
	{ "oifname . ip daddr { \"lan\" . 1.1.1.1, \"wg0\" . 1.1.1.2 } drop", NO, VERDICT_DROP },
	{ "oifname . ip daddr != { \"lan\" . 1.1.1.1, \"wg0\" . 1.1.1.2 } drop", YES, VERDICT_DROP },
	{ "ip daddr . udp dport { 1.0.0.0/8 . 50-60, 2.0.0.0/8 . 22 } drop", YES, VERDICT_DROP },
	{ "ip daddr . udp dport { 1.0.0.0/8 . 54-60, 2.0.0.0/8 . 53 } drop", NO, VERDICT_DROP },
	{ "ip daddr . ip ttl { 1.1.1.1 . 1 } drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . ip ttl { 1.1.1.2 . 1 } drop", NO, VERDICT_DROP },
	{ "ct state . meta mark { established . 0x00000051, new . 0x00000051 } drop", YES,
	  VERDICT_DROP },
	{ "ct state . meta mark { established . 0x00000051, new . 0x00000050 } drop", NO,
	  VERDICT_DROP },
	{ "ip daddr . udp dport { 1.1.1.1 . 53 . 5 } drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . udp dport { 1.1.1.1, 1.1.1.2 } drop", MAYBE, VERDICT_DROP },
	{ "ip daddr . udp dport { 1.1.1.1 . 53", MAYBE, VERDICT_NONE },
	{ "oifname . udp dport vmap { \"wg0\" . 22 : drop, \"wg0\" . 53 : jump web } drop", YES,
	  VERDICT_JUMP },
	{ "udp dport . oifname vmap { 22 . \"wg0\" : drop, 53 . \"lan\" : jump web }", NO,
	  VERDICT_NONE },
	{ "ip saddr . ip daddr . oifname . udp dport . udp sport { 10.2.0.2 . 1.1.1.1 . \"wg0\" . 53 . 1000 } drop",
	  YES, VERDICT_DROP },
	{ "ip saddr . ip daddr . oifname . udp dport . udp sport . meta mark { 10.2.0.2 . 1.1.1.1 . \"wg0\" . 53 . 1000 . 0x1 } drop",
	  MAYBE, VERDICT_DROP },
	{ "ct status . ip daddr { snat . 1.1.1.1 } drop", MAYBE, VERDICT_DROP },
	{ "tcp flags . ip daddr { syn . 1.1.1.1 } drop", NO, VERDICT_DROP },
	{ "oifname vmap @says drop", YES, VERDICT_JUMP },
	{ "iifname vmap @says drop", NO, VERDICT_NONE },
	{ "iifname vmap @else drop", YES, VERDICT_RETURN },
	{ "oifname vmap @have drop", MAYBE, VERDICT_NONE },
	{ "ct state vmap @says drop", MAYBE, VERDICT_NONE },
	{ "add @says { ip saddr } oifname vmap @says drop", MAYBE, VERDICT_NONE },
	{ "ct state @have drop", MAYBE, VERDICT_DROP },
	{ "udp dport vmap { 22 : drop, 53 : accept, 54 : drop }", YES, VERDICT_ACCEPT },
	{ "udp dport vmap { 22 : drop, 50-60 : jump web, 80 : drop }", YES, VERDICT_JUMP },
	{ "udp dport vmap { 22 : drop, 80 : accept }", NO, VERDICT_NONE },
	{ "tcp dport vmap { 22 : drop, 53 : accept }", NO, VERDICT_NONE },
	{ "oifname vmap { \"lo\" : accept, \"wg0\" : drop }", YES, VERDICT_DROP },
	{ "ip daddr vmap { 1.1.1.0/24 : goto other, 2.0.0.0/8 : drop }", YES, VERDICT_GOTO },
	{ "ct state vmap { invalid : drop, new : return }", YES, VERDICT_RETURN },
	{ "ct state vmap { established : accept, related : accept } drop", NO, VERDICT_NONE },
	{ "meta mark vmap { 0x00000051 : continue } drop", YES, VERDICT_DROP },
	{ "ip ttl vmap { 1 : drop }", MAYBE, VERDICT_NONE },
	{ "ip ttl vmap { 1 : accept } drop", MAYBE, VERDICT_NONE },
	{ "udp dport vmap { 53 : accept, 54 : continue } drop", YES, VERDICT_ACCEPT },
	{ "udp dport vmap { 53 : continue, 54 : accept } drop", YES, VERDICT_DROP },
	{ "udp dport vmap { 53 : accept } udp sport 7", YES, VERDICT_ACCEPT },
	{ "udp dport vmap { 53 : jump web } meta mark set 0x00000005", YES, VERDICT_JUMP },
	{ "oifname \"@wg0\" drop", NO, VERDICT_DROP },
	{ "oifname { \"@have\", \"lan\" } drop", NO, VERDICT_DROP },
	{ "ip daddr @all drop", YES, VERDICT_DROP },
	{ "ip daddr != @all drop", MAYBE, VERDICT_DROP },
	{ "udp dport vmap { 53 : queue }", MAYBE, VERDICT_NONE },
	{ "udp dport vmap { 22 : drop, ", MAYBE, VERDICT_NONE },
	{ "udp dport vmap @ports", MAYBE, VERDICT_NONE },
	{ "ip6 daddr ::1 drop", NO, VERDICT_DROP },
	{ "ip ttl 1 drop", MAYBE, VERDICT_DROP },
	{ "udp dport 53 drop", YES, VERDICT_DROP },
	{ "udp dport 50-60 drop", YES, VERDICT_DROP },
	{ "udp dport != 50-60 drop", NO, VERDICT_DROP },
	{ "udp sport { 1, 1000 } drop", YES, VERDICT_DROP },
	{ "udp sport < 1024 drop", YES, VERDICT_DROP },
	{ "udp sport < 1000 drop", NO, VERDICT_DROP },
	{ "udp sport <= 1000 drop", YES, VERDICT_DROP },
	{ "udp sport > 1000 drop", NO, VERDICT_DROP },
	{ "udp sport >= 1000 drop", YES, VERDICT_DROP },
	{ "udp sport > 80 drop", YES, VERDICT_DROP },
	{ "udp length < 1024 drop", MAYBE, VERDICT_DROP },
	{ "tcp dport 53 reject with tcp reset", NO, VERDICT_REJECT },
	{ "udp length 100 tcp dport 53 drop", NO, VERDICT_DROP },
	{ "tcp flags ! syn,ack drop", NO, VERDICT_DROP },
	{ "udp length 100 drop", MAYBE, VERDICT_DROP },
	{ "reject with tcp reset", NO, VERDICT_REJECT },
	{ "reject with icmp host-unreachable", YES, VERDICT_REJECT },
	{ "reject with icmpv6 no-route", NO, VERDICT_REJECT },
	{ "reject with icmpx admin-prohibited comment \"ip6\"", YES, VERDICT_REJECT },
	{ "icmp type echo-request drop", NO, VERDICT_DROP },
	{ "meta l4proto { tcp, udp } drop", YES, VERDICT_DROP },
	{ "meta l4proto tcp drop", NO, VERDICT_DROP },
	{ "meta mark 0x00000051 drop", YES, VERDICT_DROP },
	{ "meta mark != 0x00000051 drop", NO, VERDICT_DROP },
	{ "meta mark & 0x000000f0 == 0x00000050 drop", YES, VERDICT_DROP },
	{ "meta mark & 0x000000f0 != 0x00000050 drop", NO, VERDICT_DROP },
	{ "meta mark & ten == 0x00000050 drop", MAYBE, VERDICT_DROP },
	{ "meta mark set 0x00000005 meta mark 0x00000005 drop", YES, VERDICT_DROP },
	{ "meta mark set 0x00000005 meta mark 0x00000051 drop", NO, VERDICT_DROP },
	{ "ct mark set 0x00000005 ct mark 0x00000005 drop", YES, VERDICT_DROP },
	{ "[meta] meta mark 0x00000005 drop", MAYBE, VERDICT_DROP },
	{ "ct mark 0x00000300 drop", YES, VERDICT_DROP },
	{ "ct mark & 0x00000100 == 0x00000000 drop", NO, VERDICT_DROP },
	{ "ct zone set 1 drop", MAYBE, VERDICT_DROP },
	{ "ct zone 1 drop", MAYBE, VERDICT_DROP },
	{ "meta l4proto gre drop", NO, VERDICT_DROP },
	{ "ct state new drop", YES, VERDICT_DROP },
	{ "ct state established,related drop", NO, VERDICT_DROP },
	{ "ct state established,new drop", YES, VERDICT_DROP },
	{ "ct state ! new drop", NO, VERDICT_DROP },
	{ "ct state ! established,related drop", YES, VERDICT_DROP },
	{ "ct state == new drop", YES, VERDICT_DROP },
	{ "ct state == established,new drop", NO, VERDICT_DROP },
	{ "ct state != new drop", NO, VERDICT_DROP },
	{ "ct state != established,new drop", YES, VERDICT_DROP },
	{ "ct state { established, new } drop", YES, VERDICT_DROP },
	{ "ct state { established,new, related } drop", NO, VERDICT_DROP },
	{ "ct status ! dnat drop", YES, VERDICT_DROP },
	{ "ct status dnat drop", NO, VERDICT_DROP },
	{ "ct status snat,dnat drop", NO, VERDICT_DROP },
	{ "ct status snat,assured drop", MAYBE, VERDICT_DROP },
	{ "ct status == dnat drop", MAYBE, VERDICT_DROP },
	{ "ct helper set \"ftp\" drop", YES, VERDICT_DROP },
	{ "ct helper \"ftp\" drop", MAYBE, VERDICT_DROP },
	{ "th dport 53 drop", YES, VERDICT_DROP },
	{ "th sport { 80, 443 } drop", NO, VERDICT_DROP },
	{ "counter name \"drop\" accept", YES, VERDICT_ACCEPT },
	{ "meta nftrace set 1 drop", YES, VERDICT_DROP },
	{ "meta priority set 1:10 drop", YES, VERDICT_DROP },
	{ "meta protocol ip drop", YES, VERDICT_DROP },
	{ "meta protocol ip6 drop", NO, VERDICT_DROP },
	{ "meta l4proto 50 drop", NO, VERDICT_DROP },
	{ "meta l4proto esperanto drop", MAYBE, VERDICT_DROP },
	{ "[match rt] drop", NO, VERDICT_DROP },
	{ "[dscp] drop", MAYBE, VERDICT_DROP },
	{ "meta skuid 1000 drop", YES, VERDICT_DROP },
	{ "meta cgroup 5087041 drop", MAYBE, VERDICT_DROP },
	{ "fib saddr type local drop", YES, VERDICT_DROP },
	{ "fib daddr type local drop", NO, VERDICT_DROP },
	{ "fib saddr type unicast drop", NO, VERDICT_DROP },
	{ "fib daddr type unicast drop", YES, VERDICT_DROP },
	{ "fib daddr type != unicast drop", NO, VERDICT_DROP },
	{ "fib daddr type { local, broadcast } drop", NO, VERDICT_DROP },
	{ "fib saddr . oif type local drop", YES, VERDICT_DROP },
	{ "fib saddr . iif oif missing drop", YES, VERDICT_DROP },
	{ "fib saddr . oif oif missing drop", MAYBE, VERDICT_DROP },
	{ "fib daddr . iif oif exists drop", MAYBE, VERDICT_DROP },
	{ "ip saddr . ip daddr @pairs drop", MAYBE, VERDICT_DROP },
	{ "socket cgroupv2 level 1 \"tcp\" drop", MAYBE, VERDICT_DROP },
	{ "[EXPR xfrm] drop", MAYBE, VERDICT_DROP },
	{ "[EXPR xfrm] meta mark set 0x00000005 ip daddr 9.9.9.9 drop", MAYBE, VERDICT_NONE },
	{ "meta mark set 0x00000005 ip daddr 9.9.9.9 notrack drop", NO, VERDICT_NONE },
	{ "oifname \"lan\" [EXPR xfrm] drop", NO, VERDICT_DROP },
	{ "udp dport 53 log prefix \"drop \" level warn accept comment \"jump here\"", YES,
	  VERDICT_ACCEPT },
	{ "log flags tcp sequence,options flags ip options drop", YES, VERDICT_DROP },
	{ "log prefix \"tcp\" flags skuid flags ether drop", YES, VERDICT_DROP },
	{ "add @seen { ip daddr } return", MAYBE, VERDICT_RETURN },
	{ "update @seen { ip6 daddr } return", NO, VERDICT_RETURN },
	{ "delete @seen { ip daddr } return", YES, VERDICT_RETURN },
	{ "continue", YES, VERDICT_NONE },
	{ "iif 0 drop", YES, VERDICT_DROP },
	{ "iif != 7 drop", YES, VERDICT_DROP },
	{ "goto other", YES, VERDICT_GOTO },
	{ "oif \"wg0\" masquerade random drop", YES, VERDICT_ACCEPT },
	{ "", YES, VERDICT_NONE },
	{ "meta mark", MAYBE, VERDICT_NONE },
	{ "ip daddr {", MAYBE, VERDICT_NONE },
};

static const struct {
	const char *text;
	bool mark;
	uint32_t want;
} marks[] = {
	{ "meta mark set 0x6d6f6c65", true, 0x6d6f6c65 },
	{ "meta mark set ct mark", true, 0x300 },
	{ "meta mark set meta mark & 0xffffff00 | 0x00000002", true, 0x2 },
	{ "meta mark set 0x00000005 ip daddr 9.9.9.9 drop", true, 0x5 },
	{ "ct mark set meta mark", false, 0x51 },
	{ "ct mark set mark", false, 0x51 },
	{ "ct mark set mark & 0x00000010", false, 0x10 },
	{ "ct mark set ct mark & 0x0000000f | 0x00000f41", false, 0xf41 },
	{ "ct mark set ct mark ^ 0x00000301", false, 0x1 },
};

static void test_rules(void)
{
	struct conn conn = { .mark = 0x300, .has_ct = true };
	struct flow flow = {
		.family = AF_INET, .to = prefix("1.1.1.1"), .from = prefix("10.2.0.2"),
		.has_uid = true, .uid = 1000, .proto = IPPROTO_UDP, .sport = 1000, .dport = 53,
	};
	struct packet p = {
		.flow = &flow, .mark = 0x51, .iif = "", .oif = "wg0", .conn = &conn,
	};
	struct effect e;
	enum tri got;
	size_t i;

	machine();
	for (i = 0; i < TAP_LEN(matches); i++) {
		got = rule_matches(&m, &tables[1], matches[i].text, &p, &e);
		tap_ok(got == matches[i].want && (got == NO || e.verdict == matches[i].verdict),
		       "%s: matches %d, verdict %d", matches[i].text, got, e.verdict);
	}
	for (i = 0; i < TAP_LEN(marks); i++) {
		got = rule_matches(&m, &tables[1], marks[i].text, &p, &e);
		tap_ok(got == (strstr(marks[i].text, "9.9.9.9") ? NO : YES) &&
		       e.sets_mark == marks[i].mark &&
		       (marks[i].mark ? e.mark : e.ctmark) == marks[i].want,
		       "%s: 0x%x", marks[i].text, marks[i].mark ? e.mark : e.ctmark);
	}
	p.is_nobodys = true;
	tap_ok(rule_matches(&m, &tables[1], "meta skuid 1000 drop", &p, &e) == MAYBE,
	       "whose socket a tunnel's own packet is of is not known");
	conn.has_ct = false;
	tap_ok(rule_matches(&m, &tables[1], "meta mark set ct mark", &p, &e) == NO,
	       "meta mark set ct mark: not without an entry of conntrack");
	tap_ok(rule_matches(&m, &tables[1], "ct mark 0x300 accept", &p, &e) == NO,
	       "ct mark 0x300: not without an entry of conntrack");
}

/* By what conntrack says of a packet */
static const struct {
	struct conn conn;
	const char *text;
	enum tri want;
} states[] = {
	{ { .has_ct = true, .is_answered = true }, "ct state established,related accept", YES },
	{ { .has_ct = true, .is_answered = true }, "ct state ! new accept", YES },
	{ { .has_ct = true, .is_answered = true }, "ct state ! established,related accept", NO },
	{ { .has_ct = true, .is_answered = true }, "ct state new accept", NO },
	{ { .has_ct = true, .is_expected = true }, "ct state related accept", YES },
	{ { .has_ct = true, .is_expected = true }, "ct state new accept", NO },
	{ { .has_ct = true, .is_expected = true, .is_answered = true },
	  "ct state established accept", YES },
	{ { .untracked = true }, "ct state untracked accept", YES },
	{ { .untracked = true }, "ct state invalid accept", NO },
	/* before conntrack */
	{ { .is_answered = true }, "ct state invalid accept", YES },
	{ { .is_answered = true }, "ct state ! invalid accept", NO },
	{ { .is_answered = true }, "ct state untracked accept", NO },
};

static void test_states(void)
{
	struct flow flow = { .family = AF_INET, .to = prefix("1.1.1.1") };
	struct packet p = { .flow = &flow, .iif = "lan", .oif = "" };
	struct effect e;
	struct conn conn;
	enum tri got;
	size_t i;

	machine();
	for (i = 0; i < TAP_LEN(states); i++) {
		conn = states[i].conn;
		p.conn = &conn;
		got = rule_matches(&m, &tables[1], states[i].text, &p, &e);
		tap_ok(got == states[i].want, "%s%s%s, %s: %d", conn.has_ct ? "tracked" : "",
		       conn.untracked ? "untracked" : "", conn.is_answered ? " reply" : "",
		       states[i].text, got);
	}
}

/* By what an address is. Where lan is asked for, the packet comes in by it. */
static const struct {
	const char *to;
	const char *text;
	enum tri want;
} types[] = {
	{ "192.168.44.2", "fib daddr type local", YES },
	{ "192.168.44.2", "fib daddr . iif type local", YES },
	{ "10.2.0.2", "fib daddr type local", YES },
	{ "10.2.0.2", "fib daddr . iif type local", NO },
	{ "10.2.0.2", "fib daddr . iif type unicast", YES },
	{ "192.168.44.255", "fib daddr type broadcast", YES },
	{ "192.168.44.255", "fib daddr type { local, broadcast }", YES },
	{ "192.168.44.255", "fib daddr type unicast", NO },
	{ "255.255.255.255", "fib daddr type broadcast", YES },
	{ "0.0.0.0", "fib daddr type broadcast", YES },
	{ "224.0.0.1", "fib daddr type multicast", YES },
	{ "224.0.0.1", "fib daddr type != unicast", YES },
	/* of those routes nothing is asked */
	{ "198.51.100.1", "fib daddr type unreachable", NO },
	{ "198.51.100.1", "fib daddr type unicast", YES },
	{ "192.168.44.2", "fib saddr type unicast", MAYBE },
	{ "fd00::2", "fib daddr type local", YES },
	{ "fd00::2", "fib daddr type unicast", NO },
	{ "fd00::2", "fib daddr . iif type local", MAYBE },
	{ "fd00::1", "fib daddr type local", NO },
	{ "fd00::1", "fib daddr type != local", YES },
	{ "fd00::1", "fib daddr type unicast", MAYBE },
	{ "fd00::1", "fib daddr type != unicast", MAYBE },
	{ "fd00::1", "fib daddr type { local, anycast }", MAYBE },
	{ "fd00::1", "fib daddr . iif type local", NO },
	{ "fd00::1", "add @seen { ip saddr } drop", NO },
	{ "fd00::1", "log flags ip options drop", YES },
	{ "fd00::1", "reject with icmp host-unreachable", NO },
};

static void test_types(void)
{
	struct conn conn = { .has_ct = true };
	struct fib_route more[TAP_LEN(routes) + 2];
	struct packet p = { .iif = "lan", .oif = "", .conn = &conn };
	struct flow flow = { 0 };
	struct effect e;
	enum tri got;
	size_t i;

	machine();
	memcpy(more, routes, sizeof(routes));
	more[TAP_LEN(routes)] = route("192.168.44.255", RT_TABLE_LOCAL, RTN_BROADCAST, LAN);
	more[TAP_LEN(routes) + 1] = route("fd00::2", RT_TABLE_LOCAL, RTN_LOCAL, LAN);
	m.fib.routes = more;
	m.fib.routes_len = TAP_LEN(more);
	for (i = 0; i < TAP_LEN(types); i++) {
		flow.to = prefix(types[i].to);
		flow.family = flow.to.family;
		p.flow = &flow;
		got = rule_matches(&m, &tables[1], types[i].text, &p, &e);
		tap_ok(got == types[i].want, "to %s, %s: %d", types[i].to, types[i].text, got);
	}
}

/* A set is read to its end, however long it is */
static void test_long_set(void)
{
	struct conn conn = { .has_ct = true };
	struct flow flow = { .family = AF_INET, .to = prefix("10.0.7.206") };
	struct packet p = { .flow = &flow, .iif = "", .oif = "wg0", .conn = &conn };
	char text[64 * 1024] = "ip daddr { 10.0.0.0/32";
	size_t i, len = strlen(text);
	struct effect e;

	machine();
	for (i = 1; i < 2000; i++)
		len += sprintf(text + len, ", 10.0.%zu.%zu", i / 256, i % 256);
	strcpy(text + len, " } drop");
	tap_ok(rule_matches(&m, &tables[1], text, &p, &e) == YES &&
	       e.verdict == VERDICT_DROP, "a set of 2000 addresses has it");
	flow.to = prefix("10.0.7.208");
	tap_ok(rule_matches(&m, &tables[1], text, &p, &e) == NO,
	       "a set of 2000 addresses does not have it");
}

/* Of a packet to 1.1.1.1 by wg0 of which not all is said */
static const struct {
	uint8_t proto;
	const char *text;
	enum tri want;
	bool open;
} unsaid[] = {
	{ 0, "udp dport 53 drop", MAYBE, true },
	{ 0, "tcp dport != { 22, 80 } drop", MAYBE, true },
	{ 0, "meta l4proto tcp drop", MAYBE, true },
	{ 0, "meta l4proto != tcp accept", MAYBE, true },
	{ 0, "ip protocol udp drop", MAYBE, true },
	{ 0, "icmp type echo-request drop", MAYBE, true },
	{ 0, "icmpv6 type nd-redirect icmpv6 code no-route drop", NO, false },
	{ 0, "oif \"lan\" tcp dport 53 drop", NO, false },
	{ 0, "tcp dport 53 oif \"lan\" drop", NO, false },
	{ 0, "ip ttl 1 tcp dport 53 drop", MAYBE, false },
	{ 0, "reject with tcp reset", MAYBE, true },
	{ 0, "oif \"wg0\" drop", YES, false },
	{ IPPROTO_TCP, "tcp dport 53 drop", MAYBE, true },
	{ IPPROTO_TCP, "udp dport 53 drop", NO, false },
	{ IPPROTO_TCP, "meta l4proto tcp drop", YES, false },
	{ IPPROTO_TCP, "tcp flags syn drop", YES, false },
	{ IPPROTO_TCP, "tcp flags syn,ack drop", YES, false },
	{ IPPROTO_TCP, "tcp flags ack drop", NO, false },
	{ IPPROTO_TCP, "tcp flags ! syn drop", NO, false },
	{ IPPROTO_TCP, "tcp flags == syn drop", MAYBE, false },
	{ IPPROTO_TCP, "tcp flags == fin drop", NO, false },
	{ IPPROTO_TCP, "tcp flags != fin drop", YES, false },
	{ IPPROTO_TCP, "tcp flags syn / fin,syn,rst,ack drop", YES, false },
	{ IPPROTO_TCP, "tcp flags != syn / fin,syn,rst,ack drop", NO, false },
	{ IPPROTO_TCP, "tcp flags syn / fin drop", NO, false },
	{ IPPROTO_TCP, "tcp flags { syn, ack } drop", MAYBE, false },
	{ IPPROTO_TCP, "tcp flags sin drop", MAYBE, false },
	{ IPPROTO_TCP, "tcp flags vmap { syn : drop }", MAYBE, false },
	{ IPPROTO_TCP, "th dport 53 drop", MAYBE, true },
	{ IPPROTO_UDP, "tcp flags syn drop", NO, false },
	{ IPPROTO_GRE, "th dport 53 drop", MAYBE, false },
	{ 0, "tcp flags syn drop", MAYBE, true },
	{ IPPROTO_ICMP, "icmp type echo-request drop", YES, false },
	{ IPPROTO_ICMP, "icmp type != echo-request drop", NO, false },
	{ IPPROTO_ICMP, "icmp type { echo-reply, time-exceeded } drop", NO, false },
	{ IPPROTO_ICMP, "icmp type { echo-reply, 8 } drop", YES, false },
	{ IPPROTO_ICMP, "icmp type 200 drop", NO, false },
	{ IPPROTO_ICMP, "icmp type timestamp-request-info-reply drop", MAYBE, false },
	{ IPPROTO_ICMP, "icmp type vmap { echo-request : drop }", YES, false },
	{ IPPROTO_ICMP, "icmp code net-unreachable drop", MAYBE, false },
	{ IPPROTO_ICMP, "icmpv6 type echo-request drop", NO, false },
	{ IPPROTO_ICMP, "udp dport 53 drop", NO, false },
};

static void test_unsaid(void)
{
	struct conn conn = { .has_ct = true };
	struct flow flow = { .family = AF_INET, .to = prefix("1.1.1.1") };
	struct packet p = { .flow = &flow, .iif = "", .oif = "wg0", .conn = &conn };
	struct effect e;
	enum tri got;
	size_t i;

	machine();
	for (i = 0; i < TAP_LEN(unsaid); i++) {
		flow.proto = unsaid[i].proto;
		got = rule_matches(&m, &tables[1], unsaid[i].text, &p, &e);
		tap_ok(got == unsaid[i].want && e.open == unsaid[i].open,
		       "protocol %u, %s: matches %d, open %d", flow.proto, unsaid[i].text, got,
		       e.open);
	}
	flow.proto = IPPROTO_TCP;
	got = rule_matches(&m, &tables[1], "meta l4proto esp drop", &p, &e);
	tap_ok(got == (getprotobyname("esp") ? NO : MAYBE),
	       "a protocol's name, by /etc/protocols if that is there: matches %d", got);
}

/* CPU time for so many rules of which it cannot be told whether they are for the packet */
static double seconds_of(unsigned int n, void *data)
{
	struct nft_rule *many = calloc(n, sizeof(*many));
	struct nft_chain chain = {
		.name = "output", .is_base = true, .hook = NF_INET_LOCAL_OUT, .type = "filter",
		.rules = many, .rules_len = n,
	};
	struct nft_ruleset_table t = {
		.family = NFPROTO_INET, .name = "many", .chains = &chain, .chains_len = 1,
	};
	struct flow flow = { .family = AF_INET, .to = prefix("192.168.44.3") };
	struct journey j;
	unsigned int i;
	double start;

	(void)data;
	for (i = 0; i < n; i++)
		many[i] = (struct nft_rule){ .text = (char *)"[x] accept", .role = ROLE_ACCEPT };
	machine();
	m.rules = (struct ruleset){ .tables = &t, .len = 1 };
	start = tap_seconds();
	if (journey_tell(&j, &m, &flow, NULL))
		abort();
	start = tap_seconds() - start;
	journey_free(&j);
	free(many);
	return start;
}

int main(void)
{
	test_rules();
	test_states();
	test_types();
	test_long_set();
	test_unsaid();
	tap_linear(seconds_of, NULL, "rules");
	return tap_done();
}
