// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload": marks and backend
 *
 * Where the mark changes, WireGuard's packets have the old one up to a moment and
 * the new one after it, and conntrack knows a connection by the old one until a
 * packet with the new one leaves. Both lead past the tunnel meanwhile. The module
 * and the nft rules know one mark; for that time they restore whatever mark a
 * connection has, which is what Compat does. Then a keepalive makes each
 * connection known by the new mark.
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "plan_build.h"

static bool same_params(const struct reload *r)
{
	const struct tunnel_params *a = &r->live->params, *b = &r->params;

	if (a->families != b->families || a->guard != b->guard || a->restore != b->restore)
		return false;
	/* the nft tables have no mark then */
	if (a->restore == WGMARK_RESTORE_NONE)
		return true;
	return a->fwmark == b->fwmark && a->mask == b->mask && a->compat == b->compat &&
	       a->notrack == b->notrack;
}

static void set_backend(struct reload *r, const struct tunnel_params *from,
			const struct tunnel_params *to)
{
	struct step *step;

	step = plan_add(r->p, r->backend == BACKEND_KMOD ? STEP_KMOD_SET : STEP_NFT_SET);
	step->tunnel = *to;
	step->old_tunnel = *from;
}

static bool has_handshake(const struct wg_device *d)
{
	size_t i;

	for (i = 0; i < d->peers_len; i++) {
		if (d->peers[i].handshake)
			return true;
	}
	return false;
}

static void ask_keepalive(struct reload *r)
{
	plan_add(r->p, STEP_WG_KEEPALIVE)->sync.from = &r->live->wg;
}

/* Whether connections have to become known by a mark that they do not have yet, or
 * their source to be learned, before the reverse path check looks for the mark
 */
static bool needs_keepalive(const struct reload *r)
{
	const struct live *l = r->live;

	if (r->backend == BACKEND_AUTO || r->params.restore == WGMARK_RESTORE_NONE ||
	    !has_handshake(&l->wg))
		return false;
	return l->backend == BACKEND_AUTO || l->params.restore != r->params.restore ||
	       r->s->fwmark != r->fwmark || r->params.families & ~l->params.families;
}

static void change_backend(struct reload *r)
{
	const struct tunnel_params *from = &r->live->params;
	bool keepalive = needs_keepalive(r);
	struct tunnel_params between = r->params;

	if (r->backend == BACKEND_AUTO || r->backend != r->live->backend || same_params(r)) {
		if (keepalive)
			ask_keepalive(r);
		return;
	}

	if (keepalive && from->restore == WGMARK_RESTORE_CONNTRACK &&
	    r->params.restore == WGMARK_RESTORE_CONNTRACK &&
	    from->fwmark != r->params.fwmark && r->params.mask == UINT32_MAX &&
	    !r->params.compat) {
		between.compat = true;
		set_backend(r, from, &between);
		from = &between;
	} else {
		set_backend(r, from, &r->params);
	}
	if (keepalive)
		ask_keepalive(r);
	if (from == &between)
		set_backend(r, &between, &r->params);
}

void reload_backend(struct reload *r)
{
	enum step_type type = r->backend == BACKEND_KMOD ? STEP_KMOD_ADD : STEP_NFT_ADD;

	if (r->backend != BACKEND_AUTO && r->backend != r->live->backend)
		plan_add(r->p, type)->tunnel = r->params;
}

static void set_fwmark(struct reload *r)
{
	struct step *step;

	if (r->fwmark == r->s->fwmark)
		return;
	step = plan_add(r->p, STEP_WG_FWMARK);
	step->fwmark = r->fwmark;
	step->old_fwmark = r->s->fwmark;
}

static bool is_full(const struct reload *r)
{
	return reload_wanted_rule(r, AF_INET) || reload_wanted_rule(r, AF_INET6);
}

int reload_marks(struct reload *r)
{
	const struct step *step;
	int ret;

	for (step = r->up.steps; step < r->up.steps + r->up.len; step++) {
		if (step->type == STEP_SYSCTL_SET)
			*plan_add(r->p, STEP_SYSCTL_SET) = *step;
	}
	ret = reload_rules_begin(r);
	if (ret)
		return ret;
	if (is_full(r))
		set_fwmark(r);
	change_backend(r);
	reload_rules(r);
	return 0;
}

static void delete_backend(struct reload *r)
{
	const struct live *l = r->live;
	struct step *step;

	if (l->backend == BACKEND_AUTO || l->backend == r->backend)
		return;
	if (l->backend == BACKEND_KMOD) {
		plan_add(r->p, STEP_KMOD_DEL)->tunnel = l->params;
		return;
	}
	step = plan_add(r->p, STEP_NFT_DEL);
	step->nft = r->s->nft;
	step->nft_was = l->params;
}

void reload_marks_done(struct reload *r)
{
	reload_rules_done(r);
	if (!is_full(r))
		set_fwmark(r);
	if (!reload_wanted_rule(r, AF_INET))
		plan_restore_mark(r->p, r->s, r->s->ifindex);
	delete_backend(r);
}
