/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How two states of a WireGuard device differ
 */
#ifndef WGMARK_WG_DIFF_H
#define WGMARK_WG_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "wg.h"

/**
 * struct wg_peer_diff - a peer that is not the same in both
 * @from: before, NULL if it is new
 * @to: after, NULL if it goes
 * @preshared_key: differs, or is there with a new peer
 * @endpoint: likewise; never to none, which the kernel cannot do
 * @keepalive: likewise
 * @gained: allowed IPs that it gets, from another peer perhaps
 * @gained_len: how many
 * @lost: allowed IPs that it had and nobody has after
 * @lost_len: how many
 */
struct wg_peer_diff {
	const struct wg_peer *from;
	const struct wg_peer *to;
	bool preshared_key;
	bool endpoint;
	bool keepalive;
	struct prefix *gained;
	size_t gained_len;
	struct prefix *lost;
	size_t lost_len;
};

/**
 * struct wg_diff - what is to be told to the kernel, and nothing else
 * @private_key: differs
 * @listen_port: differs
 * @peers: those that differ, new and changed ones first
 * @len: how many
 */
struct wg_diff {
	bool private_key;
	bool listen_port;
	struct wg_peer_diff *peers;
	size_t len;
};

/**
 * wg_diff() - compare
 * @d: the result; to be freed with wg_diff_free(), after an error too
 * @from: before; must outlive @d
 * @to: after, each allowed IP with one peer alone; must outlive @d
 *
 * The mark and what the kernel alone knows (handshakes, counters) do not count.
 * Takes n log n time. Return: 0 or -ENOMEM
 */
int wg_diff(struct wg_diff *d, const struct wg_device *from, const struct wg_device *to);

/** wg_diff_is_empty() - whether there is nothing to be told */
static inline bool wg_diff_is_empty(const struct wg_diff *d)
{
	return !d->private_key && !d->listen_port && !d->len;
}

/** wg_diff_free() - free what wg_diff() allocated */
void wg_diff_free(struct wg_diff *d);

/** wg_same_endpoint() - same family, address, port and scope */
bool wg_same_endpoint(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/**
 * wg_peers_sorted() - the peers of a device by public key
 *
 * Return: pointers to them, for wg_peer_find(), to be freed; NULL without memory
 */
const struct wg_peer **wg_peers_sorted(const struct wg_device *d);

/** wg_peer_find() - one of @len sorted peers by its key, or NULL; in log n */
const struct wg_peer *wg_peer_find(const struct wg_peer **sorted, size_t len,
				   const uint8_t key[static WG_KEY_LEN]);

/**
 * wg_allowed_sorted() - the allowed IPs of all peers
 * @d: the device
 * @len: how many
 *
 * Return: a copy for save_is_in(), to be freed; NULL without memory
 */
struct prefix *wg_allowed_sorted(const struct wg_device *d, size_t *len);

#endif
