/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links, addresses, routes and rules over rtnetlink
 *
 * @s is always a NETLINK_ROUTE socket. Errors are the kernel's -errno; its
 * sentence is in @s->text. Lists are to be freed with free().
 */
#ifndef WGMARK_RTNL_H
#define WGMARK_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "nlsock.h"
#include "rule.h"

/** The link kind of WireGuard, IFLA_INFO_KIND. */
#define RTNL_KIND_WIREGUARD "wireguard"

/**
 * struct link - a network device
 * @ifindex: its index
 * @mtu: bytes
 * @is_up: IFF_UP
 * @name: its name
 * @kind: IFLA_INFO_KIND, or ""
 */
struct link {
	uint32_t ifindex;
	uint32_t mtu;
	bool is_up;
	char name[IF_NAMESIZE];
	char kind[16];
};

/**
 * struct route - a route to a device, as "up" makes it
 * @dst: destination
 * @table: routing table
 */
struct route {
	struct prefix dst;
	uint32_t table;
};

/* rtnl_link.c */

/**
 * rtnl_link_get() - look a device up
 * @s: socket
 * @out: the result
 * @ifname: its name, or NULL to ask by @ifindex
 * @ifindex: its index
 *
 * Return: 0, -ENODEV or -errno
 */
int rtnl_link_get(struct nlsock *s, struct link *out, const char *ifname,
		  uint32_t ifindex);

/** rtnl_link_list() - every WireGuard device, in the kernel's order */
int rtnl_link_list(struct nlsock *s, struct link **list, size_t *len);

/** rtnl_link_add() - create a WireGuard device; -EEXIST, -EOPNOTSUPP */
int rtnl_link_add(struct nlsock *s, const char *ifname);

/** rtnl_link_del() - delete a device */
int rtnl_link_del(struct nlsock *s, uint32_t ifindex);

/** rtnl_link_up() - set the MTU and bring the device up, in one request */
int rtnl_link_up(struct nlsock *s, uint32_t ifindex, uint32_t mtu);

/** rtnl_link_mtu() - set the MTU alone */
int rtnl_link_mtu(struct nlsock *s, uint32_t ifindex, uint32_t mtu);

/* rtnl_inet.c */

/**
 * rtnl_strict_rp_filter() - whether some device filters by strict reverse path
 *
 * The kernel takes the higher of conf/all and conf/DEV; 1 is strict. The
 * loopback device is left out.
 */
int rtnl_strict_rp_filter(struct nlsock *s, bool *strict);

/** rtnl_src_valid_mark_get() - conf/DEV/src_valid_mark of a device; -ENODEV */
int rtnl_src_valid_mark_get(struct nlsock *s, uint32_t ifindex, int *value);

/** rtnl_src_valid_mark_set() - set it, without /proc/sys; -ENODEV */
int rtnl_src_valid_mark_set(struct nlsock *s, uint32_t ifindex, int value);

/* rtnl_addr.c */

/** rtnl_addr_add() - give a device an address */
int rtnl_addr_add(struct nlsock *s, uint32_t ifindex, const struct prefix *p);

/** rtnl_addr_del() - take it away, if it is there */
int rtnl_addr_del(struct nlsock *s, uint32_t ifindex, const struct prefix *p);

/**
 * rtnl_addr_source() - the address that the kernel takes if it needs one of a device
 * @s: the socket
 * @ifindex: the device
 * @family: AF_INET or AF_INET6
 * @first: the first one, or else one as the source for what leaves by it
 * @addr: the result
 *
 * Return: 0; -EADDRNOTAVAIL if it is one of several, or another device's; or -errno
 */
int rtnl_addr_source(struct nlsock *s, uint32_t ifindex, sa_family_t family, bool first,
		     struct prefix *addr);

/** rtnl_addr_list() - the addresses of a device */
int rtnl_addr_list(struct nlsock *s, uint32_t ifindex, struct prefix **list,
		   size_t *len);

/* rtnl_route.c */

/** rtnl_route_add() - route @dst to a device; -EEXIST */
int rtnl_route_add(struct nlsock *s, uint32_t ifindex, const struct prefix *dst,
		   uint32_t table);

/** rtnl_route_del() - take a route that rtnl_route_add() made away; -ESRCH */
int rtnl_route_del(struct nlsock *s, uint32_t ifindex, const struct prefix *dst,
		   uint32_t table);

/**
 * rtnl_route_list() - the routes to a device that rtnl_route_add() makes
 *
 * Of all tables and both families; not the kernel's own, nor those with a
 * gateway or, for IPv4, a metric.
 */
int rtnl_route_list(struct nlsock *s, uint32_t ifindex, struct route **list,
		    size_t *len);

/**
 * rtnl_route_mtu() - MTU on the way to an address
 * @s: socket
 * @dst: the address
 * @mark: of the packets that go there
 * @mtu: of the route, else of its device
 *
 * Return: 0, -ENETUNREACH and the like where there is no way
 */
int rtnl_route_mtu(struct nlsock *s, const struct prefix *dst, uint32_t mark,
		   uint32_t *mtu);

/** rtnl_route_device() - the device on the way to an address; -ENETUNREACH */
int rtnl_route_device(struct nlsock *s, const struct prefix *dst, uint32_t mark,
		      uint32_t *ifindex);

/** rtnl_default_mtu() - MTU of IPv4's default route; -ENETUNREACH */
int rtnl_default_mtu(struct nlsock *s, uint32_t *mtu);

/** rtnl_table_empty() - whether a table of AF_INET or AF_INET6 has no route */
int rtnl_table_empty(struct nlsock *s, sa_family_t family, uint32_t table,
		     bool *empty);

/** Default routes of one table that are looked at. */
#define RTNL_DEFAULTS_MAX 8

/**
 * rtnl_table_defaults() - the devices that a table's default routes lead to
 * @s: socket
 * @table: the table, of both families
 * @ifindex: the devices, the first RTNL_DEFAULTS_MAX
 * @len: how many
 */
int rtnl_table_defaults(struct nlsock *s, uint32_t table,
			uint32_t ifindex[static RTNL_DEFAULTS_MAX], size_t *len);

/* rtnl_rule.c */

/** rtnl_rule_add() - add a routing rule, with just what struct rule has */
int rtnl_rule_add(struct nlsock *s, const struct rule *r);

/** rtnl_rule_del() - delete it; -ENOENT */
int rtnl_rule_del(struct nlsock *s, const struct rule *r);

/** rtnl_rule_list() - the rules of both families */
int rtnl_rule_list(struct nlsock *s, struct rule **list, size_t *len);

#endif
