// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "rtnl.h"

static void take_kind(const struct nlattr *info, struct link *l)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			strncpy(l->kind, mnl_attr_get_str(attr), sizeof(l->kind) - 1);
	}
}

static int take_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct link *l = data;

	if (ifi->ifi_index <= 0)
		return -EPROTO;
	*l = (struct link){
		.ifindex = ifi->ifi_index,
		.is_up = ifi->ifi_flags & IFF_UP,
	};
	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
				return -EPROTO;
			strncpy(l->name, mnl_attr_get_str(attr), sizeof(l->name) - 1);
			break;
		case IFLA_MTU:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
				return -EPROTO;
			l->mtu = mnl_attr_get_u32(attr);
			break;
		case IFLA_LINKINFO:
			take_kind(attr, l);
			break;
		}
	}
	return 0;
}

int rtnl_link_get(struct nlsock *s, struct link *out, const char *ifname,
		  uint32_t ifindex)
{
	struct ifinfomsg ifi = { .ifi_index = ifname ? 0 : ifindex };
	struct nlmsghdr *nlh;
	int err;

	*out = (struct link){ 0 };
	nlh = nlsock_put(s, RTM_GETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	if (ifname)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, ifname);
	err = nlsock_talk(s, take_link, out);
	if (err)
		return err;
	/* an ACK alone is no answer */
	return out->ifindex ? 0 : -EPROTO;
}

struct link_list {
	struct link *list;
	size_t len;
};

static int take_wireguard(const struct nlmsghdr *nlh, void *data)
{
	struct link_list *l = data;
	struct link link;
	int err;

	err = take_link(nlh, &link);
	if (err || strcmp(link.kind, RTNL_KIND_WIREGUARD) != 0)
		return err;
	return list_append(&l->list, &l->len, &link, sizeof(link));
}

static void reset_links(void *data)
{
	struct link_list *l = data;

	free(l->list);
	*l = (struct link_list){ 0 };
}

int rtnl_link_list(struct nlsock *s, struct link **list, size_t *len)
{
	struct ifinfomsg ifi = { 0 };
	struct link_list l = { 0 };
	struct nlmsghdr *nlh;
	struct nlattr *info;
	int err;

	nlh = nlsock_put(s, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	/* the kernel's filter; take_wireguard() holds where it has none */
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, RTNL_KIND_WIREGUARD);
	mnl_attr_nest_end(nlh, info);
	err = nlsock_dump(s, take_wireguard, reset_links, &l);
	if (err)
		reset_links(&l);
	*list = l.list;
	*len = l.len;
	return err;
}

int rtnl_link_add(struct nlsock *s, const char *ifname)
{
	struct ifinfomsg ifi = { 0 };
	struct nlmsghdr *nlh;
	struct nlattr *info;

	nlh = nlsock_put(s, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
			 &ifi, sizeof(ifi));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, ifname);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, RTNL_KIND_WIREGUARD);
	mnl_attr_nest_end(nlh, info);
	return nlsock_talk(s, NULL, NULL);
}

int rtnl_link_del(struct nlsock *s, uint32_t ifindex)
{
	struct ifinfomsg ifi = { .ifi_index = ifindex };

	nlsock_put(s, RTM_DELLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	return nlsock_talk(s, NULL, NULL);
}

int rtnl_link_mtu(struct nlsock *s, uint32_t ifindex, uint32_t mtu)
{
	struct ifinfomsg ifi = { .ifi_index = ifindex };
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_NEWLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	return nlsock_talk(s, NULL, NULL);
}

int rtnl_link_up(struct nlsock *s, uint32_t ifindex, uint32_t mtu)
{
	struct ifinfomsg ifi = {
		.ifi_index = ifindex,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_NEWLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	return nlsock_talk(s, NULL, NULL);
}
