// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own decision about a packet
 */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include "fib_read.h"

/* Of no user. The kernel would else take who asks for the packet's owner. */
#define NO_UID UINT32_MAX

/* Begin the question. inet_rtm_getroute() in net/ipv4/route.c, inet6_rtm_getroute() in
 * net/ipv6/route.c: IPv6's wants no other flag than RTM_F_FIB_MATCH.
 */
static void put_flow(struct nlsock *s, const struct flow *flow, uint32_t flags)
{
	struct rtmsg rtm = {
		.rtm_family = flow->family,
		.rtm_dst_len = 8 * prefix_bytes(&flow->to),
		.rtm_src_len = flow->from.family ? 8 * prefix_bytes(&flow->from) : 0,
		.rtm_flags = flags | (flow->family == AF_INET ? RTM_F_LOOKUP_TABLE : 0),
	};
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_GETROUTE, NLM_F_ACK, &rtm, sizeof(rtm));
	mnl_attr_put(nlh, RTA_DST, prefix_bytes(&flow->to), &flow->to.v6);
	if (flow->from.family)
		mnl_attr_put(nlh, RTA_SRC, prefix_bytes(&flow->from), &flow->from.v6);
	if (flow->iif)
		mnl_attr_put_u32(nlh, RTA_IIF, flow->iif);
	if (flow->oif)
		mnl_attr_put_u32(nlh, RTA_OIF, flow->oif);
	if (flow->mark)
		mnl_attr_put_u32(nlh, RTA_MARK, flow->mark);
	/* what comes in is root's */
	mnl_attr_put_u32(nlh, RTA_UID, flow->iif ? 0 : flow->has_uid ? flow->uid : NO_UID);
	if (flow->proto)
		mnl_attr_put_u8(nlh, RTA_IP_PROTO, flow->proto);
	if (flow->sport)
		mnl_attr_put_u16(nlh, RTA_SPORT, htons(flow->sport));
	if (flow->dport)
		mnl_attr_put_u16(nlh, RTA_DPORT, htons(flow->dport));
}

static int take_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct fib_answer *a = data;
	const struct nlattr *attr;
	int err = 0;

	a->type = rtm->rtm_type;
	a->table = rtm->rtm_table;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_OIF:
			err = fib_attr_u32(attr, &a->ifindex);
			break;
		case RTA_TABLE:
			err = fib_attr_u32(attr, &a->table);
			break;
		case RTA_GATEWAY:
			err = fib_attr_whole(attr, rtm->rtm_family, &a->via);
			break;
		case RTA_VIA:
			err = fib_attr_via(attr, &a->via);
			break;
		case RTA_PREFSRC:
			err = fib_attr_whole(attr, rtm->rtm_family, &a->prefsrc);
			break;
		}
		if (err)
			return err;
	}
	return 0;
}

/* The route as it stands in its table: of it, only the destination. */
static int take_match(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct prefix *dst = data;
	const struct nlattr *attr;

	/* /0 is what an absent destination means */
	*dst = (struct prefix){ .family = rtm->rtm_family, .len = rtm->rtm_dst_len };
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) == RTA_DST)
			return fib_attr_addr(attr, rtm->rtm_family, rtm->rtm_dst_len, dst);
	}
	return 0;
}

/* What the kernel says of the packet, and not of the question */
static bool is_decision(int err)
{
	switch (err) {
	case -ENETUNREACH:
	case -EHOSTUNREACH:
	case -EACCES:
	case -EINVAL:
	case -EXDEV:
	case -ENODEV:
	case -ENETDOWN:
	/* IPv6, of which this kernel has none */
	case -EOPNOTSUPP:
	case -EAFNOSUPPORT:
		return true;
	}
	return false;
}

int fib_ask(struct nlsock *s, const struct flow *flow, struct fib_answer *a)
{
	struct prefix dst = { 0 };
	int err;

	*a = (struct fib_answer){ 0 };
	put_flow(s, flow, 0);
	err = nlsock_talk(s, take_answer, a);
	if (is_decision(err)) {
		*a = (struct fib_answer){ .err = err };
		return 0;
	}
	if (err)
		return err;

	put_flow(s, flow, RTM_F_FIB_MATCH);
	err = nlsock_talk(s, take_match, &dst);
	/* IPv4 has no route where it takes the device that the socket is bound to */
	if (err && !is_decision(err))
		return err;
	if (!err)
		a->dst = dst;
	return 0;
}
