// SPDX-License-Identifier: GPL-2.0
/*
 * fib_validate_source() of net/ipv4/fib_frontend.c
 */
#include <linux/rtnetlink.h>

#include "walk_part.h"

static bool is_set(int all, int one)
{
	return all > 0 || one > 0;
}

/* The device, or the VRF that it is in: nhc_l3mdev_matches_dev() */
static bool leads_to(const struct fib *f, const struct fib_route *r, const struct fib_link *l)
{
	const struct fib_link *out;
	size_t i;

	for (i = 0; i < r->hops_len; i++) {
		out = fib_link(f, r->hops[i].ifindex);
		if (out && (out == l || (out->master && out->master == l->ifindex && l->vrf_table)))
			return true;
	}
	return false;
}

/* The kernel makes a route for each address, in the table of the VRF if there is one. */
static bool has_address(const struct fib *f, const struct fib_link *l)
{
	const struct fib_route *r;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->dst.family == AF_INET && r->type == RTN_LOCAL &&
		    r->protocol == RTPROT_KERNEL && r->hops_len &&
		    r->hops[0].ifindex == l->ifindex)
			return true;
	}
	return false;
}

/* Where the packet itself goes: the device, whether to all in a network, and whether it
 * could be another device
 */
static int forward(const struct fib *f, const struct flow *flow, uint32_t *ifindex,
		   bool *broadcast, bool *several)
{
	const struct walk_step *end;
	struct walk w;
	int err;

	*ifindex = 0;
	*broadcast = false;
	err = walk_rules(f, flow, &w);
	end = walk_end(&w);
	if (!err && !w.err && end) {
		*broadcast = end->route->type == RTN_BROADCAST;
		if (end->route->type == RTN_UNICAST)
			*ifindex = end->route->hops[end->hop].ifindex;
	}
	*several = w.several;
	walk_free(&w);
	return err;
}

/* The answer, as the kernel looks it up: as if it came in by the device that the packet
 * leaves by
 */
static int walk_back(const struct fib *f, const struct flow *flow, bool marked,
		     uint32_t ifindex, bool broadcast, struct walk *back)
{
	struct walk_key k = {
		.family = AF_INET,
		.to = flow->from,
		.from = broadcast ? (struct prefix){ 0 } : flow->to,
		.iif = ifindex ?: WALK_LOOPBACK,
		.mark = marked ? flow->mark : 0,
		.proto = flow->proto ?: IPPROTO_UDP,
		.any_proto = !flow->proto,
		.sport = flow->dport,
		.dport = flow->sport,
	};

	walk_set_vrf(f, fib_link(f, flow->iif), &k);
	return walk_lookup(f, &k, back);
}

/* Neither local nor broadcast, and by the device that it came in by */
static bool passes(const struct fib *f, const struct fib_link *l, int mode,
		   bool accept_local, const struct walk *back)
{
	const struct walk_step *end = walk_end(back);

	if (back->err)
		return !mode;
	if (end->route->type != RTN_UNICAST && !(end->route->type == RTN_LOCAL && accept_local))
		return false;
	if (leads_to(f, end->route, l) ||
	    (end->route->type == RTN_LOCAL && l->ifindex == WALK_LOOPBACK))
		return true;
	if (!has_address(f, l))
		return !mode;
	return mode != 1;
}

/* Without rp_filter, and where nobody has changed rules or made local routes, the kernel
 * only looks whether the source is one of its own addresses.
 */
static bool is_short(const struct fib *f, const struct fib_link *l, int mode,
		     uint32_t ifindex, const struct walk *back)
{
	const struct fib_route *r;

	if (mode || !back->merged ||
	    (l->ifindex == ifindex && is_set(f->send_redirects, l->send_redirects)))
		return false;
	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->dst.family == AF_INET && r->type == RTN_LOCAL &&
		    r->protocol != RTPROT_KERNEL)
			return false;
	}
	return true;
}

int walk_rp_filter(const struct fib *f, const struct flow *flow, int *mode, bool *marked,
		   struct walk *back)
{
	const struct fib_link *l = fib_link(f, flow->iif);
	bool accept_local, broadcast, several;
	uint32_t ifindex;
	int err;

	*back = (struct walk){ .fib = f };
	*mode = l && l->rp_filter > f->rp_filter ? l->rp_filter : f->rp_filter;
	*marked = is_set(f->src_valid_mark, l ? l->src_valid_mark : 0);
	if (!l)
		return 0;
	/* who has no address yet, as for DHCP: ip_route_input_slow(), ip_mc_validate_source() */
	if (flow->from.v4.s_addr == INADDR_ANY)
		return 1;

	accept_local = is_set(f->accept_local, l->accept_local);
	err = forward(f, flow, &ifindex, &broadcast, &several);
	if (!err)
		err = walk_back(f, flow, *marked, ifindex, broadcast, back);
	if (err)
		return err;
	/* its device's VRF is asked for the way back, and only the kernel knows which it takes */
	back->unsure |= several;
	if (!*mode && accept_local && !(l->ifindex == ifindex &&
					is_set(f->send_redirects, l->send_redirects)))
		return 1;
	if (is_short(f, l, *mode, ifindex, back))
		return !walk_is_own(f, &flow->from);
	return passes(f, l, *mode, accept_local, back);
}
