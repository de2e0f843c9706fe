// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload": routes
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "plan_build.h"
#include "save_value.h"
#include "wg_diff.h"

/**
 * struct routes - what there is and what has to be, each sorted
 * @live: routes to the device
 * @wanted: those of "up"
 * @wanted_len: how many
 * @allowed: allowed IPs of the device
 * @allowed_len: how many
 */
struct routes {
	struct route *live;
	struct route *wanted;
	size_t wanted_len;
	struct prefix *allowed;
	size_t allowed_len;
};

static bool had_ipv4(const struct reload *r)
{
	return prefix_has_family(r->live->address, r->live->address_len, AF_INET);
}

static bool has_ipv4(const struct reload *r)
{
	return prefix_has_family(r->c->address, r->c->address_len, AF_INET);
}

/* With the last IPv4 address of a device all its IPv4 routes go: fib_disable_ip() */
static bool loses_ipv4(const struct reload *r)
{
	return had_ipv4(r) && !has_ipv4(r);
}

/* Then on the way back it loses its last one. */
static bool gains_ipv4(const struct reload *r)
{
	return !had_ipv4(r) && has_ipv4(r);
}

static void add_live(struct reload *r, enum step_type type, const struct route *route)
{
	struct step *step = plan_add(r->p, type);

	step->route.dst = route->dst;
	step->route.table = route->table;
}

void reload_routes_begin(struct reload *r)
{
	const struct live *l = r->live;
	size_t i;

	for (i = 0; i < l->routes_len; i++) {
		if (l->routes[i].dst.family != AF_INET)
			continue;
		if (loses_ipv4(r))
			add_live(r, STEP_ROUTE_DEL, &l->routes[i]);
		else if (gains_ipv4(r))
			add_live(r, STEP_ROUTE_KEEP, &l->routes[i]);
	}
}

static int compare(const void *a, const void *b)
{
	const struct route *x = a, *y = b;
	int order = prefix_compare(&x->dst, &y->dst);

	if (order)
		return order;
	return x->table < y->table ? -1 : x->table > y->table;
}

static bool is_in(const struct route *route, const struct route *list, size_t len)
{
	return bsearch(route, list, len, sizeof(*list), compare);
}

static struct route route_of(const struct step *step)
{
	return (struct route){ .dst = step->route.dst, .table = step->route.table };
}

static void free_routes(struct routes *all)
{
	free(all->live);
	free(all->wanted);
	free(all->allowed);
}

static int take_routes(struct routes *all, const struct reload *r)
{
	const struct live *l = r->live;
	const struct step *step;

	all->live = calloc(l->routes_len + 1, sizeof(*all->live));
	all->wanted = calloc(r->up.len + 1, sizeof(*all->wanted));
	all->allowed = wg_allowed_sorted(&l->wg, &all->allowed_len);
	if (!all->live || !all->wanted || !all->allowed)
		return -ENOMEM;

	if (l->routes_len)
		memcpy(all->live, l->routes, l->routes_len * sizeof(*all->live));
	for (step = r->up.steps; step < r->up.steps + r->up.len; step++) {
		if (step->type == STEP_ROUTE_ADD)
			all->wanted[all->wanted_len++] = route_of(step);
	}
	qsort(all->live, l->routes_len, sizeof(*all->live), compare);
	qsort(all->wanted, all->wanted_len, sizeof(*all->wanted), compare);
	return 0;
}

static void add_routes(struct reload *r, const struct routes *all)
{
	const struct step *step;
	struct route route;

	for (step = r->up.steps; step < r->up.steps + r->up.len; step++) {
		if (step->type != STEP_ROUTE_ADD)
			continue;
		route = route_of(step);
		if (!is_in(&route, all->live, r->live->routes_len) ||
		    (route.dst.family == AF_INET && loses_ipv4(r)))
			*plan_add(r->p, STEP_ROUTE_ADD) = *step;
	}
}

/* Where "up" put the routes of the tunnel that is there, or would put that of the
 * file. Without rules of its own and with "Table = off" it made none, or that
 * cannot be told: a PostUp may have made them.
 */
static bool is_ours(const struct reload *r, const struct route *route)
{
	const struct config *c = r->c;
	bool was_full = reload_live_rule(r, AF_INET) || reload_live_rule(r, AF_INET6);

	if (c->table_mode == TABLE_NUMBER && route->table == c->table)
		return true;
	if (!was_full && c->table_mode == TABLE_OFF)
		return false;
	return route->table == (route->dst.len || !was_full ? RT_TABLE_MAIN : r->s->fwmark);
}

/* A route that "up" did not make of an allowed IP is somebody else's, such as a
 * PostUp's.
 */
static void delete_routes(struct reload *r, const struct routes *all)
{
	const struct live *l = r->live;
	const struct route *route;

	for (route = l->routes; route < l->routes + l->routes_len; route++) {
		if (route->dst.family == AF_INET && loses_ipv4(r))
			continue;
		if (!is_in(route, all->wanted, all->wanted_len) && is_ours(r, route) &&
		    save_is_in(&route->dst, all->allowed, all->allowed_len))
			add_live(r, STEP_ROUTE_DEL, route);
	}
}

int reload_routes(struct reload *r)
{
	struct routes all = { 0 };
	int err;

	err = take_routes(&all, r);
	if (!err) {
		add_routes(r, &all);
		delete_routes(r, &all);
	}
	free_routes(&all);
	return err;
}
