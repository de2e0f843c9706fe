// SPDX-License-Identifier: GPL-2.0
/*
 * The one place that talks to a netlink socket
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nlsock.h"

/* A dump that keeps changing under way is given up after so many tries. */
#define DUMP_TRIES 16

/* ACKs of a whole nft batch wait here. */
#define RCVBUF (1 << 20)

/**
 * struct answer - what is expected
 * @cb: takes data
 * @data: for @cb
 * @first: sequence number of the first message sent
 * @last: of the last one
 * @pending: ACKs to come, or 1 for the end of a dump
 * @head_acks: the first message asked for an ACK
 * @again: the dump is not consistent
 * @err: the first error
 */
struct answer {
	nlsock_cb *cb;
	void *data;
	uint32_t first;
	uint32_t last;
	size_t pending;
	bool head_acks;
	bool again;
	int err;
};

/* Bytes of @tx in use. */
static size_t tx_len(const struct nlsock *s)
{
	const struct nlmsghdr *nlh = (const void *)(s->tx + s->last);

	return s->tx_count ? s->last + MNL_ALIGN(nlh->nlmsg_len) : 0;
}

static void tx_clear(struct nlsock *s)
{
	explicit_bzero(s->tx, tx_len(s));
	s->last = 0;
	s->tx_count = 0;
	s->nomem = false;
}

static int open_socket(struct nlsock *s, int bus)
{
	int on = 1, size = RCVBUF;
	int fd;

	s->nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!s->nl || mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	if (mnl_socket_setsockopt(s->nl, NETLINK_EXT_ACK, &on, sizeof(on)) < 0 ||
	    mnl_socket_setsockopt(s->nl, NETLINK_CAP_ACK, &on, sizeof(on)) < 0)
		return -errno;
	/* without it the kernel ignores the filters of a dump */
	if (bus == NETLINK_ROUTE &&
	    mnl_socket_setsockopt(s->nl, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) < 0)
		return -errno;

	fd = mnl_socket_get_fd(s->nl);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

int nlsock_open(struct nlsock *s, int bus, char text[static NLSOCK_TEXT_LEN])
{
	int err;

	*s = (struct nlsock){ .text = text };
	text[0] = '\0';
	err = open_socket(s, bus);
	if (err)
		goto err_close;

	s->tx_cap = NLSOCK_MSG_MAX;
	s->tx = malloc(s->tx_cap);
	s->rx_cap = NLSOCK_MSG_MAX;
	s->rx = malloc(s->rx_cap);
	err = -ENOMEM;
	if (!s->tx || !s->rx)
		goto err_close;
	return 0;

err_close:
	nlsock_close(s);
	return err;
}

void nlsock_close(struct nlsock *s)
{
	if (s->nl)
		mnl_socket_close(s->nl);
	/* keys pass through here; what was not used needs no page of memory */
	if (s->tx)
		tx_clear(s);
	if (s->rx)
		explicit_bzero(s->rx, s->rx_used);
	free(s->tx);
	free(s->rx);
	*s = (struct nlsock){ 0 };
}

struct nlmsghdr *nlsock_put(struct nlsock *s, uint16_t type, uint16_t flags,
			    const void *head, size_t len)
{
	size_t at = tx_len(s);
	struct nlmsghdr *nlh;
	char *tx;

	if (at + NLSOCK_MSG_MAX > s->tx_cap) {
		tx = realloc(s->tx, 2 * at + NLSOCK_MSG_MAX);
		if (tx) {
			s->tx = tx;
			s->tx_cap = 2 * at + NLSOCK_MSG_MAX;
		} else {
			s->nomem = true;
			at = 0;
		}
	}

	nlh = mnl_nlmsg_put_header(s->tx + at);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++s->seq;
	memcpy(mnl_nlmsg_put_extra_header(nlh, len), head, len);
	s->last = at;
	s->tx_count++;
	s->head_len = len;
	return nlh;
}

/* What to wait for, from the messages in @tx. */
static struct answer expect(struct nlsock *s, nlsock_cb *cb, void *data)
{
	const struct nlmsghdr *nlh = (const void *)s->tx;
	struct answer a = {
		.cb = cb,
		.data = data,
		.first = nlh->nlmsg_seq,
		.last = s->seq,
		.head_acks = nlh->nlmsg_flags & NLM_F_ACK,
	};
	int left = tx_len(s);

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		a.pending += !!(nlh->nlmsg_flags & NLM_F_ACK);
	return a;
}

static int tx_send(struct nlsock *s)
{
	static const struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int fd = mnl_socket_get_fd(s->nl);
	int size = 2 * tx_len(s);
	ssize_t n;

	s->text[0] = '\0';
	if (s->nomem)
		return -ENOMEM;
	/* the default is enough for all but thousands of set elements */
	if (tx_len(s) > NLSOCK_MSG_MAX &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	do {
		n = sendto(fd, s->tx, tx_len(s), 0, (const void *)&to, sizeof(to));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* Read one datagram of the kernel, whatever its size. Return: bytes or -errno */
static ssize_t rx_read(struct nlsock *s)
{
	struct sockaddr_nl from = { 0 };
	int fd = mnl_socket_get_fd(s->nl);
	socklen_t len = sizeof(from);
	ssize_t n;
	char *rx;

	do {
		n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;

	if ((size_t)n > s->rx_cap) {
		rx = malloc(n);
		if (!rx)
			return -ENOMEM;
		explicit_bzero(s->rx, s->rx_used);
		free(s->rx);
		s->rx = rx;
		s->rx_cap = n;
	}

	do {
		n = recvfrom(fd, s->rx, s->rx_cap, 0, (void *)&from, &len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n > s->rx_used)
		s->rx_used = n;
	return from.nl_pid ? 0 : n;
}

/* What the kernel says is an error: 0 to MAX_ERRNO of <linux/err.h>, negative */
static int kernel_err(int err)
{
	return err <= 0 && err >= -4095 ? err : -EPROTO;
}

/* Keep the sentence of an extended ACK; @skip is what stands before the TLVs. */
static void keep_text(struct nlsock *s, const struct nlmsghdr *nlh, size_t skip)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || s->text[0])
		return;
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG ||
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			continue;
		strncpy(s->text, mnl_attr_get_str(attr), NLSOCK_TEXT_LEN - 1);
		s->text[NLSOCK_TEXT_LEN - 1] = '\0';
	}
}

/* What stands before the TLVs of an ACK: with the header of the request, or all
 * of it. Return: bytes, 0 if the message is too short for it
 */
static size_t ack_head(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	size_t echo;

	if (len < sizeof(*e))
		return 0;
	if (nlh->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*e);
	echo = e->msg.nlmsg_len;
	if (echo < sizeof(e->msg) || echo > len - sizeof(e->error))
		return 0;
	return sizeof(e->error) + echo;
}

static void take_ack(struct nlsock *s, const struct nlmsghdr *nlh, struct answer *a)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t skip = ack_head(nlh);

	if (!skip) {
		a->err = a->err ?: -EPROTO;
		a->pending = 0;
		return;
	}

	keep_text(s, nlh, skip);
	a->err = a->err ?: kernel_err(e->error);
	a->pending--;
	/* a batch that is refused as a whole: no message of it gets an ACK */
	if (nlh->nlmsg_seq == a->first && !a->head_acks)
		a->pending = 0;
}

static void take(struct nlsock *s, const struct nlmsghdr *nlh, struct answer *a)
{
	int err = 0;

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		a->again = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		take_ack(s, nlh, a);
		break;
	case NLMSG_DONE:
		if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err))
			memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
		keep_text(s, nlh, sizeof(err));
		a->err = a->err ?: kernel_err(err);
		a->pending = 0;
		break;
	default:
		/* below are control messages, such as NLMSG_NOOP */
		if (nlh->nlmsg_type < NLMSG_MIN_TYPE || !a->cb || a->err || a->again)
			break;
		if (mnl_nlmsg_get_payload_len(nlh) < s->head_len)
			a->err = -EPROTO;
		else
			a->err = a->cb(nlh, a->data);
	}
}

/* mnl_nlmsg_ok() takes a length of 2 GiB and more for a negative one */
static bool is_whole(const struct nlmsghdr *nlh, int left)
{
	return mnl_nlmsg_ok(nlh, left) && nlh->nlmsg_len <= (uint32_t)left;
}

/* Read until nothing is pending. Return: 0, the socket's -errno or -EPROTO */
static int receive(struct nlsock *s, struct answer *a, bool dump)
{
	const struct nlmsghdr *nlh;
	ssize_t n;
	int left;

	while (a->pending) {
		n = rx_read(s);
		if (n == -ENOBUFS && dump) {
			a->again = true;
			continue;
		}
		if (n < 0)
			return n;

		nlh = (const void *)s->rx;
		left = n;
		for (; a->pending && is_whole(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			/* late answers to an earlier request */
			if (nlh->nlmsg_seq - a->first > a->last - a->first)
				continue;
			take(s, nlh, a);
		}
		/* the rest of it, and perhaps the end, will never come */
		if (a->pending && left > 0)
			return -EPROTO;
	}
	return 0;
}

int nlsock_talk(struct nlsock *s, nlsock_cb *cb, void *data)
{
	struct answer a = expect(s, cb, data);
	int err;

	err = tx_send(s);
	if (!err)
		err = receive(s, &a, false);
	tx_clear(s);
	return err ?: a.err;
}

int nlsock_dump(struct nlsock *s, nlsock_cb *cb, nlsock_reset *reset, void *data)
{
	struct nlmsghdr *nlh = (void *)(s->tx + s->last);
	int err = -EINTR;
	struct answer a;
	int i;

	nlh->nlmsg_flags |= NLM_F_DUMP;
	for (i = 0; i < DUMP_TRIES; i++) {
		if (i) {
			reset(data);
			nlh->nlmsg_seq = ++s->seq;
		}
		a = expect(s, cb, data);
		a.pending = 1;

		err = tx_send(s);
		if (!err)
			err = receive(s, &a, true);
		if (err || !a.again)
			break;
		err = -EINTR;
	}
	tx_clear(s);
	return err ?: a.err;
}

int nlsock_fd(const struct nlsock *s)
{
	return mnl_socket_get_fd(s->nl);
}

int nlsock_join(struct nlsock *s, uint32_t group)
{
	if (fcntl(nlsock_fd(s), F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return mnl_socket_setsockopt(s->nl, NETLINK_ADD_MEMBERSHIP, &group,
				     sizeof(group)) < 0 ? -errno : 0;
}

int nlsock_events(struct nlsock *s, nlsock_cb *cb, void *data)
{
	const struct nlmsghdr *nlh;
	ssize_t n = rx_read(s);
	int left = n, err = 0;

	if (n < 0)
		return n;
	nlh = (const void *)s->rx;
	for (; !err && is_whole(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			err = cb(nlh, data);
	}
	return err;
}
