// SPDX-License-Identifier: GPL-2.0
/*
 * Talk to netfilter's netlink subsystems; what fails ends the program
 */

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "nfnetlink.h"

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/**
 * nfnetlink_start() - begin a message
 * @buf: MNL_SOCKET_BUFFER_SIZE bytes
 * @type: NFNL_SUBSYS_* << 8 | the message
 * @flags: beside NLM_F_REQUEST
 * @res_id: a number of the subsystem's
 */
struct nlmsghdr *nfnetlink_start(char *buf, uint16_t type, uint16_t flags, uint16_t res_id)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->nfgen_family = AF_UNSPEC;
	g->version = NFNETLINK_V0;
	g->res_id = htons(res_id);
	return nlh;
}

/**
 * nfnetlink_talk() - send a request, and read the answer to its end
 * @nl: where
 * @nlh: the request, with NLM_F_ACK or NLM_F_DUMP
 * @cb: gets each message of the answer, unless it is NULL
 * @data: of @cb's
 */
void nfnetlink_talk(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	char buf[1 << 15];
	int ret;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("netlink");
	do {
		ret = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (ret >= 0)
			ret = mnl_cb_run(buf, ret, 0, 0, cb, data);
	} while (ret > 0);
	if (ret < 0)
		die("netlink");
}

/** nfnetlink_open() - a socket in the namespace where the process is */
struct mnl_socket *nfnetlink_open(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		die("nfnetlink");
	return nl;
}

/* The sum of all */
struct flows {
	unsigned int count;
	uint64_t sum;
};

/* FNV-1a */
static void add(uint64_t *hash, const void *bytes, size_t len)
{
	const unsigned char *b = bytes;

	while (len--)
		*hash = (*hash ^ *b++) * UINT64_C(0x100000001b3);
}

/* What two equal hosts have in common of a connection */
static int add_flow(const struct nlmsghdr *nlh, void *data)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct flows *flows = data;
	const struct nlattr *a;
	uint32_t status;

	mnl_attr_for_each(a, nlh, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(a)) {
		case CTA_TUPLE_ORIG:
		case CTA_TUPLE_REPLY:
		case CTA_MARK:
		case CTA_ZONE:
			add(&hash, a, a->nla_len);
			break;
		case CTA_STATUS:
			/* UDP is assured two seconds after its first packet: a matter of time */
			status = ntohl(mnl_attr_get_u32(a)) & ~IPS_ASSURED;
			add(&hash, &status, sizeof(status));
		}
	}
	flows->count++;
	flows->sum += hash;
	return MNL_CB_OK;
}

/**
 * nfnetlink_flows() - the connections
 * @nl: where
 * @count: how many
 * @sum: the same where they are the same, in any order
 */
void nfnetlink_flows(struct mnl_socket *nl, unsigned int *count, uint64_t *sum)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct flows flows = { 0 };

	nfnetlink_talk(nl, nfnetlink_start(buf, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
					   NLM_F_DUMP, 0), add_flow, &flows);
	*count = flows.count;
	*sum = flows.sum;
}

/** nfnetlink_forget_flows() - no connection is left */
void nfnetlink_forget_flows(struct mnl_socket *nl)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];

	nfnetlink_talk(nl, nfnetlink_start(buf, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
					   NLM_F_ACK, 0), NULL, NULL);
}
