// SPDX-License-Identifier: GPL-2.0
/*
 * Routes and routing tables
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "rtnl.h"

/* struct rtmsg has 8 bits for the table, RTA_TABLE has 32. */
static uint8_t short_table(uint32_t table)
{
	return table < 256 ? table : RT_TABLE_UNSPEC;
}

static void put_dst(struct nlmsghdr *nlh, const struct prefix *dst)
{
	/* /0 is what an absent destination means */
	if (dst->len)
		mnl_attr_put(nlh, RTA_DST, prefix_bytes(dst), &dst->v6);
}

int rtnl_route_add(struct nlsock *s, uint32_t ifindex, const struct prefix *dst,
		   uint32_t table)
{
	struct rtmsg rtm = {
		.rtm_family = dst->family,
		.rtm_dst_len = dst->len,
		.rtm_table = short_table(table),
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = dst->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
			 &rtm, sizeof(rtm));
	put_dst(nlh, dst);
	mnl_attr_put_u32(nlh, RTA_OIF, ifindex);
	mnl_attr_put_u32(nlh, RTA_TABLE, table);
	return nlsock_talk(s, NULL, NULL);
}

int rtnl_route_del(struct nlsock *s, uint32_t ifindex, const struct prefix *dst,
		   uint32_t table)
{
	struct rtmsg rtm = {
		.rtm_family = dst->family,
		.rtm_dst_len = dst->len,
		.rtm_table = short_table(table),
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_NOWHERE,
	};
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_DELROUTE, NLM_F_ACK, &rtm, sizeof(rtm));
	put_dst(nlh, dst);
	mnl_attr_put_u32(nlh, RTA_OIF, ifindex);
	mnl_attr_put_u32(nlh, RTA_TABLE, table);
	return nlsock_talk(s, NULL, NULL);
}

/**
 * struct way - a route's device and MTU
 * @oif: 0 if no route was seen
 * @mtu: of the route, 0 for the device's
 * @metric: of the route
 * @default_only: look at default routes of table main alone
 */
struct way {
	uint32_t oif;
	uint32_t mtu;
	uint32_t metric;
	bool default_only;
};

static uint32_t metrics_mtu(const struct nlattr *metrics)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, metrics) {
		if (mnl_attr_get_type(attr) == RTAX_MTU &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			return mnl_attr_get_u32(attr);
	}
	return 0;
}

static int take_way(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct way *best = data;
	const struct nlattr *attr;
	struct way w = { 0 };

	if (best->default_only && rtm->rtm_dst_len)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == RTA_METRICS) {
			w.mtu = metrics_mtu(attr);
			continue;
		}
		if (type != RTA_OIF && type != RTA_PRIORITY)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return -EPROTO;
		*(type == RTA_OIF ? &w.oif : &w.metric) = mnl_attr_get_u32(attr);
	}
	if (w.oif && (!best->oif || w.metric < best->metric)) {
		w.default_only = best->default_only;
		*best = w;
	}
	return 0;
}

static void reset_way(void *data)
{
	struct way *w = data;

	*w = (struct way){ .default_only = w->default_only };
}

static int way_mtu(struct nlsock *s, const struct way *w, uint32_t *mtu)
{
	struct link link;
	int err = 0;

	if (!w->oif)
		return -ENETUNREACH;
	*mtu = w->mtu;
	if (!*mtu) {
		err = rtnl_link_get(s, &link, NULL, w->oif);
		*mtu = link.mtu;
	}
	return err;
}

static int find_way(struct nlsock *s, const struct prefix *dst, uint32_t mark,
		    struct way *w)
{
	struct rtmsg rtm = {
		.rtm_family = dst->family,
		.rtm_dst_len = 8 * prefix_bytes(dst),
	};
	struct nlmsghdr *nlh;

	*w = (struct way){ 0 };
	nlh = nlsock_put(s, RTM_GETROUTE, NLM_F_ACK, &rtm, sizeof(rtm));
	mnl_attr_put(nlh, RTA_DST, prefix_bytes(dst), &dst->v6);
	if (mark)
		mnl_attr_put_u32(nlh, RTA_MARK, mark);
	return nlsock_talk(s, take_way, w);
}

int rtnl_route_mtu(struct nlsock *s, const struct prefix *dst, uint32_t mark,
		   uint32_t *mtu)
{
	struct way w;
	int err;

	err = find_way(s, dst, mark, &w);
	return err ?: way_mtu(s, &w, mtu);
}

int rtnl_route_device(struct nlsock *s, const struct prefix *dst, uint32_t mark,
		      uint32_t *ifindex)
{
	struct way w;
	int err;

	err = find_way(s, dst, mark, &w);
	*ifindex = w.oif;
	return err ?: w.oif ? 0 : -ENETUNREACH;
}

/* Begin a dump of one table. */
static void put_table_dump(struct nlsock *s, sa_family_t family, uint32_t table)
{
	struct rtmsg rtm = { .rtm_family = family, .rtm_table = short_table(table) };
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_GETROUTE, 0, &rtm, sizeof(rtm));
	mnl_attr_put_u32(nlh, RTA_TABLE, table);
}

int rtnl_default_mtu(struct nlsock *s, uint32_t *mtu)
{
	struct way w = { .default_only = true };
	int err;

	put_table_dump(s, AF_INET, RT_TABLE_MAIN);
	err = nlsock_dump(s, take_way, reset_way, &w);
	/* a table that nobody has used yet */
	if (err == -ENOENT)
		err = 0;
	return err ?: way_mtu(s, &w, mtu);
}

static int count_route(const struct nlmsghdr *nlh, void *data)
{
	size_t *count = data;

	if (nlh->nlmsg_type == RTM_NEWROUTE)
		++*count;
	return 0;
}

static void reset_count(void *data)
{
	*(size_t *)data = 0;
}

int rtnl_table_empty(struct nlsock *s, sa_family_t family, uint32_t table,
		     bool *empty)
{
	size_t count = 0;
	int err;

	put_table_dump(s, family, table);
	err = nlsock_dump(s, count_route, reset_count, &count);
	*empty = count == 0;
	/* a table that does not exist; or no IPv6 in this kernel */
	return err == -ENOENT || err == -EOPNOTSUPP ? 0 : err;
}

struct defaults {
	uint32_t *ifindex;
	size_t len;
	size_t start;
};

static int take_default(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct defaults *d = data;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE || rtm->rtm_type != RTN_UNICAST ||
	    rtm->rtm_dst_len)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) != RTA_OIF || d->len == RTNL_DEFAULTS_MAX)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return -EPROTO;
		d->ifindex[d->len++] = mnl_attr_get_u32(attr);
	}
	return 0;
}

static void reset_defaults(void *data)
{
	struct defaults *d = data;

	d->len = d->start;
}

int rtnl_table_defaults(struct nlsock *s, uint32_t table,
			uint32_t ifindex[static RTNL_DEFAULTS_MAX], size_t *len)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	struct defaults d = { .ifindex = ifindex };
	int err = 0;
	size_t i;

	for (i = 0; i < IP_FAMILIES && !err; i++) {
		d.start = d.len;
		put_table_dump(s, families[i], table);
		err = nlsock_dump(s, take_default, reset_defaults, &d);
		/* as above */
		if (err == -ENOENT || err == -EOPNOTSUPP)
			err = 0;
	}
	*len = d.len;
	return err;
}
