// SPDX-License-Identifier: GPL-2.0
/*
 * Plans as such: how they grow, how a step is taken back
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_build.h"

int plan_begin(struct plan *p, struct plan_error *err, const char *ifname,
	       size_t max)
{
	*p = (struct plan){};
	*err = (struct plan_error){};
	snprintf(p->ifname, sizeof(p->ifname), "%s", ifname);

	p->steps = calloc(max, sizeof(*p->steps));
	return p->steps ? 0 : -ENOMEM;
}

struct step *plan_add(struct plan *p, enum step_type type)
{
	struct step *step = &p->steps[p->len++];

	step->type = type;
	return step;
}

void plan_hooks(struct plan *p, enum hook when)
{
	struct step *step;
	size_t i;

	for (i = 0; p->config && i < p->config->hooks[when].len; i++) {
		step = plan_add(p, STEP_HOOK);
		step->hook.when = when;
		step->hook.command = p->config->hooks[when].cmd[i];
	}
}

int plan_note(struct plan *p, const char *fmt, ...)
{
	char **notes;
	va_list args;
	size_t n = 0;
	int len;

	while (p->notes && p->notes[n])
		n++;
	notes = realloc(p->notes, (n + 2) * sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	p->notes = notes;

	va_start(args, fmt);
	len = vasprintf(&notes[n], fmt, args);
	va_end(args);
	if (len < 0)
		notes[n] = NULL;
	notes[n + 1] = NULL;
	return len < 0 ? -ENOMEM : 0;
}

int plan_fail(struct plan_error *err, int ret, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return ret;
}

/* Of what stands only in a plan that changes a tunnel in place */
static bool undo_in_place(const struct step *step, struct step *undo)
{
	switch (step->type) {
	case STEP_WG_FWMARK:
		undo->fwmark = step->old_fwmark;
		undo->old_fwmark = step->fwmark;
		return true;
	case STEP_WG_SYNC:
		undo->sync.from = step->sync.to;
		undo->sync.to = step->sync.from;
		return true;
	case STEP_LINK_MTU:
		undo->mtu = step->old_mtu;
		undo->old_mtu = step->mtu;
		return true;
	case STEP_KMOD_SET:
	case STEP_NFT_SET:
		undo->tunnel = step->old_tunnel;
		undo->old_tunnel = step->tunnel;
		return true;
	case STEP_KMOD_ADD:
		undo->type = STEP_KMOD_DEL;
		return true;
	case STEP_KMOD_DEL:
		undo->type = STEP_KMOD_ADD;
		return true;
	case STEP_NFT_DEL:
		undo->type = STEP_NFT_ADD;
		undo->tunnel = step->nft_was;
		return true;
	case STEP_GUARD_ADD:
		undo->type = STEP_GUARD_DEL;
		return true;
	case STEP_GUARD_DEL:
		undo->type = STEP_GUARD_ADD;
		return true;
	case STEP_ADDR_DEL:
		undo->type = STEP_ADDR_ADD;
		return true;
	case STEP_SYSCTL_RESTORE:
		undo->type = STEP_SYSCTL_SET;
		undo->sysctl.mark.value = step->sysctl.old;
		undo->sysctl.old = step->sysctl.mark.value;
		return true;
	case STEP_DNS_SET:
	case STEP_DNS_DEL:
		undo->type = step->dns_from ? STEP_DNS_SET : STEP_DNS_DEL;
		undo->dns_to = step->dns_from;
		undo->dns_from = NULL;
		return true;
	case STEP_RULE_DEL:
		undo->type = STEP_RULE_ADD;
		return true;
	case STEP_ROUTE_DEL:
		undo->type = STEP_ROUTE_ADD;
		return true;
	case STEP_ROUTE_KEEP:
		return true;
	default:
		return false;
	}
}

struct dns step_dns(const struct plan *p, const struct step *step)
{
	return step->dns_to ? *step->dns_to : config_dns(p->config);
}

bool step_undo(const struct plan *p, const struct step *step, struct step *undo)
{
	*undo = *step;
	if (p->in_place && undo_in_place(step, undo))
		return true;

	switch (step->type) {
	case STEP_LINK_ADD:
		undo->type = STEP_LINK_DEL;
		return true;
	case STEP_NFT_ADD:
		undo->type = STEP_NFT_DEL;
		undo->nft.families = step->tunnel.families;
		snprintf(undo->nft.name, sizeof(undo->nft.name), "%s", p->ifname);
		return true;
	case STEP_ADDR_ADD:
		undo->type = STEP_ADDR_DEL;
		return true;
	case STEP_SYSCTL_SET:
		undo->type = STEP_SYSCTL_RESTORE;
		undo->sysctl.mark.value = step->sysctl.old;
		undo->sysctl.old = step->sysctl.mark.value;
		return true;
	case STEP_RULE_ADD:
		undo->type = STEP_RULE_DEL;
		return true;
	case STEP_ROUTE_ADD:
		undo->type = STEP_ROUTE_DEL;
		return true;
	case STEP_DNS_SET:
		undo->type = STEP_DNS_DEL;
		return true;
	case STEP_LINK_DEL:
	case STEP_WG_SET:
	case STEP_WG_FWMARK:
	case STEP_WG_SYNC:
	case STEP_WG_KEEPALIVE:
	case STEP_KMOD_ADD:
	case STEP_KMOD_SET:
	case STEP_KMOD_DEL:
	case STEP_NFT_DEL:
	case STEP_NFT_SET:
	case STEP_GUARD_ADD:
	case STEP_GUARD_DEL:
	case STEP_LINK_MTU:
	case STEP_ADDR_DEL:
	case STEP_LINK_UP:
	case STEP_SYSCTL_RESTORE:
	case STEP_RULE_DEL:
	case STEP_ROUTE_DEL:
	case STEP_ROUTE_KEEP:
	case STEP_DNS_DEL:
	case STEP_HOOK:
	case STEP_SAVE:
		break;
	}

	return false;
}

void plan_free(struct plan *p)
{
	size_t i;

	for (i = 0; p->notes && p->notes[i]; i++)
		free(p->notes[i]);
	free(p->notes);
	free(p->steps);
	wg_device_free(&p->wg[0]);
	wg_device_free(&p->wg[1]);
	*p = (struct plan){};
}
