/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine of the first document, for the tests of the journey
 */
#ifndef WGMARK_TEST_JOURNEY_H
#define WGMARK_TEST_JOURNEY_H

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <linux/netfilter.h>

#include "journey_story.h"
#include "tap.h"
#include "walk.h"

#define MARK 0xca6c

enum { LO = 1, LAN = 2, WG0 = 3 };

/** prefix() - an address or a network from text, which has to be right */
static inline struct prefix prefix(const char *text)
{
	struct prefix p = { 0 };

	if (prefix_parse(&p, text))
		abort();
	return p;
}

static struct fib_link links[] = {
	{ .ifindex = LO, .name = "lo", .is_up = true, .has_carrier = true },
	{ .ifindex = LAN, .name = "lan", .is_up = true, .has_carrier = true, .rp_filter = 1 },
	{ .ifindex = WG0, .name = "wg0", .kind = "wireguard", .is_up = true,
	  .has_carrier = true, .rp_filter = 1 },
};

static struct fib_rule rules[] = {
	{ .family = AF_INET, .priority = 0, .action = FR_ACT_TO_TBL, .table = RT_TABLE_LOCAL,
	  .suppress = -1, .suppress_group = -1 },
	{ .family = AF_INET, .priority = 32764, .action = FR_ACT_TO_TBL, .table = RT_TABLE_MAIN,
	  .suppress = 0, .suppress_group = -1 },
	{ .family = AF_INET, .priority = 32765 },
	{ .family = AF_INET, .priority = 32766, .action = FR_ACT_TO_TBL, .table = RT_TABLE_MAIN,
	  .suppress = -1, .suppress_group = -1 },
};

static const struct fib_rule tunnel_rule = {
	.family = AF_INET, .priority = 32765, .action = FR_ACT_TO_TBL, .table = 51820,
	.mark = MARK, .mask = UINT32_MAX, .invert = true, .suppress = -1, .suppress_group = -1,
};

static struct fib_route routes[6];

static struct prefix allowed[3];
static struct wg_peer peers[2];
static struct view views[1];

static struct nft_rule preraw[] = {
	{ .text = (char *)"iifname != \"wg0\" ip daddr 10.2.0.2 fib saddr type != local drop",
	  .role = ROLE_GUARD },
};

static struct nft_rule premangle[] = {
	{ .text = (char *)"meta l4proto udp meta mark set ct mark", .role = ROLE_RESTORE },
};

static struct nft_rule postmangle[] = {
	{ .text = (char *)"meta l4proto udp meta mark 0x0000ca6c ct mark set meta mark",
	  .role = ROLE_SAVE },
};

static struct nft_rule filter[] = {
	{ .text = (char *)"udp dport 53 reject", .role = ROLE_REJECT },
	{ .text = (char *)"jump more", .role = ROLE_OTHER },
	{ .text = (char *)"oif \"lan\" udp dport 51820 meta mark 0x0000ca6c accept",
	  .role = ROLE_ACCEPT },
};

static struct nft_rule more[] = {
	{ .text = (char *)"oif \"wg0\" accept", .role = ROLE_ACCEPT },
	{ .text = (char *)"oif \"lan\" ip daddr 192.168.44.0/24 meta pkttype unicast accept",
	  .role = ROLE_ACCEPT },
};

static struct nft_chain wg_quick_chains[] = {
	{ .name = "preraw", .is_base = true, .hook = NF_INET_PRE_ROUTING, .priority = -300,
	  .type = "filter", .rules = preraw, .rules_len = 1 },
	{ .name = "premangle", .is_base = true, .hook = NF_INET_PRE_ROUTING, .priority = -150,
	  .type = "filter", .rules = premangle, .rules_len = 1 },
	{ .name = "postmangle", .is_base = true, .hook = NF_INET_POST_ROUTING, .priority = -150,
	  .type = "filter", .rules = postmangle, .rules_len = 1 },
};

static struct nft_chain filter_chains[] = {
	{ .name = "output", .is_base = true, .hook = NF_INET_LOCAL_OUT, .type = "filter",
	  .drops = true, .rules = filter, .rules_len = 3 },
	{ .name = "more", .rules = more, .rules_len = 2 },
};

/* The firewall is there for those tests alone that ask for it */
static struct nft_ruleset_table tables[] = {
	{ .family = NFPROTO_IPV4, .name = "wg-quick-wg0", .owner = OWNER_WG_QUICK,
	  .ifname = "wg0", .chains = wg_quick_chains, .chains_len = 3 },
	{ .family = NFPROTO_INET, .name = "firewall", .chains = filter_chains, .chains_len = 2 },
};

/** The machine, as machine() makes it and a test may change it. */
static struct journey_machine m;

/* In place of the kernel: the walk itself */
static inline int ask(void *data, const struct flow *flow, struct fib_answer *a)
{
	const struct walk_step *end;
	struct walk w, back;
	int err, mode;
	bool marked;

	(void)data;
	*a = (struct fib_answer){ 0 };
	err = walk_rules(&m.fib, flow, &w);
	if (err) {
		walk_free(&w);
		return err;
	}
	end = walk_end(&w);
	a->err = w.err;
	if (!w.err && end) {
		a->type = end->route->type;
		a->table = end->route->table;
		a->ifindex = a->type == RTN_LOCAL ? LO : end->route->hops[end->hop].ifindex;
		a->via = end->route->hops[end->hop].via;
		a->prefsrc = a->ifindex == WG0 ? prefix("10.2.0.2") : prefix("192.168.44.2");
	}
	walk_free(&w);
	if (!flow->iif)
		return 0;
	err = walk_rp_filter(&m.fib, flow, &mode, &marked, &back);
	walk_free(&back);
	if (!err)
		/* since Linux 6.13; before, -EXDEV for some */
		a->err = -EINVAL;
	return err < 0 ? err : 0;
}

/* In place of conntrack, which knows nothing */
static inline void track(void *data, const struct flow *flow, struct conn *conn)
{
	(void)data;
	(void)flow;
	(void)conn;
}

/* In place of RTM_GETADDR */
static inline int source(void *data, uint32_t ifindex, sa_family_t family, bool first,
			 struct prefix *addr)
{
	(void)data;
	(void)first;
	if (family != AF_INET || (ifindex != WG0 && ifindex != LAN))
		return -EADDRNOTAVAIL;
	*addr = prefix(ifindex == WG0 ? "10.2.0.2" : "192.168.44.2");
	return 0;
}

/* The set "have" has an address, a port and a device, and what is one key of several fields; of
 * "guarded", what wg0 has. The map "says" has what "have" has, "else" nothing but "*"
 */
static inline int in_set(void *data, const struct nft_ruleset_table *table, const char *set,
			 const void *key, size_t len, char verdict[static VERDICT_LEN])
{
	static const uint8_t addr[] = { 1, 1, 1, 1 }, port[] = { 0, 53 }, own[] = { 10, 2, 0, 2 };
	static const uint8_t proto[] = { IPPROTO_UDP };
	static const uint32_t mark_51 = 0x51;
	static const uint8_t several[] = { 1, 1, 1, 1, IPPROTO_UDP, 0, 0, 0, 0, 53, 0, 0 };
	static const char name[IF_NAMESIZE] = "wg0";
	static const struct {
		const void *key;
		size_t len;
	} have[] = {
		{ addr, sizeof(addr) }, { port, sizeof(port) }, { name, sizeof(name) },
		{ proto, sizeof(proto) }, { several, sizeof(several) }, { &mark_51, sizeof(mark_51) },
	};
	size_t i;

	(void)data;
	(void)table;
	*verdict = '\0';
	if (strcmp(set, "guarded") == 0)
		return len == sizeof(own) && !memcmp(key, own, len);
	if (strcmp(set, "all") == 0)
		return IN_SET_BY_ALL;
	if (strcmp(set, "else") == 0) {
		strcpy(verdict, "return");
		return IN_SET_BY_ALL;
	}
	if (strcmp(set, "have") && strcmp(set, "says"))
		return -EINVAL;
	for (i = 0; i < sizeof(have) / sizeof(have[0]); i++) {
		if (len != have[i].len || memcmp(key, have[i].key, len))
			continue;
		if (strcmp(set, "says") == 0)
			strcpy(verdict, "jump web");
		return 1;
	}
	return 0;
}

static inline struct fib_route route(const char *dst, uint32_t table, uint8_t type,
				     uint32_t ifindex)
{
	return (struct fib_route){
		.dst = prefix(dst),
		.table = table,
		.type = type,
		.scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
		.protocol = type == RTN_LOCAL ? RTPROT_KERNEL : RTPROT_BOOT,
		.hops = { { .ifindex = ifindex } },
		.hops_len = ifindex ? 1 : 0,
	};
}

static inline void endpoint(const char *addr)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&peers[0].endpoint;

	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(51820) };
	in->sin_addr = prefix(addr).v4;
}

/** machine() - make @m that of the first document, with wg-quick */
static inline void machine(void)
{
	routes[0] = route("10.2.0.2", RT_TABLE_LOCAL, RTN_LOCAL, WG0);
	routes[1] = route("192.168.44.2", RT_TABLE_LOCAL, RTN_LOCAL, LAN);
	routes[2] = route("192.168.44.0/24", RT_TABLE_MAIN, RTN_UNICAST, LAN);
	routes[3] = route("0.0.0.0/0", RT_TABLE_MAIN, RTN_UNICAST, LAN);
	routes[3].hops[0].via = prefix("192.168.44.1");
	routes[4] = route("0.0.0.0/0", 51820, RTN_UNICAST, WG0);
	routes[5] = route("198.51.100.0/24", RT_TABLE_MAIN, RTN_UNREACHABLE, 0);
	rules[2] = tunnel_rule;
	allowed[0] = prefix("0.0.0.0/0");
	peers[0] = (struct wg_peer){ .allowed = allowed, .allowed_len = 1, .handshake = 990 };
	endpoint("185.159.157.129");
	allowed[1] = prefix("1.1.1.0/24");
	allowed[2] = prefix("1.0.0.0/8");
	peers[1] = (struct wg_peer){ .public_key = { 4 }, .endpoint = peers[0].endpoint,
				     .allowed = allowed + 1, .allowed_len = 2 };
	views[0] = (struct view){
		.link = { .ifindex = WG0, .name = "wg0" },
		.dev = { .listen_port = 51821, .fwmark = MARK, .peers = peers, .peers_len = 1 },
		.backend = "none",
	};
	links[LAN - 1].rp_filter = 1;
	links[LAN - 1].forwarding = 0;
	links[WG0 - 1].forwarding = 0;
	premangle[0].role = ROLE_RESTORE;
	postmangle[0].text = (char *)"meta l4proto udp meta mark 0x0000ca6c ct mark set meta mark";
	more[1].text = (char *)"oif \"lan\" ip daddr 192.168.44.0/24 meta pkttype unicast accept";
	filter_chains[0].drops = true;
	m = (struct journey_machine){
		.fib = { .rules = rules, .rules_len = TAP_LEN(rules), .routes = routes,
			 .routes_len = TAP_LEN(routes), .links = links,
			 .links_len = TAP_LEN(links), .src_valid_mark = 1 },
		.views = views, .views_len = 1, .now = 1000, .ask = ask,
		.track = track, .in_set = in_set,
		.source = source,
		.rules = { .tables = tables, .len = 1 },
	};
}

#endif
