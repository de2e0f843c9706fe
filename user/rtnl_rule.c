// SPDX-License-Identifier: GPL-2.0
/*
 * Policy routing rules
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "rtnl.h"

struct rule_list {
	struct rule *list;
	size_t len;
	size_t start;
};

static int talk_rule(struct nlsock *s, const struct rule *r, uint16_t type,
		     uint16_t flags)
{
	struct fib_rule_hdr head = {
		.family = r->family,
		.table = r->table < 256 ? r->table : RT_TABLE_UNSPEC,
		.action = r->unreachable ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL,
		.flags = r->invert ? FIB_RULE_INVERT : 0,
	};
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, type, flags, &head, sizeof(head));
	mnl_attr_put_u32(nlh, FRA_TABLE, r->table);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, r->priority);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, r->protocol);
	if (r->fwmark || r->fwmask) {
		mnl_attr_put_u32(nlh, FRA_FWMARK, r->fwmark);
		mnl_attr_put_u32(nlh, FRA_FWMASK, r->fwmask);
	}
	if (r->suppress >= 0)
		mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, r->suppress);
	return nlsock_talk(s, NULL, NULL);
}

int rtnl_rule_add(struct nlsock *s, const struct rule *r)
{
	return talk_rule(s, r, RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
}

int rtnl_rule_del(struct nlsock *s, const struct rule *r)
{
	return talk_rule(s, r, RTM_DELRULE, NLM_F_ACK);
}

/* One attribute of a rule; what struct rule cannot say makes it not plain. */
static int take_attr(const struct nlattr *attr, struct rule *r)
{
	uint32_t *to;

	switch (mnl_attr_get_type(attr)) {
	case FRA_TABLE:
		to = &r->table;
		break;
	case FRA_PRIORITY:
		to = &r->priority;
		break;
	case FRA_FWMARK:
		to = &r->fwmark;
		break;
	case FRA_FWMASK:
		to = &r->fwmask;
		break;
	case FRA_SUPPRESS_PREFIXLEN:
		/* -1, no suppression, comes as 0xffffffff */
		to = (uint32_t *)&r->suppress;
		break;
	case FRA_PROTOCOL:
		if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
			return -EPROTO;
		r->protocol = mnl_attr_get_u8(attr);
		return 0;
	case FRA_PAD:
		return 0;
	default:
		r->plain = false;
		return 0;
	}
	if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return -EPROTO;
	*to = mnl_attr_get_u32(attr);
	return 0;
}

static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct fib_rule_hdr *head = mnl_nlmsg_get_payload(nlh);
	struct rule_list *l = data;
	const struct nlattr *attr;
	struct rule r = {
		.family = head->family,
		.table = head->table,
		.invert = head->flags & FIB_RULE_INVERT,
		.suppress = -1,
		.unreachable = head->action == FR_ACT_UNREACHABLE,
		.plain = (head->action == FR_ACT_TO_TBL ||
			  head->action == FR_ACT_UNREACHABLE) &&
			 !head->dst_len && !head->src_len && !head->tos,
	};
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		err = take_attr(attr, &r);
		if (err)
			return err;
	}

	return list_append(&l->list, &l->len, &r, sizeof(r));
}

static void reset_rules(void *data)
{
	struct rule_list *l = data;

	l->len = l->start;
}

int rtnl_rule_list(struct nlsock *s, struct rule **list, size_t *len)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	struct rule_list l = { 0 };
	int err = 0;
	size_t i;

	for (i = 0; i < IP_FAMILIES && !err; i++) {
		struct fib_rule_hdr head = { .family = families[i] };

		l.start = l.len;
		nlsock_put(s, RTM_GETRULE, 0, &head, sizeof(head));
		err = nlsock_dump(s, take_rule, reset_rules, &l);
		/* no IPv6 in this kernel */
		if (err == -EAFNOSUPPORT)
			err = 0;
	}
	if (err) {
		free(l.list);
		l = (struct rule_list){ 0 };
	}
	*list = l.list;
	*len = l.len;
	return err;
}
