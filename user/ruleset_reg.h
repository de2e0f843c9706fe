/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers of a rule, for ruleset_expr.c, ruleset_match.c and ruleset_nat.c alone
 */
#ifndef WGMARK_RULESET_REG_H
#define WGMARK_RULESET_REG_H

#include "ruleset_expr.h"

/** Registers as the kernel has them: 4 of 16 bytes, which are 16 of REG_SIZE too. */
#define REGS 16

/** Fields that one load of a header can hold, such as both ports. */
#define PARTS 4

/**
 * struct reg - what is in a register from here on
 * @len: bytes, 0 if that is not known
 * @field: what was loaded; NULL for a constant
 * @parts: more fields of the same load, behind the first
 * @parts_len: how many
 * @is_prefix: the load ends before the field does
 * @arg: see struct nft_stmt
 * @value: of a constant
 * @is_masked: @mask and @flip count
 * @mask: and
 * @flip: exclusive or, after that
 * @is_swapped: in network byte order, and the field's is the machine's
 * @low: statement that compared it with a lower end, counted from 1
 */
struct reg {
	size_t len;
	const struct nft_field *field;
	const struct nft_field *parts[PARTS - 1];
	size_t parts_len;
	bool is_prefix;
	uint32_t arg;
	uint8_t value[NFT_VALUE_MAX];
	bool is_masked;
	uint8_t mask[NFT_VALUE_MAX];
	uint8_t flip[NFT_VALUE_MAX];
	bool is_swapped;
	size_t low;
};

/**
 * struct machine - the state while a rule is read
 * @s: the result
 * @sets: of the table, by name
 * @sets_len: how many
 * @network: protocol of the network header, NFPROTO_*, 0 for unknown
 * @transport: protocol above it, IPPROTO_*, 0 for unknown
 * @regs: registers
 */
struct machine {
	struct nft_stmts *s;
	struct nft_set *sets;
	size_t sets_len;
	uint8_t network;
	uint8_t transport;
	struct reg regs[REGS];
};

/** reg_slots() - how many registers of REG_SIZE a value takes */
static inline size_t reg_slots(const struct reg *r)
{
	return nft_padded(r->len) / REG_SIZE;
}

/** reg_of() - a register by its number in an attribute: enum nft_registers; or NULL */
struct reg *reg_of(struct machine *m, const struct nlattr *data, uint16_t type);

/** stmt_add() - append a statement; 0 or -ENOMEM, and then its text is the caller's */
int stmt_add(struct machine *m, const struct nft_stmt *stmt);

/**
 * stmt_unknown() - append what is not understood, which shows by the expression's name
 *
 * It may load any register: none is known after it. Return: 0 or -ENOMEM
 */
int stmt_unknown(struct machine *m, const char *name);

/* ruleset_nat.c: expressions that change an address or a port to what is in registers */

/** take_nat() - dnat and snat. Return: 0 or -errno, as of the others */
int take_nat(struct machine *m, const char *name, const struct nlattr *data);

/** take_masq() - masquerade */
int take_masq(struct machine *m, const char *name, const struct nlattr *data);

/** take_redir() - redirect */
int take_redir(struct machine *m, const char *name, const struct nlattr *data);

/* ruleset_match.c: expressions that compare a register */

/** reg_set() - a set of the table by its name, or NULL */
struct nft_set *reg_set(const struct machine *m, const char *name);

/** take_cmp() - with a value. Return: 0 or -errno, as of the others */
int take_cmp(struct machine *m, const char *name, const struct nlattr *data);

/** take_range() - with a range */
int take_range(struct machine *m, const char *name, const struct nlattr *data);

/** take_lookup() - with a set */
int take_lookup(struct machine *m, const char *name, const struct nlattr *data);

#endif
