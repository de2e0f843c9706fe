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

static bool covers(const struct fib_route *r, const struct walk_key *k)
{
	return !r->tos && prefix_covers(&r->dst, &k->to);
}

/* The order within the table; local and main are one table where they are merged. In the
 * kernel's order the metric grows; of two that are alike, the first counts.
 */
static bool is_before(const struct fib_route *a, const struct fib_route *b)
{
	if (a->dst.len != b->dst.len)
		return a->dst.len > b->dst.len;
	if (a->table != b->table)
		return a->table > b->table;
	return a->metric != b->metric ? a->metric < b->metric : a < b;
}

/**
 * struct table - what is looked up, and where
 * @f: the namespace's routing
 * @k: what is looked up
 * @number: the table
 * @merged: both local and main
 */
struct table {
	const struct fib *f;
	const struct walk_key *k;
	uint32_t number;
	bool merged;
};

static const struct fib_route *next_route(const struct table *t, const struct fib_route *r)
{
	for (r = r ? r + 1 : t->f->routes; r < t->f->routes + t->f->routes_len; r++) {
		if (r->table != t->number &&
		    !(t->merged && (r->table == RT_TABLE_LOCAL || r->table == RT_TABLE_MAIN)))
			continue;
		if (covers(r, t->k))
			return r;
	}
	return NULL;
}

/* Where a nexthop object has no way for the packet, the kernel passes over all that is
 * behind it in the leaf of the trie: what begins with the same address.
 */
static bool is_hidden(const struct table *t, const struct fib_route *r)
{
	const struct fib_route *other = NULL;

	while ((other = next_route(t, other))) {
		if (other->nexthop && !walk_error(other->type) &&
		    good_hop(other, t->k) == other->hops_len && is_before(other, r) &&
		    other->dst.v4.s_addr == r->dst.v4.s_addr)
			return true;
	}
	return false;
}

static bool is_candidate(const struct table *t, const struct fib_route *r)
{
	return (walk_error(r->type) || good_hop(r, t->k) < r->hops_len) && !is_hidden(t, r);
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

void walk_table4(const struct fib *f, const struct walk_key *k, uint32_t table, bool merged,
		 struct walk_match *m)
{
	struct table t = { .f = f, .k = k, .number = table, .merged = merged };
	const struct fib_route *r = NULL, *best = NULL;

	while ((r = next_route(&t, r))) {
		if ((!best || is_before(r, best)) && is_candidate(&t, r))
			best = r;
	}

	*m = (struct walk_match){ .route = best };
	if (best && !walk_error(best->type)) {
		m->hop = good_hop(best, k);
		m->several = is_several(f, k, best);
	}
}
