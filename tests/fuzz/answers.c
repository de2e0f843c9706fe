// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's side of a netlink socket, played from a fuzz input
 *
 * libmnl's socket is a pair of AF_UNIX sockets here. SOCK_SEQPACKET keeps
 * datagrams apart, tells their size in advance and ignores the address that a
 * request is sent to, as the code under test needs it. The linker sends its
 * calls of recv(2) and recvfrom(2) through here (--wrap), which is when the next
 * datagram is built. Where there is none left, they fail with EAGAIN.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <sanitizer/asan_interface.h>
#include <unistd.h>

#include "answers.h"
#include "fuzz.h"

/* More than nlsock.c has room for at first */
#define DATAGRAM_MAX (3 * NLSOCK_MSG_MAX)
#define DEPTH_MAX 8

static const int answer_errors[] = { ENOBUFS, EINTR, ENOMEM };

/**
 * struct datagram - what is being built
 * @buf: the bytes
 * @len: how many
 * @msg: offset of the message, if @in_msg
 * @in_msg: a message has begun
 * @msg_len: what its nlmsg_len shall be, 0 for what is right
 * @nest: offsets of the nested attributes that have not ended
 * @depth: how many
 * @attr: offset of the last attribute
 * @has_attr: there is one
 * @foreign: another process sends it
 */
struct datagram {
	uint8_t buf[DATAGRAM_MAX];
	size_t len;
	size_t msg;
	bool in_msg;
	uint32_t msg_len;
	size_t nest[DEPTH_MAX];
	size_t depth;
	size_t attr;
	bool has_attr;
	bool foreign;
};

/**
 * struct request - what the code under test has sent last
 * @first: its first sequence number
 * @last: its last one
 * @acks: answered so far
 */
struct request {
	uint32_t first;
	uint32_t last;
	uint32_t acks;
};

static const uint8_t *in;
static const uint8_t *in_end;
static struct datagram out;
static struct request request;
static int kernel_fd = -1;
static bool queued;
static bool cut;

/* Zeros where the input ends */
static void take(void *to, size_t len)
{
	size_t n = len < (size_t)(in_end - in) ? len : (size_t)(in_end - in);

	memset(to, 0, len);
	if (n)
		memcpy(to, in, n);
	in += n;
}

static uint16_t take_u16(void)
{
	uint16_t n;

	take(&n, sizeof(n));
	return n;
}

static uint8_t take_u8(void)
{
	uint8_t n;

	take(&n, sizeof(n));
	return n;
}

/* Append bytes of the input, and zeros up to the alignment */
static void append(size_t len)
{
	if (len > DATAGRAM_MAX - out.len)
		len = DATAGRAM_MAX - out.len;
	take(out.buf + out.len, len);
	out.len += len;
	while (out.len % NLMSG_ALIGNTO)
		out.buf[out.len++] = 0;
}

static void end_nest(void)
{
	uint16_t len;

	if (!out.depth)
		return;
	out.attr = out.nest[--out.depth];
	len = out.len - out.attr;
	memcpy(out.buf + out.attr, &len, sizeof(len));
}

static void end_msg(void)
{
	uint32_t len = out.msg_len ?: out.len - out.msg;

	while (out.depth)
		end_nest();
	if (out.in_msg)
		memcpy(out.buf + out.msg, &len, sizeof(len));
	out.in_msg = false;
	out.has_attr = false;
}

static uint32_t answer_seq(unsigned int how, uint16_t type)
{
	uint32_t seq = request.first + request.acks % (request.last - request.first + 1);

	if (how == SEQ_LAST)
		return request.last;
	if (how == SEQ_LATE)
		return request.first - 1;
	request.acks += type == NLMSG_ERROR;
	return seq;
}

static void begin_msg(unsigned int how)
{
	struct nlmsghdr head = { .nlmsg_type = take_u16(), .nlmsg_flags = take_u16() };

	end_msg();
	if (out.len + sizeof(head) > DATAGRAM_MAX)
		return;
	head.nlmsg_seq = answer_seq(how % SEQ_COUNT, head.nlmsg_type);
	out.in_msg = true;
	out.msg = out.len;
	out.msg_len = 0;
	memcpy(out.buf + out.len, &head, sizeof(head));
	out.len += sizeof(head);
}

static bool begin_attr(uint16_t type, uint16_t len)
{
	struct nlattr head = { .nla_len = sizeof(head) + len, .nla_type = type };

	if (out.len + sizeof(head) > DATAGRAM_MAX)
		return false;
	out.attr = out.len;
	out.has_attr = true;
	memcpy(out.buf + out.len, &head, sizeof(head));
	out.len += sizeof(head);
	return true;
}

static void put_attr(unsigned int len)
{
	uint8_t type = take_u8();

	if (len == ATTR_LONG)
		len = take_u16();
	if (begin_attr(type, len))
		append(len);
}

static void begin_nest(unsigned int flagged)
{
	uint16_t type = take_u8() | (flagged ? NLA_F_NESTED : 0);

	if (out.depth < DEPTH_MAX && begin_attr(type, 0))
		out.nest[out.depth++] = out.attr;
}

static void put_len(unsigned int of_msg)
{
	uint16_t len;

	if (of_msg) {
		take(&out.msg_len, sizeof(out.msg_len));
		return;
	}
	len = take_u16();
	if (out.has_attr)
		memcpy(out.buf + out.attr, &len, sizeof(len));
}

/* Build a datagram in @out. Return: 0, or the errno that recv(2) fails with */
static int build(void)
{
	unsigned int arg;
	uint8_t op;

	out.len = 0;
	out.foreign = false;
	while (in < in_end) {
		op = take_u8();
		arg = op >> OP_BITS;
		switch ((enum answer)(op % OP_COUNT)) {
		case OP_MSG:
			begin_msg(arg);
			break;
		case OP_BYTES:
			append(arg);
			break;
		case OP_ATTR:
			put_attr(arg);
			break;
		case OP_NEST:
			begin_nest(arg);
			break;
		case OP_END:
			end_nest();
			break;
		case OP_LEN:
			put_len(arg);
			break;
		case OP_SEND:
			out.foreign = arg;
			if (out.len)
				goto done;
			break;
		case OP_FAIL:
			if (!out.len)
				return answer_errors[arg % (sizeof(answer_errors) / sizeof(int))];
			in--;
			goto done;
		case OP_COUNT:
			break;
		}
	}
done:
	end_msg();
	return out.len ? 0 : EAGAIN;
}

/* The request has to be whole: messages one after another, numbered so */
static bool read_request(void)
{
	static char buf[16 * NLSOCK_MSG_MAX];
	const struct nlmsghdr *nlh = (const void *)buf;
	ssize_t n = __real_recv(kernel_fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
	int left = n;

	if (n < 0)
		return false;
	fuzz_check((size_t)n <= sizeof(buf));
	fuzz_check(mnl_nlmsg_ok(nlh, left));
	request = (struct request){ .first = nlh->nlmsg_seq, .last = nlh->nlmsg_seq - 1 };
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		fuzz_check(nlh->nlmsg_seq == ++request.last);
		fuzz_check(nlh->nlmsg_flags & NLM_F_REQUEST);
	}
	fuzz_check(!left);
	return true;
}

/* Whether the datagram ends within a message */
static bool is_cut(void)
{
	size_t at = 0;
	uint32_t len;

	while (at + sizeof(struct nlmsghdr) <= out.len) {
		memcpy(&len, out.buf + at, sizeof(len));
		if (len < sizeof(struct nlmsghdr) || len > out.len - at)
			break;
		at += NLMSG_ALIGN(len);
	}
	return at < out.len;
}

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
	int fd[2];

	(void)bus;
	if (kernel_fd >= 0)
		close(kernel_fd);
	fuzz_check(socketpair(AF_UNIX, SOCK_SEQPACKET | flags, 0, fd) == 0);
	kernel_fd = fd[1];
	queued = false;
	cut = false;
	return mnl_socket_fdopen(fd[0]);
}

int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	(void)nl;
	(void)groups;
	(void)pid;
	return 0;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf,
				 socklen_t len)
{
	(void)nl;
	(void)type;
	(void)buf;
	(void)len;
	return 0;
}

/* All reads begin by looking how large the next datagram is. After half a message
 * nobody must wait for more: the end may have been in the other half.
 */
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags)
{
	fuzz_check(flags & MSG_PEEK);
	if (!queued) {
		if (read_request())
			cut = false;
		fuzz_check(!cut);
		errno = build();
		if (errno)
			return -1;
		cut = is_cut() && !out.foreign;
		fuzz_check(send(kernel_fd, out.buf, out.len, 0) == (ssize_t)out.len);
		queued = true;
	}
	return __real_recv(fd, buf, len, flags);
}

/* What lies after the datagram in its buffer must not be read. */
ssize_t __wrap_recvfrom(int fd, void *buf, size_t len, int flags,
			struct sockaddr *from, socklen_t *from_len)
{
	ssize_t n;

	ASAN_UNPOISON_MEMORY_REGION(buf, len);
	n = __real_recvfrom(fd, buf, len, flags, from, from_len);
	fuzz_check(n == (ssize_t)out.len);
	ASAN_POISON_MEMORY_REGION((char *)buf + n, len - n);
	((struct sockaddr_nl *)from)->nl_pid = out.foreign;
	queued = false;
	return n;
}

static struct nlsock *socket_of(struct kernel *k, int bus)
{
	switch (bus) {
	case NETLINK_ROUTE:
		return &k->rtnl;
	case NETLINK_GENERIC:
		return &k->genl;
	default:
		return &k->nft;
	}
}

int fuzz_netlink(const uint8_t *data, size_t size, int bus, const struct fuzz_op *ops)
{
	struct kernel k = { 0 };
	size_t count = 0;

	if (!size)
		return 0;
	in = data + 1;
	in_end = data + size;
	request = (struct request){ 0 };
	while (ops[count].name)
		count++;

	fuzz_check(nlsock_open(socket_of(&k, bus), bus, k.text) == 0);
	ops[data[0] % count].run(&k);
	kernel_close(&k);
	close(kernel_fd);
	kernel_fd = -1;
	return 0;
}
