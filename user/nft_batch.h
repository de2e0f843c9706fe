/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The messages of nf_tables, for nft*.c alone
 */
#ifndef WGMARK_NFT_BATCH_H
#define WGMARK_NFT_BATCH_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "nlsock.h"
#include "tunnel.h"

/* Shown by "nft list ruleset": who may delete the table, and for which device
 * it is, by index.
 */
#define NFT_TABLE_COMMENT "wgmarkctl(8), interface %" PRIu32

/* Names in our tables. */
#define NFT_SET_GUARDED "guarded"
#define NFT_CHAIN_PRERAW "preraw"
#define NFT_CHAIN_POSTRAW "postraw"
#define NFT_CHAIN_PREMANGLE "premangle"
#define NFT_CHAIN_POSTMANGLE "postmangle"

/**
 * struct nft_batch - one table that is being built
 * @s: socket
 * @family: AF_INET or AF_INET6
 * @table: its name
 * @follow: addresses that the tunnel gets later are guarded too, once they are used
 * @nomem: libnftnl got no memory; the batch must not be sent
 */
struct nft_batch {
	struct nlsock *s;
	sa_family_t family;
	const char *table;
	bool follow;
	bool nomem;
};

/**
 * nft_put() - begin a message to nf_tables
 * @s: NETLINK_NETFILTER
 * @type: NFT_MSG_*
 * @family: of the table
 * @flags: as nlsock_put()
 */
struct nlmsghdr *nft_put(struct nlsock *s, uint8_t type, sa_family_t family,
			 uint16_t flags);

/* nft_rules.c: one chain's rules each */

/**
 * nft_put_preraw() - drop what comes from outside @ifindex to a guarded address
 * @b: the table, with the set of guarded addresses
 * @ifindex: the tunnel
 *
 * Where they are followed, an address of the tunnel becomes guarded when a
 * packet comes for it out of the tunnel.
 */
void nft_put_preraw(struct nft_batch *b, uint32_t ifindex);

/** nft_put_postraw() - likewise when a packet leaves from it into the tunnel */
void nft_put_postraw(struct nft_batch *b, uint32_t ifindex);

/** nft_put_premangle() - give replies the mark back */
void nft_put_premangle(struct nft_batch *b, const struct tunnel_params *params);

/** nft_put_postmangle() - keep the mark with the connection */
void nft_put_postmangle(struct nft_batch *b, const struct tunnel_params *params);

#endif
