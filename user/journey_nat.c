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

/* The device's address, if it has one alone: nf_nat_masquerade_ipv4() and the others choose by
 * what is not read here. Return: whether that is so
 */
static bool device_address(const struct journey_machine *m, const char *dev, sa_family_t family,
			   struct prefix *addr)
{
	const struct fib_route *r;
	size_t n = 0;

	for (r = m->fib.routes; r < m->fib.routes + m->fib.routes_len; r++) {
		if (r->type != RTN_LOCAL || r->table != RT_TABLE_LOCAL ||
		    r->protocol != RTPROT_KERNEL || r->dst.family != family || !r->hops_len ||
		    r->dst.len != 8 * prefix_bytes(&r->dst) ||
		    (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&r->dst.v6)) ||
		    strcmp(dev_name(m, r->hops[0].ifindex), dev))
			continue;
		*addr = r->dst;
		n++;
	}
	return n == 1;
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
		return device_address(s->m, *p->oif ? p->oif : p->iif, p->flow->family, addr);
	loopback(p->flow->family, addr);
	return true;
}

bool nat_apply(struct packet *p, uint32_t hook, const struct prefix *addr)
{
	bool to = is_destination_hook(hook);
	struct prefix *has = to ? &p->flow->to : &p->flow->from;

	if (prefix_equal(has, addr))
		return false;
	*(to ? &p->conn->to : &p->conn->from) = *has;
	*has = *addr;
	return true;
}

/* A reply gets what the packet had: its source was what is now the destination */
static void undo(struct story *s, uint32_t hook, struct packet *p)
{
	bool to = is_destination_hook(hook);
	const struct prefix *first = to ? &p->conn->from : &p->conn->to;
	char addr[PREFIX_TEXT_LEN];

	if (!first->family)
		return;
	*(to ? &p->flow->to : &p->flow->from) = *first;
	story_fact(s, FACT_DECIDES, NULL, "Its connection (the entry of conntrack) has NAT, which is undone: %s is %s again.",
		   to ? "its destination" : "its source", addr_text(first, addr));
}

void nat_known(struct story *s, uint32_t hook, struct packet *p)
{
	bool to = is_destination_hook(hook);
	const struct prefix *addr = to ? &p->conn->nat_to : &p->conn->nat_from;
	char text[PREFIX_TEXT_LEN];

	if (!p->conn->has_ct || p->is_looped || !has_nat(s->m, p->flow->family))
		return;
	if (s->back)
		undo(s, hook, p);
	else if (addr->family && nat_apply(p, hook, addr))
		story_fact(s, FACT_DECIDES, NULL, "Its connection (the entry of conntrack) has NAT: it gets the %s %s.",
			   to ? "destination" : "source", addr_text(addr, text));
}
