// SPDX-License-Identifier: GPL-2.0
/*
 * A routing rule in words: whom it is for, whether for this packet, and what came of it
 */
#include <string.h>

#include "journey_case.h"

/* In place of the tunnel's, with its table where none is named; 8 has a throw route, and 9 an
 * unreachable one. veth is in the VRF of table 77.
 */
static const struct {
	struct fib_rule rule;
	const char *options[FLOW_OPTIONS];
	const char *want;
} cases[] = {
	{ { .table = 51820 }, { "1.1.1.1" },
	  "Table 51820 has a route to 1.1.1.1." },
	{ { .iif = "lan" }, { "1.1.1.1" },
	  "For packets that come in by lan. This one is of this machine." },
	{ { .iif = "wg0" },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "For packets that come in by wg0. This one comes in by lan." },
	{ { .iif = "lo" }, { "1.1.1.1" },
	  "For packets of this machine. This one is. Table 51820 has a route to 1.1.1.1." },
	{ { .oif = "lan" }, { "1.1.1.1" },
	  "For packets of sockets bound to lan. This one's socket is not." },
	{ { .src = { .family = AF_INET } }, { "1.1.1.1" },
	  "For packets from 10.0.0.0/8. This one has no source address yet." },
	{ { .src = { .family = AF_INET } },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.2" },
	  "For packets from 10.0.0.0/8. This one is from 192.168.44.2." },
	{ { .dst = { .family = AF_INET } }, { "1.1.1.1" },
	  "For packets to 10.0.0.0/8. This one is not." },
	{ { .proto = IPPROTO_TCP, .dport = { 80, 90 } }, { "1.1.1.1" },
	  "For packets of TCP to ports 80 to 90. Whether this one is one of them depends on its protocol, which is not known: taken as none." },
	{ { .proto = IPPROTO_TCP, .dport = { 80, 90 } },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "udp", [FLOW_DPORT] = "80" },
	  "For packets of TCP to ports 80 to 90. This one is not." },
	{ { .sport = { 53, 53 } },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "udp", [FLOW_SPORT] = "53" },
	  "For packets from port 53. This one is. Table 51820 has a route to 1.1.1.1." },
	{ { .has_uids = true, .uids = { 1000, 1000 } },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_UID] = "5" },
	  "For packets of user 1000. This one is of user 5." },
	{ { .has_uids = true, .uids = { 1000, 1999 } },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_UID] = "1500" },
	  "For packets of users 1000 to 1999. This one is. Table 51820 has a route to 1.1.1.1." },
	{ { .tos = 0x10 }, { "1.1.1.1" },
	  "For packets with the TOS 0x10. This one is not." },
	{ { .mark = 0x50, .mask = 0xf0 }, { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0x51" },
	  "For packets with the mark 0x50 in the bits 0xf0. This one is. Table 51820 has a route to 1.1.1.1." },
	{ { .mark = 0x50, .mask = 0xf0 }, { "1.1.1.1" },
	  "For packets with the mark 0x50 in the bits 0xf0. This one has no mark." },
	{ { .mark = MARK, .mask = UINT32_MAX, .invert = true },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0xca6c" },
	  "For all packets but those with the mark 0xca6c, which WireGuard's own packets for wg0 have. This one is one of those, so the rule is not for it." },
	{ { .l3mdev = true }, { "1.1.1.1" },
	  "For packets of a VRF. This one is not." },
	{ { .l3mdev = true },
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "veth" },
	  "For packets of a VRF. This one is. Table of the VRF has no route to 1.1.1.1." },
	{ { .l3mdev = true },
	  { [FLOW_TO] = "8.8.8.8", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "veth" },
	  "For packets of a VRF. This one is. Table 77 has a route to 8.8.8.8." },
	{ { .unknown = true }, { "1.1.1.1" },
	  "It asks for something that is not known here; taken as not for this packet." },
	{ { .invert = true }, { "1.1.1.1" },
	  "For no packet." },
	{ { .action = FR_ACT_GOTO, .target = 32766 }, { "1.1.1.1" },
	  "On with rule 32766." },
	{ { .action = FR_ACT_NOP }, { "1.1.1.1" },
	  "It does nothing." },
	{ { .action = FR_ACT_PROHIBIT }, { "1.1.1.1" },
	  "The rule itself refuses the packet." },
	{ { .table = 7 }, { "1.1.1.1" },
	  "Table 7 has no route to 1.1.1.1." },
	{ { .table = 8 }, { "9.9.9.9" },
	  "Table 8 has a throw route for it: on with the next rule." },
	{ { .table = 9 }, { "9.9.9.9" },
	  "Table 9 refuses it." },
	{ { .suppress = 16 }, { "1.1.1.1" },
	  "Table 51820 has a route to it, but only prefixes longer than /16 count here (suppress_prefixlength)." },
	{ { .suppress_group = 7 }, { "1.1.1.1" },
	  "Table 51820 has a route to it, but routes by devices of group 7 do not count here (suppress_ifgroup)." },
};

static void one(size_t i)
{
	struct fib_link more[TAP_LEN(links) + 2];
	struct story s = { .m = &m };
	char wrong[FLOW_TEXT_LEN];
	struct tap_text out;
	struct flow_options o;
	struct flow flow;
	struct walk w;
	char *text;
	size_t j;

	machine();
	links[WG0 - 1].group = 7;
	memcpy(more, links, sizeof(links));
	more[WG0] = (struct fib_link){ .ifindex = WG0 + 1, .name = "red", .vrf_table = 77 };
	more[WG0 + 1] = (struct fib_link){ .ifindex = WG0 + 2, .name = "veth", .master = WG0 + 1 };
	m.fib.links = more;
	m.fib.links_len = TAP_LEN(more);
	routes[0] = route("8.8.8.8", 77, RTN_UNICAST, LAN);
	routes[2] = route("9.9.9.9", 8, RTN_THROW, 0);
	routes[5] = route("9.9.9.9", 9, RTN_UNREACHABLE, 0);
	rules[2] = cases[i].rule;
	rules[2].family = AF_INET;
	rules[2].priority = 32765;
	rules[2].action = rules[2].action ?: FR_ACT_TO_TBL;
	if (!rules[2].l3mdev)
		rules[2].table = rules[2].table ?: 51820;
	/* none, as 0 would be one */
	rules[2].suppress = rules[2].suppress ?: -1;
	rules[2].suppress_group = rules[2].suppress_group ?: -1;
	/* the same in either order of bytes */
	if (rules[2].src.family)
		rules[2].src = prefix("10.0.0.0/8");
	if (rules[2].dst.family)
		rules[2].dst = prefix("10.0.0.0/8");
	memcpy(o.value, cases[i].options, sizeof(o.value));
	if (flow_read(&flow, &o, &m.fib, wrong) || walk_rules(&m.fib, &flow, &w)) {
		tap_ok(false, "case %zu can be read", i);
		return;
	}
	tap_text_begin(&out);
	for (j = 0; j < w.len; j++) {
		if (w.steps[j].rule == &rules[2])
			put_rule(out.out, &s, &flow, &w.steps[j]);
	}
	text = tap_text_end(&out);
	tap_same(text, cases[i].want, cases[i].want);
	free(text);
	walk_free(&w);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		one(i);
	return tap_done();
}
