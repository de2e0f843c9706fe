// SPDX-License-Identifier: GPL-2.0
/*
 * The module's events as the kernel sends them
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/wgmark.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

static int take_addr(const struct nlattr *attr, struct prefix *p)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len != sizeof(p->v4) && len != sizeof(p->v6))
		return -EPROTO;
	p->family = len == sizeof(p->v4) ? AF_INET : AF_INET6;
	p->len = 8 * len;
	memcpy(&p->v6, mnl_attr_get_payload(attr), len);
	return 0;
}

static int take_spoof_attr(const struct nlattr *attr, struct event *e)
{
	static const enum mnl_attr_data_type types[WGMARK_A_SPOOF_MAX + 1] = {
		[WGMARK_A_SPOOF_IFINDEX] = MNL_TYPE_U32,
		[WGMARK_A_SPOOF_IFNAME] = MNL_TYPE_NUL_STRING,
		[WGMARK_A_SPOOF_COUNT] = MNL_TYPE_U64,
		[WGMARK_A_SPOOF_IIF] = MNL_TYPE_U32,
	};
	uint16_t type = mnl_attr_get_type(attr);
	uint32_t iif;

	if (type > WGMARK_A_SPOOF_MAX)
		return 0;
	if (types[type] && mnl_attr_validate(attr, types[type]) < 0)
		return -EPROTO;
	switch (type) {
	case WGMARK_A_SPOOF_IFINDEX:
		e->tunnel.ifindex = mnl_attr_get_u32(attr);
		return 0;
	case WGMARK_A_SPOOF_IFNAME:
		snprintf(e->tunnel.ifname, sizeof(e->tunnel.ifname), "%s",
			 mnl_attr_get_str(attr));
		return 0;
	case WGMARK_A_SPOOF_COUNT:
		e->count = mnl_attr_get_u64(attr);
		return 0;
	case WGMARK_A_SPOOF_IIF:
		iif = mnl_attr_get_u32(attr);
		/* it may be gone */
		if (!if_indextoname(iif, e->iif))
			snprintf(e->iif, sizeof(e->iif), "%u", iif);
		return 0;
	case WGMARK_A_SPOOF_SADDR:
		return take_addr(attr, &e->saddr);
	case WGMARK_A_SPOOF_DADDR:
		return take_addr(attr, &e->daddr);
	}
	return 0;
}

static int take_spoof(const struct nlmsghdr *nlh, struct event *e)
{
	const struct nlattr *attr;
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		err = take_spoof_attr(attr, e);
		if (err)
			return err;
	}
	return e->tunnel.ifindex && e->saddr.family && e->daddr.family ? 0 : -EPROTO;
}

int event_take(const struct nlmsghdr *nlh, struct event *e)
{
	const struct genlmsghdr *head = mnl_nlmsg_get_payload(nlh);

	*e = (struct event){ 0 };
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*head))
		return -EPROTO;
	switch (head->cmd) {
	case WGMARK_CMD_TUNNEL_ADDED:
		e->type = EVENT_TUNNEL_ADDED;
		return kmod_tunnel_take(nlh, &e->tunnel);
	case WGMARK_CMD_TUNNEL_CHANGED:
		e->type = EVENT_TUNNEL_CHANGED;
		return kmod_tunnel_take(nlh, &e->tunnel);
	case WGMARK_CMD_TUNNEL_REMOVED:
		e->type = EVENT_TUNNEL_REMOVED;
		return kmod_tunnel_take(nlh, &e->tunnel);
	case WGMARK_CMD_SPOOFED:
		e->type = EVENT_SPOOFED;
		return take_spoof(nlh, e);
	}
	return -ENOMSG;
}

void event_free(struct event *e)
{
	free(e->tunnel.guarded);
	free(e->tunnel.sources);
	*e = (struct event){ 0 };
}
