// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a rule applies: fib_rule_match() of net/core/fib_rules.c, fib4_rule_match() and
 * fib6_rule_match()
 */
#include <netinet/in.h>
#include <string.h>

#include "walk_part.h"

/* A name that no device has now matches none. */
static bool device_matches(const struct fib *f, const char *name, uint32_t ifindex)
{
	const struct fib_link *l;

	if (!name[0])
		return true;
	l = fib_link_named(f, name);
	return l && l->ifindex == ifindex;
}

/* Such a rule was for all of the VRF's packets before Linux 5.18, and is so again since 6.15
 * (2d300ce0b783, "net: fib_rules: Fix iif / oif matching on L3 master device").
 */
bool walk_rule_names_vrf(const struct fib *f, const struct fib_rule *r, const struct walk_key *k)
{
	return k->vrf && ((r->iif[0] && device_matches(f, r->iif, k->vrf)) ||
			  (r->oif[0] && device_matches(f, r->oif, k->vrf)));
}

static bool port_matches(const uint16_t range[2], uint16_t port)
{
	return (!range[0] && !range[1]) || (port >= range[0] && port <= range[1]);
}

/* A packet without a source has 0.0.0.0 for IPv4, and for IPv6 one that is in no prefix */
static bool source_matches(const struct fib_rule *r, const struct walk_key *k)
{
	static const struct prefix none = { .family = AF_INET, .len = 32 };

	if (!r->src.len)
		return true;
	if (k->from.family)
		return prefix_covers(&r->src, &k->from);
	return k->family == AF_INET && prefix_covers(&r->src, &none);
}

static enum walk_reason mismatch(const struct fib *f, const struct fib_rule *r,
				 const struct walk_key *k, uint32_t *vrf_table)
{
	if (!device_matches(f, r->iif, k->iif))
		return WALK_IIF;
	if (!device_matches(f, r->oif, k->oif))
		return WALK_OIF;
	if ((r->mark ^ k->mark) & r->mask)
		return WALK_MARK;
	if (r->l3mdev) {
		if (!k->vrf_table)
			return WALK_L3MDEV;
		*vrf_table = k->vrf_table;
	}
	if (r->has_uids && (k->uid < r->uids[0] || k->uid > r->uids[1]))
		return WALK_UID;
	if (!source_matches(r, k))
		return WALK_SRC;
	if (r->dst.len && !prefix_covers(&r->dst, &k->to))
		return WALK_DST;
	if (r->tos)
		return WALK_TOS;
	if (r->proto && r->proto != k->proto)
		return WALK_PROTO;
	if (!port_matches(r->sport, k->sport))
		return WALK_SPORT;
	if (!port_matches(r->dport, k->dport))
		return WALK_DPORT;
	return WALK_APPLIES;
}

enum walk_reason walk_rule_reason(const struct fib *f, const struct fib_rule *r,
				  const struct walk_key *k, uint32_t *vrf_table)
{
	enum walk_reason reason = mismatch(f, r, k, vrf_table);

	if (reason == WALK_APPLIES && r->unknown)
		return WALK_UNKNOWN;
	if (r->invert)
		return reason == WALK_APPLIES ? WALK_INVERTED : WALK_APPLIES;
	return reason;
}

/* Whether a port that is not known may be in the range; @none: there are no ports */
static bool port_is_open(const uint16_t range[2], uint16_t port, bool none)
{
	return range[1] && !port && !none;
}

bool walk_rule_is_open(const struct fib *f, const struct fib_rule *r, const struct walk_key *k)
{
	bool portless = k->proto != IPPROTO_UDP && k->proto != IPPROTO_TCP && !k->any_proto;
	bool sport = port_is_open(r->sport, k->sport, portless);
	bool dport = port_is_open(r->dport, k->dport, portless);
	bool proto = r->proto && k->any_proto;
	struct fib_rule rest = *r;
	uint32_t vrf_table = 0;

	if (!proto && !sport && !dport)
		return false;
	if (proto)
		rest.proto = 0;
	if (sport)
		memset(rest.sport, 0, sizeof(rest.sport));
	if (dport)
		memset(rest.dport, 0, sizeof(rest.dport));
	return mismatch(f, &rest, k, &vrf_table) == WALK_APPLIES;
}
