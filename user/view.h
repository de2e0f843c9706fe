/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The live tunnels, gathered from everywhere for "show"
 */
#ifndef WGMARK_VIEW_H
#define WGMARK_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "kernel.h"
#include "kmod.h"
#include "rtnl.h"
#include "wg.h"

/** Base64 of a key, with the NUL. */
#define KEY_TEXT_LEN 45

/** "[ADDR]:PORT", with the NUL. */
#define ENDPOINT_TEXT_LEN (INET6_ADDRSTRLEN + sizeof("[]:65535"))

/**
 * struct view - one WireGuard device
 * @link: the device
 * @dev: its WireGuard part
 * @backend: "kmod", "nft" or "none"
 * @params: as the backend has them; @mask is 0 with "none"
 * @counters: of the backend
 * @guarded: addresses that the backend guards
 * @guarded_len: how many
 * @sources: local addresses and ports that the module has learned
 * @sources_len: how many
 * @unguarded: addresses of the device, other than link-local ones, that it
 *	ought to guard and does not: with nft, later ones that were not used yet
 * @unguarded_len: how many
 * @table: routing table of the full tunnel, 0 for none
 * @elsewhere: its UDP socket is in another network namespace, from where it was moved here
 *	and to which its own packets go; by view_find_sockets() alone
 */
struct view {
	struct link link;
	struct wg_device dev;
	const char *backend;
	struct tunnel_params params;
	struct counters counters;
	struct prefix *guarded;
	size_t guarded_len;
	struct sockaddr_storage *sources;
	size_t sources_len;
	struct prefix *unguarded;
	size_t unguarded_len;
	uint32_t table;
	bool elsewhere;
};

/**
 * view_take() - read every tunnel
 * @k: kernel
 * @ifname: only this one, or NULL for all
 * @list: the result; to be freed with view_free(), after an error too
 * @len: how many
 *
 * Return: 0; -ENODEV if @ifname is no WireGuard device; or -errno
 */
int view_take(struct kernel *k, const char *ifname, struct view **list, size_t *len);

/**
 * view_find_sockets() - find devices whose sockets are not here
 * @list: from view_take()
 * @len: how many
 *
 * A kernel that does not tell (no CONFIG_INET_UDP_DIAG) has them all here.
 */
void view_find_sockets(struct view *list, size_t len);

/** view_free() - free what view_take() allocated */
void view_free(struct view *list, size_t len);

/** view_print() - write one tunnel for people */
void view_print(FILE *out, const struct view *v);

/** view_print_json() - write all as a JSON array */
void view_print_json(FILE *out, const struct view *list, size_t len);

/** key_text() - a key in base64. Return: @text */
const char *key_text(const uint8_t key[static WG_KEY_LEN],
		     char text[static KEY_TEXT_LEN]);

/** endpoint_text() - an address and a port; "" for none. Return: @text */
const char *endpoint_text(const struct sockaddr_storage *ss,
			  char text[static ENDPOINT_TEXT_LEN]);

#endif
