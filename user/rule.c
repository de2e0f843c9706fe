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

	/* other tunnels' rules for this one's packets, and its own for theirs */
	return r->suppress < 0 &&
	       (r->fwmark == fwmark || is_mark_of(rules, len, r->fwmark, owner) ||
		stands_before(rules, len, r, 2, owner));
}

long rules_split(struct rule *rules, size_t len)
{
	struct rule *gone;
	size_t i, left = 0, n = 0;

	if (!len)
		return 0;
	gone = calloc(len, sizeof(*gone));
	if (!gone)
		return -ENOMEM;

	for (i = 0; i < len; i++) {
		if (rule_belongs(rules, len, &rules[i], 0, 0))
			gone[n++] = rules[i];
	}
	for (i = 0; i < len; i++) {
		if (!rule_belongs(gone, n, &rules[i], 0, 0))
			rules[left++] = rules[i];
	}
	for (i = 0; i < n; i++)
		rules[left + i] = gone[i];
	free(gone);
	return left;
}
