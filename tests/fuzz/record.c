// SPDX-License-Identifier: GPL-2.0
/*
 * record-NAME - have the real kernel answer each function of a netlink target
 *
 * Prints a line "NAME/FUNCTION HEX" for each, HEX being a seed in the form of
 * answers.h. tests/fuzz/record.sh calls it in a network namespace with a tunnel.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include "answers.h"
#include "fuzz.h"

static int bus;

static void put(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		printf("%02x", bytes[i]);
}

static void put_u8(uint8_t n)
{
	put(&n, sizeof(n));
}

static void put_u16(uint16_t n)
{
	put(&n, sizeof(n));
}

static void put_op(enum answer op, unsigned int arg)
{
	put_u8(op | arg << OP_BITS);
}

/* WireGuard numbers the items of its lists from 0, but flags them. */
static bool is_attr(const struct nlattr *attr, size_t left)
{
	uint16_t type = mnl_attr_get_type(attr);

	if (attr->nla_len < sizeof(*attr) || (size_t)MNL_ALIGN(attr->nla_len) > left ||
	    type > UINT8_MAX)
		return false;
	return attr->nla_type & NLA_F_NESTED || (type && attr->nla_len > sizeof(*attr));
}

/* Whether it is attributes from the first byte to the last. */
static bool is_attrs(const void *data, size_t len)
{
	const char *at = data, *end = at + len;

	while (end - at >= (ptrdiff_t)sizeof(struct nlattr) &&
	       is_attr((const void *)at, end - at))
		at += MNL_ALIGN(((const struct nlattr *)at)->nla_len);
	return len && at == end;
}

static void put_attrs(const void *data, size_t len)
{
	const struct nlattr *attr = data;
	const void *payload;
	size_t size;

	for (; mnl_attr_ok(attr, (const char *)data + len - (const char *)attr);
	     attr = mnl_attr_next(attr)) {
		payload = mnl_attr_get_payload(attr);
		size = mnl_attr_get_payload_len(attr);
		if (is_attrs(payload, size)) {
			put_op(OP_NEST, !!(attr->nla_type & NLA_F_NESTED));
			put_u8(mnl_attr_get_type(attr));
			put_attrs(payload, size);
			put_op(OP_END, 0);
			continue;
		}
		put_op(OP_ATTR, size < ATTR_LONG ? size : ATTR_LONG);
		put_u8(mnl_attr_get_type(attr));
		if (size >= ATTR_LONG)
			put_u16(size);
		put(payload, size);
	}
}

/* What stands before the attributes */
static size_t head_len(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		if (nlh->nlmsg_flags & NLM_F_CAPPED)
			return sizeof(*e);
		return sizeof(*e) - sizeof(e->msg) + MNL_ALIGN(e->msg.nlmsg_len);
	case NLMSG_DONE:
		return sizeof(int);
	}
	if (bus == NETLINK_GENERIC)
		return sizeof(struct genlmsghdr);
	if (bus == NETLINK_NETFILTER)
		return sizeof(struct nfgenmsg);
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
		return sizeof(struct ifinfomsg);
	case RTM_NEWADDR:
		return sizeof(struct ifaddrmsg);
	case RTM_NEWNETCONF:
		return MNL_ALIGN(sizeof(struct netconfmsg));
	case RTM_NEWRULE:
		return sizeof(struct fib_rule_hdr);
	default:
		return sizeof(struct rtmsg);
	}
}

static void put_msg(const struct nlmsghdr *nlh)
{
	const uint8_t *payload = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	size_t head = head_len(nlh);
	size_t i, part;

	put_op(OP_MSG, SEQ_NEXT);
	put_u16(nlh->nlmsg_type);
	put_u16(nlh->nlmsg_flags);
	if (head > len)
		head = len;
	for (i = 0; i < head; i += part) {
		part = head - i < 28 ? head - i : 28;
		put_op(OP_BYTES, part);
		put(payload + i, part);
	}
	put_attrs(payload + head, len - head);
}

ssize_t __wrap_recvfrom(int fd, void *buf, size_t len, int flags,
			struct sockaddr *from, socklen_t *from_len)
{
	ssize_t n = __real_recvfrom(fd, buf, len, flags, from, from_len);
	const struct nlmsghdr *nlh = buf;
	int left = n;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		put_msg(nlh);
	put_op(OP_SEND, 0);
	return n;
}

int fuzz_netlink(const uint8_t *data, size_t size, int of_bus, const struct fuzz_op *ops)
{
	struct kernel k;
	size_t i;

	(void)size;
	bus = of_bus;
	for (i = 0; ops[i].name; i++) {
		k = (struct kernel){ 0 };
		fuzz_check(nlsock_open(bus == NETLINK_ROUTE ? &k.rtnl : bus == NETLINK_GENERIC ?
				       &k.genl : &k.nft, bus, k.text) == 0);
		printf("%s/%s ", (const char *)data, ops[i].name);
		put_u8(i);
		ops[i].run(&k);
		printf("\n");
		kernel_close(&k);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '-');

	(void)argc;
	fuzz_check(name);
	return LLVMFuzzerTestOneInput((const uint8_t *)name + 1, strlen(name + 1));
}
