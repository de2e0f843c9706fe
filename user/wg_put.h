/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of the messages to WireGuard, for wg_set.c and wg_sync.c alone
 */
#ifndef WGMARK_WG_PUT_H
#define WGMARK_WG_PUT_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "addr.h"
#include "kernel.h"

/* A message is closed once it is so long; far below 64 KiB, where the nested
 * attribute that holds all peers would overflow its 16 bit length.
 */
#define WG_MSG_FULL 32768

/* More than a peer's attributes without allowed IPs, and than one of those. */
#define WG_PEER_ROOM 512
#define WG_ALLOWED_ROOM 64

/** wg_put_set() - begin a message that sets something of a device */
struct nlmsghdr *wg_put_set(struct kernel *k, uint32_t ifindex);

/** wg_put_endpoint() - a peer's endpoint, if it has one */
void wg_put_endpoint(struct nlmsghdr *nlh, const struct sockaddr_storage *endpoint);

/** wg_put_allowed() - one allowed IP, within WGPEER_A_ALLOWEDIPS */
void wg_put_allowed(struct nlmsghdr *nlh, const struct prefix *p);

#endif
