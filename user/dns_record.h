/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which records of resolvconf(8) are a tunnel's
 *
 * A record outlives its interface, and keeps its name when the interface gets
 * another one. So what "up" has set is kept, see state.h, until it is taken back.
 */
#ifndef WGMARK_DNS_RECORD_H
#define WGMARK_DNS_RECORD_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "nlsock.h"

/**
 * struct dns_record - one of them
 * @ifname: the interface's name at "up"
 * @ifindex: its index
 */
struct dns_record {
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
};

/** dns_record_keep() - before it is made. Return: 0 or -errno */
int dns_record_keep(const char *ifname, uint32_t ifindex);

/** dns_record_drop() - once it is gone. Return: 0 or -errno */
int dns_record_drop(const char *ifname);

/**
 * dns_record_stale() - records whose name no device has
 * @rtnl: socket
 * @down: the device that goes down, 0 for none
 * @list: of devices that are gone, and of @down under another name; to be freed
 *	with free(), after an error too
 * @len: how many
 *
 * The record of a device that was renamed stays as long as the device.
 * Return: 0 or -errno
 */
int dns_record_stale(struct nlsock *rtnl, uint32_t down, struct dns_record **list,
		     size_t *len);

#endif
