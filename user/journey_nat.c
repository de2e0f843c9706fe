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

static bool is_group(const struct prefix *p)
{
	return p->family == AF_INET ? IN_MULTICAST(ntohl(p->v4.s_addr)) :
				      IN6_IS_ADDR_MULTICAST(&p->v6);
}

/* nf_nat_masquerade_ipv4(), which looks for a source, and nf_nat_redirect_ipv4(), which takes
 * the first, and likewise of IPv6. Return: whether it is known
 */
static bool device_address(const struct journey_machine *m, const char *dev,
			   const struct flow *flow, bool first, struct prefix *addr)
{
	const struct fib_link *l;

	if (prefix_is_linklocal(&flow->to) || is_group(&flow->to) ||
	    (!first && is_local(m, &flow->to)))
		return false;
	for (l = m->fib.links; l < m->fib.links + m->fib.links_len; l++) {
		if (strcmp(l->name, dev) == 0)
			return m->source(m->data, l->ifindex, flow->family, first, addr) == 0;
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
	if (!is_destination_hook(hook))
		return device_address(s->m, p->oif, p->flow, false, addr);
	if (hook == NF_INET_PRE_ROUTING)
		return device_address(s->m, p->iif, p->flow, true, addr);
	loopback(p->flow->family, addr);
	return true;
}

/* Of family 0, and 0, there is none to set; and a port that has not been said stays so. Return:
 * whether it had another one
 */
static enum tri set_addr(struct packet *p, uint32_t hook, const struct prefix *addr, uint16_t port)
{
	bool to = is_destination_hook(hook);
	struct prefix *has = to ? &p->flow->to : &p->flow->from;
	uint16_t *has_port = to ? &p->flow->dport : &p->flow->sport;
	enum tri differs = NO;

	if (port && *has_port != port)
		differs = *has_port ? YES : MAYBE;
	if (addr->family && !prefix_equal(has, addr))
		differs = YES;
	if (addr->family)
		*has = *addr;
	if (port && *has_port)
		*has_port = port;
	return differs;
}

const char *nat_text(const struct prefix *addr, uint16_t port, char text[static NAT_TEXT_LEN])
{
	char word[PREFIX_TEXT_LEN];

	if (!addr->family)
		snprintf(text, NAT_TEXT_LEN, "port %u", port);
	else if (port)
		snprintf(text, NAT_TEXT_LEN, "%s, port %u", addr_text(addr, word), port);
	else
		snprintf(text, NAT_TEXT_LEN, "%s", addr_text(addr, word));
	return text;
}

void packet_reroute(struct packet *p, uint32_t mark)
{
	p->rerouted = true;
	p->route_mark = mark;
}

/* What it had, for the reply, as far as that has changed */
static void keep(struct prefix *addr, uint16_t *port, const struct prefix *had, uint16_t had_port,
		 const struct prefix *has, uint16_t has_port)
{
	*addr = prefix_equal(had, has) ? (struct prefix){ 0 } : *had;
	*port = had_port == has_port ? 0 : had_port;
}

bool nat_apply(struct packet *p, uint32_t hook, const struct prefix *addr, uint16_t port)
{
	const struct flow had = *p->flow;
	const enum tri differs = set_addr(p, hook, addr, port);
	struct conn *conn = p->conn;

	if (differs == NO)
		return false;
	if (is_destination_hook(hook)) {
		keep(&conn->to, &conn->dport, &had.to, had.dport, &p->flow->to, p->flow->dport);
		conn->dnat = differs;
	} else {
		keep(&conn->from, &conn->sport, &had.from, had.sport, &p->flow->from,
		     p->flow->sport);
		conn->snat = differs;
	}
	if (hook == NF_INET_LOCAL_OUT && !prefix_equal(&had.to, &p->flow->to))
		packet_reroute(p, p->mark);
	return true;
}

void nat_forget_port(struct packet *p)
{
	if (!p->flow->sport) {
		p->conn->snat = p->conn->snat ?: MAYBE;
		return;
	}
	p->conn->sport = p->conn->sport ?: p->flow->sport;
	p->conn->snat = YES;
	p->flow->sport = 0;
}

static bool has_masquerade(const struct journey_machine *m, sa_family_t family)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;
	size_t i;

	for (t = m->rules.tables; t < m->rules.tables + m->rules.len; t++) {
		if (!is_of_family(t, family))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			for (i = 0; i < c->rules_len; i++) {
				if (strstr(c->rules[i].text, "masq") ||
				    strstr(c->rules[i].text, "MASQ"))
					return true;
			}
		}
	}
	return m->rules.legacy[family == AF_INET ? IPV4 : IPV6];
}

static bool is_of_device(const struct journey_machine *m, const char *dev,
			 const struct prefix *addr)
{
	const struct fib_route *r;

	for (r = m->fib.routes; r < m->fib.routes + m->fib.routes_len; r++) {
		if (r->type == RTN_LOCAL && r->hops_len && prefix_equal(&r->dst, addr) &&
		    strcmp(dev_name(m, r->hops[0].ifindex), dev) == 0)
			return true;
	}
	return false;
}

/* What was masqueraded for another device ends, as it has that one's address:
 * nf_nat_oif_changed(). For which it was, conntrack does not say
 */
static void tell_moved(struct story *s, uint32_t hook, const struct packet *p)
{
	if (!p->conn->is_known || s->back || hook != NF_INET_POST_ROUTING ||
	    !has_masquerade(s->m, p->flow->family) ||
	    is_of_device(s->m, p->oif, &p->flow->from))
		return;
	/* no address of this machine was ever given to it */
	if (!p->conn->nat_from.family && !is_local(s->m, &p->flow->from))
		return;
	s->unsure = true;
	story_fact(s, FACT_PLAIN, NULL, "It leaves with an address that %s does not have: if masquerade gave it that for another device, the kernel drops it and forgets the connection.",
		   p->oif);
}

/* Return: whether something is undone */
static bool undo(struct packet *p, uint32_t hook, const struct prefix *first, uint16_t port)
{
	uint16_t *has_port = is_destination_hook(hook) ? &p->flow->dport : &p->flow->sport;
	bool differs = set_addr(p, hook, first, 0) != NO;

	if (hook == NF_INET_LOCAL_OUT && differs)
		packet_reroute(p, p->mark);
	if (!port || *has_port == port)
		return differs;
	*has_port = port;
	return true;
}

void nat_known(struct story *s, uint32_t hook, struct packet *p)
{
	bool to = is_destination_hook(hook);
	/* a reply gets what the packet had: its source was what is now the destination */
	const struct prefix *first = to ? &p->conn->from : &p->conn->to;
	uint16_t first_port = to ? p->conn->sport : p->conn->dport;
	const struct prefix *addr = to ? &p->conn->nat_to : &p->conn->nat_from;
	uint16_t port = to ? p->conn->nat_dport : p->conn->nat_sport;
	char text[NAT_TEXT_LEN];

	if (!p->conn->has_ct || p->is_looped || !has_nat(s->m, p->flow->family))
		return;
	if (s->back && undo(p, hook, first, first_port))
		story_fact(s, FACT_DECIDES, NULL, "Its connection (the entry of conntrack) has NAT, which is undone: its %s is %s again.",
			   to ? "destination" : "source", nat_text(first, first_port, text));
	else if (!s->back && nat_apply(p, hook, addr, port))
		story_fact(s, FACT_DECIDES, NULL, "Its connection (the entry of conntrack) has NAT: it gets the %s %s.",
			   to ? "destination" : "source", nat_text(addr, port, text));
	tell_moved(s, hook, p);
}
