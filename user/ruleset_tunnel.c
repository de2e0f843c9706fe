// SPDX-License-Identifier: GPL-2.0
/*
 * Which rules and tables are for a tunnel of this machine
 *
 * Others keep marks in connections too, as a load balancer does, and others guard an address.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_purpose.h"

/* Of a rule whose shape is known, but which is for no tunnel of this machine */
static const char *const neutral[][SENTENCES_MAX] = {
	[ROLE_GUARD] = {
		"Drops what comes for this address by any other device than this one, and is not from this machine itself.",
		"The device is none of this machine's WireGuard tunnels.",
	},
	[ROLE_RESTORE] = {
		"Gives packets the mark of their connection (the entry in the kernel's conntrack table).",
		"None of this machine's WireGuard tunnels has such a mark.",
	},
	[ROLE_SAVE] = {
		"Writes the mark of packets to their connection (the entry in the kernel's conntrack table), from which other packets of it can get it.",
		"None of this machine's WireGuard tunnels has such a mark.",
	},
};

static bool is_tunnel(const struct rule_tunnel *list, size_t len, const char *name)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (*name && strcmp(list[i].name, name) == 0)
			return true;
	}
	return false;
}

/* A copy of whatever mark there is has no fixed one */
static bool is_marked(const struct rule_tunnel *list, size_t len, const struct nft_rule *rule)
{
	size_t i;

	if (rule->l4proto && rule->l4proto != IPPROTO_UDP)
		return false;
	for (i = 0; i < len; i++) {
		if (list[i].mark && (!rule->mark || (list[i].mark & rule->mask) == rule->mark))
			return true;
	}
	return false;
}

static bool is_about_tunnels(const struct nft_rule *rule)
{
	return rule->role == ROLE_GUARD || rule->role == ROLE_RESTORE || rule->role == ROLE_SAVE;
}

static int disown(struct nft_rule *rule, uint8_t family)
{
	static const struct taken none;
	char *purpose;

	if (rule->purpose) {
		purpose = purpose_text(neutral[rule->role], &none, family);
		if (!purpose)
			return -ENOMEM;
		free(rule->purpose);
		rule->purpose = purpose;
	}
	if (rule->role == ROLE_GUARD)
		rule->role = ROLE_DROP;
	return 0;
}

static int find_tunnel(struct nft_ruleset_table *table, struct nft_rule *rule,
		       const struct rule_tunnel *list, size_t len)
{
	if (is_tunnel(list, len, rule->iif)) {
		table->concerns = true;
		/* Mullvad's table has the tunnel in its rules only */
		if (!*table->ifname)
			memcpy(table->ifname, rule->iif, sizeof(rule->iif));
		if (rule->role == ROLE_GUARD)
			return 0;
	}
	if (!is_about_tunnels(rule) || table->owner != OWNER_UNKNOWN)
		return 0;
	if (rule->role == ROLE_GUARD || !is_marked(list, len, rule))
		return disown(rule, table->family);
	table->concerns = true;
	return 0;
}

int table_find_tunnel(struct nft_ruleset_table *table, const struct rule_tunnel *list, size_t len)
{
	size_t i, j;
	int err = 0;

	table->concerns = table->owner != OWNER_UNKNOWN;
	for (i = 0; i < table->chains_len; i++) {
		for (j = 0; j < table->chains[i].rules_len && !err; j++)
			err = find_tunnel(table, &table->chains[i].rules[j], list, len);
	}
	return err;
}
