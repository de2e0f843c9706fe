// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl explain --ruleset": what each rule is for
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "escape.h"
#include "json.h"
#include "kernel.h"
#include "msg.h"
#include "ruleset.h"
#include "verb.h"

/* Columns of a line of words */
#define WIDTH 80

/** Room for a priority, with its name. */
#define PRIORITY_LEN 32

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return "unknown";
	}
}

static const char *role_name(enum rule_role role)
{
	static const char *const names[] = {
		[ROLE_UNKNOWN] = "unknown", [ROLE_GUARD] = "guard",
		[ROLE_RESTORE] = "restore", [ROLE_SAVE] = "save",
		[ROLE_SET_MARK] = "set-mark", [ROLE_SET_CTMARK] = "set-ctmark",
		[ROLE_ACCEPT] = "accept", [ROLE_DROP] = "drop", [ROLE_REJECT] = "reject",
		[ROLE_MASQUERADE] = "masquerade", [ROLE_OTHER] = "other",
	};

	return names[role];
}

static const char *owner_name(enum ruleset_owner owner)
{
	static const char *const names[] = {
		[OWNER_UNKNOWN] = "unknown", [OWNER_WG_QUICK] = "wg-quick",
		[OWNER_NETWORKMANAGER] = "NetworkManager", [OWNER_MULLVAD] = "mullvad",
		[OWNER_WGMARK] = "wgmark",
	};

	return names[owner];
}

/* The names that nft(8) has for priorities, NULL for one without; of arp, bridge and netdev
 * they are others
 */
static const char *priority_name(const struct nft_ruleset_table *t, const struct nft_chain *c)
{
	if (t->family != NFPROTO_IPV4 && t->family != NFPROTO_IPV6 && t->family != NFPROTO_INET)
		return NULL;
	switch (c->priority) {
	case NF_IP_PRI_RAW:
		return "raw";
	case NF_IP_PRI_MANGLE:
		return "mangle";
	case NF_IP_PRI_NAT_DST:
		return c->hook == NF_INET_PRE_ROUTING ? "dstnat" : NULL;
	case NF_IP_PRI_FILTER:
		return "filter";
	case NF_IP_PRI_SECURITY:
		return "security";
	case NF_IP_PRI_NAT_SRC:
		return c->hook == NF_INET_POST_ROUTING ? "srcnat" : NULL;
	default:
		return NULL;
	}
}

static const char *priority_text(const struct nft_ruleset_table *t, const struct nft_chain *c,
				 char text[static PRIORITY_LEN])
{
	const char *name = priority_name(t, c);

	if (name)
		snprintf(text, PRIORITY_LEN, "%s (%" PRId32 ")", name, c->priority);
	else
		snprintf(text, PRIORITY_LEN, "%" PRId32, c->priority);
	return text;
}

/* When a chain is passed, in words; arp, bridge and netdev have hooks of their own */
static const char *hook_name(const struct nft_ruleset_table *t, const struct nft_chain *c)
{
	static const char *const names[] = {
		[NF_INET_PRE_ROUTING] = "prerouting", [NF_INET_LOCAL_IN] = "input",
		[NF_INET_FORWARD] = "forward", [NF_INET_LOCAL_OUT] = "output",
		[NF_INET_POST_ROUTING] = "postrouting", [NF_INET_INGRESS] = "ingress",
	};

	if ((t->family != NFPROTO_IPV4 && t->family != NFPROTO_IPV6 &&
	     t->family != NFPROTO_INET) || c->hook > NF_INET_INGRESS)
		return "another hook";
	return names[c->hook];
}

/* Words in lines of WIDTH columns, each after @indent blanks */
static void print_words(FILE *out, const char *text, int indent)
{
	size_t column = 0, len;
	char word[256];

	while (*text) {
		len = strcspn(text, " ");
		if (column && column + 1 + len > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += len + fprintf(out, "%*s", column ? 1 : indent, "");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		escape_put(out, word);
		text += len + (text[len] == ' ');
	}
	fputc('\n', out);
}

static void print_rule(const struct nft_rule *r)
{
	fputs("\n    ", stdout);
	escape_put(stdout, r->text);
	putchar('\n');
	if (r->purpose)
		print_words(stdout, r->purpose, 8);
	else
		puts("        Unknown: wgmarkctl does not know what this rule is for.");
}

static void print_chain(const struct nft_ruleset_table *t, const struct nft_chain *c)
{
	char priority[PRIORITY_LEN];
	size_t i;

	fputs("\n  chain ", stdout);
	escape_put(stdout, c->name);
	if (*c->type)
		printf(" (%s hook %s priority %s, policy %s)", c->type, hook_name(t, c),
		       priority_text(t, c, priority), c->drops ? "drop" : "accept");
	putchar('\n');
	if (c->purpose)
		print_words(stdout, c->purpose, 4);
	for (i = 0; i < c->rules_len; i++)
		print_rule(&c->rules[i]);
}

static void print_table(const struct nft_ruleset_table *t)
{
	static const char unknown[] =
		"Not a table that wgmarkctl knows, but rules in it have to do with a tunnel.";
	size_t i;

	printf("table %s ", family_name(t->family));
	escape_put(stdout, t->name);
	putchar('\n');
	print_words(stdout, t->purpose ?: unknown, 2);
	if (t->is_dormant)
		print_words(stdout,
			    "The table is dormant: it is switched off (\"flags dormant\"), and its rules are for no packet.",
			    2);
	for (i = 0; i < t->chains_len; i++)
		print_chain(t, &t->chains[i]);
}

static size_t count_rules(const struct nft_ruleset_table *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->chains_len; i++)
		n += t->chains[i].rules_len;
	return n;
}

static void print_ruleset(const struct ruleset *r)
{
	size_t i, shown = 0;

	for (i = 0; i < r->len; i++) {
		if (!r->tables[i].concerns)
			continue;
		if (!shown++)
			print_words(stdout,
				    "nftables, the kernel's firewall, has tables (of family ip for IPv4, ip6 for IPv6, inet for both); a table has chains, and a chain has rules, which packets meet one after the other. A chain with a hook stands at one point of a packet's way; of several that stand there the one with the lowest priority comes first (those of type nat stand where NAT is, at -100 or 100). Accept ends a chain, and the next one may still drop the packet; drop and reject end its way. A chain's policy is for what no rule decides. A rule is read from left to right: what a packet has to be, all of it, and then what is done with it; \"A set B\" gives A the value of B. A mark (meta mark, fwmark) is a number that the kernel keeps beside a packet, on this machine only; a ct mark is that of its connection, in the kernel's list of connections (conntrack).",
				    0);
		putchar('\n');
		print_table(&r->tables[i]);
	}
	if (!shown)
		puts("No nftables rule here has to do with a tunnel.");
	for (i = 0; i < r->len; i++) {
		if (r->tables[i].concerns)
			continue;
		printf("\ntable %s ", family_name(r->tables[i].family));
		escape_put(stdout, r->tables[i].name);
		printf("\n  Not a tunnel's; %zu rules, not shown.\n", count_rules(&r->tables[i]));
	}
}

static void json_optional(struct json *j, const char *name, const char *text)
{
	if (text && *text)
		json_string(j, name, text);
	else
		json_null(j, name);
}

static void json_rule(struct json *j, const struct nft_rule *r)
{
	json_object(j, NULL);
	json_uint(j, "handle", r->handle);
	json_string(j, "text", r->text);
	json_string(j, "role", role_name(r->role));
	json_optional(j, "purpose", r->purpose);
	if (r->mark) {
		json_uint(j, "mark", r->mark);
		json_uint(j, "mask", r->mask);
	}
	json_optional(j, "device", r->iif);
	if (r->l4proto)
		json_uint(j, "protocol", r->l4proto);
	if (r->has_counter)
		json_uint(j, "packets", r->packets);
	json_end(j);
}

static void json_chain(struct json *j, const struct nft_ruleset_table *t,
		       const struct nft_chain *c)
{
	size_t i;

	json_object(j, NULL);
	json_string(j, "name", c->name);
	if (*c->type) {
		json_string(j, "type", c->type);
		json_string(j, "hook", hook_name(t, c));
		json_int(j, "priority", c->priority);
		json_string(j, "policy", c->drops ? "drop" : "accept");
	}
	json_optional(j, "purpose", c->purpose);
	json_array(j, "rules");
	for (i = 0; i < c->rules_len; i++)
		json_rule(j, &c->rules[i]);
	json_end(j);
	json_end(j);
}

/* All tables, those of no tunnel too */
static void json_ruleset(const struct ruleset *r)
{
	struct json j = { .out = stdout };
	const struct nft_ruleset_table *t;
	size_t i;

	json_array(&j, NULL);
	for (t = r->tables; t && t < r->tables + r->len; t++) {
		json_object(&j, NULL);
		json_string(&j, "family", family_name(t->family));
		json_string(&j, "name", t->name);
		json_string(&j, "owner", owner_name(t->owner));
		json_optional(&j, "interface", t->ifname);
		json_bool(&j, "dormant", t->is_dormant);
		json_bool(&j, "concerns", t->concerns);
		json_optional(&j, "purpose", t->purpose);
		json_array(&j, "chains");
		for (i = 0; i < t->chains_len; i++)
			json_chain(&j, t, &t->chains[i]);
		json_end(&j);
		json_end(&j);
	}
	json_end(&j);
}

int explain_ruleset(const struct options *o)
{
	struct ruleset r = { 0 };
	struct kernel k = { 0 };
	int status, err;

	status = verb_open(&k);
	if (status) {
		kernel_close(&k);
		return status;
	}
	err = ruleset_take(&k, &r);
	if (err)
		msg_errno(err, k.text, "cannot read the nftables rules");
	else if (o->json)
		json_ruleset(&r);
	else
		print_ruleset(&r);
	ruleset_free(&r);
	kernel_close(&k);
	return verb_status(err);
}
