// SPDX-License-Identifier: GPL-2.0
/*
 * What user/rtnl_*.c take from rtnetlink
 */
#include <linux/rtnetlink.h>

#include "fuzz.h"
#include "rtnl.h"

/* What a function leaves as it was shall be seen. */
#define UNTOUCHED 0xa5

static void check_link(const struct link *l)
{
	fuzz_check(l->ifindex);
	fuzz_string(l->name, sizeof(l->name));
	fuzz_string(l->kind, sizeof(l->kind));
}

static void run_link_get(struct kernel *k)
{
	struct link l;

	memset(&l, UNTOUCHED, sizeof(l));
	if (!fuzz_result(k, rtnl_link_get(&k->rtnl, &l, FUZZ_IFNAME, 0)))
		check_link(&l);
}

static void run_link_list(struct kernel *k)
{
	struct link *list;
	size_t len, i;

	if (fuzz_result(k, rtnl_link_list(&k->rtnl, &list, &len)))
		fuzz_check(!list && !len);
	for (i = 0; i < len; i++) {
		check_link(&list[i]);
		fuzz_check(!strcmp(list[i].kind, RTNL_KIND_WIREGUARD));
	}
	free(list);
}

static void run_strict_rp_filter(struct kernel *k)
{
	bool strict;

	fuzz_result(k, rtnl_strict_rp_filter(&k->rtnl, &strict));
}

static void run_addr_list(struct kernel *k)
{
	struct prefix *list;
	size_t len, i;

	if (fuzz_result(k, rtnl_addr_list(&k->rtnl, FUZZ_IFINDEX, &list, &len)))
		fuzz_check(!list && !len);
	for (i = 0; i < len; i++)
		fuzz_prefix(&list[i]);
	free(list);
}

static void run_route_mtu(struct kernel *k)
{
	struct prefix dst;
	uint32_t mtu;

	fuzz_check(prefix_parse(&dst, "192.0.2.1") == 0);
	fuzz_result(k, rtnl_route_mtu(&k->rtnl, &dst, 0, &mtu));
}

static void run_default_mtu(struct kernel *k)
{
	uint32_t mtu;

	fuzz_result(k, rtnl_default_mtu(&k->rtnl, &mtu));
}

static void run_table_empty(struct kernel *k)
{
	bool empty;

	fuzz_result(k, rtnl_table_empty(&k->rtnl, AF_INET, 51820, &empty));
}

static void run_rule_list(struct kernel *k)
{
	struct rule *list;
	size_t len;

	if (fuzz_result(k, rtnl_rule_list(&k->rtnl, &list, &len)))
		fuzz_check(!list && !len);
	free(list);
}

static void run_route_list(struct kernel *k)
{
	struct route *list;
	size_t len, i;

	if (fuzz_result(k, rtnl_route_list(&k->rtnl, 2, &list, &len)))
		fuzz_check(!list && !len);
	for (i = 0; i < len; i++)
		fuzz_check(prefix_is_valid(&list[i].dst));
	free(list);
}

static const struct fuzz_op ops[] = {
	{ "link_get", run_link_get },
	{ "link_list", run_link_list },
	{ "strict_rp_filter", run_strict_rp_filter },
	{ "addr_list", run_addr_list },
	{ "route_mtu", run_route_mtu },
	{ "default_mtu", run_default_mtu },
	{ "table_empty", run_table_empty },
	{ "rule_list", run_rule_list },
	{ "route_list", run_route_list },
	{}
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_netlink(data, size, NETLINK_ROUTE, ops);
}
