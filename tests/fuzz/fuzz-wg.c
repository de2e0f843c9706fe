// SPDX-License-Identifier: GPL-2.0
/*
 * What user/wg_get.c and user/wg_set.c take from WireGuard
 */
#include <errno.h>

#include "fuzz.h"
#include "view.h"
#include "wg.h"

static void check_peer(const struct wg_peer *p)
{
	char endpoint[ENDPOINT_TEXT_LEN], key[KEY_TEXT_LEN];
	size_t i;

	fuzz_check(p->endpoint.ss_family == AF_UNSPEC || p->endpoint.ss_family == AF_INET ||
		   p->endpoint.ss_family == AF_INET6);
	fuzz_string(endpoint_text(&p->endpoint, endpoint), sizeof(endpoint));
	fuzz_string(key_text(p->public_key, key), sizeof(key));
	for (i = 0; i < p->allowed_len; i++)
		fuzz_prefix(&p->allowed[i]);
}

static void run_get(struct kernel *k)
{
	struct wg_device d;
	size_t i;
	int err;

	err = fuzz_result(k, wg_get(k, FUZZ_IFINDEX, &d));
	for (i = 0; i < d.peers_len && !err; i++)
		check_peer(&d.peers[i]);
	wg_device_free(&d);
}

/* Enough for several messages, each with an answer */
static void run_set(struct kernel *k)
{
	struct prefix allowed[1500];
	struct peer peer = { .allowed = allowed, .allowed_len = 1500 };
	struct config c = { .peers = &peer, .peers_len = 1 };
	size_t i;

	for (i = 0; i < peer.allowed_len; i++) {
		allowed[i] = (struct prefix){ .family = AF_INET, .len = 32 };
		allowed[i].v4.s_addr = htonl(0x0a000000 + i);
	}
	fuzz_result(k, wg_set(k, FUZZ_IFINDEX, &c));
}

static void run_set_fwmark(struct kernel *k)
{
	fuzz_result(k, wg_set_fwmark(k, 4711, 1));
}

static const struct fuzz_op ops[] = {
	{ "get", run_get },
	{ "set", run_set },
	{ "set_fwmark", run_set_fwmark },
	{}
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_netlink(data, size, NETLINK_GENERIC, ops);
}
