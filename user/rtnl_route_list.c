// SPDX-License-Identifier: GPL-2.0
/*
 * The routes to a device
 */
#include <errno.h>
#include <stdlib.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "list.h"
#include "rtnl.h"

struct route_list {
	struct route *list;
	size_t len;
	size_t start;
	uint32_t ifindex;
};

/* What the attributes of a route say */
struct facts {
	uint32_t oif;
	bool gateway;
	bool metric;
};

static int take_attr(const struct nlattr *attr, struct route *r, struct facts *f)
{
	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		if (mnl_attr_get_payload_len(attr) != prefix_bytes(&r->dst))
			return -EPROTO;
		memcpy(&r->dst.v6, mnl_attr_get_payload(attr), prefix_bytes(&r->dst));
		return 0;
	case RTA_OIF:
	case RTA_TABLE:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return -EPROTO;
		*(mnl_attr_get_type(attr) == RTA_OIF ? &f->oif : &r->table) =
			mnl_attr_get_u32(attr);
		return 0;
	case RTA_GATEWAY:
	case RTA_VIA:
		f->gateway = true;
		return 0;
	case RTA_PRIORITY:
		/* IPv6 has always one */
		f->metric = r->dst.family == AF_INET;
		return 0;
	}
	return 0;
}

static int take_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct route r = {
		.dst = { .family = rtm->rtm_family, .len = rtm->rtm_dst_len },
		.table = rtm->rtm_table,
	};
	struct route_list *l = data;
	const struct nlattr *attr;
	struct facts f = { 0 };
	int err;

	if (nlh->nlmsg_type != RTM_NEWROUTE || rtm->rtm_type != RTN_UNICAST ||
	    rtm->rtm_protocol != RTPROT_BOOT || rtm->rtm_flags & RTM_F_CLONED)
		return 0;
	if (!prefix_is_valid(&r.dst))
		return -EPROTO;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		err = take_attr(attr, &r, &f);
		if (err)
			return err;
	}
	if (f.oif != l->ifindex || f.gateway || f.metric)
		return 0;

	return list_append(&l->list, &l->len, &r, sizeof(r));
}

static void reset_routes(void *data)
{
	struct route_list *l = data;

	l->len = l->start;
}

int rtnl_route_list(struct nlsock *s, uint32_t ifindex, struct route **list,
		    size_t *len)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	struct route_list l = { .ifindex = ifindex };
	struct nlmsghdr *nlh;
	int err = 0;
	size_t i;

	for (i = 0; i < IP_FAMILIES && !err; i++) {
		struct rtmsg rtm = { .rtm_family = families[i], .rtm_protocol = RTPROT_BOOT };

		l.start = l.len;
		nlh = nlsock_put(s, RTM_GETROUTE, 0, &rtm, sizeof(rtm));
		/* the kernel's filter; take_route() holds where it has none */
		mnl_attr_put_u32(nlh, RTA_OIF, ifindex);
		err = nlsock_dump(s, take_route, reset_routes, &l);
		/* no IPv6 in this kernel */
		if (err == -EOPNOTSUPP || err == -EAFNOSUPPORT)
			err = 0;
	}
	if (err) {
		free(l.list);
		l = (struct route_list){ 0 };
	}
	*list = l.list;
	*len = l.len;
	return err;
}
