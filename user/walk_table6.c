// SPDX-License-Identifier: GPL-2.0
/*
 * fib6_table_lookup() of net/ipv6/route.c, with fib6_node_lookup() of net/ipv6/ip6_fib.c
 *
 * A table is a tree by destination. A node of it may have routes, and a tree of its own by
 * source; the routes in there are in front. Where that has none for the packet, the look-up
 * goes on with a shorter destination, and past the node's own routes.
 */
#include <limits.h>
#include <linux/rtnetlink.h>

#include "walk_part.h"

/**
 * struct tree - a table, and what is looked up in it
 * @f: the namespace's routing
 * @k: what is looked up
 * @table: the table
 */
struct tree {
	const struct fib *f;
	const struct walk_key *k;
	uint32_t table;
};

/**
 * struct node - where the look-up stands
 * @dst: length of the destination
 * @src: length of the source, 0 for the node's own routes
 */
struct node {
	int dst;
	int src;
};

#define ADDR_BITS 128

/* Next route of the table that covers the destination, after @r */
static const struct fib_route *next_route(const struct tree *t, const struct fib_route *r)
{
	for (r = r ? r + 1 : t->f->routes; r < t->f->routes + t->f->routes_len; r++) {
		if (r->table == t->table && prefix_covers(&r->dst, &t->k->to))
			return r;
	}
	return NULL;
}

/* Without a source, the kernel looks the unspecified address up. */
static bool covers_source(const struct tree *t, const struct fib_route *r)
{
	static const struct prefix unspecified = { .family = AF_INET6, .len = ADDR_BITS };

	return !r->src.len ||
	       prefix_covers(&r->src, t->k->from.family ? &t->k->from : &unspecified);
}

/* The longest destination below a length, or -1 */
static int longest_dst(const struct tree *t, int below)
{
	const struct fib_route *r = NULL;
	int len = -1;

	while ((r = next_route(t, r))) {
		if (r->dst.len < below && r->dst.len > len)
			len = r->dst.len;
	}
	return len;
}

/* The longest source of a destination, below a length, or 0 */
static int longest_src(const struct tree *t, int dst, int below)
{
	const struct fib_route *r = NULL;
	int len = 0;

	while ((r = next_route(t, r))) {
		if (r->dst.len == dst && r->src.len < below && r->src.len > len &&
		    covers_source(t, r))
			len = r->src.len;
	}
	return len;
}

static bool has_routes(const struct tree *t, int dst, bool with_source)
{
	const struct fib_route *r = NULL;

	while ((r = next_route(t, r))) {
		if (r->dst.len == dst && !!r->src.len == with_source)
			return true;
	}
	return false;
}

/* Whether there is a longer destination in this one */
static bool has_longer(const struct tree *t, int dst)
{
	struct prefix p = t->k->to;
	const struct fib_route *r;

	p.len = dst;
	for (r = t->f->routes; r < t->f->routes + t->f->routes_len; r++) {
		if (r->table == t->table && r->dst.len > dst && prefix_covers(&p, &r->dst))
			return true;
	}
	return false;
}

/* fib6_repair_tree(): a node without routes of its own, which it had once, or which was made
 * to part others, has one of those for its key. Then the kernel does not find what it has
 * by source. It depends on the order in which the routes came and went.
 */
static bool may_be_lost(const struct tree *t, int dst)
{
	return has_routes(t, dst, true) && !has_routes(t, dst, false) && has_longer(t, dst);
}

/* fib6_node_lookup() */
static struct node first_node(const struct tree *t, bool *unsure)
{
	struct node n = { 0 };

	for (n.dst = longest_dst(t, ADDR_BITS + 1); n.dst > 0; n.dst = longest_dst(t, n.dst)) {
		n.src = longest_src(t, n.dst, ADDR_BITS + 1);
		*unsure |= n.src && may_be_lost(t, n.dst);
		if (n.src || !has_routes(t, n.dst, true))
			return n;
	}
	return (struct node){ .src = longest_src(t, 0, ADDR_BITS + 1) };
}

/* fib6_backtrack(). Return: false when there is no more */
static bool next_node(const struct tree *t, struct node *n)
{
	while (n->dst || n->src) {
		if (n->src) {
			n->src = longest_src(t, n->dst, n->src);
		} else {
			n->dst = longest_dst(t, n->dst);
			if (n->dst < 0)
				n->dst = 0;
			n->src = longest_src(t, n->dst, ADDR_BITS + 1);
		}
		if (n->src || !n->dst || has_routes(t, n->dst, false))
			return true;
	}
	return false;
}

/* rt6_score_route(); -1 for none */
static int score(const struct walk_key *k, const struct fib_route *r,
		 const struct fib_hop *h)
{
	uint32_t oif = k->iif == WALK_LOOPBACK ? k->oif : k->iif;
	bool matches = !oif || h->ifindex == oif;

	if (h->dead || (!matches && k->strict))
		return -1;
	/* low is 3, medium 0, high 1: RFC 4191, section 2.1 */
	return (matches ? 2 : 0) | (r->pref ^ 2) << 2;
}

/**
 * struct choice - the best route so far
 * @m: it
 * @score: its score, -1 for none
 * @ties: ways with the same score
 */
struct choice {
	struct walk_match m;
	int score;
	size_t ties;
};

static void weigh(const struct walk_key *k, const struct fib_route *r, struct choice *c)
{
	size_t i;

	/* whatever else there is, and wherever the packet may leave by */
	if (r->nexthop && r->type == RTN_BLACKHOLE) {
		c->m = (struct walk_match){ .route = r };
		c->score = INT_MAX;
		return;
	}
	for (i = 0; i < r->hops_len; i++) {
		int points = score(k, r, &r->hops[i]);

		if (points > c->score) {
			c->m.route = r;
			c->m.hop = i;
			c->score = points;
			c->ties = 0;
		} else if (points >= 0 && points == c->score && r->metric == c->m.route->metric) {
			c->ties += !!r->hops[i].via.family;
		}
	}
}

/* find_rr_leaf(): the best score of the lowest metric, else of all others together */
static void select_route(const struct tree *t, const struct node *n, struct choice *c)
{
	const struct fib_route *r = NULL;
	uint32_t lowest = UINT32_MAX;
	bool others = false;

	while ((r = next_route(t, r))) {
		if (r->dst.len == n->dst && r->src.len == n->src && covers_source(t, r) &&
		    r->metric < lowest)
			lowest = r->metric;
	}
	do {
		while ((r = next_route(t, r))) {
			bool other = r->metric != lowest;

			if (r->dst.len == n->dst && r->src.len == n->src && covers_source(t, r) &&
			    other == others)
				weigh(t->k, r, c);
		}
		others = !others;
	} while (others && c->score < 0);
}

/* fib6_select_path(): the packet's hash chooses between ways. Where there is a source, or a
 * nexthop object, @oif is no more than a wish, and not all kernels grant it.
 */
static bool is_several(const struct walk_key *k, const struct choice *c)
{
	const struct fib_route *r = c->m.route;
	size_t i, good = 0;

	for (i = 0; i < r->hops_len; i++)
		good += r->nexthop ? !r->hops[i].dead : score(k, r, &r->hops[i]) >= 0;
	/* or routers, of which one may not answer */
	return good > 1 || (c->ties && r->hops[c->m.hop].via.family);
}

void walk_table6(const struct fib *f, const struct walk_key *k, uint32_t table,
		 struct walk_match *m)
{
	struct tree t = { .f = f, .k = k, .table = table };
	struct choice c = { .score = -1 };
	bool unsure = false;
	struct node n;

	n = first_node(&t, &unsure);
	do {
		select_route(&t, &n, &c);
	} while (c.score < 0 && next_node(&t, &n));
	*m = c.m;
	m->unsure = unsure;
	if (m->route && !walk_error(m->route->type))
		m->several = is_several(k, &c);
}
