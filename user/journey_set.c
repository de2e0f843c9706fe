// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a set of nft has a key, and what a verdict map says of it: the kernel knows it,
 * however many there are, also of those that come and go
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "journey.h"
#include "nft_batch.h"
#include "ruleset_expr.h"

/* An element may have its own limit, by which it is for some packets alone */
static bool is_conditional(const struct nlattr *elem)
{
	const char *expr = nft_attr_str(nft_attr(elem, NFTA_SET_ELEM_EXPR), NFTA_EXPR_NAME);

	return nft_attr(elem, NFTA_SET_ELEM_EXPRESSIONS) || (expr && strcmp(expr, "counter"));
}

/* What is not understood is left as "" */
static int take_verdict(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *list = nft_attr_top(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *elem = nft_attr(list, NFTA_LIST_ELEM);
	const struct nlattr *says = nft_attr(nft_attr(elem, NFTA_SET_ELEM_DATA), NFTA_DATA_VERDICT);
	char *verdict = data;
	struct nft_verdict v;
	FILE *out;
	int err;

	if (is_conditional(elem))
		return -EOPNOTSUPP;
	if (!says)
		return 0;
	err = nft_verdict_take(&v, says);
	if (err)
		return err == -EOPNOTSUPP ? 0 : err;
	out = fmemopen(verdict, VERDICT_LEN, "w");
	if (out) {
		nft_verdict_print(out, &v);
		err = fclose(out) ? -errno : 0;
	} else {
		err = -errno;
	}
	nft_verdict_free(&v);
	return err;
}

/* Whether a set has a key, or, without one, what all others are: "*". Return: 0 or -errno */
static int ask(struct nlsock *nft, const struct nft_ruleset_table *table, const char *set,
	       const void *key, size_t len, char verdict[static VERDICT_LEN])
{
	struct nlattr *list, *elem, *nest;
	struct nlmsghdr *nlh;

	nlh = nft_put(nft, NFT_MSG_GETSETELEM, table->family, NLM_F_ACK);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table->name);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	if (key) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
		mnl_attr_put(nlh, NFTA_DATA_VALUE, len, key);
		mnl_attr_nest_end(nlh, nest);
	} else {
		mnl_attr_put_u32(nlh, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_CATCHALL));
	}
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	return nlsock_talk(nft, take_verdict, verdict);
}

int journey_in_set(void *data, const struct nft_ruleset_table *table, const char *set,
		   const void *key, size_t len, char verdict[static VERDICT_LEN])
{
	struct kernel *k = data;
	int err;

	*verdict = '\0';
	err = ask(&k->nft, table, set, key, len, verdict);
	if (err != -ENOENT)
		return err ?: 1;
	err = ask(&k->nft, table, set, NULL, 0, verdict);
	/* before Linux 5.13 there is no "*" */
	return err == -ENOENT || err == -EINVAL ? 0 : err ?: IN_SET_BY_ALL;
}
