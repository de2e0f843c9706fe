/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tunnel that is up, as far as "reload" can change it
 */
#ifndef WGMARK_LIVE_H
#define WGMARK_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "dns.h"
#include "kernel.h"
#include "rtnl.h"
#include "snapshot.h"
#include "tunnel.h"
#include "wg.h"

/**
 * struct live - the device of a tunnel and what leads into it
 * @mtu: bytes
 * @wg: keys, port and peers
 * @address: addresses, in the kernel's order: of an IPv4 subnet the primary one first
 * @address_len: how many
 * @routes: those of rtnl_route_list()
 * @routes_len: how many
 * @backend: who marks and guards, BACKEND_AUTO if nobody does
 * @params: how
 * @guarded: what the nft tables guard
 * @guarded_len: how many
 * @dns: its servers and domains
 */
struct live {
	uint32_t mtu;
	struct wg_device wg;
	struct prefix *address;
	size_t address_len;
	struct route *routes;
	size_t routes_len;
	enum backend backend;
	struct tunnel_params params;
	struct prefix *guarded;
	size_t guarded_len;
	struct dns dns;
};

/**
 * live_take() - read a tunnel
 * @l: the result; to be freed with live_free(), after an error too
 * @k: open sockets
 * @ifname: its name
 * @s: the machine, which says what device it is; if none, or not a tunnel,
 *	nothing is read
 *
 * Changes nothing. Return: 0, or -errno after a message on stderr
 */
int live_take(struct live *l, struct kernel *k, const char *ifname,
	      const struct snapshot *s);

/** live_free() - free what live_take() allocated; wipes the keys */
void live_free(struct live *l);

#endif
