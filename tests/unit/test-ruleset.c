// SPDX-License-Identifier: GPL-2.0
/*
 * Whose rules of nftables are, on machines with tunnels and without.
 * tests/netns/64-ruleset.sh has real tables.
 */
#include <netinet/in.h>
#include <linux/netfilter.h>

#include "ruleset_purpose.h"
#include "tap.h"

#define MARK 0xca6c

static const struct rule_tunnel tunnels[] = { { "wg1", 0 }, { "wg0", MARK } };

/* A rule by which wg-quick's is known, in a table of somebody else's */
static const struct {
	const char *name;
	enum ruleset_owner owner;
	struct nft_rule rule;
	const char *purpose;
	enum rule_role role;
	bool concerns;
} cases[] = {
	{ "a guard of a tunnel", OWNER_UNKNOWN, { .role = ROLE_GUARD, .iif = "wg0" },
	  "As WireGuard's", ROLE_GUARD, true },
	{ "a guard of a tunnel without a mark", OWNER_UNKNOWN,
	  { .role = ROLE_GUARD, .iif = "wg1" }, "As WireGuard's", ROLE_GUARD, true },
	{ "a guard of another device", OWNER_UNKNOWN, { .role = ROLE_GUARD, .iif = "eth0" },
	  "none of this machine's WireGuard", ROLE_DROP, false },
	{ "a guard of a device that is gone", OWNER_UNKNOWN, { .role = ROLE_GUARD },
	  "none of this machine's WireGuard", ROLE_DROP, false },
	{ "a tunnel's mark is saved", OWNER_UNKNOWN,
	  { .role = ROLE_SAVE, .mark = MARK, .mask = UINT32_MAX, .l4proto = IPPROTO_UDP },
	  "As WireGuard's", ROLE_SAVE, true },
	{ "another mark is saved", OWNER_UNKNOWN,
	  { .role = ROLE_SAVE, .mark = 7, .mask = UINT32_MAX, .l4proto = IPPROTO_UDP },
	  "Writes the mark of packets", ROLE_SAVE, false },
	{ "bits of a tunnel's mark are saved", OWNER_UNKNOWN,
	  { .role = ROLE_SAVE, .mark = 0x6c, .mask = 0xff }, "As WireGuard's", ROLE_SAVE, true },
	{ "other bits are", OWNER_UNKNOWN,
	  { .role = ROLE_SAVE, .mark = 0x100000, .mask = 0xff0000 },
	  "Writes the mark of packets", ROLE_SAVE, false },
	{ "marks of TCP are", OWNER_UNKNOWN, { .role = ROLE_SAVE, .l4proto = IPPROTO_TCP },
	  "Writes the mark of packets", ROLE_SAVE, false },
	{ "any mark is restored", OWNER_UNKNOWN, { .role = ROLE_RESTORE, .mask = UINT32_MAX },
	  "As WireGuard's", ROLE_RESTORE, true },
	{ "another mark is restored", OWNER_UNKNOWN,
	  { .role = ROLE_RESTORE, .mark = 7, .mask = UINT32_MAX },
	  "Gives packets the mark", ROLE_RESTORE, false },
	{ "a table of wg-quick's without its tunnel", OWNER_WG_QUICK,
	  { .role = ROLE_SAVE, .mark = 7, .mask = UINT32_MAX }, "As WireGuard's", ROLE_SAVE, true },
	{ "a packet of a tunnel is accepted", OWNER_UNKNOWN,
	  { .role = ROLE_ACCEPT, .iif = "wg0" }, "As WireGuard's", ROLE_ACCEPT, true },
	{ "one of another device", OWNER_UNKNOWN, { .role = ROLE_ACCEPT, .iif = "eth0" },
	  "As WireGuard's", ROLE_ACCEPT, false },
};

static struct nft_rule rule;
static struct nft_chain chain = { .rules = &rule, .rules_len = 1 };
static struct nft_ruleset_table table;

/* The rule of a case, which its shape says to be WireGuard's, on a machine with so many tunnels */
static void find(size_t i, size_t len)
{
	rule = cases[i].rule;
	rule.purpose = strdup("As WireGuard's");
	table = (struct nft_ruleset_table){
		.family = NFPROTO_IPV4, .owner = cases[i].owner, .chains = &chain, .chains_len = 1,
	};
	if (table_find_tunnel(&table, tunnels, len))
		abort();
}

static void test_tunnels(size_t i)
{
	find(i, TAP_LEN(tunnels));
	tap_ok(strstr(rule.purpose, cases[i].purpose), "%s: %s", cases[i].name, rule.purpose);
	tap_ok(rule.role == cases[i].role && table.concerns == cases[i].concerns,
	       "%s: role %d, concerns %d", cases[i].name, rule.role, table.concerns);
	free(rule.purpose);
}

static void test_no_tunnel(size_t i)
{
	bool is_known = cases[i].owner != OWNER_UNKNOWN;

	find(i, 0);
	tap_ok(table.concerns == is_known && rule.role != (is_known ? ROLE_UNKNOWN : ROLE_GUARD),
	       "%s, without a tunnel: role %d, concerns %d", cases[i].name, rule.role,
	       table.concerns);
	free(rule.purpose);
}

/* Chains without a hook, and whether a rule of the first one jumps there */
static void test_reached(void)
{
	struct nft_rule rules[] = {
		{ .text = (char *)"tcp dport 22 jump ssh" }, { .text = (char *)"goto last" },
		{ .text = (char *)"accept" }, { .text = (char *)"tcp dport vmap" },
	};
	struct nft_chain chains[] = {
		{ .name = "input", .type = "filter", .rules = rules, .rules_len = 4 },
		{ .name = "ssh" }, { .name = "last" }, { .name = "accept" }, { .name = "las" },
	};
	static const bool is_reached[] = { true, true, true, false, false };
	struct nft_ruleset_table t = { .chains = chains, .chains_len = TAP_LEN(chains) };
	size_t i;

	if (table_understand(&t))
		abort();
	for (i = 0; i < TAP_LEN(chains); i++) {
		tap_ok(!chains[i].purpose == is_reached[i], "chain %s: %s", chains[i].name,
		       chains[i].purpose ?: "is reached");
		free(chains[i].purpose);
		chains[i].purpose = NULL;
	}
	rules[3].text = (char *)"tcp dport [lookup]";
	if (table_understand(&t))
		abort();
	tap_ok(!chains[3].purpose, "any chain may be reached by a map");
}

/* CPU time for so many chains, each with a jump to it */
static double seconds_of(unsigned int n, void *data)
{
	struct nft_rule *rules = calloc(n, sizeof(*rules));
	struct nft_chain *chains = calloc(n + 1, sizeof(*chains));
	struct nft_ruleset_table t = { .chains = chains, .chains_len = n + 1 };
	unsigned int i;
	double start;

	(void)data;
	for (i = 0; i < n; i++) {
		snprintf(chains[i].name, sizeof(chains[i].name), "KUBE-SVC-%u", i);
		if (asprintf(&rules[i].text, "ip daddr 10.96.0.1 jump KUBE-SVC-%u", n - 1 - i) < 0)
			abort();
	}
	chains[n] = (struct nft_chain){ .name = "output", .type = "filter", .rules = rules,
					.rules_len = n };
	start = tap_seconds();
	if (table_understand(&t))
		abort();
	start = tap_seconds() - start;
	for (i = 0; i < n; i++)
		free(rules[i].text);
	free(rules);
	free(chains);
	return start;
}

/* A rule that makes a table its owner's, or does not, whatever its name says */
static const struct {
	const char *name;
	enum ruleset_owner owner;
	const char *match;
	bool is_owners;
	bool has_purpose;
} owned[] = {
	{ "what any firewall accepts", OWNER_WG_QUICK, "iif lo; accept", false, true },
	{ "the same", OWNER_MULLVAD, "iif lo; accept", false, true },
	{ "what many refuse", OWNER_MULLVAD, "udp dport 53; reject", false, false },
	{ "the rest refused", OWNER_MULLVAD, "reject", false, false },
	{ "wg-quick's guard", OWNER_MULLVAD,
	  "iif != $d; ip daddr $a; fib saddr type != local; drop", false, true },
	{ "wg-quick's guard", OWNER_WG_QUICK,
	  "iif != $d; ip daddr $a; fib saddr type != local; drop", true, true },
	{ "a restored mark", OWNER_NETWORKMANAGER, "meta l4proto udp; meta mark set ct mark",
	  true, true },
	{ "an excluded program's mark", OWNER_MULLVAD, "ct mark 0x00000f41; accept", true, true },
	{ "a rule that is not known", OWNER_WG_QUICK, NULL, false, false },
};

static void test_owners(size_t i)
{
	const struct shape *shape = rule_shapes;
	struct nft_rule r = { 0 };
	struct nft_chain c = { .rules = &r, .rules_len = 1 };
	struct nft_ruleset_table t = {
		.owner = owned[i].owner, .ifname = "home", .chains = &c, .chains_len = 1,
	};

	while (owned[i].match && shape->match && strcmp(shape->match, owned[i].match))
		shape++;
	if (owned[i].match && shape->match)
		r = (struct nft_rule){ .shape = shape, .role = shape->role, .purpose = strdup("It is") };
	table_check_owner(&t);
	tap_ok((t.owner == owned[i].owner) == owned[i].is_owners && !*t.ifname != owned[i].is_owners &&
	       !r.purpose != owned[i].has_purpose, "%s: owner %d, %s", owned[i].name, t.owner,
	       r.purpose ?: "no purpose");
	free(r.purpose);
}

/* What is said of Mullvad's table and its chain input, by the policies */
static const struct {
	const char *name;
	bool drops[2];
	bool is_base;
	const char *table;
	const char *input;
} policies[] = {
	{ "both drop", { true, true }, true, "Everything is forbidden", "The rest is dropped" },
	{ "one drops", { true, false }, true, NULL, "The rest is dropped" },
	{ "none drops", { false, false }, true, NULL, NULL },
	{ "the table is dormant", { true, true }, false, NULL, "The rest is dropped" },
};

static void test_policies(size_t i)
{
	struct nft_chain chains[] = {
		{ .name = "input", .type = "filter", .hook = NF_INET_LOCAL_IN },
		{ .name = "output", .type = "filter", .hook = NF_INET_LOCAL_OUT },
		{ .name = "prerouting", .type = "filter", .hook = NF_INET_PRE_ROUTING },
	};
	struct nft_ruleset_table t = {
		.family = NFPROTO_INET, .owner = OWNER_MULLVAD, .chains = chains,
		.chains_len = TAP_LEN(chains), .is_dormant = !policies[i].is_base,
	};
	size_t j;

	for (j = 0; j < TAP_LEN(chains); j++) {
		chains[j].is_base = policies[i].is_base;
		chains[j].drops = j < 2 && policies[i].drops[j];
	}
	if (table_understand(&t))
		abort();
	tap_ok(!strstr(t.purpose, policies[i].table ?: "forbidden") == !policies[i].table &&
	       !strstr(chains[0].purpose, policies[i].input ?: "The rest") == !policies[i].input,
	       "%s: %s", policies[i].name, t.purpose);
	free(t.purpose);
	for (j = 0; j < TAP_LEN(chains); j++)
		free(chains[j].purpose);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(owned); i++)
		test_owners(i);
	for (i = 0; i < TAP_LEN(policies); i++)
		test_policies(i);
	for (i = 0; i < TAP_LEN(cases); i++) {
		test_tunnels(i);
		test_no_tunnel(i);
	}
	test_reached();
	tap_linear(seconds_of, NULL, "chains");
	return tap_done();
}
