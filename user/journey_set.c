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

int journey_in_set(void *data, const struct nft_ruleset_table *table, const char *set,
		   const void *value, size_t len)
{
	struct nlattr *list, *elem, *key;
	struct kernel *k = data;
	struct nlmsghdr *nlh;
	int err;

	nlh = nft_put(&k->nft, NFT_MSG_GETSETELEM, table->family, NLM_F_ACK);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table->name);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(nlh, key);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	err = nlsock_talk(&k->nft, NULL, NULL);
	return err == -ENOENT ? 0 : err ?: 1;
}
