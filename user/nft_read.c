// SPDX-License-Identifier: GPL-2.0
/*
 * What is in nft tables
 */
#include <errno.h>
#include <stdio.h>	/* libnftnl/expr.h needs it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "nft.h"
#include "nft_batch.h"

struct table_list {
	struct nft_table *list;
	size_t len;
};

static int take_comment(const struct nftnl_udata *u, void *data)
{
	const char *text = nftnl_udata_get(u);
	size_t len = nftnl_udata_len(u);
	char comment[64], again[64];
	uint32_t *ifindex = data;

	if (nftnl_udata_type(u) != NFTNL_UDATA_TABLE_COMMENT || !len ||
	    len > sizeof(comment) || text[len - 1])
		return 0;
	snprintf(comment, sizeof(comment), "%s", text);
	if (sscanf(comment, NFT_TABLE_COMMENT, ifindex) != 1)
		return 0;
	/* that and nothing else */
	snprintf(again, sizeof(again), NFT_TABLE_COMMENT, *ifindex);
	if (strcmp(comment, again) != 0)
		*ifindex = 0;
	return 0;
}

static int take_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	struct nft_table table = { .family = head->nfgen_family };
	struct table_list *l = data;
	const struct nlattr *attr;
	struct nft_table *list;

	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_TABLE_NAME:
			if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
				return -EPROTO;
			snprintf(table.name, sizeof(table.name), "%s",
				 mnl_attr_get_str(attr));
			break;
		case NFTA_TABLE_USERDATA:
			nftnl_udata_parse(mnl_attr_get_payload(attr),
					  mnl_attr_get_payload_len(attr),
					  take_comment, &table.ifindex);
			break;
		}
	}
	if ((table.family != AF_INET && table.family != AF_INET6) ||
	    strncmp(table.name, NFT_TABLE_PREFIX, strlen(NFT_TABLE_PREFIX)) != 0 ||
	    strlen(table.name) - strlen(NFT_TABLE_PREFIX) >= IF_NAMESIZE)
		table.ifindex = 0;

	list = list_room(l->list, l->len, sizeof(*list));
	if (!list)
		return -ENOMEM;
	l->list = list;
	list[l->len++] = table;
	return 0;
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

static int take_elem(struct nftnl_set_elem *elem, void *data)
{
	struct elem_list *l = data;
	struct prefix p = { .family = l->family };
	const void *key;
	uint32_t len;

	key = nftnl_set_elem_get(elem, NFTNL_SET_ELEM_KEY, &len);
	if (!key || len != prefix_bytes(&p))
		return -EPROTO;
	p.len = 8 * len;
	memcpy(&p.v6, key, len);
	return prefix_append(&l->list, &l->len, &p);
}

static int take_elems(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_set *set = nftnl_set_alloc();
	int err = -ENOMEM;

	if (!set)
		return err;
	if (nftnl_set_elems_nlmsg_parse(nlh, set) == 0)
		err = nftnl_set_elem_foreach(set, take_elem, data);
	nftnl_set_free(set);
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

static int take_expr(struct nftnl_expr *e, void *data)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
	struct rule_facts *f = data;
	const void *value;
	uint32_t len = 0;

	if (strcmp(name, "counter") == 0) {
		f->counts = true;
		f->packets = nftnl_expr_get_u64(e, NFTNL_EXPR_CTR_PACKETS);
	} else if (strcmp(name, "bitwise") == 0 && !f->mark) {
		value = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_MASK, &len);
		if (value && len == sizeof(f->mask))
			memcpy(&f->mask, value, len);
	} else if (strcmp(name, "cmp") == 0 && !f->mark) {
		value = nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &len);
		if (value && len == sizeof(f->mark))
			memcpy(&f->mark, value, len);
	}
	return 0;
}

static void take_facts(struct nft_tunnel *t, const char *chain,
		       const struct rule_facts *f)
{
	if (strcmp(chain, NFT_CHAIN_PRERAW) == 0) {
		t->params.guard = true;
		t->counters.spoofed += f->packets;
		return;
	}
	if (strcmp(chain, NFT_CHAIN_POSTMANGLE) == 0) {
		t->counters.saved += f->packets;
	} else if (strcmp(chain, NFT_CHAIN_PREMANGLE) == 0) {
		t->params.restore = WGMARK_RESTORE_CONNTRACK;
		/* the rule that does not count is wg-quick's */
		t->params.compat |= !f->counts;
		t->counters.restored += f->packets;
	}
	if (f->mark) {
		t->params.fwmark = f->mark;
		t->params.mask = f->mask;
	}
}

static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	struct rule_facts f = { .mask = UINT32_MAX };
	struct nftnl_rule *r = nftnl_rule_alloc();
	const char *chain;
	int err = -ENOMEM;

	if (!r)
		return err;
	if (nftnl_rule_nlmsg_parse(nlh, r) < 0)
		goto out;
	err = -EPROTO;
	chain = nftnl_rule_get_str(r, NFTNL_RULE_CHAIN);
	if (!chain)
		goto out;
	err = 0;
	nftnl_expr_foreach(r, take_expr, &f);
	take_facts(data, chain, &f);
out:
	nftnl_rule_free(r);
	return err;
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
