// SPDX-License-Identifier: GPL-2.0
/*
 * A hook of netfilter: the module, conntrack and the chains of nft, by priority
 */
#include <limits.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>

#include "journey_story.h"

/** Where a priority stands: there is room after it for those of chains of NAT. */
#define PLACE(priority) ((int64_t)(priority) * (1LL << 31))

static bool is_of_family(const struct nft_ruleset_table *t, sa_family_t family)
{
	return t->family == NFPROTO_INET ||
	       t->family == (family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

static bool is_nat(const struct nft_chain *c)
{
	return strcmp(c->type, "nat") == 0;
}

static bool needs_conntrack(const struct nft_chain *c)
{
	size_t i;

	for (i = 0; i < c->rules_len; i++) {
		if (strncmp(c->rules[i].text, "ct ", 3) == 0 || strstr(c->rules[i].text, " ct ") ||
		    rule_has_nat(c->rules[i].text))
			return true;
	}
	return false;
}

/* The kernel turns conntrack on with the first rule or module that needs it. */
static bool has_conntrack(const struct journey_machine *m, sa_family_t family)
{
	uint32_t bit = family == AF_INET ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6;
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	const struct view *v;

	for (v = m->views; v < m->views + m->views_len; v++) {
		if (v->params.families & bit && v->params.restore == WGMARK_RESTORE_CONNTRACK)
			return true;
	}
	for (t = m->rules.tables; t < m->rules.tables + m->rules.len; t++) {
		if (!is_of_family(t, family))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			if (needs_conntrack(c))
				return true;
		}
	}
	return false;
}

/* Whether all is known by which conntrack finds a packet */
static bool has_ports(const struct flow *flow)
{
	return flow->sport && flow->dport;
}

void may_restore(struct story *s, const struct packet *p)
{
	uint8_t proto = p->flow->proto;
	/* of others, ports cannot be said */
	bool may_have_ports = !proto || proto == IPPROTO_UDP || proto == IPPROTO_TCP;

	s->may_restore |= p->iif[0] && p->conn->has_ct && !p->conn->is_answered &&
			  may_have_ports && !has_ports(p->flow);
}

/* As conntrack does it, before anything else at its priority */
static void track(struct story *s, struct packet *p)
{
	struct conn *conn = p->conn;
	char mark[WORDS_LEN];

	conn->has_ct = !conn->untracked && has_conntrack(s->m, p->flow->family);
	/* what carries it, and replies, are of connections that begin in the story */
	if (!conn->has_ct || p->flow != &s->j->layers[0].flow || !p->flow->from.family ||
	    !has_ports(p->flow))
		return;
	s->m->track(s->m->data, p->flow, conn);
	if (conn->is_known && p->iif[0])
		story_fact(s, FACT_DECIDES, NULL, "It is part of a connection that is there (the entry of conntrack), which has %s.",
			   mark_words(conn->mark, mark));
	if (!conn->has_nat)
		return;
	s->unsure = true;
	story_fact(s, FACT_DECIDES, NULL, "Its connection (the entry of conntrack) has NAT: an address or a port is changed in all its packets. Here the story goes on with the old ones.");
}

/* Chains of NAT are called where NAT is, by their own priorities: nf_nat_register_fn() */
static int64_t chain_place(const struct nft_chain *c)
{
	bool is_early = c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT;
	int32_t nat = is_early ? NF_IP_PRI_NAT_DST : NF_IP_PRI_NAT_SRC;

	return is_nat(c) ? PLACE(nat) + c->priority - nat : PLACE(c->priority);
}

static void lower(int64_t *least, int64_t place, int64_t after)
{
	if (place > after && place < *least)
		*least = place;
}

/* The next place at which something stands, INT64_MAX if there is none */
static int64_t next_place(const struct story *s, uint32_t hook, sa_family_t family,
			  int64_t after)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	int64_t least = INT64_MAX;

	lower(&least, PLACE(NF_IP_PRI_RAW), after);
	lower(&least, PLACE(NF_IP_PRI_CONNTRACK), after);
	lower(&least, PLACE(NF_IP_PRI_MANGLE), after);
	for (t = s->m->rules.tables; t < s->m->rules.tables + s->m->rules.len; t++) {
		if (!is_of_family(t, family))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			if (c->is_base && c->hook == hook)
				lower(&least, chain_place(c), after);
		}
	}
	return least;
}

/* Chains of NAT are asked about a connection's first packet, for all that follow; and if there
 * were none then, again until there is a reply: nf_nat_inet_fn(). Then they change no address
 * any more: nf_nat_setup_info(). What comes in again by lo was asked about when it left.
 */
static bool is_met(const struct nft_chain *c, uint32_t hook, int64_t place,
		   const struct packet *p)
{
	const struct conn *conn = p->conn;

	if (is_nat(c) &&
	    (!conn->has_ct || conn->is_answered || conn->nat_done || p->is_looped))
		return false;
	return c->is_base && c->hook == hook && chain_place(c) == place;
}

/* Of one place, the chain that came last is first: nf_hook_entries_grow(). So it is within a
 * table; tables are taken in that order, or in the other one.
 */
static int tell_chains(struct story *s, uint32_t hook, int64_t place, struct packet *p,
		       bool last_first)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	size_t i, j;

	for (i = 0; i < s->m->rules.len; i++) {
		t = &s->m->rules.tables[last_first ? s->m->rules.len - 1 - i : i];
		if (!is_of_family(t, p->flow->family))
			continue;
		for (j = t->chains_len; j--;) {
			c = &t->chains[j];
			if (is_met(c, hook, place, p) && tell_chain(s, t, c, p))
				return -1;
		}
	}
	return 0;
}

/* How many tables have something there */
static size_t tables_at(const struct story *s, uint32_t hook, int64_t place,
			const struct packet *p)
{
	const struct nft_ruleset_table *t;
	size_t n = 0, j;

	for (t = s->m->rules.tables; t < s->m->rules.tables + s->m->rules.len; t++) {
		for (j = 0; j < t->chains_len; j++) {
			if (is_of_family(t, p->flow->family) &&
			    is_met(&t->chains[j], hook, place, p)) {
				n++;
				break;
			}
		}
	}
	return n;
}

static bool is_same(const struct packet *p, const struct packet *q)
{
	return p->mark == q->mark && p->conn->mark == q->conn->mark &&
	       p->conn->learned == q->conn->learned &&
	       p->conn->untracked == q->conn->untracked;
}

/* The module and the chains of several tables have a packet in the order in which they came to
 * their priority. That cannot be seen, so the other order is tried too, unheard: it may not
 * matter.
 */
static int tell_place(struct story *s, uint32_t hook, int64_t place, struct packet *p)
{
	bool has_kmod = place == PLACE(NF_IP_PRI_RAW) || place == PLACE(NF_IP_PRI_MANGLE);
	bool is_alone = has_kmod + tables_at(s, hook, place, p) < 2;
	int32_t priority = place / PLACE(1);
	struct journey j = { .layers_len = s->j->layers_len };
	struct story other = { .m = s->m, .j = &j, .back = s->back };
	struct conn conn = *p->conn;
	struct packet q = *p;
	int ret, other_ret;

	q.conn = &conn;
	memcpy(j.layers, s->j->layers, sizeof(j.layers));
	ret = (has_kmod ? tell_kmod(s, hook, priority, p) : 0) ?:
	      tell_chains(s, hook, place, p, true);
	if (is_alone)
		return ret;
	story_station(&other, "unheard");
	other_ret = tell_chains(&other, hook, place, &q, false) ?:
		    (has_kmod ? tell_kmod(&other, hook, priority, &q) : 0);
	if (ret != other_ret || (!ret && !is_same(p, &q))) {
		s->unsure = true;
		story_fact(s, FACT_PLAIN, NULL, "Which of those with the same priority has it first cannot be told, and it matters; taken in this order.");
	}
	s->err = s->err ?: other.err;
	free(other.title);
	free(other.lost);
	journey_free(&j);
	return ret;
}

int tell_hook(struct story *s, uint32_t hook, struct packet *p)
{
	bool is_first = hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT;
	sa_family_t family = p->flow->family;
	int64_t at = INT64_MIN;

	for (;;) {
		at = next_place(s, hook, family, at);
		if (at == INT64_MAX)
			return 0;
		if (at == PLACE(NF_IP_PRI_CONNTRACK) && is_first && !p->is_looped)
			track(s, p);
		if (tell_place(s, hook, at, p))
			return -1;
	}
}
