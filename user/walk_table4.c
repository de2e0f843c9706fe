// SPDX-License-Identifier: GPL-2.0
/*
 * fib_table_lookup() of net/ipv4/fib_trie.c
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "walk_part.h"

/* fib_props of net/ipv4/fib_semantics.c, fib6_prop of net/ipv6/route.c */
int walk_error(uint8_t type)
{
	switch (type) {
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_THROW:
		return -EAGAIN;
	case RTN_BLACKHOLE:
	case RTN_NAT:
	case RTN_XRESOLVE:
		return -EINVAL;
	}
	return 0;
}

static bool hop_is_good(const struct fib_hop *h, const struct walk_key *k)
{
	return !h->dead && (!k->oif || h->ifindex == k->oif);
}

/* The first way that can be gone, or hops_len; an error needs none. */
static size_t good_hop(const struct fib_route *r, const struct walk_key *k)
{
	size_t i;

	for (i = 0; i < r->hops_len && !hop_is_good(&r->hops[i], k); i++)
		;
	return i;
}

static bool is_candidate(const struct fib_route *r, const struct walk_key *k)
{
	if (r->tos || !prefix_covers(&r->dst, &k->to))
		return false;
	return walk_error(r->type) || good_hop(r, k) < r->hops_len;
}

/* In the kernel's order the metric grows; of two that are alike, the first counts. */
static bool is_better(const struct fib_route *r, const struct fib_route *best)
{
	if (!best || r->dst.len != best->dst.len)
		return !best || r->dst.len > best->dst.len;
	return r->metric < best->metric;
}

/* fib_select_path(): a hash chooses between ways, the neighbours' state between default
 * routes that are alike.
 */
static bool is_several(const struct fib *f, const struct walk_key *k,
		       const struct fib_route *r)
{
	const struct fib_route *other;
	size_t i, good = 0;

	if (k->oif || r->type != RTN_UNICAST)
		return false;
	for (i = 0; i < r->hops_len; i++)
		good += hop_is_good(&r->hops[i], k);
	if (good > 1)
		return true;
	if (r->dst.len || k->iif != WALK_LOOPBACK || !r->hops[0].via.family)
		return false;
	for (i = 0; i < f->routes_len; i++) {
		other = &f->routes[i];
		if (other != r && walk_same_way(other, r) && other->hops_len &&
		    other->hops[0].via.family)
			return true;
	}
	return false;
}

void walk_table4(const struct fib *f, const struct walk_key *k, uint32_t table,
		 struct walk_match *m)
{
	const struct fib_route *r, *best = NULL;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->table == table && is_candidate(r, k) && is_better(r, best))
			best = r;
	}

	*m = (struct walk_match){ .route = best };
	if (best && !walk_error(best->type)) {
		m->hop = good_hop(best, k);
		m->several = is_several(f, k, best);
	}
}

void walk_merged4(const struct fib *f, const struct walk_key *k, struct walk_match *m)
{
	struct walk_match main;

	walk_table4(f, k, RT_TABLE_LOCAL, m);
	walk_table4(f, k, RT_TABLE_MAIN, &main);
	if (!m->route || (main.route && main.route->dst.len > m->route->dst.len))
		*m = main;
}
