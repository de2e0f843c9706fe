// SPDX-License-Identifier: GPL-2.0
/*
 * Change WireGuard devices without touching what stays
 */
#include <errno.h>
#include <linux/wireguard.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "genl.h"
#include "wg.h"
#include "wg_diff.h"
#include "wg_put.h"

/* Without traffic a session ends so many seconds after its handshake:
 * REJECT_AFTER_TIME of WireGuard's paper, section 6.1
 */
#define SESSION_SECONDS 180

/* For packets to leave: encryption is done in the background */
#define SENT_TRIES 100
#define SENT_PAUSE_NS 2000000

/* Any interval but 0; it is put back in the same message */
#define SOME_INTERVAL UINT16_MAX

/**
 * struct sync - messages under way
 * @k: kernel
 * @ifindex: the device
 * @nlh: the message that is being built, NULL for none
 * @peers: its list of peers
 * @trash: key of the peer that allowed IPs go away with
 */
struct sync {
	struct kernel *k;
	uint32_t ifindex;
	struct nlmsghdr *nlh;
	struct nlattr *peers;
	uint8_t trash[WG_KEY_LEN];
};

static int send_message(struct sync *s)
{
	if (!s->nlh)
		return 0;
	mnl_attr_nest_end(s->nlh, s->peers);
	s->nlh = NULL;
	return nlsock_talk(&s->k->genl, NULL, NULL);
}

/* Make room for a peer's attributes and some allowed IPs. */
static int begin_message(struct sync *s)
{
	int err = 0;

	if (s->nlh && s->nlh->nlmsg_len + 2 * WG_PEER_ROOM > WG_MSG_FULL)
		err = send_message(s);
	if (err || s->nlh)
		return err;
	s->nlh = wg_put_set(s->k, s->ifindex);
	s->peers = mnl_attr_nest_start(s->nlh, WGDEVICE_A_PEERS);
	return 0;
}

static struct nlattr *begin_peer(struct nlmsghdr *nlh, const uint8_t *key, uint32_t flags)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, 0);

	mnl_attr_put(nlh, WGPEER_A_PUBLIC_KEY, WG_KEY_LEN, key);
	mnl_attr_put_u32(nlh, WGPEER_A_FLAGS, flags);
	return nest;
}

/* As many as the message has room for. Return: how many */
static size_t put_list(struct nlmsghdr *nlh, const struct prefix *list, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, WGPEER_A_ALLOWEDIPS);
	size_t n;

	/* one at least: begin_message() has made room */
	for (n = 0; n < len && (!n || nlh->nlmsg_len + WG_PEER_ROOM <= WG_MSG_FULL); n++)
		wg_put_allowed(nlh, &list[n]);
	mnl_attr_nest_end(nlh, nest);
	return n;
}

/* An allowed IP that another peer has goes over at once. */
static int put_gains(struct sync *s, const struct wg_peer_diff *d)
{
	const struct wg_peer *to = d->to;
	struct nlattr *nest;
	size_t done = 0;
	int err;

	do {
		err = begin_message(s);
		if (err)
			return err;
		nest = begin_peer(s->nlh, to->public_key, d->from ? WGPEER_F_UPDATE_ONLY : 0);
		if (!done && d->preshared_key)
			mnl_attr_put(s->nlh, WGPEER_A_PRESHARED_KEY, WG_KEY_LEN,
				     to->preshared_key);
		if (!done && d->endpoint)
			wg_put_endpoint(s->nlh, &to->endpoint);
		if (!done && d->keepalive)
			mnl_attr_put_u16(s->nlh, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
					 to->keepalive);
		done += put_list(s->nlh, d->gained + done, d->gained_len - done);
		mnl_attr_nest_end(s->nlh, nest);
	} while (done < d->gained_len);
	return 0;
}

/* Older kernels can take all allowed IPs of a peer away, but not one. A peer of
 * no use gets it, and goes in the same message.
 */
static int put_losses(struct sync *s, const struct wg_peer_diff *d)
{
	struct nlattr *nest;
	size_t done = 0;
	int err;

	while (done < d->lost_len) {
		err = begin_message(s);
		if (err)
			return err;
		nest = begin_peer(s->nlh, s->trash, 0);
		done += put_list(s->nlh, d->lost + done, d->lost_len - done);
		mnl_attr_nest_end(s->nlh, nest);
		nest = begin_peer(s->nlh, s->trash, WGPEER_F_REMOVE_ME);
		mnl_attr_nest_end(s->nlh, nest);
	}
	return 0;
}

static int put_removal(struct sync *s, const struct wg_peer_diff *d)
{
	struct nlattr *nest;
	int err;

	err = begin_message(s);
	if (err)
		return err;
	nest = begin_peer(s->nlh, d->from->public_key, WGPEER_F_REMOVE_ME);
	mnl_attr_nest_end(s->nlh, nest);
	return 0;
}

static int set_device(struct sync *s, const struct wg_diff *d, const struct wg_device *to)
{
	struct nlmsghdr *nlh;

	if (!d->private_key && !d->listen_port)
		return 0;
	nlh = wg_put_set(s->k, s->ifindex);
	if (d->private_key)
		mnl_attr_put(nlh, WGDEVICE_A_PRIVATE_KEY, WG_KEY_LEN, to->private_key);
	if (d->listen_port)
		mnl_attr_put_u16(nlh, WGDEVICE_A_LISTEN_PORT, to->listen_port);
	return nlsock_talk(&s->k->genl, NULL, NULL);
}

static int send_diff(struct sync *s, const struct wg_device *from,
		     const struct wg_device *to)
{
	struct wg_diff d;
	size_t i;
	int err;

	err = wg_diff(&d, from, to);
	if (!err)
		err = set_device(s, &d, to);
	for (i = 0; i < d.len && !err; i++) {
		if (d.peers[i].to)
			err = put_gains(s, &d.peers[i]);
	}
	for (i = 0; i < d.len && !err; i++)
		err = d.peers[i].to ? put_losses(s, &d.peers[i]) : put_removal(s, &d.peers[i]);
	if (!err)
		err = send_message(s);
	wg_diff_free(&d);
	return err;
}

int wg_sync(struct kernel *k, uint32_t ifindex, const struct wg_device *from,
	    const struct wg_device *to)
{
	struct sync s = { .k = k, .ifindex = ifindex };
	char text[NLSOCK_TEXT_LEN];
	int err;

	err = wg_find(k);
	if (!err && getrandom(s.trash, sizeof(s.trash), 0) != sizeof(s.trash))
		err = -EIO;
	if (err)
		return err;
	err = send_diff(&s, from, to);
	if (!err)
		return 0;
	/* what was done of it is undone, and the kernel's sentence is that on the failure */
	memcpy(text, k->text, sizeof(text));
	send_diff(&s, to, from);
	memcpy(k->text, text, sizeof(text));
	return err;
}

static bool has_session(const struct wg_peer *p)
{
	return p->endpoint.ss_family && p->handshake &&
	       time(NULL) - p->handshake < SESSION_SECONDS;
}

/* An interval that was 0 and is not any more: WireGuard sends at once. */
static int ask_keepalives(struct sync *s, const struct wg_device *d)
{
	struct nlattr *nest;
	int err = 0, turn;
	size_t i;

	for (i = 0; i < d->peers_len && !err; i++) {
		if (!has_session(&d->peers[i]))
			continue;
		err = begin_message(s);
		for (turn = 0; turn < 3 && !err; turn++) {
			nest = begin_peer(s->nlh, d->peers[i].public_key, WGPEER_F_UPDATE_ONLY);
			mnl_attr_put_u16(s->nlh, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
					 turn == 0 ? 0 : turn == 1 ? SOME_INTERVAL :
					 d->peers[i].keepalive);
			mnl_attr_nest_end(s->nlh, nest);
		}
	}
	return err ?: send_message(s);
}

/* Whether each peer with a session has been sent something since */
static bool all_sent(const struct wg_device *before, const struct wg_device *now)
{
	size_t i;

	/* WireGuard keeps their order */
	for (i = 0; i < before->peers_len && i < now->peers_len; i++) {
		if (has_session(&before->peers[i]) && now->peers[i].tx <= before->peers[i].tx)
			return false;
	}
	return true;
}

static int have_one_sent(struct kernel *k, uint32_t ifindex)
{
	static const struct timespec pause = { .tv_nsec = SENT_PAUSE_NS };
	struct sync s = { .k = k, .ifindex = ifindex };
	struct wg_device before, now;
	bool sent = false;
	int err, tries;

	err = wg_get(k, ifindex, &before);
	if (!err)
		err = ask_keepalives(&s, &before);
	for (tries = 0; tries < SENT_TRIES && !sent && !err; tries++) {
		err = wg_get(k, ifindex, &now);
		sent = !err && all_sent(&before, &now);
		wg_device_free(&now);
		if (!sent && !err)
			nanosleep(&pause, NULL);
	}
	wg_device_free(&before);
	return err;
}

int wg_keepalive(struct kernel *k, uint32_t ifindex)
{
	/* WireGuard counts a packet when it has left. The first one that is counted may
	 * have met the hooks before; the peer's next one cannot.
	 */
	int err = have_one_sent(k, ifindex);

	return err ?: have_one_sent(k, ifindex);
}
