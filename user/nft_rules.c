// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of a tunnel's nft chains
 *
 * Each function is a rule as nft(8) would print it, expression by expression.
 */
#include <stdio.h>	/* libnftnl/expr.h needs it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <stddef.h>

#include "nft_batch.h"

/**
 * struct rule_builder - a rule that is being built
 * @rule: as far as it is
 * @nomem: an expression could not be made
 */
struct rule_builder {
	struct nftnl_rule *rule;
	bool nomem;
};

static struct nftnl_expr *add(struct rule_builder *r, const char *name)
{
	struct nftnl_expr *e = r->rule ? nftnl_expr_alloc(name) : NULL;

	if (e)
		nftnl_rule_add_expr(r->rule, e);
	else
		r->nomem = true;
	return e;
}

static void load_meta(struct rule_builder *r, enum nft_meta_keys key)
{
	struct nftnl_expr *e = add(r, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void load_ctmark(struct rule_builder *r)
{
	struct nftnl_expr *e = add(r, "ct");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, NFT_REG_1);
}

static void store_mark(struct rule_builder *r)
{
	struct nftnl_expr *e = add(r, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_SREG, NFT_REG_1);
}

static void store_ctmark(struct rule_builder *r)
{
	struct nftnl_expr *e = add(r, "ct");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_SREG, NFT_REG_1);
}

static void load_u32(struct rule_builder *r, uint32_t value)
{
	struct nftnl_expr *e = add(r, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DATA, value);
}

static void cmp(struct rule_builder *r, enum nft_cmp_ops op, const void *data,
		uint32_t len)
{
	struct nftnl_expr *e = add(r, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
}

/* register = (register & @mask) ^ @flip */
static void bitwise(struct rule_builder *r, uint32_t mask, uint32_t flip)
{
	struct nftnl_expr *e = add(r, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof(mask));
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, &mask, sizeof(mask));
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, &flip, sizeof(flip));
}

static void counter(struct rule_builder *r)
{
	struct nftnl_expr *e = add(r, "counter");

	if (!e)
		return;
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_PACKETS, 0);
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_BYTES, 0);
}

static void drop(struct rule_builder *r)
{
	struct nftnl_expr *e = add(r, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
}

/* ip daddr @guarded, or ip6 daddr @guarded */
static void daddr_guarded(struct rule_builder *r, sa_family_t family)
{
	bool v4 = family == AF_INET;
	struct nftnl_expr *e;

	e = add(r, "payload");
	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET,
			   v4 ? offsetof(struct iphdr, daddr) :
				offsetof(struct ip6_hdr, ip6_dst));
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN,
			   v4 ? sizeof(struct in_addr) : sizeof(struct in6_addr));
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);

	e = add(r, "lookup");
	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, NFT_SET_GUARDED);
}

/* fib saddr type != local */
static void saddr_not_local(struct rule_builder *r)
{
	static const uint32_t local = RTN_LOCAL;
	struct nftnl_expr *e = add(r, "fib");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_SADDR);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	cmp(r, NFT_CMP_NEQ, &local, sizeof(local));
}

/* meta l4proto udp */
static void is_udp(struct rule_builder *r)
{
	static const uint8_t udp = IPPROTO_UDP;

	load_meta(r, NFT_META_L4PROTO);
	cmp(r, NFT_CMP_EQ, &udp, sizeof(udp));
}

/* MARK & M == F, or != F; MARK was loaded */
static void match_mark(struct rule_builder *r, enum nft_cmp_ops op,
		       const struct tunnel_params *params)
{
	if (params->mask != UINT32_MAX)
		bitwise(r, params->mask, 0);
	cmp(r, op, &params->fwmark, sizeof(params->fwmark));
}

/* Change the mark that is loaded to (MARK & ~M) | F; F lies within M. */
static void change_mark(struct rule_builder *r, const struct tunnel_params *params)
{
	bitwise(r, ~params->mask, params->fwmark);
}

static struct rule_builder begin(void)
{
	struct rule_builder r = { .rule = nftnl_rule_alloc() };

	r.nomem = !r.rule;
	return r;
}

static void end(struct nft_batch *b, struct rule_builder *r, const char *chain)
{
	struct nlmsghdr *nlh;

	b->nomem |= r->nomem;
	if (!r->rule)
		return;
	nftnl_rule_set_u32(r->rule, NFTNL_RULE_FAMILY, b->family);
	b->nomem |= nftnl_rule_set_str(r->rule, NFTNL_RULE_TABLE, b->table) < 0;
	b->nomem |= nftnl_rule_set_str(r->rule, NFTNL_RULE_CHAIN, chain) < 0;
	nlh = nft_put(b->s, NFT_MSG_NEWRULE, b->family,
		      NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND);
	nftnl_rule_nlmsg_build_payload(nlh, r->rule);
	nftnl_rule_free(r->rule);
}

void nft_put_preraw(struct nft_batch *b, uint32_t ifindex)
{
	struct rule_builder r = begin();

	load_meta(&r, NFT_META_IIF);
	cmp(&r, NFT_CMP_NEQ, &ifindex, sizeof(ifindex));
	daddr_guarded(&r, b->family);
	saddr_not_local(&r);
	counter(&r);
	drop(&r);
	end(b, &r, NFT_CHAIN_PRERAW);
}

void nft_put_premangle(struct nft_batch *b, const struct tunnel_params *params)
{
	struct rule_builder r = begin();

	is_udp(&r);
	load_ctmark(&r);
	match_mark(&r, NFT_CMP_EQ, params);
	load_meta(&r, NFT_META_MARK);
	match_mark(&r, NFT_CMP_NEQ, params);
	counter(&r);
	if (params->compat) {
		/* counted above, done for every UDP packet below */
		end(b, &r, NFT_CHAIN_PREMANGLE);
		r = begin();
		is_udp(&r);
		load_ctmark(&r);
	} else if (params->mask != UINT32_MAX) {
		load_meta(&r, NFT_META_MARK);
		change_mark(&r, params);
	} else {
		load_u32(&r, params->fwmark);
	}
	store_mark(&r);
	end(b, &r, NFT_CHAIN_PREMANGLE);
}

void nft_put_postmangle(struct nft_batch *b, const struct tunnel_params *params)
{
	struct rule_builder r = begin();

	is_udp(&r);
	load_meta(&r, NFT_META_MARK);
	match_mark(&r, NFT_CMP_EQ, params);
	load_ctmark(&r);
	match_mark(&r, NFT_CMP_NEQ, params);
	counter(&r);
	if (params->mask != UINT32_MAX) {
		load_ctmark(&r);
		change_mark(&r, params);
	} else {
		load_u32(&r, params->fwmark);
	}
	store_ctmark(&r);
	end(b, &r, NFT_CHAIN_POSTMANGLE);
}
