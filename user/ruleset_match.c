// SPDX-License-Identifier: GPL-2.0
/*
 * What a rule compares with what
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_reg.h"

/* Back from network byte order */
static void unswap(const struct reg *r, uint8_t *value, size_t len)
{
	size_t i;

	if (!r->is_swapped || htons(1) == 1)
		return;
	for (i = 0; i < len / 2; i++) {
		uint8_t byte = value[i];

		value[i] = value[len - 1 - i];
		value[len - 1 - i] = byte;
	}
}

/* From now on the headers' protocols are known */
static void learn_proto(struct machine *m, const struct nft_stmt *stmt)
{
	if (stmt->op != OP_EQ || stmt->is_masked || stmt->len != 1)
		return;
	if (stmt->field == nft_field_find(FROM_META, NFT_META_NFPROTO))
		m->network = stmt->value[0];
	else if (stmt->field->type == TYPE_PROTOCOL && stmt->field->source != FROM_CT)
		m->transport = stmt->value[0];
}

/* What nft(8) writes for a comparison of a register that went through "bitwise". */
static bool masked_is_known(const struct nft_stmt *stmt)
{
	static const uint8_t zero[NFT_VALUE_MAX];
	bool is_zero = !memcmp(stmt->value, zero, stmt->len);
	bool equals = stmt->op == OP_EQ || stmt->op == OP_NEQ;
	size_t i;

	if (memcmp(stmt->flip, zero, stmt->len) || !equals)
		return false;
	switch (stmt->field->type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		for (i = 0; i < stmt->len; i++) {
			if (stmt->value[i] & ~stmt->mask[i])
				return false;
		}
		return nft_prefix_len(stmt->mask, stmt->len) > 0;
	case TYPE_MARK:
		return true;
	case TYPE_TCP_FLAGS:
	case TYPE_CT_STATE:
	case TYPE_CT_STATUS:
		if (!nft_value_is_known(stmt->field->type, stmt->mask, stmt->len))
			return false;
		if (is_zero)
			return true;
		return stmt->field->type == TYPE_TCP_FLAGS &&
		       nft_value_is_known(stmt->field->type, stmt->value, stmt->len);
	default:
		return false;
	}
}

static void stmt_from(struct nft_stmt *stmt, const struct reg *r)
{
	*stmt = (struct nft_stmt){ .type = STMT_MATCH, .field = r->field, .arg = r->arg };
	stmt->is_masked = r->is_masked;
	memcpy(stmt->mask, r->mask, sizeof(stmt->mask));
	memcpy(stmt->flip, r->flip, sizeof(stmt->flip));
}

/* What nft(8) writes for several flags that are compared as one value depends on its version */
static bool value_is_known(const struct nft_field *field, const uint8_t *value, size_t len)
{
	uint64_t n = nft_type_is_flags(field->type) ? nft_value_number(field->type, value, len) : 0;

	return nft_value_is_known(field->type, value, len) && !(n & (n - 1));
}

static int compare_one(struct machine *m, const char *name, struct nft_stmt *stmt)
{
	if (stmt->is_masked ? !masked_is_known(stmt) :
	    !value_is_known(stmt->field, stmt->value, stmt->len))
		return stmt_unknown(m, name);
	learn_proto(m, stmt);
	return stmt_add(m, stmt);
}

/* Several fields by one comparison */
static int compare_parts(struct machine *m, const char *name, const struct reg *r,
			 const uint8_t *value)
{
	const struct nft_field *field = r->field;
	struct nft_stmt stmt;
	size_t i, done = 0;
	int err;

	for (i = 0; i <= r->parts_len; i++) {
		stmt_from(&stmt, r);
		stmt.field = field;
		stmt.len = field->len;
		memcpy(stmt.value, value + done, field->len);
		err = compare_one(m, name, &stmt);
		if (err)
			return err;
		done += field->len;
		if (i < r->parts_len)
			field = r->parts[i];
	}
	return 0;
}

/* "a-b" is two comparisons of one load */
static bool end_range(struct machine *m, struct reg *r, enum nft_op op,
		      const uint8_t *value)
{
	struct nft_stmt *low = m->s->len ? &m->s->list[m->s->len - 1] : NULL;

	if (!low || op != OP_LTE || r->low != m->s->len)
		return false;
	low->op = OP_RANGE;
	memcpy(low->last, value, sizeof(low->last));
	r->low = 0;
	return true;
}

/* nft 1.0.6 compares all four bytes of the register, of which fib's "exists" is one */
static size_t shorten(const struct reg *r, uint8_t *value, size_t len)
{
	uint32_t number;

	if (!r || !r->field || r->field->source != FROM_FIB || r->field->type != TYPE_BOOL ||
	    len != sizeof(number))
		return len;
	memcpy(&number, value, sizeof(number));
	if (number > 1)
		return len;
	memset(value, 0, len);
	value[0] = number;
	return r->len;
}

int take_cmp(struct machine *m, const char *name, const struct nlattr *data)
{
	static const enum nft_op ops[] = {
		[NFT_CMP_EQ] = OP_EQ, [NFT_CMP_NEQ] = OP_NEQ,
		[NFT_CMP_LT] = OP_LT, [NFT_CMP_LTE] = OP_LTE,
		[NFT_CMP_GT] = OP_GT, [NFT_CMP_GTE] = OP_GTE,
	};
	uint32_t op = nft_attr_u32(data, NFTA_CMP_OP, UINT32_MAX);
	struct reg *r = reg_of(m, data, NFTA_CMP_SREG);
	struct nft_stmt stmt;
	uint8_t value[NFT_VALUE_MAX];
	size_t len;
	int err;

	len = shorten(r, value, nft_attr_value(data, NFTA_CMP_DATA, value));
	if (!r || !r->len || !r->field || op > NFT_CMP_GTE || !len ||
	    (len != r->len && (r->field->type != TYPE_IFNAME || len > r->len)))
		return stmt_unknown(m, name);
	if (r->parts_len)
		return ops[op] == OP_EQ ? compare_parts(m, name, r, value) :
					  stmt_unknown(m, name);
	unswap(r, value, len);
	if (end_range(m, r, ops[op], value))
		return 0;
	stmt_from(&stmt, r);
	stmt.op = ops[op];
	stmt.len = len;
	memcpy(stmt.value, value, sizeof(value));
	if (r->is_prefix) {
		memset(stmt.mask, 0xff, len);
		stmt.is_masked = true;
		stmt.len = r->field->len;
	}
	err = compare_one(m, name, &stmt);
	if (!err && stmt.op == OP_GTE)
		r->low = m->s->len;
	return err;
}

int take_range(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t op = nft_attr_u32(data, NFTA_RANGE_OP, UINT32_MAX);
	const struct reg *r = reg_of(m, data, NFTA_RANGE_SREG);
	struct nft_stmt stmt;

	if (!r || !r->len || !r->field || r->parts_len || r->is_masked || r->is_prefix ||
	    op > NFT_RANGE_NEQ)
		return stmt_unknown(m, name);
	stmt_from(&stmt, r);
	stmt.op = op == NFT_RANGE_NEQ ? OP_NOT_RANGE : OP_RANGE;
	stmt.len = nft_attr_value(data, NFTA_RANGE_FROM_DATA, stmt.value);
	if (stmt.len != r->len ||
	    nft_attr_value(data, NFTA_RANGE_TO_DATA, stmt.last) != r->len)
		return stmt_unknown(m, name);
	unswap(r, stmt.value, stmt.len);
	unswap(r, stmt.last, stmt.len);
	return compare_one(m, name, &stmt);
}

static int compare_name(const void *name, const void *set)
{
	return strcmp(name, ((const struct nft_set *)set)->name);
}

struct nft_set *reg_set(const struct machine *m, const char *name)
{
	if (!name || !m->sets_len)
		return NULL;
	return bsearch(name, m->sets, m->sets_len, sizeof(*m->sets), compare_name);
}

/* One field of all elements */
static bool column_is_known(const struct nft_set *set, const struct nft_field *field,
			    size_t offset)
{
	size_t i;

	for (i = 0; i < set->elems_len; i++) {
		if (nft_type_is_flags(field->type) &&
		    !value_is_known(field, set->elems[i].value + offset, field->len))
			return false;
	}
	return true;
}

/* An anonymous set, whose elements stand in the rule. Of ranges of names, as "wg*" is one, the
 * bytes are in another order.
 */
static bool elems_are_known(struct nft_set *set, const struct nft_stmt *stmt)
{
	size_t i, offset = nft_padded(stmt->field->len);

	if (set->is_odd || !column_is_known(set, stmt->field, 0) ||
	    (set->flags & NFT_SET_INTERVAL && stmt->field->type == TYPE_IFNAME))
		return false;
	for (i = 0; i < stmt->more_len; i++) {
		if (!column_is_known(set, stmt->more[i], offset) ||
		    (set->flags & NFT_SET_INTERVAL && stmt->more[i]->type == TYPE_IFNAME))
			return false;
		offset += nft_padded(stmt->more[i]->len);
	}
	return nft_set_sort(set, stmt->field->type, stmt->more_len) == 0;
}

static bool is_plain(const struct reg *r)
{
	return r->len && r->field && !r->parts_len && !r->is_masked && !r->is_prefix &&
	       !r->is_swapped;
}

/* A field among others has a name without words of its own between dots */
static bool is_key_part(const struct reg *r)
{
	return is_plain(r) && !r->arg && r->field->source != FROM_FIB &&
	       r->field->source != FROM_SOCKET;
}

/* The fields of a key of @len bytes, each in registers of its own. Return: false if they are
 * not known
 */
static bool take_key(const struct machine *m, const struct reg *r, size_t len,
		     struct nft_stmt *stmt)
{
	size_t done = r->len;

	if (done == len)
		return true;
	if (!is_key_part(r))
		return false;
	for (done = nft_padded(done); done < len; done += nft_padded(r->len)) {
		r += reg_slots(r);
		if (r >= m->regs + REGS || !is_key_part(r) || stmt->more_len == NFT_MORE_MAX)
			return false;
		stmt->more[stmt->more_len++] = r->field;
	}
	return done == len;
}

int take_lookup(struct machine *m, const char *name, const struct nlattr *data)
{
	struct nft_set *set = reg_set(m, nft_attr_str(data, NFTA_LOOKUP_SET));
	uint32_t flags = nft_attr_u32(data, NFTA_LOOKUP_FLAGS, 0);
	const struct reg *r = reg_of(m, data, NFTA_LOOKUP_SREG);
	bool is_vmap = nft_attr_u32(data, NFTA_LOOKUP_DREG, UINT32_MAX) == NFT_REG_VERDICT;
	struct nft_stmt stmt;

	if (!set || !r || !is_plain(r) || flags & ~NFT_LOOKUP_F_INV || is_vmap != set->is_vmap ||
	    (nft_attr(data, NFTA_LOOKUP_DREG) && !is_vmap))
		return stmt_unknown(m, name);
	stmt_from(&stmt, r);
	if (!take_key(m, r, set->key_len, &stmt) ||
	    (set->flags & NFT_SET_ANONYMOUS && !elems_are_known(set, &stmt)))
		return stmt_unknown(m, name);
	if (is_vmap)
		stmt.type = STMT_VMAP;
	stmt.op = flags & NFT_LOOKUP_F_INV ? OP_NOT_SET : OP_SET;
	stmt.len = r->len;
	stmt.set = set;
	return stmt_add(m, &stmt);
}
