// SPDX-License-Identifier: GPL-2.0
/*
 * The extensions of iptables that wg-quick uses where there is no nft(8), those by which
 * firewalls such as ufw let answers in, marks and masquerade
 *
 * iptables-nft puts them into nf_tables as they are, in an expression of their own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_expr.h"

/* One type of address, of the source or the destination */
static int take_addrtype(struct nft_stmt *stmt, uint32_t revision, const void *info,
			 size_t len)
{
	struct xt_addrtype_info_v1 i;
	uint32_t invert, type;

	if (revision != 1 || len < sizeof(i))
		return -EOPNOTSUPP;
	memcpy(&i, info, sizeof(i));
	type = i.source ?: i.dest;
	invert = i.source ? XT_ADDRTYPE_INVERT_SOURCE : XT_ADDRTYPE_INVERT_DEST;
	if (!type || (i.source && i.dest) || type & (type - 1) || i.flags & ~invert)
		return -EOPNOTSUPP;
	type = __builtin_ctz(type);
	stmt->type = STMT_MATCH;
	stmt->field = nft_field_find(FROM_FIB, NFT_FIB_RESULT_ADDRTYPE);
	stmt->arg = i.source ? NFTA_FIB_F_SADDR : NFTA_FIB_F_DADDR;
	stmt->op = i.flags ? OP_NEQ : OP_EQ;
	stmt->len = sizeof(type);
	memcpy(stmt->value, &type, sizeof(type));
	return 0;
}

/* The states that nf_tables numbers likewise, and nothing else of a connection */
static int take_conntrack(struct nft_stmt *stmt, uint32_t revision, const void *info,
			  size_t len)
{
	const uint32_t known = XT_CONNTRACK_STATE_INVALID |
			       XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) |
			       XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) |
			       XT_CONNTRACK_STATE_BIT(IP_CT_NEW);
	struct xt_conntrack_mtinfo3 i;
	uint32_t states;

	if (revision != 3 || len < sizeof(i))
		return -EOPNOTSUPP;
	memcpy(&i, info, sizeof(i));
	states = i.state_mask;
	/* "-m state" has the alias set */
	if ((i.match_flags & ~XT_CONNTRACK_STATE_ALIAS) != XT_CONNTRACK_STATE ||
	    i.invert_flags & ~XT_CONNTRACK_STATE || !states || states & ~known)
		return -EOPNOTSUPP;
	stmt->type = STMT_MATCH;
	stmt->field = nft_field_find(FROM_CT, NFT_CT_STATE);
	stmt->op = i.invert_flags ? OP_EQ : OP_NEQ;
	stmt->len = sizeof(states);
	stmt->is_masked = true;
	memcpy(stmt->mask, &states, sizeof(states));
	return 0;
}

/* A mark is compared under a mask: "mark" and "connmark", laid out alike */
static int take_is_mark(struct nft_stmt *stmt, enum nft_source source, uint32_t key,
			uint32_t revision, const void *info, size_t len)
{
	struct xt_mark_mtinfo1 i;

	if (revision != 1 || len < sizeof(i))
		return -EOPNOTSUPP;
	memcpy(&i, info, sizeof(i));
	stmt->type = STMT_MATCH;
	stmt->field = nft_field_find(source, key);
	stmt->op = i.invert ? OP_NEQ : OP_EQ;
	stmt->len = sizeof(i.mark);
	memcpy(stmt->value, &i.mark, sizeof(i.mark));
	stmt->is_masked = i.mask != UINT32_MAX;
	memcpy(stmt->mask, &i.mask, sizeof(i.mask));
	return 0;
}

static int take_is_packet_mark(struct nft_stmt *stmt, uint32_t revision, const void *info,
			       size_t len)
{
	return take_is_mark(stmt, FROM_META, NFT_META_MARK, revision, info, len);
}

static int take_is_ct_mark(struct nft_stmt *stmt, uint32_t revision, const void *info,
			   size_t len)
{
	return take_is_mark(stmt, FROM_CT, NFT_CT_MARK, revision, info, len);
}

/* (x & ~mask) ^ mark, of the field's own mark */
static void set_mark(struct nft_stmt *stmt, enum nft_source source, uint32_t key,
		     uint32_t mark, uint32_t mask)
{
	uint32_t keep = ~mask;

	stmt->type = STMT_SET;
	stmt->field = nft_field_find(source, key);
	stmt->len = sizeof(mark);
	memcpy(stmt->value, &mark, sizeof(mark));
	if (!keep)
		return;
	stmt->from = stmt->field;
	stmt->is_masked = true;
	memcpy(stmt->mask, &keep, sizeof(keep));
	memcpy(stmt->flip, &mark, sizeof(mark));
}

static int take_mark(struct nft_stmt *stmt, uint32_t revision, const void *info, size_t len)
{
	struct xt_mark_tginfo2 i;

	if (revision != 2 || len < sizeof(i))
		return -EOPNOTSUPP;
	memcpy(&i, info, sizeof(i));
	set_mark(stmt, FROM_META, NFT_META_MARK, i.mark, i.mask);
	return 0;
}

/* A mark that is set, or all bits of one that are copied as they are */
static int take_connmark(struct nft_stmt *stmt, uint32_t revision, const void *info,
			 size_t len)
{
	struct xt_connmark_tginfo2 i = { 0 };
	struct xt_connmark_tginfo1 old;

	if (revision == 1 && len >= sizeof(old)) {
		memcpy(&old, info, sizeof(old));
		i.ctmark = old.ctmark;
		i.ctmask = old.ctmask;
		i.nfmask = old.nfmask;
		i.mode = old.mode;
	} else if (revision == 2 && len >= sizeof(i)) {
		memcpy(&i, info, sizeof(i));
	} else {
		return -EOPNOTSUPP;
	}
	if (i.shift_bits)
		return -EOPNOTSUPP;
	if (i.mode == XT_CONNMARK_SET) {
		set_mark(stmt, FROM_CT, NFT_CT_MARK, i.ctmark, i.ctmask);
		return 0;
	}
	if (i.ctmask != UINT32_MAX || i.nfmask != UINT32_MAX)
		return -EOPNOTSUPP;
	stmt->type = STMT_SET;
	stmt->len = sizeof(uint32_t);
	stmt->field = nft_field_find(FROM_META, NFT_META_MARK);
	stmt->from = nft_field_find(FROM_CT, NFT_CT_MARK);
	if (i.mode == XT_CONNMARK_RESTORE)
		return 0;
	if (i.mode != XT_CONNMARK_SAVE)
		return -EOPNOTSUPP;
	stmt->from = stmt->field;
	stmt->field = nft_field_find(FROM_CT, NFT_CT_MARK);
	/* its own word for it */
	stmt->text = strdup("ct mark set mark");
	return stmt->text ? 0 : -ENOMEM;
}

static int take_text(struct nft_stmt *stmt, const char *text)
{
	stmt->type = STMT_OTHER;
	stmt->text = strdup(text);
	return stmt->text ? 0 : -ENOMEM;
}

/* With no option */
static int take_masquerade(struct nft_stmt *stmt, uint32_t revision, const void *info,
			   size_t len)
{
	struct nf_nat_ipv4_multi_range_compat v4;
	struct nf_nat_range v6;
	uint32_t flags;

	if (len >= sizeof(v6)) {
		memcpy(&v6, info, sizeof(v6));
		flags = v6.flags;
	} else if (len >= sizeof(v4)) {
		memcpy(&v4, info, sizeof(v4));
		flags = v4.range[0].flags;
	} else {
		return -EOPNOTSUPP;
	}
	if (revision || flags)
		return -EOPNOTSUPP;
	stmt->is_masquerade = true;
	return take_text(stmt, "masquerade");
}

int nft_xt_take(struct nft_stmt *stmt, const char *name, const struct nlattr *data)
{
	/* a target has the same attributes */
	const char *ext = nft_attr_str(data, NFTA_MATCH_NAME);
	const struct nlattr *info = nft_attr(data, NFTA_MATCH_INFO);
	uint32_t revision = nft_attr_u32(data, NFTA_MATCH_REV, UINT32_MAX);
	/* those with a text matter to no packet */
	static const struct {
		const char *name;
		const char *ext;
		const char *text;
		int (*take)(struct nft_stmt *stmt, uint32_t revision, const void *info,
			    size_t len);
	} takers[] = {
		{ "match", "addrtype", NULL, take_addrtype },
		{ "match", "comment", "", NULL },	/* nft(8) leaves an empty word */
		{ "match", "connmark", NULL, take_is_ct_mark },
		{ "match", "conntrack", NULL, take_conntrack },
		{ "match", "mark", NULL, take_is_packet_mark },
		{ "target", "CONNMARK", NULL, take_connmark },
		{ "target", "LOG", "log", NULL },
		{ "target", "MARK", NULL, take_mark },
		{ "target", "MASQUERADE", NULL, take_masquerade },
	};
	int err = -EOPNOTSUPP;
	size_t i;

	for (i = 0; ext && info && i < sizeof(takers) / sizeof(takers[0]); i++) {
		if (strcmp(takers[i].name, name) || strcmp(takers[i].ext, ext))
			continue;
		if (!takers[i].text)
			err = takers[i].take(stmt, revision, mnl_attr_get_payload(info),
					     mnl_attr_get_payload_len(info));
		else
			err = take_text(stmt, takers[i].text);
	}
	if (err != -EOPNOTSUPP)
		return err;
	*stmt = (struct nft_stmt){ .type = STMT_UNKNOWN };
	if (asprintf(&stmt->text, "[%s %s]", name, ext ?: "?") < 0)
		return -ENOMEM;
	return 0;
}
