// SPDX-License-Identifier: GPL-2.0
/*
 * A rule as "nft list" writes it
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "ruleset_expr.h"

static const uint8_t zero[NFT_VALUE_MAX];

static bool is_meta(const struct nft_stmt *stmt, uint32_t key)
{
	return stmt->type == STMT_MATCH && stmt->field->source == FROM_META &&
	       stmt->field->key == key && stmt->op == OP_EQ && !stmt->is_masked;
}

static bool is_ip_protocol(const struct nft_stmt *stmt)
{
	return stmt->type == STMT_MATCH && stmt->field->source == FROM_NETWORK &&
	       stmt->field->type == TYPE_PROTOCOL && stmt->op == OP_EQ && !stmt->is_masked;
}

/* ICMP is of one family, 0 for all else */
static uint8_t icmp_family(const struct nft_field *field)
{
	switch (field->proto) {
	case IPPROTO_ICMP:
		return NFPROTO_IPV4;
	case IPPROTO_ICMPV6:
		return NFPROTO_IPV6;
	default:
		return 0;
	}
}

static void hide(struct nft_stmt **dependency)
{
	if (*dependency)
		(*dependency)->is_hidden = true;
	*dependency = NULL;
}

static void hide_implied(struct nft_stmt **network, struct nft_stmt **transport,
			 const struct nft_field *field, bool one_family)
{
	if (field->source == FROM_NETWORK) {
		hide(network);
	} else if (field->source == FROM_TRANSPORT) {
		if (*transport && (one_family || !is_ip_protocol(*transport)))
			hide(transport);
		if (*network && icmp_family(field) == (*network)->value[0])
			hide(network);
	}
}

/*
 * A header's field implies what has to be matched before it can be read: the last
 * "meta nfproto" for the network header, the last "meta l4proto" for the one above,
 * if nothing but matches stands between. "ip protocol" says more than the field
 * where the table is not of one family alone.
 */
void nft_stmts_hide(struct nft_stmts *s)
{
	struct nft_stmt *network = NULL, *transport = NULL;
	bool one_family = s->family == NFPROTO_IPV4 || s->family == NFPROTO_IPV6;
	struct nft_stmt *stmt;
	bool compares;
	size_t i;

	for (stmt = s->list; stmt && stmt < s->list + s->len; stmt++) {
		compares = stmt->type == STMT_MATCH || stmt->type == STMT_VMAP;
		if (stmt->type == STMT_REJECT) {
			if (stmt->kind == NFT_REJECT_TCP_RST && one_family)
				hide(&transport);
			else if (stmt->kind != NFT_REJECT_ICMPX_UNREACH && !one_family)
				hide(&network);
		} else if (compares || stmt->type == STMT_DYNSET) {
			hide_implied(&network, &transport, stmt->field, one_family);
			for (i = 0; i < stmt->more_len; i++)
				hide_implied(&network, &transport, stmt->more[i], one_family);
		}
		if (is_meta(stmt, NFT_META_NFPROTO)) {
			network = stmt;
		} else if (is_meta(stmt, NFT_META_L4PROTO) || is_ip_protocol(stmt)) {
			transport = stmt;
		} else if (!compares) {
			network = NULL;
			transport = NULL;
		}
	}
}

/* "fib saddr . iif", "ct original", or nothing before a name */
static void print_field(FILE *out, const struct nft_stmt *stmt)
{
	static const char *const flags[] = { "saddr", "daddr", "mark", "iif", "oif" };
	const char *dot = " ";
	size_t i;

	switch (stmt->field->source) {
	case FROM_FIB:
		fputs("fib", out);
		for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			if (!(stmt->arg & 1U << i))
				continue;
			fprintf(out, "%s%s", dot, flags[i]);
			dot = " . ";
		}
		break;
	case FROM_CT:
		if (stmt->arg) {
			fprintf(out, "ct %s%s", stmt->arg == 1 ? "original" : "reply",
				stmt->field->name + strlen("ct"));
			return;
		}
		break;
	case FROM_SOCKET:
		if (stmt->field->type == TYPE_CGROUP) {
			fprintf(out, "%s level %" PRIu32, stmt->field->name, stmt->arg);
			return;
		}
		break;
	}
	fputs(stmt->field->name, out);
}

/* "ip daddr . tcp dport" */
static void print_key(FILE *out, const struct nft_stmt *stmt)
{
	size_t i;

	print_field(out, stmt);
	for (i = 0; i < stmt->more_len; i++)
		fprintf(out, " . %s", stmt->more[i]->name);
}

static void print_value(FILE *out, const struct nft_stmt *stmt, const uint8_t *value)
{
	nft_value_print(out, stmt->field->type, value, stmt->len);
}

/* The prefix that a range of addresses is, or -1 */
static int range_prefix(const struct nft_field *field, const uint8_t *value, const uint8_t *last)
{
	uint8_t mask[NFT_VALUE_MAX];
	size_t i;

	if (field->type != TYPE_IPV4 && field->type != TYPE_IPV6)
		return -1;
	for (i = 0; i < field->len; i++) {
		mask[i] = ~(value[i] ^ last[i]);
		if (value[i] & ~mask[i])
			return -1;
	}
	return nft_prefix_len(mask, field->len);
}

static void print_range(FILE *out, const struct nft_field *field, const uint8_t *value,
			const uint8_t *last)
{
	int len = range_prefix(field, value, last);

	nft_value_print(out, field->type, value, field->len);
	if (!memcmp(value, last, field->len))
		return;
	if (len >= 0) {
		fprintf(out, "/%d", len);
	} else {
		fputc('-', out);
		nft_value_print(out, field->type, last, field->len);
	}
}

/* "192.0.2.1 . 80-90" */
static void print_elem(FILE *out, const struct nft_stmt *stmt, const struct nft_elem *e)
{
	const struct nft_field *field = stmt->field;
	size_t offset = 0, i;

	print_range(out, field, e->value, e->last);
	for (i = 0; i < stmt->more_len; i++) {
		offset += nft_padded(field->len);
		field = stmt->more[i];
		fputs(" . ", out);
		print_range(out, field, e->value + offset, e->last + offset);
	}
}

static void print_set(FILE *out, const struct nft_stmt *stmt)
{
	char word[NFT_NAME_MAXLEN];
	size_t i;

	if (!(stmt->set->flags & NFT_SET_ANONYMOUS)) {
		snprintf(word, sizeof(word), "%s", stmt->set->name);
		fprintf(out, "@%s", nft_clean(word, true));
		return;
	}
	for (i = 0; i < stmt->set->elems_len; i++) {
		fputs(i ? ", " : "{ ", out);
		print_elem(out, stmt, &stmt->set->elems[i]);
		if (!stmt->set->is_vmap)
			continue;
		fputs(" : ", out);
		nft_verdict_print(out, &stmt->set->elems[i].verdict);
	}
	fputs(" }", out);
}

/* ADDRESS/LENGTH; of flags any of them, none of them or these of those */
static void print_masked(FILE *out, const struct nft_stmt *stmt)
{
	bool equals = stmt->op == OP_EQ;

	if (nft_type_is_flags(stmt->field->type)) {
		if (!memcmp(stmt->value, zero, stmt->len)) {
			fputs(equals ? " ! " : " ", out);
		} else {
			fputs(equals ? " " : " != ", out);
			print_value(out, stmt, stmt->value);
			fputs(" / ", out);
		}
		print_value(out, stmt, stmt->mask);
		return;
	}
	if (stmt->field->type != TYPE_MARK) {
		fputs(equals ? " " : " != ", out);
		print_value(out, stmt, stmt->value);
		fprintf(out, "/%d", nft_prefix_len(stmt->mask, stmt->len));
		return;
	}
	fputs(" & ", out);
	print_value(out, stmt, stmt->mask);
	fputs(equals ? " == " : " != ", out);
	print_value(out, stmt, stmt->value);
}

static void print_match(FILE *out, const struct nft_stmt *stmt)
{
	static const char *const ops[] = {
		[OP_EQ] = " ", [OP_NEQ] = " != ", [OP_LT] = " < ", [OP_LTE] = " <= ",
		[OP_GT] = " > ", [OP_GTE] = " >= ", [OP_RANGE] = " ",
		[OP_NOT_RANGE] = " != ", [OP_SET] = " ", [OP_NOT_SET] = " != ",
	};

	print_key(out, stmt);
	if (stmt->is_masked) {
		print_masked(out, stmt);
		return;
	}
	fputs(ops[stmt->op], out);
	if (stmt->op == OP_EQ && nft_type_is_flags(stmt->field->type))
		fputs("== ", out);
	if (stmt->op == OP_SET || stmt->op == OP_NOT_SET) {
		print_set(out, stmt);
		return;
	}
	print_value(out, stmt, stmt->value);
	if (stmt->op == OP_RANGE || stmt->op == OP_NOT_RANGE) {
		fputc('-', out);
		print_value(out, stmt, stmt->last);
	}
}

/*
 * The kernel has (x & mask) ^ flip. What is set whatever it was is written as "|", what
 * is turned over as "^".
 */
static void print_set_to(FILE *out, const struct nft_stmt *stmt)
{
	uint8_t mask[NFT_VALUE_MAX], flip[NFT_VALUE_MAX], set[NFT_VALUE_MAX];
	size_t i;

	if (stmt->text) {
		fputs(stmt->text, out);
		return;
	}
	fprintf(out, "%s set ", stmt->field->name);
	if (!stmt->from) {
		print_value(out, stmt, stmt->value);
		return;
	}
	fputs(stmt->from->name, out);
	if (!stmt->is_masked)
		return;
	for (i = 0; i < stmt->len; i++) {
		set[i] = ~stmt->mask[i] & stmt->flip[i];
		flip[i] = stmt->mask[i] & stmt->flip[i];
		/* 0 where the bit becomes 0 */
		mask[i] = stmt->mask[i] | set[i];
	}
	if (nft_prefix_len(mask, stmt->len) != 8 * stmt->len) {
		fputs(" & ", out);
		print_value(out, stmt, mask);
	}
	if (memcmp(flip, zero, stmt->len)) {
		fputs(" ^ ", out);
		print_value(out, stmt, flip);
	}
	if (memcmp(set, zero, stmt->len)) {
		fputs(" | ", out);
		print_value(out, stmt, set);
	}
}

/* Without a word it is port-unreachable, as the table's family calls it. */
static void print_reject(FILE *out, uint8_t family, const struct nft_stmt *stmt)
{
	static const char *const icmpx[] = {
		[NFT_REJECT_ICMPX_NO_ROUTE] = "no-route",
		[NFT_REJECT_ICMPX_PORT_UNREACH] = "port-unreachable",
		[NFT_REJECT_ICMPX_HOST_UNREACH] = "host-unreachable",
		[NFT_REJECT_ICMPX_ADMIN_PROHIBITED] = "admin-prohibited",
	};
	bool v6 = family == NFPROTO_IPV6 || stmt->arg == NFPROTO_IPV6;
	uint8_t code = stmt->code;

	fputs("reject", out);
	switch (stmt->kind) {
	case NFT_REJECT_TCP_RST:
		fputs(" with tcp reset", out);
		break;
	case NFT_REJECT_ICMPX_UNREACH:
		if (code != NFT_REJECT_ICMPX_PORT_UNREACH)
			fprintf(out, " with icmpx %s", icmpx[code]);
		break;
	default:
		if (code == (v6 ? 4 : 3) && (family == NFPROTO_IPV4 || family == NFPROTO_IPV6))
			break;
		fprintf(out, " with %s ", v6 ? "icmpv6" : "icmp");
		nft_value_print(out, v6 ? TYPE_ICMPV6_CODE : TYPE_ICMP_CODE, &code, 1);
	}
}

void nft_stmt_print(FILE *out, uint8_t family, const struct nft_stmt *stmt)
{
	switch (stmt->type) {
	case STMT_MATCH:
		print_match(out, stmt);
		break;
	case STMT_SET:
		print_set_to(out, stmt);
		break;
	case STMT_COUNTER:
		fprintf(out, "counter packets %" PRIu64 " bytes %" PRIu64, stmt->packets,
			stmt->bytes);
		break;
	case STMT_VERDICT:
		nft_verdict_print(out, &stmt->verdict);
		break;
	case STMT_VMAP:
		print_key(out, stmt);
		fputs(" vmap ", out);
		print_set(out, stmt);
		break;
	case STMT_REJECT:
		print_reject(out, family, stmt);
		break;
	case STMT_DYNSET:
	case STMT_OTHER:
	case STMT_UNKNOWN:
		fputs(stmt->text, out);
	}
}

char *nft_stmts_text(const struct nft_stmts *s)
{
	const char *blank = "";
	char *text = NULL;
	size_t i, len;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (i = 0; i < s->len; i++) {
		if (s->list[i].is_hidden)
			continue;
		fputs(blank, out);
		nft_stmt_print(out, s->family, &s->list[i]);
		blank = " ";
	}
	if (s->comment)
		fprintf(out, "%scomment \"%s\"", blank, s->comment);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

char *nft_clean(char *text, bool is_word)
{
	char *at;

	for (at = text; *at; at++) {
		if (utf8_is_control(at) || *at == '"' || (is_word && strchr(" {}[],", *at)))
			*at = '?';
	}
	return text;
}
