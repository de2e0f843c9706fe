// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "down": remove what plan_up() made and nothing else
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "plan_build.h"

/* The rule "not fwmark F lookup F" of the tunnel whose device has the mark F */
static bool is_tunnel_rule(const struct rule *r, const struct snapshot *s)
{
	return s->fwmark && r->protocol == RTPROT_KERNEL && r->plain &&
	       r->invert && r->fwmark == s->fwmark && r->table == s->fwmark &&
	       r->suppress < 0;
}

/* Whether this is a rule right before a tunnel's own, with that distance */
static bool stands_before(const struct rule *r, const struct snapshot *s,
			  uint32_t distance)
{
	size_t i;

	for (i = 0; i < s->rules_len; i++) {
		if (s->rules[i].family == r->family &&
		    s->rules[i].priority == r->priority + distance &&
		    is_tunnel_rule(&s->rules[i], s))
			return true;
	}

	return false;
}

/* The rules into main that belong to the tunnel: "suppress_prefixlength 0", "fwmark"
 * for the packets of other tunnels, and those of other tunnels for its own
 */
static bool is_main_rule(const struct rule *r, const struct snapshot *s)
{
	if (r->protocol != RTPROT_KERNEL || !r->plain || r->invert ||
	    r->table != RT_TABLE_MAIN)
		return false;
	if (!r->fwmark)
		return !r->suppress && stands_before(r, s, 1);

	return r->suppress < 0 &&
	       ((s->fwmark && r->fwmark == s->fwmark) || stands_before(r, s, 2));
}

/* Whether another tunnel, of whatever tool, needs src_valid_mark still */
static bool is_mark_needed(const struct snapshot *s)
{
	size_t i;

	for (i = 0; i < s->rules_len; i++) {
		if (s->rules[i].family == AF_INET && s->rules[i].invert &&
		    s->rules[i].fwmark && !is_tunnel_rule(&s->rules[i], s))
			return true;
	}

	return false;
}

/* Another tool's table is there, and nothing that "up" makes */
static bool is_foreign(const struct snapshot *s)
{
	size_t i;

	if (!s->foreign_table[0] || s->kmod_tunnel || plan_nft_families(s))
		return false;
	for (i = 0; i < s->rules_len; i++) {
		if (is_tunnel_rule(&s->rules[i], s))
			return false;
	}

	return true;
}

int plan_down(struct plan *p, const char *ifname, const struct snapshot *s,
	      struct plan_error *err)
{
	uint32_t families = plan_nft_families(s);
	struct step *step;
	size_t i;
	int ret;

	ret = plan_begin(p, err, ifname, s->rules_len + 4);
	if (ret)
		return ret;

	if (!s->ifindex && !families)
		return plan_fail(err, -ENODEV, "`%s' is not a WireGuard interface; wgmarkctl show lists those there are",
				 ifname);
	if (s->ifindex && !s->is_wireguard)
		return plan_fail(err, -ENODEV, "`%s' is a device, but not a WireGuard interface; it is left alone",
				 ifname);

	if (is_foreign(s))
		return plan_fail(err, -EEXIST, "`%s' was brought up by another tool, whose nft table `%s' is there; take it down with that one",
				 ifname, s->foreign_table);

	for (i = 0; i < s->rules_len; i++) {
		if (is_tunnel_rule(&s->rules[i], s) ||
		    is_main_rule(&s->rules[i], s))
			plan_add(p, STEP_RULE_DEL)->rule = s->rules[i];
	}

	/* The guard goes last. The module's goes with the device. */
	if (s->ifindex)
		plan_add(p, STEP_LINK_DEL);
	if (families)
		plan_add(p, STEP_NFT_DEL)->tunnel.families = families;

	if (s->saved_src_valid_mark >= 0 && !is_mark_needed(s)) {
		step = plan_add(p, STEP_SYSCTL_RESTORE);
		step->sysctl.name = SRC_VALID_MARK;
		step->sysctl.value = s->saved_src_valid_mark;
		step->sysctl.old = s->src_valid_mark;
	}

	return 0;
}
