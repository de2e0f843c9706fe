// SPDX-License-Identifier: GPL-2.0
/*
 * The module's generic netlink family
 */
#include <errno.h>
#include <linux/wgmark.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "kmod.h"
#include "list.h"

struct tunnel_list {
	struct kmod_tunnel *list;
	size_t len;
};

int kmod_open(struct kernel *k)
{
	int err;

	err = genl_lookup(&k->genl, &k->wgmark, WGMARK_FAMILY_NAME);
	return err == -ENOENT ? 0 : err;
}

static struct nlmsghdr *put(struct kernel *k, uint8_t cmd, uint16_t flags)
{
	return genl_put(&k->genl, k->wgmark, cmd, WGMARK_FAMILY_VERSION, flags);
}

static int put_tunnel(struct kernel *k, uint8_t cmd, uint32_t ifindex,
		      const struct tunnel_params *params)
{
	struct nlmsghdr *nlh;

	nlh = put(k, cmd, NLM_F_ACK);
	mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_IFINDEX, ifindex);
	mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_FWMARK, params->fwmark);
	mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_MASK, params->mask);
	mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_RESTORE, params->restore);
	mnl_attr_put_u8(nlh, WGMARK_A_TUNNEL_GUARD, params->guard);
	mnl_attr_put_u8(nlh, WGMARK_A_TUNNEL_COMPAT, params->compat);
	mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_FAMILIES, params->families);
	mnl_attr_put_u8(nlh, WGMARK_A_TUNNEL_NOTRACK, params->notrack);
	return nlsock_talk(&k->genl, NULL, NULL);
}

int kmod_tunnel_new(struct kernel *k, uint32_t ifindex,
		    const struct tunnel_params *params)
{
	return put_tunnel(k, WGMARK_CMD_TUNNEL_NEW, ifindex, params);
}

int kmod_tunnel_set(struct kernel *k, uint32_t ifindex,
		    const struct tunnel_params *params)
{
	return put_tunnel(k, WGMARK_CMD_TUNNEL_SET, ifindex, params);
}

int kmod_tunnel_del(struct kernel *k, uint32_t ifindex)
{
	struct nlmsghdr *nlh;

	nlh = put(k, WGMARK_CMD_TUNNEL_DEL, NLM_F_ACK);
	mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_IFINDEX, ifindex);
	return nlsock_talk(&k->genl, NULL, NULL);
}

int kmod_tunnel_get(struct kernel *k, uint32_t ifindex)
{
	struct nlmsghdr *nlh;

	nlh = put(k, WGMARK_CMD_TUNNEL_GET, NLM_F_ACK);
	mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_IFINDEX, ifindex);
	return nlsock_talk(&k->genl, NULL, NULL);
}

static int take_address(const struct nlattr *attr, struct kmod_tunnel *t)
{
	size_t len = mnl_attr_get_payload_len(attr);
	struct prefix p = {
		.family = len == sizeof(p.v4) ? AF_INET : AF_INET6,
		.len = 8 * len,
	};

	if (len != sizeof(p.v4) && len != sizeof(p.v6))
		return -EPROTO;
	memcpy(&p.v6, mnl_attr_get_payload(attr), len);
	return prefix_append(&t->guarded, &t->guarded_len, &p);
}

static int take_source_addr(const struct nlattr *attr, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	size_t len = mnl_attr_get_payload_len(attr);

	if (len == sizeof(in->sin_addr)) {
		ss->ss_family = AF_INET;
		memcpy(&in->sin_addr, mnl_attr_get_payload(attr), len);
	} else if (len == sizeof(in6->sin6_addr)) {
		ss->ss_family = AF_INET6;
		memcpy(&in6->sin6_addr, mnl_attr_get_payload(attr), len);
	} else {
		return -EPROTO;
	}
	return 0;
}

static int take_source(const struct nlattr *nest, struct kmod_tunnel *t)
{
	struct sockaddr_storage ss = { 0 };
	const struct nlattr *attr;
	uint16_t port = 0;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case WGMARK_A_SOURCE_ADDRESS:
			if (take_source_addr(attr, &ss))
				return -EPROTO;
			break;
		case WGMARK_A_SOURCE_PORT:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
				return -EPROTO;
			port = mnl_attr_get_u16(attr);
			break;
		}
	}
	if (!ss.ss_family)
		return -EPROTO;
	/* at the same place for both families */
	((struct sockaddr_in *)&ss)->sin_port = htons(port);

	return list_append(&t->sources, &t->sources_len, &ss, sizeof(ss));
}

static int take_attr(const struct nlattr *attr, struct kmod_tunnel *t)
{
	static const enum mnl_attr_data_type types[WGMARK_A_TUNNEL_MAX + 1] = {
		[WGMARK_A_TUNNEL_IFNAME] = MNL_TYPE_NUL_STRING,
		[WGMARK_A_TUNNEL_FWMARK] = MNL_TYPE_U32,
		[WGMARK_A_TUNNEL_MASK] = MNL_TYPE_U32,
		[WGMARK_A_TUNNEL_RESTORE] = MNL_TYPE_U32,
		[WGMARK_A_TUNNEL_GUARD] = MNL_TYPE_U8,
		[WGMARK_A_TUNNEL_COMPAT] = MNL_TYPE_U8,
		[WGMARK_A_TUNNEL_FAMILIES] = MNL_TYPE_U32,
		[WGMARK_A_TUNNEL_SPOOFED] = MNL_TYPE_U64,
		[WGMARK_A_TUNNEL_RESTORED] = MNL_TYPE_U64,
		[WGMARK_A_TUNNEL_SAVED] = MNL_TYPE_U64,
		[WGMARK_A_TUNNEL_NOTRACK] = MNL_TYPE_U8,
		[WGMARK_A_TUNNEL_SOURCE] = MNL_TYPE_NESTED,
	};
	uint16_t type = mnl_attr_get_type(attr);

	if (type > WGMARK_A_TUNNEL_MAX)
		return 0;
	if (types[type] && mnl_attr_validate(attr, types[type]) < 0)
		return -EPROTO;
	switch (type) {
	case WGMARK_A_TUNNEL_IFNAME:
		snprintf(t->ifname, sizeof(t->ifname), "%s", mnl_attr_get_str(attr));
		return 0;
	case WGMARK_A_TUNNEL_FWMARK:
		t->params.fwmark = mnl_attr_get_u32(attr);
		return 0;
	case WGMARK_A_TUNNEL_MASK:
		t->params.mask = mnl_attr_get_u32(attr);
		return 0;
	case WGMARK_A_TUNNEL_RESTORE:
		t->params.restore = mnl_attr_get_u32(attr);
		return 0;
	case WGMARK_A_TUNNEL_GUARD:
		t->params.guard = mnl_attr_get_u8(attr);
		return 0;
	case WGMARK_A_TUNNEL_COMPAT:
		t->params.compat = mnl_attr_get_u8(attr);
		return 0;
	case WGMARK_A_TUNNEL_FAMILIES:
		t->params.families = mnl_attr_get_u32(attr);
		return 0;
	case WGMARK_A_TUNNEL_SPOOFED:
		t->counters.spoofed = mnl_attr_get_u64(attr);
		return 0;
	case WGMARK_A_TUNNEL_RESTORED:
		t->counters.restored = mnl_attr_get_u64(attr);
		return 0;
	case WGMARK_A_TUNNEL_SAVED:
		t->counters.saved = mnl_attr_get_u64(attr);
		return 0;
	case WGMARK_A_TUNNEL_NOTRACK:
		t->params.notrack = mnl_attr_get_u8(attr);
		return 0;
	case WGMARK_A_TUNNEL_ADDRESS:
		return take_address(attr, t);
	case WGMARK_A_TUNNEL_SOURCE:
		return take_source(attr, t);
	}
	return 0;
}

static uint32_t read_ifindex(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == WGMARK_A_TUNNEL_IFINDEX &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			return mnl_attr_get_u32(attr);
	}
	return 0;
}

int kmod_tunnel_take(const struct nlmsghdr *nlh, struct kmod_tunnel *t)
{
	const struct nlattr *attr;
	int err;

	t->ifindex = read_ifindex(nlh);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		err = take_attr(attr, t);
		if (err)
			return err;
	}
	return t->ifindex ? 0 : -EPROTO;
}

/* A tunnel with many addresses comes in several messages, one after another. */
static int take_tunnel(const struct nlmsghdr *nlh, void *data)
{
	uint32_t ifindex = read_ifindex(nlh);
	struct tunnel_list *l = data;
	struct kmod_tunnel *list;

	if (!ifindex)
		return -EPROTO;
	if (!l->len || l->list[l->len - 1].ifindex != ifindex) {
		list = list_room(l->list, l->len, sizeof(*list));
		if (!list)
			return -ENOMEM;
		l->list = list;
		list[l->len++] = (struct kmod_tunnel){ .ifindex = ifindex };
	}
	return kmod_tunnel_take(nlh, &l->list[l->len - 1]);
}

static void reset_tunnels(void *data)
{
	struct tunnel_list *l = data;

	kmod_tunnel_list_free(l->list, l->len);
	*l = (struct tunnel_list){ 0 };
}

int kmod_tunnel_list(struct kernel *k, struct kmod_tunnel **list, size_t *len)
{
	struct tunnel_list l = { 0 };
	int err;

	put(k, WGMARK_CMD_TUNNEL_GET, 0);
	err = nlsock_dump(&k->genl, take_tunnel, reset_tunnels, &l);
	if (err)
		reset_tunnels(&l);
	*list = l.list;
	*len = l.len;
	return err;
}

void kmod_tunnel_list_free(struct kmod_tunnel *list, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		free(list[i].guarded);
		free(list[i].sources);
	}
	free(list);
}
