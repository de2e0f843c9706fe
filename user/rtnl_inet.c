// SPDX-License-Identifier: GPL-2.0
/*
 * The IPv4 settings of devices
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnl.h"

/* Loopback is the first device of every network namespace. */
#define LOOPBACK_IFINDEX 1

struct rp_filter {
	int32_t all;
	bool zero;
	bool one;
};

static int take_netconf(const struct nlmsghdr *nlh, void *data)
{
	int32_t ifindex = 0, value = 0;
	struct rp_filter *r = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct netconfmsg)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type != NETCONFA_IFINDEX && type != NETCONFA_RP_FILTER)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return -EPROTO;
		*(type == NETCONFA_IFINDEX ? &ifindex : &value) = mnl_attr_get_u32(attr);
	}

	if (ifindex == NETCONFA_IFINDEX_ALL)
		r->all = value;
	else if (ifindex != NETCONFA_IFINDEX_DEFAULT && ifindex != LOOPBACK_IFINDEX)
		*(value == 1 ? &r->one : &r->zero) |= value <= 1;
	return 0;
}

static void reset_netconf(void *data)
{
	*(struct rp_filter *)data = (struct rp_filter){ 0 };
}

int rtnl_strict_rp_filter(struct nlsock *s, bool *strict)
{
	struct netconfmsg head = { .ncm_family = AF_INET };
	struct rp_filter r = { 0 };
	int err;

	nlsock_put(s, RTM_GETNETCONF, 0, &head, sizeof(head));
	err = nlsock_dump(s, take_netconf, reset_netconf, &r);
	*strict = r.all <= 1 && (r.one || (r.all == 1 && r.zero));
	return err;
}

/* IFLA_AF_SPEC { AF_INET { IFLA_INET_CONF, an array from 1 on } } */
static const struct nlattr *find_attr(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static int take_src_valid_mark(const struct nlmsghdr *nlh, void *data)
{
	const size_t at = (IPV4_DEVCONF_SRC_VMARK - 1) * sizeof(int32_t);
	const struct nlattr *attr, *conf;
	int *value = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attr) != IFLA_AF_SPEC)
			continue;
		conf = find_attr(attr, AF_INET);
		if (conf)
			conf = find_attr(conf, IFLA_INET_CONF);
		if (conf && mnl_attr_get_payload_len(conf) >= at + sizeof(*value))
			memcpy(value, (char *)mnl_attr_get_payload(conf) + at, sizeof(*value));
	}
	return 0;
}

int rtnl_src_valid_mark_get(struct nlsock *s, uint32_t ifindex, int *value)
{
	struct ifinfomsg ifi = { .ifi_index = ifindex };

	*value = 0;
	nlsock_put(s, RTM_GETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	return nlsock_talk(s, take_src_valid_mark, value);
}

int rtnl_src_valid_mark_set(struct nlsock *s, uint32_t ifindex, int value)
{
	struct ifinfomsg ifi = { .ifi_index = ifindex };
	struct nlattr *spec, *inet, *conf;
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_SETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(nlh, AF_INET);
	conf = mnl_attr_nest_start(nlh, IFLA_INET_CONF);
	mnl_attr_put_u32(nlh, IPV4_DEVCONF_SRC_VMARK, value);
	mnl_attr_nest_end(nlh, conf);
	mnl_attr_nest_end(nlh, inet);
	mnl_attr_nest_end(nlh, spec);
	return nlsock_talk(s, NULL, NULL);
}
