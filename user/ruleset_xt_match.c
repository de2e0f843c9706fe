// SPDX-License-Identifier: GPL-2.0
/*
 * Extensions of iptables that compare a packet, in nft(8)'s words
 */
#include <arpa/inet.h>
#include <errno.h>
/* before ip_tables.h, whose linux/if.h then leaves out what that has */
#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6t_hl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "ruleset_xt.h"

static const char *not(bool is_inverted)
{
	return is_inverted ? "!= " : "";
}

/* Types of an address, of which it has one */
static void print_types(FILE *out, const char *side, uint16_t types, const char *dev, bool invert)
{
	const char *comma = "{ ";
	uint32_t type;

	fprintf(out, "fib %s%s type %s", side, dev, not(invert));
	for (type = 0; type < 16; type++) {
		if (!(types & 1U << type))
			continue;
		fputs(comma, out);
		nft_value_print(out, TYPE_ADDRTYPE, (const uint8_t *)&type, sizeof(type));
		comma = ", ";
	}
	fputs(" }", out);
}

/* One type of address alone is a field's, as of the guard of wg-quick */
int xt_take_addrtype(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	const uint32_t inverts = XT_ADDRTYPE_INVERT_SOURCE | XT_ADDRTYPE_INVERT_DEST;
	struct xt_addrtype_info_v1 i;
	uint32_t invert, type;
	const char *dev = "";

	if (!xt_copy(x, 1, &i, sizeof(i)) || (!i.source && !i.dest))
		return -EOPNOTSUPP;
	/* of IPv6, an address can have several: addrtype_mt6() */
	if (x->family != NFPROTO_IPV4 && (i.source | i.dest) != 1U << RTN_LOCAL)
		return -EOPNOTSUPP;
	type = i.source ?: i.dest;
	invert = i.source ? XT_ADDRTYPE_INVERT_SOURCE : XT_ADDRTYPE_INVERT_DEST;
	if ((i.source && i.dest) || type & (type - 1) || i.flags & ~invert) {
		if (i.flags & XT_ADDRTYPE_LIMIT_IFACE_IN)
			dev = " . iif";
		else if (i.flags & ~inverts)
			dev = " . oif";
		if (i.source)
			print_types(out, "saddr", i.source, dev,
				    i.flags & XT_ADDRTYPE_INVERT_SOURCE);
		if (i.dest) {
			fputs(i.source ? " " : "", out);
			print_types(out, "daddr", i.dest, dev, i.flags & XT_ADDRTYPE_INVERT_DEST);
		}
		return 0;
	}
	type = __builtin_ctz(type);
	stmt->type = STMT_MATCH;
	stmt->field = nft_field_find(FROM_FIB, NFT_FIB_RESULT_ADDRTYPE);
	stmt->arg = i.source ? NFTA_FIB_F_SADDR : NFTA_FIB_F_DADDR;
	stmt->op = i.flags ? OP_NEQ : OP_EQ;
	stmt->len = sizeof(type);
	memcpy(stmt->value, &type, sizeof(type));
	return 0;
}

/* It is for no packet: nft(8) has no words for that */
static bool is_never(const uint16_t *range, bool invert)
{
	return range[0] == 0 && range[1] == UINT16_MAX && invert;
}

/* Return: what has to stand before the next word */
static const char *print_ports(FILE *out, const char *before, const char *field,
			       const uint16_t *range, bool invert)
{
	if (range[0] == 0 && range[1] == UINT16_MAX)
		return before;
	fprintf(out, "%s%s %s%u", before, field, not(invert), range[0]);
	if (range[1] != range[0])
		fprintf(out, "-%u", range[1]);
	return " ";
}

static void print_flags(FILE *out, const char *before, const struct xt_tcp *i)
{
	bool invert = i->invflags & XT_TCP_INV_FLAGS;
	const char *no = i->flg_cmp ? not(invert) : invert ? "" : "! ";

	if (!i->flg_mask)
		return;
	fprintf(out, "%stcp flags %s", before, no);
	if (i->flg_cmp) {
		nft_value_print(out, TYPE_TCP_FLAGS, &i->flg_cmp, 1);
		fputs(" / ", out);
	}
	nft_value_print(out, TYPE_TCP_FLAGS, &i->flg_mask, 1);
}

/* Until 1.8.7, iptables-nft has ports this way */
int xt_take_tcp(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	const char *before = "";
	struct xt_tcp i;

	(void)stmt;
	if (!xt_copy(x, 0, &i, sizeof(i)) || i.option ||
	    is_never(i.spts, i.invflags & XT_TCP_INV_SRCPT) ||
	    is_never(i.dpts, i.invflags & XT_TCP_INV_DSTPT) ||
	    (!i.flg_mask && (i.flg_cmp || i.invflags & XT_TCP_INV_FLAGS)))
		return -EOPNOTSUPP;
	before = print_ports(out, before, "tcp sport", i.spts, i.invflags & XT_TCP_INV_SRCPT);
	before = print_ports(out, before, "tcp dport", i.dpts, i.invflags & XT_TCP_INV_DSTPT);
	print_flags(out, before, &i);
	return 0;
}

int xt_take_udp(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	const char *before = "";
	struct xt_udp i;

	(void)stmt;
	if (!xt_copy(x, 0, &i, sizeof(i)) || is_never(i.spts, i.invflags & XT_UDP_INV_SRCPT) ||
	    is_never(i.dpts, i.invflags & XT_UDP_INV_DSTPT))
		return -EOPNOTSUPP;
	before = print_ports(out, before, "udp sport", i.spts, i.invflags & XT_UDP_INV_SRCPT);
	print_ports(out, before, "udp dport", i.dpts, i.invflags & XT_UDP_INV_DSTPT);
	return 0;
}

int xt_take_multiport(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	struct xt_multiport_v1 i;
	const char *comma = "{ ";
	size_t n;

	(void)stmt;
	if (!xt_copy(x, 1, &i, sizeof(i)) || i.flags == XT_MULTIPORT_EITHER || !i.count ||
	    i.count > XT_MULTI_PORTS)
		return -EOPNOTSUPP;
	fprintf(out, "th %s %s", i.flags == XT_MULTIPORT_SOURCE ? "sport" : "dport",
		not(i.invert));
	for (n = 0; n < i.count; n++) {
		fprintf(out, "%s%u", comma, i.ports[n]);
		if (i.pflags[n] && n + 1 < i.count)
			fprintf(out, "-%u", i.ports[++n]);
		comma = ", ";
	}
	fputs(" }", out);
	return 0;
}

static const char *print_owner(FILE *out, const char *before, const char *field, uint32_t min,
			       uint32_t max, bool invert)
{
	fprintf(out, "%s%s %s%u", before, field, not(invert), min);
	if (max != min)
		fprintf(out, "-%u", max);
	return " ";
}

/* Inverted, it is for what has no socket, too, and nft's words are not: of whom that is sent
 * is not known in a story either
 */
int xt_take_owner(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	struct xt_owner_match_info i;
	const char *before = "";

	(void)stmt;
	if (!xt_copy(x, 1, &i, sizeof(i)) || !i.match || i.match & ~(XT_OWNER_UID | XT_OWNER_GID))
		return -EOPNOTSUPP;
	if (i.match & XT_OWNER_UID)
		before = print_owner(out, before, "meta skuid", i.uid_min, i.uid_max,
				     i.invert & XT_OWNER_UID);
	if (i.match & XT_OWNER_GID)
		print_owner(out, before, "meta skgid", i.gid_min, i.gid_max,
			    i.invert & XT_OWNER_GID);
	return 0;
}

/* Those of IPv6 are laid out alike */
int xt_take_icmp(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	bool is_v4 = x->family == NFPROTO_IPV4, has_code;
	const char *name = is_v4 ? "icmp" : "icmpv6";
	struct ipt_icmp i;

	(void)stmt;
	if (!xt_copy(x, 0, &i, sizeof(i)))
		return -EOPNOTSUPP;
	/* of IPv4, 255 is any */
	if (is_v4 && i.type == UINT8_MAX)
		return i.invflags ? -EOPNOTSUPP : 0;
	has_code = i.code[0] || i.code[1] != UINT8_MAX;
	if (has_code && i.invflags)
		return -EOPNOTSUPP;
	fprintf(out, "%s type %s", name, not(i.invflags));
	nft_value_print(out, is_v4 ? TYPE_ICMP : TYPE_ICMPV6, &i.type, 1);
	if (has_code)
		fprintf(out, " %s code %u", name, i.code[0]);
	if (has_code && i.code[1] != i.code[0])
		fprintf(out, "-%u", i.code[1]);
	return 0;
}

int xt_take_pkttype(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	struct xt_pkttype_info i;
	uint8_t type;

	(void)stmt;
	if (!xt_copy(x, 0, &i, sizeof(i)))
		return -EOPNOTSUPP;
	type = i.pkttype;
	fprintf(out, "meta pkttype %s", not(i.invert));
	nft_value_print(out, TYPE_PKTTYPE, &type, sizeof(type));
	return 0;
}

int xt_take_hl(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	static const char *const ops[] = {
		[IP6T_HL_EQ] = "", [IP6T_HL_NE] = "!= ", [IP6T_HL_LT] = "< ", [IP6T_HL_GT] = "> ",
	};
	struct ip6t_hl_info i;

	(void)stmt;
	if (!xt_copy(x, 0, &i, sizeof(i)) || i.mode > IP6T_HL_GT)
		return -EOPNOTSUPP;
	fprintf(out, "ip6 hoplimit %s%u", ops[i.mode], i.hop_limit);
	return 0;
}

static void print_range(FILE *out, const struct xt *x, const char *side, bool invert,
			const union nf_inet_addr *min, const union nf_inet_addr *max)
{
	bool is_v4 = x->family == NFPROTO_IPV4;
	enum nft_type type = is_v4 ? TYPE_IPV4 : TYPE_IPV6;

	fprintf(out, "%s %s %s", is_v4 ? "ip" : "ip6", side, not(invert));
	nft_value_print(out, type, (const uint8_t *)min, is_v4 ? 4 : 16);
	fputc('-', out);
	nft_value_print(out, type, (const uint8_t *)max, is_v4 ? 4 : 16);
}

int xt_take_iprange(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	struct xt_iprange_mtinfo i;

	(void)stmt;
	if (!xt_copy(x, 1, &i, sizeof(i)) || !(i.flags & (IPRANGE_SRC | IPRANGE_DST)))
		return -EOPNOTSUPP;
	if (i.flags & IPRANGE_SRC)
		print_range(out, x, "saddr", i.flags & IPRANGE_SRC_INV, &i.src_min, &i.src_max);
	if (i.flags & IPRANGE_SRC && i.flags & IPRANGE_DST)
		fputc(' ', out);
	if (i.flags & IPRANGE_DST)
		print_range(out, x, "daddr", i.flags & IPRANGE_DST_INV, &i.dst_min, &i.dst_max);
	return 0;
}
