// SPDX-License-Identifier: GPL-2.0
/*
 * The connection that the kernel has a packet in, if conntrack knows it
 */
#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "journey.h"
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

static int take_conn(const struct nlmsghdr *nlh, void *data)
{
	const struct question *q = data;
	const struct flow *flow = q->flow;
	size_t len = prefix_bytes(&flow->from);
	const struct nlattr *from = nft_attr_top(nlh, CTA_TUPLE_ORIG);
	uint32_t status = number(nlh, CTA_STATUS);
	bool is_reply;

	from = nft_attr(nft_attr(from, CTA_TUPLE_IP), is_v4(flow) ? CTA_IP_V4_SRC : CTA_IP_V6_SRC);
	is_reply = from && mnl_attr_get_payload_len(from) == len &&
		   memcmp(mnl_attr_get_payload(from), &flow->from.v6, len) != 0;
	q->conn->mark = number(nlh, CTA_MARK);
	q->conn->is_known = true;
	q->conn->nat_done = status & IPS_NAT_DONE_MASK;
	q->conn->is_answered = is_reply || status & IPS_SEEN_REPLY;
	q->conn->is_expected = status & IPS_EXPECTED;
	q->conn->has_nat = status & IPS_NAT_MASK;
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
