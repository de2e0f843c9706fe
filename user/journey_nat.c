// SPDX-License-Identifier: GPL-2.0
/*
 * NAT: another source or destination, and who gets the reply then
 *
 * A connection's first packet meets the chains of NAT; what they change is changed in all that
 * follow, and back in the replies: nf_nat_packet().
 */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "journey_story.h"

bool is_destination_hook(uint32_t hook)
{
	return hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT;
}

bool has_nat(const struct journey_machine *m, sa_family_t family)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;

	for (t = m->rules.tables; t < m->rules.tables + m->rules.len; t++) {
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			if (c->is_base && is_nat(c) && is_of_family(t, family))
				return true;
		}
	}
	return m->rules.legacy[family == AF_INET ? IPV4 : IPV6];
}

/* nf_nat_masquerade_ipv4() and nf_nat_redirect_ipv4(), and likewise of IPv6. Return: whether
 * it is known
 */
static bool device_address(const struct journey_machine *m, const char *dev,
			   const struct flow *flow, struct prefix *addr)
{
	const struct fib_link *l;

	if (prefix_is_linklocal(&flow->to))
		return false;
	for (l = m->fib.links; l < m->fib.links + m->fib.links_len; l++) {
		if (strcmp(l->name, dev) == 0)
			return m->source(m->data, l->ifindex, flow->family, addr) == 0;
	}
	return false;
}

/* Redirected, what is of this machine goes to its loopback address: nf_nat_redirect_ipv4() */
static void loopback(sa_family_t family, struct prefix *addr)
{
	*addr = (struct prefix){ .family = family };
	addr->len = 8 * prefix_bytes(addr);
	if (family == AF_INET)
		addr->v4.s_addr = htonl(INADDR_LOOPBACK);
	else
		addr->v6 = in6addr_loopback;
}

bool nat_address(const struct story *s, uint32_t hook, const struct packet *p,
		 const struct effect *e, struct prefix *addr)
{
	*addr = e->nat_addr;
	if (!e->nat_own)
		return addr->family == p->flow->family;
	if (hook != NF_INET_LOCAL_OUT)
		return device_address(s->m, *p->oif ? p->oif : p->iif, p->flow, addr);
	loopback(p->flow->family, addr);
	return true;
}

/* Return: whether it had another one */
static bool set_addr(struct packet *p, uint32_t hook, const struct prefix *addr)
{
	struct prefix *has = is_destination_hook(hook) ? &p->flow->to : &p->flow->from;

	if (prefix_equal(has, addr))
		return false;
	*has = *addr;
	return true;
}

void packet_reroute(struct packet *p, uint32_t mark)
{
	p->rerouted = true;
	p->route_mark = mark;
}

bool nat_apply(struct packet *p, uint32_t hook, const struct prefix *addr)
{
	const struct flow had = *p->flow;

	if (!set_addr(p, hook, addr))
		return false;
	if (is_destination_hook(hook))
		p->conn->to = had.to;
	else
		p->conn->from = had.from;
	if (hook == NF_INET_LOCAL_OUT)
		packet_reroute(p, p->mark);
	return true;
}

void nat_known(struct story *s, uint32_t hook, struct packet *p)
{
	bool to = is_destination_hook(hook);
	/* a reply gets what the packet had: its source was what is now the destination */
	const struct prefix *first = to ? &p->conn->from : &p->conn->to;
	const struct prefix *addr = to ? &p->conn->nat_to : &p->conn->nat_from;
	char text[PREFIX_TEXT_LEN];

	if (!p->conn->has_ct || p->is_looped || !has_nat(s->m, p->flow->family))
		return;
	if (s->back && first->family && set_addr(p, hook, first))
		story_fact(s, FACT_DECIDES, NULL, "Its connection (the entry of conntrack) has NAT, which is undone: its %s is %s again.",
			   to ? "destination" : "source", addr_text(first, text));
	else if (!s->back && addr->family && nat_apply(p, hook, addr))
		story_fact(s, FACT_DECIDES, NULL, "Its connection (the entry of conntrack) has NAT: it gets the %s %s.",
			   to ? "destination" : "source", addr_text(addr, text));
}
