// SPDX-License-Identifier: GPL-2.0
/*
 * l2tp-socket DEVICE MARK FROM TO PORT - a device whose packets leave by this program's socket
 *
 * An L2TP device, as the kernel has it for such programs. The socket has the mark, and is
 * bound to IPv4 address FROM and PORT, for PORT of TO. Prints "ready", and then stays until
 * it is killed.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/l2tp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nl-family.h"

static struct mnl_socket *nl;
static char buf[8192];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct nlmsghdr *begin(uint16_t type, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	head->cmd = cmd;
	head->version = 1;
	return nlh;
}

/* Until the ACK; what comes before it is about a family */
static void talk(const struct nlmsghdr *nlh, struct nl_family *family)
{
	const struct nlmsgerr *ack;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("send");
	for (;;) {
		if (mnl_socket_recvfrom(nl, buf, sizeof(buf)) < 0)
			die("receive");
		nlh = (const void *)buf;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			break;
		mnl_attr_parse(nlh, sizeof(struct genlmsghdr), nl_family_attr, family);
	}
	ack = mnl_nlmsg_get_payload(nlh);
	if (ack->error) {
		fprintf(stderr, "l2tp-socket: error %d\n", ack->error);
		exit(2);
	}
}

static struct sockaddr_in parse(const char *text, const char *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (inet_pton(AF_INET, text, &in.sin_addr) != 1) {
		fprintf(stderr, "l2tp-socket: no address: %s\n", text);
		exit(2);
	}
	return in;
}

static int open_socket(char **argv)
{
	struct sockaddr_in from = parse(argv[3], argv[5]), to = parse(argv[4], argv[5]);
	unsigned int mark = strtoul(argv[2], NULL, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("socket");
	return fd;
}

int main(int argc, char **argv)
{
	struct nl_family family = { 0 };
	struct nlmsghdr *nlh;
	int fd;

	if (argc != 6) {
		fprintf(stderr, "l2tp-socket DEVICE MARK FROM TO PORT\n");
		return 2;
	}
	fd = open_socket(argv);
	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink");
	nlh = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, L2TP_GENL_NAME);
	talk(nlh, &family);

	nlh = begin(family.id, L2TP_CMD_TUNNEL_CREATE);
	mnl_attr_put_u32(nlh, L2TP_ATTR_CONN_ID, 1);
	mnl_attr_put_u32(nlh, L2TP_ATTR_PEER_CONN_ID, 1);
	mnl_attr_put_u8(nlh, L2TP_ATTR_PROTO_VERSION, 3);
	mnl_attr_put_u16(nlh, L2TP_ATTR_ENCAP_TYPE, L2TP_ENCAPTYPE_UDP);
	mnl_attr_put_u32(nlh, L2TP_ATTR_FD, fd);
	talk(nlh, &family);

	nlh = begin(family.id, L2TP_CMD_SESSION_CREATE);
	mnl_attr_put_u32(nlh, L2TP_ATTR_CONN_ID, 1);
	mnl_attr_put_u32(nlh, L2TP_ATTR_SESSION_ID, 1);
	mnl_attr_put_u32(nlh, L2TP_ATTR_PEER_SESSION_ID, 1);
	mnl_attr_put_u16(nlh, L2TP_ATTR_PW_TYPE, L2TP_PWTYPE_ETH);
	mnl_attr_put_strz(nlh, L2TP_ATTR_IFNAME, argv[1]);
	talk(nlh, &family);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
