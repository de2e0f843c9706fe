// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a walk ended where the kernel's decision did
 */
#include <linux/rtnetlink.h>

#include "walk_part.h"

static bool is_hop(const struct fib_hop *h, const struct fib_answer *a)
{
	if (h->ifindex != a->ifindex || h->via.family != a->via.family)
		return false;
	return !h->via.family || prefix_equal(&h->via, &a->via);
}

static bool is_any_hop(const struct fib_route *r, const struct fib_answer *a)
{
	size_t i;

	for (i = 0; i < r->hops_len; i++) {
		if (is_hop(&r->hops[i], a))
			return true;
	}
	/* there may be more than were kept */
	return r->hops_len == FIB_HOPS_MAX;
}

/* By the way that was found, or by any of those that the kernel chooses between */
static bool is_way(const struct walk *w, const struct walk_step *end,
		   const struct fib_answer *a)
{
	const struct fib_route *r;

	if (!w->several)
		return is_hop(&end->route->hops[end->hop], a);
	for (r = w->fib->routes; r < w->fib->routes + w->fib->routes_len; r++) {
		if (walk_same_way(r, end->route) && is_any_hop(r, a))
			return true;
	}
	return false;
}

/* What is for this machine itself: the answer says "lo", or the VRF. */
static bool is_inside(const struct fib *f, uint32_t ifindex)
{
	const struct fib_link *l = fib_link(f, ifindex);

	return ifindex == WALK_LOOPBACK || (l && l->vrf_table);
}

bool walk_agrees(const struct walk *w, const struct fib_answer *a)
{
	const struct walk_step *end = walk_end(w);

	if (w->beside == WALK_GROUP)
		return a->err || a->type == RTN_BROADCAST || a->type == RTN_MULTICAST;
	if (w->err || a->err)
		return w->err == a->err;
	/* of no table */
	if (w->beside == WALK_ONLINK)
		return !a->table && !a->dst.family;
	if (!end || a->type != end->route->type)
		return false;
	if (a->table != end->route->table && !(w->merged && a->table == RT_TABLE_MAIN))
		return false;
	if (a->dst.family && !prefix_equal(&a->dst, &end->route->dst))
		return false;
	if (a->type == RTN_LOCAL || a->type == RTN_ANYCAST ||
	    (a->type == RTN_BROADCAST && is_inside(w->fib, a->ifindex)))
		return true;
	return is_way(w, end, a);
}
