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

/* Those with an address or a port are there in any case */
bool nft_nat_is_known(uint32_t flags)
{
	const uint32_t known = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED |
			       NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PERSISTENT;

	return !(flags & ~known);
}

/* A constant, as all of them are but for maps. Return: false if it is none */
static bool take_constant(struct machine *m, const struct nlattr *data, uint16_t type, size_t len,
			  const uint8_t **value)
{
	const struct reg *r = reg_of(m, data, type);

	*value = r ? r->value : NULL;
	return !r || (!r->field && r->len == len);
}

static void print_flags(FILE *out, uint32_t flags)
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

void nft_nat_print(FILE *out, const struct nft_nat *n)
{
	bool brackets = n->type == TYPE_IPV6 && n->port;
	size_t len = n->type == TYPE_IPV4 ? 4 : 16;

	if (n->addr || n->port)
		fputs(" to ", out);
	if (n->addr) {
		fputs(brackets ? "[" : "", out);
		nft_value_print(out, n->type, n->addr, len);
		fputs(brackets ? "]" : "", out);
	}
	if (n->addr && memcmp(n->addr, n->addr_max, len)) {
		fputs(brackets ? "-[" : "-", out);
		nft_value_print(out, n->type, n->addr_max, len);
		fputs(brackets ? "]" : "", out);
	}
	if (n->port) {
		fputc(':', out);
		nft_value_print(out, TYPE_NUMBER, n->port, sizeof(uint16_t));
	}
	if (n->port && memcmp(n->port, n->port_max, sizeof(uint16_t))) {
		fputc('-', out);
		nft_value_print(out, TYPE_NUMBER, n->port_max, sizeof(uint16_t));
	}
	print_flags(out, n->flags);
}

/* The attributes of the three are numbered differently, and none is 0 */
struct attrs {
	uint16_t addr;
	uint16_t addr_max;
	uint16_t port;
	uint16_t port_max;
	uint16_t flags;
};

static int take(struct machine *m, const char *name, const struct nlattr *data,
		const struct attrs *attrs, struct nft_nat *n, const char *word, const char *family)
{
	size_t addr_len = n->type == TYPE_IPV4 ? 4 : 16, port_len = sizeof(uint16_t), len;
	struct nft_stmt stmt = { .type = STMT_OTHER };
	FILE *out;
	int err;

	n->flags = nft_attr_u32(data, attrs->flags, 0);
	if (!nft_nat_is_known(n->flags) ||
	    !take_constant(m, data, attrs->addr, addr_len, &n->addr) ||
	    !take_constant(m, data, attrs->addr_max, addr_len, &n->addr_max) ||
	    !take_constant(m, data, attrs->port, port_len, &n->port) ||
	    !take_constant(m, data, attrs->port_max, port_len, &n->port_max) ||
	    !n->addr != !attrs->addr)
		return stmt_unknown(m, name);
	n->addr_max = n->addr_max ?: n->addr;
	n->port_max = n->port_max ?: n->port;
	stmt.is_masquerade = strcmp(word, "masquerade") == 0;
	out = open_memstream(&stmt.text, &len);
	if (!out)
		return -ENOMEM;
	fprintf(out, "%s%s", word, family);
	nft_nat_print(out, n);
	err = fclose(out) ? -ENOMEM : stmt_add(m, &stmt);
	if (err)
		free(stmt.text);
	return err;
}

int take_nat(struct machine *m, const char *name, const struct nlattr *data)
{
	static const struct attrs attrs = {
		NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX, NFTA_NAT_REG_PROTO_MIN,
		NFTA_NAT_REG_PROTO_MAX, NFTA_NAT_FLAGS,
	};
	bool is_dnat = nft_attr_u32(data, NFTA_NAT_TYPE, NFT_NAT_SNAT) == NFT_NAT_DNAT;
	uint32_t family = nft_attr_u32(data, NFTA_NAT_FAMILY, 0);
	struct nft_nat n = { .type = family == NFPROTO_IPV4 ? TYPE_IPV4 : TYPE_IPV6 };
	const char *of = "";

	if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6)
		return stmt_unknown(m, name);
	if (m->s->family == NFPROTO_INET)
		of = n.type == TYPE_IPV4 ? " ip" : " ip6";
	return take(m, name, data, &attrs, &n, is_dnat ? "dnat" : "snat", of);
}

int take_masq(struct machine *m, const char *name, const struct nlattr *data)
{
	static const struct attrs attrs = {
		.port = NFTA_MASQ_REG_PROTO_MIN, .port_max = NFTA_MASQ_REG_PROTO_MAX,
		.flags = NFTA_MASQ_FLAGS,
	};
	struct nft_nat n = { .type = TYPE_IPV4 };

	return take(m, name, data, &attrs, &n, "masquerade", "");
}

int take_redir(struct machine *m, const char *name, const struct nlattr *data)
{
	static const struct attrs attrs = {
		.port = NFTA_REDIR_REG_PROTO_MIN, .port_max = NFTA_REDIR_REG_PROTO_MAX,
		.flags = NFTA_REDIR_FLAGS,
	};
	struct nft_nat n = { .type = TYPE_IPV4 };

	return take(m, name, data, &attrs, &n, "redirect", "");
}
