// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to requests and dumps, whatever they are about
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "fuzz.h"

/**
 * struct seen - what came
 * @count: messages since the answer began
 * @refuse: the callback fails
 */
struct seen {
	size_t count;
	bool refuse;
};

/* Every byte of it must be there */
static int take_msg(const struct nlmsghdr *nlh, void *data)
{
	const uint8_t *bytes = mnl_nlmsg_get_payload(nlh);
	const struct ifinfomsg *ifi = (const void *)bytes;
	struct seen *seen = data;
	size_t i, sum;

	fuzz_check(nlh->nlmsg_type >= NLMSG_MIN_TYPE);
	sum = ifi->ifi_index & UINT8_MAX;
	for (i = 0; i < mnl_nlmsg_get_payload_len(nlh); i++)
		sum += bytes[i];
	fuzz_check(sum <= UINT8_MAX * (i + 1));
	seen->count++;
	return seen->refuse && seen->count > 1 ? -EXFULL : 0;
}

static void reset(void *data)
{
	((struct seen *)data)->count = 0;
}

static void put(struct kernel *k, int32_t ifindex, uint16_t flags)
{
	struct ifinfomsg ifi = { .ifi_index = ifindex };

	nlsock_put(&k->rtnl, RTM_GETLINK, flags, &ifi, sizeof(ifi));
}

static void run_talk(struct kernel *k)
{
	struct seen seen = { 0 };

	put(k, 1, NLM_F_ACK);
	fuzz_result(k, nlsock_talk(&k->rtnl, take_msg, &seen));
}

static void run_talk_refused(struct kernel *k)
{
	struct seen seen = { .refuse = true };

	put(k, 4711, NLM_F_ACK);
	fuzz_result(k, nlsock_talk(&k->rtnl, take_msg, &seen));
}

static void run_batch(struct kernel *k)
{
	struct seen seen = { 0 };

	put(k, 1, NLM_F_ACK);
	put(k, 4711, NLM_F_ACK);
	put(k, 1, NLM_F_ACK);
	fuzz_result(k, nlsock_talk(&k->rtnl, take_msg, &seen));
}

/* As a batch of nf_tables, whose first message is not acknowledged */
static void run_batch_headless(struct kernel *k)
{
	struct seen seen = { 0 };

	put(k, 4711, 0);
	put(k, 1, NLM_F_ACK);
	put(k, 1, NLM_F_ACK);
	fuzz_result(k, nlsock_talk(&k->rtnl, take_msg, &seen));
}

static void run_dump(struct kernel *k)
{
	struct seen seen = { 0 };

	put(k, 0, 0);
	fuzz_result(k, nlsock_dump(&k->rtnl, take_msg, reset, &seen));
}

/* A callback's error must come out, unless the kernel had one before */
static void run_dump_refused(struct kernel *k)
{
	struct seen seen = { .refuse = true };
	int err;

	put(k, 0, 0);
	err = fuzz_result(k, nlsock_dump(&k->rtnl, take_msg, reset, &seen));
	fuzz_check(err || seen.count < 2);
}

static const struct fuzz_op ops[] = {
	{ "talk", run_talk },
	{ "talk-refused", run_talk_refused },
	{ "batch", run_batch },
	{ "batch-headless", run_batch_headless },
	{ "dump", run_dump },
	{ "dump-refused", run_dump_refused },
	{}
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_netlink(data, size, NETLINK_ROUTE, ops);
}
