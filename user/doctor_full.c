// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a device is the way of everything
 */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "doctor.h"

/* Whether a rule takes all packets to a route, those with one mark aside */
static bool takes_all(const struct fib_rule *r, const struct fib_route *route)
{
	return r->family == route->dst.family && r->action == FR_ACT_TO_TBL &&
	       r->table == route->table && r->suppress < (int)route->dst.len && !r->src.family &&
	       !r->dst.family && !*r->iif && !*r->oif && !r->tos && !r->proto && !r->sport[1] &&
	       !r->dport[1] && !r->has_uids && !r->l3mdev && !r->unknown &&
	       r->invert == (r->mask && r->mark);
}

static bool some_rule_takes_all(const struct fib *f, const struct fib_route *route)
{
	size_t i;

	for (i = 0; i < f->rules_len; i++) {
		if (takes_all(&f->rules[i], route))
			return true;
	}
	return false;
}

/* Another one to the same destination comes before it, as its metric is less */
static bool is_second(const struct fib *f, const struct fib_route *route)
{
	const struct fib_route *r;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->table == route->table && prefix_equal(&r->dst, &route->dst) && !r->tos &&
		    !r->src.family && r->metric < route->metric)
			return true;
	}
	return false;
}

bool leads_to(const struct fib_route *r, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < r->hops_len; i++) {
		if (r->hops[i].ifindex == ifindex)
			return true;
	}
	return false;
}

uint32_t full_by(const struct fib *f, uint32_t ifindex, uint32_t table)
{
	const struct fib_route *r;
	uint32_t full = 0;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		/* 0.0.0.0/1 and 128.0.0.0/1 are a way to say the same */
		if (r->dst.len > 1 || r->src.family || r->tos || (table && r->table != table) ||
		    !leads_to(r, ifindex))
			continue;
		if (!is_second(f, r) && some_rule_takes_all(f, r))
			full |= r->dst.family == AF_INET ? WGMARK_FAMILY_IPV4 :
							   WGMARK_FAMILY_IPV6;
	}
	return full;
}
