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

bool is_of_family(const struct nft_ruleset_table *t, sa_family_t family)
{
	return t->family == NFPROTO_INET ||
	       t->family == (family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

bool is_nat(const struct nft_chain *c)
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

	/* no connection begins with the answer to one, but of UDP */
	conn->has_ct = !conn->untracked && has_conntrack(s->m, p->flow->family) &&
		       !(conn->is_unasked && p->flow->proto && p->flow->proto != IPPROTO_UDP);
	/* what carries it, and replies, are of connections that begin in the story */
	if (!conn->has_ct || p->flow != &s->j->layers[0].flow || !p->flow->from.family ||
	    !has_ports(p->flow))
		return;
	s->m->track(s->m->data, p->flow, conn);
	if (conn->is_known && p->iif[0])
		story_fact(s, FACT_DECIDES, NULL, "It is part of a connection that is there (the entry of conntrack), which has %s.",
			   mark_words(conn->mark, mark));
}

/* Where the chains of NAT are called, whatever their own priorities: nf_nat_register_fn() */
static int32_t nat_priority(uint32_t hook)
{
	return is_destination_hook(hook) ? NF_IP_PRI_NAT_DST : NF_IP_PRI_NAT_SRC;
}

/* At forward nowhere */
static bool is_nat_at(uint32_t hook, int32_t priority)
{
	return hook != NF_INET_FORWARD && priority == nat_priority(hook);
}

static void lower(int64_t *least, int32_t priority, int64_t after)
{
	if (priority > after && priority < *least)
		*least = priority;
}

/* The next priority at which something stands, or, of chains of NAT, the next of their own;
 * INT64_MAX if there is none
 */
static int64_t next_priority(const struct story *s, uint32_t hook, sa_family_t family,
			     bool of_nat, int64_t after)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	int64_t least = INT64_MAX;

	if (!of_nat) {
		lower(&least, NF_IP_PRI_RAW, after);
		lower(&least, NF_IP_PRI_CONNTRACK, after);
		lower(&least, NF_IP_PRI_MANGLE, after);
		if (hook != NF_INET_FORWARD)
			lower(&least, nat_priority(hook), after);
	}
	for (t = s->m->rules.tables; t < s->m->rules.tables + s->m->rules.len; t++) {
		if (!is_of_family(t, family))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			if (c->is_base && c->hook == hook && is_nat(c) == of_nat)
				lower(&least, c->priority, after);
		}
	}
	return least;
}

static bool is_met(const struct nft_chain *c, uint32_t hook, bool of_nat, int64_t priority)
{
	return c->is_base && c->hook == hook && is_nat(c) == of_nat && c->priority == priority;
}

/* Of one priority, the chain that came last is first: nf_hook_entries_grow(). So it is within a
 * table; tables are taken in that order, or in the other one.
 */
static int tell_chains(struct story *s, uint32_t hook, bool of_nat, int64_t priority,
		       struct packet *p, bool last_first)
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
			if (!is_met(c, hook, of_nat, priority) || (of_nat && p->nat_set))
				continue;
			if (tell_chain(s, t, c, p))
				return -1;
		}
	}
	return 0;
}

/* Chains of NAT are asked about a connection's first packet, for all that follow; and if there
 * were none then, again until there is a reply: nf_nat_inet_fn(). Then they change no address
 * any more: nf_nat_setup_info(). What comes in again by lo was asked about when it left.
 */
static bool meets_nat(const struct packet *p)
{
	const struct conn *conn = p->conn;

	return conn->has_ct && !conn->is_answered && !conn->nat_done && !p->is_looped;
}

/* One after the other, by their own priorities, until one has changed an address */
static int tell_nat(struct story *s, uint32_t hook, struct packet *p, bool last_first)
{
	int64_t at = INT64_MIN;

	nat_known(s, hook, p);
	p->nat_set = false;
	while (meets_nat(p)) {
		at = next_priority(s, hook, p->flow->family, true, at);
		if (at == INT64_MAX)
			break;
		if (tell_chains(s, hook, true, at, p, last_first))
			return -1;
	}
	return 0;
}

/* How many tables have something there */
static size_t tables_at(const struct story *s, uint32_t hook, int64_t priority,
			const struct packet *p)
{
	bool asks_nat = is_nat_at(hook, priority) && meets_nat(p);
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	/* what NAT did before, it does again there */
	size_t n = is_nat_at(hook, priority) && !asks_nat && p->conn->has_ct &&
		   has_nat(s->m, p->flow->family);
	bool chains, nat;

	for (t = s->m->rules.tables; t < s->m->rules.tables + s->m->rules.len; t++) {
		if (!is_of_family(t, p->flow->family))
			continue;
		chains = false;
		nat = false;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			chains |= is_met(c, hook, false, priority);
			nat |= asks_nat && c->is_base && c->hook == hook && is_nat(c);
		}
		n += chains + nat;
	}
	return n;
}

static bool is_same(const struct packet *p, const struct packet *q)
{
	return p->mark == q->mark && p->conn->mark == q->conn->mark &&
	       p->conn->learned == q->conn->learned &&
	       p->conn->untracked == q->conn->untracked &&
	       p->rerouted == q->rerouted && p->route_mark == q->route_mark &&
	       prefix_equal(&p->flow->from, &q->flow->from) &&
	       prefix_equal(&p->flow->to, &q->flow->to) &&
	       p->flow->sport == q->flow->sport && p->flow->dport == q->flow->dport;
}

/* What is no chain of a table's, and stands at its own priority: the module, and NAT */
static int tell_own(struct story *s, uint32_t hook, int32_t priority, struct packet *p,
		    bool last_first)
{
	if (is_nat_at(hook, priority))
		return tell_nat(s, hook, p, last_first);
	if (priority == NF_IP_PRI_RAW || priority == NF_IP_PRI_MANGLE)
		return tell_kmod(s, hook, priority, p);
	return 0;
}

/* The module, NAT and the chains of several tables have a packet in the order in which they
 * came to their priority. That cannot be seen, so the other order is tried too, unheard: it
 * may not matter.
 */
static int tell_priority(struct story *s, uint32_t hook, int32_t priority, struct packet *p)
{
	bool has_kmod = priority == NF_IP_PRI_RAW || priority == NF_IP_PRI_MANGLE;
	bool is_alone = has_kmod + tables_at(s, hook, priority, p) < 2;
	struct journey j = { .layers_len = s->j->layers_len };
	struct story other = { .m = s->m, .j = &j, .back = s->back };
	struct conn conn = *p->conn;
	struct flow flow = *p->flow;
	struct packet q = *p;
	int ret, other_ret;

	q.conn = &conn;
	q.flow = &flow;
	memcpy(j.layers, s->j->layers, sizeof(j.layers));
	ret = tell_own(s, hook, priority, p, true) ?:
	      tell_chains(s, hook, false, priority, p, true);
	if (is_alone)
		return ret;
	story_station(&other, "unheard");
	other_ret = tell_chains(&other, hook, false, priority, &q, false) ?:
		    tell_own(&other, hook, priority, &q, false);
	if (ret != other_ret || (!ret && !is_same(p, &q))) {
		s->unsure = true;
		s->j->may_mark |= p->mark != q.mark || p->conn->mark != conn.mark;
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
	int64_t at = INT64_MIN;

	for (;;) {
		at = next_priority(s, hook, p->flow->family, false, at);
		if (at == INT64_MAX)
			return 0;
		if (at == NF_IP_PRI_CONNTRACK && is_destination_hook(hook) && !p->is_looped)
			track(s, p);
		if (tell_priority(s, hook, at, p))
			return -1;
	}
}
