// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark's own keys, in "#wgmark" comments of [Interface], so that the file
 * stays valid for wg(8) and wg-quick(8)
 */
#include <strings.h>

#include "config_keys.h"

static int set_mask(struct parser *p, char *value)
{
	uint32_t n;

	if (!config_number(&n, value, UINT32_MAX) || !n)
		return config_bad_value(p, value, "the mark's bits, from 1 to 0xffffffff");

	p->c->mask = n;
	return 0;
}

static int set_backend(struct parser *p, char *value)
{
	if (!strcasecmp(value, "auto"))
		p->c->backend = BACKEND_AUTO;
	else if (!strcasecmp(value, "kmod"))
		p->c->backend = BACKEND_KMOD;
	else if (!strcasecmp(value, "nft"))
		p->c->backend = BACKEND_NFT;
	else
		return config_bad_value(p, value, "auto, kmod or nft");

	return 0;
}

static int set_restore(struct parser *p, char *value)
{
	if (!strcasecmp(value, "none"))
		p->c->restore = WGMARK_RESTORE_NONE;
	else if (!strcasecmp(value, "conntrack"))
		p->c->restore = WGMARK_RESTORE_CONNTRACK;
	else if (!strcasecmp(value, "learn"))
		p->c->restore = WGMARK_RESTORE_LEARN;
	else
		return config_bad_value(p, value, "none, conntrack or learn");

	return 0;
}

static int set_notrack(struct parser *p, char *value)
{
	p->notrack_line = p->line;
	return config_bool(p, &p->c->notrack, value);
}

static int set_compat(struct parser *p, char *value)
{
	p->compat_line = p->line;
	return config_bool(p, &p->c->compat, value);
}

static int set_guard(struct parser *p, char *value)
{
	return config_bool(p, &p->c->guard, value);
}

static int set_leak_guard(struct parser *p, char *value)
{
	return config_bool(p, &p->c->leak_guard, value);
}

static int set_require_dns(struct parser *p, char *value)
{
	return config_bool(p, &p->c->require_dns, value);
}

const struct key config_wgmark_keys[] = {
	{ "Mask",	0,	set_mask },
	{ "Backend",	0,	set_backend },
	{ "Restore",	0,	set_restore },
	{ "NoTrack",	0,	set_notrack },
	{ "Compat",	0,	set_compat },
	{ "Guard",	0,	set_guard },
	{ "LeakGuard",	0,	set_leak_guard },
	{ "RequireDNS",	0,	set_require_dns },
	{}
};
