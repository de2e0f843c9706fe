/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WireGuard's own generic netlink family, <linux/wireguard.h>
 */
#ifndef WGMARK_WG_H
#define WGMARK_WG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "addr.h"
#include "config.h"
#include "kernel.h"

/**
 * struct wg_peer - a peer as the kernel has it
 * @public_key: raw
 * @preshared_key: raw, all zero for none
 * @endpoint: ss_family 0 for none
 * @handshake: seconds since 1970 of the latest handshake, 0 for none
 * @keepalive: seconds, 0 for off
 * @rx: bytes received
 * @tx: bytes sent
 * @allowed: allowed IPs
 * @allowed_len: how many
 */
struct wg_peer {
	uint8_t public_key[WG_KEY_LEN];
	uint8_t preshared_key[WG_KEY_LEN];
	struct sockaddr_storage endpoint;
	int64_t handshake;
	uint16_t keepalive;
	uint64_t rx;
	uint64_t tx;
	struct prefix *allowed;
	size_t allowed_len;
};

/**
 * struct wg_device - a WireGuard device as the kernel has it
 * @private_key: raw, all zero for none
 * @public_key: raw, all zero without a private key
 * @listen_port: host byte order
 * @fwmark: 0 for none
 * @peers: peers
 * @peers_len: how many
 */
struct wg_device {
	uint8_t private_key[WG_KEY_LEN];
	uint8_t public_key[WG_KEY_LEN];
	uint16_t listen_port;
	uint32_t fwmark;
	struct wg_peer *peers;
	size_t peers_len;
};

/**
 * wg_find() - look the family up, once
 * @k: kernel; @wireguard is set
 *
 * It is there once the module is loaded, at the latest with a device.
 * Return: 0, -ENOENT or -errno
 */
int wg_find(struct kernel *k);

/**
 * wg_set() - give a device its keys, port, mark and peers
 * @k: kernel
 * @ifindex: the device
 * @c: what to set; keys that the file lacks are left as they are, its peers
 *	replace those of the device
 *
 * Takes as many messages as it needs; a failure of a later one leaves what the
 * earlier ones did. Return: 0 or -errno
 */
int wg_set(struct kernel *k, uint32_t ifindex, const struct config *c);

/** wg_set_fwmark() - set the mark alone. Return: 0 or -errno */
int wg_set_fwmark(struct kernel *k, uint32_t ifindex, uint32_t fwmark);

/**
 * wg_sync() - change what differs, and leave alone what does not
 * @k: kernel
 * @ifindex: the device
 * @from: what it has
 * @to: what it is to have, each allowed IP with one peer alone
 *
 * Sessions go on, but those of peers that go; with another private key all end.
 * An allowed IP goes from one peer to another without a moment in between.
 * Return: 0; or -errno, and all is as it was but for the sessions of such peers
 */
int wg_sync(struct kernel *k, uint32_t ifindex, const struct wg_device *from,
	    const struct wg_device *to);

/**
 * wg_keepalive() - have each peer with a session be sent a packet, which is empty
 * @k: kernel
 * @ifindex: the device
 *
 * So that conntrack knows the mark that a connection has now. Returns when they
 * have left, at the latest after two fifths of a second.
 * Return: 0 or -errno
 */
int wg_keepalive(struct kernel *k, uint32_t ifindex);

/**
 * wg_get() - read a device
 * @k: kernel
 * @ifindex: the device
 * @d: the result; to be freed with wg_device_free(), after an error too
 *
 * Return: 0, -ENODEV, -EOPNOTSUPP if it is no WireGuard device, or -errno
 */
int wg_get(struct kernel *k, uint32_t ifindex, struct wg_device *d);

/** wg_device_free() - free what wg_get() allocated; wipes the keys */
void wg_device_free(struct wg_device *d);

#endif
