// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload": routing rules
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "plan_build.h"

static const sa_family_t families[] = { AF_INET, AF_INET6 };

const struct rule *reload_live_rule(const struct reload *r, sa_family_t family)
{
	const struct snapshot *s = r->s;
	const struct rule *rule;

	for (rule = s->rules; rule < s->rules + s->rules_len; rule++) {
		if (rule->family == family && rule_is_tunnel(rule) &&
		    rule->owner == s->ifindex)
			return rule;
	}
	return NULL;
}

const struct rule *reload_wanted_rule(const struct reload *r, sa_family_t family)
{
	const struct step *step;

	for (step = r->up.steps; step < r->up.steps + r->up.len; step++) {
		if (step->type == STEP_RULE_ADD && step->rule.family == family &&
		    rule_is_tunnel(&step->rule))
			return &step->rule;
	}
	return NULL;
}

/* But for the priority, which others' tunnels decide too */
static bool same_rule(const struct rule *a, const struct rule *b)
{
	return a->fwmark == b->fwmark && a->fwmask == b->fwmask &&
	       a->table == b->table && a->unreachable == b->unreachable;
}

/* A rule by which another tunnel lets this one's packets pass */
static bool is_exemption(const struct reload *r, const struct rule *rule)
{
	return r->s->fwmark && rule->protocol == RTPROT_KERNEL && rule->plain &&
	       !rule->invert && !rule->unreachable && rule->table == RT_TABLE_MAIN &&
	       rule->suppress < 0 && rule->fwmark == r->s->fwmark;
}

bool reload_is_half_done(const struct reload *r)
{
	const struct snapshot *s = r->s;
	const struct rule *rule, *now;

	if (s->kmod_tunnel && s->nft.families)
		return true;
	for (rule = s->rules; rule < s->rules + s->rules_len; rule++) {
		now = reload_live_rule(r, rule->family);
		if (!now || rule == now)
			continue;
		if (rule_is_tunnel(rule) && rule->owner == s->ifindex)
			return true;
		if (is_exemption(r, rule) && rule->priority + 2 == now->priority)
			return true;
	}
	return false;
}

static void change_exemptions(struct reload *r, const struct rule *now,
			      const struct rule *new, enum step_type type)
{
	const struct snapshot *s = r->s;
	const struct rule *rule;
	struct step *step;

	for (rule = s->rules; rule < s->rules + s->rules_len; rule++) {
		if (rule->family != now->family || !is_exemption(r, rule))
			continue;
		step = plan_add(r->p, type);
		step->rule = *rule;
		if (type == STEP_RULE_DEL)
			continue;
		step->rule.fwmark = new->fwmark;
		step->rule.fwmask = new->fwmask;
	}
}

/* While both marks are in use neither's packets may go into the tunnel. */
static void exempt(struct reload *r, const struct rule *now, const struct rule *like,
		   enum step_type type)
{
	plan_add(r->p, type)->rule = (struct rule){
		.family = now->family,
		.priority = now->priority - 2,
		.table = RT_TABLE_MAIN,
		.fwmark = like->fwmark,
		.fwmask = like->fwmask,
		.protocol = RTPROT_KERNEL,
		.suppress = -1,
		.plain = true,
	};
}

/* Whether a family's tunnel goes from one mark to another; @now and @new are its rules */
static bool mark_changes(const struct reload *r, sa_family_t family,
			 const struct rule **now, const struct rule **new)
{
	*now = reload_live_rule(r, family);
	*new = reload_wanted_rule(r, family);
	return *now && *new && (*now)->fwmark != (*new)->fwmark;
}

int reload_rules_begin(struct reload *r)
{
	const struct rule *now, *new;
	size_t i;

	for (i = 0; i < IP_FAMILIES; i++) {
		if (!mark_changes(r, families[i], &now, &new))
			continue;
		/* priority 0 is the table local's */
		if (now->priority < 3)
			return plan_fail(r->err, -EEXIST, "the mark changes, and there is no room for a rule before the one of priority %u; that needs wgmarkctl down and up",
					 now->priority - 1);
		exempt(r, now, now, STEP_RULE_ADD);
		exempt(r, now, new, STEP_RULE_ADD);
		change_exemptions(r, now, new, STEP_RULE_ADD);
	}
	return 0;
}

static void end_exemptions(struct reload *r)
{
	const struct rule *now, *new;
	size_t i;

	for (i = 0; i < IP_FAMILIES; i++) {
		if (!mark_changes(r, families[i], &now, &new))
			continue;
		change_exemptions(r, now, new, STEP_RULE_DEL);
		exempt(r, now, now, STEP_RULE_DEL);
		/* the last, by which reload_is_half_done() knows */
		exempt(r, now, new, STEP_RULE_DEL);
	}
}

static bool is_there(const struct snapshot *s, const struct rule *rule)
{
	const struct rule *r;

	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (r->family == rule->family && r->priority == rule->priority &&
		    r->protocol == rule->protocol && r->plain && same_rule(r, rule) &&
		    r->invert == rule->invert && r->suppress == rule->suppress)
			return true;
	}
	return false;
}

/* Whether another tunnel's rule stands before that one: it came later, and its
 * packets go into this tunnel
 */
static bool is_later(const struct snapshot *s, const struct rule *now, uint32_t fwmark)
{
	const struct rule *r;

	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (r->family == now->family && rule_is_tunnel(r) &&
		    r->fwmark == fwmark && r->priority < now->priority)
			return true;
	}
	return false;
}

/* Those of "up", in the place of the old ones if there are any */
static void add_rules(struct reload *r, sa_family_t family)
{
	const struct rule *now = reload_live_rule(r, family), *new = reload_wanted_rule(r, family);
	const struct step *step;
	struct rule rule;

	if (!new)
		return;
	for (step = r->up.steps; step < r->up.steps + r->up.len; step++) {
		if (step->type != STEP_RULE_ADD || step->rule.family != family)
			continue;
		rule = step->rule;
		if (now) {
			rule.priority += now->priority - new->priority;
			if (!rule.invert && is_later(r->s, now, rule.fwmark))
				continue;
		}
		if (!is_there(r->s, &rule))
			plan_add(r->p, STEP_RULE_ADD)->rule = rule;
	}
}

static void delete_all(struct reload *r, const struct rule *now)
{
	const struct snapshot *s = r->s;
	const struct rule *rule;

	for (rule = s->rules; rule < s->rules + s->rules_len; rule++) {
		if (rule->family == now->family && rule != now &&
		    rule_belongs(s->rules, s->rules_len, rule, s->ifindex, s->fwmark))
			plan_add(r->p, STEP_RULE_DEL)->rule = *rule;
	}
	/* the last, as by it the others are known: see rule.h */
	plan_add(r->p, STEP_RULE_DEL)->rule = *now;
}

static void delete_rules(struct reload *r, sa_family_t family)
{
	const struct rule *now = reload_live_rule(r, family), *new = reload_wanted_rule(r, family);

	if (now && !new)
		delete_all(r, now);
	else if (now && !same_rule(now, new))
		plan_add(r->p, STEP_RULE_DEL)->rule = *now;
}

void reload_rules(struct reload *r)
{
	add_rules(r, AF_INET6);
	add_rules(r, AF_INET);
}

void reload_rules_done(struct reload *r)
{
	delete_rules(r, AF_INET6);
	delete_rules(r, AF_INET);
	end_exemptions(r);
}
