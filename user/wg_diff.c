// SPDX-License-Identifier: GPL-2.0
/*
 * How two states of a WireGuard device differ
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "save_value.h"
#include "wg_diff.h"

static int compare_keys(const void *a, const void *b)
{
	const struct wg_peer *const *x = a, *const *y = b;

	return memcmp((*x)->public_key, (*y)->public_key, WG_KEY_LEN);
}

const struct wg_peer **wg_peers_sorted(const struct wg_device *d)
{
	const struct wg_peer **sorted;
	size_t i;

	sorted = calloc(d->peers_len + 1, sizeof(*sorted));
	if (!sorted)
		return NULL;
	for (i = 0; i < d->peers_len; i++)
		sorted[i] = &d->peers[i];
	qsort(sorted, d->peers_len, sizeof(*sorted), compare_keys);
	return sorted;
}

const struct wg_peer *wg_peer_find(const struct wg_peer **sorted, size_t len,
				   const uint8_t key[static WG_KEY_LEN])
{
	struct wg_peer like;
	const struct wg_peer *wanted = &like, **found;

	memcpy(like.public_key, key, WG_KEY_LEN);
	found = bsearch(&wanted, sorted, len, sizeof(*sorted), compare_keys);
	return found ? *found : NULL;
}

bool wg_same_endpoint(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_port == b4->sin_port &&
		       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	if (a->ss_family == AF_INET6)
		return a6->sin6_port == b6->sin6_port &&
		       a6->sin6_scope_id == b6->sin6_scope_id &&
		       IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr);
	return true;
}

/* What of @list is not in the sorted @other */
static int missing(struct prefix **out, size_t *out_len, const struct prefix *list,
		   size_t len, const struct prefix *other, size_t other_len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (save_is_in(&list[i], other, other_len))
			continue;
		if (prefix_append(out, out_len, &list[i]))
			return -ENOMEM;
	}
	return 0;
}

static int find_gained(struct wg_peer_diff *d)
{
	struct prefix *had;
	size_t len = d->from ? d->from->allowed_len : 0;
	int err;

	had = save_sorted(d->from ? d->from->allowed : NULL, len);
	if (!had)
		return -ENOMEM;
	err = missing(&d->gained, &d->gained_len, d->to->allowed, d->to->allowed_len,
		      had, len);
	free(had);
	return err;
}

struct prefix *wg_allowed_sorted(const struct wg_device *d, size_t *len)
{
	struct prefix *all, *sorted;
	size_t i, j;

	*len = 0;
	for (i = 0; i < d->peers_len; i++)
		*len += d->peers[i].allowed_len;
	all = calloc(*len + 1, sizeof(*all));
	if (!all)
		return NULL;
	*len = 0;
	for (i = 0; i < d->peers_len; i++) {
		for (j = 0; j < d->peers[i].allowed_len; j++)
			all[(*len)++] = d->peers[i].allowed[j];
	}
	sorted = save_sorted(all, *len);
	free(all);
	return sorted;
}

static bool has_key(const uint8_t key[static WG_KEY_LEN])
{
	static const uint8_t none[WG_KEY_LEN];

	return memcmp(key, none, WG_KEY_LEN) != 0;
}

static void compare_values(struct wg_peer_diff *d)
{
	const struct wg_peer *from = d->from, *to = d->to;

	if (!from) {
		d->preshared_key = has_key(to->preshared_key);
		d->endpoint = to->endpoint.ss_family;
		d->keepalive = to->keepalive;
		return;
	}
	d->preshared_key = memcmp(from->preshared_key, to->preshared_key, WG_KEY_LEN);
	d->endpoint = to->endpoint.ss_family &&
		      !wg_same_endpoint(&from->endpoint, &to->endpoint);
	d->keepalive = from->keepalive != to->keepalive;
}

/* A peer that is there after. It is counted only if it differs. */
static int add_peer(struct wg_diff *d, const struct wg_peer *from,
		    const struct wg_peer *to, const struct prefix *all, size_t all_len)
{
	struct wg_peer_diff *p = &d->peers[d->len];
	int err;

	*p = (struct wg_peer_diff){ .from = from, .to = to };
	compare_values(p);
	err = find_gained(p);
	if (!err && from)
		err = missing(&p->lost, &p->lost_len, from->allowed, from->allowed_len,
			      all, all_len);
	if (err || !from || p->preshared_key || p->endpoint || p->keepalive ||
	    p->gained_len || p->lost_len)
		d->len++;
	return err;
}

static int remove_peer(struct wg_diff *d, const struct wg_peer *from,
		       const struct prefix *all, size_t all_len)
{
	struct wg_peer_diff *p = &d->peers[d->len++];

	*p = (struct wg_peer_diff){ .from = from };
	return missing(&p->lost, &p->lost_len, from->allowed, from->allowed_len, all,
		       all_len);
}

static int diff_peers(struct wg_diff *d, const struct wg_device *from,
		      const struct wg_device *to, const struct wg_peer **before,
		      const struct wg_peer **after)
{
	struct prefix *all;
	size_t all_len, i;
	int err = 0;

	all = wg_allowed_sorted(to, &all_len);
	if (!all)
		return -ENOMEM;
	for (i = 0; i < to->peers_len && !err; i++)
		err = add_peer(d, wg_peer_find(before, from->peers_len, to->peers[i].public_key),
			       &to->peers[i], all, all_len);
	for (i = 0; i < from->peers_len && !err; i++) {
		if (!wg_peer_find(after, to->peers_len, from->peers[i].public_key))
			err = remove_peer(d, &from->peers[i], all, all_len);
	}
	free(all);
	return err;
}

int wg_diff(struct wg_diff *d, const struct wg_device *from, const struct wg_device *to)
{
	const struct wg_peer **before = wg_peers_sorted(from);
	const struct wg_peer **after = wg_peers_sorted(to);
	int err = -ENOMEM;

	*d = (struct wg_diff){
		.private_key = memcmp(from->private_key, to->private_key, WG_KEY_LEN),
		.listen_port = from->listen_port != to->listen_port,
		.peers = calloc(from->peers_len + to->peers_len + 1, sizeof(*d->peers)),
	};
	if (before && after && d->peers)
		err = diff_peers(d, from, to, before, after);
	free(before);
	free(after);
	return err;
}

void wg_diff_free(struct wg_diff *d)
{
	size_t i;

	for (i = 0; i < d->len; i++) {
		free(d->peers[i].gained);
		free(d->peers[i].lost);
	}
	free(d->peers);
	*d = (struct wg_diff){ 0 };
}
