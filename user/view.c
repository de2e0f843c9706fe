// SPDX-License-Identifier: GPL-2.0
/*
 * Gather the live tunnels for "show"
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "nft.h"
#include "view.h"

/**
 * struct sources - what is read once for all tunnels
 * @k: kernel
 * @tunnels: the module's
 * @tunnels_len: how many
 * @tables: nft's
 * @tables_len: how many
 * @rules: routing rules
 * @rules_len: how many
 */
struct sources {
	struct kernel *k;
	struct kmod_tunnel *tunnels;
	size_t tunnels_len;
	struct nft_table *tables;
	size_t tables_len;
	struct rule *rules;
	size_t rules_len;
};

static int sources_take(struct sources *s, struct kernel *k)
{
	int err = 0;

	*s = (struct sources){ .k = k };
	if (k->wgmark)
		err = kmod_tunnel_list(k, &s->tunnels, &s->tunnels_len);
	if (!err && k->has_nft)
		err = nft_table_list(k, &s->tables, &s->tables_len);
	if (!err)
		err = rtnl_rule_list(&k->rtnl, &s->rules, &s->rules_len);
	return err;
}

static void sources_free(struct sources *s)
{
	kmod_tunnel_list_free(s->tunnels, s->tunnels_len);
	free(s->tables);
	free(s->rules);
}

/* Return: whether the module has this device; what is its own moves to @v */
static bool from_kmod(struct view *v, struct sources *s)
{
	struct kmod_tunnel *t;

	for (t = s->tunnels; t < s->tunnels + s->tunnels_len; t++) {
		if (t->ifindex != v->link.ifindex)
			continue;
		v->backend = "kmod";
		v->params = t->params;
		v->counters = t->counters;
		v->guarded = t->guarded;
		v->guarded_len = t->guarded_len;
		v->sources = t->sources;
		v->sources_len = t->sources_len;
		t->guarded = NULL;
		t->guarded_len = 0;
		t->sources = NULL;
		t->sources_len = 0;
		return true;
	}
	return false;
}

static int from_nft(struct view *v, struct sources *s)
{
	struct nft_tables tables = nft_tables_of(s->tables, s->tables_len,
						 v->link.ifindex);
	struct nft_tunnel tunnel;
	int err;

	if (!tables.families)
		return 0;
	err = nft_tunnel_get(s->k, &tables, &tunnel);
	v->backend = "nft";
	v->params = tunnel.params;
	v->counters = tunnel.counters;
	v->guarded = tunnel.guarded;
	v->guarded_len = tunnel.guarded_len;
	return err;
}

static bool is_guarded(const struct view *v, const struct prefix *p)
{
	struct prefix whole = *p;
	size_t i;

	whole.len = 8 * prefix_bytes(p);
	for (i = 0; i < v->guarded_len; i++) {
		if (prefix_equal(&v->guarded[i], &whole))
			return true;
	}
	return false;
}

static int find_unguarded(struct view *v, struct kernel *k)
{
	struct prefix *all;
	size_t len, i;
	int err;

	if (!v->params.guard)
		return 0;
	err = rtnl_addr_list(&k->rtnl, v->link.ifindex, &all, &len);
	for (i = 0; i < len && !err; i++) {
		uint32_t family = all[i].family == AF_INET ? WGMARK_FAMILY_IPV4 :
							     WGMARK_FAMILY_IPV6;

		if (!(v->params.families & family) || prefix_is_linklocal(&all[i]) ||
		    is_guarded(v, &all[i]))
			continue;
		err = prefix_append(&v->unguarded, &v->unguarded_len, &all[i]);
	}
	free(all);
	return err;
}

static void find_table(struct view *v, const struct sources *s)
{
	const struct rule *r;

	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (v->dev.fwmark && r->invert && !r->unreachable &&
		    r->fwmark == v->dev.fwmark) {
			v->table = r->table;
			return;
		}
	}
}

static int take_one(struct view *v, struct sources *s)
{
	int err;

	err = wg_get(s->k, v->link.ifindex, &v->dev);
	if (err)
		return err;
	v->backend = "none";
	find_table(v, s);
	if (!from_kmod(v, s))
		err = from_nft(v, s);
	return err ?: find_unguarded(v, s->k);
}

static void view_clear(struct view *v)
{
	wg_device_free(&v->dev);
	free(v->guarded);
	free(v->sources);
	free(v->unguarded);
	*v = (struct view){ 0 };
}

static int find_links(struct kernel *k, const char *ifname, struct link **list,
		      size_t *len)
{
	int err;

	if (!ifname)
		return rtnl_link_list(&k->rtnl, list, len);
	*list = malloc(sizeof(**list));
	if (!*list)
		return -ENOMEM;
	err = rtnl_link_get(&k->rtnl, *list, ifname, 0);
	if (!err && strcmp((*list)->kind, RTNL_KIND_WIREGUARD) != 0)
		err = -ENODEV;
	*len = 1;
	return err;
}

int view_take(struct kernel *k, const char *ifname, struct view **list, size_t *len)
{
	struct link *links = NULL;
	size_t links_len = 0, i;
	struct sources s = { 0 };
	int err;

	*list = NULL;
	*len = 0;
	err = find_links(k, ifname, &links, &links_len);
	if (!err)
		err = sources_take(&s, k);
	if (!err && links_len) {
		*list = calloc(links_len, sizeof(**list));
		if (!*list)
			err = -ENOMEM;
	}
	for (i = 0; i < links_len && !err; i++) {
		struct view *v = &(*list)[*len];

		v->link = links[i];
		++*len;
		err = take_one(v, &s);
		/* it went while we looked */
		if (err == -ENODEV && !ifname) {
			view_clear(v);
			--*len;
			err = 0;
		}
	}
	sources_free(&s);
	free(links);
	return err;
}

void view_free(struct view *list, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		view_clear(&list[i]);
	free(list);
}
