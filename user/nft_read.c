// SPDX-License-Identifier: GPL-2.0
/*
 * What is in nft tables
 */
#include <errno.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "nft.h"
#include "nft_attr.h"
#include "nft_batch.h"

struct table_list {
	struct nft_table *list;
	size_t len;
};

/* The device that a comment of ours names, 0 if it is none of ours */
static uint32_t comment_ifindex(const char *text, size_t len)
{
	char comment[64], again[64];
	uint32_t ifindex;

	if (!len || len > sizeof(comment) || memchr(text, '\0', len) != text + len - 1)
		return 0;
	memcpy(comment, text, len);
	if (sscanf(comment, NFT_TABLE_COMMENT, &ifindex) != 1)
		return 0;
	/* that and nothing else */
	snprintf(again, sizeof(again), NFT_TABLE_COMMENT, ifindex);
	return strcmp(comment, again) == 0 ? ifindex : 0;
}

/* User data is of records: type, length, and as many bytes. */
static uint32_t userdata_ifindex(const struct nlattr *attr)
{
	const unsigned char *data = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);

	while (len >= 2 && len - 2 >= data[1]) {
		if (data[0] == NFTNL_UDATA_TABLE_COMMENT)
			return comment_ifindex((const char *)data + 2, data[1]);
		len -= 2 + data[1];
		data += 2 + data[1];
	}
	return 0;
}

static int take_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	struct nft_table table = { .family = head->nfgen_family };
	struct table_list *l = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_TABLE_NAME:
			if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
				return -EPROTO;
			snprintf(table.name, sizeof(table.name), "%s",
				 mnl_attr_get_str(attr));
			break;
		case NFTA_TABLE_USERDATA:
			table.ifindex = userdata_ifindex(attr);
			break;
		}
	}
	if ((table.family != AF_INET && table.family != AF_INET6) ||
	    strncmp(table.name, NFT_TABLE_PREFIX, strlen(NFT_TABLE_PREFIX)) != 0 ||
	    strlen(table.name) - strlen(NFT_TABLE_PREFIX) >= IF_NAMESIZE)
		table.ifindex = 0;

	return list_append(&l->list, &l->len, &table, sizeof(table));
}

static void reset_tables(void *data)
{
	struct table_list *l = data;

	free(l->list);
	*l = (struct table_list){ 0 };
}

int nft_table_list(struct kernel *k, struct nft_table **list, size_t *len)
{
	struct table_list l = { 0 };
	int err;

	nft_put(&k->nft, NFT_MSG_GETTABLE, AF_UNSPEC, 0);
	err = nlsock_dump(&k->nft, take_table, reset_tables, &l);
	if (err)
		reset_tables(&l);
	*list = l.list;
	*len = l.len;
	return err;
}

struct nft_tables nft_tables_of(const struct nft_table *list, size_t len,
				uint32_t ifindex)
{
	struct nft_tables t = { 0 };
	size_t i;

	for (i = 0; i < len; i++) {
		if (list[i].ifindex != ifindex)
			continue;
		t.families |= list[i].family == AF_INET ? WGMARK_FAMILY_IPV4 :
							  WGMARK_FAMILY_IPV6;
		snprintf(t.name, sizeof(t.name), "%.*s", IF_NAMESIZE - 1,
			 list[i].name + strlen(NFT_TABLE_PREFIX));
	}
	return t;
}

struct elem_list {
	struct prefix *list;
	size_t len;
	size_t start;
	sa_family_t family;
};

static int take_elem(const struct nlattr *elem, struct elem_list *l)
{
	struct prefix p = { .family = l->family };
	uint8_t key[NFT_VALUE_MAX];

	if (nft_attr_value(elem, NFTA_SET_ELEM_KEY, key) != prefix_bytes(&p))
		return -EPROTO;
	p.len = 8 * prefix_bytes(&p);
	memcpy(&p.v6, key, prefix_bytes(&p));
	return prefix_append(&l->list, &l->len, &p);
}

static int take_elems(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *elems = nft_attr_top(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *elem;
	int err = 0;

	/* a set without elements has no list of them */
	if (!elems)
		return 0;
	mnl_attr_for_each_nested(elem, elems) {
		err = take_elem(elem, data);
		if (err)
			break;
	}
	return err;
}

static void reset_elems(void *data)
{
	struct elem_list *l = data;

	l->len = l->start;
}

int nft_guarded(struct kernel *k, const struct nft_table *t,
		struct prefix **list, size_t *len)
{
	struct elem_list l = {
		.list = *list,
		.len = *len,
		.start = *len,
		.family = t->family,
	};
	struct nlmsghdr *nlh;
	int err;

	nlh = nft_put(&k->nft, NFT_MSG_GETSETELEM, t->family, 0);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, t->name);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, NFT_SET_GUARDED);
	err = nlsock_dump(&k->nft, take_elems, reset_elems, &l);
	*list = l.list;
	*len = l.len;
	return err == -ENOENT ? 0 : err;
}

/**
 * struct rule_facts - what a rule of ours says
 * @mark: first mark that is compared with, 0 for none
 * @mask: its mask
 * @counts: it has a counter
 * @packets: the counter
 */
struct rule_facts {
	uint32_t mark;
	uint32_t mask;
	bool counts;
	uint64_t packets;
};

/* A mark or its mask, as a register holds it */
static void take_mark(uint32_t *out, const struct nlattr *data, uint16_t type)
{
	uint8_t value[NFT_VALUE_MAX];

	if (nft_attr_value(data, type, value) == sizeof(*out))
		memcpy(out, value, sizeof(*out));
}

static int take_expr(const struct nlattr *elem, struct rule_facts *f)
{
	const struct nlattr *data = nft_attr(elem, NFTA_EXPR_DATA);
	const char *name = nft_attr_str(elem, NFTA_EXPR_NAME);

	if (!name)
		return -EPROTO;
	if (strcmp(name, "counter") == 0) {
		f->counts = true;
		f->packets = nft_attr_u64(data, NFTA_COUNTER_PACKETS);
	} else if (strcmp(name, "bitwise") == 0 && !f->mark) {
		take_mark(&f->mask, data, NFTA_BITWISE_MASK);
	} else if (strcmp(name, "cmp") == 0 && !f->mark) {
		take_mark(&f->mark, data, NFTA_CMP_DATA);
	}
	return 0;
}

static void take_facts(struct nft_tunnel *t, const char *chain,
		       const struct rule_facts *f)
{
	if (strcmp(chain, NFT_CHAIN_PRERAW) == 0) {
		t->params.guard = true;
		t->counters.spoofed += f->packets;
	}
	if (strcmp(chain, NFT_CHAIN_POSTMANGLE) == 0) {
		t->counters.saved += f->packets;
	} else if (strcmp(chain, NFT_CHAIN_PREMANGLE) == 0) {
		t->params.restore = WGMARK_RESTORE_CONNTRACK;
		/* the rule that does not count is wg-quick's */
		t->params.compat |= !f->counts;
		t->counters.restored += f->packets;
	} else {
		/* of the other chains it is a device's index */
		return;
	}
	if (f->mark) {
		t->params.fwmark = f->mark;
		t->params.mask = f->mask;
	}
}

static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *chain = nft_attr_top(nlh, NFTA_RULE_CHAIN);
	const struct nlattr *exprs = nft_attr_top(nlh, NFTA_RULE_EXPRESSIONS);
	struct rule_facts f = { .mask = UINT32_MAX };
	const struct nlattr *elem;
	int err;

	if (!chain || mnl_attr_validate(chain, MNL_TYPE_NUL_STRING) < 0 || !exprs)
		return -EPROTO;
	mnl_attr_for_each_nested(elem, exprs) {
		err = take_expr(elem, &f);
		if (err)
			return err;
	}
	take_facts(data, mnl_attr_get_str(chain), &f);
	return 0;
}

static void reset_tunnel(void *data)
{
	struct nft_tunnel *t = data;

	t->params = (struct tunnel_params){ 0 };
	t->counters = (struct counters){ 0 };
}

static int get_family(struct kernel *k, const struct nft_table *table,
		      struct nft_tunnel *t)
{
	struct nft_tunnel part = { 0 };
	struct nlmsghdr *nlh;
	int err;

	nlh = nft_put(&k->nft, NFT_MSG_GETRULE, table->family, 0);
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table->name);
	err = nlsock_dump(&k->nft, take_rule, reset_tunnel, &part);
	if (err)
		return err;
	part.params.families = t->params.families;
	t->params = part.params;
	t->counters.spoofed += part.counters.spoofed;
	t->counters.restored += part.counters.restored;
	t->counters.saved += part.counters.saved;
	return nft_guarded(k, table, &t->guarded, &t->guarded_len);
}

int nft_tunnel_get(struct kernel *k, const struct nft_tables *tables,
		   struct nft_tunnel *t)
{
	struct nft_table table;
	int err = 0;

	*t = (struct nft_tunnel){ .params.families = tables->families };
	snprintf(table.name, sizeof(table.name), NFT_TABLE_PREFIX "%s", tables->name);
	if (tables->families & WGMARK_FAMILY_IPV4) {
		table.family = AF_INET;
		err = get_family(k, &table, t);
	}
	if (!err && tables->families & WGMARK_FAMILY_IPV6) {
		table.family = AF_INET6;
		err = get_family(k, &table, t);
	}
	return err;
}

void nft_tunnel_free(struct nft_tunnel *t)
{
	free(t->guarded);
	*t = (struct nft_tunnel){ 0 };
}
