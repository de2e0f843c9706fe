/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model of a device's addresses, and what the kernel takes away with them
 */
#ifndef WGMARK_TEST_RELOAD_MODEL_ADDR_H
#define WGMARK_TEST_RELOAD_MODEL_ADDR_H

#include <stdlib.h>

#include "addr.h"
#include "live.h"

static inline void prefix_remove(struct prefix *list, size_t *len, const struct prefix *p)
{
	size_t i, left = 0;

	for (i = 0; i < *len; i++) {
		if (!prefix_equal(&list[i], p))
			list[left++] = list[i];
	}
	if (left == *len)
		abort();
	*len = left;
}

/* An IPv6 address is there once, whatever its length. */
static inline void prefix_insert(struct prefix **list, size_t *len, const struct prefix *p)
{
	struct prefix other;
	size_t i;

	for (i = 0; i < *len; i++) {
		other = (*list)[i];
		if (p->family == AF_INET6)
			other.len = p->len;
		if (prefix_equal(&other, p))
			abort();
	}
	prefix_append(list, len, p);
}

/* As Linux without promote_secondaries */
static inline void delete_address(struct live *l, const struct prefix *p)
{
	size_t i, left = 0;
	bool gone = false;

	for (i = 0; i < l->address_len; i++) {
		struct prefix *a = &l->address[i];

		if (prefix_equal(a, p))
			gone = true;
		else if (!gone || a->family != AF_INET || p->family != AF_INET ||
			 a->len != p->len || p->len == 32 || !prefix_covers(p, a))
			l->address[left++] = *a;
	}
	if (!gone)
		abort();
	l->address_len = left;
	for (i = 0; i < left && p->family == AF_INET; i++) {
		if (l->address[i].family == AF_INET)
			return;
	}
	/* with the last IPv4 address its routes */
	for (i = left = 0; i < l->routes_len && p->family == AF_INET; i++) {
		if (l->routes[i].dst.family != AF_INET)
			l->routes[left++] = l->routes[i];
	}
	if (p->family == AF_INET)
		l->routes_len = left;
}

/* As Linux: below 1280 a device has no IPv6 */
static inline void set_mtu(struct live *l, uint32_t mtu)
{
	size_t i, left = 0;

	l->mtu = mtu;
	for (i = 0; i < l->address_len; i++) {
		if (mtu >= 1280 || l->address[i].family == AF_INET)
			l->address[left++] = l->address[i];
	}
	l->address_len = left;
	for (i = left = 0; i < l->routes_len; i++) {
		if (mtu >= 1280 || l->routes[i].dst.family == AF_INET)
			l->routes[left++] = l->routes[i];
	}
	l->routes_len = left;
}

static inline void add_address(struct live *l, const struct prefix *p)
{
	/* it starts with more */
	if (p->family == AF_INET6 && l->mtu && l->mtu < 1280)
		abort();
	prefix_insert(&l->address, &l->address_len, p);
}

#endif
