// SPDX-License-Identifier: GPL-2.0
/*
 * Read all nftables rules: tables, chains, sets and rules of one generation. Not by
 * libnftnl, for the reasons that nft_attr.h gives.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "list.h"
#include "nft.h"
#include "nft_batch.h"
#include "ruleset_purpose.h"

/* As often as a dump that keeps changing is tried: nlsock.c */
#define TRIES 16

/**
 * struct reading - the ruleset as it comes in
 * @r: the result
 * @sets: all sets
 * @sets_len: how many
 * @set: whose elements come
 * @table: whose rules came last
 * @first: the first of its sets
 * @first_len: how many there are
 * @chain: index of the chain whose rules came last
 * @generation: of the ruleset
 */
struct reading {
	struct ruleset *r;
	struct nft_set *sets;
	size_t sets_len;
	struct nft_set *set;
	const struct nft_ruleset_table *table;
	struct nft_set *first;
	size_t first_len;
	size_t chain;
	uint32_t generation;
};

static uint8_t family_of(const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);

	return head->nfgen_family;
}

/* A text of a message into @out, cut where it is too long. Return: whether it is there */
static bool top_str(const struct nlmsghdr *nlh, uint16_t type, char *out, size_t size)
{
	const struct nlattr *attr = nft_attr_top(nlh, type);

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return false;
	snprintf(out, size, "%s", mnl_attr_get_str(attr));
	return true;
}

static uint32_t top_u32(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = nft_attr_top(nlh, type);

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return 0;
	return ntohl(mnl_attr_get_u32(attr));
}

static int take_generation(const struct nlmsghdr *nlh, void *data)
{
	struct reading *reading = data;

	reading->generation = top_u32(nlh, NFTA_GEN_ID);
	return 0;
}

static int take_table(const struct nlmsghdr *nlh, void *data)
{
	struct nft_ruleset_table table = { .family = family_of(nlh) };
	struct reading *reading = data;

	if (!top_str(nlh, NFTA_TABLE_NAME, table.name, sizeof(table.name)))
		return -EPROTO;
	table.is_dormant = top_u32(nlh, NFTA_TABLE_FLAGS) & NFT_TABLE_F_DORMANT;
	table_name_owner(&table);
	return list_append(&reading->r->tables, &reading->r->len, &table, sizeof(table));
}

/* What came after the tables were read is of the next generation */
static struct nft_ruleset_table *table_of(struct reading *reading,
					  const struct nlmsghdr *nlh, uint16_t type)
{
	struct ruleset *r = reading->r;
	char name[sizeof(r->tables->name)];
	size_t i;

	if (!top_str(nlh, type, name, sizeof(name)))
		return NULL;
	for (i = 0; i < r->len; i++) {
		if (r->tables[i].family == family_of(nlh) &&
		    strcmp(r->tables[i].name, name) == 0)
			return &r->tables[i];
	}
	return NULL;
}

static int take_chain(const struct nlmsghdr *nlh, void *data)
{
	struct nft_ruleset_table *table = table_of(data, nlh, NFTA_CHAIN_TABLE);
	const struct nlattr *hook = nft_attr_top(nlh, NFTA_CHAIN_HOOK);
	struct nft_chain chain = { 0 };

	if (!top_str(nlh, NFTA_CHAIN_NAME, chain.name, sizeof(chain.name)))
		return -EPROTO;
	if (!table)
		return 0;
	if (hook) {
		chain.is_base = !table->is_dormant;
		chain.hook = nft_attr_u32(hook, NFTA_HOOK_HOOKNUM, UINT32_MAX);
		chain.priority = nft_attr_u32(hook, NFTA_HOOK_PRIORITY, 0);
		chain.drops = nft_attr_top(nlh, NFTA_CHAIN_POLICY) &&
			      top_u32(nlh, NFTA_CHAIN_POLICY) == NF_DROP;
		top_str(nlh, NFTA_CHAIN_TYPE, chain.type, sizeof(chain.type));
	}
	return list_append(&table->chains, &table->chains_len, &chain, sizeof(chain));
}

static int take_set(const struct nlmsghdr *nlh, void *data)
{
	struct nft_set set = { .family = family_of(nlh) };
	struct reading *reading = data;

	if (!top_str(nlh, NFTA_SET_TABLE, set.table, sizeof(set.table)) ||
	    !top_str(nlh, NFTA_SET_NAME, set.name, sizeof(set.name)))
		return -EPROTO;
	set.flags = top_u32(nlh, NFTA_SET_FLAGS);
	set.key_len = top_u32(nlh, NFTA_SET_KEY_LEN);
	set.is_vmap = set.flags & NFT_SET_MAP &&
		      top_u32(nlh, NFTA_SET_DATA_TYPE) == NFT_DATA_VERDICT;
	set.is_odd = set.key_len > NFT_VALUE_MAX || (set.flags & NFT_SET_MAP && !set.is_vmap) ||
		     set.flags & (NFT_SET_OBJECT | NFT_SET_TIMEOUT);
	return list_append(&reading->sets, &reading->sets_len, &set, sizeof(set));
}

/* What a verdict map says of an element; of where a range ends it says nothing */
static int take_elem_verdict(struct nft_elem *elem, const struct nlattr *attr,
			     struct nft_set *set)
{
	const struct nlattr *data = nft_attr(attr, NFTA_SET_ELEM_DATA);
	int err;

	if (!set->is_vmap || elem->is_end)
		return 0;
	err = nft_verdict_take(&elem->verdict, nft_attr(data, NFTA_DATA_VERDICT));
	set->is_odd |= err == -EOPNOTSUPP;
	return err == -EOPNOTSUPP ? 0 : err;
}

static int take_elem(const struct nlattr *attr, struct nft_set *set)
{
	struct nft_elem elem = { 0 };
	const struct nlattr *part;
	uint16_t type;
	size_t len;
	int err;

	len = nft_attr_value(attr, NFTA_SET_ELEM_KEY, elem.value);
	if (nft_attr_value(attr, NFTA_SET_ELEM_KEY_END, elem.last) != len)
		memcpy(elem.last, elem.value, sizeof(elem.last));
	mnl_attr_for_each_nested(part, attr) {
		type = mnl_attr_get_type(part);
		if (type != NFTA_SET_ELEM_KEY && type != NFTA_SET_ELEM_KEY_END &&
		    type != NFTA_SET_ELEM_FLAGS &&
		    (type != NFTA_SET_ELEM_DATA || !set->is_vmap))
			set->is_odd = true;
	}
	if (len != set->key_len)
		set->is_odd = true;
	elem.is_end = nft_attr_u32(attr, NFTA_SET_ELEM_FLAGS, 0) & NFT_SET_ELEM_INTERVAL_END;
	err = take_elem_verdict(&elem, attr, set) ?:
	      list_append(&set->elems, &set->elems_len, &elem, sizeof(elem));
	if (err)
		nft_verdict_free(&elem.verdict);
	return err;
}

static int take_elems(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *elems = nft_attr_top(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct reading *reading = data;
	const struct nlattr *elem;
	int err = 0;

	if (!elems)
		return 0;
	mnl_attr_for_each_nested(elem, elems) {
		err = take_elem(elem, reading->set);
		if (err)
			break;
	}
	return err;
}

/* User data is of records: type, length, and as many bytes. */
static char *comment_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr = nft_attr_top(nlh, NFTA_RULE_USERDATA);
	const unsigned char *data;
	char *comment;
	size_t len;

	if (!attr)
		return NULL;
	data = mnl_attr_get_payload(attr);
	len = mnl_attr_get_payload_len(attr);
	while (len >= 2 && len - 2 >= data[1]) {
		if (data[0] == NFTNL_UDATA_RULE_COMMENT) {
			comment = strndup((const char *)data + 2, data[1]);
			return comment ? nft_clean(comment, false) : NULL;
		}
		len -= 2 + data[1];
		data += 2 + data[1];
	}
	return NULL;
}

static int compare_tables(const struct nft_set *a, uint8_t family, const char *table)
{
	return a->family != family ? a->family - family : strcmp(a->table, table);
}

static int compare_sets(const void *a, const void *b)
{
	const struct nft_set *x = a, *y = b;

	return compare_tables(x, y->family, y->table) ?: strcmp(x->name, y->name);
}

/* The sets of one table stand together. Many rules of it come one after the other */
static void find_sets(struct reading *reading, const struct nft_ruleset_table *table)
{
	struct nft_set *sets = reading->sets;
	size_t i;

	if (reading->table == table)
		return;
	reading->table = table;
	reading->first_len = 0;
	for (i = 0; i < reading->sets_len; i++) {
		if (compare_tables(&sets[i], table->family, table->name))
			continue;
		if (!reading->first_len)
			reading->first = &sets[i];
		reading->first_len++;
	}
}

/* The kernel lists the rules of one chain together, and the chains in their order */
static struct nft_chain *chain_named(struct reading *reading, struct nft_ruleset_table *table,
				     const char *name)
{
	size_t i;

	for (i = 0; i < table->chains_len; i++, reading->chain++) {
		if (reading->chain >= table->chains_len)
			reading->chain = 0;
		if (strcmp(table->chains[reading->chain].name, name) == 0)
			return &table->chains[reading->chain];
	}
	return NULL;
}

static int take_stmts(struct reading *reading, const struct nft_ruleset_table *table,
		      const struct nft_chain *chain, const struct nlmsghdr *nlh,
		      struct nft_rule *rule)
{
	const struct nlattr *exprs = nft_attr_top(nlh, NFTA_RULE_EXPRESSIONS);
	struct nft_stmts s = { .family = table->family, .comment = comment_of(nlh) };
	int err = 0;

	find_sets(reading, table);
	if (exprs)
		err = nft_stmts_take(&s, exprs, reading->first, reading->first_len);
	if (!err) {
		nft_stmts_hide(&s);
		rule->text = nft_stmts_text(&s);
		err = rule->text ? rule_understand(rule, table, chain, &s) : -ENOMEM;
	}
	nft_stmts_free(&s);
	return err;
}

static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	struct nft_ruleset_table *table = table_of(data, nlh, NFTA_RULE_TABLE);
	const struct nlattr *handle = nft_attr_top(nlh, NFTA_RULE_HANDLE);
	char name[sizeof(table->chains->name)];
	struct nft_rule rule = { 0 };
	struct nft_chain *chain;
	int err;

	if (!top_str(nlh, NFTA_RULE_CHAIN, name, sizeof(name)) || !handle ||
	    mnl_attr_validate(handle, MNL_TYPE_U64) < 0)
		return -EPROTO;
	chain = table ? chain_named(data, table, name) : NULL;
	if (!chain)
		return 0;
	rule.handle = be64toh(mnl_attr_get_u64(handle));
	err = take_stmts(data, table, chain, nlh, &rule);
	if (!err)
		err = list_append(&chain->rules, &chain->rules_len, &rule, sizeof(rule));
	if (err) {
		free(rule.text);
		free(rule.purpose);
	}
	return err;
}

static void free_chain(struct nft_chain *chain)
{
	size_t i;

	for (i = 0; i < chain->rules_len; i++) {
		free(chain->rules[i].text);
		free(chain->rules[i].purpose);
	}
	free(chain->rules);
	free(chain->purpose);
}

void ruleset_free(struct ruleset *r)
{
	size_t i, j;

	for (i = 0; i < r->len; i++) {
		for (j = 0; j < r->tables[i].chains_len; j++)
			free_chain(&r->tables[i].chains[j]);
		free(r->tables[i].chains);
		free(r->tables[i].purpose);
	}
	free(r->tables);
	*r = (struct ruleset){ 0 };
}

static void reset_tables(void *data)
{
	struct reading *reading = data;

	ruleset_free(reading->r);
}

static void reset_chains(void *data)
{
	struct reading *reading = data;
	size_t i;

	for (i = 0; i < reading->r->len; i++) {
		free(reading->r->tables[i].chains);
		reading->r->tables[i].chains = NULL;
		reading->r->tables[i].chains_len = 0;
	}
}

static void reset_sets(void *data)
{
	struct reading *reading = data;
	size_t i;

	for (i = 0; i < reading->sets_len; i++)
		nft_elems_free(&reading->sets[i]);
	free(reading->sets);
	reading->sets = NULL;
	reading->sets_len = 0;
	reading->table = NULL;
}

static void reset_elems(void *data)
{
	struct reading *reading = data;

	nft_elems_free(reading->set);
}

static void reset_rules(void *data)
{
	struct reading *reading = data;
	struct nft_chain *chain;
	size_t i, j;

	for (i = 0; i < reading->r->len; i++) {
		for (j = 0; j < reading->r->tables[i].chains_len; j++) {
			chain = &reading->r->tables[i].chains[j];
			free_chain(chain);
			chain->rules = NULL;
			chain->rules_len = 0;
			chain->purpose = NULL;
		}
	}
}

static int read_elems(struct kernel *k, struct reading *reading)
{
	struct nlmsghdr *nlh;
	int err = 0;
	size_t i;

	for (i = 0; i < reading->sets_len && !err; i++) {
		reading->set = &reading->sets[i];
		if (!(reading->set->flags & NFT_SET_ANONYMOUS) || reading->set->is_odd)
			continue;
		nlh = nft_put(&k->nft, NFT_MSG_GETSETELEM, reading->set->family, 0);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, reading->set->table);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, reading->set->name);
		err = nlsock_dump(&k->nft, take_elems, reset_elems, reading);
	}
	return err;
}

static int read_generation(struct kernel *k, struct reading *reading, uint32_t *generation)
{
	int err;

	nft_put(&k->nft, NFT_MSG_GETGEN, AF_UNSPEC, NLM_F_ACK);
	err = nlsock_talk(&k->nft, take_generation, reading);
	*generation = reading->generation;
	return err;
}

static int read_all(struct kernel *k, struct reading *reading)
{
	int err;

	nft_put(&k->nft, NFT_MSG_GETTABLE, AF_UNSPEC, 0);
	err = nlsock_dump(&k->nft, take_table, reset_tables, reading);
	if (err)
		return err;
	nft_put(&k->nft, NFT_MSG_GETCHAIN, AF_UNSPEC, 0);
	err = nlsock_dump(&k->nft, take_chain, reset_chains, reading);
	if (err)
		return err;
	nft_put(&k->nft, NFT_MSG_GETSET, AF_UNSPEC, 0);
	err = nlsock_dump(&k->nft, take_set, reset_sets, reading);
	if (!err)
		err = read_elems(k, reading);
	if (err)
		return err;
	if (reading->sets_len)
		qsort(reading->sets, reading->sets_len, sizeof(*reading->sets), compare_sets);
	nft_put(&k->nft, NFT_MSG_GETRULE, AF_UNSPEC, 0);
	return nlsock_dump(&k->nft, take_rule, reset_rules, reading);
}

int ruleset_read(struct kernel *k, struct ruleset *r)
{
	struct reading reading = { .r = r };
	uint32_t before, after;
	int err = 0, i;

	*r = (struct ruleset){ 0 };
	for (i = 0; i < TRIES; i++) {
		err = read_generation(k, &reading, &before);
		if (!err)
			err = read_all(k, &reading);
		reset_sets(&reading);
		/* a set that went with its table: then it is another generation */
		if (err && err != -ENOENT)
			return err;
		if (read_generation(k, &reading, &after) == 0 && before == after)
			return err;
		ruleset_free(r);
		err = -EINTR;
	}
	return err;
}

/* Only now, as the kernel has been asked by the names as they are */
static void clean_names(struct ruleset *r)
{
	struct nft_ruleset_table *t;
	struct nft_chain *c;

	for (t = r->tables; t < r->tables + r->len; t++) {
		nft_clean(t->name, true);
		for (c = t->chains; c < t->chains + t->chains_len; c++)
			nft_clean(c->name, true);
	}
}

/* The file has a line for each table. Where it cannot be read, there are none */
static bool has_legacy(const char *path)
{
	size_t len = 0;

	free(file_read(path, &len));
	return len;
}

int ruleset_take(struct kernel *k, struct ruleset *r)
{
	int err = 0;

	*r = (struct ruleset){ 0 };
	if (k->has_nft)
		err = ruleset_read(k, r);
	if (err)
		return err;
	/* reading empties it first */
	r->legacy[IPV4] = has_legacy("/proc/net/ip_tables_names");
	r->legacy[IPV6] = has_legacy("/proc/net/ip6_tables_names");
	if (!r->len)
		return 0;
	clean_names(r);
	return ruleset_understand(k, r);
}
