// SPDX-License-Identifier: GPL-2.0
/*
 * A rule's statements from its expressions
 *
 * Read without libnftnl, for the reasons that nft_attr.h gives. An expression loads a
 * register, changes it, compares it or stores it; what the registers hold is followed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "ruleset_reg.h"

struct reg *reg_of(struct machine *m, const struct nlattr *data, uint16_t type)
{
	uint32_t n = nft_attr_u32(data, type, 0);

	if (n >= NFT_REG32_00 && n < NFT_REG32_00 + REGS)
		return &m->regs[n - NFT_REG32_00];
	if (n >= NFT_REG_1 && n <= NFT_REG_4)
		return &m->regs[(n - NFT_REG_1) * NFT_REG_SIZE / REG_SIZE];
	return NULL;
}

/* Put @new into a register, and forget what it is written over */
static void reg_write(struct machine *m, struct reg *r, const struct reg *new)
{
	size_t at = r - m->regs, end = at + reg_slots(new), i;

	for (i = 0; i < REGS; i++) {
		if (i < end && i + reg_slots(&m->regs[i]) > at)
			m->regs[i] = (struct reg){ 0 };
	}
	if (end <= REGS)
		*r = *new;
}

int stmt_add(struct machine *m, const struct nft_stmt *stmt)
{
	return list_append(&m->s->list, &m->s->len, stmt, sizeof(*stmt));
}

int stmt_unknown(struct machine *m, const char *name)
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
		return stmt_unknown(m, name);
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

	/* the byte with it, of IPv6 the second half of the first two bytes, and nothing else */
	if (nft_attr(data, NFTA_PAYLOAD_SREG))
		return stmt_unknown(m, base == NFT_PAYLOAD_NETWORK_HEADER && offset + len <= 2 ?
				    "dscp" : name);
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
	int err;

	if (!verdict) {
		new.len = nft_attr_value(data, NFTA_IMMEDIATE_DATA, new.value);
		return load(m, data, NFTA_IMMEDIATE_DREG, &new);
	}
	err = nft_verdict_take(&stmt.verdict, verdict);
	if (err == -EOPNOTSUPP)
		return stmt_unknown(m, name);
	if (!err)
		err = stmt_add(m, &stmt);
	if (err)
		nft_verdict_free(&stmt.verdict);
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

/* Room for " timeout " and days, hours and so on. */
#define TIMEOUT_LEN 96

/* After how many milliseconds it is forgotten. Return: @text, "" for never */
static const char *timeout_text(uint64_t ms, char text[static TIMEOUT_LEN])
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = {
		{ 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" },
	};
	int len = 0;
	size_t i;

	text[0] = '\0';
	if (ms)
		len = sprintf(text, " timeout ");
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms >= units[i].ms)
			len += sprintf(text + len, "%" PRIu64 "%s", ms / units[i].ms,
				       units[i].name);
		ms %= units[i].ms;
	}
	return text;
}

static int take_dynset(struct machine *m, const char *name, const struct nlattr *data)
{
	static const char *const ops[] = {
		[NFT_DYNSET_OP_ADD] = "add", [NFT_DYNSET_OP_UPDATE] = "update",
		[NFT_DYNSET_OP_DELETE] = "delete",
	};
	uint32_t op = nft_attr_u32(data, NFTA_DYNSET_OP, UINT32_MAX);
	const char *set = nft_attr_str(data, NFTA_DYNSET_SET_NAME);
	const struct nft_set *of = reg_set(m, set);
	const struct reg *r = reg_of(m, data, NFTA_DYNSET_SREG_KEY);
	struct nft_stmt stmt = { .type = STMT_DYNSET };
	char word[NFT_NAME_MAXLEN], timeout[TIMEOUT_LEN];
	int err;

	/* a longer key is of more fields */
	if (!set || !of || op > NFT_DYNSET_OP_DELETE || !r || !r->len || of->key_len != r->len ||
	    !r->field || r->parts_len || r->is_masked || r->is_prefix || r->arg ||
	    nft_attr(data, NFTA_DYNSET_SREG_DATA) || nft_attr(data, NFTA_DYNSET_EXPR) ||
	    nft_attr(data, NFTA_DYNSET_EXPRESSIONS))
		return stmt_unknown(m, name);
	stmt.field = r->field;
	snprintf(word, sizeof(word), "%s", set);
	if (asprintf(&stmt.text, "%s @%s { %s%s }", ops[op], nft_clean(word, true),
		     r->field->name,
		     timeout_text(nft_attr_u64(data, NFTA_DYNSET_TIMEOUT), timeout)) < 0)
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
		err = nft_xt_take(&stmt, m->s->family, name, data);
	else
		err = nft_other_take(&stmt, name, data);
	/* what the sender is told depends on the packet's family */
	if (stmt.type == STMT_REJECT)
		stmt.arg = m->network;
	if (!err && stmt.type == STMT_REJECT && stmt.kind == NFT_REJECT_ICMP_UNREACH &&
	    !m->network)
		err = -EOPNOTSUPP;
	if (err == -EOPNOTSUPP)
		return stmt_unknown(m, name);
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
		{ "nat", take_nat },
		{ "masq", take_masq },
		{ "redir", take_redir },
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

	for (i = 0; i < s->len; i++) {
		free(s->list[i].text);
		nft_verdict_free(&s->list[i].verdict);
	}
	free(s->list);
	free(s->comment);
	*s = (struct nft_stmts){ 0 };
}
