// SPDX-License-Identifier: GPL-2.0
/*
 * Which records of resolvconf(8) are a tunnel's
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "dns_record.h"
#include "list.h"
#include "rtnl.h"
#include "state.h"

/* With the name behind it; the index is the value. */
#define KEY "resolvconf:"

int dns_record_keep(const char *ifname, uint32_t ifindex)
{
	char key[STATE_KEY_LEN];

	snprintf(key, sizeof(key), KEY "%s", ifname);
	return state_save(key, ifindex);
}

int dns_record_drop(const char *ifname)
{
	char key[STATE_KEY_LEN];

	snprintf(key, sizeof(key), KEY "%s", ifname);
	return state_drop(key);
}

struct stale {
	struct nlsock *rtnl;
	uint32_t down;
	struct dns_record *list;
	size_t len;
};

/* Return: 1 if it is stale, 0 if not, or -errno */
static int is_stale(const struct stale *s, const char *ifname, uint32_t ifindex)
{
	struct link link;
	int err;

	/* a device of that name may have the record by now, of whatever tool */
	err = rtnl_link_get(s->rtnl, &link, ifname, 0);
	if (err != -ENODEV)
		return err;
	if (ifindex == s->down)
		return 1;
	err = rtnl_link_get(s->rtnl, &link, NULL, ifindex);
	if (err == -ENODEV)
		return 1;
	return err ?: strcmp(link.kind, RTNL_KIND_WIREGUARD) != 0;
}

static int take(const char *rest, int value, void *data)
{
	struct dns_record record = { .ifindex = value };
	struct stale *s = data;
	int ret;

	ret = config_is_ifname(rest) ? is_stale(s, rest, value) : 0;
	if (ret <= 0)
		return ret;

	snprintf(record.ifname, sizeof(record.ifname), "%s", rest);
	return list_append(&s->list, &s->len, &record, sizeof(record));
}

int dns_record_stale(struct nlsock *rtnl, uint32_t down, struct dns_record **list,
		     size_t *len)
{
	struct stale s = { .rtnl = rtnl, .down = down };
	int err;

	err = state_each(KEY, take, &s);
	*list = s.list;
	*len = s.len;
	return err;
}
