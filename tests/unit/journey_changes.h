/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What test-journey.c has changed or missing on the machine of journey_case.h: each function
 * takes the machine as it is made there
 */
#ifndef WGMARK_TEST_JOURNEY_CHANGES_H
#define WGMARK_TEST_JOURNEY_CHANGES_H

#include "journey_case.h"

static void nothing(void)
{
}

static void no_restore(void)
{
	m.rules.len = 0;
}

static void no_handshake(void)
{
	no_restore();
	peers[0].handshake = 0;
}

static void old_session(void)
{
	no_restore();
	peers[0].handshake = m.now - 181;
}

static void loose(void)
{
	m.rules.len = 0;
	links[LAN - 1].rp_filter = 2;
}

static void no_src_valid_mark(void)
{
	m.fib.src_valid_mark = 0;
}

static void no_fwmark(void)
{
	views[0].dev.fwmark = 0;
}

static void no_peer(void)
{
	allowed[0] = prefix("10.0.0.0/8");
}

static void two_peers(void)
{
	views[0].dev.peers_len = 2;
}

static void no_endpoint(void)
{
	memset(&peers[0].endpoint, 0, sizeof(peers[0].endpoint));
}

static void local_endpoint(void)
{
	endpoint("192.168.44.2");
}

static void elsewhere(void)
{
	no_fwmark();
	views[0].elsewhere = true;
}

static void legacy(void)
{
	m.rules.legacy[IPV4] = true;
}

static void legacy_alone(void)
{
	no_restore();
	legacy();
}

static void leak_guard(void)
{
	rules[2].action = FR_ACT_UNREACHABLE;
	rules[2].table = 0;
}

static void firewall(void)
{
	m.rules.len = 2;
}

static void mapped(void)
{
	firewall();
	more[1].text = (char *)"[lookup]";
}

static void mapped_open(void)
{
	mapped();
	filter_chains[0].drops = false;
}

static void kmod(void)
{
	m.rules.len = 0;
	views[0].backend = "kmod";
	views[0].params = (struct tunnel_params){
		.fwmark = MARK, .mask = UINT32_MAX, .restore = WGMARK_RESTORE_CONNTRACK,
		.guard = true, .families = WGMARK_FAMILY_IPV4,
	};
	views[0].guarded = &routes[0].dst;
	views[0].guarded_len = 1;
}

static struct nft_rule forward[] = {
	{ .text = (char *)"iifname \"lan\" accept", .role = ROLE_ACCEPT },
	{ .text = (char *)"ct state established accept", .role = ROLE_ACCEPT },
};

static struct nft_rule forward_port[] = {
	{ .text = (char *)"ct state new tcp dport 443 accept", .role = ROLE_ACCEPT },
};

static struct nft_chain router_chains[] = {
	{ .name = "forward", .is_base = true, .hook = NF_INET_FORWARD, .type = "filter",
	  .drops = true },
};

static struct nft_ruleset_table router_table = {
	.family = NFPROTO_INET, .name = "router", .chains = router_chains, .chains_len = 1,
};

static void router(void)
{
	kmod();
	links[LAN - 1].forwarding = 1;
	links[WG0 - 1].forwarding = 1;
	m.rules = (struct ruleset){ .tables = &router_table, .len = 1 };
	router_chains[0].rules = forward;
	router_chains[0].rules_len = TAP_LEN(forward);
}

static void deaf_router(void)
{
	router();
	router_chains[0].rules_len = 1;
}

static void port_router(void)
{
	router();
	router_chains[0].rules = forward_port;
	router_chains[0].rules_len = TAP_LEN(forward_port);
}

/* A rule of the protocol, in place of the tunnel's */
static void proto_rule(uint8_t proto, uint16_t port)
{
	rules[2].mask = 0;
	rules[2].invert = false;
	rules[2].proto = proto;
	rules[2].dport[0] = port;
	rules[2].dport[1] = port;
}

static void https_rule(void)
{
	proto_rule(IPPROTO_TCP, 443);
}

static void not_https_rule(void)
{
	https_rule();
	rules[2].invert = true;
}

static void udp_rule(void)
{
	proto_rule(IPPROTO_UDP, 0);
}

static void other_udp_rule(void)
{
	udp_rule();
	rules[2].src = prefix("10.9.0.0/16");
}

/* What follows in the chain is for TCP alone */
static void tcp_mark(void)
{
	static struct nft_rule list[] = {
		{ .text = (char *)"meta l4proto != tcp return", .role = ROLE_OTHER },
		{ .text = (char *)"meta mark set 0x00000001", .role = ROLE_OTHER },
	};
	static struct nft_chain output = {
		.name = "output", .is_base = true, .hook = NF_INET_LOCAL_OUT, .type = "route",
		.rules = list, .rules_len = 2,
	};
	static struct nft_ruleset_table table = {
		.family = NFPROTO_IPV4, .name = "marks", .chains = &output, .chains_len = 1,
	};

	m.rules = (struct ruleset){ .tables = &table, .len = 1 };
}

/* Two chains of one priority set a mark: the kernel has the one last that came first */
static void two_marks(void)
{
	static struct nft_rule one = { .text = (char *)"meta mark set 0x00000001" };
	static struct nft_rule ours = { .text = (char *)"meta mark set 0x0000ca6c" };
	static struct nft_chain output[] = {
		{ .name = "one", .is_base = true, .hook = NF_INET_LOCAL_OUT, .type = "route",
		  .rules = &ours, .rules_len = 1 },
		{ .name = "two", .is_base = true, .hook = NF_INET_LOCAL_OUT, .type = "route",
		  .rules = &one, .rules_len = 1 },
	};
	static struct nft_ruleset_table table = {
		.family = NFPROTO_IPV4, .name = "marks", .chains = output, .chains_len = 2,
	};

	loose();
	m.rules = (struct ruleset){ .tables = &table, .len = 1 };
}

/* Likewise, each in a table of its own */
static void two_tables(void)
{
	static struct nft_ruleset_table both[2];

	two_marks();
	both[0] = both[1] = m.rules.tables[0];
	both[1].chains++;
	both[0].chains_len = 1;
	both[1].chains_len = 1;
	m.rules = (struct ruleset){ .tables = both, .len = 2 };
}

/* The module, and a chain of nft with one rule */
static void beside(uint32_t hook, int32_t priority, const char *type, const char *text)
{
	static struct nft_rule rule;
	static struct nft_chain chain;
	static struct nft_ruleset_table table = {
		.family = NFPROTO_IPV4, .name = "beside", .chains = &chain, .chains_len = 1,
	};

	kmod();
	rule = (struct nft_rule){ .text = (char *)text };
	chain = (struct nft_chain){
		.name = "chain", .is_base = true, .hook = hook, .priority = priority,
		.rules = &rule, .rules_len = 1,
	};
	snprintf(chain.type, sizeof(chain.type), "%s", type);
	m.rules = (struct ruleset){ .tables = &table, .len = 1 };
}

static void device_chain(void)
{
	beside(NF_INET_INGRESS, 0, "filter", "drop");
	m.rules.tables[0].family = NFPROTO_INET;
}

static void device_chain_empty(void)
{
	device_chain();
	m.rules.tables[0].chains[0].rules_len = 0;
}

/* A rule for what has lan's address, as policy routing by source has them */
static void source_rule(void)
{
	rules[2] = (struct fib_rule){
		.family = AF_INET, .priority = 32765, .action = FR_ACT_TO_TBL, .table = 51820,
		.suppress = -1, .suppress_group = -1, .src = prefix("192.168.44.2"),
	};
}

static void kmod_first_or_not(void)
{
	beside(NF_INET_PRE_ROUTING, -150, "filter", "meta mark != 0x00000000 drop");
}

static void kmod_first_or_not_alike(void)
{
	beside(NF_INET_PRE_ROUTING, -150, "filter", "meta mark set ct mark");
}

static void kmod_guards(void)
{
	beside(NF_INET_PRE_ROUTING, -300, "filter", "notrack");
}

static void dnat(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "ip daddr 1.1.1.1 counter packets 0 bytes 0 [nat]");
}

static void dnat_port(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "tcp dport 53 redirect to :5353");
}

static void dnat_maybe(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "[match owner] [target DNAT]");
}

static void dnat_elsewhere(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "[match owner] jump DOCKER");
}

static void snat(void)
{
	beside(NF_INET_POST_ROUTING, 100, "nat", "oif \"lan\" masquerade");
}

static void dnat_to_lan(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "ip daddr 1.1.1.1 dnat to 192.168.44.3");
}

static void replies_drop(void)
{
	beside(NF_INET_LOCAL_OUT, 0, "filter", "ct state established drop");
}

static void redirected(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "redirect");
	routes[5] = route("127.0.0.0/8", RT_TABLE_LOCAL, RTN_LOCAL, LO);
}

static void redirected_port(void)
{
	redirected();
	beside(NF_INET_LOCAL_OUT, -100, "nat", "redirect to :53");
}

static void redirected_ports(void)
{
	redirected();
	beside(NF_INET_LOCAL_OUT, -100, "nat", "redirect to :53-54");
}

static void snat_learn(void)
{
	beside(NF_INET_POST_ROUTING, 100, "nat", "oifname \"lan\" snat to 192.168.44.9");
	views[0].params.restore = WGMARK_RESTORE_LEARN;
	routes[5] = route("192.168.44.9", RT_TABLE_LOCAL, RTN_LOCAL, LAN);
}

static void forwards(uint32_t hook, int32_t priority, const char *type, const char *text)
{
	beside(hook, priority, type, text);
	links[LAN - 1].forwarding = 1;
	links[WG0 - 1].forwarding = 1;
}

static void dnat_router(void)
{
	forwards(NF_INET_PRE_ROUTING, -100, "nat", "iifname \"lan\" dnat to 1.1.1.1");
}

static void masquerade(void)
{
	forwards(NF_INET_POST_ROUTING, 100, "nat", "oifname \"wg0\" masquerade");
}

/* It has no mark there, and gets one on the way out, by which it is dropped on the way in */
static void track_unmarked(void *data, const struct flow *flow, struct conn *conn)
{
	(void)data;
	(void)flow;
	conn->is_known = true;
	conn->mark = 0;
}

static void track_masqueraded(void *data, const struct flow *flow, struct conn *conn)
{
	(void)data;
	(void)flow;
	conn->is_known = true;
	conn->nat_done = true;
	conn->nat_from = prefix("10.2.0.2");
}

static void track_masqueraded_by_lan(void *data, const struct flow *flow, struct conn *conn)
{
	track_masqueraded(data, flow, conn);
	conn->nat_from = prefix("192.168.44.2");
}

static struct nft_rule vmap_rules[] = {
	{ .text = (char *)"meta length 1-1000 accept", .role = ROLE_ACCEPT },
	{ .text = (char *)"ip daddr vmap { 2.2.2.2 : jump x, 1.1.1.1 : drop }" },
};

static int source_of_two(void *data, uint32_t ifindex, sa_family_t family, bool first,
			 struct prefix *addr)
{
	(void)data;
	(void)first;
	(void)ifindex;
	(void)family;
	(void)addr;
	return -EADDRNOTAVAIL;
}

static void masquerade_two(void)
{
	masquerade();
	m.source = source_of_two;
}

static void masquerade_random(void)
{
	forwards(NF_INET_POST_ROUTING, 100, "nat", "oifname \"wg0\" masquerade fully-random");
}

static void masquerade_random_persistent(void)
{
	forwards(NF_INET_POST_ROUTING, 100, "nat", "oifname \"wg0\" masquerade random,persistent");
}

static void masquerade_known_moved(void)
{
	masquerade();
	m.track = track_masqueraded_by_lan;
}

static void masquerade_known_plain(void)
{
	masquerade();
	m.track = track_unmarked;
}

static void nat_vmap(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "udp dport vmap { 53 : jump d }");
}

static void masquerade_xt(void)
{
	forwards(NF_INET_POST_ROUTING, 100, "nat", "oifname \"wg0\" [target MASQUERADE]");
}

static void snat_other_family(void)
{
	forwards(NF_INET_POST_ROUTING, 100, "nat", "oifname \"wg0\" snat ip6 to fd02::2");
}

static void snat_nobody(void)
{
	forwards(NF_INET_POST_ROUTING, 100, "nat", "oifname \"wg0\" snat ip to 10.2.0.9");
}

/* A chain beside that of beside(), in the same table */
static void and_chain(uint32_t hook, int32_t priority, const char *type, const char *text)
{
	static struct nft_ruleset_table table;
	static struct nft_chain chains[2];
	static struct nft_rule rule;

	rule = (struct nft_rule){ .text = (char *)text };
	table = m.rules.tables[0];
	chains[0] = table.chains[0];
	chains[1] = (struct nft_chain){
		.name = "other", .is_base = true, .hook = hook, .priority = priority,
		.rules = &rule, .rules_len = 1,
	};
	snprintf(chains[1].type, sizeof(chains[1].type), "%s", type);
	table.chains = chains;
	table.chains_len = 2;
	m.rules.tables = &table;
}

/* Of lan's own address, so that it is a port alone that may be another one */
static void redirected_unsaid(void)
{
	beside(NF_INET_PRE_ROUTING, -100, "nat", "redirect to :53");
	and_chain(NF_INET_LOCAL_IN, 0, "filter", "ct status dnat drop");
}

static void vmap_of_others(void)
{
	beside(NF_INET_LOCAL_OUT, 0, "filter", "ct original ip saddr vmap @says");
}

static void vmap_to_nowhere(void)
{
	beside(NF_INET_LOCAL_OUT, 0, "filter", "oifname vmap @says");
}

/* What has no words changes a set that a later rule asks */
static void unknown_set_changes(void)
{
	beside(NF_INET_LOCAL_OUT, -10, "filter", "[dynset]");
	and_chain(NF_INET_LOCAL_OUT, 0, "filter", "ip daddr @have drop");
}

static void masquerade_unsaid(void)
{
	beside(NF_INET_POST_ROUTING, 100, "nat", "oifname \"wg0\" masquerade random");
	and_chain(NF_INET_POST_ROUTING, 110, "filter",
		  "oifname \"wg0\" ct status snat drop");
}

/* Who asked is in no tunnel's AllowedIPs */
static void replies_not_allowed(void)
{
	kmod();
	allowed[0] = prefix("0.0.0.0/1");
}

static void masquerade_raw_drop(void)
{
	masquerade();
	and_chain(NF_INET_PRE_ROUTING, -300, "filter", "ip daddr 10.2.0.2 drop");
}

static void dnat_router_forward(void)
{
	dnat_router();
	and_chain(NF_INET_FORWARD, 110, "filter", "ip saddr 192.168.44.2 drop");
}

static void masquerade_known_forward(void)
{
	masquerade();
	and_chain(NF_INET_FORWARD, 110, "filter", "ip saddr 10.2.0.2 drop");
	m.track = track_masqueraded;
}

static void dnat_marked_later(void)
{
	dnat_to_lan();
	and_chain(NF_INET_LOCAL_OUT, 0, "filter", "meta mark set 0x0000ca6c");
}

static void vmap_jumps(void)
{
	beside(NF_INET_LOCAL_OUT, 0, "filter",
	       "ip daddr vmap { 2.2.2.2 : jump x, 1.1.1.1 : drop }");
	m.rules.tables[0].chains[0].rules = vmap_rules;
	m.rules.tables[0].chains[0].rules_len = 2;
}

static void nat_chains(uint32_t hook, int32_t priority, const char *filter, const char *early,
		       const char *late)
{
	static struct nft_rule rules[3];
	static struct nft_chain chains[] = {
		{ .name = "filter", .type = "filter", .rules = &rules[0] },
		{ .name = "early", .type = "nat", .priority = 50, .rules = &rules[1] },
		{ .name = "late", .type = "nat", .priority = 60, .rules = &rules[2] },
	};
	static struct nft_ruleset_table table = {
		.family = NFPROTO_INET, .name = "nat", .chains = chains, .chains_len = 3,
	};
	size_t i;

	kmod();
	chains[0].priority = priority;
	rules[0].text = (char *)filter;
	rules[1].text = (char *)early;
	rules[2].text = (char *)late;
	for (i = 0; i < 3; i++) {
		chains[i].is_base = true;
		chains[i].hook = hook;
		chains[i].rules_len = 1;
	}
	m.rules = (struct ruleset){ .tables = &table, .len = 1 };
}

/* The kernel asks those at NAT's own priority, by theirs */
static void nat_first(void)
{
	nat_chains(NF_INET_LOCAL_OUT, -50, "meta mark 0x00000001 drop",
		   "meta mark set 0x00000002",
		   "meta mark 0x00000002 meta mark set 0x00000001");
}

static void nat_first_or_not(void)
{
	nat_chains(NF_INET_LOCAL_OUT, -100, "meta mark 0x00000001 drop",
		   "meta mark set 0x00000001", "meta mark 0x00000003 drop");
}

static void nat_once(void)
{
	nat_chains(NF_INET_LOCAL_OUT, 0, "meta mark 0x00000001 drop", "dnat to 10.0.0.1", "drop");
}

static void nat_last(void)
{
	nat_chains(NF_INET_POST_ROUTING, 70, "meta mark 0x00000001 drop",
		   "meta mark set 0x00000001", "meta mark 0x00000003 drop");
}

static void local_endpoint_kmod(void)
{
	kmod();
	local_endpoint();
}

static void output_drop_lo(void)
{
	beside(NF_INET_POST_ROUTING, 0, "filter", "oif \"lo\" drop");
}

static void input_drop(void)
{
	beside(NF_INET_LOCAL_IN, 0, "filter", "iif \"lo\" meta mark 0x00000007 drop");
}

/* Of a connection that is there, no chain of NAT is asked */
static void nat_drop(void)
{
	beside(NF_INET_PRE_ROUTING, -100, "nat", "iif \"lan\" drop");
}

static void nat_drop_lo(void)
{
	beside(NF_INET_PRE_ROUTING, -100, "nat", "iif \"lo\" drop");
}

/* It has no connection tracked by itself */
static void nat_drop_alone(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "ip daddr 192.168.44.3 drop");
	views[0].params.restore = WGMARK_RESTORE_LEARN;
}

static void mark_looked_up(void)
{
	beside(NF_INET_LOCAL_OUT, -150, "route", "[lookup] [meta] accept");
}

static void marked_on_the_way(void)
{
	beside(NF_INET_LOCAL_OUT, 0, "route", "meta mark set 0x0000ca6c ip daddr 9.9.9.9 drop");
}

static void notrack_maybe(void)
{
	beside(NF_INET_LOCAL_OUT, -300, "filter", "ip daddr @them notrack");
}

static void nat_drop_untracked(void)
{
	beside(NF_INET_LOCAL_OUT, -100, "nat", "ip daddr 185.159.157.129 drop");
	views[0].params.restore = WGMARK_RESTORE_LEARN;
	views[0].params.notrack = true;
}

static void learn(void)
{
	kmod();
	views[0].params.restore = WGMARK_RESTORE_LEARN;
	views[0].params.notrack = true;
}

/* The tunnel's own packets were seen to leave */
static void learned(void)
{
	static struct sockaddr_storage source;
	struct sockaddr_in *in = (struct sockaddr_in *)&source;

	learn();
	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(51821) };
	in->sin_addr = prefix("192.168.44.2").v4;
	views[0].sources = &source;
	views[0].sources_len = 1;
}

/* What cannot be judged is of one protocol alone */
static void udp_maybe(void)
{
	static struct nft_rule list[] = {
		{ .text = (char *)"udp dport 53 [range] drop", .role = ROLE_DROP },
	};
	static struct nft_chain output = {
		.name = "output", .is_base = true, .hook = NF_INET_LOCAL_OUT, .type = "filter",
		.rules = list, .rules_len = 1,
	};
	static struct nft_ruleset_table table = {
		.family = NFPROTO_INET, .name = "hours", .chains = &output, .chains_len = 1,
	};

	m.rules = (struct ruleset){ .tables = &table, .len = 1 };
}

static void masked(void)
{
	kmod();
	views[0].params.mask = 0xffff;
}

/* The kernel, which knows of something that the rules do not have */
static int ask_other(void *data, const struct flow *flow, struct fib_answer *a)
{
	int err = ask(data, flow, a);

	if (a->ifindex == WG0) {
		a->ifindex = LAN;
		a->prefsrc = prefix("192.168.44.2");
	}
	return err;
}

static void otherwise(void)
{
	m.ask = ask_other;
}

/* It takes what the rules would drop */
static int ask_taken(void *data, const struct flow *flow, struct fib_answer *a)
{
	int err = ask(data, flow, a);

	if (flow->iif)
		*a = (struct fib_answer){ .type = RTN_LOCAL, .table = RT_TABLE_LOCAL };
	return err;
}

static void taken(void)
{
	no_restore();
	m.ask = ask_taken;
}

/* Conntrack has the tunnel's connection, and what is asked about is of it */
static void track_tunnel(void *data, const struct flow *flow, struct conn *conn)
{
	(void)data;
	if (flow->sport != 51820 && flow->dport != 51820)
		return;
	conn->mark = MARK;
	conn->is_known = true;
	conn->is_answered = true;
}

static void tracked(void)
{
	m.track = track_tunnel;
}

static void marked_on_the_way_out(void)
{
	static struct nft_rule set = { .text = (char *)"ct mark set 0x00000007" };
	static struct nft_rule drop = { .text = (char *)"ct mark 0x00000007 drop" };
	static struct nft_chain chains[] = {
		{ .name = "output", .is_base = true, .hook = NF_INET_LOCAL_OUT, .type = "filter",
		  .rules = &set, .rules_len = 1 },
		{ .name = "input", .is_base = true, .hook = NF_INET_LOCAL_IN, .type = "filter",
		  .rules = &drop, .rules_len = 1 },
	};
	static struct nft_ruleset_table table = {
		.family = NFPROTO_IPV4, .name = "marks", .chains = chains, .chains_len = 2,
	};

	kmod();
	m.track = track_unmarked;
	m.rules = (struct ruleset){ .tables = &table, .len = 1 };
}

/* The mark is saved, in words, though conntrack has it already */
static void tracked_before(void)
{
	tracked();
	postmangle[0].text = (char *)"meta l4proto udp meta mark 0x0000ca6c ct mark != 0x0000ca6c ct mark set 0x0000ca6c";
}

/* Of what it sent before, nothing was answered */
static void track_waiting(void *data, const struct flow *flow, struct conn *conn)
{
	track_tunnel(data, flow, conn);
	conn->is_answered = false;
	conn->nat_done = true;
}

static void track_waiting_before_nat(void *data, const struct flow *flow, struct conn *conn)
{
	track_waiting(data, flow, conn);
	conn->nat_done = false;
}

static void nat_drop_waiting(void)
{
	nat_drop();
	m.track = track_waiting;
}

static void nat_drop_later(void)
{
	nat_drop();
	m.track = track_waiting_before_nat;
}

static void dnat_later(void)
{
	beside(NF_INET_PRE_ROUTING, -100, "nat", "iif \"lan\" dnat to 10.0.0.1");
	m.track = track_waiting_before_nat;
}

static void track_nat(void *data, const struct flow *flow, struct conn *conn)
{
	track_tunnel(data, flow, conn);
	conn->nat_sport = conn->is_known ? 1024 : 0;
}

static void track_nat_from(void *data, const struct flow *flow, struct conn *conn)
{
	track_tunnel(data, flow, conn);
	conn->nat_from = prefix("10.9.9.9");
}

static void nat_before_from(void)
{
	snat();
	m.track = track_nat_from;
}

static void track_nat_to(void *data, const struct flow *flow, struct conn *conn)
{
	track_tunnel(data, flow, conn);
	conn->nat_to = prefix("10.2.0.2");
}

static void nat_before_to(void)
{
	snat();
	m.track = track_nat_to;
}

static void nat_before_gone(void)
{
	m.track = track_nat_from;
}

static void nat_before(void)
{
	snat();
	m.track = track_nat;
}

static void kmod_tracked(void)
{
	kmod();
	tracked();
}

#endif
