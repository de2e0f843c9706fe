/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fuzz input for netlink is made of
 *
 * The first byte says which function is called. The rest are instructions to
 * build the kernel's datagrams, one after another: a byte whose lower three
 * bits are enum answer and whose upper five are its argument, then operands,
 * in the host's byte order. Lengths come out right by themselves, so that cutting,
 * copying and joining inputs keeps messages whole; OP_LEN makes them wrong.
 * Every sequence of bytes means something.
 */
#ifndef WGMARK_FUZZ_ANSWERS_H
#define WGMARK_FUZZ_ANSWERS_H

#include <libmnl/libmnl.h>
#include <sys/socket.h>

/** enum answer - the instructions */
enum answer {
	OP_MSG,		/* begin a message; argument: enum answer_seq; u16 type, u16 flags */
	OP_BYTES,	/* argument: how many bytes follow, which are appended */
	OP_ATTR,	/* u8 type; argument: length, ATTR_LONG if an u16 has it; payload */
	OP_NEST,	/* begin a nested attribute; argument 1: NLA_F_NESTED; u8 type */
	OP_END,		/* end the innermost nested attribute */
	OP_SEND,	/* end the datagram; argument 1: another process has sent it */
	OP_LEN,		/* argument 0: nla_len of the last attribute is the u16 that
			 * follows; 1: nlmsg_len is the u32 that follows
			 */
	OP_FAIL,	/* recv(2) fails; argument: index of answer_errors[] */
	OP_COUNT,
};

#define OP_BITS 3

/** The argument of OP_ATTR that has no room for the length. */
#define ATTR_LONG 31

/** enum answer_seq - the sequence number of a message */
enum answer_seq {
	SEQ_NEXT,	/* of the next message that asked for an ACK */
	SEQ_LAST,	/* of the request's last message */
	SEQ_LATE,	/* of an earlier request */
	SEQ_COUNT,
};

/* Called by nlsock.c in place of __real_..., as the linker's --wrap has it */
struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf,
				 socklen_t len);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);
ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recvfrom(int fd, void *buf, size_t len, int flags,
			struct sockaddr *from, socklen_t *from_len);
ssize_t __real_recvfrom(int fd, void *buf, size_t len, int flags,
			struct sockaddr *from, socklen_t *from_len);

#endif
