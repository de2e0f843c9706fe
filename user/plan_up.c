// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "up": what makes a tunnel of a configuration
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "plan_build.h"

/* Of the outer packet: IPv6 header 40, UDP 8, WireGuard 32 */
#define OVERHEAD 80
/* RFC 791; less than that is no route's MTU */
#define MTU_MIN 68
/* The rule "lookup main" that every network namespace starts with */
#define PRIORITY_MAIN 32766

/* struct up - what the parts of the plan have in common
 * @p, @c, @s, @err: as plan_up()
 * @full: protocol versions that are a full tunnel, WGMARK_FAMILY_*
 * @ruled: those and, with LeakGuard, the others: they get rules and marks
 * @fwmark: F of the full tunnel, and the number of its table
 * @src_valid_mark: the sysctl, once nothing is left of tunnels that are gone
 */
struct up {
	struct plan *p;
	const struct config *c;
	const struct snapshot *s;
	struct plan_error *err;
	uint32_t full;
	uint32_t ruled;
	uint32_t fwmark;
	int src_valid_mark;
};

static size_t max_steps(const struct config *c, const struct snapshot *s)
{
	/* One of each type, two rules for each protocol version, one for each
	 * tunnel that is there already, and what others left behind
	 */
	size_t max = STEP_ROUTE_DEL + 2 * IP_FAMILIES + s->rules_len +
		     s->rules_gone_len + s->nft_gone_len + s->dns_stale_len + s->saved_len +
		     s->outer_len + c->address_len + c->hooks[HOOK_PRE_UP].len +
		     c->hooks[HOOK_POST_UP].len;
	size_t i;

	for (i = 0; i < c->peers_len; i++)
		max += c->peers[i].allowed_len;

	return max;
}

static uint32_t full_families(const struct config *c)
{
	const struct peer *peer;
	uint32_t full = 0;
	size_t i;

	if (c->table_mode != TABLE_AUTO)
		return 0;

	for (peer = c->peers; peer < c->peers + c->peers_len; peer++) {
		for (i = 0; i < peer->allowed_len; i++) {
			if (peer->allowed[i].len)
				continue;
			full |= peer->allowed[i].family == AF_INET ?
				WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6;
		}
	}

	return full;
}

static const char *table_name(uint32_t table)
{
	switch (table) {
	case RT_TABLE_DEFAULT:
		return "default";
	case RT_TABLE_MAIN:
		return "main";
	case RT_TABLE_LOCAL:
		return "local";
	default:
		return NULL;
	}
}

/* F, which is the table's number too, as in wg-quick(8) */
static int choose_fwmark(struct up *u)
{
	const struct rule *r;

	if (!u->full)
		return 0;

	u->fwmark = u->c->fwmark ? u->c->fwmark : u->s->free_table;
	if (table_name(u->fwmark))
		return plan_fail(u->err, -EINVAL, "FwMark = %u is also the number of the routing table %s; choose another one",
				 u->fwmark, table_name(u->fwmark));
	if (u->fwmark & ~u->c->mask)
		return plan_fail(u->err, -EINVAL, "Mask = 0x%x does not hold the mark 0x%x that a full tunnel would get; write a FwMark within the mask",
				 u->c->mask, u->fwmark);

	for (r = u->s->rules; r < u->s->rules + u->s->rules_len; r++) {
		if (r->invert && r->fwmark == u->fwmark &&
		    (r->table == u->fwmark || r->unreachable))
			return plan_fail(u->err, -EEXIST, "another tunnel's rule `not fwmark %u lookup %u' is there: choose another FwMark, or take that tunnel down (if it is gone, ip -%c rule delete priority %u)",
					 u->fwmark, u->fwmark,
					 r->family == AF_INET ? '4' : '6',
					 r->priority);
	}

	return 0;
}

/* What "ip rule add" without a priority gets: one below the lowest but 0 */
static uint32_t next_priority(const struct snapshot *s, sa_family_t family)
{
	uint32_t lowest = 0;
	const struct rule *r;

	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (r->family == family && r->priority &&
		    (!lowest || r->priority < lowest))
			lowest = r->priority;
	}

	return (lowest ? lowest : PRIORITY_MAIN) - 1;
}

/* The rule of a full tunnel that is there already, whoever made it, and not the
 * second one with that mark
 */
static bool is_other_tunnel(const struct snapshot *s, const struct rule *rule,
			    sa_family_t family)
{
	const struct rule *r;

	for (r = s->rules; r <= rule; r++) {
		if (r->family == family && r->invert && r->plain && r->fwmark &&
		    r->fwmark == rule->fwmark && r->fwmask == rule->fwmask)
			return r == rule;
	}

	return false;
}

/* The packets of the tunnels that are there already have another mark. Without
 * a rule of their own they would go into this tunnel, and this one's into
 * theirs, and so on.
 */
static void add_exemptions(struct up *u, sa_family_t family, uint32_t priority)
{
	const struct snapshot *s = u->s;
	const struct rule *r;

	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (!is_other_tunnel(s, r, family))
			continue;
		plan_add(u->p, STEP_RULE_ADD)->rule = (struct rule){
			.family = family,
			.priority = priority,
			.table = RT_TABLE_MAIN,
			.fwmark = r->fwmark,
			.fwmask = r->fwmask,
			.protocol = RTPROT_KERNEL,
			.suppress = -1,
			.plain = true,
		};
	}
}

static bool has_other_tunnel(const struct snapshot *s, sa_family_t family)
{
	const struct rule *r;

	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (is_other_tunnel(s, r, family))
			return true;
	}

	return false;
}

/* Unmarked packets look into the tunnel's table, but before that into main for
 * anything better than its default route. The rule by which the others are known
 * comes first, see rule.h; the tunnel's table is empty until all are there. A
 * protocol version that has no route into the tunnel ends there, with LeakGuard.
 */
static int add_rules(struct up *u, sa_family_t family)
{
	uint32_t priority = next_priority(u->s, family);
	uint32_t room = has_other_tunnel(u->s, family) ? 3 : 2;
	bool leads = u->full & (family == AF_INET ? WGMARK_FAMILY_IPV4 :
						    WGMARK_FAMILY_IPV6);

	/* priority 0 is the table local's */
	if (priority < room)
		return plan_fail(u->err, -EEXIST, "there is no room for %u IPv%d rules before the one of priority %u: give that one a higher priority with ip-rule(8)",
				 room, family == AF_INET ? 4 : 6, priority + 1);

	plan_add(u->p, STEP_RULE_ADD)->rule = (struct rule){
		.family = family,
		.priority = priority,
		.table = leads ? u->fwmark : RT_TABLE_UNSPEC,
		.unreachable = !leads,
		.fwmark = u->fwmark,
		.fwmask = u->c->mask,
		.protocol = RTPROT_KERNEL,
		.invert = true,
		.suppress = -1,
		.plain = true,
	};
	plan_add(u->p, STEP_RULE_ADD)->rule = (struct rule){
		.family = family,
		.priority = priority - 1,
		.table = RT_TABLE_MAIN,
		.protocol = RTPROT_KERNEL,
		.suppress = 0,
		.plain = true,
	};
	add_exemptions(u, family, priority - 2);
	return 0;
}

static uint32_t choose_mtu(const struct up *u)
{
	if (u->c->mtu)
		return u->c->mtu;
	if (u->s->endpoint_mtu < MTU_MIN + OVERHEAD)
		return MTU_MIN;
	return u->s->endpoint_mtu - OVERHEAD;
}

static bool has_ipv6_route(const struct config *c)
{
	const struct peer *peer;

	for (peer = c->peers; peer < c->peers + c->peers_len; peer++) {
		if (prefix_has_family(peer->allowed, peer->allowed_len, AF_INET6))
			return c->table_mode != TABLE_OFF;
	}

	return false;
}

static int check_ipv6(const struct up *u)
{
	bool has_address = prefix_has_family(u->c->address, u->c->address_len, AF_INET6);

	if (!u->s->no_ipv6 || (!has_address && !has_ipv6_route(u->c)))
		return 0;
	return plan_fail(u->err, -EOPNOTSUPP, "there is no IPv6 here (ipv6.disable=1, or a kernel without it): take IPv6 out of %s%s%s",
			 has_address ? "Address" : "",
			 has_address && has_ipv6_route(u->c) ? " and " : "",
			 has_ipv6_route(u->c) ? "AllowedIPs" : "");
}

static int check_mtu(const struct up *u, uint32_t mtu)
{
	if (mtu >= MTU_MIN_IPV6)
		return 0;
	if (!has_ipv6_route(u->c) &&
	    !prefix_has_family(u->c->address, u->c->address_len, AF_INET6))
		return 0;
	if (!has_ipv6_route(u->c))
		return plan_note(u->p, "the MTU is %u, and IPv6 needs %u: the tunnel does not have its IPv6 addresses",
				 mtu, MTU_MIN_IPV6);
	return plan_fail(u->err, -EOPNOTSUPP, "the MTU would be %u, and IPv6 needs %u: write MTU = %u if the way to the endpoint is wide enough, or take IPv6 out of AllowedIPs",
			 mtu, MTU_MIN_IPV6, MTU_MIN_IPV6);
}

static int check_link(const struct up *u)
{
	if (!u->s->ifindex)
		return 0;
	if (u->s->is_wireguard)
		return plan_fail(u->err, -EEXIST, "`%s' already exists; take it down first with wgmarkctl down %s",
				 u->p->ifname, u->p->ifname);

	return plan_fail(u->err, -EEXIST, "`%s' already exists and is not a WireGuard interface; give the file another name",
			 u->p->ifname);
}

/* The device, complete and with its packets marked and guarded, but without a
 * route into it
 */
static int add_device(struct up *u)
{
	size_t i;
	int ret;

	plan_add(u->p, STEP_LINK_ADD);
	plan_hooks(u->p, HOOK_PRE_UP);
	plan_add(u->p, STEP_WG_SET);
	if (u->full && !u->c->fwmark)
		plan_add(u->p, STEP_WG_FWMARK)->fwmark = u->fwmark;

	/* Before the addresses, so that none is ever unguarded */
	ret = plan_backend(u->p, u->s, u->err, u->fwmark, u->ruled);
	if (ret)
		return ret;

	for (i = 0; i < u->c->address_len; i++)
		plan_add(u->p, STEP_ADDR_ADD)->prefix = u->c->address[i];
	plan_add(u->p, STEP_LINK_UP)->mtu = choose_mtu(u);
	return check_mtu(u, choose_mtu(u));
}

static int add_dns(struct up *u)
{
	if (!u->c->dns_len && !u->c->search_len)
		return 0;
	if (u->s->dns_tool != DNS_NONE) {
		plan_add(u->p, STEP_DNS_SET)->dns = u->s->dns_tool;
		return 0;
	}
	if (u->c->require_dns)
		return plan_fail(u->err, -EOPNOTSUPP, "DNS cannot be set, as there is neither resolvconf nor a systemd-resolved that runs: install openresolv, or write #wgmark RequireDNS = no");

	return plan_note(u->p, "DNS is not set, as there is neither resolvconf nor a systemd-resolved that runs; install openresolv for it");
}

static bool has_ipv4_endpoint(const struct config *c)
{
	size_t i;

	for (i = 0; i < c->peers_len; i++) {
		if (c->peers[i].endpoint.ss_family == AF_INET)
			return true;
	}

	return false;
}

/* For all devices, or where /proc/sys is read-only for those that the peers'
 * packets come in by
 */
static int set_src_valid_mark(struct up *u)
{
	const struct src_valid_mark *m;
	struct step *step;

	if (!u->s->sysctl_readonly) {
		step = plan_add(u->p, STEP_SYSCTL_SET);
		step->sysctl.mark = (struct src_valid_mark){ .dev = "all", .value = 1 };
		step->sysctl.old = u->src_valid_mark;
		return 0;
	}
	/* IPv6 has no reverse path check */
	if (!has_ipv4_endpoint(u->c))
		return 0;
	if (!u->s->outer_len)
		return plan_fail(u->err, -EOPNOTSUPP, "/proc/sys is read-only, and no IPv4 route leads to an endpoint, whose device could be set instead: set net.ipv4.conf.all.src_valid_mark to 1 where /proc/sys can be written, as with podman run --sysctl");

	for (m = u->s->outer; m < u->s->outer + u->s->outer_len; m++) {
		if (m->value)
			continue;
		step = plan_add(u->p, STEP_SYSCTL_SET);
		step->sysctl.mark = *m;
		step->sysctl.mark.value = 1;
	}
	return plan_note(u->p, "/proc/sys is read-only: src_valid_mark is set on the devices that lead to the endpoints now; should the way move to another one, strict rp_filter drops the peers' packets");
}

static int add_routing(struct up *u)
{
	int ret = 0;

	if (u->ruled & WGMARK_FAMILY_IPV4 && u->src_valid_mark != 1)
		ret = set_src_valid_mark(u);
	if (!ret && u->ruled & WGMARK_FAMILY_IPV6)
		ret = add_rules(u, AF_INET6);
	if (!ret && u->ruled & WGMARK_FAMILY_IPV4)
		ret = add_rules(u, AF_INET);

	return ret ? ret : plan_routes(u->p, u->fwmark);
}

int plan_up(struct plan *p, const struct config *c, const struct snapshot *s,
	    struct plan_error *err)
{
	struct up u = {
		.p = p,
		.c = c,
		.s = s,
		.err = err,
		.full = full_families(c),
	};
	int ret;

	u.ruled = u.full && c->leak_guard ? WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6 : u.full;
	if (s->no_ipv6)
		u.ruled &= ~WGMARK_FAMILY_IPV6;

	ret = plan_begin(p, err, c->ifname, max_steps(c, s));
	if (ret)
		return ret;
	p->config = c;

	ret = check_link(&u);
	if (!ret)
		ret = check_ipv6(&u);
	if (!ret)
		ret = choose_fwmark(&u);
	if (!ret && s->foreign_table[0])
		ret = plan_note(p, "the nft table `%s' of another tool is there too; wgmark works beside it",
				s->foreign_table);
	if (!ret)
		ret = plan_cleanup(p, s);
	if (ret)
		return ret;

	u.src_valid_mark = plan_restore_mark(p, s, 0);
	ret = add_device(&u);
	if (!ret)
		ret = add_dns(&u);
	if (!ret)
		ret = add_routing(&u);
	if (!ret)
		plan_hooks(p, HOOK_POST_UP);

	return ret;
}
