/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the family "wgmark" must say to any message, and what it must then have:
 * include/wgmark.yaml once more, written from it and not from the module.
 */
#ifndef NL_MODEL_H
#define NL_MODEL_H

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wgmark.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MODEL_DEVICES 16
#define MODEL_LOOPBACK 1
#define MODEL_HDRLEN (NLMSG_HDRLEN + GENL_HDRLEN)

/* added after the uapi headers of old distributions */
#ifndef NLM_F_ACK_TLVS
#define NLM_F_ACK_TLVS 0x200
#endif

/* Linux before 6.1, which has no genl_header_check() yet (net/netlink/genetlink.c) */
static bool model_header_unchecked;

/** struct model_tunnel - what there is on a device; in host byte order */
struct model_tunnel {
	bool there;
	uint32_t value[WGMARK_A_TUNNEL_MAX + 1];
};

/** struct model - a network namespace: its devices, and the tunnels on them */
struct model {
	unsigned int len;
	uint32_t ifindex[MODEL_DEVICES];
	struct model_tunnel tunnel[MODEL_DEVICES];
};

/**
 * struct model_answer - to one message
 * @err: 0 or -errno
 * @other: an error that is as good, or @err
 * @silent: nothing is sent back, not even an acknowledgment
 * @told: @err comes with a sentence
 * @changes: it was accepted, and is no request to read
 */
struct model_answer {
	int err;
	int other;
	bool silent;
	bool told;
	bool changes;
};

/* The parameters: their width in bytes, and what they may be. Others are refused. */
static const struct model_rule {
	uint8_t len;
	uint32_t min;
	uint32_t max;
	uint32_t bits;
} model_rules[WGMARK_A_TUNNEL_MAX + 1] = {
	[WGMARK_A_TUNNEL_IFINDEX]  = { 4, 1, UINT32_MAX, UINT32_MAX },
	[WGMARK_A_TUNNEL_FWMARK]   = { 4, 1, UINT32_MAX, UINT32_MAX },
	[WGMARK_A_TUNNEL_MASK]     = { 4, 1, UINT32_MAX, UINT32_MAX },
	[WGMARK_A_TUNNEL_RESTORE]  = { 4, 0, WGMARK_RESTORE_LEARN, UINT32_MAX },
	[WGMARK_A_TUNNEL_GUARD]    = { 1, 0, 1, UINT32_MAX },
	[WGMARK_A_TUNNEL_COMPAT]   = { 1, 0, 1, UINT32_MAX },
	[WGMARK_A_TUNNEL_FAMILIES] = { 4, 0, UINT32_MAX, WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6 },
	[WGMARK_A_TUNNEL_NOTRACK]  = { 1, 0, 1, UINT32_MAX },
};

/** model_dump() - does a message ask for a dump? */
static inline bool model_dump(const struct nlmsghdr *nlh)
{
	return (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

/** model_number() - the value of an attribute of @len bytes, 1 or 4 */
static inline uint32_t model_number(const uint8_t *p, uint8_t len)
{
	uint32_t number = *p;

	if (len == sizeof(number))
		memcpy(&number, p, sizeof(number));
	return number;
}

/* Read the attributes into @value, and which there are into @given. */
static int model_attrs(const struct nlmsghdr *nlh, int max, uint32_t *value, uint32_t *given)
{
	const uint8_t *p = (const uint8_t *)nlh + MODEL_HDRLEN;
	size_t rem = nlh->nlmsg_len - MODEL_HDRLEN, len;
	const struct model_rule *rule;
	struct nlattr a;
	uint32_t number;
	int type;

	while (rem >= sizeof(a)) {
		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > rem)
			break;
		type = a.nla_type & NLA_TYPE_MASK;
		rule = &model_rules[type <= max ? type : 0];
		if (!rule->len || a.nla_len - sizeof(a) != rule->len || a.nla_type & NLA_F_NESTED)
			return -EINVAL;
		number = model_number(p + sizeof(a), rule->len);
		if (number & ~rule->bits)
			return -EINVAL;
		if (number < rule->min || number > rule->max)
			return -ERANGE;
		value[type] = number;
		*given |= 1 << type;
		len = NLA_ALIGN(a.nla_len);
		p += len;
		rem -= len < rem ? len : rem;
	}
	return rem ? -EINVAL : 0;
}

static bool model_sensible(const uint32_t *value)
{
	uint32_t restore = value[WGMARK_A_TUNNEL_RESTORE];
	uint32_t fwmark = value[WGMARK_A_TUNNEL_FWMARK];
	uint32_t mask = value[WGMARK_A_TUNNEL_MASK];
	bool compat = value[WGMARK_A_TUNNEL_COMPAT];

	return (fwmark || restore == WGMARK_RESTORE_NONE) && !(fwmark & ~mask) &&
	       value[WGMARK_A_TUNNEL_FAMILIES] &&
	       (!compat || (mask == UINT32_MAX && restore == WGMARK_RESTORE_CONNTRACK)) &&
	       (!value[WGMARK_A_TUNNEL_NOTRACK] || restore == WGMARK_RESTORE_LEARN);
}

/* Would there be too many masks if @t had @value? */
static bool model_masks_full(const struct model *m, const struct model_tunnel *t,
			     const uint32_t *value)
{
	uint32_t masks[MODEL_DEVICES];
	unsigned int i, j, len = 0;

	if (value[WGMARK_A_TUNNEL_RESTORE] != WGMARK_RESTORE_CONNTRACK)
		return false;
	masks[len++] = value[WGMARK_A_TUNNEL_MASK];
	for (i = 0; i < m->len; i++) {
		const struct model_tunnel *o = &m->tunnel[i];

		if (o == t || !o->there ||
		    o->value[WGMARK_A_TUNNEL_RESTORE] != WGMARK_RESTORE_CONNTRACK)
			continue;
		for (j = 0; j < len && masks[j] != o->value[WGMARK_A_TUNNEL_MASK]; j++)
			;
		if (j == len)
			masks[len++] = o->value[WGMARK_A_TUNNEL_MASK];
	}
	return len > WGMARK_MAX_MASKS;
}

/** model_find() - the device of an ifindex, or NULL */
static inline struct model_tunnel *model_find(struct model *m, uint32_t ifindex)
{
	unsigned int i;

	for (i = 0; i < m->len; i++)
		if (m->ifindex[i] == ifindex)
			return &m->tunnel[i];
	return NULL;
}

static int model_configure(struct model *m, uint8_t cmd, struct model_tunnel *t,
			   const uint32_t *value, uint32_t given)
{
	struct model_tunnel new = { .there = true };
	int i;

	new.value[WGMARK_A_TUNNEL_MASK] = UINT32_MAX;
	new.value[WGMARK_A_TUNNEL_RESTORE] = WGMARK_RESTORE_CONNTRACK;
	new.value[WGMARK_A_TUNNEL_GUARD] = 1;
	new.value[WGMARK_A_TUNNEL_FAMILIES] = WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6;
	if (cmd == WGMARK_CMD_TUNNEL_SET)
		new = *t;
	for (i = 0; i <= WGMARK_A_TUNNEL_MAX; i++)
		if (given & 1 << i)
			new.value[i] = value[i];
	if (!model_sensible(new.value))
		return -EINVAL;
	if (cmd == WGMARK_CMD_TUNNEL_NEW) {
		if (t && t->there)
			return -EEXIST;
		if (!t)
			return -ENODEV;
		if (value[WGMARK_A_TUNNEL_IFINDEX] == MODEL_LOOPBACK)
			return -EINVAL;
	}
	if (model_masks_full(m, t, new.value))
		return -ENOSPC;
	*t = new;
	return 0;
}

static int model_command(struct model *m, const struct nlmsghdr *nlh, uint8_t cmd)
{
	bool params = cmd == WGMARK_CMD_TUNNEL_NEW || cmd == WGMARK_CMD_TUNNEL_SET;
	uint32_t value[WGMARK_A_TUNNEL_MAX + 1] = {}, given = 0;
	struct model_tunnel *t;
	int err;

	err = model_attrs(nlh, params ? WGMARK_A_TUNNEL_NOTRACK : WGMARK_A_TUNNEL_IFINDEX,
			  value, &given);
	if (err)
		return err;
	if (model_dump(nlh))
		return given ? -EINVAL : 0;
	if (!(given & 1 << WGMARK_A_TUNNEL_IFINDEX))
		return -EINVAL;
	t = model_find(m, value[WGMARK_A_TUNNEL_IFINDEX]);
	if (cmd != WGMARK_CMD_TUNNEL_NEW && (!t || !t->there))
		return -ENOENT;
	if (params)
		return model_configure(m, cmd, t, value, given);
	if (cmd == WGMARK_CMD_TUNNEL_DEL)
		t->there = false;
	return 0;
}

/**
 * model_message() - what a message does
 * @m: its sender's namespace, changed as the module has to change it
 * @nlh: the message, of the family, or of a type below NLMSG_MIN_TYPE
 * @admin: the sender may
 */
static inline struct model_answer model_message(struct model *m, const struct nlmsghdr *nlh,
						bool admin)
{
	uint16_t allowed = NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO;
	struct model_answer a = {};
	struct genlmsghdr g;

	a.silent = !(nlh->nlmsg_flags & NLM_F_ACK);
	if (!(nlh->nlmsg_flags & NLM_F_REQUEST) || nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return a;
	a.err = -EINVAL;
	if (nlh->nlmsg_len < MODEL_HDRLEN)
		goto out;
	memcpy(&g, (const char *)nlh + NLMSG_HDRLEN, sizeof(g));
	if (model_dump(nlh))
		allowed |= NLM_F_DUMP;
	a.told = true;
	if (!model_header_unchecked && (g.reserved || nlh->nlmsg_flags & ~allowed))
		goto out;
	a.told = false;
	a.err = -EOPNOTSUPP;
	if (g.cmd < WGMARK_CMD_TUNNEL_GET || g.cmd > WGMARK_CMD_TUNNEL_DEL)
		goto out;
	if (!admin)
		a.err = -EPERM;
	/* what the kernel looks at first is not the same in all versions */
	if (model_dump(nlh) && g.cmd != WGMARK_CMD_TUNNEL_GET)
		a.other = -EOPNOTSUPP;
	if (!admin || a.other)
		goto out;
	a.told = true;
	a.err = model_command(m, nlh, g.cmd);
	a.changes = !a.err && g.cmd != WGMARK_CMD_TUNNEL_GET;
out:
	if (!a.other)
		a.other = a.err;
	a.silent = !a.err && a.silent && !model_dump(nlh);
	return a;
}

#endif
