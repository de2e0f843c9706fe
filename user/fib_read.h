/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts that fib_take() reads, and what they share
 */
#ifndef WGMARK_FIB_READ_H
#define WGMARK_FIB_READ_H

#include <errno.h>
#include <string.h>

#include "fib.h"

/** fib_take_links() - devices, with their settings, and conf/all */
int fib_take_links(struct nlsock *s, struct fib *f);

/** fib_take_rules() - the rules of one family */
int fib_take_rules(struct nlsock *s, struct fib *f, sa_family_t family);

/** fib_take_routes() - the routes of one family */
int fib_take_routes(struct nlsock *s, struct fib *f, sa_family_t family);

/**
 * fib_take_nexthops() - give routes that only name a nexthop object its ways
 *
 * The kernel writes them into the route unless net.ipv4.nexthop_compat_mode is 0.
 */
int fib_take_nexthops(struct nlsock *s, struct fib *f);

/** fib_attr_u32() - a number. Return: 0 or -EPROTO */
static inline int fib_attr_u32(const struct nlattr *attr, uint32_t *to)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return -EPROTO;
	*to = mnl_attr_get_u32(attr);
	return 0;
}

/** fib_attr_u8() - a small number. Return: 0 or -EPROTO */
static inline int fib_attr_u8(const struct nlattr *attr, uint8_t *to)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
		return -EPROTO;
	*to = mnl_attr_get_u8(attr);
	return 0;
}

/** fib_attr_pair() - two numbers of @size bytes each. Return: 0 or -EPROTO */
static inline int fib_attr_pair(const struct nlattr *attr, void *to, size_t size)
{
	if (mnl_attr_get_payload_len(attr) < 2 * size)
		return -EPROTO;
	memcpy(to, mnl_attr_get_payload(attr), 2 * size);
	return 0;
}

/** fib_attr_name() - a device's name. Return: 0 or -EPROTO */
static inline int fib_attr_name(const struct nlattr *attr, char to[static IF_NAMESIZE])
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return -EPROTO;
	strncpy(to, mnl_attr_get_str(attr), IF_NAMESIZE - 1);
	return 0;
}

/** fib_attr_addr() - an address, of which @len bits count. Return: 0 or -EPROTO */
static inline int fib_attr_addr(const struct nlattr *attr, sa_family_t family, uint8_t len,
				struct prefix *to)
{
	struct prefix p = { .family = family, .len = len };

	if (!prefix_is_valid(&p) || mnl_attr_get_payload_len(attr) != prefix_bytes(&p))
		return -EPROTO;
	memcpy(&p.v6, mnl_attr_get_payload(attr), prefix_bytes(&p));
	*to = p;
	return 0;
}

/** fib_attr_whole() - an address, all of it. Return: 0 or -EPROTO */
static inline int fib_attr_whole(const struct nlattr *attr, sa_family_t family,
				 struct prefix *to)
{
	return fib_attr_addr(attr, family, family == AF_INET ? 32 : 128, to);
}

/** fib_attr_via() - a gateway of either family, RTA_VIA. Return: 0 or -EPROTO */
int fib_attr_via(const struct nlattr *attr, struct prefix *to);

#endif
