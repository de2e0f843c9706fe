// SPDX-License-Identifier: GPL-2.0
/*
 * hold-packet QUEUE - have one packet wait on its way
 *
 * Takes what a rule of nft puts into the queue QUEUE of this network namespace. Says "ready"
 * when it does so, and "held" when a packet is there; has that one go on at the end of
 * standard input, says "gone", and lets others go at once.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nfnetlink.h"

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void bind_queue(struct mnl_socket *nl, uint16_t queue)
{
	struct nfqnl_msg_config_params params = { .copy_mode = NFQNL_COPY_META };
	struct nfqnl_msg_config_cmd cmd = { .command = NFQNL_CFG_CMD_BIND };
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh;

	nlh = nfnetlink_start(buf, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG, NLM_F_ACK, queue);
	mnl_attr_put(nlh, NFQA_CFG_CMD, sizeof(cmd), &cmd);
	mnl_attr_put(nlh, NFQA_CFG_PARAMS, sizeof(params), &params);
	nfnetlink_talk(nl, nlh, NULL, NULL);
}

static int get_id(const struct nlmsghdr *nlh, void *data)
{
	const struct nfqnl_msg_packet_hdr *header;
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(a) != NFQA_PACKET_HDR)
			continue;
		header = mnl_attr_get_payload(a);
		*(uint32_t *)data = header->packet_id;
	}
	return MNL_CB_OK;
}

/* The number of the next packet, in network byte order */
static uint32_t next(struct mnl_socket *nl)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	uint32_t id;
	ssize_t len;

	len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (len < 0 || mnl_cb_run(buf, len, 0, 0, get_id, &id) < 0)
		die("a packet");
	return id;
}

static void go_on(struct mnl_socket *nl, uint16_t queue, uint32_t id)
{
	struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(NF_ACCEPT), .id = id };
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh;

	nlh = nfnetlink_start(buf, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT, 0, queue);
	mnl_attr_put(nlh, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("verdict");
}

static void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct mnl_socket *nl = nfnetlink_open();
	uint16_t queue;
	uint32_t id;
	char c;

	if (argc != 2)
		return 2;
	queue = atoi(argv[1]);
	bind_queue(nl, queue);
	say("ready");
	id = next(nl);
	say("held");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	go_on(nl, queue, id);
	say("gone");
	for (;;)
		go_on(nl, queue, next(nl));
}
