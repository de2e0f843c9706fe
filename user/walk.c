// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet over the policy routing rules
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "list.h"
#include "walk_part.h"

void walk_set_vrf(const struct fib *f, const struct fib_link *l, struct walk_key *k)
{
	if (l && l->master && !l->vrf_table)
		l = fib_link(f, l->master);
	if (!l || !l->vrf_table)
		return;
	k->vrf = l->ifindex;
	k->vrf_table = l->vrf_table;
}

/* l3mdev_update_flow() of net/l3mdev/l3mdev.c; bound to a VRF itself is bound to nothing */
static void find_vrf(const struct fib *f, struct walk_key *k)
{
	uint32_t ifindex = k->oif ?: k->iif != WALK_LOOPBACK ? k->iif : 0;

	walk_set_vrf(f, fib_link(f, ifindex), k);
	if (k->vrf == ifindex)
		k->oif = 0;
}

/* rt6_need_strict() of net/ipv6/route.c */
static bool need_device(const struct prefix *p)
{
	return p->family == AF_INET6 &&
	       (IN6_IS_ADDR_MULTICAST(&p->v6) || IN6_IS_ADDR_LINKLOCAL(&p->v6) ||
		IN6_IS_ADDR_LOOPBACK(&p->v6));
}

static struct walk_key make_key(const struct fib *f, const struct flow *flow)
{
	struct walk_key k = {
		.family = flow->family,
		.to = flow->to,
		.from = flow->from,
		.iif = flow->iif ?: WALK_LOOPBACK,
		.oif = flow->iif ? 0 : flow->oif,
		.mark = flow->mark,
		/* what comes in is root's */
		.uid = flow->iif ? 0 : flow->has_uid ? flow->uid : UINT32_MAX,
		.proto = flow->proto,
		.any_proto = !flow->proto,
		.sport = flow->sport,
		.dport = flow->dport,
	};

	if (!k.proto && k.family == AF_INET)
		k.proto = IPPROTO_UDP;
	k.strict = need_device(&k.to) || (k.oif && !k.from.family);
	find_vrf(f, &k);
	return k;
}

/* fib_has_custom_rules of struct netns_ipv4: what every namespace begins with */
bool walk_is_merged(const struct fib *f)
{
	static const struct fib_rule first[] = {
		{ .table = RT_TABLE_LOCAL, .priority = 0 },
		{ .table = RT_TABLE_MAIN, .priority = 32766 },
		{ .table = RT_TABLE_DEFAULT, .priority = 32767 },
	};
	const struct fib_rule *r;
	size_t n = 0;

	for (r = f->rules; r < f->rules + f->rules_len; r++) {
		if (r->family != AF_INET)
			continue;
		if (n == 3 || r->table != first[n].table || r->priority != first[n].priority ||
		    r->protocol != RTPROT_KERNEL || r->suppress != -1)
			return false;
		n++;
	}
	return n == 3;
}

/* Where local and main are one, each rule has what the one look-up found in its table. */
static void look_up(const struct fib *f, const struct walk_key *k, uint32_t table,
		    bool merged, struct walk_match *m)
{
	if (k->family == AF_INET6)
		walk_table6(f, k, table, m);
	else
		walk_table4(f, k, table, merged && table != RT_TABLE_DEFAULT, m);
	if (m->route && m->route->table != table)
		*m = (struct walk_match){ 0 };
}

/* fib4_rule_suppress() looks at the first way's device, fib6_rule_suppress() at the way's */
static bool is_suppressed(const struct fib *f, const struct fib_rule *r,
			  const struct walk_match *m)
{
	const struct fib_route *route = m->route;
	const struct fib_link *l;
	size_t hop;

	if (route->dst.len <= r->suppress)
		return true;
	if (r->suppress_group == -1 || !route->hops_len)
		return false;
	hop = route->dst.family == AF_INET ? 0 : m->hop;
	l = fib_link(f, route->hops[hop].ifindex);
	return l && l->group == (uint32_t)r->suppress_group;
}

static enum walk_outcome ask_table(const struct fib_rule *r, const struct walk_key *k,
				   uint32_t table, struct walk_step *step, struct walk *w)
{
	struct walk_match m;

	look_up(w->fib, k, table, w->merged, &m);
	step->route = m.route;
	step->hop = m.hop;
	w->unsure |= m.unsure;
	if (!m.route)
		return WALK_NOTHING;
	w->err = walk_error(m.route->type);
	if (w->err)
		return w->err == -EAGAIN ? WALK_THROWN : WALK_REFUSED;
	if (m.several && r->suppress_group != -1 && k->family == AF_INET6)
		w->unsure = true;
	if (is_suppressed(w->fib, r, &m))
		return WALK_SUPPRESSED;
	w->several = m.several;
	return WALK_FOUND;
}

static enum walk_outcome apply(const struct fib_rule *r, const struct walk_key *k,
			       uint32_t vrf_table, struct walk_step *step, struct walk *w)
{
	uint32_t table = r->l3mdev ? vrf_table : r->table;

	switch (r->action) {
	case FR_ACT_TO_TBL:
		/* none after "not", for which the kernel takes main */
		return ask_table(r, k, table ?: RT_TABLE_MAIN, step, w);
	case FR_ACT_GOTO:
	case FR_ACT_NOP:
		return WALK_JUMP;
	case FR_ACT_UNREACHABLE:
		w->err = -ENETUNREACH;
		return WALK_REFUSED;
	case FR_ACT_PROHIBIT:
		w->err = -EACCES;
		return WALK_REFUSED;
	}
	w->err = -EINVAL;
	return WALK_REFUSED;
}

/* The first rule with the priority that "goto" names; without one it is like "nop" */
static const struct fib_rule *goto_target(const struct fib *f, const struct fib_rule *from)
{
	const struct fib_rule *r;

	for (r = from + 1; r < f->rules + f->rules_len; r++) {
		if (r->family == from->family && r->priority == from->target)
			return r;
	}
	return from;
}

/* fib_rules_lookup() */
static int walk_steps(const struct walk_key *k, struct walk *w)
{
	const struct fib *f = w->fib;
	const struct fib_rule *r, *target = f->rules;
	uint32_t vrf_table = 0;
	int err = 0;

	for (r = f->rules; r < f->rules + f->rules_len && !err; r++) {
		struct walk_step step = { .rule = r, .reason = WALK_SKIPPED };

		if (r->family != k->family)
			continue;
		if (r >= target) {
			step.reason = walk_rule_reason(f, r, k, &vrf_table);
			w->unsure |= walk_rule_names_vrf(f, r, k);
			step.open = walk_rule_is_open(f, r, k);
			w->open |= step.open;
		}
		if (step.reason == WALK_APPLIES)
			step.outcome = apply(r, k, vrf_table, &step, w);
		if (step.outcome == WALK_JUMP && r->action == FR_ACT_GOTO)
			target = goto_target(f, r);
		err = list_append(&w->steps, &w->len, &step, sizeof(step));
		if (step.outcome == WALK_FOUND || step.outcome == WALK_REFUSED)
			return err;
	}
	w->err = -ENETUNREACH;
	return err;
}

int walk_lookup(const struct fib *f, const struct walk_key *k, struct walk *w)
{
	*w = (struct walk){ .fib = f, .merged = k->family == AF_INET && walk_is_merged(f) };
	return walk_steps(k, w);
}

int walk_rules(const struct fib *f, const struct flow *flow, struct walk *w)
{
	struct walk_key k = make_key(f, flow);
	enum walk_beside beside;
	int err;

	beside = walk_before(f, flow, &err);
	if (beside) {
		*w = (struct walk){ .fib = f, .beside = beside, .err = err };
		return 0;
	}
	err = walk_lookup(f, &k, w);
	if (!err)
		walk_after(flow, &k, w);
	return err;
}

void walk_free(struct walk *w)
{
	free(w->steps);
	*w = (struct walk){ 0 };
}

const struct walk_step *walk_end(const struct walk *w)
{
	const struct walk_step *last = w->len ? &w->steps[w->len - 1] : NULL;

	if (!last || (last->outcome != WALK_FOUND && last->outcome != WALK_REFUSED))
		return NULL;
	return last;
}
