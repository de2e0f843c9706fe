// SPDX-License-Identifier: GPL-2.0
/*
 * What IPv4 decides beside the rules: ip_route_output_key_hash_rcu() and
 * ip_route_input_slow() of net/ipv4/route.c
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>

#include "walk_part.h"

/* ipv4_is_multicast(), ipv4_is_lbcast() */
static bool is_group(const struct prefix *p)
{
	uint32_t addr = ntohl(p->v4.s_addr);

	return IN_MULTICAST(addr) || addr == INADDR_BROADCAST;
}

/* And ipv4_is_zeronet(): no address of one machine */
static bool is_no_host(const struct prefix *p)
{
	return is_group(p) || p->v4.s_addr == INADDR_ANY;
}

static bool is_loopback(const struct prefix *p)
{
	return ntohl(p->v4.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* __ip_dev_find() of net/ipv4/devinet.c */
bool walk_is_own(const struct fib *f, const struct prefix *addr)
{
	struct walk_key k = { .family = AF_INET, .to = *addr, .iif = WALK_LOOPBACK };
	const struct fib_route *r;
	struct walk_match m;

	/* one of a VRF has its route in there */
	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->type == RTN_LOCAL && r->protocol == RTPROT_KERNEL &&
		    prefix_equal(&r->dst, addr))
			return true;
	}
	walk_table4(f, &k, RT_TABLE_LOCAL, walk_is_merged(f), &m);
	return m.route && m.route->type == RTN_LOCAL;
}

enum walk_beside walk_before(const struct fib *f, const struct flow *flow, int *err)
{
	const struct fib_link *l = fib_link(f, flow->iif ?: flow->oif);

	if (flow->family != AF_INET)
		return WALK_BY_RULES;
	if ((flow->iif || flow->oif) && (!l || (!flow->iif && !l->is_up))) {
		*err = l ? -ENETUNREACH : -ENODEV;
		return WALK_NO_DEVICE;
	}
	*err = -EINVAL;
	if (flow->iif) {
		if (!flow->from.family || is_group(&flow->from))
			return WALK_MARTIAN;
		if (is_group(&flow->to)) {
			*err = 0;
			return WALK_GROUP;
		}
		if (is_no_host(&flow->from) || is_loopback(&flow->from) ||
		    is_loopback(&flow->to) || is_no_host(&flow->to))
			return WALK_MARTIAN;
		*err = 0;
	} else if (flow->from.family) {
		if (is_no_host(&flow->from))
			return WALK_FOREIGN;
		*err = -ENETUNREACH;
		if (!walk_is_own(f, &flow->from))
			return WALK_FOREIGN;
	}
	*err = 0;
	return WALK_BY_RULES;
}

void walk_after(const struct flow *flow, const struct walk_key *k, struct walk *w)
{
	const struct walk_step *end = walk_end(w);
	const struct fib_link *l;

	if (flow->family != AF_INET)
		return;
	if (!flow->iif) {
		if (w->err && k->oif && !k->vrf_table) {
			w->beside = WALK_ONLINK;
			w->err = 0;
		}
		return;
	}
	l = fib_link(w->fib, flow->iif);
	if (!l || l->forwarding)
		return;
	if (!w->err && (end->route->type == RTN_LOCAL || end->route->type == RTN_BROADCAST))
		return;
	w->beside = WALK_NO_FORWARD;
	w->err = -EHOSTUNREACH;
}
