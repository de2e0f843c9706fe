// SPDX-License-Identifier: GPL-2.0
/*
 * A rule's statements from its expressions
 *
 * Read without libnftnl, for the reasons that nft_read.c gives. An expression loads a
 * register, changes it, compares it or stores it; what the registers hold is followed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "ruleset_expr.h"

/* Registers as the kernel has them: 4 of 16 bytes, which are 16 of 4 bytes too */
#define REG_SIZE 4
#define REGS 16

/* Fields that one load of a header can hold, such as both ports */
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
 * @sets: of the table
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

/* A register by its number in a message: enum nft_registers. Return: NULL for others */
static struct reg *reg_of(struct machine *m, const struct nlattr *data, uint16_t type)
{
	uint32_t n = nft_attr_u32(data, type, 0);

	if (n >= NFT_REG32_00 && n < NFT_REG32_00 + REGS)
		return &m->regs[n - NFT_REG32_00];
	if (n >= NFT_REG_1 && n <= NFT_REG_4)
		return &m->regs[(n - NFT_REG_1) * NFT_REG_SIZE / REG_SIZE];
	return NULL;
}

static size_t slots(const struct reg *r)
{
	return (r->len + REG_SIZE - 1) / REG_SIZE;
}

/* Put @new into a register, and forget what it is written over */
static void reg_write(struct machine *m, struct reg *r, const struct reg *new)
{
	size_t at = r - m->regs, end = at + slots(new), i;

	for (i = 0; i < REGS; i++) {
		if (i < end && i + slots(&m->regs[i]) > at)
			m->regs[i] = (struct reg){ 0 };
	}
	if (end <= REGS)
		*r = *new;
}

static int stmt_add(struct machine *m, const struct nft_stmt *stmt)
{
	return list_append(&m->s->list, &m->s->len, stmt, sizeof(*stmt));
}

/* What is not understood shows by the name of the expression; it may load any register */
static int unknown(struct machine *m, const char *name)
{
	struct nft_stmt stmt = { .type = STMT_UNKNOWN };
	int err;

	memset(m->regs, 0, sizeof(m->regs));
	if (asprintf(&stmt.text, "[%s]", name) < 0)
		return -ENOMEM;
	err = stmt_add(m, &stmt);
	if (err)
		free(stmt.text);
	return err;
}

static int load(struct machine *m, const struct nlattr *data, uint16_t dreg,
		const struct reg *new)
{
	struct reg *r = reg_of(m, data, dreg);

	if (r && new->len && new->len <= NFT_VALUE_MAX)
		reg_write(m, r, new);
	else if (r)
		/* whatever it is, it is not what was there */
		reg_write(m, r, &(struct reg){ .len = 0 });
	return 0;
}

static int load_field(struct machine *m, const struct nlattr *data, uint16_t dreg,
		      const struct nft_field *field, uint32_t arg)
{
	struct reg new = { .field = field, .arg = arg };

	new.len = field ? field->len : 0;
	return load(m, data, dreg, &new);
}

/* The field gets what the source register holds */
static int store(struct machine *m, const char *name, const struct nft_field *field,
		 const struct reg *r)
{
	struct nft_stmt stmt = { .type = STMT_SET, .field = field };

	if (!field || !r || !r->len || r->parts_len || r->is_swapped || r->arg ||
	    r->len != field->len || (!r->field && r->is_masked))
		return unknown(m, name);
	stmt.from = r->field;
	stmt.len = r->len;
	memcpy(stmt.value, r->value, sizeof(stmt.value));
	stmt.is_masked = r->is_masked;
	memcpy(stmt.mask, r->mask, sizeof(stmt.mask));
	memcpy(stmt.flip, r->flip, sizeof(stmt.flip));
	return stmt_add(m, &stmt);
}

static int take_meta(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t key = nft_attr_u32(data, NFTA_META_KEY, UINT32_MAX);
	const struct nft_field *field = nft_field_find(FROM_META, key);

	if (nft_attr(data, NFTA_META_SREG))
		return store(m, name, field, reg_of(m, data, NFTA_META_SREG));
	return load_field(m, data, NFTA_META_DREG, field, 0);
}

static int take_ct(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t key = nft_attr_u32(data, NFTA_CT_KEY, UINT32_MAX);
	const struct nft_field *field = nft_field_find(FROM_CT, key);
	const struct nlattr *dir = nft_attr(data, NFTA_CT_DIRECTION);
	uint32_t arg = 0;

	if (nft_attr(data, NFTA_CT_SREG))
		return store(m, name, dir ? NULL : field, reg_of(m, data, NFTA_CT_SREG));
	if (dir)
		arg = mnl_attr_validate(dir, MNL_TYPE_U8) < 0 ? 3 : mnl_attr_get_u8(dir) + 1;
	return load_field(m, data, NFTA_CT_DREG, arg <= 2 ? field : NULL, arg);
}

static int take_fib(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t key = nft_attr_u32(data, NFTA_FIB_RESULT, 0);
	uint32_t flags = nft_attr_u32(data, NFTA_FIB_FLAGS, 0);

	(void)name;
	if (flags & NFTA_FIB_F_PRESENT)
		key = key == NFT_FIB_RESULT_OIF ? __NFT_FIB_RESULT_MAX : 0;
	return load_field(m, data, NFTA_FIB_DREG, nft_field_find(FROM_FIB, key), flags);
}

static int take_socket(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t key = nft_attr_u32(data, NFTA_SOCKET_KEY, UINT32_MAX);

	(void)name;
	return load_field(m, data, NFTA_SOCKET_DREG, nft_field_find(FROM_SOCKET, key),
			  nft_attr_u32(data, NFTA_SOCKET_LEVEL, 0));
}

static int take_rt(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t key = nft_attr_u32(data, NFTA_RT_KEY, UINT32_MAX);

	(void)name;
	return load_field(m, data, NFTA_RT_DREG, nft_field_find(FROM_RT, key), 0);
}

/* The fields of @len bytes of a header. Return: false if they are not known */
static bool header_parts(struct reg *r, enum nft_source source, uint8_t proto,
			 uint32_t offset, uint32_t len)
{
	const struct nft_field *field;
	uint32_t done = 0;

	while (done < len) {
		field = nft_header_field(source, proto, offset + done);
		if (!field)
			return false;
		if (!done)
			r->field = field;
		else if (r->parts_len < PARTS - 1 && field->len <= len - done)
			r->parts[r->parts_len++] = field;
		else
			return false;
		done += field->len;
	}
	/* a network of whole bytes is compared by these alone */
	r->is_prefix = done > len;
	return !r->is_prefix || r->field->type == TYPE_IPV4 || r->field->type == TYPE_IPV6;
}

static int take_payload(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t offset = nft_attr_u32(data, NFTA_PAYLOAD_OFFSET, UINT32_MAX);
	uint32_t base = nft_attr_u32(data, NFTA_PAYLOAD_BASE, UINT32_MAX);
	uint32_t len = nft_attr_u32(data, NFTA_PAYLOAD_LEN, 0);
	struct reg new = { .len = len };
	bool known = len && len <= NFT_VALUE_MAX && offset <= UINT8_MAX;

	if (nft_attr(data, NFTA_PAYLOAD_SREG))
		return unknown(m, name);
	if (base == NFT_PAYLOAD_NETWORK_HEADER)
		known &= m->network && header_parts(&new, FROM_NETWORK, m->network, offset, len);
	else if (base == NFT_PAYLOAD_TRANSPORT_HEADER)
		known &= header_parts(&new, FROM_TRANSPORT, m->transport, offset, len);
	else
		known = false;
	if (!known)
		new = (struct reg){ 0 };
	return load(m, data, NFTA_PAYLOAD_DREG, &new);
}

static int take_immediate(struct machine *m, const char *name, const struct nlattr *data)
{
	const struct nlattr *value = nft_attr(data, NFTA_IMMEDIATE_DATA);
	const struct nlattr *verdict = nft_attr(value, NFTA_DATA_VERDICT);
	struct nft_stmt stmt = { .type = STMT_VERDICT };
	struct reg new = { 0 };
	const char *chain;
	int err;

	if (!verdict) {
		new.len = nft_attr_value(data, NFTA_IMMEDIATE_DATA, new.value);
		return load(m, data, NFTA_IMMEDIATE_DREG, &new);
	}
	stmt.code = nft_attr_u32(verdict, NFTA_VERDICT_CODE, UINT32_MAX);
	chain = nft_attr_str(verdict, NFTA_VERDICT_CHAIN);
	switch (stmt.code) {
	case NFT_JUMP:
	case NFT_GOTO:
		if (!chain)
			return unknown(m, name);
		stmt.text = strdup(chain);
		if (!stmt.text)
			return -ENOMEM;
		break;
	case NF_DROP:
	case NF_ACCEPT:
	case NFT_CONTINUE:
	case NFT_RETURN:
		break;
	default:
		return unknown(m, name);
	}
	err = stmt_add(m, &stmt);
	if (err)
		free(stmt.text);
	return err;
}

/* After another mask: ((r & M) ^ X) & mask ^ flip */
static int take_bitwise(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t op = nft_attr_u32(data, NFTA_BITWISE_OP, NFT_BITWISE_BOOL);
	const struct reg *from = reg_of(m, data, NFTA_BITWISE_SREG);
	uint8_t mask[NFT_VALUE_MAX], flip[NFT_VALUE_MAX];
	struct reg new = { 0 };
	size_t i;

	(void)name;
	if (op == NFT_BITWISE_BOOL && from && from->len && from->field && !from->parts_len &&
	    !from->is_prefix && !from->is_swapped &&
	    nft_attr_value(data, NFTA_BITWISE_MASK, mask) == from->len &&
	    nft_attr_value(data, NFTA_BITWISE_XOR, flip) == from->len) {
		new = *from;
		new.low = 0;
		for (i = 0; i < new.len; i++) {
			new.mask[i] = from->is_masked ? from->mask[i] & mask[i] : mask[i];
			new.flip[i] = (from->flip[i] & mask[i]) ^ flip[i];
		}
		new.is_masked = true;
	}
	return load(m, data, NFTA_BITWISE_DREG, &new);
}

/* Numbers of the machine's byte order, to be compared */
static int take_byteorder(struct machine *m, const char *name, const struct nlattr *data)
{
	const struct reg *from = reg_of(m, data, NFTA_BYTEORDER_SREG);
	struct reg new = { 0 };

	(void)name;
	if (from && from->len && from->field && !from->parts_len && !from->is_swapped &&
	    !from->is_masked && nft_type_is_host(from->field->type) &&
	    nft_attr_u32(data, NFTA_BYTEORDER_LEN, 0) == from->len &&
	    nft_attr_u32(data, NFTA_BYTEORDER_SIZE, 0) == from->len &&
	    nft_attr_u32(data, NFTA_BYTEORDER_OP, UINT32_MAX) == NFT_BYTEORDER_HTON) {
		new = *from;
		new.is_swapped = true;
	}
	return load(m, data, NFTA_BYTEORDER_DREG, &new);
}

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

static int compare_one(struct machine *m, const char *name, struct nft_stmt *stmt)
{
	if (stmt->is_masked ? !masked_is_known(stmt) :
	    !nft_value_is_known(stmt->field->type, stmt->value, stmt->len))
		return unknown(m, name);
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

static int take_cmp(struct machine *m, const char *name, const struct nlattr *data)
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

	len = nft_attr_value(data, NFTA_CMP_DATA, value);
	if (!r || !r->len || !r->field || op > NFT_CMP_GTE || !len ||
	    (len != r->len && (r->field->type != TYPE_IFNAME || len > r->len)))
		return unknown(m, name);
	if (r->parts_len)
		return ops[op] == OP_EQ ? compare_parts(m, name, r, value) :
					  unknown(m, name);
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

static int take_range(struct machine *m, const char *name, const struct nlattr *data)
{
	uint32_t op = nft_attr_u32(data, NFTA_RANGE_OP, UINT32_MAX);
	const struct reg *r = reg_of(m, data, NFTA_RANGE_SREG);
	struct nft_stmt stmt;

	if (!r || !r->len || !r->field || r->parts_len || r->is_masked || r->is_prefix ||
	    op > NFT_RANGE_NEQ)
		return unknown(m, name);
	stmt_from(&stmt, r);
	stmt.op = op == NFT_RANGE_NEQ ? OP_NOT_RANGE : OP_RANGE;
	stmt.len = nft_attr_value(data, NFTA_RANGE_FROM_DATA, stmt.value);
	if (stmt.len != r->len ||
	    nft_attr_value(data, NFTA_RANGE_TO_DATA, stmt.last) != r->len)
		return unknown(m, name);
	unswap(r, stmt.value, stmt.len);
	unswap(r, stmt.last, stmt.len);
	return compare_one(m, name, &stmt);
}

static struct nft_set *find_set(const struct machine *m, const char *name)
{
	size_t i;

	for (i = 0; name && i < m->sets_len; i++) {
		if (strcmp(m->sets[i].name, name) == 0)
			return &m->sets[i];
	}
	return NULL;
}

static int take_lookup(struct machine *m, const char *name, const struct nlattr *data)
{
	struct nft_set *set = find_set(m, nft_attr_str(data, NFTA_LOOKUP_SET));
	uint32_t flags = nft_attr_u32(data, NFTA_LOOKUP_FLAGS, 0);
	const struct reg *r = reg_of(m, data, NFTA_LOOKUP_SREG);
	struct nft_stmt stmt;

	if (!set || !r || !r->len || !r->field || r->parts_len || r->is_masked ||
	    r->is_prefix || r->is_swapped || set->key_len != r->len || flags & ~NFT_LOOKUP_F_INV ||
	    nft_attr(data, NFTA_LOOKUP_DREG) ||
	    (set->flags & NFT_SET_ANONYMOUS &&
	     (set->is_odd || nft_set_sort(set, r->field->type) < 0)))
		return unknown(m, name);
	stmt_from(&stmt, r);
	stmt.op = flags & NFT_LOOKUP_F_INV ? OP_NOT_SET : OP_SET;
	stmt.len = r->len;
	stmt.set = set;
	return stmt_add(m, &stmt);
}

static int take_dynset(struct machine *m, const char *name, const struct nlattr *data)
{
	static const char *const ops[] = {
		[NFT_DYNSET_OP_ADD] = "add", [NFT_DYNSET_OP_UPDATE] = "update",
		[NFT_DYNSET_OP_DELETE] = "delete",
	};
	uint32_t op = nft_attr_u32(data, NFTA_DYNSET_OP, UINT32_MAX);
	const char *set = nft_attr_str(data, NFTA_DYNSET_SET_NAME);
	const struct reg *r = reg_of(m, data, NFTA_DYNSET_SREG_KEY);
	struct nft_stmt stmt = { .type = STMT_DYNSET };
	int err;

	if (!set || op > NFT_DYNSET_OP_DELETE || !r || !r->len || !r->field || r->parts_len ||
	    r->is_masked || r->is_prefix || r->arg || nft_attr_u64(data, NFTA_DYNSET_TIMEOUT) ||
	    nft_attr(data, NFTA_DYNSET_SREG_DATA) || nft_attr(data, NFTA_DYNSET_EXPR) ||
	    nft_attr(data, NFTA_DYNSET_EXPRESSIONS))
		return unknown(m, name);
	stmt.field = r->field;
	if (asprintf(&stmt.text, "%s @%s { %s }", ops[op], set, r->field->name) < 0)
		return -ENOMEM;
	err = stmt_add(m, &stmt);
	if (err)
		free(stmt.text);
	return err;
}

/* An expression that uses no register, or is an extension of iptables */
static int take_other(struct machine *m, const char *name, const struct nlattr *data)
{
	struct nft_stmt stmt = { 0 };
	int err;

	if (!strcmp(name, "match") || !strcmp(name, "target"))
		err = nft_xt_take(&stmt, name, data);
	else
		err = nft_other_take(&stmt, name, data);
	/* what the sender is told depends on the packet's family */
	if (stmt.type == STMT_REJECT)
		stmt.arg = m->network;
	if (!err && stmt.type == STMT_REJECT && stmt.kind == NFT_REJECT_ICMP_UNREACH &&
	    !m->network)
		err = -EOPNOTSUPP;
	if (err == -EOPNOTSUPP)
		return unknown(m, name);
	if (stmt.type == STMT_UNKNOWN)
		memset(m->regs, 0, sizeof(m->regs));
	if (!err)
		err = stmt_add(m, &stmt);
	if (err)
		free(stmt.text);
	return err;
}

static int take_expr(struct machine *m, const struct nlattr *elem)
{
	static const struct {
		const char *name;
		int (*take)(struct machine *m, const char *name, const struct nlattr *data);
	} takers[] = {
		{ "meta", take_meta },
		{ "ct", take_ct },
		{ "payload", take_payload },
		{ "cmp", take_cmp },
		{ "range", take_range },
		{ "bitwise", take_bitwise },
		{ "byteorder", take_byteorder },
		{ "lookup", take_lookup },
		{ "immediate", take_immediate },
		{ "fib", take_fib },
		{ "socket", take_socket },
		{ "rt", take_rt },
		{ "dynset", take_dynset },
	};
	const char *name = nft_attr_str(elem, NFTA_EXPR_NAME);
	const struct nlattr *data = nft_attr(elem, NFTA_EXPR_DATA);
	size_t i;

	if (!name)
		return -EPROTO;
	for (i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		if (strcmp(takers[i].name, name) == 0)
			return takers[i].take(m, name, data);
	}
	return take_other(m, name, data);
}

int nft_stmts_take(struct nft_stmts *s, const struct nlattr *exprs,
		   struct nft_set *sets, size_t sets_len)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct nlattr *elem;
	int err = 0;

	if (!m)
		return -ENOMEM;
	m->s = s;
	m->sets = sets;
	m->sets_len = sets_len;
	if (s->family == NFPROTO_IPV4 || s->family == NFPROTO_IPV6)
		m->network = s->family;
	mnl_attr_for_each_nested(elem, exprs) {
		err = take_expr(m, elem);
		if (err)
			break;
	}
	free(m);
	return err;
}

void nft_stmts_free(struct nft_stmts *s)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		free(s->list[i].text);
	free(s->list);
	free(s->comment);
	*s = (struct nft_stmts){ 0 };
}
