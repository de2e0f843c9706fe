// SPDX-License-Identifier: GPL-2.0
/*
 * Routes, whatever is in them
 */
#include <linux/rtnetlink.h>

#include "fib_read.h"
#include "list.h"

struct taken {
	struct fib *f;
	size_t start;
};

int fib_attr_via(const struct nlattr *attr, struct prefix *to)
{
	const struct rtvia *via = mnl_attr_get_payload(attr);
	struct prefix p = { 0 };

	if (mnl_attr_get_payload_len(attr) < sizeof(*via))
		return -EPROTO;
	p.family = via->rtvia_family;
	p.len = p.family == AF_INET ? 32 : 128;
	if (!prefix_is_valid(&p) ||
	    mnl_attr_get_payload_len(attr) < sizeof(*via) + prefix_bytes(&p))
		return -EPROTO;
	memcpy(&p.v6, via->rtvia_addr, prefix_bytes(&p));
	*to = p;
	return 0;
}

static int take_hop_attr(const struct nlattr *attr, sa_family_t family, struct fib_hop *h)
{
	switch (mnl_attr_get_type(attr)) {
	case RTA_OIF:
		return fib_attr_u32(attr, &h->ifindex);
	case RTA_GATEWAY:
		return fib_attr_whole(attr, family, &h->via);
	case RTA_VIA:
		return fib_attr_via(attr, &h->via);
	}
	return 0;
}

static void add_hop(struct fib_route *r, const struct fib_hop *h)
{
	if (r->hops_len < FIB_HOPS_MAX)
		r->hops[r->hops_len++] = *h;
}

static int take_hop(const struct rtnexthop *nh, struct fib_route *r)
{
	const struct nlattr *attr = (const void *)RTNH_DATA(nh);
	struct fib_hop h = {
		.ifindex = nh->rtnh_ifindex,
		.dead = nh->rtnh_flags & RTNH_F_DEAD,
	};
	int left = nh->rtnh_len - sizeof(*nh), err = 0;

	for (; mnl_attr_ok(attr, left) && !err; attr = mnl_attr_next(attr)) {
		err = take_hop_attr(attr, r->dst.family, &h);
		left -= MNL_ALIGN(attr->nla_len);
	}
	add_hop(r, &h);
	return err;
}

static int take_multipath(const struct nlattr *attr, struct fib_route *r)
{
	const struct rtnexthop *nh = mnl_attr_get_payload(attr);
	int left = mnl_attr_get_payload_len(attr), err = 0;

	for (; RTNH_OK(nh, left) && !err; nh = RTNH_NEXT(nh)) {
		err = take_hop(nh, r);
		left -= RTNH_ALIGN(nh->rtnh_len);
	}
	return err;
}

static int take_mtu(const struct nlattr *metrics, struct fib_route *r)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, metrics) {
		if (mnl_attr_get_type(attr) == RTAX_MTU)
			return fib_attr_u32(attr, &r->mtu);
	}
	return 0;
}

static int take_attr(const struct nlattr *attr, const struct rtmsg *rtm,
		     struct fib_route *r, struct fib_hop *h)
{
	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		return fib_attr_addr(attr, rtm->rtm_family, rtm->rtm_dst_len, &r->dst);
	case RTA_SRC:
		return fib_attr_addr(attr, rtm->rtm_family, rtm->rtm_src_len, &r->src);
	case RTA_TABLE:
		return fib_attr_u32(attr, &r->table);
	case RTA_PRIORITY:
		return fib_attr_u32(attr, &r->metric);
	case RTA_PREF:
		return fib_attr_u8(attr, &r->pref);
	case RTA_PREFSRC:
		return fib_attr_whole(attr, rtm->rtm_family, &r->prefsrc);
	case RTA_METRICS:
		return take_mtu(attr, r);
	case RTA_NH_ID:
		return fib_attr_u32(attr, &r->nexthop);
	case RTA_MULTIPATH:
		return take_multipath(attr, r);
	}
	return take_hop_attr(attr, rtm->rtm_family, h);
}

static int take_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct fib_hop h = { .dead = rtm->rtm_flags & RTNH_F_DEAD };
	const struct nlattr *attr;
	struct taken *t = data;
	struct fib_route r = {
		.dst = { .family = rtm->rtm_family, .len = rtm->rtm_dst_len },
		.table = rtm->rtm_table,
		.type = rtm->rtm_type,
		.scope = rtm->rtm_scope,
		.protocol = rtm->rtm_protocol,
		.tos = rtm->rtm_tos,
	};
	int err;

	if (nlh->nlmsg_type != RTM_NEWROUTE || rtm->rtm_flags & RTM_F_CLONED)
		return 0;
	if (!prefix_is_valid(&r.dst))
		return -EPROTO;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		err = take_attr(attr, rtm, &r, &h);
		if (err)
			return err;
	}
	if (h.ifindex || h.via.family)
		add_hop(&r, &h);
	return list_append(&t->f->routes, &t->f->routes_len, &r, sizeof(r));
}

static void reset_routes(void *data)
{
	struct taken *t = data;

	t->f->routes_len = t->start;
}

int fib_take_routes(struct nlsock *s, struct fib *f, sa_family_t family)
{
	struct taken t = { .f = f, .start = f->routes_len };
	struct rtmsg rtm = { .rtm_family = family };

	nlsock_put(s, RTM_GETROUTE, 0, &rtm, sizeof(rtm));
	return nlsock_dump(s, take_route, reset_routes, &t);
}
