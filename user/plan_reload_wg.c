// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload": WireGuard's keys, port and peers
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "plan_build.h"
#include "wg_diff.h"

/* An allowed IP with the number of the peer that gets it */
struct owned {
	struct prefix prefix;
	size_t peer;
};

static int compare(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	if (order)
		return order;
	return x->peer < y->peer ? -1 : x->peer > y->peer;
}

/* An allowed IP that the file gives to several peers is the last one's, as
 * WireGuard has it.
 */
static int give_allowed(struct wg_device *d, const struct config *c)
{
	struct owned *all;
	size_t n = 0, i, j;
	int err = 0;

	for (i = 0; i < c->peers_len; i++)
		n += c->peers[i].allowed_len;
	all = calloc(n + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	n = 0;
	for (i = 0; i < c->peers_len; i++) {
		for (j = 0; j < c->peers[i].allowed_len; j++)
			all[n++] = (struct owned){ c->peers[i].allowed[j], i };
	}
	qsort(all, n, sizeof(*all), compare);
	for (i = 0; i < n && !err; i++) {
		struct wg_peer *p = &d->peers[all[i].peer];

		if (i + 1 < n && !prefix_compare(&all[i].prefix, &all[i + 1].prefix))
			continue;
		err = prefix_append(&p->allowed, &p->allowed_len, &all[i].prefix);
	}
	free(all);
	return err;
}

static void set_peer(struct wg_peer *to, const struct peer *file, const struct wg_peer *live)
{
	memcpy(to->public_key, file->public_key, WG_KEY_LEN);
	if (file->has_preshared_key)
		memcpy(to->preshared_key, file->preshared_key, WG_KEY_LEN);
	if (file->endpoint.ss_family)
		to->endpoint = file->endpoint;
	else if (live)
		to->endpoint = live->endpoint;
	to->keepalive = file->has_keepalive ? file->keepalive : 0;
}

/* A key or a port that the file lacks may be a hook's, or the kernel's choice. */
static void set_device(struct wg_device *d, const struct config *c, const struct live *live)
{
	memcpy(d->private_key, c->has_private_key ? c->private_key : live->wg.private_key,
	       WG_KEY_LEN);
	d->listen_port = c->listen_port ? c->listen_port : live->wg.listen_port;
}

/* The peers of the file, without their allowed IPs; NULL without memory */
static struct wg_peer *make_peers(const struct config *c, const struct wg_device *from)
{
	const struct wg_peer **live = wg_peers_sorted(from);
	const struct peer *peer;
	struct wg_peer *peers;
	size_t i;

	peers = live ? calloc(c->peers_len + 1, sizeof(*peers)) : NULL;
	for (i = 0; peers && i < c->peers_len; i++) {
		peer = &c->peers[i];
		set_peer(&peers[i], peer,
			 wg_peer_find(live, from->peers_len, peer->public_key));
	}
	free(live);
	return peers;
}

/* The device as the file has it */
static int target(struct wg_device *d, const struct reload *r)
{
	struct wg_peer *peers = make_peers(r->c, &r->live->wg);

	if (!peers)
		return -ENOMEM;
	set_device(d, r->c, r->live);
	d->peers = peers;
	d->peers_len = r->c->peers_len;
	return give_allowed(d, r->c);
}

static int copy_peer(struct wg_peer *to, const struct wg_peer *from)
{
	size_t i;

	*to = *from;
	to->allowed = NULL;
	to->allowed_len = 0;
	for (i = 0; i < from->allowed_len; i++) {
		if (prefix_append(&to->allowed, &to->allowed_len, &from->allowed[i]))
			return -ENOMEM;
	}
	return 0;
}

/* The same, and what of the old allowed IPs and peers nobody has there yet */
static int keep_old(struct wg_device *d, const struct wg_device *to,
		    const struct wg_device *from, const struct wg_diff *diff)
{
	const struct wg_peer_diff *p;
	struct wg_peer *peer;
	size_t i, j;
	int err = 0;

	memcpy(d->private_key, to->private_key, WG_KEY_LEN);
	d->listen_port = to->listen_port;
	d->peers = calloc(to->peers_len + from->peers_len + 1, sizeof(*d->peers));
	if (!d->peers)
		return -ENOMEM;
	for (i = 0; i < to->peers_len && !err; i++)
		err = copy_peer(&d->peers[d->peers_len++], &to->peers[i]);
	for (p = diff->peers; p < diff->peers + diff->len && !err; p++) {
		if (p->to) {
			peer = &d->peers[p->to - to->peers];
		} else {
			peer = &d->peers[d->peers_len++];
			*peer = *p->from;
			peer->allowed = NULL;
			peer->allowed_len = 0;
		}
		for (j = 0; j < p->lost_len && !err; j++)
			err = prefix_append(&peer->allowed, &peer->allowed_len, &p->lost[j]);
	}
	return err;
}

int reload_wg_images(const struct reload *r, struct wg_device *between,
		     struct wg_device *to)
{
	const struct wg_device *from = &r->live->wg;
	struct wg_diff diff;
	int err;

	err = target(to, r);
	if (err)
		return err;

	err = wg_diff(&diff, from, to);
	if (!err)
		err = keep_old(between, to, from, &diff);
	wg_diff_free(&diff);
	return err;
}

int reload_wg(struct reload *r, const struct wg_device *from, const struct wg_device *to)
{
	struct wg_diff diff;
	struct step *step;
	int err;

	err = wg_diff(&diff, from, to);
	if (!err && !wg_diff_is_empty(&diff)) {
		step = plan_add(r->p, STEP_WG_SYNC);
		step->sync.from = from;
		step->sync.to = to;
	}
	wg_diff_free(&diff);
	return err;
}
