// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload": addresses
 */
#include <errno.h>
#include <stdlib.h>

#include "plan_build.h"

static bool has(const struct prefix *list, size_t len, const struct prefix *p)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (prefix_equal(&list[i], p))
			return true;
	}
	return false;
}

/* The whole address alone */
static struct prefix host(const struct prefix *p)
{
	struct prefix h = *p;

	h.len = 8 * prefix_bytes(p);
	return h;
}

/* Of two such addresses of a device the one that came later is the secondary
 * one, and goes with the other: inet(7) in Linux, __inet_del_ifa()
 */
static bool same_subnet(const struct prefix *a, const struct prefix *b)
{
	return a->family == AF_INET && b->family == AF_INET && a->len == b->len &&
	       a->len < 32 && prefix_covers(a, b);
}

/**
 * struct addresses - those of a device, before and after
 * @r: the reload
 * @want: those of the file that the device can have, each once
 * @want_len: how many
 * @goes: for each live address, whether it is deleted
 */
struct addresses {
	struct reload *r;
	struct prefix *want;
	size_t want_len;
	bool *goes;
};

/* IPv6 ends where the MTU is less than it needs. */
static void find_wanted(struct addresses *a)
{
	const struct config *c = a->r->c;
	const struct prefix *p;

	for (p = c->address; p < c->address + c->address_len; p++) {
		if (!has(a->want, a->want_len, p) &&
		    (p->family == AF_INET || a->r->mtu >= MTU_MIN_IPV6))
			a->want[a->want_len++] = *p;
	}
}

/* Not in the file, or the secondary one of an address that is not */
static void find_gone(struct addresses *a)
{
	const struct live *l = a->r->live;
	size_t i, j;

	for (i = 0; i < l->address_len; i++) {
		a->goes[i] = !has(a->want, a->want_len, &l->address[i]);
		for (j = 0; j < i && !a->goes[i]; j++)
			a->goes[i] = a->goes[j] &&
				     same_subnet(&l->address[j], &l->address[i]);
	}
}

static bool stays(const struct addresses *a, const struct prefix *p)
{
	const struct live *l = a->r->live;
	size_t i;

	for (i = 0; i < l->address_len; i++) {
		if (!a->goes[i] && prefix_equal(&l->address[i], p))
			return true;
	}
	return false;
}

/* It comes, and would be the secondary one of an address that is about to go. */
static bool has_to_wait(const struct addresses *a, const struct prefix *p)
{
	const struct live *l = a->r->live;
	size_t i;

	if (stays(a, p))
		return false;
	for (i = 0; i < l->address_len; i++) {
		if (a->goes[i] && same_subnet(&l->address[i], p))
			return true;
	}
	return false;
}

static void add(const struct addresses *a, enum step_type type, const struct prefix *p)
{
	plan_add(a->r->p, type)->prefix = *p;
}

/* IPv6 has an address of a device once, with one length, which cannot be changed:
 * ipv6_add_addr() of Linux. The old one goes right before the new one comes.
 */
static bool is_replaced(const struct prefix *old, const struct prefix *new)
{
	const struct prefix a = host(old), b = host(new);

	return old->family == AF_INET6 && prefix_equal(&a, &b);
}

static void delete_replaced(const struct addresses *a, const struct prefix *p)
{
	const struct live *l = a->r->live;
	size_t i;

	for (i = 0; i < l->address_len; i++) {
		if (a->goes[i] && is_replaced(&l->address[i], p))
			add(a, STEP_ADDR_DEL, &l->address[i]);
	}
}

/* What comes. What has to wait comes as a single address for the time being,
 * if it is not there already.
 */
static void add_new(const struct addresses *a)
{
	const struct live *l = a->r->live;
	struct prefix single;
	size_t i;

	for (i = 0; i < a->want_len; i++) {
		if (stays(a, &a->want[i]))
			continue;
		if (!has_to_wait(a, &a->want[i])) {
			delete_replaced(a, &a->want[i]);
			add(a, STEP_ADDR_ADD, &a->want[i]);
			continue;
		}
		single = host(&a->want[i]);
		if (!has(l->address, l->address_len, &single) &&
		    !has(a->want, a->want_len, &single))
			add(a, STEP_ADDR_ADD, &single);
	}
}

static void add_waiting(const struct addresses *a)
{
	struct prefix single;
	size_t i;

	for (i = 0; i < a->want_len; i++) {
		if (!has_to_wait(a, &a->want[i]))
			continue;
		add(a, STEP_ADDR_ADD, &a->want[i]);
		single = host(&a->want[i]);
		if (!has(a->want, a->want_len, &single))
			add(a, STEP_ADDR_DEL, &single);
	}
}

/* One that delete_replaced() has deleted, or a single address in the place of one
 * that has to wait
 */
static bool is_done(const struct addresses *a, const struct prefix *p)
{
	struct prefix single;
	size_t i;

	for (i = 0; i < a->want_len; i++) {
		if (is_replaced(p, &a->want[i]))
			return true;
		single = host(&a->want[i]);
		if (prefix_equal(&single, p) && has_to_wait(a, &a->want[i]))
			return true;
	}
	return false;
}

/* Secondary ones first, so that each is there for its step */
static void delete_old(const struct addresses *a)
{
	const struct live *l = a->r->live;
	size_t i;

	for (i = l->address_len; i--;) {
		if (a->goes[i] && !is_done(a, &l->address[i]))
			add(a, STEP_ADDR_DEL, &l->address[i]);
	}
}

static bool has_host(const struct prefix *list, size_t len, const struct prefix *single)
{
	struct prefix other;
	size_t i;

	for (i = 0; i < len; i++) {
		other = host(&list[i]);
		if (prefix_equal(&other, single))
			return true;
	}
	return false;
}

static bool is_guarded_in(const struct reload *r, sa_family_t family)
{
	return r->live->params.families &
	       (family == AF_INET ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6);
}

/* The module follows addresses, the nft tables do not. With two lengths an address
 * is guarded once.
 */
static void change_guard(const struct addresses *a, enum step_type type)
{
	const struct live *l = a->r->live;
	const struct config *c = a->r->c;
	const struct prefix *from = type == STEP_GUARD_ADD ? c->address : l->guarded;
	const struct prefix *to = type == STEP_GUARD_ADD ? l->guarded : c->address;
	size_t from_len = type == STEP_GUARD_ADD ? c->address_len : l->guarded_len;
	size_t to_len = type == STEP_GUARD_ADD ? l->guarded_len : c->address_len;
	struct prefix single;
	size_t i;

	if (l->backend != BACKEND_NFT || !l->params.guard)
		return;
	for (i = 0; i < from_len; i++) {
		single = host(&from[i]);
		if (!prefix_is_linklocal(&single) && is_guarded_in(a->r, single.family) &&
		    !has_host(to, to_len, &single) && !has_host(from, i, &single))
			add(a, type, &single);
	}
}

int reload_addresses(struct reload *r)
{
	struct addresses a = { .r = r };
	int err = -ENOMEM;

	a.want = calloc(r->c->address_len + 1, sizeof(*a.want));
	a.goes = calloc(r->live->address_len + 1, sizeof(*a.goes));
	if (a.want && a.goes) {
		find_wanted(&a);
		find_gone(&a);
		reload_routes_begin(r);
		change_guard(&a, STEP_GUARD_ADD);
		add_new(&a);
		delete_old(&a);
		add_waiting(&a);
		change_guard(&a, STEP_GUARD_DEL);
		err = 0;
	}
	free(a.want);
	free(a.goes);
	return err;
}
