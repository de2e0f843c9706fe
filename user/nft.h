/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backend that works by nftables rules
 *
 * A tunnel NAME has a table "wgmark-NAME" in each of its families, with the
 * chains preraw, premangle and postmangle, as render.h writes them. The table's
 * comment says which device it is for, as that can get another name.
 */
#ifndef WGMARK_NFT_H
#define WGMARK_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "kernel.h"
#include "kmod.h"
#include "tunnel.h"

/** What the name of each of our tables begins with. */
#define NFT_TABLE_PREFIX "wgmark-"

/* Places that the set of guarded addresses has beyond those of the file, for what
 * the tunnel gets later. The kernel makes room for all of them at once.
 */
#define NFT_GUARDED_MORE 1024

/** Room for the name of any table (NFT_NAME_MAXLEN). */
#define NFT_TABLE_LEN 256

/**
 * struct nft_table - a table
 * @family: AF_INET, AF_INET6 or another NFPROTO_*
 * @name: its name
 * @ifindex: the tunnel's device if the table is one of ours, else 0
 */
struct nft_table {
	sa_family_t family;
	char name[NFT_TABLE_LEN];
	uint32_t ifindex;
};

/**
 * struct nft_tunnel - a tunnel as its tables have it
 * @params: @fwmark and @mask are 0 where no rule has them
 * @guarded: the addresses that were guarded at "up", of both families
 * @guarded_len: how many
 * @counters: sums of both families
 */
struct nft_tunnel {
	struct tunnel_params params;
	struct prefix *guarded;
	size_t guarded_len;
	struct counters counters;
};

/* nft.c */

/** nft_open() - open the socket if nf_tables answers. Return: 0 or -errno */
int nft_open(struct kernel *k);

/**
 * nft_tunnel_add() - make a tunnel's tables, all in one transaction
 * @k: kernel, with nf_tables
 * @ifname: names the tables
 * @ifindex: the device
 * @params: what to do
 * @addrs: addresses of either family; link-local ones are left out
 * @len: how many
 *
 * Return: 0; -EEXIST if a table is there; or -errno, and nothing was done
 */
int nft_tunnel_add(struct kernel *k, const char *ifname, uint32_t ifindex,
		   const struct tunnel_params *params,
		   const struct prefix *addrs, size_t len);

/**
 * nft_tunnel_set() - put other tables in the place of a tunnel's, in one transaction
 * @k: kernel, with nf_tables
 * @ifname: names the tables
 * @families: those that have one before
 * @ifindex: the device
 * @params: what to do
 * @addrs: as nft_tunnel_add()
 * @len: how many
 *
 * No packet meets neither. Counters begin anew. Return: as nft_tunnel_add()
 */
int nft_tunnel_set(struct kernel *k, const char *ifname, uint32_t families,
		   uint32_t ifindex, const struct tunnel_params *params,
		   const struct prefix *addrs, size_t len);

/** nft_guard_add() - guard one more address in a tunnel's table */
int nft_guard_add(struct kernel *k, const char *ifname, const struct prefix *addr);

/** nft_guard_del() - guard it no more; -ENOENT */
int nft_guard_del(struct kernel *k, const char *ifname, const struct prefix *addr);

/** nft_tunnel_del() - delete a tunnel's tables, all in one transaction */
int nft_tunnel_del(struct kernel *k, const struct nft_tables *t);

/* nft_read.c */

/**
 * nft_table_list() - every table
 * @k: kernel, with nf_tables
 * @list: the result; to be freed with free()
 * @len: how many
 */
int nft_table_list(struct kernel *k, struct nft_table **list, size_t *len);

/**
 * nft_guarded() - append the addresses of a table's set "guarded"
 * @k: kernel, with nf_tables
 * @t: the table
 * @list: array made by list_room(), to be freed with free()
 * @len: how many are in it
 *
 * Return: 0, also if there is no such set; or -errno
 */
int nft_guarded(struct kernel *k, const struct nft_table *t,
		struct prefix **list, size_t *len);

/**
 * nft_tables_of() - the tables of one device among all
 * @list: from nft_table_list()
 * @len: how many
 * @ifindex: the device
 */
struct nft_tables nft_tables_of(const struct nft_table *list, size_t len,
				uint32_t ifindex);

/**
 * nft_tunnel_get() - what a tunnel's tables say
 * @k: kernel, with nf_tables
 * @tables: the tables, at least one
 * @t: the result; to be freed with nft_tunnel_free(), after an error too
 *
 * Return: 0 or -errno
 */
int nft_tunnel_get(struct kernel *k, const struct nft_tables *tables,
		   struct nft_tunnel *t);

/** nft_tunnel_free() - free what nft_tunnel_get() allocated */
void nft_tunnel_free(struct nft_tunnel *t);

#endif
