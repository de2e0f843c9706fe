// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a set of nft has a value: the kernel knows it, however many there are, also of
 * those that come and go
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>

#include "journey.h"
#include "nft_batch.h"

/* Whether a set has a value, or, without one, what all others are: "*". Return: 0 or -errno */
static int ask(struct nlsock *nft, const struct nft_ruleset_table *table, const char *set,
	       const void *value, size_t len)
{
	struct nlattr *list, *elem, *key;
	struct nlmsghdr *nlh;

	nlh = nft_put(nft, NFT_MSG_GETSETELEM, table->family, NLM_F_ACK);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table->name);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	if (value) {
		key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
		mnl_attr_put(nlh, NFTA_DATA_VALUE, len, value);
		mnl_attr_nest_end(nlh, key);
	} else {
		mnl_attr_put_u32(nlh, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_CATCHALL));
	}
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	return nlsock_talk(nft, NULL, NULL);
}

int journey_in_set(void *data, const struct nft_ruleset_table *table, const char *set,
		   const void *value, size_t len)
{
	struct kernel *k = data;
	int err = ask(&k->nft, table, set, value, len);

	if (err != -ENOENT)
		return err ?: 1;
	err = ask(&k->nft, table, set, NULL, 0);
	/* before Linux 5.13 there is no "*" */
	return err == -ENOENT || err == -EINVAL ? 0 : err ?: IN_SET_BY_ALL;
}
