// SPDX-License-Identifier: GPL-2.0
/*
 * Tables and chains: whose they are, what they are for, and the order of their rules
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "nft.h"
#include "rtnl.h"
#include "ruleset_purpose.h"
#include "wg.h"

/* What the names of such tables begin with; the device's name follows. */
static const struct {
	enum ruleset_owner owner;
	const char *prefix;
} names[] = {
	{ OWNER_WG_QUICK, "wg-quick-" },
	{ OWNER_NETWORKMANAGER, "nm-wg-" },
	{ OWNER_WGMARK, NFT_TABLE_PREFIX },
};

void table_name_owner(struct nft_ruleset_table *table)
{
	size_t i, len;

	if (table->family == NFPROTO_INET && !strcmp(table->name, "mullvad")) {
		table->owner = OWNER_MULLVAD;
		return;
	}
	if (table->family != NFPROTO_IPV4 && table->family != NFPROTO_IPV6)
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i].prefix);
		if (strncmp(table->name, names[i].prefix, len) != 0 ||
		    strlen(table->name) - len >= IF_NAMESIZE || !table->name[len])
			continue;
		table->owner = names[i].owner;
		snprintf(table->ifname, sizeof(table->ifname), "%.*s", IF_NAMESIZE - 1,
			 table->name + len);
	}
}

static bool is_owners(const struct nft_rule *rule)
{
	return rule->shape && rule->shape->owner != OWNER_UNKNOWN;
}

/* Any firewall accepts what comes by lo, and many refuse DNS: marks and guards tell more */
static bool tells_owner(const struct nft_ruleset_table *table, const struct nft_rule *rule)
{
	if (!rule->shape)
		return false;
	if (table->owner == OWNER_MULLVAD)
		return is_owners(rule) && strstr(rule->shape->match, "mark");
	return rule->role == ROLE_GUARD || rule->role == ROLE_RESTORE || rule->role == ROLE_SAVE;
}

void table_check_owner(struct nft_ruleset_table *table)
{
	struct nft_rule *rule;
	size_t i, j;

	for (i = 0; i < table->chains_len; i++) {
		for (j = 0; j < table->chains[i].rules_len; j++) {
			if (tells_owner(table, &table->chains[i].rules[j]))
				return;
		}
	}
	table->owner = OWNER_UNKNOWN;
	*table->ifname = '\0';
	for (i = 0; i < table->chains_len; i++) {
		for (j = 0; j < table->chains[i].rules_len; j++) {
			rule = &table->chains[i].rules[j];
			if (!is_owners(rule))
				continue;
			free(rule->purpose);
			rule->purpose = NULL;
		}
	}
}

/**
 * struct jumps - the chains of a table that rules jump to
 * @list: their names, sorted
 * @len: how many
 * @any: it may be any: a rule that is not understood, as by a map with a name, has them
 */
struct jumps {
	char **list;
	size_t len;
	bool any;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A word in a log's prefix or in a comment looks like a jump, and does no harm */
static int find_jumps(struct jumps *jumps, const char *rule, const char *verdict)
{
	const char *at = rule;
	size_t len;
	int err = 0;

	while (!err && (at = strstr(at, verdict))) {
		at += strlen(verdict);
		len = strcspn(at, " ");
		/* of a verdict map */
		len -= len && at[len - 1] == ',';
		err = string_append(&jumps->list, &jumps->len, at, len);
	}
	return err;
}

static int take_jumps(const struct nft_ruleset_table *table, struct jumps *jumps)
{
	const struct nft_chain *chain;
	size_t i;
	int err = 0;

	*jumps = (struct jumps){ 0 };
	for (chain = table->chains; chain < table->chains + table->chains_len; chain++) {
		for (i = 0; i < chain->rules_len && !err; i++) {
			if (strchr(chain->rules[i].text, '['))
				jumps->any = true;
			err = find_jumps(jumps, chain->rules[i].text, "jump ") ?:
			      find_jumps(jumps, chain->rules[i].text, "goto ");
		}
	}
	if (jumps->len)
		qsort(jumps->list, jumps->len, sizeof(*jumps->list), compare);
	return err;
}

static void free_jumps(struct jumps *jumps)
{
	while (jumps->len)
		free(jumps->list[--jumps->len]);
	free(jumps->list);
}

/* A chain without a hook is a part of those that jump to it */
static bool is_reached(const struct nft_chain *chain, const struct jumps *jumps)
{
	const char *name = chain->name;

	return *chain->type || jumps->any ||
	       (jumps->len && bsearch(&name, jumps->list, jumps->len, sizeof(name), compare));
}

static int understand_chain(const struct nft_ruleset_table *table, struct nft_chain *chain,
			    const struct jumps *jumps, struct taken *taken)
{
	static const char *const unreached[SENTENCES_MAX] = {
		"No packet gets here: the chain has no hook, and no rule jumps to it.",
		"Its rules do nothing.",
	};
	const char *const *purpose = is_reached(chain, jumps) ? NULL : unreached;
	const struct place_purpose *p;

	for (p = place_purposes; p->purpose[0] && !purpose; p++) {
		if (p->owner == table->owner && p->chain && !strcmp(p->chain, chain->name))
			purpose = p->purpose;
	}
	if (!purpose)
		return 0;
	taken->drops = chain->drops;
	chain->purpose = purpose_text(purpose, taken, table->family);
	return chain->purpose ? 0 : -ENOMEM;
}

/* Whether nothing passes that no rule accepts: wherever packets are filtered, and somewhere */
static bool is_closed(const struct nft_ruleset_table *table)
{
	const struct nft_chain *chain;
	bool drops = false;

	for (chain = table->chains; chain < table->chains + table->chains_len; chain++) {
		if (!chain->is_base || strcmp(chain->type, "filter") ||
		    chain->hook == NF_INET_PRE_ROUTING || chain->hook == NF_INET_POST_ROUTING)
			continue;
		if (!chain->drops)
			return false;
		drops = true;
	}
	return drops;
}

int table_understand(struct nft_ruleset_table *table)
{
	const struct place_purpose *p;
	struct taken taken = { 0 };
	struct jumps jumps;
	size_t i;
	int err;

	snprintf(taken.words['d' - 'a'], sizeof(taken.words[0]), "%s", table->ifname);
	taken.drops = is_closed(table);
	for (p = place_purposes; p->purpose[0] && !table->purpose; p++) {
		if (p->owner != table->owner || p->chain)
			continue;
		table->purpose = purpose_text(p->purpose, &taken, table->family);
		if (!table->purpose)
			return -ENOMEM;
	}
	err = take_jumps(table, &jumps);
	for (i = 0; i < table->chains_len && !err; i++)
		err = understand_chain(table, &table->chains[i], &jumps, &taken);
	free_jumps(&jumps);
	return err;
}

/* The WireGuard devices with their marks. Return: 0 or -errno */
static int take_tunnels(struct kernel *k, struct rule_tunnel **tunnels, size_t *len)
{
	struct rule_tunnel tunnel;
	struct link *links = NULL;
	struct wg_device device;
	size_t links_len = 0, i;
	int err;

	err = rtnl_link_list(&k->rtnl, &links, &links_len);
	for (i = 0; i < links_len && !err; i++) {
		err = wg_get(k, links[i].ifindex, &device);
		tunnel.mark = device.fwmark;
		wg_device_free(&device);
		memcpy(tunnel.name, links[i].name, sizeof(tunnel.name));
		if (!err)
			err = list_append(tunnels, len, &tunnel, sizeof(tunnel));
		/* it went while we looked */
		if (err == -ENODEV)
			err = 0;
	}
	free(links);
	return err;
}

int ruleset_understand(struct kernel *k, struct ruleset *r)
{
	struct rule_tunnel *tunnels = NULL;
	struct nft_ruleset_table *table;
	size_t len = 0;
	int err;

	err = take_tunnels(k, &tunnels, &len);
	for (table = r->tables; table && table < r->tables + r->len && !err; table++) {
		table_check_owner(table);
		err = table_find_tunnel(table, tunnels, len) ?: table_understand(table);
	}
	free(tunnels);
	return err;
}
