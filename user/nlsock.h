/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place that talks to a netlink socket
 *
 * A request is built with nlsock_put() and libmnl's mnl_attr_put*(); several
 * messages put one after another are sent together. Then nlsock_talk() or
 * nlsock_dump() sends it and reads every answer.
 */
#ifndef WGMARK_NLSOCK_H
#define WGMARK_NLSOCK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room that every message has; nested attributes end at 64 KiB anyway. */
#define NLSOCK_MSG_MAX 65536

/** The longest sentence of the kernel that is kept, with the NUL. */
#define NLSOCK_TEXT_LEN 256

/**
 * struct nlsock - a netlink socket
 * @nl: the socket, NULL if closed
 * @seq: sequence number of the last message
 * @tx: messages to be sent
 * @tx_cap: allocated bytes of @tx
 * @last: offset in @tx of the message that is being built
 * @tx_count: messages in @tx
 * @head_len: size of the head of the message put last; an answer's is the same
 * @nomem: @tx could not grow; the next talk fails with -ENOMEM
 * @rx: the datagram read last
 * @rx_cap: allocated bytes of @rx
 * @rx_used: bytes of @rx that have held an answer
 * @text: the kernel's sentence (extended ACK) on the last talk or dump, or "";
 *	NLSOCK_TEXT_LEN bytes that belong to the opener
 */
struct nlsock {
	struct mnl_socket *nl;
	uint32_t seq;
	char *tx;
	size_t tx_cap;
	size_t last;
	size_t tx_count;
	size_t head_len;
	bool nomem;
	char *rx;
	size_t rx_cap;
	size_t rx_used;
	char *text;
};

/**
 * nlsock_cb - takes one message of an answer, which has at least a head as long
 * as that of the request. Return: 0 or -errno
 */
typedef int nlsock_cb(const struct nlmsghdr *nlh, void *data);

/** nlsock_reset - forgets what an nlsock_cb took, as the dump starts again */
typedef void nlsock_reset(void *data);

/**
 * nlsock_open() - open a socket
 * @s: the result; to be closed with nlsock_close()
 * @bus: NETLINK_ROUTE, NETLINK_GENERIC, NETLINK_NETFILTER or NETLINK_SOCK_DIAG
 * @text: see struct nlsock
 *
 * Return: 0, -EPROTONOSUPPORT if the kernel has no such bus, or -errno
 */
int nlsock_open(struct nlsock *s, int bus, char text[static NLSOCK_TEXT_LEN]);

/** nlsock_close() - close the socket and wipe its buffers */
void nlsock_close(struct nlsock *s);

/**
 * nlsock_put() - begin a message
 * @s: the socket
 * @type: nlmsg_type
 * @flags: nlmsg_flags, without NLM_F_REQUEST
 * @head: what follows the netlink header, such as struct ifinfomsg
 * @len: its size
 *
 * Never fails: lack of memory is reported by nlsock_talk() or nlsock_dump().
 * Return: the message, for mnl_attr_put*(), good until the next nlsock call
 */
struct nlmsghdr *nlsock_put(struct nlsock *s, uint16_t type, uint16_t flags,
			    const void *head, size_t len);

/**
 * nlsock_talk() - send what was put and read until every ACK is in
 * @s: the socket
 * @cb: takes data that comes with the ACKs, or NULL
 * @data: for @cb
 *
 * Messages to be waited for carry NLM_F_ACK.
 * Return: 0, or the first -errno that a message or @cb met
 */
int nlsock_talk(struct nlsock *s, nlsock_cb *cb, void *data);

/**
 * nlsock_dump() - send the one message that was put and read a dump
 * @s: the socket
 * @cb: takes each object
 * @reset: called before the dump starts again because something changed under
 *	way or messages were lost; @cb then sees every object anew
 * @data: for both
 *
 * Return: 0, -errno of the kernel or @cb, -EINTR if it never became consistent
 */
int nlsock_dump(struct nlsock *s, nlsock_cb *cb, nlsock_reset *reset, void *data);

/**
 * nlsock_join() - have a group's messages sent to a socket
 * @s: the socket, from now on for nlsock_events() alone
 * @group: number of the multicast group
 *
 * Return: 0 or -errno
 */
int nlsock_join(struct nlsock *s, uint32_t group);

/** nlsock_fd() - the descriptor, for poll(2) */
int nlsock_fd(const struct nlsock *s);

/**
 * nlsock_events() - read one datagram of a group, without waiting for it
 * @s: the socket
 * @cb: takes each message of it; not checked to have any head
 * @data: for @cb
 *
 * Return: 0; -EAGAIN if none is there; -ENOBUFS if some were lost, and then all
 * that are still there are older than these; -errno of @cb or the socket
 */
int nlsock_events(struct nlsock *s, nlsock_cb *cb, void *data);

#endif
