// SPDX-License-Identifier: GPL-2.0
/*
 * Which backend a full tunnel gets
 */
#include <errno.h>

#include "plan_build.h"

static int add_kmod(struct plan *p, const struct snapshot *s,
		    struct plan_error *err, const struct tunnel_params *params)
{
	if (!s->has_kmod)
		return plan_fail(err, -EOPNOTSUPP, "the backend kmod needs the module wgmark: load it with modprobe or insmod, or choose the backend auto or nft");

	plan_add(p, STEP_KMOD_ADD)->tunnel = *params;
	return 0;
}

static int add_nft(struct plan *p, const struct snapshot *s,
		   struct plan_error *err, const struct tunnel_params *params)
{
	if (params->restore == WGMARK_RESTORE_LEARN)
		return plan_fail(err, -EOPNOTSUPP, "Restore = learn needs the backend kmod, which is the module wgmark: load it and choose the backend auto or kmod, or write Restore = conntrack");
	if (s->renamed[0])
		return plan_fail(err, -EEXIST, "the nft table `wgmark-%s' is that of `%s', which had that name before; take it down first, or give the file another name",
				 p->ifname, s->renamed);
	if (!s->has_nft)
		return plan_fail(err, -EOPNOTSUPP, "the backend nft needs nf_tables, which is not there: load it with modprobe, or choose the backend auto or kmod");
	plan_add(p, STEP_NFT_ADD)->tunnel = *params;
	return 0;
}

/* Neither is there: say what then does not work */
static int add_none(struct plan *p, const struct snapshot *s,
		    struct plan_error *err, const struct tunnel_params *params)
{
	bool restore = params->restore != WGMARK_RESTORE_NONE;

	if (restore && params->families & WGMARK_FAMILY_IPV4 && s->strict_rp_filter)
		return plan_fail(err, -EOPNOTSUPP, "neither the module wgmark nor nf_tables is there, and strict rp_filter would drop the peer's replies: load one of them, or set rp_filter to 2, or write #wgmark Restore = none");

	return plan_note(p, "neither the module wgmark nor nf_tables is there: %s%s%s; load one of them",
			 restore ? "replies do not get their mark back" : "",
			 restore && params->guard ? ", and " : "",
			 params->guard ? "others can reach the tunnel's addresses" : "");
}

int plan_backend(struct plan *p, const struct snapshot *s,
		 struct plan_error *err, uint32_t fwmark, uint32_t full)
{
	const struct tunnel_params params = {
		.fwmark = fwmark,
		.mask = p->config->mask,
		.restore = p->config->restore,
		.compat = p->config->compat,
		.guard = p->config->guard,
		.families = full,
		.notrack = p->config->notrack,
	};
	char addr[PREFIX_TEXT_LEN];

	if (!full || (!params.guard && params.restore == WGMARK_RESTORE_NONE))
		return 0;

	if (s->shared_address.family)
		return plan_fail(err, -EEXIST, "%s guards the address %s for another tunnel and would drop what comes in through this one: give this tunnel another address, or use the backend kmod for both",
				 s->shared_with,
				 addr_text(&s->shared_address, addr));

	switch (p->config->backend) {
	case BACKEND_KMOD:
		return add_kmod(p, s, err, &params);
	case BACKEND_NFT:
		return add_nft(p, s, err, &params);
	case BACKEND_AUTO:
		break;
	}

	if (s->has_kmod)
		return add_kmod(p, s, err, &params);
	if (s->has_nft)
		return add_nft(p, s, err, &params);
	return add_none(p, s, err, &params);
}
