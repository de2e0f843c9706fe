// SPDX-License-Identifier: GPL-2.0
/*
 * The extensions of iptables, in nft(8)'s words: what firewalls are made of
 *
 * iptables-nft puts them into nf_tables as they are, in an expression of their own. Here are
 * those about connections and marks, and those that end a packet; ruleset_xt_match.c has what
 * else a packet is compared with, ruleset_xt_nat.c addresses and ports that change.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_xt.h"

bool xt_copy(const struct xt *x, uint32_t revision, void *info, size_t len)
{
	if (x->revision != revision || x->len < len)
		return false;
	memcpy(info, x->info, len);
	return true;
}

/* The states that nf_tables numbers likewise, or that NAT has changed the destination; nothing
 * else of a connection
 */
static int take_conntrack(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	const uint32_t known = XT_CONNTRACK_STATE_INVALID |
			       XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) |
			       XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) |
			       XT_CONNTRACK_STATE_BIT(IP_CT_NEW);
	struct xt_conntrack_mtinfo3 i = { 0 };
	uint32_t states;

	if (!xt_copy(x, 3, &i, sizeof(i)))
		return -EOPNOTSUPP;
	/* what has no entry is not "ct status", whatever that is compared with */
	if (i.match_flags == XT_CONNTRACK_STATE && !i.invert_flags &&
	    i.state_mask == XT_CONNTRACK_STATE_DNAT) {
		fputs("ct status dnat", out);
		return 0;
	}
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
			const struct xt *x)
{
	struct xt_mark_mtinfo1 i;

	if (!xt_copy(x, 1, &i, sizeof(i)))
		return -EOPNOTSUPP;
	stmt->type = STMT_MATCH;
	stmt->field = nft_field_find(source, key);
	stmt->op = i.invert ? OP_NEQ : OP_EQ;
	stmt->len = sizeof(i.mark);
	memcpy(stmt->value, &i.mark, sizeof(i.mark));
	stmt->is_masked = i.mask != UINT32_MAX;
	memcpy(stmt->mask, &i.mask, sizeof(i.mask));
	return 0;
}

static int take_is_packet_mark(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	(void)out;
	return take_is_mark(stmt, FROM_META, NFT_META_MARK, x);
}

static int take_is_ct_mark(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	(void)out;
	return take_is_mark(stmt, FROM_CT, NFT_CT_MARK, x);
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

static int take_mark(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	struct xt_mark_tginfo2 i;

	(void)out;
	if (!xt_copy(x, 2, &i, sizeof(i)))
		return -EOPNOTSUPP;
	set_mark(stmt, FROM_META, NFT_META_MARK, i.mark, i.mask);
	return 0;
}

/* One mark goes to the other: (to & ~cleared) ^ (from & copied) */
static void copy_mark(struct nft_stmt *stmt, FILE *out, bool saves, uint32_t cleared,
		      uint32_t copied)
{
	const char *to = saves ? "ct" : "meta", *from = saves ? "meta" : "ct";

	stmt->type = STMT_SET;
	stmt->len = sizeof(uint32_t);
	stmt->field = saves ? nft_field_find(FROM_CT, NFT_CT_MARK) :
			      nft_field_find(FROM_META, NFT_META_MARK);
	stmt->from = saves ? nft_field_find(FROM_META, NFT_META_MARK) :
			     nft_field_find(FROM_CT, NFT_CT_MARK);
	if (cleared != UINT32_MAX || copied != UINT32_MAX) {
		cleared = ~cleared;
		stmt->is_masked = true;
		memcpy(stmt->mask, &cleared, sizeof(cleared));
		fprintf(out, "%s mark set %s mark & 0x%08x ^ %s mark & 0x%08x", to, to, cleared,
			from, copied);
	} else if (saves) {
		/* its own word for it */
		fputs("ct mark set mark", out);
	}
}

static int take_connmark(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	struct xt_connmark_tginfo2 i = { 0 };
	struct xt_connmark_tginfo1 old;

	if (xt_copy(x, 1, &old, sizeof(old))) {
		i.ctmark = old.ctmark;
		i.ctmask = old.ctmask;
		i.nfmask = old.nfmask;
		i.mode = old.mode;
	} else if (!xt_copy(x, 2, &i, sizeof(i))) {
		return -EOPNOTSUPP;
	}
	if (i.shift_bits)
		return -EOPNOTSUPP;
	switch (i.mode) {
	case XT_CONNMARK_SET:
		set_mark(stmt, FROM_CT, NFT_CT_MARK, i.ctmark, i.ctmask);
		return 0;
	case XT_CONNMARK_SAVE:
		copy_mark(stmt, out, true, i.ctmask, i.nfmask);
		return 0;
	case XT_CONNMARK_RESTORE:
		copy_mark(stmt, out, false, i.nfmask, i.ctmask);
		return 0;
	}
	return -EOPNOTSUPP;
}

static int take_ct(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	struct xt_ct_target_info_v1 i;

	(void)stmt;
	/* 2 is laid out as 1 */
	if (x->revision != 2 && x->revision != 1)
		return -EOPNOTSUPP;
	if (!xt_copy(x, x->revision, &i, sizeof(i)) ||
	    (i.flags & ~XT_CT_NOTRACK_ALIAS) != XT_CT_NOTRACK)
		return -EOPNOTSUPP;
	fputs("notrack", out);
	return 0;
}

/* IPT_* and IP6T_* by number; 255 is a reset of TCP */
static int take_reject(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	static const uint8_t v4[] = {
		[IPT_ICMP_NET_UNREACHABLE] = 0, [IPT_ICMP_HOST_UNREACHABLE] = 1,
		[IPT_ICMP_PROT_UNREACHABLE] = 2, [IPT_ICMP_PORT_UNREACHABLE] = 3,
		[IPT_ICMP_ECHOREPLY] = 255, [IPT_ICMP_NET_PROHIBITED] = 9,
		[IPT_ICMP_HOST_PROHIBITED] = 10, [IPT_TCP_RESET] = 255,
		[IPT_ICMP_ADMIN_PROHIBITED] = 13,
	};
	static const uint8_t v6[] = {
		[IP6T_ICMP6_NO_ROUTE] = 0, [IP6T_ICMP6_ADM_PROHIBITED] = 1,
		[IP6T_ICMP6_NOT_NEIGHBOUR] = 2, [IP6T_ICMP6_ADDR_UNREACH] = 3,
		[IP6T_ICMP6_PORT_UNREACH] = 4, [IP6T_ICMP6_ECHOREPLY] = 255,
		[IP6T_TCP_RESET] = 255, [IP6T_ICMP6_POLICY_FAIL] = 5,
		[IP6T_ICMP6_REJECT_ROUTE] = 6,
	};
	bool is_v4 = x->family == NFPROTO_IPV4;
	const uint8_t *codes = is_v4 ? v4 : v6;
	/* alike in both */
	struct ipt_reject_info i;

	(void)out;
	if (!xt_copy(x, 0, &i, sizeof(i)) || i.with >= (is_v4 ? sizeof(v4) : sizeof(v6)))
		return -EOPNOTSUPP;
	stmt->type = STMT_REJECT;
	stmt->code = codes[i.with];
	if (i.with == (is_v4 ? (uint32_t)IPT_TCP_RESET : (uint32_t)IP6T_TCP_RESET))
		stmt->kind = NFT_REJECT_TCP_RST;
	else if (stmt->code == 255)
		return -EOPNOTSUPP;
	return 0;
}

static int take_nothing(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	(void)stmt;
	(void)out;
	(void)x;
	return 0;
}

static int take_log(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	(void)stmt;
	(void)x;
	fputs("log", out);
	return 0;
}

static int take(struct nft_stmt *stmt, FILE *out, const char *name, const char *ext,
		const struct xt *x)
{
	static const struct {
		const char *name;
		const char *ext;
		int (*take)(struct nft_stmt *stmt, FILE *out, const struct xt *x);
	} takers[] = {
		{ "match", "addrtype", xt_take_addrtype },
		{ "match", "comment", take_nothing },	/* nft(8) leaves an empty word */
		{ "match", "connmark", take_is_ct_mark },
		{ "match", "conntrack", take_conntrack },
		{ "match", "hl", xt_take_hl },
		{ "match", "icmp", xt_take_icmp },
		{ "match", "icmp6", xt_take_icmp },
		{ "match", "iprange", xt_take_iprange },
		{ "match", "mark", take_is_packet_mark },
		{ "match", "multiport", xt_take_multiport },
		{ "match", "owner", xt_take_owner },
		{ "match", "pkttype", xt_take_pkttype },
		{ "match", "tcp", xt_take_tcp },
		{ "match", "udp", xt_take_udp },
		{ "target", "CONNMARK", take_connmark },
		{ "target", "CT", take_ct },
		{ "target", "DNAT", xt_take_dnat },
		{ "target", "LOG", take_log },
		{ "target", "MARK", take_mark },
		{ "target", "MASQUERADE", xt_take_masquerade },
		{ "target", "REDIRECT", xt_take_redirect },
		{ "target", "REJECT", take_reject },
		{ "target", "SNAT", xt_take_snat },
	};
	size_t i;

	for (i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		if (strcmp(takers[i].name, name) == 0 && strcmp(takers[i].ext, ext) == 0)
			return takers[i].take(stmt, out, x);
	}
	return -EOPNOTSUPP;
}

int nft_xt_take(struct nft_stmt *stmt, uint8_t family, const char *name,
		const struct nlattr *data)
{
	/* a target has the same attributes */
	const char *ext = nft_attr_str(data, NFTA_MATCH_NAME);
	const struct nlattr *info = nft_attr(data, NFTA_MATCH_INFO);
	struct xt x = {
		.family = family,
		.revision = nft_attr_u32(data, NFTA_MATCH_REV, UINT32_MAX),
	};
	int err = -EOPNOTSUPP;
	size_t len;
	FILE *out;

	out = open_memstream(&stmt->text, &len);
	if (!out)
		return -ENOMEM;
	stmt->type = STMT_OTHER;
	if (ext && info) {
		x.info = mnl_attr_get_payload(info);
		x.len = mnl_attr_get_payload_len(info);
		err = take(stmt, out, name, ext, &x);
	}
	if (fclose(out))
		return -ENOMEM;
	if (err == -EOPNOTSUPP) {
		free(stmt->text);
		*stmt = (struct nft_stmt){ .type = STMT_UNKNOWN };
		return asprintf(&stmt->text, "[%s %s]", name, ext ?: "?") < 0 ? -ENOMEM : 0;
	}
	/* else it is in fields */
	if (stmt->type != STMT_OTHER && !*stmt->text) {
		free(stmt->text);
		stmt->text = NULL;
	}
	return err;
}
