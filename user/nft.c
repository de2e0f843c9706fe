// SPDX-License-Identifier: GPL-2.0
/*
 * Make and delete a tunnel's nft tables
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>

#include "nft.h"
#include "nft_batch.h"

/* nft(8)'s numbers for the types of set keys, for its listings. */
#define NFT_TYPE_IPADDR 7
#define NFT_TYPE_IP6ADDR 8

/* Elements in one message, far below 64 KiB. */
#define ELEMS_MAX 512

struct nlmsghdr *nft_put(struct nlsock *s, uint8_t type, sa_family_t family,
			 uint16_t flags)
{
	struct nfgenmsg head = { .nfgen_family = family, .version = NFNETLINK_V0 };

	return nlsock_put(s, NFNL_SUBSYS_NFTABLES << 8 | type, flags, &head,
			  sizeof(head));
}

int nft_open(struct kernel *k)
{
	int err;

	k->has_nft = false;
	err = nlsock_open(&k->nft, NETLINK_NETFILTER, k->text);
	if (err == -EPROTONOSUPPORT)
		return 0;
	if (err)
		return err;
	nft_put(&k->nft, NFT_MSG_GETGEN, AF_UNSPEC, NLM_F_ACK);
	err = nlsock_talk(&k->nft, NULL, NULL);
	k->has_nft = !err;
	/* any other error means that nf_tables is not there */
	return err == -EPERM ? err : 0;
}

static void put_batch(struct nlsock *s, uint16_t type)
{
	struct nfgenmsg head = {
		.nfgen_family = AF_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htons(NFNL_SUBSYS_NFTABLES),
	};

	nlsock_put(s, type, 0, &head, sizeof(head));
}

static void set_comment(struct nft_batch *b, struct nftnl_table *t, uint32_t ifindex)
{
	struct nftnl_udata_buf *u = nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN);
	char comment[64];

	b->nomem |= !u;
	if (!u)
		return;
	snprintf(comment, sizeof(comment), NFT_TABLE_COMMENT, ifindex);
	nftnl_udata_put_strz(u, NFTNL_UDATA_TABLE_COMMENT, comment);
	b->nomem |= nftnl_table_set_data(t, NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(u),
					 nftnl_udata_buf_len(u)) < 0;
	nftnl_udata_buf_free(u);
}

static void put_table(struct nft_batch *b, uint32_t ifindex)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct nlmsghdr *nlh;

	b->nomem |= !t;
	if (!t)
		return;
	b->nomem |= nftnl_table_set_str(t, NFTNL_TABLE_NAME, b->table) < 0;
	set_comment(b, t, ifindex);
	nlh = nft_put(b->s, NFT_MSG_NEWTABLE, b->family,
		      NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	nftnl_table_nlmsg_build_payload(nlh, t);
	nftnl_table_free(t);
}

static void put_chain(struct nft_batch *b, const char *name, uint32_t hook,
		      int32_t priority)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	struct nlmsghdr *nlh;

	b->nomem |= !c;
	if (!c)
		return;
	b->nomem |= nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, b->table) < 0;
	b->nomem |= nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name) < 0;
	b->nomem |= nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter") < 0;
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nlh = nft_put(b->s, NFT_MSG_NEWCHAIN, b->family,
		      NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	nftnl_chain_nlmsg_build_payload(nlh, c);
	nftnl_chain_free(c);
}

/* The set as libnftnl has it, for its own message and for its elements'. */
static struct nftnl_set *make_set(struct nft_batch *b)
{
	bool v4 = b->family == AF_INET;
	struct nftnl_set *set = nftnl_set_alloc();

	b->nomem |= !set;
	if (!set)
		return NULL;
	b->nomem |= nftnl_set_set_str(set, NFTNL_SET_TABLE, b->table) < 0;
	b->nomem |= nftnl_set_set_str(set, NFTNL_SET_NAME, NFT_SET_GUARDED) < 0;
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, b->family);
	nftnl_set_set_u32(set, NFTNL_SET_ID, 1);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE,
			  v4 ? NFT_TYPE_IPADDR : NFT_TYPE_IP6ADDR);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN,
			  v4 ? sizeof(struct in_addr) : sizeof(struct in6_addr));
	return set;
}

/* @len: addresses of the file */
static void put_set(struct nft_batch *b, size_t len)
{
	struct nftnl_set *set = make_set(b);
	struct nlmsghdr *nlh;

	if (!set)
		return;
	if (b->follow) {
		nftnl_set_set_u32(set, NFTNL_SET_FLAGS, NFT_SET_EVAL);
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, len + NFT_GUARDED_MORE);
	}
	nlh = nft_put(b->s, NFT_MSG_NEWSET, b->family,
		      NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	nftnl_set_nlmsg_build_payload(nlh, set);
	nftnl_set_free(set);
}

/* One message of elements. Return: how many of @addrs it has taken or skipped */
static size_t put_elems(struct nft_batch *b, uint8_t type, const struct prefix *addrs,
			size_t len)
{
	struct nftnl_set *set = make_set(b);
	struct nftnl_set_elem *elem;
	size_t i, count = 0;
	struct nlmsghdr *nlh;

	if (!set)
		return len;
	for (i = 0; i < len && count < ELEMS_MAX; i++) {
		if (addrs[i].family != b->family || prefix_is_linklocal(&addrs[i]))
			continue;
		elem = nftnl_set_elem_alloc();
		if (!elem) {
			b->nomem = true;
			break;
		}
		b->nomem |= nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, &addrs[i].v6,
					       prefix_bytes(&addrs[i])) < 0;
		nftnl_set_elem_add(set, elem);
		count++;
	}
	if (count) {
		nlh = nft_put(b->s, type, b->family,
			      NLM_F_ACK | (type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0));
		nftnl_set_elems_nlmsg_build_payload(nlh, set);
	}
	nftnl_set_free(set);
	return b->nomem ? len : i;
}

static void put_family(struct nft_batch *b, uint32_t ifindex,
		       const struct tunnel_params *params,
		       const struct prefix *addrs, size_t len)
{
	size_t done = 0;

	put_table(b, ifindex);
	if (params->guard) {
		put_set(b, len);
		while (done < len)
			done += put_elems(b, NFT_MSG_NEWSETELEM, addrs + done, len - done);
		put_chain(b, NFT_CHAIN_PRERAW, NF_INET_PRE_ROUTING, NF_IP_PRI_RAW);
		nft_put_preraw(b, ifindex);
	}
	if (b->follow) {
		put_chain(b, NFT_CHAIN_POSTRAW, NF_INET_POST_ROUTING, NF_IP_PRI_RAW);
		nft_put_postraw(b, ifindex);
	}
	if (params->restore == WGMARK_RESTORE_CONNTRACK) {
		put_chain(b, NFT_CHAIN_PREMANGLE, NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE);
		nft_put_premangle(b, params);
		put_chain(b, NFT_CHAIN_POSTMANGLE, NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE);
		nft_put_postmangle(b, params);
	}
}

static void put_deltable(struct nft_batch *b)
{
	struct nlmsghdr *nlh = nft_put(b->s, NFT_MSG_DELTABLE, b->family, NLM_F_ACK);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, b->table);
}

/* Room for the name of a tunnel's table */
#define TABLE_LEN (sizeof(NFT_TABLE_PREFIX) + IF_NAMESIZE)

static void begin_batch(struct nft_batch *b, struct kernel *k, char table[static TABLE_LEN],
			const char *ifname)
{
	snprintf(table, TABLE_LEN, NFT_TABLE_PREFIX "%s", ifname);
	*b = (struct nft_batch){ .s = &k->nft, .table = table };
	put_batch(b->s, NFNL_MSG_BATCH_BEGIN);
}

static int end_batch(struct nft_batch *b)
{
	put_batch(b->s, NFNL_MSG_BATCH_END);
	b->s->nomem |= b->nomem;
	return nlsock_talk(b->s, NULL, NULL);
}

static void put_tables(struct nft_batch *b, uint32_t ifindex,
		       const struct tunnel_params *params,
		       const struct prefix *addrs, size_t len)
{
	/* wg-quick's rules do not */
	b->follow = params->guard && !params->compat;
	if (params->families & WGMARK_FAMILY_IPV4) {
		b->family = AF_INET;
		put_family(b, ifindex, params, addrs, len);
	}
	if (params->families & WGMARK_FAMILY_IPV6) {
		b->family = AF_INET6;
		put_family(b, ifindex, params, addrs, len);
	}
}

static void put_deltables(struct nft_batch *b, uint32_t families)
{
	if (families & WGMARK_FAMILY_IPV4) {
		b->family = AF_INET;
		put_deltable(b);
	}
	if (families & WGMARK_FAMILY_IPV6) {
		b->family = AF_INET6;
		put_deltable(b);
	}
}

int nft_tunnel_add(struct kernel *k, const char *ifname, uint32_t ifindex,
		   const struct tunnel_params *params,
		   const struct prefix *addrs, size_t len)
{
	char table[TABLE_LEN];
	struct nft_batch b;

	begin_batch(&b, k, table, ifname);
	put_tables(&b, ifindex, params, addrs, len);
	return end_batch(&b);
}

int nft_tunnel_set(struct kernel *k, const char *ifname, uint32_t families,
		   uint32_t ifindex, const struct tunnel_params *params,
		   const struct prefix *addrs, size_t len)
{
	char table[TABLE_LEN];
	struct nft_batch b;

	begin_batch(&b, k, table, ifname);
	put_deltables(&b, families);
	put_tables(&b, ifindex, params, addrs, len);
	return end_batch(&b);
}

static int change_guard(struct kernel *k, const char *ifname, uint8_t type,
			const struct prefix *addr)
{
	char table[TABLE_LEN];
	struct nft_batch b;

	begin_batch(&b, k, table, ifname);
	b.family = addr->family;
	put_elems(&b, type, addr, 1);
	return end_batch(&b);
}

int nft_guard_add(struct kernel *k, const char *ifname, const struct prefix *addr)
{
	return change_guard(k, ifname, NFT_MSG_NEWSETELEM, addr);
}

int nft_guard_del(struct kernel *k, const char *ifname, const struct prefix *addr)
{
	return change_guard(k, ifname, NFT_MSG_DELSETELEM, addr);
}

int nft_tunnel_del(struct kernel *k, const struct nft_tables *t)
{
	char table[TABLE_LEN];
	struct nft_batch b;

	begin_batch(&b, k, table, t->name);
	put_deltables(&b, t->families);
	return end_batch(&b);
}
