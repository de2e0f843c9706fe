// SPDX-License-Identifier: GPL-2.0
/*
 * How many connections are tracked, and how many can be
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "doctor.h"

static uint32_t read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	uint32_t value = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%" SCNu32, &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

static int take_stats(const struct nlmsghdr *nlh, void *data)
{
	struct machine *m = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			continue;
		if (mnl_attr_get_type(attr) == CTA_STATS_GLOBAL_ENTRIES)
			m->conntrack_count = ntohl(mnl_attr_get_u32(attr));
		else if (mnl_attr_get_type(attr) == CTA_STATS_GLOBAL_MAX_ENTRIES)
			m->conntrack_max = ntohl(mnl_attr_get_u32(attr));
	}
	return 0;
}

void conntrack_take(struct machine *m, struct kernel *k)
{
	const struct nfgenmsg head = { .version = NFNETLINK_V0 };

	m->conntrack_count = read_number("/proc/sys/net/netfilter/nf_conntrack_count");
	m->conntrack_max = read_number("/proc/sys/net/netfilter/nf_conntrack_max");
	if (m->conntrack_max || !k->has_nft)
		return;
	/* without /proc; where the kernel has no conntrack either, nothing is known */
	nlsock_put(&k->nft, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK,
		   &head, sizeof(head));
	nlsock_talk(&k->nft, take_stats, m);
}
