// SPDX-License-Identifier: GPL-2.0
/*
 * A hook of netfilter: the module, conntrack and the chains of nft, by priority
 */
#include <limits.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "journey_story.h"

static bool is_of_family(const struct nft_ruleset_table *t, sa_family_t family)
{
	return t->family == NFPROTO_INET ||
	       t->family == (family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

static bool needs_conntrack(const char *rule)
{
	return strncmp(rule, "ct ", 3) == 0 || strstr(rule, " ct ") ||
	       strstr(rule, "masquerade") || strstr(rule, "nat to ");
}

/* The kernel turns conntrack on with the first rule or module that needs it. */
static bool has_conntrack(const struct journey_machine *m, sa_family_t family)
{
	uint32_t bit = family == AF_INET ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6;
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	const struct view *v;
	size_t i;

	for (v = m->views; v < m->views + m->views_len; v++) {
		if (v->params.families & bit && v->params.restore == WGMARK_RESTORE_CONNTRACK)
			return true;
	}
	for (t = m->rules.tables; t < m->rules.tables + m->rules.len; t++) {
		if (!is_of_family(t, family))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			for (i = 0; i < c->rules_len; i++) {
				if (needs_conntrack(c->rules[i].text))
					return true;
			}
		}
	}
	return false;
}

static void lower(int64_t *least, int32_t priority, int64_t after)
{
	if (priority > after && priority < *least)
		*least = priority;
}

/* The next priority at which something stands, INT64_MAX if there is none */
static int64_t next_priority(const struct story *s, uint32_t hook, sa_family_t family,
			     int64_t after)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	int64_t least = INT64_MAX;

	lower(&least, NF_IP_PRI_RAW, after);
	lower(&least, NF_IP_PRI_CONNTRACK, after);
	lower(&least, NF_IP_PRI_MANGLE, after);
	for (t = s->m->rules.tables; t < s->m->rules.tables + s->m->rules.len; t++) {
		if (!is_of_family(t, family))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			if (c->is_base && c->hook == hook)
				lower(&least, c->priority, after);
		}
	}
	return least;
}

static int tell_chains(struct story *s, uint32_t hook, int64_t priority, struct packet *p)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;

	for (t = s->m->rules.tables; t < s->m->rules.tables + s->m->rules.len; t++) {
		if (!is_of_family(t, p->flow->family))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			if (c->is_base && c->hook == hook && c->priority == priority &&
			    tell_chain(s, t, c, p))
				return -1;
		}
	}
	return 0;
}

int tell_hook(struct story *s, uint32_t hook, struct packet *p)
{
	bool is_first = hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT;
	sa_family_t family = p->flow->family;
	int64_t at = INT64_MIN;

	for (;;) {
		at = next_priority(s, hook, family, at);
		if (at == INT64_MAX)
			return 0;
		if (at == NF_IP_PRI_CONNTRACK && is_first && !p->conn->untracked)
			p->conn->has_ct = has_conntrack(s->m, family);
		if (tell_kmod(s, hook, at, p) || tell_chains(s, hook, at, p))
			return -1;
	}
}
