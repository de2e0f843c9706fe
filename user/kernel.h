/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The open sockets to the kernel, of this network namespace
 */
#ifndef WGMARK_KERNEL_H
#define WGMARK_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "nlsock.h"

/**
 * struct kernel - sockets and family ids
 * @rtnl: NETLINK_ROUTE
 * @genl: NETLINK_GENERIC
 * @nft: NETLINK_NETFILTER, open if @has_nft
 * @has_nft: nf_tables answers
 * @wgmark: id of the family "wgmark", 0 if the module is not there
 * @wireguard: id of the family "wireguard", 0 until wg_set.c or wg_get.c needs it
 * @text: the kernel's sentence on the request made last, or ""
 */
struct kernel {
	struct nlsock rtnl;
	struct nlsock genl;
	struct nlsock nft;
	bool has_nft;
	uint16_t wgmark;
	uint16_t wireguard;
	char text[NLSOCK_TEXT_LEN];
};

/**
 * kernel_open() - open everything
 * @k: the result; to be closed with kernel_close(), after an error too
 *
 * Changes nothing, but the kernel may load the modules wgmark and nf_tables.
 * Return: 0, -EPERM without CAP_NET_ADMIN over the network namespace, -errno
 */
int kernel_open(struct kernel *k);

/** kernel_close() - close what is open */
void kernel_close(struct kernel *k);

#endif
