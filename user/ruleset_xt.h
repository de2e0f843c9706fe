/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An extension of iptables, for ruleset_xt*.c alone
 *
 * Each xt_take_*() writes nft(8)'s words for it, or sets the fields of a statement of another
 * type. Return: 0; -EOPNOTSUPP if it is not understood.
 */
#ifndef WGMARK_RULESET_XT_H
#define WGMARK_RULESET_XT_H

#include "ruleset_expr.h"

/**
 * struct xt - a match or target as it came
 * @family: NFPROTO_* of its table
 * @revision: of its data
 * @info: the data
 * @len: bytes of it
 */
struct xt {
	uint8_t family;
	uint32_t revision;
	const void *info;
	size_t len;
};

/** xt_copy() - its data, if it is of that revision and has them all; else false */
bool xt_copy(const struct xt *x, uint32_t revision, void *info, size_t len);

/* ruleset_xt_match.c */
int xt_take_addrtype(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_hl(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_icmp(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_iprange(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_multiport(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_owner(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_pkttype(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_tcp(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_udp(struct nft_stmt *stmt, FILE *out, const struct xt *x);

/* ruleset_xt_nat.c */
int xt_take_dnat(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_masquerade(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_redirect(struct nft_stmt *stmt, FILE *out, const struct xt *x);
int xt_take_snat(struct nft_stmt *stmt, FILE *out, const struct xt *x);

#endif
