// SPDX-License-Identifier: GPL-2.0
/*
 * Extensions of iptables that change an address or a port, in nft(8)'s words
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

#include "ruleset_xt.h"

/* Of IPv4 alone, as the older extensions have it */
static bool take_old(const struct xt *x, struct nf_nat_range2 *r)
{
	struct nf_nat_ipv4_multi_range_compat i;

	if (!xt_copy(x, 0, &i, sizeof(i)) || i.rangesize != 1)
		return false;
	r->flags = i.range[0].flags;
	r->min_addr.ip = i.range[0].min_ip;
	r->max_addr.ip = i.range[0].max_ip;
	r->min_proto = i.range[0].min;
	r->max_proto = i.range[0].max;
	return true;
}

/* An extension of IPv6 has them so from the start */
static bool take_range(const struct xt *x, struct nf_nat_range2 *r)
{
	uint32_t revision = x->revision;

	memset(r, 0, sizeof(*r));
	if (x->family == NFPROTO_IPV4 && !revision)
		return take_old(x, r);
	/* the rest of it is what revision 2 has more */
	return xt_copy(x, revision, r, revision < 2 ? sizeof(struct nf_nat_range) : sizeof(*r));
}

/* ADDRESS[-ADDRESS][:PORT[-PORT]] [random] ... */
static int print_range(FILE *out, const struct xt *x, const struct nf_nat_range2 *r)
{
	const uint32_t known = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED |
			       NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PERSISTENT;
	bool is_v4 = x->family == NFPROTO_IPV4, has_port, brackets;
	size_t len = is_v4 ? 4 : 16;
	enum nft_type type = is_v4 ? TYPE_IPV4 : TYPE_IPV6;

	if (r->flags & ~known)
		return -EOPNOTSUPP;
	has_port = r->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	brackets = has_port && !is_v4;
	if (r->flags & (NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED))
		fputs(" to ", out);
	if (r->flags & NF_NAT_RANGE_MAP_IPS) {
		fputs(brackets ? "[" : "", out);
		nft_value_print(out, type, (const uint8_t *)&r->min_addr, len);
		fputs(brackets ? "]" : "", out);
		if (memcmp(&r->min_addr, &r->max_addr, len)) {
			fputc('-', out);
			nft_value_print(out, type, (const uint8_t *)&r->max_addr, len);
		}
	}
	if (has_port)
		fprintf(out, ":%u", ntohs(r->min_proto.all));
	if (has_port && r->max_proto.all != r->min_proto.all)
		fprintf(out, "-%u", ntohs(r->max_proto.all));
	nft_nat_flags_print(out, r->flags);
	return 0;
}

static int take(FILE *out, const struct xt *x, const char *word, bool has_address)
{
	struct nf_nat_range2 r;

	if (!take_range(x, &r) || has_address == !(r.flags & NF_NAT_RANGE_MAP_IPS))
		return -EOPNOTSUPP;
	fputs(word, out);
	return print_range(out, x, &r);
}

int xt_take_dnat(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	(void)stmt;
	return take(out, x, "dnat", true);
}

int xt_take_snat(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	(void)stmt;
	return take(out, x, "snat", true);
}

int xt_take_masquerade(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	stmt->is_masquerade = true;
	return take(out, x, "masquerade", false);
}

int xt_take_redirect(struct nft_stmt *stmt, FILE *out, const struct xt *x)
{
	(void)stmt;
	return take(out, x, "redirect", false);
}
