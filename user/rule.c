// SPDX-License-Identifier: GPL-2.0
/*
 * Which policy routing rules are a tunnel's
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "rule.h"

bool rule_is_tunnel(const struct rule *r)
{
	return r->protocol == RTPROT_KERNEL && r->plain && r->invert &&
	       r->fwmark && (r->table == r->fwmark || r->unreachable) &&
	       r->suppress < 0;
}

static bool is_owned(const struct rule *r, uint32_t owner)
{
	return rule_is_tunnel(r) && r->owner == owner;
}

/* Whether this is a rule right before a tunnel's own, with that distance */
static bool stands_before(const struct rule *rules, size_t len,
			  const struct rule *r, uint32_t distance, uint32_t owner)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (rules[i].family == r->family &&
		    rules[i].priority == r->priority + distance &&
		    is_owned(&rules[i], owner))
			return true;
	}

	return false;
}

static bool is_mark_of(const struct rule *rules, size_t len, uint32_t mark,
		       uint32_t owner)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (rules[i].fwmark == mark && is_owned(&rules[i], owner))
			return true;
	}

	return false;
}

/* Whether this is right before some tunnel's own rule, at the place for exemptions */
static bool is_exemption(const struct rule *rules, size_t len, const struct rule *r)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (rules[i].family == r->family && rules[i].priority == r->priority + 2 &&
		    rule_is_tunnel(&rules[i]))
			return true;
	}

	return false;
}

bool rule_belongs(const struct rule *rules, size_t len, const struct rule *r,
		  uint32_t owner, uint32_t fwmark)
{
	if (rule_is_tunnel(r))
		return r->owner == owner;
	if (r->protocol != RTPROT_KERNEL || !r->plain || r->invert ||
	    r->unreachable || r->table != RT_TABLE_MAIN)
		return false;
	if (!r->fwmark)
		return !r->suppress && stands_before(rules, len, r, 1, owner);
	if (r->suppress >= 0 || !is_exemption(rules, len, r))
		return false;

	/* other tunnels' rules for this one's packets, and its own for theirs */
	return r->fwmark == fwmark || is_mark_of(rules, len, r->fwmark, owner) ||
	       stands_before(rules, len, r, 2, owner);
}

long rules_split(struct rule *rules, size_t len)
{
	struct rule *sorted;
	size_t i, left = 0, gone = 0;

	if (!len)
		return 0;
	sorted = calloc(len, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;

	/* those that are gone from the end on, and the other way round */
	for (i = 0; i < len; i++) {
		if (rule_belongs(rules, len, &rules[i], 0, 0))
			sorted[len - ++gone] = rules[i];
		else
			sorted[left++] = rules[i];
	}
	for (i = 0; i < left; i++)
		rules[i] = sorted[i];
	for (; i < len; i++)
		rules[i] = sorted[len - 1 - (i - left)];
	free(sorted);
	return left;
}
