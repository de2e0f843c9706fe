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

static void cmp(struct rule_builder *r, enum nft_cmp_ops op, const void *data, uint32_t len)
{
	struct nftnl_expr *e = add(r, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
}

/* register = (register & @mask) ^ @flip */
static void bitwise(struct rule_builder *r, const void *mask, const void *flip, uint32_t len)
{
	struct nftnl_expr *e = add(r, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, mask, len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, flip, len);
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

/* The packet's end that an expression is about */
enum end {
	SADDR,
	DADDR,
};

static uint32_t addr_len(sa_family_t family)
{
	return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static void load_addr(struct rule_builder *r, sa_family_t family, enum end which)
{
	static const uint32_t offsets[][2] = {
		[SADDR] = { offsetof(struct iphdr, saddr), offsetof(struct ip6_hdr, ip6_src) },
		[DADDR] = { offsetof(struct iphdr, daddr), offsetof(struct ip6_hdr, ip6_dst) },
	};
	struct nftnl_expr *e = add(r, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offsets[which][family != AF_INET]);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, addr_len(family));
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
}

/* ip daddr @guarded, or != @guarded */
static void match_guarded(struct rule_builder *r, sa_family_t family, enum end which,
			  enum nft_lookup_flags flags)
{
	struct nftnl_expr *e;

	load_addr(r, family, which);
	e = add(r, "lookup");
	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, NFT_SET_GUARDED);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, flags);
}

/* ip daddr != 169.254.0.0/16, or ip6 daddr != fe80::/10: prefix_is_linklocal() */
static void not_linklocal(struct rule_builder *r, sa_family_t family, enum end which)
{
	static const unsigned char mask[][16] = { { 0xff, 0xff }, { 0xff, 0xc0 } };
	static const unsigned char prefix[][16] = { { 169, 254 }, { 0xfe, 0x80 } };
	static const unsigned char flip[16];
	uint32_t len = addr_len(family);
	bool v6 = family != AF_INET;

	load_addr(r, family, which);
	bitwise(r, mask[v6], flip, len);
	cmp(r, NFT_CMP_NEQ, prefix[v6], len);
}

/* fib saddr type local, fib daddr . iif type local, ...: NFTA_FIB_F_* in @flags */
static void match_local(struct rule_builder *r, uint32_t flags, enum nft_cmp_ops op)
{
	static const uint32_t local = RTN_LOCAL;
	struct nftnl_expr *e = add(r, "fib");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, flags);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	cmp(r, op, &local, sizeof(local));
}

/* add @guarded { ip daddr } */
static void add_guarded(struct rule_builder *r, sa_family_t family, enum end which)
{
	struct nftnl_expr *e;

	load_addr(r, family, which);
	e = add(r, "dynset");
	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_ADD);
	nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_DYNSET_SET_NAME, NFT_SET_GUARDED);
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
	static const uint32_t none;

	if (params->mask != UINT32_MAX)
		bitwise(r, &params->mask, &none, sizeof(none));
	cmp(r, op, &params->fwmark, sizeof(params->fwmark));
}

/* Change the mark that is loaded to (MARK & ~M) | F; F lies within M. */
static void change_mark(struct rule_builder *r, const struct tunnel_params *params)
{
	uint32_t others = ~params->mask;

	bitwise(r, &others, &params->fwmark, sizeof(others));
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

/* An address of the tunnel that is in use joins the set */
static void learn(struct nft_batch *b, const char *chain, enum nft_meta_keys key,
		  uint32_t ifindex, enum end which, uint32_t fib_flags)
{
	struct rule_builder r = begin();

	load_meta(&r, key);
	cmp(&r, NFT_CMP_EQ, &ifindex, sizeof(ifindex));
	match_guarded(&r, b->family, which, NFT_LOOKUP_F_INV);
	not_linklocal(&r, b->family, which);
	match_local(&r, fib_flags, NFT_CMP_EQ);
	add_guarded(&r, b->family, which);
	end(b, &r, chain);
}

void nft_put_preraw(struct nft_batch *b, uint32_t ifindex)
{
	struct rule_builder r;

	if (b->follow)
		learn(b, NFT_CHAIN_PRERAW, NFT_META_IIF, ifindex, DADDR,
		      NFTA_FIB_F_DADDR | NFTA_FIB_F_IIF);
	r = begin();
	load_meta(&r, NFT_META_IIF);
	cmp(&r, NFT_CMP_NEQ, &ifindex, sizeof(ifindex));
	match_guarded(&r, b->family, DADDR, 0);
	if (b->follow)
		/* it may have gone from the tunnel */
		match_local(&r, NFTA_FIB_F_DADDR, NFT_CMP_EQ);
	match_local(&r, NFTA_FIB_F_SADDR, NFT_CMP_NEQ);
	counter(&r);
	drop(&r);
	end(b, &r, NFT_CHAIN_PRERAW);
}

void nft_put_postraw(struct nft_batch *b, uint32_t ifindex)
{
	learn(b, NFT_CHAIN_POSTRAW, NFT_META_OIF, ifindex, SADDR,
	      NFTA_FIB_F_SADDR | NFTA_FIB_F_OIF);
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
