// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "down": remove what plan_up() made and nothing else
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "plan_build.h"

/* Whether a tunnel other than that, of whatever tool, needs src_valid_mark */
static bool is_mark_needed(const struct snapshot *s, uint32_t down)
{
	const struct rule *r;

	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (r->family == AF_INET && r->invert && r->fwmark &&
		    !(down && rule_is_tunnel(r) && r->owner == down))
			return true;
	}

	return false;
}

int plan_restore_mark(struct plan *p, const struct snapshot *s, uint32_t down)
{
	int all = s->src_valid_mark;
	struct step *step;
	size_t i;

	if (is_mark_needed(s, down))
		return all;

	for (i = 0; i < s->saved_len; i++) {
		step = plan_add(p, STEP_SYSCTL_RESTORE);
		step->sysctl.mark = s->saved[i];
		step->sysctl.old = 1;
		if (!s->saved[i].ifindex)
			all = s->saved[i].value;
	}
	return all;
}

static void del_record(struct plan *p, const struct snapshot *s, size_t i)
{
	struct step *step = plan_add(p, STEP_DNS_DEL);

	step->dns = s->dns_tool;
	memcpy(step->dns_of, s->dns_stale[i].ifname, sizeof(step->dns_of));
}

int plan_cleanup(struct plan *p, const struct snapshot *s)
{
	size_t i;

	for (i = 0; i < s->rules_gone_len; i++)
		plan_add(p, STEP_RULE_DEL)->rule = s->rules_gone[i];
	for (i = 0; i < s->nft_gone_len; i++)
		plan_add(p, STEP_NFT_DEL)->nft = s->nft_gone[i];
	for (i = 0; i < s->dns_stale_len; i++) {
		if (!s->ifindex || s->dns_stale[i].ifindex != s->ifindex)
			del_record(p, s, i);
	}
	if (!p->len)
		return 0;
	return plan_note(p, "a tunnel is gone without wgmarkctl down; what it left behind is removed");
}

bool plan_is_foreign(const struct snapshot *s)
{
	bool foreign = s->foreign_table[0];
	const struct rule *r;

	if (s->kmod_tunnel || s->nft.families)
		return false;
	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (rule_is_tunnel(r) && r->owner == s->ifindex)
			return false;
		if (r->invert && r->fwmark && r->fwmark == s->fwmark &&
		    r->protocol != RTPROT_KERNEL)
			foreign = true;
	}

	return foreign;
}

static bool has_dns(const struct plan *p)
{
	return p->config && (p->config->dns_len || p->config->search_len);
}

/* The record of a name server outlives the device */
static void plan_dns(struct plan *p, const struct snapshot *s)
{
	bool has_gone = false;
	size_t i;

	for (i = 0; i < s->dns_stale_len; i++) {
		if (s->ifindex && s->dns_stale[i].ifindex == s->ifindex)
			del_record(p, s, i);
		else if (!strcmp(s->dns_stale[i].ifname, p->ifname))
			has_gone = true;
	}
	if (has_gone)
		return;
	if (s->dns_is_set || (has_dns(p) && s->ifindex && s->dns_tool != DNS_NONE))
		plan_add(p, STEP_DNS_DEL)->dns = s->dns_tool;
}

static int add_tunnel(struct plan *p, const struct snapshot *s,
		      struct plan_error *err)
{
	int ret = 0;
	size_t i;

	if (!s->is_wireguard)
		return plan_fail(err, -ENODEV, "`%s' is a device, but not a WireGuard interface; it is left alone",
				 p->ifname);
	if (plan_is_foreign(s))
		return plan_fail(err, -EEXIST, "`%s' was brought up by another tool, whose %s%s' is there; take it down with that one",
				 p->ifname, s->foreign_table[0] ? "nft table `" : "rule `not fwmark",
				 s->foreign_table);

	plan_hooks(p, HOOK_PRE_DOWN);
	if (p->config && p->config->save_config && s->is_up)
		plan_add(p, STEP_SAVE);
	else if (p->config && p->config->save_config)
		ret = plan_note(p, "`%s' is not up and may not have all of its addresses and peers: its file stays as it is",
				p->ifname);
	if (ret)
		return ret;

	for (i = 0; i < s->rules_len; i++) {
		if (rule_belongs(s->rules, s->rules_len, &s->rules[i], s->ifindex,
				 s->fwmark))
			plan_add(p, STEP_RULE_DEL)->rule = s->rules[i];
	}

	/* The guard goes last. The module's goes with the device. */
	plan_add(p, STEP_LINK_DEL);
	plan_dns(p, s);
	if (s->nft.families)
		plan_add(p, STEP_NFT_DEL)->nft = s->nft;
	return 0;
}

/* Of a device that is gone, what is left can be another tunnel's: a rule has no name */
static bool was_up(const struct plan *p, const struct snapshot *s)
{
	size_t i;

	if (s->ifindex || s->dns_is_set)
		return true;
	for (i = 0; i < s->nft_gone_len; i++) {
		if (!strcmp(s->nft_gone[i].name, p->ifname))
			return true;
	}
	for (i = 0; i < s->dns_stale_len; i++) {
		if (!strcmp(s->dns_stale[i].ifname, p->ifname))
			return true;
	}

	return false;
}

static size_t max_steps(const struct config *c, const struct snapshot *s)
{
	/* save, link, DNS, nft */
	size_t max = s->rules_len + s->rules_gone_len + s->nft_gone_len +
		     s->dns_stale_len + s->saved_len + 4;

	if (c)
		max += c->hooks[HOOK_PRE_DOWN].len + c->hooks[HOOK_POST_DOWN].len;
	return max;
}

int plan_down(struct plan *p, const char *ifname, const struct config *c,
	      const struct snapshot *s, struct plan_error *err)
{
	int ret;

	ret = plan_begin(p, err, ifname, max_steps(c, s));
	if (ret)
		return ret;
	p->config = c;

	ret = plan_cleanup(p, s);
	if (!ret && s->ifindex)
		ret = add_tunnel(p, s, err);
	else if (!ret)
		plan_dns(p, s);
	if (ret)
		return ret;

	plan_restore_mark(p, s, s->ifindex);
	if (!p->len)
		return plan_fail(err, -ENODEV, "`%s' is not a WireGuard interface; wgmarkctl show lists those there are",
				 ifname);

	if (was_up(p, s))
		plan_hooks(p, HOOK_POST_DOWN);
	else if (c && c->hooks[HOOK_POST_DOWN].len)
		return plan_note(p, "`%s' is not there, and nothing that is left has its name: its PostDown is not run",
				 ifname);
	return 0;
}
