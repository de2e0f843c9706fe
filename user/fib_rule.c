// SPDX-License-Identifier: GPL-2.0
/*
 * Policy routing rules, whatever is in them
 */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "fib_read.h"
#include "list.h"

/* of Linux 6.15's <linux/fib_rules.h>: port and mask, in place of a range */
#define FRA_SPORT_MASK 28
#define FRA_DPORT_MASK 29

struct taken {
	struct fib *f;
	size_t start;
};

static int take_signed(const struct nlattr *attr, int *to)
{
	uint32_t value = 0;
	int err = fib_attr_u32(attr, &value);

	/* -1, no suppression, comes as 0xffffffff */
	*to = value;
	return err;
}

/* Of a single port, this is always said. */
static bool is_whole_port(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U16) == 0 && mnl_attr_get_u16(attr) == UINT16_MAX;
}

static int take_attr(const struct nlattr *attr, const struct fib_rule_hdr *head,
		     struct fib_rule *r)
{
	switch (mnl_attr_get_type(attr)) {
	case FRA_DST:
		return fib_attr_addr(attr, r->family, head->dst_len, &r->dst);
	case FRA_SRC:
		return fib_attr_addr(attr, r->family, head->src_len, &r->src);
	case FRA_IIFNAME:
		return fib_attr_name(attr, r->iif);
	case FRA_OIFNAME:
		return fib_attr_name(attr, r->oif);
	case FRA_GOTO:
		return fib_attr_u32(attr, &r->target);
	case FRA_PRIORITY:
		return fib_attr_u32(attr, &r->priority);
	case FRA_FWMARK:
		return fib_attr_u32(attr, &r->mark);
	case FRA_FWMASK:
		return fib_attr_u32(attr, &r->mask);
	case FRA_TABLE:
		return fib_attr_u32(attr, &r->table);
	case FRA_SUPPRESS_PREFIXLEN:
		return take_signed(attr, &r->suppress);
	case FRA_SUPPRESS_IFGROUP:
		return take_signed(attr, &r->suppress_group);
	case FRA_L3MDEV:
		r->l3mdev = true;
		return 0;
	case FRA_UID_RANGE:
		r->has_uids = true;
		return fib_attr_pair(attr, r->uids, sizeof(r->uids[0]));
	case FRA_PROTOCOL:
		return fib_attr_u8(attr, &r->protocol);
	case FRA_IP_PROTO:
		return fib_attr_u8(attr, &r->proto);
	case FRA_SPORT_RANGE:
		return fib_attr_pair(attr, r->sport, sizeof(r->sport[0]));
	case FRA_DPORT_RANGE:
		return fib_attr_pair(attr, r->dport, sizeof(r->dport[0]));
	case FRA_SPORT_MASK:
	case FRA_DPORT_MASK:
		r->unknown |= !is_whole_port(attr);
		return 0;
	case FRA_FLOW:	/* the realm that it gives packets */
	case FRA_PAD:
		return 0;
	}
	r->unknown = true;
	return 0;
}

static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct fib_rule_hdr *head = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct taken *t = data;
	struct fib_rule r = {
		.family = head->family,
		.action = head->action,
		.table = head->table,
		.tos = head->tos,
		.invert = head->flags & FIB_RULE_INVERT,
		/* looks at the source that the route would choose */
		.unknown = head->src_len && head->flags & FIB_RULE_FIND_SADDR,
		.suppress = -1,
		.suppress_group = -1,
	};
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		err = take_attr(attr, head, &r);
		if (err)
			return err;
	}
	return list_append(&t->f->rules, &t->f->rules_len, &r, sizeof(r));
}

static void reset_rules(void *data)
{
	struct taken *t = data;

	t->f->rules_len = t->start;
}

int fib_take_rules(struct nlsock *s, struct fib *f, sa_family_t family)
{
	struct taken t = { .f = f, .start = f->rules_len };
	struct fib_rule_hdr head = { .family = family };

	nlsock_put(s, RTM_GETRULE, 0, &head, sizeof(head));
	return nlsock_dump(s, take_rule, reset_rules, &t);
}
