// SPDX-License-Identifier: GPL-2.0
/*
 * Expressions that change an address or a port: dnat, snat, masquerade, redirect
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_reg.h"

/**
 * struct target - what it is changed to; registers are NULL where there is none
 * @type: TYPE_IPV4 or TYPE_IPV6
 * @addr: the address, or the first of some
 * @addr_max: the last
 * @port: the port, or the first of some
 * @port_max: the last
 * @flags: NF_NAT_RANGE_*
 */
struct target {
	enum nft_type type;
	const struct reg *addr;
	const struct reg *addr_max;
	const struct reg *port;
	const struct reg *port_max;
	uint32_t flags;
};

/* A constant, as all of them are but for maps */
static bool is_constant(const struct reg *r, size_t len)
{
	return !r || (!r->field && r->len == len);
}

static bool is_known(const struct target *t)
{
	/* those with an address or a port are there in any case */
	const uint32_t known = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED |
			       NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PERSISTENT;
	size_t len = t->type == TYPE_IPV4 ? 4 : 16, port_len = sizeof(uint16_t);

	return !(t->flags & ~known) && is_constant(t->addr, len) && is_constant(t->addr_max, len) &&
	       is_constant(t->port, port_len) && is_constant(t->port_max, port_len);
}

void nft_nat_flags_print(FILE *out, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ NF_NAT_RANGE_PROTO_RANDOM, "random" },
		{ NF_NAT_RANGE_PROTO_RANDOM_FULLY, "fully-random" },
		{ NF_NAT_RANGE_PERSISTENT, "persistent" },
	};
	const char *before = " ";
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].flag))
			continue;
		fprintf(out, "%s%s", before, names[i].name);
		before = ",";
	}
}

/* ADDRESS[-ADDRESS][:PORT[-PORT]], of IPv6 with a port in brackets */
static void print_target(FILE *out, const struct target *t)
{
	bool brackets = t->type == TYPE_IPV6 && t->port;

	if (t->addr || t->port)
		fputs(" to ", out);
	if (t->addr) {
		fputs(brackets ? "[" : "", out);
		nft_value_print(out, t->type, t->addr->value, t->addr->len);
		fputs(brackets ? "]" : "", out);
	}
	if (t->addr_max && t->addr_max != t->addr) {
		fputs(brackets ? "-[" : "-", out);
		nft_value_print(out, t->type, t->addr_max->value, t->addr_max->len);
		fputs(brackets ? "]" : "", out);
	}
	if (t->port) {
		fputc(':', out);
		nft_value_print(out, TYPE_NUMBER, t->port->value, t->port->len);
	}
	if (t->port_max && t->port_max != t->port) {
		fputc('-', out);
		nft_value_print(out, TYPE_NUMBER, t->port_max->value, t->port_max->len);
	}
	nft_nat_flags_print(out, t->flags);
}

static int add(struct machine *m, struct nft_stmt *stmt, const char *word, const char *family,
	       const struct target *t)
{
	size_t len;
	FILE *out;
	int err;

	stmt->type = STMT_OTHER;
	out = open_memstream(&stmt->text, &len);
	if (!out)
		return -ENOMEM;
	fprintf(out, "%s%s", word, family);
	print_target(out, t);
	err = fclose(out) ? -ENOMEM : stmt_add(m, stmt);
	if (err)
		free(stmt->text);
	return err;
}

int take_nat(struct machine *m, const char *name, const struct nlattr *data)
{
	bool is_dnat = nft_attr_u32(data, NFTA_NAT_TYPE, NFT_NAT_SNAT) == NFT_NAT_DNAT;
	uint32_t family = nft_attr_u32(data, NFTA_NAT_FAMILY, 0);
	struct target t = {
		.type = family == NFPROTO_IPV4 ? TYPE_IPV4 : TYPE_IPV6,
		.addr = reg_of(m, data, NFTA_NAT_REG_ADDR_MIN),
		.addr_max = reg_of(m, data, NFTA_NAT_REG_ADDR_MAX),
		.port = reg_of(m, data, NFTA_NAT_REG_PROTO_MIN),
		.port_max = reg_of(m, data, NFTA_NAT_REG_PROTO_MAX),
		.flags = nft_attr_u32(data, NFTA_NAT_FLAGS, 0),
	};
	struct nft_stmt stmt = { 0 };
	const char *of = "";

	if (!t.addr || (family != NFPROTO_IPV4 && family != NFPROTO_IPV6) || !is_known(&t))
		return stmt_unknown(m, name);
	if (m->s->family == NFPROTO_INET)
		of = t.type == TYPE_IPV4 ? " ip" : " ip6";
	return add(m, &stmt, is_dnat ? "dnat" : "snat", of, &t);
}

int take_masq(struct machine *m, const char *name, const struct nlattr *data)
{
	struct target t = {
		.port = reg_of(m, data, NFTA_MASQ_REG_PROTO_MIN),
		.port_max = reg_of(m, data, NFTA_MASQ_REG_PROTO_MAX),
		.flags = nft_attr_u32(data, NFTA_MASQ_FLAGS, 0),
	};
	struct nft_stmt stmt = { .is_masquerade = true };

	return is_known(&t) ? add(m, &stmt, "masquerade", "", &t) : stmt_unknown(m, name);
}

int take_redir(struct machine *m, const char *name, const struct nlattr *data)
{
	struct target t = {
		.port = reg_of(m, data, NFTA_REDIR_REG_PROTO_MIN),
		.port_max = reg_of(m, data, NFTA_REDIR_REG_PROTO_MAX),
		.flags = nft_attr_u32(data, NFTA_REDIR_FLAGS, 0),
	};
	struct nft_stmt stmt = { 0 };

	return is_known(&t) ? add(m, &stmt, "redirect", "", &t) : stmt_unknown(m, name);
}
