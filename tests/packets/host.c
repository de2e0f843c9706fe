// SPDX-License-Identifier: GPL-2.0
/*
 * Send packets into a network namespace, and read what nftables logs of them there
 *
 * A packet that is written to a TUN device goes all the way before write() returns, and
 * with a threshold of 1 its log is then in the socket. So nothing has to be waited for,
 * but for what goes over lo.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "nfnetlink.h"

/* <linux/in6.h>, which <netinet/in.h> does not go with */
#define IPV6_HDRINCL 36
/* What the chain "output" lets pass; the kernel's own packets have 0 */
#define PRIORITY 0x77

const char *const host_devices[WAY_DEVICES] = {
	"lan", "lan2", "wg0", "wg1", "wg2", "wg3",
};

/**
 * struct host - a network namespace
 * @tun: its devices
 * @ifindex: theirs
 * @raw: sockets that send IPv4 and IPv6 packets as they are
 * @log: of nfnetlink, for the points
 * @conntrack: of nfnetlink, for the connections
 * @buf: what was read
 */
struct host {
	int tun[WAY_DEVICES];
	unsigned int ifindex[WAY_DEVICES];
	int raw[2];
	struct mnl_socket *log;
	struct mnl_socket *conntrack;
	char buf[1 << 16];
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void bind_point(struct mnl_socket *nl, enum point point)
{
	struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode mode = {
		.copy_mode = NFULNL_COPY_PACKET,
		.copy_range = htonl(EVENT_BYTES),
	};
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh;

	nlh = nfnetlink_start(buf, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK, point);
	mnl_attr_put(nlh, NFULA_CFG_CMD, sizeof(bind), &bind);
	mnl_attr_put(nlh, NFULA_CFG_MODE, sizeof(mode), &mode);
	mnl_attr_put_u32(nlh, NFULA_CFG_QTHRESH, htonl(1));
	mnl_attr_put_u16(nlh, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_CONNTRACK));
	nfnetlink_talk(nl, nlh, NULL, NULL);
}

static int open_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strcpy(ifr.ifr_name, name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die(name);
	return fd;
}

static int open_raw(int family)
{
	int on = 1, priority = PRIORITY;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)) ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on))))
		die("raw socket");
	return fd;
}

/**
 * host_open() - all that it takes to send and to read there
 * @netns: a name of ip-netns(8), with the devices of run.sh
 *
 * The process stays in that namespace. What fails ends the program.
 */
struct host *host_open(const char *netns)
{
	struct host *h = calloc(1, sizeof(*h));
	int fd, i, room = 1 << 22;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!h || fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
	for (i = 0; i < WAY_DEVICES; i++) {
		h->tun[i] = open_tun(host_devices[i]);
		h->ifindex[i] = if_nametoindex(host_devices[i]);
	}
	h->raw[0] = open_raw(AF_INET);
	h->raw[1] = open_raw(AF_INET6);
	h->conntrack = nfnetlink_open();
	h->log = nfnetlink_open();
	for (i = POINT_ARRIVED; i < POINTS; i++)
		bind_point(h->log, i);
	if (setsockopt(mnl_socket_get_fd(h->log), SOL_SOCKET, SO_RCVBUFFORCE, &room,
		       sizeof(room)))
		die("SO_RCVBUFFORCE");
	return h;
}

/** host_ifindex() - the index of a device, WAY_LAN to WAY_WG3 */
unsigned int host_ifindex(const struct host *h, enum way way)
{
	return h->ifindex[way];
}

static int send_raw(struct host *h, uint32_t mark, const struct packet *p)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	int v6 = p->data[0] >> 4 == 6, fd = h->raw[v6];
	const void *to = &to4;

	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		die("SO_MARK");
	if (v6) {
		memcpy(&to6.sin6_addr, p->data + 24, 16);
		to = &to6;
	} else {
		memcpy(&to4.sin_addr, p->data + 16, 4);
	}
	return sendto(fd, p->data, p->len, 0, to, v6 ? sizeof(to6) : sizeof(to4)) < 0 ? errno : 0;
}

/**
 * host_send() - send a packet, or a piece of one
 * @h: where
 * @way: by a device, or from the host itself
 * @mark: the socket's, for WAY_OUT
 * @p: the packet
 * @o: gets the error
 */
void host_send(struct host *h, enum way way, uint32_t mark, const struct packet *p,
	       struct outcome *o)
{
	int err;

	if (way == WAY_OUT)
		err = send_raw(h, mark, p);
	else
		err = write(h->tun[way], p->data, p->len) == (ssize_t)p->len ? 0 : errno;
	if (!o->error)
		o->error = err;
}

/** packet_tag() - what all that becomes of a packet has: the identification of IPv4,
 * the lower half of IPv6's flow label
 */
uint16_t packet_tag(const unsigned char *ip)
{
	return ip[0] >> 4 == 6 ? ip[2] << 8 | ip[3] : ip[4] << 8 | ip[5];
}

static int read_ctmark(const struct nlattr *a, void *data)
{
	struct event *e = data;

	if (mnl_attr_get_type(a) == CTA_MARK)
		e->ctmark = ntohl(mnl_attr_get_u32(a));
	return MNL_CB_OK;
}

static int read_attr(const struct nlattr *a, void *data)
{
	struct event *e = data;

	switch (mnl_attr_get_type(a)) {
	case NFULA_MARK:
		e->mark = ntohl(mnl_attr_get_u32(a));
		break;
	case NFULA_CT:
		e->tracked = 1;
		return mnl_attr_parse_nested(a, read_ctmark, e);
	case NFULA_CT_INFO:
		e->ctinfo = ntohl(mnl_attr_get_u32(a));
		break;
	case NFULA_PAYLOAD:
		e->len = mnl_attr_get_payload_len(a);
		if (e->len > EVENT_BYTES)
			e->len = EVENT_BYTES;
		memcpy(e->bytes, mnl_attr_get_payload(a), e->len);
		break;
	}
	return MNL_CB_OK;
}

static void read_event(const struct nlmsghdr *nlh, struct outcome *o)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(nlh);
	struct event *e = &o->events[o->len];

	if (nlh->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return;
	if (o->len == EVENTS_MAX)
		exit((fputs("compare-packets: more events than one packet has\n", stderr), 2));
	memset(e, 0, sizeof(*e));
	e->point = ntohs(g->res_id);
	mnl_attr_parse(nlh, sizeof(*g), read_attr, e);
	o->len++;
}

/**
 * host_read() - what has been seen since the last time
 * @h: where
 * @o: gets further events
 */
void host_read(struct host *h, struct outcome *o)
{
	int len;

	for (;;) {
		const struct nlmsghdr *nlh = (void *)h->buf;

		len = recv(mnl_socket_get_fd(h->log), h->buf, sizeof(h->buf), MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			return;
		if (len < 0)
			die("nflog");
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
			read_event(nlh, o);
	}
}

/**
 * host_flows() - the connections
 * @h: where
 * @count: how many
 * @sum: the same where they are the same, in any order
 */
void host_flows(struct host *h, unsigned int *count, uint64_t *sum)
{
	nfnetlink_flows(h->conntrack, count, sum);
}

/** host_forget_flows() - no connection is left */
void host_forget_flows(struct host *h)
{
	nfnetlink_forget_flows(h->conntrack);
}
