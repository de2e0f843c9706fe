// SPDX-License-Identifier: GPL-2.0
/*
 * What user/nft.c and user/nft_read.c take from nf_tables
 */
#include "fuzz.h"
#include "nft.h"

static void run_open(struct kernel *k)
{
	nlsock_close(&k->nft);
	fuzz_result(k, nft_open(k));
}

static void run_table_list(struct kernel *k)
{
	struct nft_table *list;
	size_t len, i;

	if (fuzz_result(k, nft_table_list(k, &list, &len)))
		fuzz_check(!list && !len);
	for (i = 0; i < len; i++)
		fuzz_string(list[i].name, sizeof(list[i].name));
	free(list);
}

/* What is in the list already has to stay there */
static void guarded(struct kernel *k, sa_family_t family)
{
	struct nft_table t = { .family = family, .name = NFT_TABLE_PREFIX FUZZ_IFNAME };
	struct prefix *list = calloc(1, sizeof(*list));
	size_t len = 1, i;

	fuzz_check(list);
	list->family = AF_INET;
	fuzz_result(k, nft_guarded(k, &t, &list, &len));
	fuzz_check(len >= 1);
	for (i = 0; i < len; i++)
		fuzz_prefix(&list[i]);
	free(list);
}

static void run_guarded_v4(struct kernel *k)
{
	guarded(k, AF_INET);
}

static void run_guarded_v6(struct kernel *k)
{
	guarded(k, AF_INET6);
}

static const struct nft_tables tables = {
	.name = FUZZ_IFNAME,
	.families = WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6,
};

static void run_tunnel_get(struct kernel *k)
{
	struct nft_tunnel t;
	size_t i;

	fuzz_result(k, nft_tunnel_get(k, &tables, &t));
	for (i = 0; i < t.guarded_len; i++)
		fuzz_prefix(&t.guarded[i]);
	nft_tunnel_free(&t);
}

static void run_tunnel_add(struct kernel *k)
{
	static const struct tunnel_params params = {
		.fwmark = 51820,
		.mask = UINT32_MAX,
		.restore = WGMARK_RESTORE_CONNTRACK,
		.guard = true,
		.families = WGMARK_FAMILY_IPV4,
	};
	struct prefix addr;

	fuzz_check(prefix_parse(&addr, "10.2.0.2/32") == 0);
	fuzz_result(k, nft_tunnel_add(k, FUZZ_IFNAME, FUZZ_IFINDEX, &params, &addr, 1));
}

static void run_tunnel_del(struct kernel *k)
{
	fuzz_result(k, nft_tunnel_del(k, &tables));
}

static const struct fuzz_op ops[] = {
	{ "open", run_open },
	{ "table_list", run_table_list },
	{ "guarded-v4", run_guarded_v4 },
	{ "guarded-v6", run_guarded_v6 },
	{ "tunnel_get", run_tunnel_get },
	{ "tunnel_add", run_tunnel_add },
	{ "tunnel_del", run_tunnel_del },
	{}
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_netlink(data, size, NETLINK_NETFILTER, ops);
}
