// SPDX-License-Identifier: GPL-2.0
/*
 * What user/genl.c and user/kmod.c take from generic netlink
 */
#include <errno.h>
#include <linux/wgmark.h>

#include "fuzz.h"
#include "genl.h"
#include "kmod.h"

static void run_lookup(struct kernel *k)
{
	uint16_t id;
	int err;

	err = fuzz_result(k, genl_lookup(&k->genl, &id, "no such family"));
	fuzz_check(err || id);
}

/* The module need not be there */
static void run_open(struct kernel *k)
{
	fuzz_check(fuzz_result(k, kmod_open(k)) != -ENOENT);
}

static void run_tunnel_get(struct kernel *k)
{
	if (!fuzz_result(k, kmod_open(k)))
		fuzz_result(k, kmod_tunnel_get(k, FUZZ_IFINDEX));
}

static void run_tunnel_new(struct kernel *k)
{
	static const struct tunnel_params params = { .fwmark = 2, .mask = 1 };

	if (!fuzz_result(k, kmod_open(k)))
		fuzz_result(k, kmod_tunnel_new(k, FUZZ_IFINDEX, &params));
}

static void run_tunnel_list(struct kernel *k)
{
	struct kmod_tunnel *list;
	size_t len, i, j;

	if (fuzz_result(k, kmod_open(k)))
		return;
	if (fuzz_result(k, kmod_tunnel_list(k, &list, &len)))
		fuzz_check(!list && !len);
	for (i = 0; i < len; i++) {
		fuzz_check(list[i].ifindex);
		for (j = 0; j < list[i].guarded_len; j++)
			fuzz_prefix(&list[i].guarded[j]);
	}
	kmod_tunnel_list_free(list, len);
}

static const struct fuzz_op ops[] = {
	{ "lookup", run_lookup },
	{ "open", run_open },
	{ "tunnel_get", run_tunnel_get },
	{ "tunnel_new", run_tunnel_new },
	{ "tunnel_list", run_tunnel_list },
	{}
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_netlink(data, size, NETLINK_GENERIC, ops);
}
