/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of a walk: a rule, and a look-up in one routing table
 */
#ifndef WGMARK_WALK_PART_H
#define WGMARK_WALK_PART_H

#include "walk.h"

/** Of the loopback device, the first of every namespace; packets of this machine have it. */
#define WALK_LOOPBACK 1

/**
 * struct walk_key - what is looked up
 * @family: AF_INET or AF_INET6
 * @to: destination
 * @from: source, family 0 for none
 * @iif: device, WALK_LOOPBACK for a packet of this machine
 * @oif: device that it has to leave by, 0 for any
 * @mark: fwmark
 * @uid: UINT32_MAX for none
 * @proto: IPPROTO_*
 * @any_proto: which it is was not said
 * @sport: 0 for none
 * @dport: 0 for none
 * @vrf: device of the VRF that it belongs to, 0 for none
 * @vrf_table: its table
 * @strict: IPv6, and only routes by @oif count
 */
struct walk_key {
	sa_family_t family;
	struct prefix to;
	struct prefix from;
	uint32_t iif;
	uint32_t oif;
	uint32_t mark;
	uint32_t uid;
	uint8_t proto;
	bool any_proto;
	uint16_t sport;
	uint16_t dport;
	uint32_t vrf;
	uint32_t vrf_table;
	bool strict;
};

/**
 * struct walk_match - what was found
 * @route: NULL if nothing was
 * @hop: index in @route->hops
 * @several: see struct walk
 * @unsure: likewise
 */
struct walk_match {
	const struct fib_route *route;
	size_t hop;
	bool several;
	bool unsure;
};

/**
 * walk_table4() - the route of an IPv4 table
 * @f: the namespace's routing
 * @k: what is looked up
 * @table: where
 * @merged: in local and main as one table
 * @m: the result
 */
void walk_table4(const struct fib *f, const struct walk_key *k, uint32_t table, bool merged,
		 struct walk_match *m);

/** walk_table6() - the route of an IPv6 table */
void walk_table6(const struct fib *f, const struct walk_key *k, uint32_t table,
		 struct walk_match *m);

/** walk_error() - the error of a route's type, 0 for one that packets go by */
int walk_error(uint8_t type);

/**
 * walk_rule_reason() - whether a rule applies, and if not, why
 * @f: the namespace's routing
 * @r: the rule
 * @k: the packet
 * @vrf_table: struct fib_lookup_arg's table: 0 until a rule gets as far as to ask for the VRF
 */
enum walk_reason walk_rule_reason(const struct fib *f, const struct fib_rule *r,
				  const struct walk_key *k, uint32_t *vrf_table);

/** walk_set_vrf() - the VRF of a packet whose device is this one, which may be NULL */
void walk_set_vrf(const struct fib *f, const struct fib_link *l, struct walk_key *k);

/** walk_rule_names_vrf() - whether a rule names the device of the VRF that the packet belongs to */
bool walk_rule_names_vrf(const struct fib *f, const struct fib_rule *r, const struct walk_key *k);

/**
 * walk_rule_is_open() - whether all of a rule matches but what it asks of the protocol and
 *	the ports, and that is not known
 */
bool walk_rule_is_open(const struct fib *f, const struct fib_rule *r, const struct walk_key *k);

/** walk_is_merged() - whether local and main are one; fib_unmerge() of net/ipv4/fib_frontend.c */
bool walk_is_merged(const struct fib *f);

/** walk_lookup() - over all rules. Return: 0 or -ENOMEM */
int walk_lookup(const struct fib *f, const struct walk_key *k, struct walk *w);

/**
 * walk_before() - what IPv4 refuses before it asks the rules
 * @f: the namespace's routing
 * @flow: the packet
 * @err: the error that it gets
 */
enum walk_beside walk_before(const struct fib *f, const struct flow *flow, int *err);

/** walk_is_own() - whether an address is one of this machine's, by its routes */
bool walk_is_own(const struct fib *f, const struct prefix *addr);

/** walk_after() - what IPv4 makes of the answer of the rules */
void walk_after(const struct flow *flow, const struct walk_key *k, struct walk *w);

/** walk_same_way() - routes to one destination that the kernel chooses between */
static inline bool walk_same_way(const struct fib_route *a, const struct fib_route *b)
{
	return a->table == b->table && a->metric == b->metric && a->tos == b->tos &&
	       a->type == b->type && prefix_equal(&a->dst, &b->dst) && a->src.len == b->src.len;
}

#endif
