// SPDX-License-Identifier: GPL-2.0
/*
 * Extensions of iptables that change an address or a port, in nft(8)'s words
 */
#include <errno.h>
#include <netinet/in.h>
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
	memset(r, 0, sizeof(*r));
	if (x->family == NFPROTO_IPV4 && !x->revision)
		return take_old(x, r);
	/* the rest of it is what revision 2 has more */
	return x->revision <= 2 && (x->family == NFPROTO_IPV4 || x->family == NFPROTO_IPV6) &&
	       xt_copy(x, x->revision, r,
		       x->revision < 2 ? sizeof(struct nf_nat_range) : sizeof(*r));
}

static int take(FILE *out, const struct xt *x, const char *word, bool has_address)
{
	struct nft_nat n = { .type = x->family == NFPROTO_IPV4 ? TYPE_IPV4 : TYPE_IPV6 };
	struct nf_nat_range2 r;

	if (!take_range(x, &r) || has_address == !(r.flags & NF_NAT_RANGE_MAP_IPS) ||
	    !nft_nat_is_known(r.flags))
		return -EOPNOTSUPP;
	n.flags = r.flags;
	if (has_address) {
		n.addr = (const uint8_t *)&r.min_addr;
		n.addr_max = (const uint8_t *)&r.max_addr;
	}
	if (r.flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
		n.port = (const uint8_t *)&r.min_proto;
		n.port_max = (const uint8_t *)&r.max_proto;
	}
	fputs(word, out);
	nft_nat_print(out, &n);
	return 0;
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
