// SPDX-License-Identifier: GPL-2.0
/*
 * The connection that the kernel has a packet in, if conntrack knows it
 */
#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "journey_story.h"
#include "nft_attr.h"

/** struct question - a packet, and what came of it */
struct question {
	const struct flow *flow;
	struct conn *conn;
};

static bool is_v4(const struct flow *flow)
{
	return flow->family == AF_INET;
}

/* As conntrack has a packet; in either direction it finds the entry */
static void put_tuple(struct nlmsghdr *nlh, const struct flow *flow)
{
	size_t len = prefix_bytes(&flow->to);
	struct nlattr *tuple, *part;

	tuple = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put(nlh, is_v4(flow) ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, len, &flow->from.v6);
	mnl_attr_put(nlh, is_v4(flow) ? CTA_IP_V4_DST : CTA_IP_V6_DST, len, &flow->to.v6);
	mnl_attr_nest_end(nlh, part);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, flow->proto);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(flow->sport));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(flow->dport));
	mnl_attr_nest_end(nlh, part);
	mnl_attr_nest_end(nlh, tuple);
}

static uint32_t number(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = nft_attr_top(nlh, type);

	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) == 0 ?
	       ntohl(mnl_attr_get_u32(attr)) : 0;
}

/**
 * struct tuple - one direction of a connection
 * @from: source
 * @to: destination
 * @sport: source port
 * @dport: destination port
 */
struct tuple {
	struct prefix from;
	struct prefix to;
	uint16_t sport;
	uint16_t dport;
};

static void take_addr(const struct nlattr *part, uint16_t v4, uint16_t v6, struct prefix *p)
{
	const struct nlattr *attr = nft_attr(part, v4);

	p->family = attr ? AF_INET : AF_INET6;
	p->len = 8 * prefix_bytes(p);
	if (!attr)
		attr = nft_attr(part, v6);
	if (attr && mnl_attr_get_payload_len(attr) == prefix_bytes(p))
		memcpy(&p->v6, mnl_attr_get_payload(attr), prefix_bytes(p));
	else
		p->family = 0;
}

static uint16_t port(const struct nlattr *part, uint16_t type)
{
	const struct nlattr *attr = nft_attr(part, type);

	return attr && mnl_attr_validate(attr, MNL_TYPE_U16) == 0 ?
	       ntohs(mnl_attr_get_u16(attr)) : 0;
}

static struct tuple take_tuple(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *tuple = nft_attr_top(nlh, type);
	const struct nlattr *ip = nft_attr(tuple, CTA_TUPLE_IP);
	const struct nlattr *proto = nft_attr(tuple, CTA_TUPLE_PROTO);
	struct tuple t = { .sport = port(proto, CTA_PROTO_SRC_PORT),
			   .dport = port(proto, CTA_PROTO_DST_PORT) };

	take_addr(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &t.from);
	take_addr(ip, CTA_IP_V4_DST, CTA_IP_V6_DST, &t.to);
	return t;
}

static bool is_of(const struct tuple *t, const struct flow *flow)
{
	return prefix_equal(&t->from, &flow->from) && prefix_equal(&t->to, &flow->to) &&
	       t->sport == flow->sport && t->dport == flow->dport;
}

/* What leaves is what the other direction's would answer: nf_nat_packet() */
static void take_nat(struct conn *conn, const struct flow *flow, const struct tuple *other)
{
	if (!prefix_equal(&other->to, &flow->from))
		conn->nat_from = other->to;
	if (!prefix_equal(&other->from, &flow->to))
		conn->nat_to = other->from;
	if (other->dport != flow->sport)
		conn->nat_sport = other->dport;
	if (other->sport != flow->dport)
		conn->nat_dport = other->sport;
}

static int take_conn(const struct nlmsghdr *nlh, void *data)
{
	const struct question *q = data;
	struct tuple original = take_tuple(nlh, CTA_TUPLE_ORIG);
	struct tuple reply = take_tuple(nlh, CTA_TUPLE_REPLY);
	bool is_reply = !is_of(&original, q->flow);
	uint32_t status = number(nlh, CTA_STATUS);

	q->conn->mark = number(nlh, CTA_MARK);
	q->conn->is_known = true;
	q->conn->nat_done = status & IPS_NAT_DONE_MASK;
	q->conn->is_answered = is_reply || status & IPS_SEEN_REPLY;
	q->conn->is_expected = status & IPS_EXPECTED;
	q->conn->snat = status & IPS_SRC_NAT ? YES : NO;
	q->conn->dnat = status & IPS_DST_NAT ? YES : NO;
	if (status & IPS_NAT_MASK)
		take_nat(q->conn, q->flow, is_reply ? &original : &reply);
	return 0;
}

void journey_track(void *data, const struct flow *flow, struct conn *conn)
{
	const struct nfgenmsg head = { .nfgen_family = flow->family, .version = NFNETLINK_V0 };
	struct question q = { .flow = flow, .conn = conn };
	struct kernel *k = data;
	struct nlmsghdr *nlh;

	if (!k->has_nft)
		return;
	nlh = nlsock_put(&k->nft, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, NLM_F_ACK,
			 &head, sizeof(head));
	put_tuple(nlh, flow);
	nlsock_talk(&k->nft, take_conn, &q);
}
