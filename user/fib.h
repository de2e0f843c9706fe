/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The routing of a namespace, all of it, and the kernel's own decisions
 *
 * rtnl.h has the routes and rules that wgmark makes; this has whatever is there, to be
 * explained. Lists are in the kernel's order.
 */
#ifndef WGMARK_FIB_H
#define WGMARK_FIB_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "nlsock.h"

/**
 * struct flow - a packet, as the routing rules see it
 * @family: AF_INET or AF_INET6
 * @to: destination, a whole address
 * @from: source; family 0 while none is chosen, as for a packet of this machine
 * @iif: index of the device that it comes in by, 0 for one of this machine
 * @oif: index of the device that its socket is bound to, 0 for none
 * @mark: fwmark
 * @has_uid: @uid is known
 * @uid: of the socket's owner
 * @proto: IPPROTO_*, 0 for unknown
 * @sport: host byte order, 0 for unknown
 * @dport: likewise
 */
struct flow {
	sa_family_t family;
	struct prefix to;
	struct prefix from;
	uint32_t iif;
	uint32_t oif;
	uint32_t mark;
	bool has_uid;
	uint32_t uid;
	uint8_t proto;
	uint16_t sport;
	uint16_t dport;
};

/**
 * struct fib_rule - a policy routing rule, with all that ip-rule(8) can say
 * @family: AF_INET or AF_INET6
 * @priority: FRA_PRIORITY
 * @action: FR_ACT_*
 * @table: for FR_ACT_TO_TBL
 * @target: priority that FR_ACT_GOTO goes on with
 * @invert: FIB_RULE_INVERT, the "not"
 * @src: family 0 for all
 * @dst: family 0 for all
 * @iif: device that it comes in by, "lo" for packets of this machine; "" for any
 * @oif: device that its socket is bound to; "" for any
 * @mark: FRA_FWMARK
 * @mask: FRA_FWMASK, 0 for any mark
 * @tos: 0 for any
 * @proto: IPPROTO_*, 0 for any
 * @sport: first and last, 0 and 0 for any; host byte order
 * @dport: likewise
 * @has_uids: @uids is given
 * @uids: first and last
 * @l3mdev: FRA_L3MDEV
 * @suppress: FRA_SUPPRESS_PREFIXLEN, -1 for none
 * @suppress_group: FRA_SUPPRESS_IFGROUP, -1 for none
 * @protocol: RTPROT_*, who made it
 * @unknown: it has something that is not in here, and may apply or not
 */
struct fib_rule {
	sa_family_t family;
	uint32_t priority;
	uint8_t action;
	uint32_t table;
	uint32_t target;
	bool invert;
	struct prefix src;
	struct prefix dst;
	char iif[IF_NAMESIZE];
	char oif[IF_NAMESIZE];
	uint32_t mark;
	uint32_t mask;
	uint8_t tos;
	uint8_t proto;
	uint16_t sport[2];
	uint16_t dport[2];
	bool has_uids;
	uint32_t uids[2];
	bool l3mdev;
	int suppress;
	int suppress_group;
	uint8_t protocol;
	bool unknown;
};

/** Next hops of one route that are kept. */
#define FIB_HOPS_MAX 8

/**
 * struct fib_hop - one way of a route
 * @ifindex: device, 0 for none
 * @via: gateway of either family, family 0 for none
 * @dead: RTNH_F_DEAD, which the kernel also says of a device without carrier where
 *	ignore_routes_with_linkdown is set
 */
struct fib_hop {
	uint32_t ifindex;
	struct prefix via;
	bool dead;
};

/**
 * struct fib_route - a route
 * @dst: destination
 * @src: IPv6's "from", family 0 for none
 * @table: its table
 * @type: RTN_*
 * @scope: RT_SCOPE_*
 * @protocol: RTPROT_*
 * @tos: IPv4's, 0 for any
 * @metric: RTA_PRIORITY
 * @pref: IPv6's router preference, RTA_PREF: ICMPV6_ROUTER_PREF_*
 * @prefsrc: family 0 for none
 * @mtu: RTAX_MTU, 0 for none
 * @hops: ways; those of a nexthop object too
 * @hops_len: how many
 * @nexthop: RTA_NH_ID, 0 for none
 */
struct fib_route {
	struct prefix dst;
	struct prefix src;
	uint32_t table;
	uint8_t type;
	uint8_t scope;
	uint8_t protocol;
	uint8_t tos;
	uint32_t metric;
	uint8_t pref;
	struct prefix prefsrc;
	uint32_t mtu;
	struct fib_hop hops[FIB_HOPS_MAX];
	size_t hops_len;
	uint32_t nexthop;
};

/**
 * struct fib_link - a device
 * @ifindex: its index
 * @name: its name
 * @kind: IFLA_INFO_KIND, or ""
 * @group: IFLA_GROUP
 * @mtu: bytes
 * @is_up: IFF_UP
 * @has_carrier: IFF_LOWER_UP
 * @master: index of its bridge, bond or VRF, 0 for none
 * @vrf_table: of a VRF, else 0
 * @rp_filter: IPv4's of the device alone (conf/DEV): 0 off, 1 strict, 2 loose
 * @src_valid_mark: likewise
 * @forwarding: likewise; what comes in by it is forwarded
 * @accept_local: likewise; it takes packets from this machine's own addresses
 * @send_redirects: likewise
 */
struct fib_link {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	char kind[16];
	uint32_t group;
	uint32_t mtu;
	bool is_up;
	bool has_carrier;
	uint32_t master;
	uint32_t vrf_table;
	int rp_filter;
	int src_valid_mark;
	int forwarding;
	int accept_local;
	int send_redirects;
};

/**
 * struct fib - a namespace's routing
 * @rules: of both families, each in the order that the kernel looks at them
 * @rules_len: how many
 * @routes: of all tables; those to the same destination in the kernel's order
 * @routes_len: how many
 * @links: devices
 * @links_len: how many
 * @rp_filter: IPv4's conf/all
 * @src_valid_mark: IPv4's conf/all; this and the two below are in /proc/sys alone, -1
 *	where that cannot be read
 * @accept_local: likewise
 * @send_redirects: likewise
 * @forwarding6: IPv6's conf/all, by which it forwards what comes in by any device; likewise
 */
struct fib {
	struct fib_rule *rules;
	size_t rules_len;
	struct fib_route *routes;
	size_t routes_len;
	struct fib_link *links;
	size_t links_len;
	int rp_filter;
	int src_valid_mark;
	int accept_local;
	int send_redirects;
	int forwarding6;
};

/**
 * struct fib_answer - the kernel's decision
 * @err: 0; or what the kernel said, -ENETUNREACH, -EACCES, -EINVAL ...
 * @type: RTN_* if @err is 0
 * @ifindex: device that the packet leaves by, or "lo"'s if it is for this machine
 * @via: gateway, family 0 for none
 * @prefsrc: source that the kernel chooses, family 0 for none
 * @table: of the route
 * @dst: destination of the route in the table (RTM_F_FIB_MATCH), family 0 if not known
 */
struct fib_answer {
	int err;
	uint8_t type;
	uint32_t ifindex;
	struct prefix via;
	struct prefix prefsrc;
	uint32_t table;
	struct prefix dst;
};

/**
 * fib_take() - read everything
 * @s: a NETLINK_ROUTE socket
 * @f: the result; to be freed with fib_free(), after an error too
 *
 * Return: 0 or -errno
 */
int fib_take(struct nlsock *s, struct fib *f);

/** fib_free() - free what fib_take() allocated */
void fib_free(struct fib *f);

/**
 * fib_ask() - have the kernel decide (RTM_GETROUTE)
 * @s: a NETLINK_ROUTE socket
 * @flow: the packet
 * @a: its decision, one that says no included
 *
 * Return: 0, or -errno if it could not be asked
 */
int fib_ask(struct nlsock *s, const struct flow *flow, struct fib_answer *a);

/** fib_link() - a device by its index, NULL if it is not there */
const struct fib_link *fib_link(const struct fib *f, uint32_t ifindex);

/** fib_is_local() - whether it is an address of this machine, by the table "local" */
bool fib_is_local(const struct fib *f, const struct prefix *addr);

/** fib_link_named() - a device by its name, NULL if it is not there */
const struct fib_link *fib_link_named(const struct fib *f, const char *name);

/** Room for any rule or route as text. */
#define FIB_TEXT_LEN 1024

/** fib_rule_text() - a rule as ip-rule(8) writes it, without its priority. Return: @text */
const char *fib_rule_text(const struct fib_rule *r, char *text, size_t size);

/**
 * fib_route_text() - a route as ip-route(8) writes it, on one line
 *
 * Without its table, and what is not in struct fib_route. Return: @text
 */
const char *fib_route_text(const struct fib *f, const struct fib_route *r, char *text, size_t size);

#endif
