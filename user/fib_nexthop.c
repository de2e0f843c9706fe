// SPDX-License-Identifier: GPL-2.0
/*
 * Nexthop objects, for routes that name one and do not say what is in it
 */
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "fib_read.h"
#include "list.h"

/**
 * struct nexthop - an object
 * @id: NHA_ID
 * @hop: the way, if it is no group
 * @group: ids of the members, the first FIB_HOPS_MAX
 * @group_len: how many
 */
struct nexthop {
	uint32_t id;
	struct fib_hop hop;
	uint32_t group[FIB_HOPS_MAX];
	size_t group_len;
};

struct nexthop_list {
	struct nexthop *list;
	size_t len;
};

static int take_group(const struct nlattr *attr, struct nexthop *n)
{
	const struct nexthop_grp *member = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr) / sizeof(*member);
	size_t i;

	for (i = 0; i < len && i < FIB_HOPS_MAX; i++)
		n->group[n->group_len++] = member[i].id;
	return 0;
}

static int take_attr(const struct nlattr *attr, sa_family_t family, struct nexthop *n)
{
	switch (mnl_attr_get_type(attr)) {
	case NHA_ID:
		return fib_attr_u32(attr, &n->id);
	case NHA_OIF:
		return fib_attr_u32(attr, &n->hop.ifindex);
	case NHA_GATEWAY:
		return fib_attr_whole(attr, family, &n->hop.via);
	case NHA_GROUP:
		return take_group(attr, n);
	}
	return 0;
}

static int take_nexthop(const struct nlmsghdr *nlh, void *data)
{
	const struct nhmsg *nhm = mnl_nlmsg_get_payload(nlh);
	struct nexthop n = { .hop.dead = nhm->nh_flags & RTNH_F_DEAD };
	struct nexthop_list *l = data;
	const struct nlattr *attr;
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(*nhm)) {
		err = take_attr(attr, nhm->nh_family, &n);
		if (err)
			return err;
	}
	return list_append(&l->list, &l->len, &n, sizeof(n));
}

static void reset_nexthops(void *data)
{
	struct nexthop_list *l = data;

	l->len = 0;
}

static int compare(const void *a, const void *b)
{
	const struct nexthop *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const struct nexthop *find(const struct nexthop_list *l, uint32_t id)
{
	const struct nexthop key = { .id = id };

	return l->len ? bsearch(&key, l->list, l->len, sizeof(key), compare) : NULL;
}

static void fill(struct fib_route *r, const struct nexthop_list *l)
{
	const struct nexthop *n = find(l, r->nexthop);
	const struct nexthop *member;
	size_t i;

	if (n && !n->group_len)
		r->hops[r->hops_len++] = n->hop;
	for (i = 0; n && i < n->group_len; i++) {
		member = find(l, n->group[i]);
		if (member)
			r->hops[r->hops_len++] = member->hop;
	}
}

int fib_take_nexthops(struct nlsock *s, struct fib *f)
{
	struct nexthop_list l = { 0 };
	struct nhmsg nhm = { 0 };
	bool wanted = false;
	size_t i;
	int err;

	for (i = 0; i < f->routes_len; i++)
		wanted |= f->routes[i].nexthop && !f->routes[i].hops_len;
	if (!wanted)
		return 0;

	nlsock_put(s, RTM_GETNEXTHOP, 0, &nhm, sizeof(nhm));
	err = nlsock_dump(s, take_nexthop, reset_nexthops, &l);
	if (l.len)
		qsort(l.list, l.len, sizeof(*l.list), compare);
	for (i = 0; i < f->routes_len && !err; i++) {
		if (f->routes[i].nexthop && !f->routes[i].hops_len)
			fill(&f->routes[i], &l);
	}
	free(l.list);
	return err;
}
