// SPDX-License-Identifier: GPL-2.0
/*
 * What the doctor finds on machines that are made here. tests/netns/66-doctor.sh,
 * 68-doctor-others.sh, 69-doctor-answers.sh and 69-doctor-marks.sh have the real ones.
 */
#include <netinet/in.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <linux/wgmark.h>

#include "doctor.h"
#include "tap.h"

#define MARK 0xca6c

enum { LAN = 2, WG0 = 3 };

static struct fib_link links[2];
static struct fib_rule rules[3];
static struct fib_route routes[2];
static struct prefix allowed;
static struct wg_peer peers[2];
static struct doctor_peer doctor_peers[2];
static struct view view;
static struct doctor_tunnel tunnel;
static struct nft_rule nft_rule;
static struct nft_chain chain;
static struct nft_ruleset_table table;
static struct machine m;

static struct fib_rule rule_to(uint32_t priority, uint32_t to)
{
	return (struct fib_rule){
		.family = AF_INET, .priority = priority, .action = FR_ACT_TO_TBL, .table = to,
		.suppress = -1, .suppress_group = -1,
	};
}

static struct fib_route default_route(uint32_t in, uint32_t ifindex)
{
	return (struct fib_route){
		.dst = { .family = AF_INET }, .table = in, .type = RTN_UNICAST,
		.hops = { { .ifindex = ifindex } }, .hops_len = 1,
	};
}

/* That of wg-quick, with a table of somebody else's that has one rule */
static void make(void)
{
	links[0] = (struct fib_link){ .ifindex = LAN, .name = "lan", .rp_filter = 1 };
	links[1] = (struct fib_link){ .ifindex = WG0, .name = "wg0" };
	rules[0] = rule_to(32765, 51820);
	rules[0].mark = MARK;
	rules[0].mask = UINT32_MAX;
	rules[0].invert = true;
	rules[1] = rule_to(32766, RT_TABLE_MAIN);
	routes[0] = default_route(RT_TABLE_MAIN, LAN);
	routes[1] = default_route(51820, WG0);
	allowed = (struct prefix){ .family = AF_INET };
	peers[0] = (struct wg_peer){ .allowed = &allowed, .allowed_len = 1 };
	peers[1] = (struct wg_peer){ 0 };
	doctor_peers[0] = (struct doctor_peer){ .peer = &peers[0] };
	doctor_peers[1] = (struct doctor_peer){ .peer = &peers[1] };
	view = (struct view){ .dev = { .fwmark = MARK }, .backend = "none" };
	view.link.ifindex = WG0;
	snprintf(view.link.name, sizeof(view.link.name), "wg0");
	tunnel = (struct doctor_tunnel){
		.v = &view, .full = WGMARK_FAMILY_IPV4, .chosen = true,
		.peers = doctor_peers, .peers_len = 1,
	};
	nft_rule = (struct nft_rule){ .text = (char *)"tcp dport 22 accept",
				      .mask = UINT32_MAX };
	chain = (struct nft_chain){ .name = "input", .rules = &nft_rule, .rules_len = 1 };
	table = (struct nft_ruleset_table){ .name = "filter", .chains = &chain,
					    .chains_len = 1 };
	m = (struct machine){
		.now = 1000, .views = &view, .tunnels = &tunnel, .len = 1,
		.fib = { .rules = rules, .rules_len = 2, .routes = routes, .routes_len = 2,
			 .links = links, .links_len = 2 },
		.ruleset = { .tables = &table, .len = 1 },
	};
}

/* Its findings as text: "SEVERITY|WHAT|EVIDENCE|REMEDY", one a line */
static const char *run(check_fn *check)
{
	static const char severities[] = { 'N', 'W', 'E' };
	struct findings f = { .check = "test" };
	static char text[2048];
	size_t i, len = 0;

	text[0] = '\0';
	if (check(&m, &tunnel, &f))
		abort();
	for (i = 0; i < f.len; i++) {
		len += snprintf(text + len, sizeof(text) - len, "%c|%s|%s|%s\n",
				severities[f.list[i].severity], f.list[i].what,
				f.list[i].evidence, f.list[i].remedy);
		free(f.list[i].what);
	}
	free(f.list);
	return text;
}

static void is_found(check_fn *check, char severity, const char *part, const char *name)
{
	const char *text = run(check);

	if (!tap_ok(*text == severity && strstr(text, part), "%s", name))
		tap_lines("found", text);
}

static void test_mark_rules(void)
{
	make();
	tap_same(run(check_mark_rules), "", "the tunnel's own rules are nobody else's");
	m.fib.rules_len = 3;
	rules[2] = rule_to(200, 100);
	rules[2].mark = 0x4000;
	rules[2].mask = 0x4000;
	is_found(check_mark_rules, 'W', "|FwMark = 0xf and", "a rule that WireGuard meets");
	rules[2].mask = 0x400f;
	is_found(check_mark_rules, 'N', "|FwMark = 0xf0 and", "bits that nobody uses are offered");
	rules[2].mark = 0x4000;
	rules[2].mask = 0x4000;
	rules[2].invert = true;
	is_found(check_mark_rules, 'N', "", "\"not\" is no warning");
	rules[2].invert = false;
	rules[2].mark = 0;
	rules[2].mask = 0x10000;
	is_found(check_mark_rules, 'N', "", "nor is a bit that is not to be there");
	rules[2].mask = UINT32_MAX;
	tap_same(run(check_mark_rules), "", "no mark is nobody's");
	rules[2].mark = 0x100;
	is_found(check_mark_rules, 'N', "a mask: 0x100/0x100 would do; and FwMark = 0xf and",
		 "a whole mark needs a mask");
	rules[2].mark = 0x11111110;
	rules[2].mask = 0x11111110;
	nft_rule.mark = 0x1;
	nft_rule.mask = 0x1;
	is_found(check_mark_rules, 'N', "|no four bits", "where no bits are free");
}

static void test_mark_nft(void)
{
	make();
	tap_same(run(check_mark_nft), "", "an nft rule without a mark");
	nft_rule.mark = 0x4000;
	nft_rule.mask = 0x4000;
	snprintf(chain.name, sizeof(chain.name), "a\nb");
	is_found(check_mark_nft, 'W', "|nft table filter, chain a b: tcp dport 22 accept; the",
		 "one with a mark, of a chain whose name has a newline");
	table.is_dormant = true;
	tap_same(run(check_mark_nft), "", "one of a table that is dormant");
}

static void test_tables(void)
{
	make();
	view.params.families = WGMARK_FAMILY_IPV4;
	table.owner = OWNER_WG_QUICK;
	snprintf(table.ifname, sizeof(table.ifname), "wg0");
	is_found(check_tables, 'W', "overwrite the mark", "a table of wg-quick's for the tunnel");
	table.is_dormant = true;
	tap_same(run(check_tables), "", "one that is dormant");
}

static void test_full(void)
{
	make();
	tap_ok(full_by(&m.fib, WG0, 0) == WGMARK_FAMILY_IPV4, "a full tunnel");
	tap_ok(full_by(&m.fib, WG0, 51820) && !full_by(&m.fib, WG0, RT_TABLE_MAIN),
	       "by its table alone");
	rules[0].src = (struct prefix){ .family = AF_INET, .len = 24 };
	tap_ok(!full_by(&m.fib, WG0, 0), "not for some sources");
	make();
	rules[0].invert = false;
	tap_ok(!full_by(&m.fib, WG0, 0), "nor for a mark");
	rules[0].mark = 0;
	rules[0].mask = 0x10000;
	tap_ok(full_by(&m.fib, WG0, 0), "but for all without a bit of it");
	rules[0].invert = true;
	tap_ok(!full_by(&m.fib, WG0, 0), "not for all with it");
	make();
	rules[0].suppress = 0;
	tap_ok(!full_by(&m.fib, WG0, 0), "nor where default routes do not count");
	make();
	routes[1].table = RT_TABLE_MAIN;
	routes[1].metric = 100;
	tap_ok(!full_by(&m.fib, WG0, 0), "nor as the second one");
	routes[0].metric = 200;
	tap_ok(full_by(&m.fib, WG0, 0), "but as the first one");
}

static void test_rule_order(void)
{
	make();
	m.probe[IPV4] = (struct fib_answer){ .type = RTN_UNICAST, .ifindex = LAN };
	m.probe[IPV6].err = -ENETUNREACH;
	rules[0].priority = 32767;
	rules[2] = rules[0];
	rules[0] = rules[1];
	rules[1] = rules[2];
	links[0].is_up = true;
	links[0].has_carrier = true;
	links[1].is_up = true;
	links[1].has_carrier = true;
	is_found(check_rule_order, 'E', "priority 32766: from all lookup main; so packets leave by lan|let the rule",
		 "the rule of main is not to be deleted");
	rules[0].priority = 100;
	is_found(check_rule_order, 'E', "ip -4 rule del priority 100", "another one may be");
	rules[0] = rules[1];
	tap_same(run(check_rule_order), "", "silent where the tunnel's own table decides");
}

static void test_handshake(void)
{
	make();
	doctor_peers[0].endpoint.family = AF_INET;
	peers[0].keepalive = 25;
	peers[0].handshake = m.now - 205;
	tap_same(run(check_handshake), "", "the next keepalive makes the next session");
	peers[0].handshake--;
	is_found(check_handshake, 'E', "206 seconds ago", "and then it is late");
	tunnel.peers_len = 2;
	is_found(check_handshake, 'E', "", "a peer of two with a default route");
	allowed.len = 24;
	is_found(check_handshake, 'N', "", "and without");
	tunnel.peers_len = 1;
	is_found(check_handshake, 'E', "", "the only one");
}

/* Each that the manual page names, by its device and by its chain */
static void test_mark_owners(void)
{
	static const struct {
		char severity;
		const char *device, *chain, *found;
	} owners[] = {
		{ 'W', "cni0", "KUBE-SERVICES", ": 0xc000 (Kubernetes)" },
		{ 'W', "cilium_host", "CILIUM_PRE_mangle", ": 0xf00 (Cilium)" },
		{ 'W', NULL, "mwan3_hook", ": 0x3f00 (mwan3)" },
		{ 'N', "tailscale0", "ts-input", ": 0xff0000 (Tailscale)" },
		{ 'N', "cali12345678901", "cali-PREROUTING", ": 0xffff0000 (Calico)" },
	};
	static const char *const none[] = {
		"eth0", "wlan0", "virbr0", "tail", "kube", "input",
		"docker0", "docker_gwbridge", "br-0123456789ab", "DOCKER-INGRESS", "POSTROUTING",
	};
	size_t i;

	for (i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		make();
		if (owners[i].device) {
			snprintf(links[0].name, sizeof(links[0].name), "%s", owners[i].device);
			is_found(check_mark_owners, owners[i].severity, owners[i].found,
				 owners[i].device);
		}
		make();
		snprintf(chain.name, sizeof(chain.name), "%s", owners[i].chain);
		is_found(check_mark_owners, owners[i].severity, owners[i].found, owners[i].chain);
		view.params.mask = 0xf;
		view.dev.fwmark = 0xf;
		tap_same(run(check_mark_owners), "", "with bits of its own the tunnel is nobody's");
		view.dev.fwmark = 0;
		view.params.mask = 0;
		tap_same(run(check_mark_owners), "", "nor without a mark");
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		make();
		snprintf(links[0].name, sizeof(links[0].name), "%s", none[i]);
		snprintf(chain.name, sizeof(chain.name), "%s", none[i]);
		tap_same(run(check_mark_owners), "", none[i]);
	}
}

static void test_mark_names(void)
{
	make();
	m.fib.rules_len = 3;
	rules[2] = rule_to(5210, RT_TABLE_MAIN);
	rules[2].mark = 0x80000;
	rules[2].mask = 0xff0000;
	is_found(check_mark_rules, 'N', ": 0x80000/0xff0000 (Tailscale)", "Tailscale's rule");
	snprintf(links[0].name, sizeof(links[0].name), "cali1");
	is_found(check_mark_rules, 'N', "(Calico)", "which is Calico's where that is there");
	rules[2].mask = 0x80001;
	is_found(check_mark_rules, 'N', "(unknown)", "and nobody's with bits of nobody");
	make();
	nft_rule.mark = 0xd0c4e3;
	is_found(check_mark_nft, 'N', ": 0xd0c4e3/0xffffffff (Docker)", "Docker's mark");
	nft_rule.mark = 0xd0c4e2;
	is_found(check_mark_nft, 'N', "(unknown)", "and one that is not");
}

/* WireGuard's packets have the bit of it, but their connections never */
static void test_mark_of_connection(void)
{
	struct nft_rule twice[2];

	make();
	nft_rule.mark = 0x4;
	nft_rule.mask = 0x4;
	nft_rule.role = ROLE_SET_MARK;
	is_found(check_mark_nft, 'W', ": 0x4/0x4 (", "a rule that sets a bit of packets");
	nft_rule.role = ROLE_SET_CTMARK;
	is_found(check_mark_nft, 'N', ": 0x4/0x4 (", "one that sets it of connections");
	view.params.restore = WGMARK_RESTORE_LEARN;
	tap_same(run(check_mark_nft), "", "nor does that matter with learn");
	view.params.restore = WGMARK_RESTORE_CONNTRACK;
	twice[0] = nft_rule;
	twice[1] = nft_rule;
	chain.rules = twice;
	chain.rules_len = 2;
	tap_ok(!strchr(strchr(run(check_mark_nft), '\n') + 1, '|'), "two of the same are one finding");
	twice[1].role = ROLE_SET_MARK;
	tap_ok(strstr(run(check_mark_nft), "\nW|") != NULL, "but of packets it is another one");
}

static void test_other_family(void)
{
	make();
	m.probe[IPV6] = (struct fib_answer){ .type = RTN_UNICAST, .ifindex = LAN };
	is_found(check_other_family, 'W', "IPv6 goes past", "IPv6 beside a tunnel of IPv4");
	m.probe_lost[IPV4] = true;
	is_found(check_other_family, 'W', "IPv6 goes past", "whatever becomes of IPv4");
	m.probe_lost[IPV6] = true;
	tap_same(run(check_other_family), "", "but not where it is lost");
	m.probe_lost[IPV6] = false;
	tunnel.full |= WGMARK_FAMILY_IPV6;
	tap_same(run(check_other_family), "", "nor beside a tunnel of both");
}

static void test_module(void)
{
	make();
	is_found(check_module, 'E', "neither", "no module and no nftables, with a mark");
	view.dev.fwmark = 0;
	is_found(check_module, 'N', "neither", "without a mark");
	m.len = 0;
	tap_same(run(check_module), "", "without a tunnel");
}

static void test_rp_filter(void)
{
	struct sockaddr_in *endpoint = (void *)&peers[0].endpoint;

	make();
	prefix_parse(&doctor_peers[0].endpoint, "203.0.113.1");
	prefix_parse(&doctor_peers[0].out.prefsrc, "192.168.44.2");
	doctor_peers[0].out.ifindex = LAN;
	doctor_peers[0].back.err = -EXDEV;
	doctor_peers[0].back_marked.err = -EXDEV;
	doctor_peers[0].back_lost = true;
	is_found(check_rp_filter, 'E', "nobody gives", "src_valid_mark is 0, and nobody restores");
	doctor_peers[0].back_restored = true;
	is_found(check_rp_filter, 'E', "|sysctl -w", "src_valid_mark is 0");
	doctor_peers[0].back.err = -EINVAL;
	doctor_peers[0].back_marked.err = -EINVAL;
	is_found(check_rp_filter, 'E', "|sysctl -w", "src_valid_mark is 0, Linux 6.13");
	m.fib.src_valid_mark = -1;
	is_found(check_rp_filter, 'E', ", with the mark too|", "it is not known");
	m.fib.src_valid_mark = 0;
	view.dev.fwmark = 0;
	is_found(check_rp_filter, 'E', "reverse-path filter|", "there is no mark");
	make();
	m.fib.src_valid_mark = 1;
	endpoint->sin_family = AF_INET;
	endpoint->sin_port = htons(5);
	view.dev.listen_port = 4;
	prefix_parse(&doctor_peers[0].endpoint, "203.0.113.1");
	doctor_peers[0].out.ifindex = LAN;
	doctor_peers[0].back.err = -EXDEV;
	doctor_peers[0].back_marked = (struct fib_answer){ .type = RTN_LOCAL };
	tap_same(run(check_rp_filter), "", "somebody restores");
	doctor_peers[0].back_lost = true;
	is_found(check_rp_filter, 'E', "nobody gives", "nobody restores");
	doctor_peers[0].back_unsure = true;
	is_found(check_rp_filter, 'N', "|see what they meet: wgmarkctl explain --to 203.0.113.1 --mark 0xca6c --proto udp --sport 4 --dport 5",
		 "a rule that cannot be judged may restore");
	m.ruleset.legacy[IPV4] = true;
	is_found(check_rp_filter, 'N', "|iptables-legacy", "iptables-legacy may restore");
	m.ruleset.legacy[IPV4] = false;
}

/* What others called their own, in a finding of three lines on a terminal */
static void test_names(void)
{
	struct findings f = { 0 };
	struct tap_text out;
	char *text;

	make();
	m.networkd_runs = true;
	m.networkd_removes = true;
	snprintf(rules[0].iif, sizeof(rules[0].iif), "x\n\x1b[2J y");
	is_found(check_networkd, 'W', "iif x??[2J?y lookup 51820 has protocol 0, not kernel|Manage",
		 "a rule for a device that none can be called");
	rules[0].iif[0] = '\0';

	snprintf(view.link.name, sizeof(view.link.name), "w\x1b[2J");
	view.params.families = WGMARK_FAMILY_IPV4;
	table.owner = OWNER_WG_QUICK;
	snprintf(table.name, sizeof(table.name), "wg-quick-w\x1b[2J");
	snprintf(table.ifname, sizeof(table.ifname), "w\x1b[2J");
	tap_text_begin(&out);
	if (check_tables(&m, &tunnel, &f))
		abort();
	doctor_print(out.out, &m, &f);
	text = tap_text_end(&out);
	if (!tap_ok(!strchr(text, 0x1b) && strstr(text, "nft delete table ip wg-quick-w\\x1b[2J\n"),
		    "a table whose name has an escape sequence"))
		tap_lines("printed", text);
	free(text);
	free(f.list->what);
	free(f.list);
}

int main(void)
{
	test_mark_rules();
	test_mark_nft();
	test_tables();
	test_full();
	test_rule_order();
	test_handshake();
	test_mark_owners();
	test_mark_names();
	test_mark_of_connection();
	test_other_family();
	test_module();
	test_rp_filter();
	test_names();
	return tap_done();
}
