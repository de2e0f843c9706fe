/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A rule in pieces, for ruleset*.c, and journey_set.c, alone
 *
 * The kernel has a rule as expressions on registers. Each of them that matters becomes
 * a statement: what nft(8) prints as one, such as "ip daddr 10.2.0.2" or "drop".
 */
#ifndef WGMARK_RULESET_EXPR_H
#define WGMARK_RULESET_EXPR_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "nft_attr.h"
#include "ruleset.h"

/** enum nft_type - how values of a field are written */
enum nft_type {
	TYPE_IPV4,		/* network byte order, as all to TYPE_ETHERTYPE */
	TYPE_IPV6,
	TYPE_NUMBER,
	TYPE_ICMP,
	TYPE_ICMP_CODE,
	TYPE_ICMPV6,
	TYPE_ICMPV6_CODE,
	TYPE_TCP_FLAGS,
	TYPE_PROTOCOL,
	TYPE_ETHERTYPE,
	TYPE_HOST_NUMBER,	/* the machine's, as all that follow */
	TYPE_MARK,
	TYPE_IFNAME,
	TYPE_IFINDEX,
	TYPE_NFPROTO,
	TYPE_ADDRTYPE,
	TYPE_BOOL,
	TYPE_PKTTYPE,
	TYPE_CT_STATE,
	TYPE_CT_STATUS,
	TYPE_CT_DIR,
	TYPE_CGROUP,
	TYPE_CLASSID,
};

/** enum nft_source - the expression that loads a field */
enum nft_source {
	FROM_META,
	FROM_CT,
	FROM_NETWORK,
	FROM_TRANSPORT,
	FROM_FIB,
	FROM_SOCKET,
	FROM_RT,
};

/**
 * struct nft_field - what an expression can load into a register
 * @name: as nft(8) writes it; of FROM_FIB the result alone
 * @source: which expression
 * @proto: FROM_NETWORK: NFPROTO_*; FROM_TRANSPORT: IPPROTO_*, 0 for any
 * @key: NFT_META_*, NFT_CT_*, NFT_SOCKET_*, NFT_RT_*, or the offset in the header
 * @len: bytes
 * @type: of its values
 */
struct nft_field {
	const char *name;
	uint8_t source;
	uint8_t proto;
	uint8_t key;
	uint8_t len;
	uint8_t type;
};

/** nft_field_find() - the field that a load is of, NULL if it is not known */
const struct nft_field *nft_field_find(enum nft_source source, uint32_t key);

/**
 * nft_header_field() - the field that begins at an offset of a header
 * @source: FROM_NETWORK or FROM_TRANSPORT
 * @proto: of that header, 0 where no rule before tells it
 * @offset: bytes
 *
 * Return: NULL if it is not known
 */
const struct nft_field *nft_header_field(enum nft_source source, uint8_t proto,
					 uint32_t offset);

/**
 * struct nft_verdict - what is said of a packet
 * @code: NF_* or NFT_*
 * @chain: of a jump; else NULL; allocated
 */
struct nft_verdict {
	int32_t code;
	char *chain;
};

/**
 * struct nft_elem - an element of a set, or the first or last one of a range
 * @value: as registers have it
 * @last: the last one of a range, else the same
 * @is_end: until nft_set_sort(), the range before it ends here
 * @verdict: of a verdict map
 */
struct nft_elem {
	uint8_t value[NFT_VALUE_MAX];
	uint8_t last[NFT_VALUE_MAX];
	bool is_end;
	struct nft_verdict verdict;
};

/**
 * struct nft_set - a set
 * @family: NFPROTO_*
 * @table: its table
 * @name: its name
 * @flags: NFT_SET_*
 * @key_len: bytes of a key
 * @is_vmap: it is a verdict map
 * @is_odd: it has something that is not in here: another map, a timeout, a comment
 * @is_sorted: nft_set_sort() has been here
 * @elems: of an anonymous set; else none
 * @elems_len: how many
 */
struct nft_set {
	uint8_t family;
	char table[256];
	char name[256];
	uint32_t flags;
	uint32_t key_len;
	bool is_vmap;
	bool is_odd;
	bool is_sorted;
	struct nft_elem *elems;
	size_t elems_len;
};

/** enum nft_stmt_type - kinds of statement */
enum nft_stmt_type {
	STMT_MATCH,	/* FIELD [. FIELD ...] [!=] VALUE */
	STMT_SET,	/* FIELD set VALUE, or another field's */
	STMT_COUNTER,
	STMT_VERDICT,
	STMT_VMAP,	/* FIELD [. FIELD ...] vmap SET */
	STMT_REJECT,
	STMT_DYNSET,	/* puts FIELD into a set */
	STMT_OTHER,	/* understood, its text is all there is */
	STMT_UNKNOWN,
};

/** Fields that a set's key can have more than one. */
#define NFT_MORE_MAX 4

/** enum nft_op - how a field is compared */
enum nft_op {
	OP_EQ,
	OP_NEQ,
	OP_LT,
	OP_LTE,
	OP_GT,
	OP_GTE,
	OP_RANGE,	/* @value to @last */
	OP_NOT_RANGE,
	OP_SET,		/* in @set */
	OP_NOT_SET,
};

/**
 * struct nft_stmt - a statement
 * @type: which members count
 * @field: STMT_MATCH, STMT_SET, STMT_VMAP
 * @arg: what the field's name needs: NFTA_FIB_F_* of FROM_FIB; of FROM_CT 1 for
 *	original, 2 for reply, 0 for neither
 * @more: OP_SET, OP_NOT_SET, STMT_VMAP: more fields of the key, behind @field
 * @more_len: how many
 * @op: STMT_MATCH
 * @len: bytes of a value
 * @value: compared with or set
 * @last: OP_RANGE
 * @is_masked: @mask counts; and @flip with STMT_SET
 * @mask: value & mask
 * @flip: ^ flip
 * @set: OP_SET, STMT_VMAP
 * @from: STMT_SET from another field, else NULL
 * @packets: STMT_COUNTER
 * @bytes: likewise
 * @verdict: STMT_VERDICT
 * @code: STMT_REJECT: its code
 * @kind: STMT_REJECT: NFT_REJECT_*
 * @is_hidden: nft(8) does not print it, as what follows implies it
 * @is_masquerade: STMT_OTHER: "masquerade"
 * @text: STMT_OTHER, STMT_DYNSET, STMT_UNKNOWN; allocated
 */
struct nft_stmt {
	enum nft_stmt_type type;
	const struct nft_field *field;
	uint32_t arg;
	const struct nft_field *more[NFT_MORE_MAX];
	size_t more_len;
	enum nft_op op;
	uint8_t len;
	uint8_t value[NFT_VALUE_MAX];
	uint8_t last[NFT_VALUE_MAX];
	bool is_masked;
	uint8_t mask[NFT_VALUE_MAX];
	uint8_t flip[NFT_VALUE_MAX];
	const struct nft_set *set;
	const struct nft_field *from;
	uint64_t packets;
	uint64_t bytes;
	struct nft_verdict verdict;
	uint32_t code;
	uint32_t kind;
	bool is_hidden;
	bool is_masquerade;
	char *text;
};

/**
 * struct nft_stmts - a rule
 * @family: NFPROTO_* of its table
 * @list: statements
 * @len: how many
 * @comment: its comment, NULL for none; allocated
 */
struct nft_stmts {
	uint8_t family;
	struct nft_stmt *list;
	size_t len;
	char *comment;
};

/* ruleset_expr.c */

/**
 * nft_stmts_take() - a rule's statements from its expressions
 * @s: the result, @family is set; to be freed with nft_stmts_free(), after an error too
 * @exprs: NFTA_RULE_EXPRESSIONS
 * @sets: those of the rule's table, by name
 * @sets_len: how many
 *
 * Return: 0, -ENOMEM, or -EPROTO if that is no list of expressions
 */
int nft_stmts_take(struct nft_stmts *s, const struct nlattr *exprs,
		   struct nft_set *sets, size_t sets_len);

/** nft_stmts_free() - free what nft_stmts_take() allocated */
void nft_stmts_free(struct nft_stmts *s);

/* ruleset_verdict.c */

/**
 * nft_verdict_take() - read a verdict
 * @v: the result; to be freed with nft_verdict_free()
 * @data: NFTA_DATA_VERDICT
 *
 * Return: 0; -EOPNOTSUPP if it is not known; or -ENOMEM
 */
int nft_verdict_take(struct nft_verdict *v, const struct nlattr *data);

/** nft_verdict_free() - free what nft_verdict_take() allocated */
void nft_verdict_free(struct nft_verdict *v);

/** nft_verdict_print() - as nft(8) writes it */
void nft_verdict_print(FILE *out, const struct nft_verdict *v);

/* ruleset_other.c */

/**
 * nft_other_take() - a statement from an expression that uses no register
 * @stmt: the result, all zero before
 * @name: of the expression
 * @data: NFTA_EXPR_DATA, or NULL
 *
 * Return: 0; -EOPNOTSUPP if it is not known; or -ENOMEM
 */
int nft_other_take(struct nft_stmt *stmt, const char *name, const struct nlattr *data);

/* ruleset_xt.c */

/**
 * nft_xt_take() - likewise from an extension of iptables
 * @stmt: the result, all zero before; STMT_UNKNOWN if the extension is not known
 * @family: NFPROTO_* of its table
 * @name: "match" or "target"
 * @data: as of the other
 *
 * What nft(8) has a word for becomes that, and LOG, whatever it writes.
 * Return: 0 or -ENOMEM
 */
int nft_xt_take(struct nft_stmt *stmt, uint8_t family, const char *name,
		const struct nlattr *data);

/* ruleset_value.c */

/**
 * nft_value_print() - write a value
 * @out: where to
 * @type: of its field
 * @value: as a register has it
 * @len: bytes
 */
void nft_value_print(FILE *out, enum nft_type type, const uint8_t *value, size_t len);

/** nft_value_compare() - an order of values, as nft(8) sorts a set's elements */
int nft_value_compare(enum nft_type type, const uint8_t *a, const uint8_t *b, size_t len);

/** nft_value_number() - a value of at most 8 bytes as a number */
uint64_t nft_value_number(enum nft_type type, const uint8_t *value, size_t len);

/** nft_value_is_known() - whether nft_value_print() writes what nft(8) does */
bool nft_value_is_known(enum nft_type type, const uint8_t *value, size_t len);

/** nft_type_is_flags() - whether its values are flags */
bool nft_type_is_flags(enum nft_type type);

/** nft_type_is_host() - whether its values are in the machine's byte order */
static inline bool nft_type_is_host(enum nft_type type)
{
	return type >= TYPE_HOST_NUMBER;
}

/** nft_elems_free() - free a set's elements */
void nft_elems_free(struct nft_set *set);

/**
 * nft_set_sort() - put an anonymous set's elements in order, and the ends of ranges together
 * @set: as it was read
 * @type: of its keys
 * @is_long: these are of several fields
 *
 * Return: 0, or -EPROTO if it is empty
 */
int nft_set_sort(struct nft_set *set, enum nft_type type, bool is_long);

/** nft_prefix_len() - the length of a mask of an address, -1 if it is none */
int nft_prefix_len(const uint8_t *mask, size_t len);

/* ruleset_nat.c */

/**
 * struct nft_nat - what an address or a port is changed to; in network byte order
 * @type: TYPE_IPV4 or TYPE_IPV6, of an address
 * @addr: the address, or the first of some; NULL for none
 * @addr_max: the last, or the same
 * @port: the port, or the first of some; NULL for none
 * @port_max: the last, or the same
 * @flags: NF_NAT_RANGE_*
 */
struct nft_nat {
	enum nft_type type;
	const uint8_t *addr;
	const uint8_t *addr_max;
	const uint8_t *port;
	const uint8_t *port_max;
	uint32_t flags;
};

/** nft_nat_is_known() - whether nft_nat_print() has words for all of NF_NAT_RANGE_* */
bool nft_nat_is_known(uint32_t flags);

/** nft_nat_print() - as nft(8) writes it behind "dnat" and the like: " to 192.0.2.1:80 random" */
void nft_nat_print(FILE *out, const struct nft_nat *n);

/* ruleset_text.c */

/** nft_stmts_hide() - find what nft(8) leaves out */
void nft_stmts_hide(struct nft_stmts *s);

/** nft_stmt_print() - one statement as nft(8) writes it */
void nft_stmt_print(FILE *out, uint8_t family, const struct nft_stmt *stmt);

/** nft_stmts_text() - a rule as "nft list" writes it; NULL without memory */
char *nft_stmts_text(const struct nft_stmts *s);

/**
 * nft_clean() - put a "?" for what could pass for other words of a rule, or another line
 * @text: as somebody named it, to stand between quotes; the kernel takes any bytes
 * @is_word: it stands without quotes
 *
 * Return: @text
 */
char *nft_clean(char *text, bool is_word);

#endif
