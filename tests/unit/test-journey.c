// SPDX-License-Identifier: GPL-2.0
/*
 * The journey of a packet on machines that are made here: that of the first document,
 * with something changed or missing, and rules of nft against one packet.
 * tests/netns/63-explain.sh has the real ones.
 */
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

static struct prefix prefix(const char *text)
{
	struct prefix p = { 0 };

	if (prefix_parse(&p, text))
		abort();
	return p;
}

/* --- a machine ------------------------------------------------------------- */

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

static struct nft_rule forward[] = {
	{ .text = (char *)"ct state established,new iifname \"lan\" accept",
	  .role = ROLE_ACCEPT },
};

static struct nft_rule forward_port[] = {
	{ .text = (char *)"ct state new tcp dport 443 accept", .role = ROLE_ACCEPT },
};

static struct nft_chain router_chains[] = {
	{ .name = "forward", .is_base = true, .hook = NF_INET_FORWARD, .type = "filter",
	  .drops = true, .rules = forward, .rules_len = 1 },
};

static struct nft_ruleset_table tables[] = {
	{ .family = NFPROTO_IPV4, .name = "wg-quick-wg0", .owner = OWNER_WG_QUICK,
	  .ifname = "wg0", .chains = wg_quick_chains, .chains_len = 3 },
	{ .family = NFPROTO_INET, .name = "firewall", .chains = filter_chains, .chains_len = 2 },
	{ .family = NFPROTO_INET, .name = "router", .chains = router_chains, .chains_len = 1 },
};

static struct journey_machine m;

/* In place of the kernel: the walk itself */
static int ask(void *data, const struct flow *flow, struct fib_answer *a)
{
	const struct walk_step *end;
	struct walk w, back;
	int err, mode;
	bool marked;

	(void)data;
	*a = (struct fib_answer){ 0 };
	err = walk_rules(&m.fib, flow, &w);
	if (err)
		return err;
	end = walk_end(&w);
	a->err = w.err;
	if (!w.err && end) {
		a->type = end->route->type;
		a->table = end->route->table;
		a->ifindex = a->type == RTN_LOCAL ? LO : end->route->hops[end->hop].ifindex;
		a->via = end->route->hops[end->hop].via;
		a->prefsrc = a->ifindex == WG0 ? prefix("10.2.0.2") : prefix("192.168.44.2");
	}
	if (flow->iif && !walk_rp_filter(&m.fib, flow, &mode, &marked, &back))
		/* since Linux 6.13; before, -EXDEV for some */
		a->err = -EINVAL;
	if (flow->iif)
		walk_free(&back);
	walk_free(&w);
	return 0;
}

static struct fib_route route(const char *dst, uint32_t table, uint8_t type, uint32_t ifindex)
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

static void endpoint(const char *addr)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&peers[0].endpoint;

	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(51820) };
	in->sin_addr = prefix(addr).v4;
}

/* The first document's, with wg-quick */
static void machine(void)
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
	more[1].text = (char *)"oif \"lan\" ip daddr 192.168.44.0/24 meta pkttype unicast accept";
	filter_chains[0].drops = true;
	m = (struct journey_machine){
		.fib = { .rules = rules, .rules_len = TAP_LEN(rules), .routes = routes,
			 .routes_len = TAP_LEN(routes), .links = links,
			 .links_len = TAP_LEN(links), .src_valid_mark = 1 },
		.views = views, .views_len = 1, .now = 1000, .ask = ask,
		.rules = { .tables = tables, .len = 1 },
	};
}

/* --- what is changed ------------------------------------------------------- */

static void nothing(void)
{
}

static void no_restore(void)
{
	m.rules.len = 0;
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

static void router(void)
{
	kmod();
	links[LAN - 1].forwarding = 1;
	links[WG0 - 1].forwarding = 1;
	m.rules = (struct ruleset){ .tables = &tables[2], .len = 1 };
	router_chains[0].rules = forward;
}

static void port_router(void)
{
	router();
	router_chains[0].rules = forward_port;
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

static void learn(void)
{
	kmod();
	views[0].params.restore = WGMARK_RESTORE_LEARN;
	views[0].params.notrack = true;
}

static void masked(void)
{
	kmod();
	views[0].params.mask = 0xffff;
}

#define TUNNEL "1.1.1.1 leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan"

/* The last sentence, and words of the story that are in it or, after "!", are not */
static const struct {
	const char *name;
	void (*change)(void);
	const char *options[FLOW_OPTIONS];
	const char *end;
	const char *words;
} journeys[] = {
	{ "wg-quick", nothing, { "1.1.1.1" }, TUNNEL ".",
	  "that is why the mark is given back" },
	{ "the module", kmod, { "1.1.1.1" }, TUNNEL ".", "wg0: postmangle" },
	{ "the module, learn", learn, { "1.1.1.1" }, TUNNEL ".", "wg0: outraw" },
	{ "the module, masked", masked, { "1.1.1.1" }, TUNNEL ".",
	  "that is why the mark is given back" },
	{ "made in another namespace", elsewhere, { "1.1.1.1" },
	  "1.1.1.1 is reached or not: what carries it leaves from another network namespace, where wg0 was made, and cannot be followed there.",
	  "no socket of this one has port 51821" },
	{ "iptables-legacy", legacy, { "1.1.1.1" },
	  TUNNEL ", as far as can be told without the rules of iptables-legacy.",
	  "wg0" },
	{ "iptables-legacy, which may restore", legacy_alone, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as an answer would leave by wg0, as far as can be told without the rules of iptables-legacy.",
	  "wg0" },
	{ "nobody restores", no_restore, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as an answer would leave by wg0.",
	  "By the routing rules it would leave by wg0, so the kernel drops it" },
	{ "nobody restores, loose", loose, { "1.1.1.1" }, TUNNEL ".", "Loose" },
	{ "src_valid_mark is off", no_src_valid_mark, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as src_valid_mark is 0.",
	  "asked without it" },
	{ "a loop", no_fwmark, { "1.1.1.1" },
	  "1.1.1.1 is not reached: WireGuard's own packets are routed into wg0 itself, a loop.",
	  "none ever leaves this machine" },
	{ "no peer", no_peer, { "1.1.1.1" },
	  "1.1.1.1 is not reached: no peer of wg0 has it in its AllowedIPs.", "ENOKEY" },
	{ "two peers", two_peers, { "1.1.1.1" },
	  "1.1.1.1 leaves through wg0 to peer BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan.",
	  "Its AllowedIPs have 1.1.1.0/24" },
	{ "two peers, the other", two_peers, { "8.8.8.8" },
	  "8.8.8.8 leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan.",
	  "Its AllowedIPs have 0.0.0.0/0" },
	{ "no endpoint", no_endpoint, { "1.1.1.1" },
	  "1.1.1.1 is not reached: the peer has no endpoint.", "EDESTADDRREQ" },
	{ "LeakGuard", leak_guard, { "1.1.1.1" },
	  "1.1.1.1 is not reached: routing rule 32765 refuses it (\"Network is unreachable\"), so that nothing goes past the tunnel (LeakGuard).",
	  "The rule itself refuses the packet" },
	{ "unreachable", nothing, { "198.51.100.1" },
	  "198.51.100.1 is not reached: a route of table main refuses it (\"No route to host\").",
	  "198.51.100.0/24" },
	{ "the LAN", nothing, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel.", "rp_filter = 1" },
	{ "this machine", nothing, { "10.2.0.2" },
	  "10.2.0.2 is this machine itself: the packet does not leave it.", "!BACK" },
	{ "an endpoint here", local_endpoint, { "1.1.1.1" },
	  "1.1.1.1 leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 192.168.44.2:51820, which is this machine itself.",
	  "it is for this machine itself" },
	{ "marked", nothing, { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0xca6c" },
	  "1.1.1.1 leaves by lan, through no tunnel, but no reply arrives: the reverse path check of lan drops it, as an answer would leave by wg0.",
	  "This one is one of those, so the rule is not for it" },
	{ "a neighbour's", nothing,
	  { [FLOW_TO] = "10.2.0.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "10.2.0.2 is not reached: a rule of nftables in table wg-quick-wg0, chain preraw, has it dropped.",
	  "who is not in the tunnel" },
	{ "a neighbour's, the module", kmod,
	  { [FLOW_TO] = "10.2.0.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "10.2.0.2 is not reached: the guard of wg0 drops what comes for its address by lan.",
	  "wg0: preraw" },
	{ "its own address", kmod,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "10.2.0.2", [FLOW_IIF] = "lan" },
	  "192.168.44.2 is not reached: it has a source that nothing from outside has.",
	  "Nothing that comes from outside has 10.2.0.2 as its source" },
	{ "a firewall", firewall, { "1.1.1.1" }, TUNNEL ".", "it may pass" },
	{ "a firewall, DNS", firewall,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "udp", [FLOW_DPORT] = "53" },
	  "1.1.1.1 is not reached: a rule of nftables in table firewall, chain output, has it refused.",
	  "udp dport 53 reject" },
	{ "a firewall, the LAN", firewall, { "192.168.44.3" },
	  "192.168.44.3 is reached or not: whether it passes cannot be told, as rules of nftables in table firewall, chain output, cannot be judged.",
	  "It cannot be told here" },
	{ "a firewall with a map", mapped, { "192.168.44.3" },
	  "192.168.44.3 is reached or not: whether it passes cannot be told, as rules of nftables in table firewall, chain output, cannot be judged.",
	  "chain more: [lookup] It cannot be told here" },
	{ "a firewall with a map that lets all pass", mapped_open, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel, as far as the rules of nftables can be judged.",
	  "chain more: [lookup] It cannot be told here" },
	{ "all is said of the protocol", nothing, { "1.1.1.1" }, TUNNEL ".", "!say --" },
	{ "a firewall, no protocol", firewall, { "1.1.1.1" }, TUNNEL ".",
	  "udp dport 53 reject Whether this rule is for the packet depends on its protocol, which is not known; taken as not." },
	{ "a firewall, no protocol, a hint", firewall, { "1.1.1.1" }, TUNNEL ".",
	  "say --proto, and with it --sport and --dport. 1.1.1.1 leaves" },
	{ "a firewall, another protocol", firewall,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp" }, TUNNEL ".", "!say --" },
	{ "a rule for HTTPS, no protocol", https_rule, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel.",
	  "For packets of TCP to port 443. Whether this one is one of them depends on its protocol, which is not known: taken as none." },
	{ "a rule for HTTPS, no protocol, a hint", https_rule, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel.",
	  "For some protocols it may be otherwise, as rules ask for them: say --proto," },
	{ "a rule for HTTPS, no port", https_rule, { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "its ports, which are not known" },
	{ "a rule for HTTPS, no port, a hint", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "For some ports it may be otherwise" },
	{ "a rule for HTTPS, and it is", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp", [FLOW_DPORT] = "443" },
	  TUNNEL ".", "!not known" },
	{ "a rule for HTTPS, and it is another port", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp", [FLOW_DPORT] = "80" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!not known" },
	{ "a rule for HTTPS, and it is a ping", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "icmp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!not known" },
	{ "a rule for all but HTTPS, no protocol", not_https_rule, { "1.1.1.1" },
	  "1.1.1.1 is not reached: WireGuard's own packets are routed into wg0 itself, a loop.",
	  "taken as none. Table 51820 has a route" },
	{ "a rule for UDP, no protocol", udp_rule, { "1.1.1.1" },
	  "1.1.1.1 is not reached: WireGuard's own packets are routed into wg0 itself, a loop.",
	  "taken as one. Table 51820 has a route" },
	{ "a rule for UDP of others", other_udp_rule, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!not known" },
	{ "the module, a marked packet", kmod, { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0xca6c" },
	  "1.1.1.1 leaves by lan, through no tunnel, but no reply arrives: the reverse path check of lan drops it, as an answer would leave by wg0.",
	  "wg0: postmangle Whether this is for the packet depends on its protocol" },
	{ "the module, a marked packet of UDP", kmod,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0xca6c", [FLOW_PROTO] = "udp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!say --" },
	{ "a router of one port", port_router,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "1.1.1.1 is reached or not: whether it passes cannot be told, as rules of nftables in table router, chain forward, cannot be judged.",
	  "say --proto" },
	{ "a mark for TCP alone, no protocol", tcp_mark, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel.",
	  "For some protocols it may be otherwise" },
	{ "a router", router,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".", "it may pass" },
};

static char *tell(const struct flow *flow, char **end)
{
	struct journey j;
	char *text = NULL;
	size_t size;
	FILE *out;

	*end = NULL;
	if (journey_tell(&j, &m, flow, NULL) == 0) {
		*end = strdup(j.end);
		out = open_memstream(&text, &size);
		journey_print(out, &j, false);
		fclose(out);
	}
	journey_free(&j);
	return text;
}

/* The words, without regard to where lines end */
static bool has_words(const char *text, const char *words)
{
	const char *at, *w;

	for (; *text; text++) {
		for (at = text, w = words; *w; w++) {
			if (*w == ' ') {
				if (*at != ' ' && *at != '\n')
					break;
				at += strspn(at, " \n");
			} else if (*at++ != *w) {
				break;
			}
		}
		if (!*w)
			return true;
	}
	return false;
}

static void test_journeys(void)
{
	char *text, *end, wrong[FLOW_TEXT_LEN];
	struct flow_options o;
	struct flow flow;
	bool absent;
	size_t i;

	for (i = 0; i < TAP_LEN(journeys); i++) {
		machine();
		journeys[i].change();
		memcpy(o.value, journeys[i].options, sizeof(o.value));
		if (flow_read(&flow, &o, &m.fib, wrong)) {
			tap_ok(false, "%s: %s", journeys[i].name, wrong);
			continue;
		}
		/* the user is of no matter here */
		flow.uid = 0;
		text = tell(&flow, &end);
		tap_same(end ?: "", journeys[i].end, journeys[i].name);
		absent = journeys[i].words[0] == '!';
		if (!tap_ok(has_words(text ?: "", journeys[i].words + absent) == !absent,
			    "%s: \"%s\"", journeys[i].name, journeys[i].words))
			tap_lines("text", text ?: "");
		free(text);
		free(end);
	}
}

/* What a rule keeps packets from is in the picture too, where it lets this one pass */
static void test_picture(void)
{
	static const char *const words[] = {
		">32764: from all lookup main suppress_prefixlength 0<", "So the search goes on.<",
		">The guard: it drops", "!Table local has the addresses",
	};
	struct flow flow = { .family = AF_INET, .to = prefix("1.1.1.1") };
	struct tap_text out;
	struct journey j;
	bool absent;
	char *text;
	size_t i;

	machine();
	if (!tap_ok(journey_tell(&j, &m, &flow, NULL) == 0, "a journey for the picture"))
		return;
	tap_text_begin(&out);
	journey_print_svg(out.out, &j, 1);
	text = tap_text_end(&out);
	for (i = 0; i < TAP_LEN(words); i++) {
		absent = words[i][0] == '!';
		tap_ok(!strstr(text, words[i] + absent) == absent, "the picture: \"%s\"", words[i]);
	}
	free(text);
	journey_free(&j);
}

/* --- rules of nft ---------------------------------------------------------- */

/* Of a UDP packet from 10.2.0.2:1000 to 1.1.1.1:53 by wg0, of mark 0x51, connection 0x300 */
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
	{ "oifname != \"wg0\" drop", NO, VERDICT_DROP },
	{ "oif \"lan\" drop", NO, VERDICT_DROP },
	{ "iifname \"lan\" drop", NO, VERDICT_DROP },
	{ "ip daddr 1.1.1.1 drop", YES, VERDICT_DROP },
	{ "ip daddr 1.0.0.0/8 drop", YES, VERDICT_DROP },
	{ "ip daddr != 1.0.0.0/8 drop", NO, VERDICT_DROP },
	{ "ip daddr { 8.8.8.8, 1.1.1.1 } drop", YES, VERDICT_DROP },
	{ "ip daddr 8.8.8.8-9.9.9.9 drop", MAYBE, VERDICT_DROP },
	{ "ip daddr @others drop", MAYBE, VERDICT_DROP },
	{ "ip6 daddr ::1 drop", NO, VERDICT_DROP },
	{ "ip ttl 1 drop", MAYBE, VERDICT_DROP },
	{ "udp dport 53 drop", YES, VERDICT_DROP },
	{ "udp dport 50-60 drop", YES, VERDICT_DROP },
	{ "udp dport != 50-60 drop", NO, VERDICT_DROP },
	{ "udp sport { 1, 1000 } drop", YES, VERDICT_DROP },
	{ "udp sport < 1024 drop", MAYBE, VERDICT_DROP },
	{ "tcp dport 53 reject with tcp reset", NO, VERDICT_REJECT },
	{ "icmp type echo-request drop", NO, VERDICT_DROP },
	{ "meta l4proto { tcp, udp } drop", YES, VERDICT_DROP },
	{ "meta l4proto tcp drop", NO, VERDICT_DROP },
	{ "meta mark 0x00000051 drop", YES, VERDICT_DROP },
	{ "meta mark != 0x00000051 drop", NO, VERDICT_DROP },
	{ "meta mark & 0x000000f0 == 0x00000050 drop", YES, VERDICT_DROP },
	{ "meta mark & 0x000000f0 != 0x00000050 drop", NO, VERDICT_DROP },
	{ "ct mark 0x00000300 drop", YES, VERDICT_DROP },
	{ "ct mark & 0x00000100 == 0x00000000 drop", NO, VERDICT_DROP },
	{ "ct state new drop", YES, VERDICT_DROP },
	{ "ct state established,related drop", NO, VERDICT_DROP },
	{ "ct status dnat drop", MAYBE, VERDICT_DROP },
	{ "meta skuid 1000 drop", YES, VERDICT_DROP },
	{ "meta cgroup 5087041 drop", MAYBE, VERDICT_DROP },
	{ "fib saddr type local drop", YES, VERDICT_DROP },
	{ "fib daddr type local drop", NO, VERDICT_DROP },
	{ "fib saddr . iif oif missing drop", YES, VERDICT_DROP },
	{ "fib saddr . oif oif missing drop", MAYBE, VERDICT_DROP },
	{ "fib daddr . iif oif exists drop", MAYBE, VERDICT_DROP },
	{ "ip saddr . ip daddr @pairs drop", MAYBE, VERDICT_DROP },
	{ "[EXPR xfrm] drop", MAYBE, VERDICT_DROP },
	{ "oifname \"lan\" [EXPR xfrm] drop", NO, VERDICT_DROP },
	{ "udp dport 53 log prefix \"drop \" level warn accept comment \"jump here\"", YES,
	  VERDICT_ACCEPT },
	{ "add @seen { ip daddr } return", YES, VERDICT_RETURN },
	{ "goto other", YES, VERDICT_GOTO },
	{ "", YES, VERDICT_NONE },
	{ "meta mark", MAYBE, VERDICT_NONE },
	{ "ip daddr {", NO, VERDICT_NONE },
};

static const struct {
	const char *text;
	bool mark;
	uint32_t want;
} marks[] = {
	{ "meta mark set 0x6d6f6c65", true, 0x6d6f6c65 },
	{ "meta mark set ct mark", true, 0x300 },
	{ "meta mark set meta mark & 0xffffff00 | 0x00000002", true, 0x2 },
	{ "ct mark set meta mark", false, 0x51 },
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
		tap_ok(got == matches[i].want && e.verdict == matches[i].verdict,
		       "%s: matches %d, verdict %d", matches[i].text, got, e.verdict);
	}
	for (i = 0; i < TAP_LEN(marks); i++) {
		got = rule_matches(&m, &tables[1], marks[i].text, &p, &e);
		tap_ok(got == YES && e.sets_mark == marks[i].mark &&
		       (marks[i].mark ? e.mark : e.ctmark) == marks[i].want,
		       "%s: 0x%x", marks[i].text, marks[i].mark ? e.mark : e.ctmark);
	}
	conn.has_ct = false;
	tap_ok(rule_matches(&m, &tables[1], "meta mark set ct mark", &p, &e) == NO,
	       "meta mark set ct mark: not without an entry of conntrack");
	tap_ok(rule_matches(&m, &tables[1], "ct mark 0x300 accept", &p, &e) == NO,
	       "ct mark 0x300: not without an entry of conntrack");
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
	{ 0, "oif \"wg0\" drop", YES, false },
	{ IPPROTO_TCP, "tcp dport 53 drop", MAYBE, true },
	{ IPPROTO_TCP, "udp dport 53 drop", NO, false },
	{ IPPROTO_TCP, "meta l4proto tcp drop", YES, false },
	{ IPPROTO_ICMP, "icmp type echo-request drop", MAYBE, false },
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
}

/* CPU time for so many rules of which it cannot be told whether they are for the packet */
static double time_of(size_t n)
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
	double start, least = 1e9;
	struct journey j;
	size_t i;

	for (i = 0; i < n; i++)
		many[i] = (struct nft_rule){ .text = (char *)"[x] accept", .role = ROLE_ACCEPT };
	machine();
	m.rules = (struct ruleset){ .tables = &t, .len = 1 };
	for (i = 0; i < 3; i++) {
		start = tap_seconds();
		if (journey_tell(&j, &m, &flow, NULL))
			abort();
		start = tap_seconds() - start;
		least = start < least ? start : least;
		journey_free(&j);
	}
	free(many);
	return least;
}

static void test_many(void)
{
	double small = time_of(1000), large = time_of(8000);

	/* 8 if linear, 64 if it is the square */
	tap_ok(large < 24 * small + 0.01, "8 times as many rules take %.1f times as long", large / small);
}

int main(void)
{
	test_journeys();
	test_picture();
	test_rules();
	test_unsaid();
	test_many();
	return tap_done();
}
