// SPDX-License-Identifier: GPL-2.0
/*
 * Which tunnel a routing rule is for
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "owner.h"
#include "rtnl.h"
#include "wg.h"

/* The first WireGuard device with that mark, 0 if there is none */
static int find_by_mark(struct kernel *k, uint32_t fwmark, uint32_t *ifindex)
{
	struct link *links;
	size_t len, i;
	int err;

	*ifindex = 0;
	err = rtnl_link_list(&k->rtnl, &links, &len);
	for (i = 0; i < len && !err && !*ifindex; i++) {
		struct wg_device dev;

		err = wg_get(k, links[i].ifindex, &dev);
		if (!err && dev.fwmark == fwmark)
			*ifindex = links[i].ifindex;
		wg_device_free(&dev);
		/* it went while we looked */
		if (err == -ENODEV)
			err = 0;
	}
	free(links);
	return err;
}

/* The WireGuard device that a table leads to, 0 if there is none */
static int find_by_table(struct kernel *k, uint32_t table, uint32_t *ifindex)
{
	uint32_t devices[RTNL_DEFAULTS_MAX];
	struct link link;
	size_t len, i;
	int err;

	*ifindex = 0;
	err = rtnl_table_defaults(&k->rtnl, table, devices, &len);
	for (i = 0; i < len && !err && !*ifindex; i++) {
		err = rtnl_link_get(&k->rtnl, &link, NULL, devices[i]);
		if (!err && strcmp(link.kind, RTNL_KIND_WIREGUARD) == 0)
			*ifindex = devices[i];
		/* it went while we looked */
		if (err == -ENODEV)
			err = 0;
	}
	return err;
}

static int find_owner(struct kernel *k, struct rule *r)
{
	int err;

	err = find_by_table(k, r->fwmark, &r->owner);
	if (err || r->owner)
		return err;
	return find_by_mark(k, r->fwmark, &r->owner);
}

int rules_find_owners(struct kernel *k, struct rule *rules, size_t len)
{
	size_t i;
	int err = 0;

	for (i = 0; i < len && !err; i++) {
		if (rule_is_tunnel(&rules[i]))
			err = find_owner(k, &rules[i]);
	}
	return err;
}
