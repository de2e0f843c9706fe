// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload": from the tunnel that is up to that of its file
 *
 * What has to be is what "up" would make on this machine without the tunnel; the
 * rest is comparing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "plan_build.h"

/* No tunnel of ours: the rules of the others and what they need. A mark that "up"
 * may have chosen is chosen again.
 */
static int without_tunnel(const struct reload *r, struct snapshot *v)
{
	const struct snapshot *s = r->s;
	size_t i;

	*v = *s;
	v->rules = calloc(s->rules_len + 1, sizeof(*v->rules));
	if (!v->rules)
		return -ENOMEM;
	v->rules_len = 0;
	for (i = 0; i < s->rules_len; i++) {
		if (!rule_belongs(s->rules, s->rules_len, &s->rules[i], s->ifindex, s->fwmark))
			v->rules[v->rules_len++] = s->rules[i];
		else if (rule_is_tunnel(&s->rules[i]) && s->rules[i].fwmark >= TABLE_FIRST)
			v->free_table = s->rules[i].fwmark;
	}

	v->ifindex = 0;
	v->is_wireguard = false;
	v->fwmark = 0;
	v->kmod_tunnel = false;
	v->nft.families = 0;
	v->nft_gone_len = 0;
	v->rules_gone_len = 0;
	v->dns_stale_len = 0;
	v->saved_len = 0;
	v->foreign_table[0] = '\0';
	/* "auto" is what the tunnel has already */
	if (r->c->backend == BACKEND_AUTO && r->live->backend == BACKEND_NFT)
		v->has_kmod = false;
	return 0;
}

static bool has_hooks(const struct config *c)
{
	return c->hooks[HOOK_PRE_UP].len || c->hooks[HOOK_POST_UP].len;
}

/* A mark that the file does not have may be a hook's, but not that of the rules. */
static uint32_t other_mark(const struct reload *r)
{
	bool was_full = reload_live_rule(r, AF_INET) || reload_live_rule(r, AF_INET6);

	return has_hooks(r->c) && !was_full ? r->s->fwmark : 0;
}

static void read_up(struct reload *r)
{
	const struct step *step;

	r->fwmark = r->c->fwmark ?: other_mark(r);
	for (step = r->up.steps; step < r->up.steps + r->up.len; step++) {
		switch (step->type) {
		case STEP_WG_FWMARK:
			r->fwmark = step->fwmark;
			break;
		case STEP_LINK_UP:
			r->mtu = step->mtu;
			break;
		case STEP_KMOD_ADD:
		case STEP_NFT_ADD:
			r->backend = step->type == STEP_KMOD_ADD ? BACKEND_KMOD : BACKEND_NFT;
			r->params = step->tunnel;
			break;
		default:
			break;
		}
	}
}

static int plan_target(struct reload *r)
{
	struct snapshot v;
	int ret;

	ret = without_tunnel(r, &v);
	if (!ret)
		ret = plan_up(&r->up, r->c, &v, r->err);
	if (!ret)
		read_up(r);
	free(v.rules);
	return ret;
}

/* The name that the device had when it came up, if something goes by that; or NULL */
static const char *old_name(const struct reload *r)
{
	const struct snapshot *s = r->s;
	size_t i;

	if (s->nft.families && strcmp(s->nft.name, r->c->ifname))
		return s->nft.name;
	for (i = 0; i < s->dns_stale_len; i++) {
		if (s->dns_stale[i].ifindex == s->ifindex)
			return s->dns_stale[i].ifname;
	}
	return NULL;
}

static int check_tunnel(const struct reload *r)
{
	const struct snapshot *s = r->s;
	const char *name = r->c->ifname;

	if (!s->ifindex)
		return plan_fail(r->err, -ENODEV, "`%s' is not up; bring it up with wgmarkctl up",
				 name);
	if (!s->is_wireguard)
		return plan_fail(r->err, -ENODEV, "`%s' is a device, but not a WireGuard interface; it is left alone",
				 name);
	if (plan_is_foreign(s))
		return plan_fail(r->err, -EEXIST, "`%s' was brought up by another tool, whose %s%s' is there; it needs that one's down, and wgmarkctl up",
				 name, s->foreign_table[0] ? "nft table `" : "rule `not fwmark",
				 s->foreign_table);
	if (!s->is_up)
		return plan_fail(r->err, -EEXIST, "the device `%s' is set down, so that it has no routes; it needs wgmarkctl down and up",
				 name);
	if (reload_is_half_done(r))
		return plan_fail(r->err, -EEXIST, "another wgmarkctl reload of `%s' was killed on the way; it needs wgmarkctl down and up",
				 name);
	if (old_name(r))
		return plan_fail(r->err, -EEXIST, "the device had the name `%s' when it came up, and so have its nft tables or its record of name servers; it needs wgmarkctl down and up",
				 old_name(r));
	return 0;
}

static void set_mtu(const struct reload *r)
{
	struct step *step = plan_add(r->p, STEP_LINK_MTU);

	step->mtu = r->mtu;
	step->old_mtu = r->live->mtu;
}

/* What the file does not have may be a hook's. No order of the programs' own takes
 * servers away and leaves domains, neither here nor on the way back.
 */
static void change_dns(const struct reload *r)
{
	const struct dns *from = dns_is_empty(&r->live->dns) ? NULL : &r->live->dns;
	const struct dns to = config_dns(r->c);
	struct step *step;

	if (r->s->dns_tool == DNS_NONE || dns_same(&r->live->dns, &to) ||
	    (dns_is_empty(&to) && has_hooks(r->c)))
		return;
	if (from && (!to.servers_len || !from->servers_len)) {
		step = plan_add(r->p, STEP_DNS_DEL);
		step->dns = r->s->dns_tool;
		step->dns_from = from;
		from = NULL;
	}
	if (dns_is_empty(&to))
		return;
	step = plan_add(r->p, STEP_DNS_SET);
	step->dns = r->s->dns_tool;
	step->dns_from = from;
}

static size_t max_steps(const struct reload *r)
{
	const struct snapshot *s = r->s;
	const struct live *l = r->live;

	/* Of each thing one that comes and one that goes, in place of an IPv4
	 * address four steps; of rules that change two more each
	 */
	return 2 * r->up.len + 6 * (r->c->address_len + l->address_len) + l->guarded_len +
	       2 * l->routes_len + 3 * s->rules_len + s->saved_len + 32;
}

static int add_steps(struct reload *r)
{
	int ret;

	if (r->mtu > r->live->mtu)
		set_mtu(r);
	reload_backend(r);
	ret = reload_addresses(r);
	if (!ret)
		ret = reload_wg(r, &r->live->wg, &r->p->wg[0]);
	if (!ret)
		ret = reload_marks(r);
	if (!ret)
		ret = reload_routes(r);
	if (ret)
		return ret;

	change_dns(r);
	reload_marks_done(r);
	ret = reload_wg(r, &r->p->wg[0], &r->p->wg[1]);
	/* IPv6 ends where the MTU is less than it needs */
	if (!ret && r->mtu < r->live->mtu)
		set_mtu(r);
	return ret;
}

/* What "up" has to say is news only where something changes. */
static int take_notes(struct reload *r)
{
	char **note;
	int ret = 0;

	for (note = r->up.notes; r->p->len && note && *note && !ret; note++)
		ret = plan_note(r->p, "%s", *note);
	return ret;
}

int plan_reload(struct plan *p, const struct config *c, const struct snapshot *s,
		const struct live *live, struct plan_error *err)
{
	struct reload r = { .p = p, .c = c, .s = s, .live = live, .err = err };
	int ret;

	*p = (struct plan){};
	*err = (struct plan_error){};
	ret = check_tunnel(&r);
	if (!ret)
		ret = plan_target(&r);
	if (!ret)
		ret = plan_begin(p, err, c->ifname, max_steps(&r));
	if (!ret) {
		p->config = c;
		p->in_place = true;
		ret = reload_wg_images(&r, &p->wg[0], &p->wg[1]);
	}
	if (!ret)
		ret = add_steps(&r);
	if (!ret)
		ret = take_notes(&r);
	plan_free(&r.up);
	return ret;
}
