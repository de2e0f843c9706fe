/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's generic netlink family, include/wgmark.yaml
 */
#ifndef WGMARK_KMOD_H
#define WGMARK_KMOD_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "addr.h"
#include "kernel.h"
#include "tunnel.h"

/**
 * struct counters - what a backend did for a tunnel
 * @spoofed: packets dropped
 * @restored: packets given the mark
 * @saved: conntrack entries given the mark
 */
struct counters {
	uint64_t spoofed;
	uint64_t restored;
	uint64_t saved;
};

/**
 * struct kmod_tunnel - a tunnel of the module
 * @ifindex: its device
 * @ifname: the device's name
 * @params: as configured
 * @sources: local addresses and ports that it has learned
 * @sources_len: how many
 * @guarded: the addresses guarded now
 * @guarded_len: how many
 * @counters: since it was configured
 */
struct kmod_tunnel {
	uint32_t ifindex;
	char ifname[IF_NAMESIZE];
	struct tunnel_params params;
	struct sockaddr_storage *sources;
	size_t sources_len;
	struct prefix *guarded;
	size_t guarded_len;
	struct counters counters;
};

/** kmod_open() - find the family, if the module is there. Return: 0 or -errno */
int kmod_open(struct kernel *k);

/** kmod_tunnel_new() - configure a device as a tunnel; -EEXIST and the like */
int kmod_tunnel_new(struct kernel *k, uint32_t ifindex,
		    const struct tunnel_params *params);

/** kmod_tunnel_set() - change a tunnel in place, without a gap; -ENOENT */
int kmod_tunnel_set(struct kernel *k, uint32_t ifindex,
		    const struct tunnel_params *params);

/** kmod_tunnel_del() - the device is no tunnel any more; -ENOENT */
int kmod_tunnel_del(struct kernel *k, uint32_t ifindex);

/** kmod_tunnel_get() - whether the device is a tunnel; 0, -ENOENT or -errno */
int kmod_tunnel_get(struct kernel *k, uint32_t ifindex);

/**
 * kmod_tunnel_list() - every tunnel of this network namespace
 * @k: kernel, with the module
 * @list: the result; to be freed with kmod_tunnel_list_free()
 * @len: how many
 *
 * Return: 0 or -errno
 */
int kmod_tunnel_list(struct kernel *k, struct kmod_tunnel **list, size_t *len);

/**
 * kmod_tunnel_take() - read a message about a tunnel, or one of several about it
 * @nlh: the message, of TUNNEL_GET or an event
 * @t: where it is added to; @guarded and @sources are to be freed
 *
 * Return: 0, -EPROTO or -ENOMEM
 */
int kmod_tunnel_take(const struct nlmsghdr *nlh, struct kmod_tunnel *t);

/** kmod_tunnel_list_free() - free a list */
void kmod_tunnel_list_free(struct kmod_tunnel *list, size_t len);

#endif
