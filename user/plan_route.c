// SPDX-License-Identifier: GPL-2.0
/*
 * The routes of a plan, from AllowedIPs
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "plan_build.h"

/* A destination with its text, which decides among equal lengths */
struct destination {
	struct prefix prefix;
	char text[PREFIX_TEXT_LEN];
};

/* Longest first; else by text backwards, as "sort -nr -k 2 -t /" does in
 * wg-quick(8), which puts ::/0 before 0.0.0.0/0
 */
static int compare(const void *a, const void *b)
{
	const struct destination *x = a, *y = b;

	if (x->prefix.len != y->prefix.len)
		return y->prefix.len - x->prefix.len;
	return strcmp(y->text, x->text);
}

/* Sorted and each once; *out is to be freed */
static int destinations(const struct config *c, struct destination **out,
			size_t *len)
{
	struct destination *d;
	size_t n = 0, kept = 0;
	size_t i, j;

	for (i = 0; i < c->peers_len; i++)
		n += c->peers[i].allowed_len;
	d = calloc(n + 1, sizeof(*d));
	if (!d)
		return -ENOMEM;

	n = 0;
	for (i = 0; i < c->peers_len; i++) {
		for (j = 0; j < c->peers[i].allowed_len; j++, n++) {
			d[n].prefix = c->peers[i].allowed[j];
			prefix_text(&d[n].prefix, d[n].text);
		}
	}
	qsort(d, n, sizeof(*d), compare);

	for (i = 0; i < n; i++) {
		if (!kept || strcmp(d[kept - 1].text, d[i].text))
			d[kept++] = d[i];
	}

	*out = d;
	*len = kept;
	return 0;
}

/* Whether an address of the tunnel brings a route there into main by itself.
 * For a single address IPv6 has such a route, IPv4 has none.
 */
static bool is_connected(const struct config *c, const struct prefix *dst)
{
	const struct prefix *a;
	size_t i;

	for (i = 0; i < c->address_len; i++) {
		a = &c->address[i];
		if ((a->family == AF_INET6 || a->len < 32) && a->len &&
		    prefix_covers(a, dst))
			return true;
	}

	return false;
}

/* Two halves are what people write who want all, but no policy routing */
static int note_halves(struct plan *p, const struct destination *d, size_t len)
{
	unsigned int halves[IP_FAMILIES] = {};
	bool whole[IP_FAMILIES] = {};
	int err = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		halves[prefix_index(&d[i].prefix)] += d[i].prefix.len == 1;
		whole[prefix_index(&d[i].prefix)] |= !d[i].prefix.len;
	}

	if (halves[IPV6] == 2 && !whole[IPV6])
		err = plan_note(p, "AllowedIPs = ::/1, 8000::/1 is no full tunnel: without a route to the endpoint WireGuard's own packets go into it too; write ::/0");
	if (!err && halves[IPV4] == 2 && !whole[IPV4])
		err = plan_note(p, "AllowedIPs = 0.0.0.0/1, 128.0.0.0/1 is no full tunnel: without a route to the endpoint WireGuard's own packets go into it too; write 0.0.0.0/0");

	return err;
}

int plan_routes(struct plan *p, uint32_t table)
{
	const struct config *c = p->config;
	struct destination *d;
	struct step *step;
	size_t len, i;
	int err;

	if (c->table_mode == TABLE_OFF)
		return 0;
	err = destinations(c, &d, &len);
	if (err)
		return err;

	if (c->table_mode == TABLE_AUTO)
		err = note_halves(p, d, len);

	for (i = 0; i < len; i++) {
		if (c->table_mode == TABLE_AUTO && d[i].prefix.len &&
		    is_connected(c, &d[i].prefix))
			continue;

		step = plan_add(p, STEP_ROUTE_ADD);
		step->route.dst = d[i].prefix;
		if (c->table_mode == TABLE_NUMBER)
			step->route.table = c->table;
		else
			step->route.table = d[i].prefix.len ? RT_TABLE_MAIN : table;
	}

	free(d);
	return err;
}
