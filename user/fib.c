// SPDX-License-Identifier: GPL-2.0
/*
 * The routing of a namespace
 */
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "fib_read.h"

/* What a kernel without IPv6, or without its rules, says is no error. */
static int unless_absent(int err, sa_family_t family)
{
	if (family == AF_INET6 && (err == -EOPNOTSUPP || err == -EAFNOSUPPORT))
		return 0;
	return err;
}

int fib_take(struct nlsock *s, struct fib *f)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	size_t i;
	int err;

	*f = (struct fib){ 0 };
	err = fib_take_links(s, f);
	for (i = 0; i < IP_FAMILIES && !err; i++) {
		err = unless_absent(fib_take_rules(s, f, families[i]), families[i]);
		if (!err)
			err = unless_absent(fib_take_routes(s, f, families[i]), families[i]);
	}
	return err ?: fib_take_nexthops(s, f);
}

void fib_free(struct fib *f)
{
	free(f->rules);
	free(f->routes);
	free(f->links);
	*f = (struct fib){ 0 };
}

bool fib_is_local(const struct fib *f, const struct prefix *addr)
{
	const struct fib_route *r;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->type == RTN_LOCAL && r->table == RT_TABLE_LOCAL &&
		    prefix_covers(&r->dst, addr))
			return true;
	}
	return false;
}

const struct fib_link *fib_link(const struct fib *f, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < f->links_len; i++) {
		if (f->links[i].ifindex == ifindex)
			return &f->links[i];
	}
	return NULL;
}

const struct fib_link *fib_link_named(const struct fib *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->links_len; i++) {
		if (!strcmp(f->links[i].name, name))
			return &f->links[i];
	}
	return NULL;
}
